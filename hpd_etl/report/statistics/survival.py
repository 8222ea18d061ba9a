"""Times to an event, of which some are only known to be longer: Kaplan-Meier, medians and the log-rank test."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hpd_etl.report.content import Method

if TYPE_CHECKING:
    from hpd_etl.grouping import Bools, Floats, Ints

APART: Final = 0.05
"""Curves that lie so far apart, first one above and later the other, cross."""

METHOD: Final = Method(
    "survival", "Survival curves and their comparison",
    "Kaplan-Meier with 95 % log-log intervals (Kaplan and Meier 1958; SciPy `ecdf`). The median is the first time at "
    "which the curve is at 50 % or below, its interval where the bounds of the curve are (Brookmeyer and Crowley "
    "1982). Two-sided log-rank test (SciPy `logrank`), not adjusted. Curves cross where each lies above the other by "
    f"at least {100 * APART:.0f} percentage points at some time while both have persons at risk.")


@dataclass(frozen=True, eq=False)
class Times:
    """The time of each person, above 0, and whether the event came then or observation ended."""

    time: Floats
    is_event: Bools

    def __len__(self) -> int:
        return len(self.time)

    @cached_property
    def _sample(self) -> Any:
        from scipy.stats import CensoredData

        return CensoredData.right_censored(self.time, ~self.is_event)

    @cached_property
    def _function(self) -> Any:
        from scipy.stats import ecdf

        return ecdf(self._sample).sf

    @cached_property
    def _bounds(self) -> Any:
        with warnings.catch_warnings():  # there is none at 1 and at 0
            warnings.simplefilter("ignore", RuntimeWarning)
            return self._function.confidence_interval(method="log-log")

    def at(self, times: Floats) -> tuple[Floats, Floats, Floats]:
        """The curve at these times, and its bounds; NaN where it has none, at 1 and at 0."""
        bounds = (self._bounds.low, self._bounds.high)
        survival = np.asarray(self._function.evaluate(times), dtype=np.float64)
        has = (survival > 0) & (survival < 1)
        low, high = (np.where(has, np.asarray(each.evaluate(times)), np.nan) for each in bounds)
        return survival, low, high

    def median(self) -> tuple[float | None, float | None, float | None]:
        """The median and its bounds; None where a curve does not come down to a half."""
        curves = (self._function, self._bounds.low, self._bounds.high)
        found = [each.quantiles[np.asarray(each.probabilities) <= 0.5 + 1e-9] for each in curves]
        middle, low, high = (float(times[0]) if len(times) else None for times in found)
        return middle, low, high

    def after(self, times: Floats) -> tuple[Ints, Ints]:
        """How many events there were up to each time, and how many persons were last seen without one."""
        ordered = (np.sort(self.time[self.is_event]), np.sort(self.time[~self.is_event]))
        events, censored = (np.searchsorted(each, times, side="right").astype(np.int64) for each in ordered)
        return events, censored


def log_rank(first: Times, second: Times) -> tuple[float, float] | None:
    """Chi-square on one degree of freedom and its p; None without an event while both have persons at risk."""
    if not (len(first) and len(second)):
        return None
    from scipy.stats import logrank

    with np.errstate(invalid="ignore"):
        found = logrank(first._sample, second._sample)
    return (float(found.statistic**2), float(found.pvalue)) if np.isfinite(found.statistic) else None


def crosses(first: Times, second: Times) -> bool:
    """Whether each curve lies clearly above the other at some time."""
    if not (len(first) and len(second)):
        return False
    last = min(first.time.max(), second.time.max())
    times = np.unique(np.concatenate([each.time[each.is_event] for each in (first, second)]))
    times = times[times <= last]
    difference = first.at(times)[0] - second.at(times)[0]
    return bool((difference >= APART).any() and (difference <= -APART).any())


def steps(times: Times, least: int) -> Ints:
    """The whole months at which a curve may be drawn without telling of fewer than `least` persons.

    Since the month before, none or so many had the event, none or so many were last seen, and none or so many remain.
    """
    months = np.arange(int(np.ceil(times.time.max(initial=0))) + 1)
    events, censored = times.after(months.astype(np.float64))
    kept = [0]
    for month in months[1:].tolist():
        left = len(times) - events[month] - censored[month]
        changes = (events[month] - events[kept[-1]], censored[month] - censored[kept[-1]], left)
        if all(change == 0 or change >= least for change in changes):
            kept.append(month)
    return np.array(kept, dtype=np.int64)
