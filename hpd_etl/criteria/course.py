"""One window set of a Timeline as arrays: persons, time points, lesion rows, targets.

What does not depend on the window set is made once (`Lesions`); what depends on the baseline scan and the targets
alone (`FollowedTargets`), or on the local therapies between the scans (`TreatedTargets`), is shared by the window sets
that have them in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpd_etl.config import Study
from hpd_etl.criteria.lesions import Lesions, Targets, read
from hpd_etl.grouping import (
    NO_DAY,
    Bools,
    Floats,
    Ints,
    any_of,
    count,
    distinct,
    lookup,
    lowest,
    point_key,
    point_of,
    positions,
    rows_by_name,
    shared,
    sorted_codes,
    stable_order,
    text,
)
from hpd_etl.measurability import STATUS
from hpd_etl.schema import SCAN_CHOICES, LesionStatus, ScanRole, Timeline

NOT_MEASURED = "not_measured"
"""The reason of `scan_choices` for an examination of which nothing is known."""


@dataclass(frozen=True)
class Scans:
    """The three scans of each person: index of the time point, -1 for none, and its day."""

    pre: Ints
    baseline: Ints
    post: Ints
    day: Ints
    """Day of every time point."""

    @property
    def by_name(self) -> dict[str, Ints]:
        """The three scans under their names."""
        return {"pre": self.pre, "baseline": self.baseline, "post": self.post}

    @cached_property
    def pre_day(self) -> Ints:
        """The day of each person's scan before baseline; `NO_DAY` for none."""
        return self.day_of(self.pre)

    @cached_property
    def baseline_day(self) -> Ints:
        """The day of each person's baseline scan; `NO_DAY` for none."""
        return self.day_of(self.baseline)

    @cached_property
    def post_day(self) -> Ints:
        """The day of each person's first evaluation; `NO_DAY` for none."""
        return self.day_of(self.post)

    def day_of(self, scan: Ints) -> Ints:
        """The day of each person's scan; `NO_DAY` for none."""
        return np.where(scan >= 0, self.day[scan], NO_DAY) if len(self.day) else np.full(len(scan), NO_DAY)

    @cached_property
    def dt_pre(self) -> Floats:
        """Days from the scan before baseline to baseline; NaN where one is missing."""
        return _interval(self.pre_day, self.baseline_day)

    @cached_property
    def dt_post(self) -> Floats:
        """Days from baseline to the first evaluation; NaN where one is missing."""
        return _interval(self.baseline_day, self.post_day)


def _interval(first: Ints, last: Ints) -> Floats:
    return np.where((first == NO_DAY) | (last == NO_DAY), np.nan, (last - first).astype(np.float64))


@dataclass(frozen=True)
class FollowedTargets:
    """The targets of one baseline, and what is new beside them."""

    target_person: Ints
    target_lesion: Ints
    without_targets: Bools
    """By person: there is no target, so that a recorded sum may stand in."""
    targets_recorded: Bools
    targets_uncapped: Bools
    is_target: Bools
    """By lesion row: belongs to the target set."""
    is_new: Bools
    """By lesion row: a new lesion that is seen, after baseline."""
    new: Ints
    """These rows."""
    may_be_new: Bools
    """By lesion row: called new and not assessed: whether it is there is not known."""
    seen_late: Bools
    """By lesion row: first seen after baseline, and not called new."""
    shows_new: Bools
    """By time point: a new lesion is seen, or may be there."""
    shows_late: Bools
    """By time point: a lesion is first seen after baseline, and not called new."""


@dataclass(frozen=True)
class TreatedTargets:
    """Which targets were treated locally between the scans (ambiguity C4)."""

    treated_locally: Bools
    """By lesion row: a target in an organ that was treated locally before."""
    local_from: Ints
    """By target: day from which it is not assessed; `NO_DAY` if never."""
    organ_unknown: Bools
    """By person: a local therapy in the window whose organ, or whose targets' organ, is not known."""
    local_elsewhere: Bools
    """By person: a local therapy in the window to an organ that holds no target, by its name."""


@dataclass(frozen=True)
class Course(TreatedTargets, FollowedTargets, Lesions):
    """All of this for one window set, with its three scans."""

    scans: Scans

    def among(self, rows: Ints, scan: Ints) -> Ints:
        """Those of the lesion rows that are at this scan of their persons."""
        at = self.row_point[rows]
        return np.asarray(rows[(at >= 0) & (at == scan[self.row_person[rows]])])

    def same_burdens(self, other: Course) -> bool:
        """Whether the two have the same baseline, targets and local therapies, hence the same sums at all points."""
        return self.is_target is other.is_target and bool(np.array_equal(self.local_from, other.local_from))

    def narrowed(self, kept: Bools) -> Course:
        """The course with these of its targets alone; the others are no new lesions for that."""
        in_set = np.zeros(self.lesions, dtype=np.bool_)
        in_set[self.target_lesion[kept]] = True
        return replace(
            self,
            target_person=self.target_person[kept],
            target_lesion=self.target_lesion[kept],
            is_target=in_set[self.lesion],
            local_from=self.local_from[kept],
        )


def course_by_window_set(timeline: Timeline, window_sets: Iterable[str], study: Study) -> dict[str, Course]:
    """The arrays of each window set, by its name."""
    ids, wanted = text(timeline.index["person_id"]), list(window_sets)
    if not wanted:
        return {}
    choices, nothing = timeline.scan_choices, np.zeros(0, dtype=np.int64)
    own = rows_by_name(choices["window_set"])
    key = point_key(positions(choices["person_id"], ids), choices["days_from_index"].to_numpy(np.int64))
    own = {name: _by_point(own.get(name, nothing), key) for name in wanted}
    point_keys, known = key[own[wanted[0]]], (choices["reason"] != NOT_MEASURED).to_numpy(np.bool_, na_value=True)
    if not all(np.array_equal(key[rows], point_keys) for rows in own.values()):
        raise ValueError("the window sets of a timeline have different time points")
    rows, targets = read(timeline, ids, point_keys, point_keys[known[own[wanted[0]]]], study)
    scans = _scans({name: choices["role"].cat.codes.to_numpy()[at] for name, at in own.items()}, point_keys, rows)
    made: dict[str, Course] = {}
    for name in wanted:
        own_targets = targets.get(name, Targets.none(len(ids)))
        made[name] = _course(timeline, own_targets, scans[name], rows, tuple(made.values()))
    return made


def _by_point(rows: Ints, key: Ints) -> Ints:
    return rows[stable_order(key[rows])]


def _scans(roles: Mapping[str, NDArray[np.integer]], point_keys: Ints, rows: Lesions) -> dict[str, Scans]:
    """The scans of each window set; those that are chosen alike are the same array."""
    person, day = point_of(point_keys)

    def at(role: ScanRole) -> list[Ints]:
        code, found = SCAN_CHOICES["role"].values.index(role), []
        for here in (np.flatnonzero(role == code) for role in roles.values()):
            found.append(np.full(rows.persons, -1, dtype=np.int64))
            found[-1][person[here]] = here
        apart, which = shared(found)
        return [apart[place] for place in which]

    chosen = zip(at(ScanRole.PRE), at(ScanRole.BASELINE), at(ScanRole.POST), strict=True)
    return {name: Scans(*three, day) for name, three in zip(roles, chosen, strict=True)}


def _course(timeline: Timeline, targets: Targets, scans: Scans, rows: Lesions, others: tuple[Course, ...]) -> Course:
    followed = _followed(targets, scans, rows, others)
    return Course(
        **{name: getattr(rows, name) for name in Lesions.__dataclass_fields__},
        **{name: getattr(followed, name) for name in FollowedTargets.__dataclass_fields__},
        **vars(_treated(timeline, scans, rows, followed)),
        scans=scans,
    )


def _followed(targets: Targets, scans: Scans, rows: Lesions, others: Iterable[Course]) -> FollowedTargets:
    """The targets and what is new beside them; that of another window set of the same baseline and targets."""
    for other in others:
        alike = other.target_lesion is targets.lesion and other.scans.baseline is scans.baseline
        told = (other.targets_recorded, other.targets_uncapped), (targets.recorded, targets.uncapped)
        if alike and all(map(np.array_equal, *told)):
            return other
    base = scans.baseline_day
    in_set = np.zeros(rows.lesions, dtype=np.bool_)
    in_set[targets.lesion] = True
    last = np.where(base == NO_DAY, 0, base)[rows.row_person]
    up_to_then = rows.row_day <= last
    known_before = any_of(rows.lesion, rows.seen & up_to_then, rows.lesions)
    is_target = in_set[rows.lesion]
    after = ~up_to_then & ~is_target & (rows.status != STATUS[LesionStatus.DISAPPEARED])
    emerging = rows.seen & after & ~known_before[rows.lesion]
    is_new, seen_late = emerging & rows.counts_as_new, emerging & ~rows.counts_as_new
    may_be_new = after & rows.counts_as_new & (rows.status == STATUS[LesionStatus.NOT_ASSESSED])
    may_be_new &= ~known_before[rows.lesion]
    if may_be_new.any():
        may_be_new[may_be_new] = ~_seen_at_once(rows, np.flatnonzero(may_be_new))
    return FollowedTargets(
        target_person=targets.person,
        target_lesion=targets.lesion,
        without_targets=count(targets.person, rows.persons) == 0,
        targets_recorded=targets.recorded,
        targets_uncapped=targets.uncapped,
        is_target=is_target,
        is_new=is_new,
        new=np.flatnonzero(is_new),
        may_be_new=may_be_new,
        seen_late=seen_late,
        shows_new=rows.at_points(is_new | may_be_new),
        shows_late=rows.at_points(seen_late),
    )


def _seen_at_once(rows: Lesions, unassessed: Ints) -> Bools:
    """Of these lesion rows: another row of the same time point shows the lesion."""
    asked = any_of(rows.lesion[unassessed], np.ones(len(unassessed), dtype=np.bool_), rows.lesions)
    row = np.flatnonzero(rows.seen & asked[rows.lesion])
    at = rows.lesion * (rows.points + 1) + rows.row_point
    return np.isin(at[unassessed], at[row])


def _treated(timeline: Timeline, scans: Scans, rows: Lesions, followed: FollowedTargets) -> TreatedTargets:
    """From which day each target was treated locally; whose organs are unknown; who was treated elsewhere."""
    therapies, n = rows.therapies, rows.persons
    owner, target = followed.target_person, followed.target_lesion
    person, day = therapies.person, therapies.day
    first = np.where(scans.pre >= 0, scans.pre_day, scans.baseline_day)[person]
    last = scans.post_day[person]
    local = therapies.local & (first != NO_DAY) & (last != NO_DAY) & (day > first) & (day <= last)
    if not local.any():
        nobody = np.zeros(n, dtype=np.bool_)
        return TreatedTargets(np.zeros(len(rows.lesion), dtype=np.bool_), np.full(len(owner), NO_DAY), nobody, nobody)
    [organ, treated_organ], organs = sorted_codes(timeline.lesions["organ"], timeline.therapies["organ"])
    span = len(organs) + 1
    organ_of = lowest(rows.lesion[organ >= 0], organ[organ >= 0], rows.lesions, -1)[target]
    placed = local & (treated_organ >= 0)
    places, place = np.unique(person[placed] * span + treated_organ[placed], return_inverse=True)
    at = lookup(owner * span + organ_of, places)
    starts = np.append(lowest(place, day[placed], len(places), NO_DAY), NO_DAY)
    since = np.where((at >= 0) & (organ_of >= 0), starts[at], NO_DAY)
    unplaced = any_of(person, local & (treated_organ < 0), n)
    unplaced |= any_of(owner, any_of(person, local, n)[owner] & (organ_of < 0), n)
    away = lookup(person * span + treated_organ, distinct((owner * span + organ_of)[organ_of >= 0])) < 0
    lesion_local = np.full(rows.lesions, NO_DAY)
    lesion_local[target] = since
    of_row = lesion_local[rows.lesion]
    treated_locally = (of_row != NO_DAY) & (rows.row_day >= of_row)
    return TreatedTargets(treated_locally, since, unplaced, any_of(person, placed & away, n))
