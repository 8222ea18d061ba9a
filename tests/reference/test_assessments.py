"""Assessments and best responses of the fast engine against those of the slow one, under all four criteria."""

from __future__ import annotations

import math
import os

import pytest

from hpd_etl.config import Study
from hpd_etl.criteria import assess, window_sets
from hpd_etl.timeline import align
from tests.reference.assessments import best_of, judge_of, visits_of
from tests.reference.generator import seeded_patients
from tests.reference.patient import records_of

COUNT = int(os.environ.get("HPD_REFERENCE_PATIENTS", "2000")) // 4
FRAMEWORKS = ("RECIST1.1", "irRECIST", "irRC", "iRECIST")
STUDIES = {
    "as_shipped": {},
    "in_time": {"responses": {"confirm_from_days": 30, "confirm_to_days": 58, "late_scan_confirms": False,
                              "stable_from_day": 50}, "criteria": {"irrecist_nontarget_pd": True}},
    "derived": {"lesions": {"targets": "derived", "new_lesions": "first_seen"}},
}


def _known(value: object) -> object:
    missing = value is None or value != value or str(value) in ("<NA>", "NaT", "NE")
    return None if missing else value


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("settings", STUDIES.values(), ids=list(STUDIES))
def test_assessments_agree(framework, settings):
    """Burden, nadir, derived and recorded response of every visit on study, and the best, also if confirmed."""
    asked = settings | {"responses": settings.get("responses", {}) | {"frameworks": [framework]}}
    study = Study.model_validate({"id": "assessments", **asked})
    patients = seeded_patients(COUNT if not settings else COUNT // 3, f"assessed {framework}")
    tables = assess(align(records_of(patients), study, window_sets([], study)), study)
    rows = {(row["person_id"], row["days_from_index"]): row for row in tables["assessments"].to_dict("records")}
    best = {row["person_id"]: row for row in tables["best_response"].to_dict("records")}
    wrong = []
    for patient in patients:
        judge = judge_of(patient, study, framework)
        if judge is None:
            continue
        visits = visits_of(judge, study)
        for visit in visits:
            row = rows.pop((patient.person_id, visit.point.day), {})
            wrong += _differing(patient.person_id, _of_visit(judge, visit), row)
        for column, confirm in (("best", False), ("best_confirmed", True)):
            code, day = best_of(judge, visits, study, confirm=confirm)
            wrong += _differing(patient.person_id, {column: code, f"{column}_day": day}, best[patient.person_id])
    judged = {patient.person_id for patient in patients if judge_of(patient, study, framework) is not None}
    wrong += [(person, day, "response", None, row["response"]) for (person, day), row in rows.items()
              if person in judged and _known(row["response"])]
    assert not wrong, f"{len(wrong)}: {wrong[:6]}"


def _of_visit(judge, visit):
    made = {"derived": visit.derived, "recorded": visit.recorded, "response": visit.response,
            "confirmed": visit.confirmed}
    if judge.sums.choice.baseline is not None:
        nadir, burden = judge.nadir(visit.point), judge.burden(visit.point).value
        numbers = {"baseline_burden": judge.first, "nadir_burden": nadir, "burden": burden}
        made |= {name: None if value is None else float(value) for name, value in numbers.items()}
    return made


def _differing(person, slow, row):
    found = []
    for name, ours in slow.items():
        theirs = _known(row.get(name))
        same = math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9) if isinstance(ours, float) and isinstance(
            theirs, float) else ours == theirs
        if not same and row:
            found.append((person, row.get("days_from_index"), name, ours, theirs))
        elif not row and name in ("derived", "recorded") and ours is not None:
            found.append((person, "no row", name, ours, theirs))
    return found
