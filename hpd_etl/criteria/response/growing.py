"""What has grown since an unconfirmed progression: non-targets, new lesions, and lesions that came since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.caps import CAPS
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.response.non_targets import rows_of
from hpd_etl.criteria.rules import above
from hpd_etl.grouping import Bools, Floats, Ints, any_of, lookup, lowest, point_key, rank_in_group, stable_order, total
from hpd_etl.measurability import STATUS, measurable
from hpd_etl.schema import LesionStatus


@dataclass(frozen=True)
class More:
    """What is more at some visits than at others of the same persons."""

    non_targets: Bools
    """A non-target lesion is larger, or has progressed that had not."""
    new_targets_mm: Floats
    """By how much the new lesions that are measured like targets grew together; one that is gone counts against."""
    new_others: Bools
    """Another new lesion is larger."""
    additional: Bools
    """A new lesion is there that was not."""


@dataclass(frozen=True)
class Growing:
    """The rows of non-target and of new lesions, sorted by time point."""

    row: Ints
    point: Ints
    is_new: Bools
    measured_like_targets: Bools
    """By lesion."""
    first_seen: Ints
    """By lesion: the first time point at which it is seen as a new one."""

    def since(self, line: Course, at: Ints, earlier: Ints) -> More:
        """What is more at these visits, one a person, than at earlier ones (-1 for none)."""
        n = len(at)
        first, last = np.searchsorted(self.point, at), np.searchsorted(self.point, at, side="right")
        lengths = np.where(earlier >= 0, last - first, 0)
        visit = np.repeat(np.arange(n), lengths)
        chosen = np.repeat(first, lengths) + rank_in_group(visit)
        row, new, before = self.row[chosen], self.is_new[chosen], earlier[visit]
        lesion = line.lesion[row]
        then = lookup(point_key(lesion, line.scans.day[before]), line.row_keys)
        there = then >= 0
        source = line.row_order[np.maximum(then, 0)]
        size_then = np.where(there, line.size[source], np.nan)
        larger = above(line.size[row], size_then)
        progressed = STATUS[LesionStatus.PROGRESSED]
        worse = (line.status[row] == progressed) & ~(there & (line.status[source] == progressed))
        like_targets = self.measured_like_targets[lesion]
        grown = np.where(like_targets, np.nan_to_num(line.size[row] - size_then), 0.0)
        return More(
            any_of(visit, ~new & (larger | worse), n),
            total(visit, grown, n),
            any_of(visit, new & ~like_targets & larger, n),
            any_of(visit, new & (self.first_seen[lesion] > before), n),
        )


def growing(line: Course, persons: Bools) -> Growing:
    """The rows of these persons that may confirm a progression."""
    row = np.flatnonzero((rows_of(line) | line.is_new) & (line.row_point >= 0) & persons[line.row_person])
    row = row[stable_order(line.row_point[row])]
    is_new = line.is_new[row]
    first_seen = lowest(line.lesion[row[is_new]], line.row_point[row[is_new]], line.lesions, line.points)
    return Growing(row, line.row_point[row], is_new, _like_targets(line, row[is_new], first_seen), first_seen)


def _like_targets(line: Course, new: Ints, first_seen: Ints) -> Bools:
    """New lesions that are measurable when first seen: as many as targets, earliest and largest first."""
    large = measurable(line.size[new], line.is_node[new], line.by_film(new))
    large &= line.row_point[new] == first_seen[line.lesion[new]]
    found = new[large]
    found = found[np.lexsort((line.lesion[found], line.organ[found], -line.size[found], line.row_point[found]))]
    found = found[CAPS["RECIST1.1"].allowed(line.row_person[found], line.own_organ(found), line.on_skin[found])]
    marked = np.zeros(line.lesions, dtype=np.bool_)
    marked[line.lesion[found]] = True
    return marked
