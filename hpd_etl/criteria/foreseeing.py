"""Why a label cannot be given, as far as it shows before any metric is made and any rule is asked.

Requirements first (ambiguities section 0), then the sums that a rule cannot do without.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpd_etl.config import Study
from hpd_etl.criteria.burden import Burden
from hpd_etl.criteria.courses import Courses
from hpd_etl.criteria.definition import Definition
from hpd_etl.criteria.judging import Followed, burden_for, follow, judge
from hpd_etl.criteria.metrics import SCANS_OF
from hpd_etl.criteria.observed import at_scans
from hpd_etl.criteria.reasons import BIT
from hpd_etl.criteria.rules import Leaf, leaves, required_leaves
from hpd_etl.criteria.verdicts import Verdicts, lacking_requirements
from hpd_etl.grouping import Ints
from hpd_etl.schema import Reason, Timeline

_SAME_LESIONS = (Reason.NODE_SHORT_AXIS_MISSING, Reason.LOCAL_THERAPY, Reason.LESION_SET_MISMATCH)
_OF_SUMS = np.bitwise_or.reduce([BIT[reason] for reason in _SAME_LESIONS])
_FIRST_REASON = {
    "baseline": Reason.NO_BASELINE_SCAN,
    "first_evaluation": Reason.EARLY_DROPOUT_DEATH,
    "pre_baseline": Reason.NO_PREBASELINE_SCAN,
}
"""The first of the reasons for which a requirement is not met."""


def foreseeable(definition: Definition) -> tuple[Reason, ...]:
    """The reasons, the first in their order, for which nobody's place depends on what the rule makes of the metrics.

    Where the rule can do without a scan or a sum (`any`, `at_least`), who leaves for want of it only the rule can say.
    """
    asked, needed = list(leaves(definition.rule)), list(required_leaves(definition.rule))
    scans = {scan for leaf in asked for scan in SCANS_OF.get(leaf.metric, ())}
    unsettled = [_FIRST_REASON[scan] for scan in scans.difference(definition.requires)]
    if any(_is_summed(leaf) and leaf not in needed for leaf in asked):
        unsettled.append(_SAME_LESIONS[0])
    order = list(Reason)
    return tuple(order[: min(map(order.index, [*unsettled, Reason.ZERO_BASELINE]))])


def foreseen(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> dict[str, Ints]:
    """By definition the reason bits of each person that show before any label; exact in those that are foreseeable.

    Who has dates that are not known to the day leaves where every possible course does, so these few are judged.
    """
    found = lacking(timeline, definitions, study, sums=True)
    if timeline.courses is None:
        return found
    courses = Courses.of(timeline, timeline.courses)
    tried = judge(timeline.courses, definitions, study).verdicts
    nobody = np.zeros(courses.persons, dtype=np.int64)
    shown = [Verdicts(nobody.astype(np.int8), found[each.id], nobody) for each in definitions]
    settled = (courses.verdicts(*both).reasons for both in zip(shown, tried, strict=True))
    return {each.id: reasons for each, reasons in zip(definitions, settled, strict=True)}


def lacking(timeline: Timeline, definitions: Sequence[Definition], study: Study, *, sums: bool) -> dict[str, Ints]:
    """By definition what each person lacks of what it requires, as reason bits; with `sums` also of needed sums."""
    followed = follow(timeline, definitions, study)
    return {
        each.id: lacking_requirements(each, followed[each.window_set].unmet)
        | (_sums(each, followed[each.window_set], timeline, study) if sums else 0)
        for each in definitions
    }


def _sums(definition: Definition, followed: Followed, timeline: Timeline, study: Study) -> Ints:
    """Why a sum is missing without which the rule cannot hold."""
    measured = burden_for(definition, followed, timeline, study)
    nobody = np.zeros(measured.line.persons, dtype=np.int64)
    whys = [_missing(leaf, definition, measured, followed) for leaf in required_leaves(definition.rule)
            if _is_summed(leaf)]
    return np.asarray(np.bitwise_or.reduce([nobody, *whys]) & _OF_SUMS)


def _missing(leaf: Leaf, definition: Definition, measured: Burden, followed: Followed) -> Ints:
    if leaf.metric in followed.new_lesions:
        return followed.new_lesions[leaf.metric].why
    ruler = next((name for name in definition.rulers if leaf.metric.startswith(f"{name}_")), "sld")
    at = at_scans(measured.line, getattr(measured, ruler), followed.unmet, new_lesions=definition.new_lesions_in_sum)
    why = {"pre_baseline": at.no_pre, "baseline": at.no_base, "first_evaluation": at.no_post}
    return np.asarray(np.bitwise_or.reduce([why[scan] for scan in SCANS_OF[leaf.metric]]))


def _is_summed(leaf: Leaf) -> bool:
    """Whether the metric is made of lesions that may not have been assessed; a response is known or unknown."""
    return leaf.metric in SCANS_OF and leaf.metric != "response_first"
