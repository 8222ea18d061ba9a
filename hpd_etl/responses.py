"""Derived against recorded responses, and the best of them, as tables for a terminal; counts only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from hpd_etl.rendering import counted
from hpd_etl.schema import ASSESSMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from rich.table import Table

    from hpd_etl.schema import Labels

_ANSWERS = ASSESSMENTS["derived"].values


def discrepancies(assessments: pd.DataFrame) -> pd.DataFrame:
    """How often each recorded response stands beside each derived one: framework, recorded, derived, n."""
    beside = ["framework", "recorded", "derived"]
    both = assessments.loc[assessments["recorded"].notna(), beside].astype("string[pyarrow]")
    return both.value_counts(sort=False).rename("n").reset_index().sort_values(beside, ignore_index=True)


def shown(labels: Labels) -> RenderableType:
    """What `responses` shows: recorded against derived, then the best responses."""
    found = discrepancies(labels.assessments)
    if found.empty:
        return Group("No response is recorded at a visit on treatment.", *_best(labels.best_response))
    return Group(*_recorded(found), *_best(labels.best_response))


def _recorded(found: pd.DataFrame) -> Iterator[Table | str]:
    for framework, own in found.groupby("framework"):
        derived = [answer for answer in _ANSWERS if (own["derived"] == answer).any()]
        made = counted(f"Recorded (down) and derived (across) by {framework}", "recorded", numbers=derived)
        for answer in _ANSWERS:
            if len(here := own[own["recorded"] == answer].set_index("derived")["n"]):
                made.add_row(answer, *(f"{here.get(other, 0):,}" for other in derived))
        yield made
        unknown = int(own.loc[own["derived"] == "NE", "n"].sum())
        differing = int(own.loc[(own["derived"] != own["recorded"]) & (own["derived"] != "NE"), "n"].sum())
        yield f"{differing:,} differ; {unknown:,} stand where none could be derived.\n"


def _best(best: pd.DataFrame) -> Iterator[Table]:
    if best.empty:
        return
    columns = [answer for answer in _ANSWERS if (best[["best", "best_confirmed"]] == answer).any(axis=None)]
    made = counted("Best overall response", "criteria", "", numbers=columns)
    for framework, own in best.groupby("framework", observed=True):
        for name, said in (("best", "as it stands"), ("best_confirmed", "confirmed")):
            times = own[name].astype("string[pyarrow]").value_counts()
            made.add_row(str(framework), said, *(f"{times.get(answer, 0):,}" for answer in columns))
    yield made
