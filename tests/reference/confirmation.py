"""D5: what the next assessed time point, 28 days later or more, says of a progression at the first evaluation."""

from __future__ import annotations

from fractions import Fraction

from tests.reference.burden import PD_RISE, PROGRESSION, Burden, at_least
from tests.reference.scans import evaluable
from tests.reference.time_points import TimePoint
from tests.reference.treatment import Treatment

WAIT_DAYS = 28


def second_look(burden: Burden, treated: Treatment, response: str | None) -> tuple[str, bool]:
    """The confirmation an HPD label would have, and whether a progression was none."""
    choice = burden.choice
    if choice.post is None:
        return "not_applicable", False
    after = [day for day in treated.other_systemic_days if day > choice.post.day]
    therapy = min(after, default=None)
    look = next((point for point in burden.course.points
                 if point.day >= choice.post.day + WAIT_DAYS
                 and evaluable(burden.course, burden.study, choice.baseline, choice.targets, choice.mode, point)),
                None)
    if look is None:
        over = (treated.death_day is not None or therapy is not None or treated.followup_end_day is None
                or treated.followup_end_day < choice.post.day + WAIT_DAYS)
        return ("unresolved" if over else "provisional"), False
    if therapy is not None and therapy <= look.day:
        return "unresolved", False
    progressed = progression_at(burden, look)
    if progressed is None:
        return "unresolved", False
    return ("confirmed" if progressed else "refuted"), (response == "PD" and not progressed)


def progression_at(burden: Burden, look: TimePoint) -> bool | None:
    """Recorded, or derived: 20 % above baseline, or a lesion newer than those of the first evaluation."""
    derived = _derived(burden, look)
    if derived is not None:
        return derived
    recorded = burden.recorded(look)
    return None if recorded is None else recorded in PROGRESSION


def _derived(burden: Burden, look: TimePoint) -> bool | None:
    choice = burden.choice
    first = burden.total(choice.baseline).value if choice.baseline else None
    known = {lesion for point in burden.course.points if point.day <= choice.post.day
             for lesion in burden.new(point)}
    if set(burden.new(look)) - known:
        return True
    now = burden.total(look)
    if first is None or now.value is None:
        return None
    if first == 0:
        return now.value > 0
    return at_least((now.value - first) / first, PD_RISE + Fraction(0))
