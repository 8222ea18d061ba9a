"""Laws of sensitivity: persons do not touch each other, and the same seed says the same."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hpd_etl import robustness
from hpd_etl.config import Study
from hpd_etl.schema import Records, Sensitivity
from tests.laws.cohorts import numbers, records
from tests.laws.outcomes import assert_same, changed, rows, tried
from tests.robustness.given import labelled

USE = ["champiat2017", "kato2017", "ji2019"]
READINGS = {"month_days": [28], "windows": {"pre_84": {"pre_from_day": -84}}, "ttf_gap_days": [60]}


def found(there: Records, seed: int = 0) -> Sensitivity:
    """Two draws, and a reading of each kind."""
    sensitivity = {"draws": 2, "seed": seed, **READINGS}
    asked = Study.model_validate({"id": "laws", "criteria": {"use": USE}, "sensitivity": sensitivity})
    timeline, labels, definitions = labelled(there, asked)
    flips = robustness.flips(there, timeline, labels, definitions, asked)
    return Sensitivity.of({**flips, "perturbation": robustness.perturb(timeline, labels, definitions, asked)})


def persons(bundle: Sensitivity) -> dict[str, list[str]]:
    """The rows that name a person."""
    return {name: told for name, told in rows(bundle).items() if name != "flips"}


@tried
@given(numbers)
def test_persons_do_not_touch_each_other(cohort):
    """Two parts of a cohort say together what the whole says: no error of measurement depends on who else is there."""
    apart = [persons(found(records(part))) for part in (cohort[::2], cohort[1::2])]
    together = persons(found(records(cohort)))
    assert_same(together, {name: sorted(apart[0][name] + apart[1][name]) for name in together})


@tried
@given(numbers, st.integers(0, 2**32 - 1))
def test_the_order_of_rows_says_nothing(cohort, seed):
    """Rows of every table in any other order give the same rows."""
    there = records(cohort)
    shuffled = changed(there, lambda _, frame: frame.sample(frac=1, random_state=seed))
    assert_same(rows(found(there)), rows(found(shuffled)))


def test_the_same_seed_says_the_same_and_another_seed_something_else():
    """Run twice is run once; what is random depends on the seed alone."""
    there = records(range(40))
    pd.testing.assert_frame_equal(found(there).perturbation, found(there).perturbation)
    assert_same(persons(found(there)), persons(found(there)))
    assert not found(there).perturbation.equals(found(there, seed=1).perturbation)


def test_nobody_is_nobody():
    """No records give no rows, and no error."""
    assert all(not held for held in rows(found(Records.of({}))).values())
