"""The metrics a rule may name, and their values for one measure set.

Each metric is a number (or a code) or missing, and a missing one says why in reason bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hpd_etl.config import Study
from hpd_etl.criteria import growth
from hpd_etl.criteria.burden import Burden
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.reasons import BIT
from hpd_etl.criteria.response import CODES, NE, Response
from hpd_etl.criteria.rules import Leaf, at_least
from hpd_etl.grouping import Bools, Floats, Ints
from hpd_etl.schema import METRICS, Reason, Timeline


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


def failed_reason(leaf: Leaf) -> str:
    """The reason given where this leaf is false; growth that is asked to be positive has one of its own."""
    if leaf.metric in ("tgk_post", "tgr_post", "volume_tgr_post") and leaf.sign == ">" and leaf.value == 0:
        return "post_nonpositive"
    return METRIC_SOURCES[leaf.metric].failed


MONTH_METRICS = frozenset({"tgk_pre", "tgk_post", "tgr_pre", "tgr_post", "tgr_ratio", "tgr_delta", "ttf_months"})
"""Metrics that change with the length of a month (ambiguity A9)."""

GROWTH_FLAGS = (
    "growth_onset",
    "pre_growth_below_measurement_error",
    "suspected_hpd_no_baseline_disease",
)
_MEASUREMENT_ERROR_MM = 5.0
_NOT_YET = [
    name
    for name in METRIC_SOURCES
    if name.startswith(("volume_", "spd_", "ecog_", "early_", "organs_", "new_lesions_"))
]


@dataclass(frozen=True)
class Measured:
    """All metrics of every person under one measure set."""

    low: Mapping[str, Floats]
    high: Mapping[str, Floats]
    """The same array as in `low`, but for metrics known as an interval."""
    missing: Mapping[str, Ints]
    """Reason bits where a metric is missing."""
    response: Ints
    sums: Mapping[str, Floats]
    dt_pre: Floats
    dt_post: Floats
    flags: Mapping[str, Bools]


@dataclass(frozen=True)
class Observed:
    """What the metrics of one measure set are computed from, whatever the length of a month."""

    burdens: Mapping[str, Floats]
    """s_pre_mm, s0_mm and s_post_mm; NaN where missing."""
    absent: Mapping[str, Ints]
    """Why, as reason bits."""
    dt_pre: Floats
    dt_post: Floats
    response: Ints
    no_post: Ints
    ttf_days: tuple[Floats, Floats]
    """Time to treatment failure is at least and at most this; infinite above where it is censored."""
    counts: Mapping[str, tuple[Floats, Ints]]


def observe(
    line: Course, sums: Burden, response: Response, timeline: Timeline, unmet: Mapping[str, Ints], *, new_lesions: bool
) -> Observed:
    """The burdens at the three scans; `unmet` holds by requirement why a scan is missing, as reason bits."""
    value = np.round(sums.targets_mm + sums.new_mm, 6) if new_lesions else sums.targets_mm
    complete = sums.complete & sums.new_complete if new_lesions else sums.complete
    value = np.where(complete, value, np.nan)
    scans = line.scans
    burdens, absent = {}, {}
    requirements = {"pre": "pre_baseline", "baseline": "baseline", "post": "first_evaluation"}
    for (name, scan), column in zip(scans.by_name.items(), ("s_pre_mm", "s0_mm", "s_post_mm"), strict=True):
        why = sums.missing[name]
        if new_lesions and len(value):
            unstated = (scan >= 0) & (scans.baseline >= 0) & ~sums.new_complete[scan]
            why = why | np.where(unstated, BIT[Reason.LESION_SET_MISMATCH], 0)
        known = np.where(scan >= 0, value[scan], np.nan) if len(value) else np.full(line.persons, np.nan)
        burdens[column] = np.where(why == 0, known, np.nan)
        absent[column] = np.where(scan >= 0, why, unmet[requirements[name]])
    return Observed(
        burdens,
        absent,
        scans.interval(scans.pre, scans.baseline),
        scans.interval(scans.baseline, scans.post),
        _first(response.code, scans.post),
        unmet["first_evaluation"],
        _ttf(timeline),
        _new(sums, scans.post, unmet["first_evaluation"]),
    )


def _first(code: Ints, post: Ints) -> Ints:
    return np.where(post >= 0, code[post], NE) if len(code) else np.full(len(post), NE)


def _ttf(timeline: Timeline) -> tuple[Floats, Floats]:
    """Time to treatment failure in days, as an interval; infinite above where it is censored."""
    index = timeline.index
    least = index["ttf_min_days"].to_numpy(np.float64, na_value=np.nan)
    return least, index["ttf_max_days"].to_numpy(np.float64, na_value=np.inf)


def _new(sums: Burden, post: Ints, absent: Ints) -> Mapping[str, tuple[Floats, Ints]]:
    def at_post(values: Ints) -> Floats:
        known = values[post].astype(np.float64) if len(values) else np.full(len(post), np.nan)
        return np.where((post >= 0) & ~unstated, known, np.nan)

    unstated = (post >= 0) & ~sums.new_complete[post] if len(sums.new_complete) else np.zeros(len(post), dtype=np.bool_)
    why = absent | np.where(unstated, BIT[Reason.LESION_SET_MISMATCH], 0)
    return {"new_lesions": (at_post(sums.n_new), why), "new_organs": (at_post(sums.n_new_organs), why)}


def measure(seen: Observed, study: Study, month_days: float) -> Measured:
    """The metrics with a month of this length; what is missing says why (ambiguities A1-A8)."""
    burdens, absent, dt_pre, dt_post = seen.burdens, seen.absent, seen.dt_pre, seen.dt_post
    s_pre, s0, s_post = burdens["s_pre_mm"], burdens["s0_mm"], burdens["s_post_mm"]
    pre, base, post = absent["s_pre_mm"], absent["s0_mm"], absent["s_post_mm"]
    zero_base = np.where(s0 == 0, BIT[Reason.ZERO_BASELINE], 0)
    zero_pre = np.where((s_pre == 0) & (s0 > 0), BIT[Reason.ZERO_PREBASELINE], 0)
    grown = s0 - s_pre
    flat = ~np.isnan(grown) & ((grown <= 0) | (np.abs(grown) < study.criteria.min_pre_change_mm))
    no_growth = np.where(flat, BIT[Reason.PRE_GROWTH_NONPOSITIVE], 0)
    tgr_pre = growth.tgr(s_pre, s0, dt_pre, month_days)
    tgr_post = growth.tgr(s0, s_post, dt_post, month_days)
    both = pre | base | post
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "tgk_pre": (growth.tgk(s_pre, s0, dt_pre, month_days), pre | base),
            "tgk_post": (growth.tgk(s0, s_post, dt_post, month_days), base | post),
            "tgk_ratio": (growth.tgk_ratio(s_pre, s0, s_post, dt_pre, dt_post), both | no_growth),
            "tgr_pre": (tgr_pre, pre | base | np.where(s_pre == 0, BIT[Reason.ZERO_PREBASELINE], 0)),
            "tgr_post": (tgr_post, base | post | zero_base),
            "tgr_ratio": (tgr_post / tgr_pre, both | zero_pre | zero_base | no_growth),
            "tgr_delta": (tgr_post - tgr_pre, both | zero_pre | zero_base),
            "pace_ratio": (
                growth.pace_ratio(s_pre, s0, s_post, dt_pre, dt_post),
                both | zero_pre | zero_base | no_growth,
            ),
            "sld_change_pct": (growth.change_pct(s0, s_post), base | post | zero_base),
            "sld_change_mm": (s_post - s0, base | post),
            "sld_change_from_pre_pct": (
                growth.change_pct(s_pre, s_post),
                both | np.where(s_pre == 0, BIT[Reason.ZERO_PREBASELINE], 0),
            ),
            **{name: (np.full(len(s0), np.nan), np.zeros(len(s0), np.int64)) for name in _NOT_YET},
            **seen.counts,
        }
    if study.criteria.pre_growth_nonpositive == "positive_post_is_hpd":
        _onset_counts(found, flat & (s_post > s0))
    low = {name: np.where(why == 0, values, np.nan) for name, (values, why) in found.items()}
    missing = {name: why for name, (_, why) in found.items()}
    least, most = seen.ttf_days
    undated = np.isnan(least)
    low["ttf_months"] = least / month_days
    high = {**low, "ttf_months": np.where(undated, np.nan, most / month_days)}
    missing["ttf_months"] = np.where(np.isinf(most) | (most > least) | undated, BIT[Reason.TTF_UNKNOWN], 0)
    missing["response_first"] = np.where(
        seen.no_post != 0, seen.no_post, np.where(seen.response == NE, BIT[Reason.RESPONSE_UNKNOWN], 0)
    )
    return Measured(low, high, missing, seen.response, burdens, dt_pre, dt_post, _growth_flags(s_pre, s0, s_post, flat))


def _onset_counts(found: dict[str, tuple[Floats, Ints]], onset: Bools) -> None:
    """The named policy that takes growth after no growth as an unbounded ratio."""
    for name in ("tgk_ratio", "tgr_ratio", "pace_ratio"):
        values, why = found[name]
        found[name] = (np.where(onset, np.inf, values), np.where(onset, why & ~BIT[Reason.PRE_GROWTH_NONPOSITIVE], why))


def _growth_flags(s_pre: Floats, s0: Floats, s_post: Floats, flat: Bools) -> Mapping[str, Bools]:
    grown = np.abs(s0 - s_pre)
    return {
        "growth_onset": flat & (s_post > s0),
        "pre_growth_below_measurement_error": ~np.isnan(grown) & ~at_least(grown, _MEASUREMENT_ERROR_MM),
        "suspected_hpd_no_baseline_disease": (s0 == 0) & (s_post > 0),
    }
