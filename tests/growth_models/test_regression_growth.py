"""The regression-growth models, on series whose rates are known because they were generated from them."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from hpd_etl.growth_models.regression_growth import Chosen, choose

EVERY_56_DAYS = np.arange(0.0, 449.0, 56)
"""Baseline and eight scans."""


def series(curve, *, baseline: float = 80.0, days=EVERY_56_DAYS, first_day: float = -7.0) -> Chosen | str:
    """The model chosen for sums on this curve."""
    return choose(days + first_day, np.array([baseline * curve(day) for day in days]))


def test_pure_growth_gives_g_and_no_d():
    """A tumour that doubles in 70 days has g = ln 2 / 70, and nothing is said of a regression that was not seen."""
    found = series(lambda t: 2 ** (t / 70))
    assert isinstance(found, Chosen)
    assert found.model == "gx"
    assert found.estimates["g"][0] == pytest.approx(log(2) / 70, rel=1e-6)
    assert set(found.estimates) == {"g"}
    assert found.nadir_day is None


def test_pure_decay_gives_d_and_no_g():
    """A tumour that halves in 40 days has d = ln 2 / 40, no growth rate and no nadir."""
    found = series(lambda t: 0.5 ** (t / 40))
    assert isinstance(found, Chosen)
    assert found.model == "dx"
    assert found.estimates["d"][0] == pytest.approx(log(2) / 40, rel=1e-6)
    assert set(found.estimates) == {"d"}
    assert found.nadir_day is None


def test_regression_then_regrowth_gives_both_rates_and_the_nadir():
    """Both rates come back from exp(-0.012 t) + exp(0.003 t) - 1; it is lowest where d exp(-dt) = g exp(gt):
    ln(4) / 0.015 = 92.42 days."""
    found = series(lambda t: exp(-0.012 * t) + exp(0.003 * t) - 1)
    assert isinstance(found, Chosen)
    assert found.model == "gd"
    assert found.estimates["g"][0] == pytest.approx(0.003, rel=1e-5)
    assert found.estimates["d"][0] == pytest.approx(0.012, rel=1e-5)
    assert found.nadir_day == pytest.approx(92.41962, abs=1e-3)


def test_a_part_that_does_not_regress_is_phi():
    """Where 60 % shrink at 4 % a day and 40 % grow at 0.4 % a day, all three come back; the nadir is where
    0.6 * 0.04 exp(-0.04 t) = 0.4 * 0.004 exp(0.004 t): ln(15) / 0.044 = 61.55 days."""
    found = series(lambda t: 0.4 * exp(0.004 * t) + 0.6 * exp(-0.04 * t), days=np.arange(0.0, 337.0, 28))
    assert isinstance(found, Chosen)
    assert found.model == "gdphi"
    assert [found.estimates[name][0] for name in ("g", "d", "phi")] == pytest.approx([0.004, 0.04, 0.6], rel=1e-4)
    assert found.nadir_day == pytest.approx(61.5466, abs=1e-2)


@pytest.mark.parametrize("baseline", [10.0, 400.0])
def test_rates_do_not_depend_on_the_unit_of_length(baseline):
    """The sums are taken relative to baseline, so millimetres or centimetres give the same rates."""
    found = series(lambda t: exp(-0.012 * t) + exp(0.003 * t) - 1, baseline=baseline)
    assert isinstance(found, Chosen)
    assert found.estimates["g"][0] == pytest.approx(0.003, rel=1e-5)


def test_rates_do_not_depend_on_the_day_of_the_first_dose():
    """Time counts from the baseline scan, so a shift of the first dose changes nothing."""
    early, late = (series(lambda t: 2 ** (t / 70), first_day=day) for day in (-42.0, 0.0))
    assert early == late


def test_the_interval_of_g_holds_the_truth_about_as_often_as_it_says():
    """Of 100 tumours that grow by 0.4 % a day and are measured with an error of 3 mm, most are taken for pure growth,
    and then the 95 % interval holds 0.004 in at least 90 % of them."""
    chance = np.random.default_rng(7)
    found = [choose(EVERY_56_DAYS, 80 * np.exp(0.004 * EVERY_56_DAYS) + 3 * np.r_[0, chance.standard_normal(8)])
             for _ in range(100)]
    pure = [one.estimates["g"] for one in found if isinstance(one, Chosen) and one.model == "gx"]
    assert len(pure) >= 80
    assert sum(low <= 0.004 <= high for _, low, high in pure) >= 0.9 * len(pure)


def test_noise_alone_is_no_growth_rate():
    """A tumour that stands still and is measured with error seldom gets a rate, and where it does, it is near 0."""
    chance = np.random.default_rng(11)
    found = [choose(EVERY_56_DAYS, 80 * (1 + 0.05 * np.r_[0, chance.standard_normal(8)])) for _ in range(40)]
    fitted = [one for one in found if isinstance(one, Chosen)]
    assert len(found) - len(fitted) >= 20
    assert all(value[0] < 0.002 for one in fitted for name, value in one.estimates.items()
               if one.model in {"gx", "dx"} and name in {"g", "d"})


def test_every_reported_parameter_differs_from_zero():
    """The choice asks p < 0.1 of each parameter, so the 90 % interval, which the 95 % one exceeds, lies above 0."""
    chance = np.random.default_rng(3)
    for _ in range(20):
        sizes = 80 * (np.exp(-0.01 * EVERY_56_DAYS) + np.exp(0.002 * EVERY_56_DAYS) - 1)
        found = choose(EVERY_56_DAYS, sizes * (1 + 0.1 * np.r_[0, chance.standard_normal(8)]))
        if isinstance(found, Chosen):
            assert all(value > 0 for value, _, _ in found.estimates.values())


@pytest.mark.parametrize(("days", "sizes", "reason"), [
    ([], [], "fewer_than_two_scans_after_baseline"),
    ([-7], [60], "fewer_than_two_scans_after_baseline"),
    ([-7, 49], [60, 90], "fewer_than_two_scans_after_baseline"),
    ([-7, 49, 105], [0, 10, 20], "zero_baseline"),
    ([-7, 49, 105, 161], [60, 60, 60, 60], "not_fitted"),
    ([-7, 49, 105], [60, 0, 0], "not_fitted"),
])
def test_without_an_estimate_there_is_a_reason(days, sizes, reason):
    """Too few scans, nothing at baseline, a tumour that stands still or is gone at once: a reason and no number."""
    assert choose(np.array(days, dtype=float), np.array(sizes, dtype=float)) == reason


def test_three_scans_are_too_few_for_two_rates():
    """Two scans after baseline fit one rate with one to spare: a fall and a rise that need two are not fitted."""
    found = choose(np.array([0.0, 56, 112]), np.array([60.0, 30, 60]))
    assert found == "not_fitted"
