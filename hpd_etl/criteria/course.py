"""One window set of a Timeline as arrays: persons, time points, lesion rows, targets.

What does not depend on the window set is made once (`Points`, `Lesions`); what depends on the baseline scan and the
targets alone (`Followed`), or on the local therapies between the scans (`Treated`), is shared by the window sets that
have them in common.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from hpd_etl.caps import SKIN
from hpd_etl.config import Study
from hpd_etl.grouping import (
    NO_DAY,
    Bools,
    Floats,
    Ints,
    any_of,
    distinct,
    flags,
    lookup,
    lowest,
    numbers,
    point_key,
    point_of,
    positions,
    sorted_codes,
    stable_order,
    text,
)
from hpd_etl.measurability import FILM, ROLE, STATUS, size_by_convention
from hpd_etl.schema import SCAN_CHOICES, LesionRole, LesionStatus, ScanRole, Timeline

_LOCAL = ("radiation", "surgery", "local")
NOT_MEASURED = "not_measured"
"""The reason of `scan_choices` for an examination of which nothing is known."""
_NEVER = int(np.iinfo(np.int64).max)


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

    def day_of(self, scan: Ints) -> Ints:
        """The day of each person's scan; `NO_DAY` for none."""
        return np.where(scan >= 0, self.day[scan], NO_DAY) if len(self.day) else np.full(len(scan), NO_DAY)

    def interval(self, earlier: Ints, later: Ints) -> Floats:
        """Days between two scans; NaN where one is missing."""
        first, last = self.day_of(earlier), self.day_of(later)
        return np.where((first == NO_DAY) | (last == NO_DAY), np.nan, (last - first).astype(np.float64))


@dataclass(frozen=True)
class Lesions:
    """Persons, time points and lesion rows of a timeline as arrays: the same for all window sets."""

    rows: pd.DataFrame
    ids: pa.Array
    person: Ints
    """By time point: its person."""
    row_person: Ints
    row_point: Ints
    row_day: Ints
    lesion: Ints
    lesion_keys: Ints
    """By lesion: the key of its person and name, sorted."""
    lesion_names: pa.Array
    status: Ints
    size: Floats
    is_node: Bools
    organ: Ints
    seen: Bools
    """By lesion row: it is said what is there, or that nothing is any more."""
    unseen: Bools
    """By lesion row: the lesion was not seen up to then, nor at the time point that the row concerns."""
    counts_as_new: Bools
    """By lesion row: the lesion is new if it emerges after baseline."""
    row_order: Ints
    """Lesion rows by lesion and day, and the keys in that order."""
    row_keys: Ints

    @property
    def persons(self) -> int:
        """How many persons."""
        return len(self.ids)

    @property
    def points(self) -> int:
        """How many time points."""
        return len(self.person)

    @property
    def lesions(self) -> int:
        """How many lesions."""
        return len(self.lesion_keys)

    def own_organ(self, rows: Ints) -> Ints:
        """The organs of these lesion rows: lymph nodes are one, as is each other lesion whose organ is not known."""
        nodes = int(self.organ.max(initial=-1)) + 1
        organ = np.where(self.organ[rows] < 0, nodes + 1 + self.lesion[rows], self.organ[rows])
        return np.where(self.is_node[rows], nodes, organ)

    def by_film(self, rows: Ints) -> Bools:
        """Which of these lesion rows were measured on a plain film."""
        return self.rows["modality"].iloc[rows].isin(FILM).to_numpy(np.bool_, na_value=False)

    @cached_property
    def on_skin(self) -> Bools:
        """By lesion row: a lesion of the skin, which a node is not."""
        return np.asarray(self.rows["organ"].isin(SKIN).to_numpy(np.bool_, na_value=False) & ~self.is_node)

    @cached_property
    def perpendicular(self) -> Floats:
        """By lesion row: the longest diameter perpendicular to its size; NaN where not measured."""
        return numbers(self.rows["perpendicular_mm"])

    @cached_property
    def volume(self) -> Floats:
        """By lesion row: the recorded volume in mm3; NaN where there is none."""
        return numbers(self.rows["volume_mm3"])


@dataclass(frozen=True)
class Followed:
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
    may_be_new: Bools
    """By lesion row: called new, not assessed, and not seen up to then: whether it is there is not known."""
    seen_late: Bools
    """By lesion row: first seen after baseline, and not called new."""


@dataclass(frozen=True)
class Treated:
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
class Course(Treated, Followed, Lesions):
    """All of this for one window set, with its three scans."""

    scans: Scans

    @cached_property
    def _scan_of_row(self) -> NDArray[np.int8]:
        """By lesion row: which of the three scans it is at, -1 for none."""
        of_point = np.full(self.points + 1, -1, dtype=np.int8)
        for place, scan in enumerate(self.scans.by_name.values()):
            of_point[scan[scan >= 0]] = place
        return np.asarray(of_point[self.row_point])

    def at_scan(self, name: str, marked: Bools | bool = True) -> Ints:
        """Which of the marked lesion rows are at this scan of their persons."""
        return np.flatnonzero((self._scan_of_row == list(self.scans.by_name).index(name)) & marked)

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


def lines_of(timeline: Timeline, window_sets: Iterable[str], study: Study) -> dict[str, Course]:
    """The arrays of each window set."""
    rows, choices, ids = None, timeline.scan_choices, text(timeline.index["person_id"])
    key = point_key(positions(choices["person_id"], ids), choices["days_from_index"].to_numpy(np.int64))
    role, window_set = choices["role"].cat.codes.to_numpy().astype(np.int8), choices["window_set"]
    made: dict[str, Course] = {}
    for name in window_sets:
        own = np.flatnonzero((window_set == name).to_numpy(np.bool_))
        own = own[stable_order(key[own])]
        if rows is None:
            measured = (choices["reason"] != NOT_MEASURED).to_numpy(np.bool_, na_value=True)
            rows = _lesions(timeline, ids, key[own], key[own[measured[own]]], study)
        scans = _scans(key[own], role[own], rows)
        made[name] = _course(timeline, name, scans, rows, tuple(made.values()))
    return made


def _scans(key: Ints, role: NDArray[np.int8], rows: Lesions) -> Scans:
    person, day = point_of(key)
    if len(person) != rows.points:
        raise ValueError("the window sets of a timeline have different time points")

    def at(name: ScanRole) -> Ints:
        here = np.flatnonzero(role == SCAN_CHOICES["role"].values.index(name))
        found = np.full(rows.persons, -1, dtype=np.int64)
        found[person[here]] = here
        return found

    return Scans(at(ScanRole.PRE), at(ScanRole.BASELINE), at(ScanRole.POST), day)


def _lesions(timeline: Timeline, ids: pa.Array, point_keys: Ints, measured: Ints, study: Study) -> Lesions:
    rows, targets = timeline.lesions, timeline.targets
    [row_name, target_name], names = sorted_codes(rows["lesion_id"], targets["lesion_id"])
    row_person = positions(rows["person_id"], ids)
    row_keys = row_person * len(names) + row_name
    keys = distinct(np.concatenate([row_keys, positions(targets["person_id"], ids) * len(names) + target_name]))
    lesion, day = lookup(row_keys, keys), rows["days_from_index"].to_numpy(np.int64)
    status, role = rows["status"].cat.codes.to_numpy().astype(np.int64), rows["role"].cat.codes.to_numpy()
    seen = (status != STATUS[LesionStatus.NOT_ASSESSED]) & (status != STATUS[LesionStatus.NOT_YET_PRESENT])
    called_new = any_of(lesion, role == ROLE[LesionRole.NEW], len(keys))
    by_day, at = point_key(lesion, day), point_key(row_person, day)
    at = np.where(role == ROLE[LesionRole.NEW], _answered(at, status, measured, study), at)
    order = stable_order(by_day)
    [organ], _ = sorted_codes(rows["organ"])
    return Lesions(
        rows,
        ids,
        point_of(point_keys)[0],
        row_person,
        lookup(at, point_keys),
        day,
        lesion,
        keys,
        names,
        status,
        size_by_convention(status, numbers(rows["diameter_mm"])),
        flags(rows["is_node"]),
        organ,
        seen,
        unseen=lowest(lesion[seen], day[seen], len(keys), _NEVER)[lesion] > point_of(at)[1],
        counts_as_new=called_new[lesion] | (study.lesions.new_lesions == "first_seen"),
        row_order=order,
        row_keys=by_day[order],
    )


def _answered(at: Ints, status: Ints, measured: Ints, study: Study) -> Ints:
    """The day of each row; of one that is not assessed, on a day of which nothing else is known, that of the time point
    it can concern: the last one up to so many days before it as a response has, else the next that a study may join.
    """
    lost = np.flatnonzero(status == STATUS[LesionStatus.NOT_ASSESSED])
    lost = lost[lookup(at[lost], measured) < 0]
    if not len(lost) or not len(measured):
        return at
    person, day = point_of(at[lost])
    place = np.searchsorted(measured, at[lost])
    found = at.copy()
    for step, days in ((0, study.lesions.merge_days), (-1, study.lesions.response_days)):
        near = measured[np.clip(place + step, 0, len(measured) - 1)]
        of_person, on = point_of(near)
        concerned = (of_person == person) & (np.abs(on - day) <= days) & ((on > 0) == (day > 0))
        concerned &= (on > day) if step == 0 else (on < day)
        found[lost] = np.where(concerned, near, found[lost])
    return found


def _course(timeline: Timeline, window_set: str, scans: Scans, rows: Lesions, others: tuple[Course, ...]) -> Course:
    targets = timeline.targets.loc[(timeline.targets["window_set"] == window_set).to_numpy(np.bool_)]
    followed = _followed(targets, scans, rows, others)
    return Course(
        **{name: getattr(rows, name) for name in Lesions.__dataclass_fields__},
        **{name: getattr(followed, name) for name in Followed.__dataclass_fields__},
        **vars(_treated(timeline, scans, rows, followed)),
        scans=scans,
    )


def _followed(targets: pd.DataFrame, scans: Scans, rows: Lesions, others: Iterable[Course]) -> Followed:
    """The targets and what is new beside them; that of another window set of the same baseline and targets."""
    name, person = positions(targets["lesion_id"], rows.lesion_names), positions(targets["person_id"], rows.ids)
    lesion = lookup(person * len(rows.lesion_names) + name, rows.lesion_keys)
    recorded = any_of(person, (targets["origin"] == "recorded").to_numpy(np.bool_), rows.persons)
    uncapped = any_of(person, flags(targets["uncapped"]), rows.persons)
    for other in others:
        told = (other.target_lesion, other.targets_recorded, other.targets_uncapped, other.scans.baseline)
        if all(map(np.array_equal, told, (lesion, recorded, uncapped, scans.baseline))):
            return other
    base = scans.day_of(scans.baseline)
    in_set = np.zeros(rows.lesions, dtype=np.bool_)
    in_set[lesion] = True
    last = np.where(base == NO_DAY, 0, base)[rows.row_person]
    known_before = any_of(rows.lesion, rows.seen & (rows.row_day <= last), rows.lesions)
    is_target = in_set[rows.lesion]
    after = (rows.row_day > last) & (rows.status != STATUS[LesionStatus.DISAPPEARED]) & ~is_target
    emerging = rows.seen & after & ~known_before[rows.lesion]
    unassessed = rows.unseen & after & (rows.status == STATUS[LesionStatus.NOT_ASSESSED])
    return Followed(
        person,
        lesion,
        ~any_of(person, np.ones(len(person), dtype=np.bool_), rows.persons),
        recorded,
        uncapped,
        is_target=is_target,
        is_new=emerging & rows.counts_as_new,
        may_be_new=unassessed & rows.counts_as_new,
        seen_late=emerging & ~rows.counts_as_new,
    )


def _treated(timeline: Timeline, scans: Scans, rows: Lesions, followed: Followed) -> Treated:
    """From which day each target was treated locally; whose organs are unknown; who was treated elsewhere."""
    therapies, n = timeline.therapies, rows.persons
    owner, target = followed.target_person, followed.target_lesion
    person, day = positions(therapies["person_id"], rows.ids), therapies["days_from_index"].to_numpy(np.int64)
    first = np.where(scans.pre >= 0, scans.day_of(scans.pre), scans.day_of(scans.baseline))
    last = scans.day_of(scans.post)
    local = therapies["kind"].isin(_LOCAL).to_numpy(np.bool_) & (first[person] != NO_DAY) & (last[person] != NO_DAY)
    local = local & (day > first[person]) & (day <= last[person])
    if not local.any():
        nobody = np.zeros(n, dtype=np.bool_)
        return Treated(np.zeros(len(rows.lesion), dtype=np.bool_), np.full(len(owner), NO_DAY), nobody, nobody)
    [organ, treated_organ], organs = sorted_codes(timeline.lesions["organ"], therapies["organ"])
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
    return Treated(treated_locally, since, unplaced, any_of(person, placed & away, n))
