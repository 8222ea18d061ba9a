"""Where new lesions lie: in organs that were involved at baseline, or in others (items 3 and 4 of Lo Russo 2019).

Lymph nodes together are an organ. What is not known of an organ makes an interval: a lesion without an organ may lie in
any, and a lesion that was there before and not assessed at baseline may have been there still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.criteria.course import Course
from hpd_etl.criteria.known import Known
from hpd_etl.grouping import NO_DAY, Bools, Ints, any_of, count, distinct, highest, lookup
from hpd_etl.measurability import STATUS
from hpd_etl.schema import LesionStatus, Reason

_NONE = -1


@dataclass(frozen=True)
class _Organs:
    """In which organs of these persons a lesion was there at baseline; organs as keys of person and organ."""

    involved: Ints
    perhaps: Ints
    unplaced: Ints
    """By person: lesions there, or perhaps there, whose organ is not known."""
    told: Bools
    """By person: lesions were looked at, so that there is something to compare with."""


def spread(line: Course, absent: Ints) -> dict[str, Known]:
    """The most new lesions of an involved organ, and the organs that were not involved, at the first evaluation.

    `absent` says as reason bits who lacks a scan or an answer, so that neither is known.
    """
    n, span = line.persons, int(line.organ.max(initial=-1)) + 2
    new = line.at_scan("post", line.is_new)
    concerned = np.zeros(n, dtype=np.bool_)
    concerned[line.row_person[new]] = True
    before = _at_baseline(line, concerned, span)
    organ = _organ(line, new, span)
    key, lesions = np.unique((line.row_person[new] * span + organ)[organ >= 0], return_counts=True)
    owner, free = key // span, count(line.row_person[new][organ < 0], n)
    sure = lookup(key, before.involved) >= 0
    named = (lookup(key, before.perhaps) >= 0) & ~sure
    maybe = ~sure & (named | (before.unplaced > 0)[owner])
    there = np.concatenate([before.involved, before.perhaps]) // span
    nowhere = (count(there, n) == 0) & (before.unplaced == 0)
    most = np.where(nowhere, 0, highest(owner[sure | maybe], lesions[sure | maybe], n, 0) + free)
    elsewhere, doubted = count(owner[~sure], n), count(owner[named], n)
    least = np.where(nowhere & (elsewhere == 0) & (free > 0), 1, elsewhere - doubted - before.unplaced)
    untold = concerned & ~before.told
    return {
        "new_lesions_involved": Known.between(
            highest(owner[sure], lesions[sure], n, 0), most, absent, untold, Reason.FINDING_UNKNOWN
        ),
        "organs_spread": Known.between(
            np.maximum(least, 0),
            elsewhere + free,
            absent,
            untold,
            Reason.FINDING_UNKNOWN,
        ),
    }


def _organ(line: Course, rows: Ints, span: int) -> Ints:
    """The organs of these rows; -1 where not known."""
    return np.where(line.is_node[rows], span - 1, line.organ[rows])


def _at_baseline(line: Course, concerned: Bools, span: int) -> _Organs:
    base = line.scans.day_of(line.scans.baseline)[line.row_person]
    rows = np.flatnonzero(concerned[line.row_person] & (base != NO_DAY) & (line.row_day <= base))
    lesion, day, at_base = line.lesion[rows], line.row_day[rows], (line.row_day == base)[rows]
    assessed = line.status[rows] != STATUS[LesionStatus.NOT_ASSESSED]
    there = line.seen[rows] & (line.size[rows] != 0)
    last = highest(lesion[assessed], day[assessed], line.lesions, NO_DAY)[lesion]
    is_last = (assessed & (day == last)) | (~assessed & at_base & (last == NO_DAY))
    sure = is_last & at_base & assessed & there
    perhaps = is_last & ~(at_base & assessed) & (there | ~assessed)
    person, organ = line.row_person[rows], _organ(line, rows, span)
    key = person * span + organ
    return _Organs(
        distinct(key[sure & (organ >= 0)]),
        distinct(key[perhaps & (organ >= 0)]),
        count(person[(sure | perhaps) & (organ < 0)], line.persons),
        any_of(person, assessed, line.persons),
    )
