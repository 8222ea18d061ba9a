"""The visits of all persons side by side: all first time points, all second ones, and so on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hpd_etl.criteria.course import Course
from hpd_etl.grouping import Bools, Floats, Ints, count


def visits(line: Course, persons: Bools | None = None) -> Iterator[Ints]:
    """The k-th time point of every person who has so many, for k from the first on; of these persons only."""
    times = count(line.person, line.persons)
    start = np.cumsum(times) - times
    if persons is not None:
        times, start = times[persons], start[persons]
    for k in range(int(times.max(initial=0))):
        yield start[times > k] + k


def on_study(line: Course, reference: Ints) -> Bools:
    """Time points after the first dose and after the one that response is counted from."""
    base_day = line.scans.day_of(reference)[line.person]
    return np.asarray((line.scans.day > 0) & (line.scans.day > base_day))


def least_before(line: Course, values: Floats) -> Floats:
    """The least value of a person before each time point; NaN values are passed over, NaN where there is none."""
    known = np.where(np.isnan(values), np.inf, values)
    least, found = np.full(line.persons, np.inf), np.full(line.points, np.nan)
    for at in visits(line):
        who = line.person[at]
        found[at] = least[who]
        least[who] = np.minimum(least[who], known[at])
    return np.where(np.isinf(found), np.nan, found)


def ever_before(line: Course, marked: Bools) -> Bools:
    """Whether an earlier time point of the person is marked."""
    if not marked.any():
        return np.zeros(line.points, dtype=np.bool_)
    first = np.full(line.persons, line.points)
    np.minimum.at(first, line.person[marked], np.flatnonzero(marked))
    return np.asarray(np.arange(line.points) > first[line.person])


def at_scan(values: Floats, scan: Ints) -> Floats:
    """The value at each person's scan; NaN for none."""
    return np.where(scan >= 0, values[scan], np.nan) if len(values) else np.full(len(scan), np.nan)
