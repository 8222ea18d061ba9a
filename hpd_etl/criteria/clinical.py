"""What is not imaging: performance status on treatment, and death of progression before anybody looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpd_etl.config import EARLY_DEATH_DAYS, Study
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.known import Known
from hpd_etl.grouping import NO_DAY, Bools, Ints, any_of, days, encoded, highest, lowest, numbers, positions
from hpd_etl.schema import FINDINGS, Reason, Timeline

ECOG_MONTHS = 2
_PRECISION = FINDINGS["date_precision"].values
_NO_GRADE = -1


@dataclass(frozen=True)
class Grades:
    """The ECOG that were given, with the days on which they may have been."""

    row: Ints
    """Which rows of `findings` they are."""
    person: Ints
    grade: Ints
    first: Ints
    last: Ints

    def counted(self, study: Study, month_days: float) -> Grades:
        """Those from the look-back before treatment on, up to two months of it."""
        counts = (self.last >= -study.criteria.ecog_lookback_days) & (self.first <= ECOG_MONTHS * month_days)
        return Grades(*(values[counts] for values in vars(self).values()))


def grades(timeline: Timeline, line: Course) -> Grades:
    """All grades that the timeline tells."""
    rows = timeline.findings
    known = (rows["finding"] == "ecog").to_numpy(np.bool_, na_value=False) & rows["value_number"].notna().to_numpy()
    row = np.flatnonzero(known)
    rows = rows.iloc[row]
    first = rows["days_from_index"].to_numpy(np.int64)
    precision = rows["date_precision"].cat.codes.to_numpy().astype(np.int64)
    last = first + _length(days(rows["assessed_on"]), precision) - 1
    grade = numbers(rows["value_number"]).astype(np.int64)
    return Grades(row, positions(rows["person_id"], line.ids), grade, first, last)


def performance(given: Grades, persons: int, study: Study, month_days: float) -> dict[str, Known]:
    """The worst ECOG of the first two months, and how much worse that is than the last one up to the first dose.

    Of several on one day the worst counts. A grade dated to the month or the year counts where it lies wholly in the
    window, and makes an interval where it may.
    """
    given = given.counted(study, month_days)
    person, grade, first, last = given.person, given.grade, given.first, given.last
    start, end = -study.criteria.ecog_lookback_days, ECOG_MONTHS * month_days
    worst = _bounds(person, grade, (first >= 1) & (last <= end), (last >= 1) & (first <= end), persons)
    surely, perhaps = (first >= start) & (last <= 0), (last >= start) & (first <= 0)
    latest = highest(person[surely], first[surely], persons, NO_DAY)[person]
    at_last = perhaps & (latest != NO_DAY) & (last >= latest)
    high = highest(person[at_last], grade[at_last], persons, _NO_GRADE)
    partial = any_of(person, at_last & (first < last), persons)
    low = np.where(partial, lowest(person[at_last], grade[at_last], persons, _NO_GRADE), high)
    everybody, untold = np.zeros(persons, dtype=np.int64), worst[0] == _NO_GRADE
    return {
        "ecog_worst": Known.between(*worst, everybody, untold, Reason.FINDING_UNKNOWN),
        "ecog_rise": Known.between(
            worst[0] - high, worst[1] - low, everybody, untold | (high == _NO_GRADE), Reason.FINDING_UNKNOWN
        ),
    }


def _bounds(person: Ints, grade: Ints, surely: Bools, perhaps: Bools, n: int) -> tuple[Ints, Ints]:
    """The worst grade of those that surely count, and of those that may."""
    low, high = (highest(person[counted], grade[counted], n, _NO_GRADE) for counted in (surely, perhaps))
    return low, high


def _length(first: Ints, precision: Ints) -> Ints:
    """How many days a date may be: one, or those of its month or year."""
    found = np.ones(len(first), dtype=np.int64)
    for name, unit in (("month", "M"), ("year", "Y")):
        rows = np.flatnonzero(precision == _PRECISION.index(name))
        start = first[rows].astype("datetime64[D]").astype(f"datetime64[{unit}]")
        found[rows] = (start + 1).astype("datetime64[D]").astype(np.int64) - first[rows]
    return found


def early_progression_death(timeline: Timeline, line: Course, study: Study) -> Known:
    """1: died of progression within 84 days, without an examination after the first dose; 0 where that is ruled out."""
    day, death, end = line.scans.day, line.people.death_day, line.people.followup_end_day
    died = death != NO_DAY
    examined = any_of(line.person, (day > 0) & (~died[line.person] | (day <= death[line.person])), line.persons)
    outlived = np.where(died, death, end) > EARLY_DEATH_DAYS
    progressed, told = _causes(timeline, line, study.criteria.progression_deaths)
    otherwise = died & told & ~progressed
    ruled_out = examined | outlived | otherwise
    value = np.where(ruled_out, 0, np.where(died & progressed, 1, _NO_GRADE))
    nobody = np.zeros(line.persons, dtype=np.int64)
    return Known.between(value, value, nobody, value == _NO_GRADE, Reason.FINDING_UNKNOWN)


def _causes(timeline: Timeline, line: Course, of_progression: Sequence[str]) -> tuple[Bools, Bools]:
    """Who died of progression, and of whose death the cause is told."""
    code, names = encoded(timeline.persons["death_cause"])
    meant = [_is_meant(str(name).casefold(), of_progression) for name in names.to_pylist()]
    told = code >= 0
    person = positions(timeline.persons["person_id"], line.ids)
    progressed = told & np.array([*meant, False], dtype=np.bool_)[code]
    return any_of(person, progressed, line.persons), any_of(person, told, line.persons)


def _is_meant(cause: str, of_progression: Sequence[str]) -> bool:
    """A concept id is meant as a whole; any other code with all that begin with it."""
    meant = [each.casefold() for each in of_progression]
    return any(cause == each if each.isdigit() else cause.startswith(each) for each in meant)
