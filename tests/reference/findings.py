"""What is not imaging: performance status, the cause of death, and in which organs new lesions lie."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain, combinations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from hpd_etl.config import Study
    from tests.reference.patient import Patient
    from tests.reference.sums import Sums
    from tests.reference.time_points import Course, TimePoint
    from tests.reference.treatment import Treatment

Bounds = tuple[Fraction, Fraction] | None
"""The least and the most that a number can be; nothing where it is not known at all."""
EARLY_DEATH_DAYS = 84
NODES = "lymph nodes"


def performance(patient: Patient, study: Study, index_date: date, month: Fraction) -> dict[str, int | None]:
    """The worst ECOG from day 1 to two months, and how much worse that is than the last one before treatment."""
    grades = [((found.assessed_on - index_date).days, int(found.value_number)) for found in patient.findings
              if found.finding == "ecog" and found.value_number is not None]
    on_treatment = [grade for day, grade in grades if 1 <= day <= 2 * month]
    before = [(day, grade) for day, grade in grades if -study.criteria.ecog_lookback_days <= day <= 0]
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
    cause, meant = patient.death_cause.casefold(), [each.casefold() for each in study.criteria.progression_deaths]
    of_progression = any(cause == each if each.isdigit() else cause.startswith(each) for each in meant)
    return int(of_progression)


def spread(sums: Sums, at: TimePoint) -> dict[str, Bounds]:
    """Lo Russo's third and fourth item: new lesions where disease was, and organs where none was.

    A lesion without an organ may lie in any, two of them in the same; one that was there and was not assessed at
    baseline may still be there. All that is possible is tried.
    """
    new = [_organ(sums.course, lesion) for lesion in sums.new(at)]
    if not new:
        return {"new_lesions_involved": (Fraction(0),) * 2, "organs_spread": (Fraction(0),) * 2}
    baseline = sums.choice.baseline
    looked = [point for point in sums.course.points if baseline is not None and point.day <= baseline.day
              and any(seen.assessed for seen in point.seen.values())]
    if not looked:
        return dict.fromkeys(("new_lesions_involved", "organs_spread"))
    sure, perhaps, unplaced = _involved(sums, baseline)
    named = {organ for organ in new if organ is not None}
    most, elsewhere = set(), set()
    elsewhere_too = [f"elsewhere {number}" for number in range(new.count(None))]
    places = [[organ] if organ is not None else [*sorted(named | sure | perhaps), *elsewhere_too] for organ in new]
    for organs in product(*places):
        open_organs = sorted(set(organs) - sure)
        for others in _subsets(open_organs):
            if len([organ for organ in others if organ not in perhaps]) <= unplaced:
                involved = sure | set(others)
                most.add(max((organs.count(organ) for organ in organs if organ in involved), default=0))
                elsewhere.add(len(set(organs) - involved))
    return {"new_lesions_involved": (Fraction(min(most)), Fraction(max(most))),
            "organs_spread": (Fraction(min(elsewhere)), Fraction(max(elsewhere)))}


def _involved(sums: Sums, baseline: TimePoint) -> tuple[set[str], set[str], int]:
    """Organs in which a lesion is seen at baseline, or may have been; and how many such lesions have no organ."""
    sure, perhaps, unplaced = set(), set(), 0
    for lesion in sums.course.anatomy:
        sights = [point.seen[lesion] for point in sums.course.points
                  if point.day <= baseline.day and lesion in point.seen]
        told = [seen for seen in sights if seen.assessed]
        at_baseline = lesion in baseline.seen and baseline.seen[lesion].assessed
        if (not told and lesion not in baseline.seen) or (told and not told[-1].visible):
            continue
        organ = _organ(sums.course, lesion)
        if organ is None:
            unplaced += 1
        else:
            (sure if at_baseline else perhaps).add(organ)
    return sure, perhaps, unplaced


def _subsets(items: list[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def organs_of_new(sums: Sums, at: TimePoint) -> int:
    """Organs with a new lesion; nodes are one, a lesion without an organ is an organ of its own."""
    return len({_organ(sums.course, lesion) or lesion for lesion in sums.new(at)})


def _organ(course: Course, lesion: str) -> str | None:
    anatomy = course.anatomy[lesion]
    return NODES if anatomy.is_node else anatomy.organ
