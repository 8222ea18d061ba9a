"""How well each field of a definition is known, and what is taken where no source states it."""

from __future__ import annotations

from collections.abc import Mapping

GRADES: Mapping[str, str] = {
    "S": "read in full in the paper",
    "V1": "read in the paper's own abstract, methods excerpt or table",
    "V2": "read in a secondary source",
    "M+": "general knowledge of the field, not checked against the paper: assumed",
    "M-": "general knowledge of low confidence: assumed",
    "?": "not known: assumed",
}
"""Grade -> what it means."""

FIELDS: Mapping[str, str] = {
    "rule": "the rule as written, each comparison as strict as it stands there",
    "strictness": "equality at a threshold counts where the rule says >= or <=, and nowhere else",
    "framework": "RECIST 1.1, or the framework of the definition whose rule it repeats",
    "response": "progression at the first evaluation is asked for where the rule says so, and nowhere else",
    "requires": "the scans the rule's metrics need",
    "windows": "the study's `[windows]`",
    "growth_formula": "TGK and TGR of the sum of longest diameters at two scans; TGR takes the sum for a sphere",
    "month_days": "`criteria.month_days` = 30.4375",
    "new_lesions_in_sum": "sums hold the targets of the baseline scan alone",
    "new_lesion_cap": "`criteria.new_lesion_cap` = false: every measurable new lesion enters the sum",
    "new_lesion_choice": "of more new lesions than irRC counts, those with the largest products at each scan",
    "pre_growth_nonpositive": "`criteria.pre_growth_nonpositive` = not_evaluable: a ratio to no growth is unknown",
    "burden_reference": "increase of the burden is counted from the baseline scan",
    "pace_per_time": "pace is the relative increase per day: before from the pre-baseline scan, after from baseline",
    "time_to_treatment_failure": "from the first dose to the end of the first line, by `index.ttf_gap_days` = 120",
    "volume": "recorded volumes of all targets, else pi/6 d^3 of each (of a node by its short axis)",
    "perpendicular": "the sum of products needs the perpendicular diameter of every target",
    "ecog": "the worst ECOG of the first two months is at least 2 and above the last one before treatment",
    "new_lesions_involved": "at least two new lesions in one organ that had a lesion at baseline",
    "organs_spread": "a new lesion in an organ that had none at baseline; lymph nodes are one organ",
    "published": "the counts as printed; they decide no label",
    "death_of_progression": "causes of death in `criteria.progression_deaths`; an unknown cause is unknown",
}
"""Fields that a definition may grade -> what is taken where no source states it, and the option that changes it."""


def is_assumed(grade: str) -> bool:
    """Whether no source that was read states a field of this grade."""
    return grade[0] in "M?"
