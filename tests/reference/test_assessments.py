"""Assessments and best responses of the fast engine against those of the slow one, under all four criteria."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

import pytest

from hpd_etl.config import Study
from hpd_etl.criteria import assess, window_sets
from hpd_etl.timeline import align
from tests.reference.assessments import best_of, judges_of, visits_of
from tests.reference.generator import seeded_patients
from tests.reference.patient import records_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.reference.patient import Patient

COUNT = int(os.environ.get("HPD_REFERENCE_PATIENTS", "2000")) // 5
SEED = int(os.environ.get("HPD_REFERENCE_SEED", "20"))
FRAMEWORKS = ["RECIST1.1", "irRECIST", "irRC", "iRECIST"]
STUDIES = {
    "as_shipped": {},
    "in_time": {"responses": {"confirm_from_days": 30, "confirm_to_days": 58, "late_scan_confirms": False,
                              "irrecist_confirm_to_days": 60, "stable_from_day": 50},
                "criteria": {"irrecist_nontarget_pd": True, "new_lesion_cap": True}},
    "derived": {"lesions": {"targets": "derived", "new_lesions": "first_seen"}},
}


@pytest.mark.parametrize("setting", STUDIES)
def test_fast_and_slow_engine_agree_on_assessments(setting):
    """Burden, nadir, derived and recorded response of every visit on study, and the best, also if confirmed."""
    settings = STUDIES[setting]
    asked = settings | {"responses": {"frameworks": FRAMEWORKS} | settings.get("responses", {})}
    patients = seeded_patients(max(COUNT // (1 if not settings else 2), 1), f"{SEED}/assessed/{setting}")
    wrong = list(differing(patients, Study.model_validate({"id": "assessments", **asked})))
    assert not wrong, f"{len(wrong)}: {wrong[:6]}"


def differing(patients: list[Patient], study: Study) -> Iterator[tuple[object, ...]]:
    """Person, criteria, day, what it is, and what the slow and the fast engine say of it."""
    tables = assess(align(records_of(patients), study, window_sets([], study)), study)
    rows = {(row["person_id"], row["framework"], row["days_from_index"]): row
            for row in tables["assessments"].to_dict("records")}
    best = {(row["person_id"], row["framework"]): row for row in tables["best_response"].to_dict("records")}
    judged = set()
    for patient in patients:
        for judge in judges_of(patient, study):
            key = (patient.person_id, judge.framework)
            judged.add(key)
            visits = visits_of(judge, study)
            for visit in visits:
                row = rows.pop((*key, visit.point.day), {})
                yield from ((*key, visit.point.day, *found) for found in _unlike(_of_visit(judge, visit), row))
            for column, confirm in (("best", False), ("best_confirmed", True)):
                code, day = best_of(judge, visits, study, confirm=confirm)
                yield from ((*key, *found) for found in _unlike({column: code, f"{column}_day": day}, best[key]))
    for (person, framework, day), row in rows.items():
        if (person, framework) in judged and _known(row["response"]):
            yield person, framework, day, "response", None, row["response"]


def _of_visit(judge, visit):
    made = {"derived": visit.derived, "recorded": visit.recorded, "response": visit.response,
            "confirmed": visit.confirmed}
    if judge.sums.choice.baseline is not None:
        nadir, burden = judge.nadir(visit.point), judge.burden(visit.point).value
        numbers = {"baseline_burden": judge.first, "nadir_burden": nadir, "burden": burden}
        made |= {name: None if value is None else float(value) for name, value in numbers.items()}
    return made


def _unlike(slow: dict[str, object], row: dict[str, object]) -> Iterator[tuple[str, object, object]]:
    """What differs; a visit without a row is one of which nothing is derived or recorded."""
    for name, ours in slow.items():
        theirs = _known(row.get(name))
        if isinstance(ours, float) and isinstance(theirs, float):
            same = math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
        else:
            same = ours == theirs
        if not same and (row or name in ("derived", "recorded")):
            yield name, ours, theirs


def _known(value: object) -> object:
    missing = value is None or value != value or str(value) in ("<NA>", "NaT", "NE")
    return None if missing else value
