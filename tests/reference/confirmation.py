"""D5: what the next assessed time point, 28 days later or more, says of a progression at the first evaluation."""

from __future__ import annotations

from tests.reference.burden import PD_RISE, Burden, at_least
from tests.reference.time_points import TimePoint
from tests.reference.treatment import Treatment

WAIT_DAYS = 28


def second_look(burden: Burden, treated: Treatment, response: str | None) -> tuple[str, bool]:
    """The confirmation an HPD label would have, and whether a progression was none."""
    choice = burden.choice
    if choice.post is None or response != "PD":
        return "not_applicable", False
    after = [day for day in treated.other_systemic_days if day > choice.post.day]
    therapy = min(after, default=None)
    look = next((point for point in burden.course.points
                 if point.day >= choice.post.day + WAIT_DAYS
                 and _assessed(burden, point)), None)
    if look is None:
        over = (treated.death_day is not None or therapy is not None or treated.followup_end_day is None
                or treated.followup_end_day < choice.post.day + WAIT_DAYS)
        return ("unresolved" if over else "provisional"), False
    if therapy is not None and therapy < look.day:
        return "unresolved", False
    progressed = progression_at(burden, look)
    if progressed is None:
        return "unresolved", False
    return ("confirmed" if progressed else "refuted"), not progressed


def _assessed(burden: Burden, point: TimePoint) -> bool:
    """At least one target, new lesion, sum, or response under this framework."""
    targets = any(lesion in point.seen and point.seen[lesion].assessed for lesion in burden.choice.targets)
    summed = not burden.choice.targets and point.sld is not None
    return targets or summed or bool(burden.new(point)) or burden.response(point) is not None


def progression_at(burden: Burden, look: TimePoint) -> bool | None:
    """Derived: 20 % above baseline (the assessed targets alone suffice) or a further new lesion,
    or progression of non-targets; else recorded."""
    derived = _derived(burden, look)
    if derived is not None:
        return derived
    recorded = burden.recorded(look)
    return None if recorded is None else recorded == "PD"


def _derived(burden: Burden, look: TimePoint) -> bool | None:
    choice = burden.choice
    first = burden.total(choice.baseline).value if choice.baseline else None
    non_target_counts = not burden.with_new or burden.study.criteria.irrecist_nontarget_pd
    if non_target_counts and burden.progressed(look):
        return True
    known = {lesion for point in burden.course.points if point.day <= choice.post.day
             for lesion in burden.new(point)}
    if set(burden.new(look)) - known:
        return True
    if first is None:
        return None
    now = burden.total(look)
    risen = now.part > 0 if first == 0 else at_least((now.part - first) / first, PD_RISE)
    if risen:
        return True
    return None if now.value is None or burden.new_open(look) else False
