"""What each set of criteria says of a patient visit by visit, and the best of it; iRECIST as a walk of states."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.reference.admission import admitted
from tests.reference.engine import Followed, earlier_dose
from tests.reference.responses import RECORDED, Judge
from tests.reference.scans import IRRC, RECIST, measurable, within
from tests.reference.sums import Sums, reaches
from tests.reference.time_points import RELATIVE, TimePoint, course
from tests.reference.treatment import treatment

if TYPE_CHECKING:
    from hpd_etl.config import Study
    from tests.reference.patient import Patient

WORST_FIRST = ("iCPD", "PD", "iUPD", "SD", "NON_CR_NON_PD", "PR", "CR")
BEST_FIRST = ("CR", "PR", "SD", "NON_CR_NON_PD", "PD", "iCPD", "iUPD")
FURTHER_MM = Fraction(5)


@dataclass
class Visit:
    """One time point on study."""

    point: TimePoint
    derived: str | None
    recorded: str | None
    confirmed: bool | None = None
    waits_for: Waiting | None = None

    @property
    def response(self) -> str | None:
        return self.derived or self.recorded


@dataclass
class Waiting:
    """A progression by iRECIST that waits to be confirmed."""

    since: TimePoint
    categories: set[str]
    burden: Fraction | None
    outcome: bool | None = None


def judges_of(patient: Patient, study: Study) -> list[Judge]:
    """The patient as each framework of the study looks at them; none where day 0 is not known."""
    left, refusals = admitted(patient)
    treated = treatment(left, study)
    if treated is None or earlier_dose(refusals, treated.index_date) == "possible":
        return []
    followed = Followed(left, study, treated, course(left, treated.index_date, study), {})
    return [Judge(followed.sums(study.windows, IRRC if framework == "irRC" else RECIST), framework)
            for framework in study.responses.frameworks]


def visits_of(judge: Judge, study: Study) -> list[Visit]:
    """The time points on study with what is derived and what was recorded."""
    points = [point for point in judge.sums.course.points if judge.on_study(point)]
    if judge.framework == "iRECIST":
        visits = _walk(judge, points, study)
    else:
        visits = [Visit(point, judge.derived(point), _recorded(judge, point)) for point in points]
    asked = ("CR", "PR", "PD") if judge.framework in ("irRC", "irRECIST") else ("CR", "PR")
    for place, visit in enumerate(visits):
        if visit.response in asked:
            latest = study.responses.irrecist_confirm_to_days if judge.framework == "irRECIST" else None
            visit.confirmed = _confirmed(visit, visits[place + 1:], study.responses.confirm_from_days,
                                         latest if visit.response == "PD" else None)
        elif judge.framework == "iRECIST" and visit.response in ("iUPD", "iCPD"):
            outcome = visit.waits_for.outcome if visit.waits_for else None
            visit.confirmed = True if visit.response == "iCPD" else outcome
    return visits


def _recorded(judge: Judge, point: TimePoint) -> str | None:
    """The worst recorded overall response in its own words."""
    said = {row.response for _, row in point.responses
            if row.scope in ("overall", None) and row.framework in RECORDED[judge.framework]}
    return next((code for code in WORST_FIRST if code in said), None)


def _confirmed(visit: Visit, later: list[Visit], least: int, latest: int | None) -> bool | None:
    """The next assessments, up to one far enough away and not too far, say the same or better."""
    for other in later:
        if other.response is None:
            continue
        if other.response != visit.response and (visit.response, other.response) != ("PR", "CR"):
            return False
        days = other.point.day - visit.point.day
        if days >= least and (latest is None or days <= latest):
            return True
    return None


def best_of(judge: Judge, visits: list[Visit], study: Study, *, confirm: bool) -> tuple[str | None, int | None]:
    """The best response up to progression and its day; with `confirm`, only what was confirmed counts as such."""
    found: tuple[str | None, int | None] = (None, None)
    for visit in visits:
        code = visit.response
        if confirm and code in ("CR", "PR") and not visit.confirmed:
            code = "SD"
        if confirm and code == "PD" and judge.framework in ("irRC", "irRECIST") and not visit.confirmed:
            code = None
        if code in ("SD", "NON_CR_NON_PD") and visit.point.day < study.responses.stable_from_day:
            code = None
        if code and (found[0] is None or _rank(code) < _rank(found[0])):
            found = (code, visit.point.day)
        if code in ("PD", "iCPD"):
            break
    return found


def _rank(code: str) -> int:
    """PD and its confirmed form are as good as each other."""
    return BEST_FIRST.index("PD" if code == "iCPD" else code)


# --- iRECIST ----------------------------------------------------------------------------------


def _walk(judge: Judge, points: list[TimePoint], study: Study) -> list[Visit]:
    """Nothing waits, a progression waits, or one was confirmed: visit by visit."""
    visits, waiting, over = [], None, False
    for point in points:
        code, waited = judge.derived(point), waiting
        if over:
            code, waited = None if code is None else "iCPD", None
        elif waiting is not None:
            if _in_time(waiting, point, study) and _further(judge, waiting, point):
                code, over, waiting.outcome = "iCPD", True, True
            elif code not in ("PD", None):
                waiting.outcome, waiting = False, None
            else:
                code = None if code is None else "iUPD"
            if waiting is not None and waiting.burden is None:
                waiting.burden = judge.burden(point).value
        elif code == "PD":
            code = "iUPD"
            waited = waiting = Waiting(point, _progressed(judge, point), judge.burden(point).value)
        visits.append(Visit(point, code, _recorded(judge, point), waits_for=waited))
    return visits


def _in_time(waiting: Waiting, point: TimePoint, study: Study) -> bool:
    days, asked = point.day - waiting.since.day, study.responses
    return days >= asked.confirm_from_days and (asked.late_scan_confirms or days <= asked.confirm_to_days)


def _progressed(judge: Judge, point: TimePoint) -> set[str]:
    """Which of targets, non-targets and new lesions progress at this visit."""
    found, nadir = set(), judge.nadir(point)
    returned = judge.returned(point)
    if (nadir is not None and judge.risen(judge.burden(point).part, nadir)) or "targets" in returned:
        found.add("targets")
    if judge.progressed(point) or "non_targets" in returned:
        found.add("non_targets")
    if judge.sums.new(point):
        found.add("new")
    return found


def _further(judge: Judge, waiting: Waiting, point: TimePoint) -> bool:
    """More of what progressed, or progression of something that had not."""
    if _progressed(judge, point) - waiting.categories:
        return True
    now = judge.burden(point).value
    if "targets" in waiting.categories and None not in (now, waiting.burden) \
            and reaches(now - waiting.burden, FURTHER_MM):
        return True
    if "non_targets" in waiting.categories and _non_targets_grew(judge.sums, waiting.since, point):
        return True
    return "new" in waiting.categories and _new_grew(judge.sums, waiting.since, point)


def _larger(now: Fraction | None, then: Fraction | None) -> bool:
    return now is not None and then is not None and now > then and now - then > RELATIVE * then


def _non_targets_grew(sums: Sums, since: TimePoint, point: TimePoint) -> bool:
    late = sums.first_seen_late(point)
    for lesion, now in point.seen.items():
        if lesion in sums.choice.targets or lesion in late:
            continue
        then = since.seen.get(lesion)
        if _larger(now.size, then.size if then else None) or (now.progressed and not (then and then.progressed)):
            return True
    return False


def _new_grew(sums: Sums, since: TimePoint, point: TimePoint) -> bool:
    """New lesions measured like targets grew 5 mm together, another new one grew at all, or one more came."""
    first_seen: dict[str, TimePoint] = {}
    for visit in sums.course.points:
        for lesion in sums.new(visit):
            first_seen.setdefault(lesion, visit)
    chosen = _like_targets(sums, first_seen)
    together = Fraction(0)
    for lesion in first_seen:
        now, then = point.seen.get(lesion), since.seen.get(lesion)
        sizes = (now.size if now else None, then.size if then else None)
        if lesion in chosen and None not in sizes:
            together += sizes[0] - sizes[1]
        elif lesion not in chosen and lesion in sums.new(point) and _larger(*sizes):
            return True
    return reaches(together, FURTHER_MM) or any(first_seen[lesion].day > since.day for lesion in sums.new(point))


def _like_targets(sums: Sums, first_seen: dict[str, TimePoint]) -> list[str]:
    """Measurable when first seen, the earliest and largest first, five in all and two an organ."""
    large = [lesion for lesion, visit in first_seen.items()
             if measurable(sums.course, lesion, visit.seen[lesion])]
    earliest = sorted(large, key=lambda each: (
        first_seen[each].day, -first_seen[each].seen[each].size, sums.course.anatomy[each].organ or "", each))
    return within(sums.course, earliest, RECIST)
