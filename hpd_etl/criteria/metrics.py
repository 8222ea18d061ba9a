"""The metrics a rule may name, and their values for one measure set.

Each metric is a number (or a code) or missing, and a missing one says why in reason bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from hpd_etl.grouping import Bools, Floats, Ints
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

NUMERIC = {name for name, source in METRIC_SOURCES.items() if not source.codes}
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

_DIMENSIONS = {"tgr": 3.0, "volume_tgr": 1.0}
"""The power of the burden that is a volume."""
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

Found: TypeAlias = dict[str, tuple[Floats, Ints]]
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


def measure(seen: Observed, others: Mapping[str, Known], study: Study, month_days: float) -> Measured:
    """The metrics with a month of this length; what is missing says why (ambiguities A1-A8).

    `others` are numbers that depend on the month and on no scan.
    """
    found: Found = {}
    for ruler, burdens in seen.by_ruler.items():
        found |= _OF_RULER[ruler](_Growth(burdens, seen.dt_pre, seen.dt_post, month_days, study, ruler))
    least, most = seen.ttf_days
    undated = np.isnan(least)
    open_ended = np.where(np.isinf(most) | (most > least) | undated, BIT[Reason.TTF_UNKNOWN], 0)
    known = {name: Known.exactly(*each) for name, each in found.items()} | {
        **seen.counts,
        **others,
        "ttf_months": Known(least / month_days, np.where(undated, np.nan, most / month_days), open_ended),
    }
    nothing = Known.exactly(np.full(len(least), np.nan), np.zeros(len(least), dtype=np.int64))
    unasked = frozenset(NUMERIC - known.keys())
    known |= dict.fromkeys(unasked, nothing)
    no_response = np.where(seen.response == NE, BIT[Reason.RESPONSE_UNKNOWN], 0)
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
    def both(self) -> Ints:
        """Why a metric of all three scans is missing."""
        return self.at.no_pre | self.at.no_base | self.at.no_post

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
        return np.where(self.at.base == 0, BIT[Reason.ZERO_BASELINE], 0)

    @cached_property
    def zero_pre(self) -> Ints:
        """Nothing before it (A6)."""
        return np.where(self.at.pre == 0, BIT[Reason.ZERO_PREBASELINE], 0)

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

    def ratio(self, value: Floats, why: Ints) -> tuple[Floats, Ints]:
        """A ratio to the growth before treatment: missing without any, or unbounded where the study says so."""
        flat = self.flat
        if self.study.criteria.pre_growth_nonpositive != "positive_post_is_hpd":
            return value, why | np.where(flat, BIT[Reason.PRE_GROWTH_NONPOSITIVE], 0)
        onset = flat & (self.at.post > self.at.base)
        why = why | np.where(flat & ~onset, BIT[Reason.PRE_GROWTH_NONPOSITIVE], 0)
        return np.where(onset, np.inf, value), why

    def rates(self, name: str) -> Found:
        """Growth rates of the volume before and on treatment, and their ratio."""
        (pre, base, post), power = self.at.named, _DIMENSIONS[name]
        before = growth.tgr(pre, base, self.dt_pre, self.month_days, power)
        since = growth.tgr(base, post, self.dt_post, self.month_days, power)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = since / before
        return {
            f"{name}_pre": (before, self.at.no_pre | self.at.no_base | self.zero_pre),
            f"{name}_post": (since, self.base_above_zero),
            f"{name}_ratio": self.ratio(ratio, self.all_above_zero),
        }


def _of_diameters(of: _Growth) -> Found:
    pre, base, post = of.at.named
    gaps = of.dt_pre, of.dt_post
    rates = of.rates("tgr")
    return {
        "tgk_pre": (growth.tgk(pre, base, of.dt_pre, of.month_days), of.at.no_pre | of.at.no_base),
        "tgk_post": (growth.tgk(base, post, of.dt_post, of.month_days), of.since),
        "tgk_ratio": of.ratio(growth.tgk_ratio(pre, base, post, *gaps), of.both),
        **rates,
        "tgr_delta": (rates["tgr_post"][0] - rates["tgr_pre"][0], of.all_above_zero),
        "pace_ratio": of.ratio(growth.pace_ratio(pre, base, post, *gaps), of.all_above_zero),
        "sld_change_pct": (growth.change_pct(base, post), of.base_above_zero),
        "sld_change_mm": (post - base, of.since),
        "sld_change_from_pre_pct": (growth.change_pct(pre, post), of.both | of.zero_pre),
    }


def _of_volumes(of: _Growth) -> Found:
    _, base, post = of.at.named
    change = (growth.change_pct(base, post), of.base_above_zero)
    return {**of.rates("volume_tgr"), "volume_change_pct": change}


def _of_products(of: _Growth) -> Found:
    pre, base, post = of.at.named
    pace = growth.pace_ratio(pre, base, post, of.dt_pre, of.dt_post)
    return {
        "spd_change_pct": (growth.change_pct(base, post), of.base_above_zero),
        "spd_pace_ratio": of.ratio(pace, of.all_above_zero),
    }


_OF_RULER: Mapping[str, Callable[[_Growth], Found]] = {
    "sld": _of_diameters,
    "volume": _of_volumes,
    "spd": _of_products,
}
