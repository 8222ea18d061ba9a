"""Laws of the assessments: persons do not touch each other, days are counted from the first dose, units cancel."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from hpd_etl.config import Study
from hpd_etl.criteria import assess, window_sets
from hpd_etl.schema import Records
from hpd_etl.timeline import align
from tests.reference.generator import imprecise_patients, seeded_patients
from tests.reference.patient import Lesion, Patient, records_of

STUDY = Study.model_validate({"id": "laws", "responses": {"frameworks": ["RECIST1.1", "irRECIST", "irRC", "iRECIST"]}})
PATIENTS = {"exact": seeded_patients(120, 7), "partial": imprecise_patients(12, 7, 62)}


def assessed(records: Records) -> dict[str, pd.DataFrame]:
    """Both tables of these records, in an order that does not depend on anything else."""
    made = assess(align(records, STUDY, window_sets([], STUDY)), STUDY)
    return {name: frame.astype(object).where(frame.notna(), None).sort_values(
        [each for each in ("person_id", "framework", "days_from_index") if each in frame], ignore_index=True)
        for name, frame in made.items()}


@pytest.mark.parametrize("patients", PATIENTS.values(), ids=list(PATIENTS))
def test_the_assessments_of_all_are_those_of_each_part(patients):
    """Half of the patients and the other half make the tables of all."""
    every = assessed(records_of(patients))
    parts = [assessed(records_of(patients[start::2])) for start in (0, 1)]
    for name, frame in every.items():
        both = pd.concat([part[name] for part in parts])
        order = [each for each in ("person_id", "framework", "days_from_index") if each in frame]
        pd.testing.assert_frame_equal(frame, both.sort_values(order, ignore_index=True), check_dtype=False)


def test_everybody_has_a_best_response_by_each_of_the_criteria():
    """Also who was never examined: nothing is not evaluable for a reason that drops a person."""
    for patients in PATIENTS.values():
        records = records_of(patients)
        timeline = align(records, STUDY, window_sets([], STUDY))
        best = assess(timeline, STUDY)["best_response"]
        assert len(best) == 4 * len(timeline.index)
        assert best[["best", "best_confirmed"]].notna().all(axis=None)


def test_a_confirmed_best_response_is_never_better():
    """To ask for confirmation can only take away."""
    rank = {name: place for place, name in enumerate(("NE", "iUPD", "iCPD", "PD", "NON_CR_NON_PD", "SD", "PR", "CR"))}
    best = assessed(records_of(PATIENTS["exact"]))["best_response"]
    by_recist = best[best["framework"].isin(["RECIST1.1", "iRECIST"])]
    assert (by_recist["best_confirmed"].map(rank) <= by_recist["best"].map(rank)).all()


WORST_FIRST = (("iCPD",), ("PD", "iUPD"), ("SD", "NON_CR_NON_PD"), ("PR",), ("CR",))
RANK = {code: rank for rank, codes in enumerate(WORST_FIRST) for code in codes}


def _with_a_new_lesion(patient: Patient) -> Patient:
    """30 x 20 mm in the lung on the last day on which anything was measured."""
    day = max(row.scan_date for row in patient.lesions)
    new = Lesion("more", day, "new", "measured", 30.0, "lung", perpendicular_mm=20.0)
    return replace(patient, lesions=[*patient.lesions, new])


@pytest.mark.parametrize("cap", [False, True], ids=["every", "capped"])
def test_a_new_lesion_more_is_no_better_response(cap):
    """By each of the criteria one more new lesion lowers neither the burden nor the response of its visit improves."""
    study = STUDY.model_copy(update={"criteria": STUDY.criteria.model_copy(update={"new_lesion_cap": cap})})
    patients = [patient for patient in seeded_patients(240, 11) if patient.lesions]
    last = {patient.person_id: pd.Timestamp(max(row.scan_date for row in patient.lesions)) for patient in patients}
    both = []
    for each in (patients, [_with_a_new_lesion(patient) for patient in patients]):
        made = assess(align(records_of(each), study, window_sets([], study)), study)["assessments"]
        of_last = made[made["scan_date"] == made["person_id"].map(last)]
        both.append(of_last.set_index(["person_id", "framework"])[["derived", "burden"]])
    before, after = both[0].align(both[1], join="inner", axis=0)
    assert len(before) > 200
    rank = [each["derived"].map(RANK).astype("Float64") for each in (before, after)]
    assert (rank[1] <= rank[0]).fillna(True).all()
    assert (rank[0].isna() | rank[1].notna()).all()
    assert (after["burden"] >= before["burden"]).fillna(True).all()
