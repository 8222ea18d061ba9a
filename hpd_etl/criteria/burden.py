"""The tumour burden at every time point of one window set: targets, new lesions, recorded sums.

A target counts with its diameter, 5 mm when too small to measure, 0 mm when it disappeared or was not
yet present; a sum with a target missing is missing, never smaller (ambiguities C1-C5, C8, C14).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hpd_etl.config import Study
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.reasons import BIT
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


@dataclass(frozen=True)
class Burden:
    """Sums at each time point; `complete` where every target has a value."""

    targets_mm: Floats
    """Sum over the targets with a value."""
    complete: Bools
    n_targets: Ints
    """Targets assessed, with a size or without."""
    new_mm: Floats
    """Sum over the measurable new lesions."""
    new_known: Bools
    """Whether there is a new lesion: one is seen, or none may be there.

    False after baseline where none was seen, and one was not assessed or the study denies that no row means none.
    """
    new_complete: Bools
    """That is known, and every new lesion was assessed: their number and their sum are known too."""
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


def burden(line: Course, timeline: Timeline, study: Study) -> Burden:
    """The burden at each time point of the course."""
    n = line.points
    placed = line.row_point >= 0
    followed = placed & line.is_target & (line.status != STATUS[LesionStatus.NOT_ASSESSED]) & ~line.treated_locally
    used = np.flatnonzero(followed & ~np.isnan(line.size))
    point, size, node = line.row_point[used], line.size[used], line.is_node[used]
    known = count(point, n)
    set_size = count(line.target_person, line.persons)
    targets_mm, complete = total(point, size, n), known == set_size[line.person]
    complete &= set_size[line.person] > 0
    recorded_mm = _recorded_sums(line, timeline)
    by_sum = (set_size == 0)[line.person] & ~np.isnan(recorded_mm)
    there = persists(size, node)
    new = np.flatnonzero(placed & line.is_new)
    grown = new[measurable(line.size[new], line.is_node[new])]
    unassessed = any_of(line.row_point[placed], line.may_be_new[placed], n)
    new_known = _new_known(line, count(line.row_point[new], n), unassessed, study)
    own_organ = np.where(line.organ < 0, int(line.organ.max(initial=0)) + 2 + line.lesion, line.organ)
    own_organ = np.where(line.is_node, int(line.organ.max(initial=0)) + 1, own_organ)
    organs = distinct(line.row_point[new] * (int(own_organ.max(initial=0)) + 1) + own_organ[new])
    return Burden(
        np.where(by_sum, np.round(np.nan_to_num(recorded_mm), 6), targets_mm),
        complete | by_sum,
        count(line.row_point[followed], n),
        total(line.row_point[grown], line.size[grown], n),
        new_known,
        new_known & ~unassessed,
        count(line.row_point[new], n),
        count(line.row_point[grown], n),
        count(organs // (int(own_organ.max(initial=0)) + 1), n),
        count(point[there], n),
        by_sum,
        set_size,
        {name: _missing_targets(line, scan, set_size, complete | by_sum) for name, scan in line.scans.by_name.items()},
    )


def _new_known(line: Course, n_new: Ints, unassessed: Bools, study: Study) -> Bools:
    base = line.scans.day_of(line.scans.baseline)[line.person]
    stated = ~unassessed & study.lesions.no_row_means_no_new_lesion
    return stated | (n_new > 0) | (line.scans.day <= np.where(base == NO_DAY, 0, base))


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


def _missing_targets(line: Course, scan: Ints, set_size: Ints, complete: Bools) -> Ints:
    """Why the sum at each person's scan is missing, as reason bits; 0 where it is known or there is no scan."""
    owner, has_scan = line.target_person, scan >= 0
    order, rows = line.row_order, line.row_keys
    day = line.scans.day_of(scan)[owner]
    at = lookup(point_key(line.target_lesion, np.where(day == NO_DAY, 0, day)), rows)
    row = order[at] if len(order) else at
    has_row = (at >= 0) & (day != NO_DAY)
    local = (line.local_from != NO_DAY) & (day >= line.local_from)
    if len(order):
        valued = has_row & ~np.isnan(line.size[row]) & ~local
        node = (
            has_row
            & line.is_node[row]
            & np.isnan(line.size[row])
            & (line.status[row] != STATUS[LesionStatus.NOT_ASSESSED])
        )
    else:
        valued = node = np.zeros(len(owner), dtype=np.bool_)
    bits = np.where(
        local,
        BIT[Reason.LOCAL_THERAPY],
        np.where(node, BIT[Reason.NODE_SHORT_AXIS_MISSING], BIT[Reason.LESION_SET_MISMATCH]),
    )
    bits = np.where(valued | ~has_scan[owner], 0, bits)
    why = np.zeros(line.persons, dtype=np.int64)
    np.bitwise_or.at(why, owner, bits)
    without_set = has_scan & (line.scans.baseline >= 0) & (set_size == 0)
    if line.points:
        without_set &= ~complete[np.maximum(scan, 0)]
    return np.where(without_set, BIT[Reason.LESION_SET_MISMATCH], why)
