"""The formulas of growth by themselves, on numbers that are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hpd_etl.criteria.growth import change_pct, pace_ratio, tgk, tgk_ratio, tgr


@pytest.fixture(autouse=True)
def _no_warning():
    """What cannot be computed is an answer, not a warning."""
    with np.errstate(all="raise"):
        yield


def _of(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_tgk():
    """20 mm in 60 days are 10 mm in a month of 30 days; shrinkage is negative."""
    assert tgk(_of(30, 50), _of(50, 30), _of(60, 60), 30).tolist() == [10, -10]


def test_tgk_ratio():
    """10 mm in 30 days, then 40 mm in 60 days is twice as fast; standing still before, nothing can be compared."""
    found = tgk_ratio(_of(40, 50, 50), _of(50, 50, 50), _of(90, 90, 50), _of(30, 30, 30), _of(60, 60, 60))
    np.testing.assert_array_equal(found, [2, np.inf, np.nan])


def test_tgr():
    """Twice the diameter is eight times the volume: 700 % in a month; in three months it is one doubling a month."""
    assert tgr(_of(10, 10), _of(20, 20), _of(30, 90), 30) == pytest.approx([700, 100])


def test_tgr_of_a_volume():
    """A volume that doubles in a month has grown by 100 %."""
    assert tgr(_of(10), _of(20), _of(30), 30, 1) == pytest.approx([100])


def test_tgr_from_nothing():
    """From 0 mm there is no rate; from a millimetre or less there is one, and a huge one is infinite."""
    found = tgr(_of(0, 0, 1, 0.001), _of(0, 5, 2, 1000), _of(30, 30, 30, 1), 30)
    np.testing.assert_allclose(found, [np.nan, np.nan, 700, np.inf])


def test_pace_ratio():
    """A quarter in 30 days, then four fifths in 60: 0.8 / 60 over 0.25 / 30 is 1.6; standing still has no pace."""
    found = pace_ratio(_of(40, 50, 50), _of(50, 50, 50), _of(90, 90, 50), _of(30, 30, 30), _of(60, 60, 60))
    np.testing.assert_array_equal(found, [1.6, np.inf, np.nan])


def test_change():
    """From 50 to 60 mm is 20 %; from 1 mm to 2 mm it is 100 %; from nothing it is not known."""
    np.testing.assert_array_equal(change_pct(_of(50, 1, 0, 0), _of(60, 2, 5, 0)), [20, 100, np.nan, np.nan])
