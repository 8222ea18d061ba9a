"""Kinds of patient treated with docetaxel and never with a checkpoint inhibitor: what growth without one looks like.

Most grow on more slowly than before, shrink, or shrink and grow again, and are scanned every 56 days for a
year; few grow faster than before, so that a definition which calls many of them hyperprogressive is seen to.
"""

from __future__ import annotations

from dataclasses import replace

from hpd_etl.demo.kinds import DOUBLING, EVEN, SHORT, Dose, Kind, Lesion, course, new, target

_CYCLES = course(range(0, 190, 21), "docetaxel")
_NOBODY = "NOT NOT NOT NOT NOT"
_ONSET = "pre_growth_nonpositive pre_growth_nonpositive NOT HPD pre_growth_nonpositive"
_FOLLOWED = (-63, -7, 49, 105, 161, 217)
"""Baseline on day -7, then every 56 days."""


def _treated(name: str, why: str, expected: str, weight: int, lesions: tuple[Lesion, ...], *,
             doses: tuple[Dose, ...] = _CYCLES) -> Kind:
    """A kind with its three scans in the windows, and further ones as far as its lesions have sizes."""
    days = _FOLLOWED[:len(lesions[0].sizes)]
    return Kind(name, why, expected, days=days, lesions=lesions, doses=doses, cohort="chemotherapy", weight=weight)


_STOPPED = tuple(replace(dose, agent="docetaxel") for dose in SHORT)

# `expected` is in the order champiat2017 saada2017 kato2017 ferrara2018 ji2019
COMPARATORS = (
    _treated("docetaxel_fast", "50, 55, 110 under docetaxel", "HPD HPD NOT HPD HPD", 2, DOUBLING),
    _treated("docetaxel_even", "50, 60, 80 under docetaxel: kinetics ratio exactly 2", "NOT HPD NOT NOT HPD", 2, EVEN),
    _treated("docetaxel_failing", "50, 60, 79 and failure on day 42: kinetics ratio 1.9; volume 34.6 then 56.6",
             _NOBODY, 4, (target("liver", 30, 36, 47), target("lung", 20, 24, 32)), doses=_STOPPED),
    _treated("docetaxel_stable", "60, 63, 64 under docetaxel", _NOBODY, 12,
             (target("liver", 40, 42, 43), target("lung", 20, 21, 21))),
    _treated("docetaxel_slowing", "50, 70, 76, then 82, 88, 94: 20 mm before, 6 mm in each gap of 56 days after",
             _NOBODY, 12, (target("liver", 30, 42, 45, 48, 51, 54), target("lung", 20, 28, 31, 34, 37, 40))),
    _treated("docetaxel_doubling", "25, 50, then 100, 200, 400: doubles in 56 days before and after; kinetics "
             "ratio 2, volume growth unchanged at 209.7 %/month", "NOT HPD NOT NOT HPD", 1,
             (target("liver", 12.5, 25, 50, 100, 200), target("lung", 12.5, 25, 50, 100, 200))),
    _treated("docetaxel_halving", "110, 120, then 60, 30, 15: grew before, halves in 56 days on treatment", _NOBODY, 10,
             (target("liver", 110, 120, 60, 30, 15),)),
    _treated("docetaxel_regrowth", "60, 66, then 46, 44, 52, 68: shrinks by 1.2 % and grows by 0.3 % a day", _NOBODY, 8,
             (target("liver", 40, 44, 30, 29, 35, 46), target("lung", 20, 22, 16, 15, 17, 22))),
    _treated("docetaxel_onset", "60, 55, 75 under docetaxel: volume -13.2 then 65.8; the ratios are unknown", _ONSET, 2,
             (target("liver", 40, 35, 50), target("lung", 20, 20, 25))),
    _treated("docetaxel_new_lesion", "50, 60, 61 and a new lesion of 12 mm: with it 73, ratio 1.3", _NOBODY, 5,
             (target("liver", 30, 36, 36), target("lung", 20, 24, 25), new("bone", None, None, 12))),
    Kind("docetaxel_no_earlier_scan", "nothing before the baseline scan, under docetaxel", "no_prebaseline_scan",
         days=(-7, 49), lesions=(target("liver", 33, 66), target("lung", 22, 44)), doses=_CYCLES, used=None,
         cohort="chemotherapy", weight=8),
    Kind("docetaxel_early_death", "died on day 30 under docetaxel", "early_dropout_death", days=(-63, -7),
         lesions=(target("liver", 30, 33), target("lung", 20, 22)), doses=_CYCLES[:2], used=None, death=30,
         cause="C34.1", further="gandara2021_fp=HPD", cohort="chemotherapy", weight=4),
)
