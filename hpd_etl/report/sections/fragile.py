"""How surely the labels stand: measured again with an error, and read otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hpd_etl import robustness
from hpd_etl.report.content import Figure, Listing, Method, Part, Section, Story
from hpd_etl.report.drawing.fragility import expectation_chart, readings_chart
from hpd_etl.report.sections import rates
from hpd_etl.robustness.errors import STANDARD_DEVIATION
from hpd_etl.robustness.perturbation import STANDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.report.facts import Facts
    from hpd_etl.schema import Labels, Sensitivity

READINGS: Final = Method(
    "readings", "Other readings",
    "What papers leave open is read otherwise, one parameter at a time: the length of a month, at least for more "
    "than, windows, gaps that end a treatment, time to treatment failure, and no growth before treatment. Counted are "
    "labels whose verdict is another then, a person once for each definition.")
_FOUND: Final = ("hpd_fragile", "not_hpd_fragile", "not_evaluable_fragile", "error_unknown", "flipped")
_COUNTS: Final = (*rates.COUNTS, *_FOUND)
_SUMS: Final = rates.SUMS | {f"{verdict}_fragile": verdict for verdict in ("hpd", "not_hpd", "not_evaluable")}
_LABELS: Final = {
    "definition_id": "definition", "hpd": "HPD", "hpd_expected": "HPD expected", "hpd_fragile": "HPD, fragile",
    "not_hpd": "not HPD", "not_evaluable": "not evaluable",
    "not_hpd_fragile": "not HPD, fragile", "not_evaluable_fragile": "not evaluable, fragile",
    "error_unknown": "error not known", "flipped": "another verdict by some other reading", "flips": "labels that flip",
    "hpd_lost": "HPD lost", "hpd_gained": "HPD gained", "definitions": "definitions concerned",
}


def section(facts: Facts) -> Section:
    """Fragile labels and flips; which verb makes them where there are none."""
    if facts.sensitivity is None:
        parts: tuple[Part, ...] = (Story(
            key="fragile-none", title="Not examined", paragraphs=(
                "How surely the labels stand was not examined in this run. `hpd-etl sensitivity` does it; then make "
                "the report again.",)),)
    else:
        parts = tuple(_parts(facts, facts.sensitivity))
    return Section("fragile", "Fragile labels",
                   "How many labels would be others had the same lesions been measured by another reader, or the rule "
                   "been read otherwise. A fragile label is not a wrong one.", parts)


def _parts(facts: Facts, found: Sensitivity) -> Iterator[Part]:
    own, labels = _of_cohort(found, facts)
    if len(own.perturbation):
        frame = definitions(own, labels, rates.judged(facts).loc[[each.id for each in facts.definitions]])
        common: dict[str, Any] = {
            "methods": (_error(facts, own), READINGS), "cohort": facts.cohort, "frame": frame, "labels": _LABELS,
            "counts": _COUNTS, "parts_of": _SUMS, "told": rates.TOLD,
            "derived": ("hpd_expected",)}
        yield Figure(
            key="hpd-expected", title="HPD as labelled, and as expected with an error of measurement",
            draw=expectation_chart, alt="A row a definition: persons labelled HPD (circle), those of them who are "
            "fragile (square), and the number expected if all sizes were measured again (diamond). The numbers stand "
            "in the table.", **common)
        yield Listing(key="fragile-numbers", title="Fragile labels by definition", **common)
    if len(own.flips):
        yield Figure(
            key="flips", title="Readings that change most labels", methods=(READINGS,), cohort=facts.cohort,
            notes=("Labels, not persons: a person has one under each definition.",), frame=readings(own),
            labels=_LABELS, counts=("flips", "hpd_lost", "hpd_gained"),
            parts_of={"hpd_lost": "flips", "hpd_gained": "flips"}, draw=readings_chart,
            alt="A bar a reading: labels that lose HPD to the left, labels that gain it to the right.")


def _error(facts: Facts, found: Sensitivity) -> Method:
    error, draws = facts.study.sensitivity.error, int(found.perturbation["draws"].max())
    return Method(
        "remeasured", "Error of measurement",
        f"Every diameter is measured again {draws:,} times with an error of {STANDARD_DEVIATION[error]:.1%} "
        f"({error.replace('_', ' ')}), seed {facts.study.sensitivity.seed}. A label is fragile where its verdict "
        f"stands in fewer than {STANDS:.0%} of the draws; HPD expected is the sum over the evaluable labels of the "
        "fraction of draws with HPD. Where a label rests on a recorded sum or volume no error is known.",
        "Yoon SH, et al. Eur J Cancer 2016;53:5-15 (abstract, grade V1).")


def _of_cohort(found: Sensitivity, facts: Facts) -> tuple[Sensitivity, Labels]:
    """What was found of the cohort, and the cohort's labels."""
    names = ("flips", "flipped", "perturbation")
    own = {name: (frame := getattr(found, name))[frame["cohort"] == facts.cohort] for name in names}
    labels = facts.labels.labels
    return replace(found, **own), replace(facts.labels, labels=labels[labels["cohort"] == facts.cohort])


def definitions(found: Sensitivity, labels: Labels, judged: pd.DataFrame) -> pd.DataFrame:
    """A row a definition: how many are judged how, who of them is fragile, and who is changed by some other reading."""
    told = robustness.by_definition(found, labels).set_index("definition_id").reindex(judged.index)
    counts = judged.join(told[list(_FOUND)]).astype("Int64")
    counts.insert(1, "hpd_expected", told["hpd_expected"].astype("Float64").round(1))
    return counts.reset_index(names="definition_id")


def readings(found: Sensitivity) -> pd.DataFrame:
    """A row a reading: how many labels it changes, the most first."""
    told = robustness.by_reading(found).rename(columns={"flipped": "flips"})
    told = told.sort_values("flips", ascending=False, kind="stable").reset_index(drop=True)
    frame = told[["parameter", "value", "labels", "flips", "hpd_lost", "hpd_gained", "definitions"]]
    return frame.astype(dict.fromkeys(("labels", "flips", "hpd_lost", "hpd_gained", "definitions"), "Int64"))
