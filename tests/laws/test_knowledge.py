"""Learning what was not known of a patient never flips a verdict that was already given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hpd_etl.config import Study
from tests.laws.cohorts import FIVE, numbers
from tests.laws.outcomes import outcome, tried
from tests.reference.generator import seeded_patients
from tests.reference.patient import Dose, Patient, Response, records_of

if TYPE_CHECKING:
    from hpd_etl.schema import Timeline

STUDY = Study(id="knowledge", criteria={"use": FIVE})


@tried
@given(numbers, st.sampled_from(["PD", "SD", "CR"]))
def test_a_response_learnt_later(cohort, response):
    """A verdict given without any recorded response stands whatever is then recorded at the first evaluation."""
    unknown = [replace(patient, responses=[]) for patient in _patients(cohort)]
    timeline, before = _verdicts(unknown)
    chosen = timeline.scan_choices.query("role == 'post'")
    posts = {row["person_id"]: row["scan_date"].date() for row in chosen.to_dict("records")}
    known = [replace(patient, responses=[Response(posts[patient.person_id], "RECIST1.1", "overall", response)])
             if patient.person_id in posts else patient for patient in unknown]
    _never_flipped(before, _verdicts(known)[1])


@tried
@given(numbers, st.integers(0, 300))
def test_an_end_of_treatment_learnt_later(cohort, days):
    """A verdict given while the end of treatment lay in an interval stands whatever day of it was the end."""
    unknown = [_unstopped(patient) for patient in _patients(cohort)]
    timeline, before = _verdicts(unknown)
    bounds = {row["person_id"]: row for row in timeline.index.to_dict("records")}
    known = []
    for patient in unknown:
        row = bounds[patient.person_id]
        latest = row["ttf_min_days"] + days if pd.isna(row["ttf_max_days"]) else row["ttf_max_days"]
        end = min(row["ttf_min_days"] + days, latest)
        known.append(_stopped(patient, row["index_date"].date() + timedelta(days=int(end))))
    _never_flipped(before, _verdicts(known)[1])


def _patients(cohort: list[int]) -> list[Patient]:
    return [replace(patient, person_id=f"{number}-{patient.person_id}") for number in cohort
            for patient in seeded_patients(1, number)]


def _verdicts(patients: list[Patient]) -> tuple[Timeline, dict[tuple[str, str], str]]:
    timeline, labels = outcome(records_of(patients), STUDY)
    made = labels.labels.to_dict("records")
    return timeline, {(row["person_id"], row["definition_id"]): row["verdict"] for row in made}


def _never_flipped(before: dict[tuple[str, str], str], after: dict[tuple[str, str], str]) -> None:
    decided = {key for key, verdict in before.items() if verdict != "NOT_EVALUABLE"}
    assert decided
    assert {key: after[key] for key in decided} == {key: before[key] for key in decided}


def _unstopped(patient: Patient) -> Patient:
    """Nothing but doses and follow-up says when the treatment ended."""
    doses = [replace(dose, stop_reason=None) for dose in patient.doses if dose.start_date]
    return replace(patient, death_date=None, therapies=[], doses=doses)


def _stopped(patient: Patient, day: date) -> Patient:
    """The same doses up to that day; the last of them and what was open went on until then, and were stopped."""
    doses = [replace(dose, is_open=None, end_date=day if dose.is_open else dose.end_date and min(dose.end_date, day))
             for dose in sorted(patient.doses, key=_started) if dose.start_date <= day]
    return replace(patient, doses=[*doses[:-1], replace(doses[-1], end_date=day, stop_reason="other")])


def _started(dose: Dose) -> date:
    return dose.start_date
