"""Growth of the tumour burden between two scans.

Symbols: `s_pre`, `s0`, `s_post` are the burdens in mm at the pre-baseline scan, at baseline and at the
first evaluation; `dt` are whole days between the scans; a month has `month_days` days. A ratio is
computed with one division, so that whole millimetres give exact thresholds.

The rates follow Champiat 2017 and Ferte 2014 (TGR: change of a sphere's volume in % per month) and
Saada-Bouzid 2017 (TGK: change of the sum in mm per month). The TGR printed in Table 2 of Ji 2019 lost
its exponential and is not implemented: it would call no change a complete disappearance.
"""

from __future__ import annotations

import numpy as np

from hpd_etl.grouping import Floats


def tgk(s_from: Floats, s_to: Floats, dt: Floats, month_days: float) -> Floats:
    """Tumour growth kinetics in mm per month: (S_to - S_from) / dt."""
    return (s_to - s_from) * month_days / dt


def tgk_ratio(s_pre: Floats, s0: Floats, s_post: Floats, dt_pre: Floats, dt_post: Floats) -> Floats:
    """TGK_post / TGK_pre; independent of the month and of the unit of length."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return ((s_post - s0) * dt_pre) / ((s0 - s_pre) * dt_post)


def tgr(s_from: Floats, s_to: Floats, dt: Floats, month_days: float, dimensions: float = 3.0) -> Floats:
    """Tumour growth rate in % of volume per month: 100 ((S_to / S_from)^(3 month / dt) - 1); NaN from nothing.

    A burden that is a volume already has one dimension.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        grown = np.power(s_to / s_from, dimensions * month_days / dt)
    return np.where(s_from > 0, 100.0 * (grown - 1.0), np.nan)


def pace_ratio(s_pre: Floats, s0: Floats, s_post: Floats, dt_pre: Floats, dt_post: Floats) -> Floats:
    """Progression pace, relative growth per day, on treatment over before it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return ((s_post - s0) * s_pre * dt_pre) / ((s0 - s_pre) * s0 * dt_post)


def change_pct(s_from: Floats, s_to: Floats) -> Floats:
    """Change in % of the first burden; NaN from nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(s_from > 0, 100.0 * (s_to - s_from) / s_from, np.nan)
