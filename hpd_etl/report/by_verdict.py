"""What the sections that set verdicts beside each other have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hpd_etl.report.drawing.verdicts import ORDER
from hpd_etl.report.statistics import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.grouping import Floats, Ints

MOST_PATIENTS: Final = 300
"""Above so many patients a figure of each of them is a blot: only what is counted is drawn."""
MOST_DRAWN: Final = 1500
"""Patients in all figures of a kind, of all definitions: the page stays small, the first definitions have them."""
NOT_DRAWN: Final = (
    f"Each patient is drawn where there are at most {MOST_PATIENTS}, and for as many definitions as make "
    f"{MOST_DRAWN:,} in all; elsewhere the counts stand for them. `report.definitions` of study.toml says which come "
    "first.")
_FEW: Final = 20
_SMALL: Final = "Small numbers: quartiles and shares of so few persons move with each of them."


@dataclass
class Room:
    """For how many patients more there is room in figures that show each of them."""

    most: int
    """In one figure."""
    left: int = MOST_DRAWN

    def takes(self, patients: int) -> bool:
        """Whether so many may be drawn; then their place is taken."""
        if patients > min(self.most, self.left):
            return False
        self.left -= patients
        return True


def warned(verdicts: pd.Series[str]) -> tuple[str, ...]:
    """A note where few persons are hyperprogressors."""
    return (_SMALL,) if (verdicts == ORDER[0]).sum() < _FEW else ()


def counted(places: Ints, names: Sequence[str], verdicts: pd.Series[str], column: str) -> pd.DataFrame:
    """Persons at each place (its name stands in `column`) by verdict, and their share of the verdict."""
    counts = persons_at(places, len(names), codes(verdicts))
    return pd.DataFrame({
        column: np.repeat(np.asarray(names, dtype=object), len(ORDER)), "verdict": ORDER * len(names),
        **persons_and_share(counts, counts.sum(axis=0))})


def codes(verdicts: pd.Series[str]) -> Ints:
    """Verdicts as places in their order."""
    return pd.Categorical(verdicts, categories=ORDER).codes.astype(np.int64)


def persons_at(places: Ints, n: int, verdict: Ints) -> Ints:
    """Persons at each of `n` places (rows) by verdict (columns)."""
    return np.bincount(places * len(ORDER) + verdict, minlength=n * len(ORDER)).reshape(n, len(ORDER))


def persons_and_share(counts: Ints, total: Ints) -> dict[str, pd.api.extensions.ExtensionArray]:
    """The columns `persons` and `share`, of the totals by verdict."""
    share = counts / np.maximum(total, 1)
    return {"persons": pd.array(counts.ravel(), dtype="Int64"),
            "share": pd.array(share.ravel().round(4), dtype="Float64")}


def quartiles(values: Floats) -> tuple[float | None, ...]:
    """Lower quartile, median and upper quartile, to two decimals; None of nothing."""
    middle, low, high = numbers.quartiles(values)
    return tuple(None if value is None else round(value, 2) for value in (low, middle, high))
