"""Odds ratios against R and published values."""

from __future__ import annotations

from math import comb
from pathlib import Path

import numpy as np
import pytest

from hpd_etl.report.statistics.odds import APPROXIMATE, EXACT, LARGE, firth, odds_ratio

ENDOMETRIAL = np.loadtxt(Path(__file__).with_name("endometrial.csv"), delimiter=",", skiprows=1)
"""Of 79 patients (Heinze and Schemper 2002, Stat Med 21:2409): neovasculation, pulsatility index, height of the
endometrium, and whether the histology is of high grade; neovasculation separates the groups."""


def test_exact_odds_ratios_are_those_of_r():
    """What R's `fisher.test` prints of Fisher's convicted twins (bounds to about three digits) and of his tea."""
    twins = odds_ratio(2, 15, 10, 3)
    assert twins.how == EXACT
    assert twins.ratio == pytest.approx(0.04693661, rel=1e-5)
    assert (twins.low, twins.high) == pytest.approx((0.003325764, 0.363182271), rel=5e-3)
    assert odds_ratio(3, 1, 1, 3).ratio == pytest.approx(6.408309, rel=1e-5)


def test_exact_bounds_leave_a_fortieth_on_each_side():
    """With the lower bound for the odds ratio two or more of the twelve convicted are of the seventeen with a chance of
    one in forty, with the upper one two or fewer.
    """
    twins = odds_ratio(2, 15, 10, 3)
    for bound, tail in ((twins.low, range(2, 13)), (twins.high, range(3))):
        chances = [comb(17, k) * comb(13, 12 - k) * bound**k for k in range(13)]
        assert sum(chances[k] for k in tail) / sum(chances) == pytest.approx(0.025, rel=1e-6)


def test_an_empty_cell_has_an_interval_and_an_empty_row_has_none():
    """Nobody with the factor is HPD: the odds ratio is 0, and so is the lower bound; nobody has it: nothing to say."""
    found = odds_ratio(0, 9, 12, 30)
    assert (found.ratio, found.low) == (0, 0)
    assert 0 < found.high < 2
    assert np.isinf(odds_ratio(9, 0, 30, 12).high)
    assert odds_ratio(0, 0, 12, 30) is odds_ratio(0, 3, 0, 5) is None


def test_large_tables_are_approximated():
    """By hand: 60 x 80 / (40 x 20) = 6, and exp(ln 6 +- 1.96 sqrt(1/60 + 1/40 + 1/20 + 1/80)); one fewer is exact."""
    found, error = odds_ratio(60, 40, LARGE, 80), np.sqrt(1 / 60 + 1 / 40 + 1 / 20 + 1 / 80)
    assert found.how == APPROXIMATE
    assert (found.ratio, found.low, found.high) == pytest.approx(
        (6, 6 * np.exp(-1.959964 * error), 6 * np.exp(1.959964 * error)))
    assert odds_ratio(60, 40, LARGE - 1, 80).how == EXACT


def test_firth_is_that_of_logistf():
    """Coefficients, profile penalised likelihood intervals and p that R's logistf prints of the endometrial data."""
    found = firth(ENDOMETRIAL[:, :3], ENDOMETRIAL[:, 3] == 1)
    np.testing.assert_allclose(np.log(found.ratio), [2.92927330, -0.03475175, -2.60416387], rtol=1e-5)
    np.testing.assert_allclose(np.log(found.low), [0.6097244, -0.1244587, -4.3651832], rtol=1e-5)
    np.testing.assert_allclose(np.log(found.high), [7.85463171, 0.04045547, -1.23272106], rtol=1e-5)
    np.testing.assert_allclose(found.p, [9.124e-03, 3.875e-01, 2.507e-05], rtol=5e-4)


def test_what_does_not_converge_is_no_model():
    """A factor that is another one told again has no coefficient of its own."""
    rows = ENDOMETRIAL[:, [1, 1]]
    assert firth(rows, ENDOMETRIAL[:, 3] == 1) is None
