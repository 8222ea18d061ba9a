"""How many are HPD, of those who could be judged and of all treated, in every cohort under every definition in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hpd_etl.report.content import Figure, Listing, Method, Part, Section, slug
from hpd_etl.report.drawing.intervals import interval_chart

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from hpd_etl.report.facts import Facts

RATE: Final = Method(
    "rate", "Rates and their intervals",
    "The rate of the evaluable is HPD / (HPD + not HPD); that of the treated is HPD / all treated, which is too low "
    "where many could not be judged. Exact two-sided 95 % intervals (Clopper-Pearson) from the inverse of the "
    "incomplete beta function of SciPy. They tell of chance alone, not of who could be judged.",
    "Clopper CJ, Pearson ES. Biometrika 1934;26:404-13.")
KINDS: Final = {True: "hyperprogression", False: "fast progression and other comparators"}
"""What a definition defines."""
FEW: Final = 30
"""Below so many evaluable persons a rate is said to rest on few."""
SUMS: Final = {"hpd": "evaluable", "not_hpd": "evaluable", "evaluable": "treated", "not_evaluable": "treated"}
"""Which count is a part of which: wherever one of them is told all are, so that each part hides the same."""
TOLD: Final = ("treated",)
"""How many were treated is the same under every definition."""
COUNTS: Final = ("hpd", "not_hpd", "evaluable", "not_evaluable", "treated")
_WHOLES: Final = ("evaluable", "treated")
_FRACTIONS: Final = tuple(f"{part}_of_{whole}" for whole in _WHOLES for part in ("rate", "low", "high"))
_LABELS: Final = {
    "definition_id": "definition", "hpd": "HPD", "not_hpd": "not HPD", "not_evaluable": "not evaluable",
    **{name: f"{what} of {whole}" for whole in _WHOLES for name, what in (
        (f"rate_of_{whole}", "HPD"), (f"low_of_{whole}", "lower bound"), (f"high_of_{whole}", "upper bound"))},
}


def section(facts: Facts) -> Section:
    """A figure of the intervals and a table, for each cohort and kind of definition."""
    rates = facts.agreement.agreement_rates
    cohorts = [facts.cohort, *sorted(set(rates["cohort"]) - {facts.cohort})]
    parts = tuple(part for cohort in cohorts for part in _parts(rates[rates["cohort"] == cohort], cohort))
    return Section("rates", "Rates",
                   "How often each definition calls a patient a hyperprogressor. The rates of two definitions rest on "
                   "different patients, those whom each can judge; cohorts are not adjusted for anything.",
                   parts)


def _parts(rates: pd.DataFrame, cohort: str) -> Iterator[Part]:
    frame = _rows(rates)
    for hyperprogression, kind in KINDS.items():
        own = frame[frame["kind"] == kind].reset_index(drop=True)
        if len(own):
            yield _figure(own, cohort, kind, f"rates-{slug(cohort)}-{'hpd' if hyperprogression else 'others'}")
    if len(frame):
        yield Listing(
            key=f"rates-{slug(cohort)}", title="Rates and their intervals, in numbers", methods=(RATE,), cohort=cohort,
            notes=_notes(rates), frame=frame, labels=_LABELS, counts=COUNTS, parts_of=SUMS, told=TOLD,
            derived=_FRACTIONS, percent=_FRACTIONS, heading="kind")


def judged(facts: Facts) -> pd.DataFrame:
    """How many are judged how under every definition in use, by its id; of the cohort."""
    rates = facts.agreement.agreement_rates
    return _with_rests(rates[rates["cohort"] == facts.cohort]).set_index("definition_id")[list(COUNTS)]


def _with_rests(rates: pd.DataFrame) -> pd.DataFrame:
    return rates.assign(not_hpd=rates["evaluable"] - rates["hpd"], not_evaluable=rates["treated"] - rates["evaluable"])


def _rows(rates: pd.DataFrame) -> pd.DataFrame:
    """The rates of a cohort, hyperprogression first."""
    made = _with_rests(rates).assign(kind=rates["hyperprogression"].map(KINDS))
    made = made.sort_values("hyperprogression", ascending=False, kind="stable")
    return made[["kind", "definition_id", *COUNTS, *_FRACTIONS]].reset_index(drop=True)


def _figure(frame: pd.DataFrame, cohort: str, kind: str, key: str) -> Figure:
    return Figure(
        key=key, title=f"Rates of {kind}", methods=(RATE,), cohort=cohort, frame=frame,
        labels=_LABELS, counts=COUNTS, parts_of=SUMS, told=TOLD, derived=_FRACTIONS, draw=interval_chart,
        alt="A row a definition: the rate of HPD with its exact 95 % interval, of the evaluable (circle) and of all "
            "treated (diamond). The numbers stand in the table.")


def _notes(rates: pd.DataFrame) -> tuple[str, ...]:
    few = rates.loc[rates["evaluable"] < FEW, "definition_id"]
    twins = rates[rates["definition_id"] != rates["counted_as"]]
    same = [f"{name} states the rule of {first}" for name, first in
            zip(twins["definition_id"], twins["counted_as"], strict=True)]
    return tuple(note for note in (
        f"Small numbers: fewer than {FEW} persons are evaluable under {', '.join(few)}." if len(few) else "",
        f"{'; '.join(same)}." if same else "") if note)
