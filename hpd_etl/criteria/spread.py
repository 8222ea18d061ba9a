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
class Organs:
    """In which organs of a person a lesion was there at baseline; organs as keys of person and organ."""

    involved: Ints
    perhaps: Ints
    unplaced: Ints
    """By person: lesions there, or perhaps there, whose organ is not known."""
    told: Bools
    """By person: lesions were looked at, so that there is something to compare with."""


def spread(line: Course, before: Organs, absent: Ints) -> dict[str, Known]:
    """The most new lesions of an involved organ, and the organs that were not involved, at the first evaluation.

    `before` are the organs at baseline; `absent` says as reason bits who lacks a scan or an answer, so that neither is
    known.
    """
    n, span, new = line.persons, line.organs + 1, line.among(line.new, line.scans.post)
    organ = _organ(line, new)
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
    untold = (count(line.row_person[new], n) > 0) & ~before.told
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


def _organ(line: Course, rows: Ints) -> Ints:
    """The organs of these rows; -1 where not known."""
    return np.where(line.is_node[rows], line.organs, line.organ[rows])


def organs_at_baseline(line: Course) -> Organs:
    """The organs in which those have lesions at baseline who have a new one at any time."""
    concerned, span = np.zeros(line.persons, dtype=np.bool_), line.organs + 1
    concerned[line.row_person[line.new]] = True
    rows = np.flatnonzero(concerned[line.row_person])
    base, day = line.scans.baseline_day[line.row_person[rows]], line.row_day[rows]
    before = (base != NO_DAY) & (day <= base)
    rows, day, at_base = rows[before], day[before], (day == base)[before]
    lesion = line.lesion[rows]
    assessed = line.status[rows] != STATUS[LesionStatus.NOT_ASSESSED]
    there = line.seen[rows] & (line.size[rows] != 0)
    last = highest(lesion[assessed], day[assessed], line.lesions, NO_DAY)[lesion]
    is_last = (assessed & (day == last)) | (~assessed & at_base & (last == NO_DAY))
    sure = is_last & at_base & assessed & there
    perhaps = is_last & ~(at_base & assessed) & (there | ~assessed)
    person, organ = line.row_person[rows], _organ(line, rows)
    key = person * span + organ
    return Organs(
        distinct(key[sure & (organ >= 0)]),
        distinct(key[perhaps & (organ >= 0)]),
        count(person[(sure | perhaps) & (organ < 0)], line.persons),
        any_of(person, assessed, line.persons),
    )
