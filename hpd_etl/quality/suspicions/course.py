"""Lesions over time: sizes copied forward, lesions that return, lesions that are new where nothing was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpd_etl.grouping import count, first_of_group, flags, lowest, numbers
from hpd_etl.quality.suspicions.facts import day_of, rows

if TYPE_CHECKING:
    import pandas as pd

    from hpd_etl.grouping import Bools, Ints
    from hpd_etl.quality.suspicions.facts import Facts, Sizes

COPIED_DAYS = 21
"""Scans nearer to each other may be one examination that was reported twice."""


def copied_forward(facts: Facts) -> pd.DataFrame:
    """A scan at which all lesions, and two or more, have to the digit the sizes of a scan weeks before."""
    sizes, order = facts.sizes, facts.by_scan
    starts = first_of_group(sizes.scan[order])
    scan = (np.cumsum(starts) - 1).astype(np.int64)
    n = int(starts.sum())
    person, day = sizes.person[order][starts], sizes.day[order][starts]
    previous = np.full(n, -1, dtype=np.int64)
    same_person = person[1:] == person[:-1]
    previous[1:][same_person] = np.arange(n - 1)[same_person]
    size = count(scan, n)
    before = np.where(previous >= 0, day[previous], 0)
    same = _same_as(sizes, order, scan, before)
    alike = (previous >= 0) & (count(scan[same], n) == size) & (size == size[previous]) & (size >= 2) \
        & (day - before >= COPIED_DAYS)
    return rows("lesions", facts.timeline.lesions, sizes.row[order[np.flatnonzero(starts)[alike]]])


def _same_as(sizes: Sizes, order: Ints, scan: Ints, before: Ints) -> Bools:
    """Rows, by scan, whose lesion had the same size at the scan before, which is the day `before` of theirs."""
    earlier = sizes.follows & (np.append(np.nan, sizes.mm[:-1])[:len(sizes.mm)] == sizes.mm)
    earlier_day = np.append(0, sizes.day[:-1])[:len(sizes.day)]
    return np.asarray(earlier[order] & (earlier_day[order] == before[scan]))


def seen_again(facts: Facts) -> pd.DataFrame:
    """A lesion of 0 mm, or called gone, that is measured later; the first such row of each."""
    lesions, sizes = facts.timeline.lesions, facts.sizes
    _, lesion = facts.codes
    gone = flags(lesions["status"].eq("disappeared")) | (numbers(lesions["diameter_mm"]) == 0)
    day = day_of(lesions)
    distinct, code = np.unique(np.concatenate([lesion, sizes.lesion]), return_inverse=True)
    first_gone = lowest(code[:len(lesion)][gone], day[gone], len(distinct), np.iinfo(np.int64).max)
    own = code[len(lesion):]
    later = np.flatnonzero(sizes.day > first_gone[own])
    _, first = np.unique(own[later], return_index=True)
    return rows("lesions", lesions, sizes.row[later[first]])


def new_at_first_scan(facts: Facts) -> pd.DataFrame:
    """A lesion called new where nothing of the person was seen before it."""
    lesions = facts.timeline.lesions
    person, _ = facts.codes
    day = day_of(lesions)
    seen = flags(lesions["status"].ne("not_assessed"))
    new = flags(lesions["role"].eq("new")) & seen
    first = lowest(person[seen], day[seen], int(person.max(initial=-1)) + 1, 0)
    return rows("lesions", lesions, new & (day == first[person]))
