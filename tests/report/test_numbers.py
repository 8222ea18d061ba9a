"""Tests of numbers: which is chosen, and known values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from hpd_etl.report.statistics import numbers, several
from hpd_etl.report.statistics.counts import UNTESTED

SLEEP = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
OTHER_SLEEP = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_ages_of_few_and_all_other_numbers_are_compared_by_rank():
    """Below thirty in a group, or where a number is skewed, no mean is compared."""
    many, few = np.arange(40.0), np.arange(100.5, 120)
    assert numbers.compared(many, many + 3, symmetric=True).test == numbers.WELCH
    assert numbers.compared(many, few, symmetric=True).test == numbers.RANKS
    assert numbers.compared(many, many + 3, symmetric=False).test == numbers.RANKS
    assert numbers.compared(few, few[:9] + 0.25, symmetric=True).test == numbers.EXACT_RANKS
    for nothing in (few[:1], np.zeros(3)):
        assert numbers.compared(np.zeros(4), nothing, symmetric=True).test.startswith(UNTESTED)


def test_ranks_and_means_are_those_of_r():
    """Student's data on sleep: R prints p = 0.06933 of `wilcox.test(extra ~ group, data = sleep, exact = FALSE)` and
    t = 1.8608 on 17.776 degrees of freedom of `t.test`; everybody three times multiplies t^2 and these by 29/9.
    """
    assert numbers.compared(SLEEP, OTHER_SLEEP, symmetric=True).p == pytest.approx(0.06933, abs=5e-6)
    found = numbers.compared(np.tile(SLEEP, 3), np.tile(OTHER_SLEEP, 3), symmetric=True)
    assert found.test == numbers.WELCH
    assert found.p == pytest.approx(2 * t.sf(1.8608 * np.sqrt(29 / 9), 17.776 * 29 / 9), rel=5e-4)


def test_exact_ranks():
    """Of 3 against 3 apart, 2 of the 20 arrangements are as far apart: p = 0.1."""
    found = numbers.compared(np.array([1.0, 2, 3]), np.array([4.0, 5, 6]), symmetric=True)
    assert (found.test, found.p) == (numbers.EXACT_RANKS, pytest.approx(0.1))


def test_quartiles():
    """Median, first and third quartile, between the values where there is none in the middle."""
    assert numbers.quartiles(np.array([1.0, 2, 3, 4, 9])) == (3, 2, 4)
    assert numbers.quartiles(np.array([])) == (None, None, None)


def test_adjusted_p_values():
    """Holm and Benjamini-Hochberg by hand; what was not tested is not counted."""
    p = np.array([0.01, np.nan, 0.04, 0.03])
    np.testing.assert_allclose(several.adjusted(p, "holm"), [0.03, np.nan, 0.06, 0.06])
    np.testing.assert_allclose(several.adjusted(p, "fdr_bh"), [0.03, np.nan, 0.04, 0.04])
    assert np.isnan(several.adjusted(np.full(2, np.nan), "holm")).all()
