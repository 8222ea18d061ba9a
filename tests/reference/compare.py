"""Both engines on the same patients, and every way in which they differ."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from hpd_etl import assets
from hpd_etl.config import Study
from hpd_etl.criteria import label, window_sets
from hpd_etl.criteria.definition import Definition, parse
from hpd_etl.timeline import align
from tests.reference.engine import DEFINITIONS, Outcome, outcomes
from tests.reference.growth import SHOWN
from tests.reference.patient import ROWS, Patient, records_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpd_etl.schema import Labels, Timeline

FLAGS = ("growth_onset", "month_sensitive", "pseudoprogression", "suspected_hpd_no_baseline_disease")
CLOSE = 1e-9


@dataclass(frozen=True)
class Difference:
    """One thing of one person on which the engines disagree."""

    person: str
    definition: str
    what: str
    slow: object
    fast: object


def definitions() -> list[Definition]:
    """The five definitions as shipped."""
    files = {path.stem: path for path in assets.definition_files(None)}
    return [parse(tomllib.loads(files[name].read_text("utf-8")), name) for name in DEFINITIONS]


def run(patients: Iterable[Patient], study: Study) -> tuple[Timeline, Labels]:
    """The fast engine: `align` and `label`."""
    five = definitions()
    timeline = align(records_of(patients), study, window_sets(five, study))
    return timeline, label(timeline, five, study)


def differences(patients: list[Patient], study: Study) -> list[Difference]:
    """Everything on which the slow and the fast engine disagree."""
    timeline, made = run(patients, study)
    labels = {(row["person_id"], row["definition_id"]): _plain(row) for row in made.labels.to_dict("records")}
    metrics = {(row["person_id"], row["measure_set"]): _plain(row) for row in made.metrics.to_dict("records")}
    scans: dict[str, dict[str, date]] = {}
    for row in timeline.scan_choices.to_dict("records"):
        if row["role"] != "refused" and row["window_set"] == "study":
            scans.setdefault(row["person_id"], {})[row["role"]] = _plain(row)["scan_date"]
    found: list[Difference] = []
    for patient in patients:
        person = patient.person_id
        for slow in outcomes(patient, study):
            fast = labels.pop((person, slow.definition), None)
            if fast is None:
                found.append(Difference(person, slow.definition, "label", slow.verdict, "no label"))
                continue
            numbers = metrics.get((person, fast["measure_set"]), {})
            for what, ours, theirs in _pairs(slow, fast, numbers, scans.get(person, {})):
                if not _alike(ours, theirs):
                    found.append(Difference(person, slow.definition, what, ours, theirs))
    found.extend(Difference(person, definition, "label", "no label", fast["verdict"])
                 for (person, definition), fast in labels.items())
    return found


def smallest(patient: Patient, study: Study, what: str) -> Patient:
    """The patient with every row taken away that the disagreement does not need."""

    def disagrees(candidate: Patient) -> bool:
        return bool(candidate.doses) and any(found.what == what for found in differences([candidate], study))

    shrunk = True
    while shrunk:
        shrunk = False
        for table in ROWS:
            for row in list(getattr(patient, table)):
                candidate = replace(patient, **{table: [kept for kept in getattr(patient, table) if kept is not row]})
                if disagrees(candidate):
                    patient, shrunk = candidate, True
        for column in ("death_date", "birth_date"):
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
    for flag in FLAGS:
        yield flag, flag in slow.flags, flag in flags


def _measured(slow: Outcome, numbers: dict[str, Any]) -> Iterable[tuple[str, object, object]]:
    """What is counted from baseline; without one nothing is decided with it."""
    for name, value in zip(("s_pre_mm", "s0_mm", "s_post_mm"), slow.sums, strict=True):
        yield name, None if value is None else float(value), numbers.get(name)
    for name in SHOWN:
        yield name, slow.metrics[name], numbers.get(name)
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
