"""What `growth` shows: counts and medians of each cohort; nobody's own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.console import Group
from rich.table import Table
from rich.text import Text

from hpd_etl.schema import GROWTH_MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from rich.console import RenderableType

    from hpd_etl.schema import Growth

FEWEST_FOR_QUARTILES = 5
"""The median of fewer persons says too much of one of them."""
_NUMBERS = (
    ("slope before, mm/month", "slope_before"), ("slope after, mm/month", "slope_after"),
    ("Theil-Sen slope before", "theil_sen_before"), ("Theil-Sen slope after", "theil_sen_after"),
    ("g, per 100 days", "g"), ("d, per 100 days", "d"), ("phi", "phi"), ("nadir, days after baseline", "nadir_day"),
)
_PER_100_DAYS = ("g", "d")


def shown(found: Growth) -> RenderableType:
    """The growth of every cohort."""
    growth = found.growth
    return Group(
        Text("\nExperimental: estimates over all scans, no labels; written back by no sink.", style="italic"),
        _titled("Regression-growth model chosen for the scans from baseline on"), _models(growth),
        _titled("Median (quartiles) of the persons who have the number"), _numbers(growth),
        _titled("Why there is no model or no slope"), _reasons(growth),
    )


def _titled(title: str) -> Text:
    return Text(f"\n{title}", style="bold")


def _models(growth: pd.DataFrame) -> Table:
    table = _table("cohort")
    for name in ("persons", *GROWTH_MODELS, "none"):
        table.add_column(name, justify="right")
    for cohort, own in growth.groupby("cohort", sort=True):
        counted = own["model"].value_counts()
        told = [int(counted.get(name, 0)) for name in GROWTH_MODELS]
        table.add_row(str(cohort), *(f"{n:,}" for n in (len(own), *told, len(own) - sum(told))))
    return table


def _numbers(growth: pd.DataFrame) -> Table:
    table = _table("")
    cohorts = sorted(growth["cohort"].unique())
    for cohort in cohorts:
        table.add_column(f"n\n{cohort}", justify="right", overflow="fold")
        table.add_column("median", justify="right")
    for told, name in _NUMBERS:
        values = [growth.loc[growth["cohort"] == cohort, name].dropna().to_numpy(np.float64) for cohort in cohorts]
        factor = 100 if name in _PER_100_DAYS else 1
        table.add_row(told, *(cell for own in values for cell in (f"{len(own):,}", _quartiles(factor * own))))
    return table


def _quartiles(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    if len(values) < FEWEST_FOR_QUARTILES:
        return "-"
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return f"{middle:.3g} ({low:.3g} to {high:.3g})"


def _reasons(growth: pd.DataFrame) -> Table:
    table = _table("number")
    table.add_column("reason")
    table.add_column("persons", justify="right")
    for (name, reason), n in _counted(growth["missing"]):
        table.add_row(name, reason, f"{n:,}")
    return table


def _counted(missing: pd.Series[str]) -> Iterator[tuple[tuple[str, str], int]]:
    told = missing.dropna().str.split(";").explode()
    for both, n in told.value_counts().sort_index().items():
        name, _, reason = str(both).partition("=")
        if name in {"model", "slope_before", "slope_after"}:
            yield (name, reason), int(n)


def _table(first: str) -> Table:
    return Table(first, box=None, pad_edge=False)
