"""The tumour burden at every time point of one window set: targets, new lesions, recorded sums.

A target counts with its diameter, 5 mm when too small to measure, 0 mm when it disappeared or was not
yet present; a sum with a target missing is missing, never smaller (ambiguities C1-C5, C8, C14). The sum of products
and of volumes are made where somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hpd_etl.caps import CAPS, Caps
from hpd_etl.config import Study
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.reasons import BIT
from hpd_etl.criteria.rulers import areas, perhaps_measurable_area, volumes
from hpd_etl.grouping import (
    NO_DAY,
    Bools,
    Floats,
    Ints,
    any_of,
    count,
    distinct,
    lookup,
    numbers,
    point_key,
    positions,
    total,
)
from hpd_etl.measurability import STATUS, measurable, persists
from hpd_etl.schema import LesionStatus, Reason, Timeline

_NOT_ASSESSED = STATUS[LesionStatus.NOT_ASSESSED]


@dataclass(frozen=True)
class Ruled:
    """The burden by one ruler at each time point."""

    targets: Floats
    """Sum over the targets with a value."""
    complete: Bools
    """Every target has one."""
    new: Floats
    """Sum over the new lesions that count."""
    new_complete: Bools
    """And nothing else is new."""
    missing: Mapping[str, Ints]
    """By scan (pre, baseline, post) and person: why the sum over the targets is missing, as reason bits."""


@dataclass(frozen=True)
class Burden:
    """Sums at each time point; `complete` where every target has a value."""

    line: Course
    targets_mm: Floats
    """Sum over the targets with a value."""
    complete: Bools
    followed: Ints
    """The lesion rows of targets that are assessed, and the time points of each."""
    followed_point: Ints
    n_targets: Ints
    """Targets assessed, with a size or without."""
    new_mm: Floats
    """Sum over the measurable new lesions."""
    new_known: Bools
    """Whether there is a new lesion: one is seen, or none may be there.

    False after baseline where none was seen, and one was not assessed or the study denies that no row means none.
    """
    further_known: Bools
    """Which lesions are there that nobody had seen before is known too: none may lack its row or was asked in vain."""
    new_complete: Bools
    """And every new lesion was assessed, those seen before included: their number and their sum are known."""
    added: Ints
    """Lesion rows: the measurable new lesions that enter a sum of diameters or of volumes."""
    n_new: Ints
    n_new_measurable: Ints
    n_new_organs: Ints
    persisting: Ints
    """Targets that are still there: above 0 mm, a node from 10 mm on."""
    recorded: Bools
    """The sum is the recorded one, as the person has no target lesions."""
    set_size: Ints
    """By person: targets in the set."""
    missing: Mapping[str, Ints]
    """By scan (pre, baseline, post) and person: why the sum is missing, as reason bits."""

    @property
    def sld(self) -> Ruled:
        """The burden in diameters."""
        return Ruled(self.targets_mm, self.complete, self.new_mm, self.new_complete, self.missing)

    @cached_property
    def spd(self) -> Ruled:
        """The burden in products of perpendicular diameters; a target without one leaves it missing (C11)."""
        line, product = self.line, areas(self.line)
        return self._ruled(product, line.new[perhaps_measurable_area(line, line.new)], CAPS["irRC"])

    @property
    def spd_mm2(self) -> Floats:
        """Sum of products over the targets with both diameters."""
        return self.spd.targets

    @property
    def new_spd_mm2(self) -> Floats:
        """Sum of products over the measurable new lesions."""
        return self.spd.new

    @property
    def spd_complete(self) -> Bools:
        """Every target has both diameters, and every new lesion that counts."""
        return self.spd.complete & (self.spd.new_complete | ~self.new_complete)

    @cached_property
    def volume(self) -> Ruled:
        """The burden in volumes (C11)."""
        value, _ = self._volumes
        return self._ruled(value, self.added)

    @cached_property
    def spherical(self) -> Bools:
        """By person: the volumes are those of spheres of the diameters."""
        return (self.set_size > 0) & self._volumes[1]

    @cached_property
    def _volumes(self) -> tuple[Floats, Bools]:
        return volumes(self.line)

    def _ruled(self, value: Floats, new: Ints, caps: Caps | None = None) -> Ruled:
        """By these values of lesion rows; of the new ones those that the caps allow, unknown where any is."""
        line, n = self.line, self.line.points
        unknown = np.isnan(value[new])
        added = new[~unknown] if caps is None else _largest(line, new[~unknown], value, caps)
        used, point = _valued(self.followed, self.followed_point, value)
        complete = _are_all(count(point, n), self.set_size, line)
        missing = {name: _missing(line, scan, value, complete) for name, scan in line.scans.by_name.items()}
        return Ruled(
            total(point, value[used], n),
            complete,
            total(line.row_point[added], value[added], n),
            self.new_complete & ~any_of(line.row_point[new], unknown, n),
            missing,
        )


def burden(line: Course, timeline: Timeline, study: Study) -> Burden:
    """The burden at each time point of the course."""
    n = line.points
    followed = np.flatnonzero(line.is_target & (line.status != _NOT_ASSESSED) & ~line.treated_locally)
    followed_point = line.row_point[followed]
    used, point = _valued(followed, followed_point, line.size)
    size, known = line.size[used], count(point, n)
    gone = np.flatnonzero(~persists(size, line.is_node[used]))
    set_size = count(line.target_person, line.persons)
    complete = _are_all(known, set_size, line)
    recorded_mm = _recorded_sums(line, timeline)
    by_sum = line.without_targets[line.person] & ~np.isnan(recorded_mm)
    complete |= by_sum
    new = line.new
    large = new[measurable(line.size[new], line.is_node[new], line.by_film(new))]
    added = _largest(line, large, line.size, CAPS["RECIST1.1"]) if study.criteria.new_lesion_cap else large
    after = _after_baseline(line)
    unassessed = any_of(line.row_point, line.may_be_new, n) & after
    unheard_of = any_of(line.row_point, line.may_be_new & line.unseen, n) & after
    n_new = count(line.row_point[new], n)
    answered = study.lesions.no_row_means_no_new_lesion | ~after
    return Burden(
        line=line,
        targets_mm=np.where(by_sum, np.round(np.nan_to_num(recorded_mm), 6), total(point, size, n)),
        complete=complete,
        followed=followed,
        followed_point=followed_point,
        n_targets=count(followed_point, n),
        new_mm=total(line.row_point[added], line.size[added], n),
        new_known=answered & ~unassessed | (n_new > 0),
        further_known=answered & ~unheard_of,
        new_complete=answered & ~unassessed & ~_lost_from_sight(line),
        added=added,
        n_new=n_new,
        n_new_measurable=count(line.row_point[large], n),
        n_new_organs=_organs(line, new),
        persisting=known - count(point[gone], n),
        recorded=by_sum,
        set_size=set_size,
        missing={name: _missing(line, scan, line.size, complete) for name, scan in line.scans.by_name.items()},
    )


def _valued(rows: Ints, points: Ints, value: Floats) -> tuple[Ints, Ints]:
    """Those of the lesion rows that have a value, and their time points."""
    known = ~np.isnan(value[rows])
    return (rows, points) if known.all() else (rows[known], points[known])


def _are_all(known: Ints, set_size: Ints, line: Course) -> Bools:
    """By time point: the person has targets, and so many are all of them."""
    targets = set_size[line.person]
    return np.asarray((known == targets) & (targets > 0))


def at_other_scans(sums: Burden, line: Course) -> Burden:
    """The same burden for a window set that chose other scans and nothing else."""
    before = sums.line.scans.by_name
    missing = {
        name: sums.missing[name] if before[name] is scan else _missing(line, scan, line.size, sums.complete)
        for name, scan in line.scans.by_name.items()
    }
    return replace(sums, line=line, missing=missing)


def _largest(line: Course, new: Ints, size: Floats, caps: Caps) -> Ints:
    """Of these rows of new lesions the largest of each time point that the caps allow."""
    if count(line.row_point[new], line.points).max(initial=0) <= caps.per_organ:
        return new
    ordered = new[np.lexsort((-size[new], line.row_point[new]))]
    return ordered[caps.allowed(line.row_point[ordered], line.own_organ(ordered), line.on_skin[ordered])]


def _lost_from_sight(line: Course) -> Bools:
    """Time points without a row of a new lesion that was there when it was last looked at: it is not assessed (C1)."""
    if not len(line.new):
        return np.zeros(line.points, dtype=np.bool_)
    known = np.zeros(line.lesions, dtype=np.bool_)
    known[line.lesion[line.new]] = True
    row = np.flatnonzero(known[line.lesion] & (line.row_point >= 0))
    row = row[np.lexsort((line.row_point[row], line.lesion[row]))]
    point, lesion, person = line.row_point[row], line.lesion[row], line.row_person[row]
    until = np.searchsorted(line.person, person, side="right")
    until[:-1] = np.where(lesion[:-1] == lesion[1:], point[1:], until[:-1])
    open_ended = (line.is_new | (line.may_be_new & ~line.unseen))[row] & (point + 1 < until)
    begun, over = (count(place[open_ended], line.points + 1) for place in (point + 1, until))
    return np.asarray(np.cumsum(begun - over)[:-1] > 0)


def _organs(line: Course, new: Ints) -> Ints:
    """By time point: the organs in which these new lesions lie."""
    organ = line.own_organ(new)
    span = int(organ.max(initial=0)) + 1
    return count(distinct(line.row_point[new] * span + organ) // span, line.points)


def _after_baseline(line: Course) -> Bools:
    """Time points at which a lesion may be new: what is asked after baseline may concern the baseline scan itself."""
    base = line.scans.day_of(line.scans.baseline)[line.person]
    return np.asarray(line.scans.day > np.where(base == NO_DAY, 0, base))


def _recorded_sums(line: Course, timeline: Timeline) -> Floats:
    """The recorded sum of longest diameters at each time point; NaN where none."""
    sums = timeline.tumour_sums.loc[(timeline.tumour_sums["kind"] == "SLD").to_numpy(np.bool_, na_value=False)]
    recorded = np.full(line.points, np.nan)
    if not len(sums):
        return recorded
    keys = point_key(positions(sums["person_id"], line.ids), sums["days_from_index"].to_numpy(np.int64))
    at = lookup(keys, point_key(line.person, line.scans.day))
    recorded[at[at >= 0]] = numbers(sums["value"])[at >= 0]
    return recorded


def _missing(line: Course, scan: Ints, values: Floats, complete: Bools) -> Ints:
    """Why the sum at each person's scan is missing, as reason bits; 0 where it is known or there is no scan."""
    why = np.zeros(line.persons, dtype=np.int64)
    if not line.points:
        return why
    incomplete = (scan >= 0) & ~complete[scan]
    if not incomplete.any():
        return why
    of_set = np.flatnonzero(incomplete[line.target_person])
    owner, local_from = line.target_person[of_set], line.local_from[of_set]
    day = line.scans.day_of(scan)[owner]
    at = lookup(point_key(line.target_lesion[of_set], day), line.row_keys)
    there = at >= 0
    row = line.row_order[at[there]]
    local = (local_from != NO_DAY) & (day >= local_from)
    valued, node = np.zeros(len(at), dtype=np.bool_), np.zeros(len(at), dtype=np.bool_)
    valued[there] = ~np.isnan(values[row])
    node[there] = line.is_node[row] & np.isnan(line.size[row]) & (line.status[row] != _NOT_ASSESSED)
    bits = np.where(node, BIT[Reason.NODE_SHORT_AXIS_MISSING], BIT[Reason.LESION_SET_MISMATCH])
    bits = np.where(local, BIT[Reason.LOCAL_THERAPY], np.where(valued, 0, bits))
    np.bitwise_or.at(why, owner, bits)
    without_set = incomplete & (line.scans.baseline >= 0) & (count(line.target_person, line.persons) == 0)
    return np.where(without_set, BIT[Reason.LESION_SET_MISMATCH], why)
