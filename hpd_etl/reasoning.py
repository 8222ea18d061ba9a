"""Why a rule came out as it did: each of its leaves with the formula, the value, the threshold and the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.criteria.rules import FALSE, TRUE, UNKNOWN, Leaf, Rule, compare, evaluate, leaves

FORMULAS = {
    "tgk_pre": "(S0 - S_pre) / months between",
    "tgk_post": "(S_post - S0) / months between",
    "tgk_ratio": "tgk_post / tgk_pre",
    "tgr_pre": "100 ((S0 / S_pre)^(3 / months between) - 1)",
    "tgr_post": "100 ((S_post / S0)^(3 / months between) - 1)",
    "tgr_ratio": "tgr_post / tgr_pre",
    "tgr_delta": "tgr_post - tgr_pre",
    "pace_ratio": "(S_post / S0 - 1) per day / (S0 / S_pre - 1) per day",
    "sld_change_pct": "100 (S_post - S0) / S0",
    "sld_change_mm": "S_post - S0",
    "sld_change_from_pre_pct": "100 (S_post - S_pre) / S_pre",
    "volume_tgr_pre": "100 ((V0 / V_pre)^(1 / months between) - 1)",
    "volume_tgr_post": "100 ((V_post / V0)^(1 / months between) - 1)",
    "volume_tgr_ratio": "volume_tgr_post / volume_tgr_pre",
    "volume_change_pct": "100 (V_post - V0) / V0",
    "spd_change_pct": "100 (A_post - A0) / A0",
    "spd_pace_ratio": "(A_post / A0 - 1) per day / (A0 / A_pre - 1) per day",
    "new_lesions": "new lesions at the first evaluation",
    "new_organs": "organs with new lesions at the first evaluation",
    "new_lesions_involved": "the most new lesions in one organ with a lesion at baseline",
    "organs_spread": "organs with a new lesion and none at baseline",
    "ecog_worst": "worst ECOG from day 1 to 2 months",
    "ecog_rise": "ecog_worst - last ECOG up to day 0",
    "early_progression_death": "died of progression within 84 days, not examined after the first dose",
    "ttf_months": "first dose to the end of treatment",
    "response_first": "response at the first evaluation",
}
"""The formula of each metric as `growth.py` computes it; S is the burden in mm, V in mm3, A in mm2."""

WORDS = {int(FALSE): "not met", int(UNKNOWN): "unknown", int(TRUE): "met"}

Metrics: TypeAlias = Mapping[str, object]
"""One row of the table `metrics`."""


@dataclass(frozen=True)
class Finding:
    """One line of a rule: how deep it stands, what it says, what was found, and whether that meets it."""

    depth: int
    says: str
    found: str
    truth: str
    why: str = ""


def findings(rule: Rule, metrics: Metrics, month_days: float, depth: int = 0) -> Iterator[Finding]:
    """The lines of the rule, each part beneath what joins it."""
    if isinstance(rule, Leaf):
        truth, why = _judged(rule, metrics, month_days)
        yield Finding(depth, str(rule), _shown(rule.metric, metrics, month_days), WORDS[truth], why)
        return
    join = f"at least {rule.n} of" if rule.join == "at_least" else rule.join
    yield Finding(depth, f"{join}:", "", WORDS[truth_of(rule, metrics, month_days)])
    for part in rule.parts:
        yield from findings(part, metrics, month_days, depth + 1)


def truth_of(rule: Rule, metrics: Metrics, month_days: float) -> int:
    """0 false, 1 unknown, 2 true."""
    if isinstance(rule, Leaf):
        return _judged(rule, metrics, month_days)[0]
    truths = {leaf: np.array([_judged(leaf, metrics, month_days)[0]], dtype=np.int8) for leaf in leaves(rule)}
    return int(evaluate(rule, truths)[0])


def _judged(leaf: Leaf, metrics: Metrics, month_days: float) -> tuple[int, str]:
    missing = named(metrics["missing"])
    if isinstance(leaf.value, tuple):
        code = metrics["response_first"]
        if absent(code) or leaf.metric in missing:
            return int(UNKNOWN), missing.get(leaf.metric, "response_unknown")
        return (int(TRUE), "") if code in leaf.value else (int(FALSE), METRIC_SOURCES[leaf.metric].failed)
    low, high = _interval(leaf.metric, metrics, month_days)
    if np.isnan(low):
        return int(UNKNOWN), missing.get(leaf.metric, "missing")
    first = np.array([low])
    truth = int(compare(first, first if low == high else np.array([high]), leaf.sign, leaf.value)[0])
    reasons = {int(TRUE): "", int(FALSE): METRIC_SOURCES[leaf.metric].failed,
               int(UNKNOWN): missing.get(leaf.metric, "missing")}
    return truth, reasons[truth]


def _interval(metric: str, metrics: Metrics, month_days: float) -> tuple[float, float]:
    if metric != "ttf_months":
        value = _number(metrics[metric])
        return _bounds(metrics).get(metric, (value, value))
    most = metrics["ttf_max_days"]
    return _number(metrics["ttf_min_days"]) / month_days, np.inf if absent(most) else _number(most) / month_days


def _shown(metric: str, metrics: Metrics, month_days: float) -> str:
    if metric == "response_first":
        return "unknown" if absent(metrics[metric]) else str(metrics[metric])
    low, high = _interval(metric, metrics, month_days)
    unit = METRIC_SOURCES[metric].unit.removeprefix("1")
    if np.isnan(low):
        return "unknown"
    value = f"{low:.6g}" if low == high else f"at least {low:.6g}" if np.isinf(high) else f"{low:.6g} to {high:.6g}"
    return f"{value} {unit}".strip()


def absent(value: object) -> bool:
    """`<NA>`, NaT, NaN or None."""
    return value is None or value is pd.NA or value is pd.NaT or value != value


def _bounds(metrics: Metrics) -> dict[str, tuple[float, float]]:
    """Between what a missing number lies all the same."""
    told = {name: bounds.split("..") for name, bounds in named(metrics["bounds"]).items()}
    return {name: (float(least), float(most)) for name, (least, most) in told.items()}


def named(told: object) -> dict[str, str]:
    """What stands as `name=value`, joined by `;`."""
    parts = [] if absent(told) else str(told).split(";")
    return {name: value for name, _, value in (part.partition("=") for part in parts)}


def _number(value: object) -> float:
    return float("nan") if absent(value) else float(str(value))
