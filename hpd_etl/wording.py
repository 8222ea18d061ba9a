"""A rule in words, made of its tree: what `definitions show` and the pages say is what the engine evaluates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl.criteria.rules import Leaf, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGNS = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than", "=": "exactly"}

PHRASES: Mapping[str, str] = {
    "tgk_pre": "growth kinetics before treatment of {n} mm a month",
    "tgk_post": "growth kinetics on treatment of {n} mm a month",
    "tgk_ratio": "growth kinetics {n} times those before treatment",
    "tgr_pre": "a growth rate before treatment of {n} % a month",
    "tgr_post": "a growth rate on treatment of {n} % a month",
    "tgr_ratio": "a growth rate {n} times that before treatment",
    "tgr_delta": "a growth rate {n} points a month above that before treatment",
    "pace_ratio": "a progression pace {n} times that before treatment",
    "sld_change_pct": "a sum of diameters {n} % above baseline",
    "sld_change_mm": "a sum of diameters {n} mm above baseline",
    "sld_change_from_pre_pct": "a sum of diameters {n} % above the pre-baseline scan",
    "volume_tgr_pre": "a growth rate of the volume before treatment of {n} % a month",
    "volume_tgr_post": "a growth rate of the volume on treatment of {n} % a month",
    "volume_tgr_ratio": "a growth rate of the volume {n} times that before treatment",
    "volume_change_pct": "a volume {n} % above baseline",
    "spd_change_pct": "a sum of products of diameters {n} % above baseline",
    "spd_pace_ratio": "a pace of the products of diameters {n} times that before treatment",
    "new_lesions": "{n} new lesions",
    "new_organs": "new lesions in {n} organs",
    "new_lesions_involved": "{n} new lesions in one organ that had a lesion at baseline",
    "organs_spread": "a new lesion in {n} of the organs that had none at baseline",
    "ecog_worst": "an ECOG of {n} within two months",
    "ecog_rise": "an ECOG {n} above the last one before treatment",
    "early_progression_death": "death of progression within 84 days, not examined after the first dose",
    "ttf_months": "treatment failure after {n} months",
    "response_first": "{n} at the first evaluation",
}
"""What a leaf on each metric says; `{n}` is the comparison with its threshold."""

_RESPONSES = {"PD": "progression", "SD": "stable disease", "PR": "partial response", "CR": "complete response"}
_GROWTH = ("tgk_post", "tgr_post", "volume_tgr_post")


def in_words(rule: Rule, *, nested: bool = False) -> str:
    """The rule as a phrase; what stands within another join is in brackets."""
    if isinstance(rule, Leaf):
        return _leaf(rule)
    parts = [in_words(part, nested=True) for part in rule.parts]
    if rule.join == "at_least":
        return f"at least {rule.n} of ({'; '.join(parts)})"
    last = " and " if rule.join == "all" else " or "
    said = last.join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"({said})" if nested else said


def _leaf(leaf: Leaf) -> str:
    if isinstance(leaf.value, tuple):
        return PHRASES[leaf.metric].format(n=" or ".join(_RESPONSES.get(code, code) for code in leaf.value))
    if leaf.metric in _GROWTH and leaf.sign == ">" and leaf.value == 0:
        return "growth on treatment"
    return PHRASES[leaf.metric].format(n=f"{_SIGNS[leaf.sign]} {leaf.value:g}")
