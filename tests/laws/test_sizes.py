"""Laws of sizes and growth: units, scaling, and the misprinted rate."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hpd_etl.config import MONTH_DAYS, Study
from hpd_etl.criteria import growth
from hpd_etl.units import AREA, LENGTH, VOLUME, ucum_units
from tests.laws.cohorts import FIVE
from tests.laws.outcomes import outcome, thorough, tried
from tests.reference.patient import records_of
from tests.reference.patients import three_scans

UNITS = ucum_units()
lengths = st.decimals(0, 500, places=3)
sizes = st.floats(1, 2000, allow_nan=False)
gaps = st.integers(1, 400)


@thorough
@given(lengths)
def test_a_length_is_the_same_in_every_unit(length):
    """A size written in cm, with the point one place further left, is the same size in mm; likewise in m and um."""
    for unit, times in (("cm", 10), ("m", 1000), ("um", Decimal("0.001"))):
        assert UNITS[unit].dimension == LENGTH
        assert round(float(length / times) * UNITS[unit].factor, 6) == round(float(length), 6)


def test_areas_and_volumes_follow_lengths():
    """A square centimetre is a hundred square millimetres, a cubic one a thousand cubic ones, as is a millilitre."""
    assert (UNITS["cm2"].dimension, UNITS["cm2"].factor) == (AREA, 100)
    assert (UNITS["cm3"].dimension, UNITS["cm3"].factor) == (VOLUME, 1000)
    assert UNITS["mL"] == UNITS["cm3"]


@thorough
@given(sizes, sizes, sizes, gaps, gaps, st.floats(0.01, 100))
def test_ratios_know_no_unit_of_length(s_pre, s0, s_post, dt_pre, dt_post, times):
    """All sizes so many times larger: the same rates, paces and percentages; the slope as many times steeper."""
    assume(abs(s0 - s_pre) > 1e-3)
    there = [np.array([size]) for size in (s_pre, s0, s_post)]
    larger = [size * times for size in there]
    days = np.array([float(dt_pre)]), np.array([float(dt_post)])
    for metric in (growth.tgk_ratio, growth.pace_ratio):
        assert metric(*larger, *days)[0] == pytest.approx(metric(*there, *days)[0], rel=1e-6, abs=1e-9)
    for s_from, s_to in (there[:2], there[1:]):
        assert growth.change_pct(s_from * times, s_to * times) == pytest.approx(growth.change_pct(s_from, s_to))
        for dt in days:
            rate = growth.tgr(s_from, s_to, dt, MONTH_DAYS)
            if np.isfinite(rate).all():
                assert growth.tgr(s_from * times, s_to * times, dt, MONTH_DAYS) == pytest.approx(rate, rel=1e-6)
            slope = growth.tgk(s_from, s_to, dt, MONTH_DAYS)
            assert growth.tgk(s_from * times, s_to * times, dt, MONTH_DAYS) == pytest.approx(slope * times, abs=1e-6)


@tried
@given(st.lists(st.tuples(*[st.integers(20, 200)] * 3), min_size=20, max_size=40), st.sampled_from([0.5, 1.25, 2.5]))
def test_scaled_patients_have_the_same_ratios(burdens, times):
    """Patients whose targets are all so many times larger have the ratios, rates and differences of the others."""
    found = []
    for factor in (1, times):
        people = [three_scans(f"p{number:02d}", *(size * factor for size in each), 60, 50)
                  for number, each in enumerate(burdens)]
        found.append(outcome(records_of(people), Study(id="laws", criteria={"use": FIVE}))[1])
    ratios = ["tgk_ratio", "tgr_pre", "tgr_post", "tgr_ratio", "tgr_delta", "pace_ratio", "sld_change_pct"]
    one, other = (labels.metrics.set_index(["person_id", "measure_set"])[ratios] for labels in found)
    pd.testing.assert_frame_equal(one, other.loc[one.index], rtol=1e-6)
    one, other = (labels.labels[labels.labels["definition_id"].isin(["saada2017", "ji2019", "kato2017"])]
                  for labels in found)
    assert one["verdict"].tolist() == other["verdict"].tolist()


@thorough
@given(sizes, sizes, gaps, st.sampled_from([28.0, 30.0, MONTH_DAYS]))
def test_the_misprinted_rate_is_never_given(s_from, s_to, days, month):
    """The printed 100 (TG - 1), without its exponential, is below the growth rate whatever the sizes."""
    misprinted = 100 * (3 * np.log(s_to / s_from) * month / days - 1)
    assert growth.tgr(np.array([s_from]), np.array([s_to]), np.array([float(days)]), month)[0] > misprinted + 99
