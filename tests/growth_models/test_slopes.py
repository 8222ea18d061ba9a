"""Slopes over all scans against values worked out on paper."""

from __future__ import annotations

import numpy as np
import pytest

from hpd_etl.growth_models.slopes import slopes


def of(at, sizes):
    """Both slopes."""
    return slopes(np.array(at, dtype=float), np.array(sizes, dtype=float))


def test_a_straight_line_has_its_slope_and_no_doubt():
    """10, 12, 14, 16, 18 mm in months 0 to 4 is 2 mm/month by both methods, with bounds that meet there."""
    for slope in of(range(5), [10, 12, 14, 16, 18]).values():
        assert (slope.value, slope.low, slope.high) == pytest.approx((2, 2, 2))
        assert slope.absent is None


def test_least_squares_by_hand():
    """For months 0, 1, 2, 3 and 10, 12, 11, 15 mm: Sxy = 7, Sxx = 5, slope 1.4; residual sum 4.2, so s = sqrt(2.1 / 5)
    = 0.648074, and with t(0.975, 2) = 4.302653 the bounds are 1.4 -+ 2.788438."""
    slope = of([0, 1, 2, 3], [10, 12, 11, 15])["slope"]
    assert (slope.value, slope.low, slope.high) == pytest.approx((1.4, -1.388438, 4.188438), abs=1e-6)


def test_theil_sen_is_the_median_of_all_pairs():
    """The slopes of the six pairs are -1, 0.5, 1.5, 5/3, 2, 4: their median is 1.5 + half of 1/6."""
    slope = of([0, 1, 2, 3], [10, 12, 11, 15])["theil_sen"]
    assert slope.value == pytest.approx((1.5 + 5 / 3) / 2)
    assert (slope.low, slope.absent) == (None, "fewer_than_five_scans")


def test_one_odd_scan_does_not_turn_theil_sen():
    """A scan misread as 100 mm turns least squares and leaves the median of the pairs at 2 mm/month."""
    found = of(range(7), [10, 12, 14, 100, 18, 20, 22])
    assert found["theil_sen"].value == pytest.approx(2)
    assert found["slope"].value == pytest.approx(2)  # the odd scan stands in the middle
    assert of(range(7), [10, 12, 14, 16, 18, 20, 100])["theil_sen"].value == pytest.approx(2)
    assert of(range(7), [10, 12, 14, 16, 18, 20, 100])["slope"].value > 8


def test_two_scans_have_a_slope_and_no_interval():
    """Two points are the growth kinetics of the papers; how sure that is, two points cannot say."""
    slope = of([0, 2], [50, 56])["slope"]
    assert (slope.value, slope.low, slope.high, slope.absent) == (3, None, None, "fewer_than_three_scans")


@pytest.mark.parametrize("sizes", [[], [50]])
def test_fewer_than_two_scans_have_no_slope(sizes):
    """A single scan is no growth of 0."""
    for slope in of(range(len(sizes)), sizes).values():
        assert (slope.value, slope.absent) == (None, "fewer_than_two_scans")
