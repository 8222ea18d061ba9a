"""Growth models beyond two points: slopes over all scans, and the regression-growth models. Experimental.

What is estimated here decides no label. A number that cannot be estimated is missing with its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpd_etl.growth_models.regression_growth import Chosen, choose
from hpd_etl.growth_models.series import Series, series
from hpd_etl.growth_models.slopes import slopes
from hpd_etl.schema import GROWTH, Growth

if TYPE_CHECKING:
    from hpd_etl.config import Study
    from hpd_etl.schema import Labels, Timeline

__all__ = ["model_growth"]

_PARAMETERS = ("g", "d", "phi")
Row = dict[str, float | int | str | None]


def model_growth(timeline: Timeline, labels: Labels, study: Study) -> Growth:
    """Slopes before and after the baseline scan and the chosen model, for every person; pure."""
    rows = [_row(one, study.criteria.month_days) for one in series(timeline, labels)]
    found = pd.DataFrame(rows, columns=GROWTH.names)
    return Growth.of({"growth": found.assign(person_id=timeline.index["person_id"], cohort=timeline.index["cohort"])})


def _row(one: Series, month_days: float) -> Row:
    absent: dict[str, str] = {}
    row: Row = {"n_left_out": one.left_out}
    for when in ("before", "after"):
        row |= _sloped(one, when, month_days, absent)
    chosen = one.absent or choose(one.after_days, one.after_mm)
    if isinstance(chosen, Chosen):
        row |= _modelled(chosen, absent)
    else:
        absent["model"] = chosen
    return row | {"missing": ";".join(f"{name}={why}" for name, why in absent.items()) or None}


def _sloped(one: Series, when: str, month_days: float, absent: dict[str, str]) -> Row:
    at, sizes = (one.before_days, one.before_mm) if when == "before" else (one.after_days, one.after_mm)
    row: Row = {f"n_{when}": len(at), f"days_{when}": int(at[-1] - at[0]) if len(at) else None}
    if one.absent is not None:
        absent |= {f"{name}_{when}": one.absent for name in ("slope", "theil_sen")}
        return row
    for name, slope in slopes(at / month_days, sizes).items():
        row |= {f"{name}_{when}": slope.value, f"{name}_{when}_low": slope.low, f"{name}_{when}_high": slope.high}
        if slope.absent:
            absent[f"{name}_{when}" + ("" if slope.value is None else "_interval")] = slope.absent
    return row


def _modelled(chosen: Chosen, absent: dict[str, str]) -> Row:
    row: Row = {"model": chosen.model, "aic": chosen.aic, "nadir_day": chosen.nadir_day}
    for name in _PARAMETERS:
        if name in chosen.estimates:
            value, low, high = chosen.estimates[name]
            row |= {name: value, f"{name}_low": low, f"{name}_high": high}
        else:
            absent[name] = "not_in_model"
    if chosen.nadir_day is None:
        absent["nadir_day"] = "no_minimum"
    return row
