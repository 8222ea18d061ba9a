"""Survival curves and their comparison against published values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpd_etl.report.statistics.survival import Times, crosses, log_rank, steps


def _times(text: str) -> Times:
    """Weeks; a plus marks who was last seen then."""
    words = text.split()
    return Times(np.array([float(word.rstrip("+")) for word in words]),
                 np.array([not word.endswith("+") for word in words]))


SIX_MP = _times("6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+")
PLACEBO = _times("1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23")
MAINTAINED = _times("9 13 13+ 18 23 28+ 31 34 45+ 48 161+")
NOT_MAINTAINED = _times("5 5 8 8 12 16+ 23 27 30 33 43 45")


def test_the_curve_of_freireich_1963():
    """Remission of leukaemia under 6-MP (Freireich 1963, Blood 21:699): the curve and its log-log intervals as Stata
    lists them.
    """
    survival, low, high = SIX_MP.at(np.array([6.0, 7, 10, 13, 16, 22, 23]))
    assert survival.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert low.round(4).tolist() == [0.6197, 0.5631, 0.5032, 0.4316, 0.3675, 0.2678, 0.1881]
    assert high.round(4).tolist() == [0.9516, 0.9228, 0.8894, 0.8491, 0.8049, 0.7468, 0.6801]


def test_the_log_rank_of_freireich_1963():
    """The log-rank chi-square of 6-MP against placebo is 16.79."""
    chi_square, p = log_rank(SIX_MP, PLACEBO)
    assert round(chi_square, 2) == 16.79
    assert p == pytest.approx(4.17e-5, abs=5e-8)
    assert (SIX_MP.median()[0], PLACEBO.median()[0]) == (23, 8)


def test_aml_as_in_r():
    """`survfit` and `survdiff` of `survival::aml` (Miller 1981): medians 31 and 23, chi-square 3.4, and the curve."""
    survival, _, _ = MAINTAINED.at(np.array([9.0, 13, 18, 23, 31, 34, 48]))
    assert survival.round(3).tolist() == [0.909, 0.818, 0.716, 0.614, 0.491, 0.368, 0.184]
    assert (MAINTAINED.median()[0], NOT_MAINTAINED.median()[0]) == (31, 23)
    chi_square, p = log_rank(MAINTAINED, NOT_MAINTAINED)
    assert (round(chi_square, 1), round(p, 4)) == (3.4, 0.0653)


def test_a_median_that_is_not_reached_is_none():
    """Its bounds are where the bounds of the curve come down to a half; at 1 and at 0 a curve has no interval."""
    assert _times("3+ 4 9+ 9+").median() == (None, 4, None)
    survival, low, high = _times("2 4").at(np.array([1.0, 3, 5]))
    assert survival.tolist() == [1, 0.5, 0]
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False, True]


def test_nothing_to_compare():
    """Of nobody, or without an event, there is no test."""
    nobody = Times(np.zeros(0), np.zeros(0, dtype=bool))
    assert log_rank(nobody, PLACEBO) is None
    assert log_rank(_times("3+"), _times("4+")) is None
    assert not crosses(nobody, PLACEBO)


def test_curves_that_cross():
    """One dies early and then not, the other late; 6-MP lies above placebo at all times."""
    assert crosses(_times("1 1 9+ 9+ 9+ 9+"), _times("5 5 6 6 6 6"))
    assert not crosses(SIX_MP, PLACEBO)


@given(st.lists(st.tuples(st.floats(0.1, 60), st.booleans()), max_size=60), st.integers(1, 12))
def test_no_step_tells_of_few(rows, least):
    """Between two steps none or enough persons had the event or were last seen, and none or enough remain."""
    times = Times(np.array([time for time, _ in rows]), np.array([event for _, event in rows], dtype=bool))
    months = steps(times, least)
    told = [np.diff(each) for each in times.after(months.astype(float))]
    left = len(times) - sum(times.after(months.astype(float)))
    assert months[0] == 0
    for counts in (*told, left[1:]):
        assert all(n == 0 or n >= least for n in counts)
    if least == 1:
        assert months.tolist() == list(range(int(np.ceil(times.time.max(initial=0))) + 1))
