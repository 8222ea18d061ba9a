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
    """What `responses` shows of each cohort: recorded against derived, then the best responses."""
    people = labels.labels[["person_id", "cohort"]].drop_duplicates()
    cohorts = people.groupby("cohort", sort=False, observed=True)["person_id"]
    return Group(*(part for cohort, own in cohorts for part in (
        *_recorded(str(cohort), _of(labels.assessments, own)), *_best(str(cohort), _of(labels.best_response, own)))))


def _of(frame: pd.DataFrame, people: pd.Series[str]) -> pd.DataFrame:
    return frame[frame["person_id"].isin(people)]


def _recorded(cohort: str, assessments: pd.DataFrame) -> Iterator[Table | str]:
    found = discrepancies(assessments)
    if found.empty:
        yield f"\nNo response is recorded at a visit on treatment: {cohort}"
    for framework, own in found.groupby("framework"):
        derived = [answer for answer in _ANSWERS if (own["derived"] == answer).any()]
        title = f"\nRecorded (down) and derived (across) by {framework}: {cohort}"
        made = counted(title, "recorded", numbers=derived)
        for answer in _ANSWERS:
            if len(here := own[own["recorded"] == answer].set_index("derived")["n"]):
                made.add_row(answer, *(f"{here.get(other, 0):,}" for other in derived))
        yield made
        unknown = int(own.loc[own["derived"] == "NE", "n"].sum())
        differing = int(own.loc[(own["derived"] != own["recorded"]) & (own["derived"] != "NE"), "n"].sum())
        yield f"{differing:,} differ; {unknown:,} stand where none could be derived."


def _best(cohort: str, best: pd.DataFrame) -> Iterator[Table]:
    if best.empty:
        return
    columns = [answer for answer in _ANSWERS if (best[["best", "best_confirmed"]] == answer).any(axis=None)]
    made = counted(f"\nBest overall response: {cohort}", "criteria", "", numbers=columns)
    for framework, own in best.groupby("framework", observed=True):
        for name, said in (("best", "as it stands"), ("best_confirmed", "confirmed")):
            times = own[name].astype("string[pyarrow]").value_counts()
            made.add_row(str(framework), said, *(f"{times.get(answer, 0):,}" for answer in columns))
    yield made
