"""What became of the lesions of baseline that are no targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.config import Study
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.response.frameworks import CR, NE, NON_CR_NON_PD, NONE, PD, PR, PROGRESSIONS, SD, Framework
from hpd_etl.criteria.response.recorded import recorded
from hpd_etl.grouping import Bools, Ints, any_of, count, highest, select
from hpd_etl.measurability import STATUS, persists
from hpd_etl.schema import LesionStatus, Timeline


@dataclass(frozen=True)
class NonTargets:
    """The non-target lesions at each time point."""

    code: Ints
    """CR, NON_CR_NON_PD, PD or NE; `NONE` where the person has none."""
    seen: Bools
    """One of them is seen there."""


def rows_of(line: Course) -> Bools:
    """Lesion rows that are of no target and of no lesion first seen after baseline."""
    return np.asarray(~line.is_target & ~line.is_new & ~line.seen_late)


def reference(line: Course, study: Study) -> Ints:
    """The time point that response is counted from: the baseline scan, or a scan that shows all there is but no target.

    Without a baseline scan it is the last one in the study's baseline window on which a lesion is seen, where every
    lesion seen up to then is on it: who has other lesions, targets perhaps, is not assessed.
    """
    windows, scans = study.windows, line.scans
    without = scans.baseline < 0
    rows = np.flatnonzero(without[line.row_person] & (line.row_point >= 0))
    there = rows[(line.status[rows] != STATUS[LesionStatus.NOT_ASSESSED]) & (line.size[rows] != 0)]
    day = line.row_day[there]
    last_day = windows.baseline_to_day + windows.baseline_grace_days
    known = there[day <= last_day]
    shown = there[(day >= windows.baseline_from_day) & (day <= last_day)]
    last = highest(line.row_person[shown], line.row_point[shown], line.persons, NONE)
    here = known[line.row_point[known] == last[line.row_person[known]]]
    elsewhere = ~np.isin(line.lesion[known], line.lesion[here])
    incomplete = any_of(line.row_person[known], elsewhere, line.persons)
    return np.where(without & ~incomplete, last, scans.baseline)


def non_targets(line: Course, timeline: Timeline, framework: Framework, reference: Ints) -> NonTargets:
    """Complete where all are gone, else not evaluable where one is not assessed; progression is only ever recorded.

    A lesion with a row at baseline is followed even where it was not assessed there and is seen first after it.
    """
    n = line.points
    rows = np.flatnonzero(~line.is_target & ~line.is_new & (line.row_point >= 0))
    person, point, lesion = line.row_person[rows], line.row_point[rows], line.lesion[rows]
    size, status = line.size[rows], line.status[rows]
    base_day = line.scans.day_of(reference)[person]
    at_baseline = (line.row_day[rows] == base_day) & (size != 0)
    followed = any_of(lesion, at_baseline, line.lesions)[lesion]
    gone = followed & ~np.isnan(size) & ~persists(size, line.is_node[rows])
    there = followed & ~gone & (status != STATUS[LesionStatus.NOT_ASSESSED])
    left = count(person[at_baseline], line.persons)[line.person]
    vanished, seen = count(point[gone], n), count(point[there], n)
    code = select([(left == 0, NONE), (vanished >= left, CR), (vanished + seen >= left, NON_CR_NON_PD)], NE)
    stated = recorded(line, timeline, framework, "non_target")
    worse = (status == STATUS[LesionStatus.PROGRESSED]) & ~line.seen_late[rows]
    progressed = any_of(point, worse, n) | np.isin(stated, PROGRESSIONS)
    stated = np.where((stated == PR) | (stated == SD), NON_CR_NON_PD, stated)
    code = np.where(((code == NONE) | (code == NE)) & (stated != NONE), stated, code)
    return NonTargets(np.where(progressed, PD, code), seen > 0)
