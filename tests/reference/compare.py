"""Both engines on the same patients, and every way in which they differ."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from hpd_etl import library
from hpd_etl.config import Study
from hpd_etl.criteria import label, metrics, window_sets
from hpd_etl.criteria.flags import FLAGS
from hpd_etl.errors import ConfigurationError
from hpd_etl.timeline import align
from tests.reference.definitions import PUBLISHED, VARIANTS, changes_something
from tests.reference.engine import Outcome, outcomes
from tests.reference.patient import ROWS, Patient, records_of
from tests.reference.rules import leaves

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpd_etl.criteria import Definition
    from hpd_etl.schema import Labels, Timeline

COMPARED = ("earlier_dose_refused", "growth_onset", "month_sensitive", "pseudoprogression",
            "suspected_hpd_no_baseline_disease")
CLOSE = 1e-9


@dataclass(frozen=True)
class Difference:
    """One thing of one person on which the engines disagree."""

    person: str
    definition: str
    what: str
    slow: object
    fast: object


@cache
def known() -> tuple[str, ...]:
    """The published definitions that both engines have."""
    later = set(getattr(metrics, "_NOT_YET", ()))
    return tuple(name for name in library.everything(None)
                 if name in PUBLISHED and not later & {leaf.metric for leaf in leaves(PUBLISHED[name].rule)})


@cache
def variants() -> tuple[str, ...]:
    """The variants that both engines have of them, but for those that change nothing."""
    return tuple(f"{name}_{variant}" for name in known() for variant in VARIANTS
                 if changes_something(name, variant) and _resolved(f"{name}_{variant}"))


def _resolved(name: str) -> bool:
    try:
        definition(name)
    except ConfigurationError:
        return False
    return True


@cache
def definition(name: str) -> Definition:
    """The definition or variant as shipped."""
    return library.named(name, library.everything(None))


def run(patients: Iterable[Patient], study: Study, names: tuple[str, ...]) -> tuple[Timeline, Labels]:
    """The fast engine: `align` and `label`."""
    asked = [definition(name) for name in names]
    timeline = align(records_of(patients), study, window_sets(asked, study))
    return timeline, label(timeline, asked, study)


def differences(patients: list[Patient], study: Study, names: tuple[str, ...] | None = None) -> list[Difference]:
    """Everything on which the slow and the fast engine disagree."""
    names = known() if names is None else names
    timeline, made = run(patients, study, names)
    labels = {(row["person_id"], row["definition_id"]): _plain(row) for row in made.labels.to_dict("records")}
    measured = {(row["person_id"], row["measure_set"]): _plain(row) for row in made.metrics.to_dict("records")}
    scans: dict[tuple[str, str], dict[str, date]] = {}
    for row in timeline.scan_choices.query("role != 'refused'").to_dict("records"):
        scans.setdefault((row["person_id"], row["window_set"]), {})[row["role"]] = _plain(row)["scan_date"]
    found: list[Difference] = []
    for patient in patients:
        person = patient.person_id
        for slow in outcomes(patient, study, names):
            fast = labels.pop((person, slow.definition), None)
            if fast is None:
                found.append(Difference(person, slow.definition, "label", slow.verdict, "no label"))
                continue
            numbers = measured.get((person, fast["measure_set"]), {})
            chosen = scans.get((person, definition(slow.definition).window_set), {})
            found.extend(Difference(person, slow.definition, what, ours, theirs)
                         for what, ours, theirs in _pairs(slow, fast, numbers, chosen) if not _alike(ours, theirs))
    found.extend(Difference(person, of, "label", "no label", fast["verdict"])
                 for (person, of), fast in labels.items())
    return found


def smallest(patient: Patient, study: Study, what: str, names: tuple[str, ...]) -> Patient:
    """The patient with every row taken away that the disagreement does not need."""

    def disagrees(candidate: Patient) -> bool:
        return bool(candidate.doses) and any(found.what == what for found in differences([candidate], study, names))

    shrunk = True
    while shrunk:
        shrunk = False
        for table in ROWS:
            for row in list(getattr(patient, table)):
                candidate = replace(patient, **{table: [kept for kept in getattr(patient, table) if kept is not row]})
                if disagrees(candidate):
                    patient, shrunk = candidate, True
        for column in ("death_date", "birth_date", "death_cause"):
            candidate = replace(patient, **{column: None})
            if getattr(patient, column) is not None and disagrees(candidate):
                patient, shrunk = candidate, True
    return patient


def _pairs(slow: Outcome, fast: dict[str, Any], numbers: dict[str, Any],
           scans: dict[str, date]) -> Iterable[tuple[str, object, object]]:
    yield "cohort", slow.cohort, fast["cohort"]
    if not slow.days_differ:
        yield "pre", slow.pre, scans.get("pre")
        yield "baseline", slow.baseline, scans.get("baseline")
        yield "post", slow.post, scans.get("post")
    if slow.baseline is not None:
        yield from _measured(slow, numbers)
    yield "ttf_min_days", slow.ttf[0], numbers.get("ttf_min_days")
    yield "ttf_max_days", slow.ttf[1], numbers.get("ttf_max_days")
    yield "verdict", slow.verdict, fast["verdict"]
    if slow.verdict == fast["verdict"] == "NOT_EVALUABLE":
        yield "reasons", ";".join(slow.reasons), fast["reasons"] or ""
        yield "primary_reason", slow.primary_reason, fast["primary_reason"]
    yield "confirmation", slow.confirmation, fast["confirmation"]
    flags = set((fast["flags"] or "").split(";"))
    for flag in FLAGS.keys() & set(COMPARED):
        yield flag, flag in slow.flags, flag in flags


def _measured(slow: Outcome, numbers: dict[str, Any]) -> Iterable[tuple[str, object, object]]:
    """What is counted from baseline; without one nothing is decided with it."""
    for name, value in slow.metrics.items():
        yield name, value, numbers.get(name)
    fast_response = numbers.get("response_first")
    yield "response_first", slow.response_first, None if fast_response == "NE" else fast_response


def _alike(ours: object, theirs: object) -> bool:
    if isinstance(ours, float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs, rel_tol=CLOSE, abs_tol=CLOSE)
    return ours == theirs


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or value != value or str(value) in ("<NA>", "NaT"):
            made[name] = None
        else:
            made[name] = value.date() if isinstance(value, datetime) else value
    return made
