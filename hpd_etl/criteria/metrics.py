"""The metrics a rule may name, and their values for one measure set.

Each metric is a number (or a code) or missing, and a missing one says why in reason bits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from hpd_etl.config import Study
from hpd_etl.criteria import growth
from hpd_etl.criteria.known import Known
from hpd_etl.criteria.observed import AtScans, Observed
from hpd_etl.criteria.reasons import BIT
from hpd_etl.criteria.response import CODES, NE
from hpd_etl.criteria.rules import Leaf
from hpd_etl.grouping import Bools, Floats, Ints, bits
from hpd_etl.schema import METRICS, Reason


@dataclass(frozen=True)
class MetricSource:
    """What a metric is: its unit, its codes if it is one, and the reason given where a leaf on it fails."""

    unit: str
    failed: str
    codes: tuple[str, ...] = ()


def _of(name: str, failed: str) -> MetricSource:
    return MetricSource(METRICS[name].unit, failed)


METRIC_SOURCES: Mapping[str, MetricSource] = {
    "tgk_pre": _of("tgk_pre", "tgk_pre_not_reached"),
    "tgk_post": _of("tgk_post", "tgk_post_not_reached"),
    "tgk_ratio": _of("tgk_ratio", "tgk_ratio_not_reached"),
    "tgr_pre": _of("tgr_pre", "tgr_pre_not_reached"),
    "tgr_post": _of("tgr_post", "tgr_post_not_reached"),
    "tgr_ratio": _of("tgr_ratio", "tgr_ratio_not_reached"),
    "tgr_delta": _of("tgr_delta", "tgr_delta_not_reached"),
    "pace_ratio": _of("pace_ratio", "pace_ratio_not_reached"),
    "sld_change_pct": _of("sld_change_pct", "change_not_reached"),
    "sld_change_mm": _of("sld_change_mm", "change_mm_not_reached"),
    "sld_change_from_pre_pct": _of("sld_change_from_pre_pct", "change_from_pre_not_reached"),
    "volume_tgr_pre": _of("volume_tgr_pre", "volume_tgr_pre_not_reached"),
    "volume_tgr_post": _of("volume_tgr_post", "volume_tgr_post_not_reached"),
    "volume_tgr_ratio": _of("volume_tgr_ratio", "volume_tgr_ratio_not_reached"),
    "volume_change_pct": _of("volume_change_pct", "volume_change_not_reached"),
    "spd_change_pct": _of("spd_change_pct", "spd_change_not_reached"),
    "spd_pace_ratio": _of("spd_pace_ratio", "spd_pace_ratio_not_reached"),
    "new_lesions": _of("new_lesions", "new_lesions_not_reached"),
    "new_organs": _of("new_organs", "new_organs_not_reached"),
    "new_lesions_involved": _of("new_lesions_involved", "new_lesions_involved_not_reached"),
    "organs_spread": _of("organs_spread", "organs_spread_not_reached"),
    "ecog_worst": _of("ecog_worst", "ecog_worst_not_reached"),
    "ecog_rise": _of("ecog_rise", "ecog_rise_not_reached"),
    "early_progression_death": _of("early_progression_death", "no_early_progression_death"),
    "ttf_months": MetricSource("months", "treatment_went_on"),
    "response_first": MetricSource("", "response_not_reached", CODES),
}
"""All metrics a definition may name."""

NUMERIC = frozenset(name for name, source in METRIC_SOURCES.items() if not source.codes)
"""Those that are numbers."""


def failed_reason(leaf: Leaf) -> str:
    """The reason given where this leaf is false; growth that is asked to be positive has one of its own."""
    return "post_nonpositive" if _asks_for_growth(leaf) else METRIC_SOURCES[leaf.metric].failed


def depends_on_month(leaf: Leaf) -> bool:
    """Whether another length of a month can change the truth of this leaf; whether something grew it cannot."""
    return leaf.metric in MONTH_METRICS and not _asks_for_growth(leaf)


def _asks_for_growth(leaf: Leaf) -> bool:
    return leaf.metric in ("tgk_post", "tgr_post", "volume_tgr_post") and leaf.sign == ">" and leaf.value == 0


MONTH_METRICS = frozenset(
    {
        "tgk_pre",
        "tgk_post",
        "tgr_pre",
        "tgr_post",
        "tgr_ratio",
        "tgr_delta",
        "volume_tgr_pre",
        "volume_tgr_post",
        "volume_tgr_ratio",
        "ecog_worst",
        "ecog_rise",
        "ttf_months",
    }
)
"""Metrics that change with the length of a month (ambiguity A9)."""

INTERVALS = ("ecog_rise", "ecog_worst", "new_lesions_involved", "organs_spread")
"""Numbers that may be known only to lie between two."""

FROM_PRE = frozenset(
    {
        *(f"{rate}_{part}" for rate in ("tgk", "tgr", "volume_tgr") for part in ("pre", "ratio")),
        "tgr_delta",
        "pace_ratio",
        "spd_pace_ratio",
        "sld_change_from_pre_pct",
    }
)
"""Metrics that look at the pre-baseline scan."""

_SINCE = ("baseline", "first_evaluation")
SCANS_OF: Mapping[str, tuple[str, ...]] = {
    **{f"{rate}_pre": ("baseline", "pre_baseline") for rate in ("tgk", "tgr", "volume_tgr")},
    **{f"{rate}_post": _SINCE for rate in ("tgk", "tgr", "volume_tgr")},
    **dict.fromkeys(("sld_change_pct", "sld_change_mm", "volume_change_pct", "spd_change_pct"), _SINCE),
    **dict.fromkeys(("new_lesions_involved", "organs_spread"), _SINCE),
    **{name: (*_SINCE, "pre_baseline") for name in FROM_PRE if not name.endswith("_pre")},
    **dict.fromkeys(("response_first", "new_lesions", "new_organs"), ("first_evaluation",)),
}
"""The scans without which a metric is missing, by the requirement that asks for them; the others need none."""

_DIMENSIONS = {"sld": 3.0, "volume": 1.0}
"""By ruler: the power of the burden that is a volume."""
SUMS = {
    "sld": ("s_pre_mm", "s0_mm", "s_post_mm"),
    "volume": ("v_pre_mm3", "v0_mm3", "v_post_mm3"),
    "spd": ("a_pre_mm2", "a0_mm2", "a_post_mm2"),
}
"""The columns of `metrics` that hold the burdens at the three scans, by ruler."""

OF_RULER = {
    "volume": frozenset({*SUMS["volume"], *(name for name in METRIC_SOURCES if name.startswith("volume_"))}),
    "spd": frozenset({*SUMS["spd"], *(name for name in METRIC_SOURCES if name.startswith("spd_"))}),
}
"""The columns of `metrics` that are made only where a rule asks for the ruler."""

Found: TypeAlias = tuple[Floats, Ints]
"""Values, and as reason bits why they are missing."""


@dataclass(frozen=True)
class Measured:
    """All metrics of every person under one measure set; what no rule of it asks for is NaN without a reason."""

    low: Mapping[str, Floats]
    high: Mapping[str, Floats]
    """The same array as in `low`, but for metrics known as an interval."""
    missing: Mapping[str, Ints]
    """Reason bits where a metric is missing."""
    response: Ints
    sums: Mapping[str, Floats]
    dt_pre: Floats
    dt_post: Floats
    unasked: frozenset[str] = frozenset()
    """Metrics that no rule of the measure set names and that were not made for it."""


def measure(
    seen: Observed,
    others: Mapping[str, Known],
    study: Study,
    month_days: float,
    names: Collection[str] = NUMERIC,
) -> Measured:
    """The metrics of these names with a month of this length; what is missing says why (ambiguities A1-A8).

    `others` are numbers that depend on the month and on no scan.
    """
    known = {name: each for name, each in {**seen.counts, **others}.items() if name in names}
    for ruler, burdens in seen.by_ruler.items():
        of = _Growth(burdens, seen.dt_pre, seen.dt_post, month_days, study, ruler)
        known |= {name: Known.exactly(*made(of)) for name, made in _OF_RULER[ruler].items() if name in names}
    if "ttf_months" in names:
        known["ttf_months"] = _ttf(*seen.ttf_days, month_days)
    nothing = Known.exactly(np.full(len(seen.response), np.nan), np.zeros(len(seen.response), dtype=np.int64))
    unasked = frozenset(names - known.keys())
    known |= dict.fromkeys(unasked, nothing)
    no_response = bits(seen.response == NE, BIT[Reason.RESPONSE_UNKNOWN])
    unmeasured = (nothing.low,) * 3
    sums = {ruler: seen.by_ruler[ruler].named if ruler in seen.by_ruler else unmeasured for ruler in SUMS}
    return Measured(
        {name: each.low for name, each in known.items()},
        {name: each.high for name, each in known.items()},
        {name: each.why for name, each in known.items()}
        | {"response_first": np.where(seen.no_post != 0, seen.no_post, no_response)},
        seen.response,
        {column: value for ruler, values in sums.items() for column, value in zip(SUMS[ruler], values, strict=True)},
        seen.dt_pre,
        seen.dt_post,
        unasked,
    )


def _ttf(least: Floats, most: Floats, month_days: float) -> Known:
    """Time to treatment failure in months."""
    undated = np.isnan(least)
    open_ended = np.isinf(most) | (most > least) | undated
    most = np.where(undated, np.nan, most)
    return Known(least / month_days, most / month_days, bits(open_ended, BIT[Reason.TTF_UNKNOWN]))


@dataclass(frozen=True)
class _Growth:
    """The burdens by one ruler, and what is missing of their growth."""

    at: AtScans
    dt_pre: Floats
    dt_post: Floats
    month_days: float
    study: Study
    ruler: str

    @cached_property
    def before(self) -> Ints:
        """Why a metric of the scan before baseline and of baseline is missing."""
        return self.at.no_pre | self.at.no_base

    @cached_property
    def both(self) -> Ints:
        """Why a metric of all three scans is missing."""
        return self.before | self.at.no_post

    @cached_property
    def since(self) -> Ints:
        """Why a metric of baseline and first evaluation is missing."""
        return self.at.no_base | self.at.no_post

    @cached_property
    def all_above_zero(self) -> Ints:
        """The same for one that divides by the first two burdens."""
        return self.both | self.zero

    @cached_property
    def base_above_zero(self) -> Ints:
        """Why a metric of baseline and first evaluation that divides by the former is missing."""
        return self.since | self.zero_base

    @cached_property
    def zero_base(self) -> Ints:
        """Nothing at baseline (A5)."""
        return bits(self.at.base == 0, BIT[Reason.ZERO_BASELINE])

    @cached_property
    def zero_pre(self) -> Ints:
        """Nothing before it (A6)."""
        return bits(self.at.pre == 0, BIT[Reason.ZERO_PREBASELINE])

    @cached_property
    def zero(self) -> Ints:
        """Either; nothing at baseline comes first."""
        return np.where(self.at.base > 0, self.zero_pre, self.zero_base)

    @cached_property
    def flat(self) -> Bools:
        """No growth before treatment (A1); for diameters also growth that the study takes for none (A4)."""
        grown = self.at.base - self.at.pre
        least = self.study.criteria.min_pre_change_mm if self.ruler == "sld" else 0.0
        return np.asarray((grown <= 0) | (np.abs(grown) < least))

    def ratio(self, value: Floats, why: Ints) -> Found:
        """A ratio to the growth before treatment: missing without any, or unbounded where the study says so."""
        flat = self.flat
        if self.study.criteria.pre_growth_nonpositive != "positive_post_is_hpd":
            return value, why | bits(flat, BIT[Reason.PRE_GROWTH_NONPOSITIVE])
        onset = flat & (self.at.post > self.at.base)
        why = why | bits(flat & ~onset, BIT[Reason.PRE_GROWTH_NONPOSITIVE])
        return np.where(onset, np.inf, value), why

    @cached_property
    def tgr(self) -> tuple[Floats, Floats]:
        """Growth rates of the volume before and on treatment."""
        (pre, base, post), power = self.at.named, _DIMENSIONS[self.ruler]
        before = growth.tgr(pre, base, self.dt_pre, self.month_days, power)
        return before, growth.tgr(base, post, self.dt_post, self.month_days, power)

    @cached_property
    def beyond(self) -> tuple[Bools, Floats]:
        """Where both rates exceed what a number holds, and the logarithm of how many times the later is the earlier."""
        beyond = np.isinf(self.tgr[0]) & np.isinf(self.tgr[1])
        if not beyond.any():
            return beyond, self.dt_pre
        (pre, base, post), power = self.at.named, _DIMENSIONS[self.ruler] * self.month_days
        with np.errstate(divide="ignore", invalid="ignore"):
            return beyond, power * (np.log(post / base) / self.dt_post - np.log(base / pre) / self.dt_pre)

    def tgr_ratio(self) -> Found:
        """The ratio of these rates."""
        (before, since), (beyond, faster) = self.tgr, self.beyond
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return self.ratio(np.where(beyond, np.exp(faster), since / before), self.all_above_zero)

    def tgr_delta(self) -> Found:
        """Their difference."""
        (before, since), (beyond, faster) = self.tgr, self.beyond
        with np.errstate(invalid="ignore"):
            return np.where(beyond & (faster != 0), np.copysign(np.inf, faster), since - before), self.all_above_zero

    def pace_ratio(self) -> Found:
        """Progression pace on treatment over before it."""
        return self.ratio(growth.pace_ratio(*self.at.named, self.dt_pre, self.dt_post), self.all_above_zero)

    def change_pct(self) -> Found:
        """Change from baseline to the first evaluation in %."""
        return growth.change_pct(self.at.base, self.at.post), self.base_above_zero


_RATES: Mapping[str, Callable[[_Growth], Found]] = {
    "tgr_pre": lambda of: (of.tgr[0], of.before | of.zero_pre),
    "tgr_post": lambda of: (of.tgr[1], of.base_above_zero),
    "tgr_ratio": _Growth.tgr_ratio,
}
_OF_RULER: Mapping[str, Mapping[str, Callable[[_Growth], Found]]] = {
    "sld": {
        "tgk_pre": lambda of: (growth.tgk(of.at.pre, of.at.base, of.dt_pre, of.month_days), of.before),
        "tgk_post": lambda of: (growth.tgk(of.at.base, of.at.post, of.dt_post, of.month_days), of.since),
        "tgk_ratio": lambda of: of.ratio(growth.tgk_ratio(*of.at.named, of.dt_pre, of.dt_post), of.both),
        **_RATES,
        "tgr_delta": _Growth.tgr_delta,
        "pace_ratio": _Growth.pace_ratio,
        "sld_change_pct": _Growth.change_pct,
        "sld_change_mm": lambda of: (of.at.post - of.at.base, of.since),
        "sld_change_from_pre_pct": lambda of: (growth.change_pct(of.at.pre, of.at.post), of.both | of.zero_pre),
    },
    "volume": {
        **{f"volume_{name}": made for name, made in _RATES.items()},
        "volume_change_pct": _Growth.change_pct,
    },
    "spd": {
        "spd_change_pct": _Growth.change_pct,
        "spd_pace_ratio": _Growth.pace_ratio,
    },
}
"""By ruler and metric: its values from the burdens at the three scans, and why they are missing."""
