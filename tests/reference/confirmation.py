"""D5: what the next assessed time point, 28 days later or more, says of a progression at the first evaluation."""

from __future__ import annotations

from tests.reference.responses import AREA_RISE, PD_RISE, Judge
from tests.reference.sums import reaches
from tests.reference.time_points import TimePoint
from tests.reference.treatment import Treatment

WAIT_DAYS = 28


def second_look(judge: Judge, treated: Treatment, response: str | None) -> tuple[str, bool]:
    """The confirmation an HPD label would have, and whether a progression was none."""
    choice = judge.sums.choice
    if choice.post is None or response != "PD":
        return "not_applicable", False
    after = [day for day in treated.other_systemic_days if day > choice.post.day]
    therapy = min(after, default=None)
    look = next((point for point in judge.sums.course.points
                 if point.day >= choice.post.day + WAIT_DAYS and _assessed(judge, point)), None)
    if look is None:
        over = (treated.death_day is not None or therapy is not None or treated.followup_end_day is None
                or treated.followup_end_day < choice.post.day + WAIT_DAYS)
        return ("unresolved" if over else "provisional"), False
    if therapy is not None and therapy < look.day:
        return "unresolved", False
    progressed = progression_at(judge, look)
    if progressed is None:
        return "unresolved", False
    return ("confirmed" if progressed else "refuted"), not progressed


def _assessed(judge: Judge, point: TimePoint) -> bool:
    """At least one target, new lesion, sum, recorded response or progression of non-targets by this framework."""
    sums = judge.sums
    targets = any(lesion in point.seen and point.seen[lesion].assessed and not sums.treated_by(point, lesion)
                  for lesion in sums.choice.targets)
    summed = not sums.choice.targets and point.sld is not None
    said = judge.recorded(point) is not None or (judge.non_targets_count and judge.progressed(point))
    return targets or summed or bool(sums.new(point)) or said


def progression_at(judge: Judge, look: TimePoint) -> bool | None:
    """Derived: 20 % (area: 25 %) above baseline (the assessed targets alone suffice) or a further new lesion,
    or progression of non-targets; else recorded."""
    derived = _derived(judge, look)
    if derived is not None:
        return derived
    recorded = judge.recorded(look)
    return None if recorded is None else recorded == "PD"


def _derived(judge: Judge, look: TimePoint) -> bool | None:
    sums, first = judge.sums, judge.first
    if judge.non_targets_count and judge.progressed(look):
        return True
    known = {lesion for point in sums.course.points if point.day <= sums.choice.post.day for lesion in sums.new(point)}
    if set(sums.new(look)) - known:
        return True
    if first is None:
        return None
    now = judge.burden(look)
    rise = AREA_RISE if judge.framework == "irRC" else PD_RISE
    risen = now.part > 0 if first == 0 else reaches((now.part - first) / first, rise)
    if risen:
        return True
    return None if now.value is None or sums.new_open(look) else False
