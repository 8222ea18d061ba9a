"""Laws of partial dates: knowing the day never flips a verdict, and courses touch nobody else."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from hpd_etl.config import Study
from tests.laws.cohorts import FIVE
from tests.laws.outcomes import assert_same, changed, outcome, rows, tried
from tests.reference.generator import imprecise_patients
from tests.reference.patient import Patient, records_of
from tests.reference.worlds import worlds

STUDY = Study(id="partial", criteria={"use": FIVE})
seeds = st.integers(0, 10**6)


@cache
def _patients(seed: int) -> list[Patient]:
    return [replace(patient, person_id=f"{seed}-{patient.person_id}") for patient in imprecise_patients(8, seed, 31)]


@tried
@given(seeds)
def test_a_day_learnt_later(seed):
    """A verdict given while dates were partial stands whichever of the possible days they turn out to be."""
    known = [random.Random(seed).choice(worlds(patient)) for patient in _patients(seed)]
    before, after = (_verdicts(patients) for patients in (_patients(seed), [_dated(patient) for patient in known]))
    decided = {key: verdict for key, verdict in before.items() if verdict != "NOT_EVALUABLE"}
    assert {key: after[key] for key in decided} == decided


@tried
@given(seeds)
def test_courses_touch_nobody_else(seed):
    """Persons with partial dates and without come out alone as they do together."""
    everybody = [*_patients(seed), *(_dated(worlds(patient)[0], "known-") for patient in _patients(seed))]
    parts = [rows(*outcome(records_of(part), STUDY)) for part in (everybody[::3], everybody[1::3], everybody[2::3])]
    together = rows(*outcome(records_of(everybody), STUDY))
    assert_same(together, {name: sorted(row for part in parts for row in part[name]) for name in together})


@tried
@given(seeds, st.integers(0, 2**32 - 1))
def test_the_order_of_rows_says_nothing(seed, shuffled_by):
    """Rows in any other order give the same rows, whatever is partial in them."""
    there = records_of(_patients(seed))
    shuffled = changed(there, lambda _, frame: frame.sample(frac=1, random_state=shuffled_by))
    assert_same(rows(*outcome(there, STUDY)), rows(*outcome(shuffled, STUDY)))


def _verdicts(patients: list[Patient]) -> dict[tuple[str, str], str]:
    _, labels = outcome(records_of(patients), STUDY)
    return {(row["person_id"], row["definition_id"]): row["verdict"] for row in labels.labels.to_dict("records")}


def _dated(patient: Patient, prefix: str = "") -> Patient:
    """The patient with every date known to the day."""
    tables = ("doses", "therapies", "scans", "lesions", "tumour_sums", "responses")
    exact = {table: [replace(row, **{name: None for name in vars(row) if name.endswith("_precision")})
                     for row in getattr(patient, table)] for table in tables}
    return replace(patient, person_id=prefix + patient.person_id, death_precision=None, **exact)
