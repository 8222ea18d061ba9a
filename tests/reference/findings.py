"""What is not imaging: performance status, the cause of death, and in which organs new lesions lie."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from hpd_etl.config import Study
    from tests.reference.patient import Patient
    from tests.reference.sums import Sums
    from tests.reference.time_points import Course, TimePoint
    from tests.reference.treatment import Treatment

Bounds = tuple[Fraction, Fraction] | None
"""The least and the most that a number can be; nothing where it is not known at all."""
EARLY_DEATH_DAYS = 84
LOOKBACK_DAYS = 90
NODES = "lymph nodes"


def performance(patient: Patient, study: Study, index_date: date, month: Fraction) -> dict[str, int | None]:
    """The worst ECOG from day 1 to two months, and how much worse that is than the last one before treatment."""
    grades = [((found.assessed_on - index_date).days, int(found.value_number)) for found in patient.findings
              if found.finding == "ecog" and found.value_number is not None]
    on_treatment = [grade for day, grade in grades if 1 <= day <= 2 * month]
    before = [(day, grade) for day, grade in grades if -LOOKBACK_DAYS <= day <= 0]
    worst = max(on_treatment, default=None)
    last_day = max((day for day, _ in before), default=None)
    start = max((grade for day, grade in before if day == last_day), default=None)
    return {"ecog_worst": worst, "ecog_rise": None if worst is None or start is None else worst - start}


def early_progression_death(patient: Patient, study: Study, treated: Treatment, course: Course) -> int | None:
    """1: died of progression within 84 days and nobody looked after the first dose; 0 where that is ruled out."""
    death, end = treated.death_day, treated.followup_end_day
    if any(day > 0 and (death is None or day <= death) for day in course.examined_days):
        return 0
    if death is None:
        return 0 if end is not None and end > EARLY_DEATH_DAYS else None
    if death > EARLY_DEATH_DAYS:
        return 0
    if patient.death_cause is None:
        return None
    of_progression = any(patient.death_cause.casefold().startswith(cause.casefold())
                         for cause in getattr(study.criteria, 'progression_deaths', ()))
    return int(of_progression)


def spread(sums: Sums, at: TimePoint) -> dict[str, Bounds]:
    """Lo Russo's third and fourth item: new lesions where disease was, and organs where none was."""
    if sums.new_open(at) or sums.choice.baseline is None:
        return dict.fromkeys(("new_lesions_involved", "organs_spread"))
    organs = [_organ(sums.course, lesion) for lesion in sums.new(at)]
    involved = {_organ(sums.course, lesion) for lesion, seen in sums.choice.baseline.seen.items() if seen.visible}
    known = [organ for organ in organs if organ is not None]
    most = max((known.count(organ) for organ in known if organ in involved), default=0)
    elsewhere = len({organ for organ in known if organ not in involved})
    if None in organs:
        return dict.fromkeys(("new_lesions_involved", "organs_spread"))
    return {"new_lesions_involved": (Fraction(most),) * 2, "organs_spread": (Fraction(elsewhere),) * 2}


def organs_of_new(sums: Sums, at: TimePoint) -> int:
    """Organs with a new lesion; nodes are one, a lesion without an organ is an organ of its own."""
    return len({_organ(sums.course, lesion) or lesion for lesion in sums.new(at)})


def _organ(course: Course, lesion: str) -> str | None:
    anatomy = course.anatomy[lesion]
    return NODES if anatomy.is_node else anatomy.organ
