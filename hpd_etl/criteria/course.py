"""One window set of a Timeline as arrays: persons, time points, lesion rows, targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

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
from hpd_etl.measurability import ROLE, STATUS, size_by_convention
from hpd_etl.schema import SCAN_CHOICES, LesionRole, LesionStatus, ScanRole, Timeline

_LOCAL = ("radiation", "surgery", "local")
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
class Course:
    """Persons, time points and lesion rows of one window set, as arrays."""

    ids: pa.Array
    person: Ints
    """By time point: its person."""
    scans: Scans
    row_person: Ints
    row_point: Ints
    row_day: Ints
    lesion: Ints
    status: Ints
    size: Floats
    is_node: Bools
    organ: Ints
    is_target: Bools
    """By lesion row: belongs to the target set."""
    is_new: Bools
    """By lesion row: a new lesion that is seen, after baseline."""
    may_be_new: Bools
    """By lesion row: called new, not assessed, and not seen up to then: whether it is there is not known."""
    seen_late: Bools
    """By lesion row: first seen after baseline, and not called new."""
    treated_locally: Bools
    """By lesion row: a target in an organ that was treated locally before (ambiguity C4)."""
    target_person: Ints
    target_lesion: Ints
    local_from: Ints
    """By target: day from which it is not assessed; `NO_DAY` if never."""
    organ_unknown: Bools
    """By person: a local therapy in the window whose organ, or whose targets' organ, is not known."""
    local_elsewhere: Bools
    """By person: a local therapy in the window to an organ that holds no target, by its name."""
    targets_recorded: Bools
    targets_uncapped: Bools
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


def course(timeline: Timeline, window_set: str, study: Study) -> Course:
    """The arrays of one window set."""
    ids = text(timeline.index["person_id"])
    choices = timeline.scan_choices.loc[(timeline.scan_choices["window_set"] == window_set).to_numpy(np.bool_)]
    key = point_key(positions(choices["person_id"], ids), choices["days_from_index"].to_numpy(np.int64))
    order = stable_order(key)
    key, role = key[order], choices["role"].cat.codes.to_numpy().astype(np.int64)[order]
    person, day = point_of(key)
    pre, baseline, post = (
        _point_of_role(person, role, name, len(ids)) for name in (ScanRole.PRE, ScanRole.BASELINE, ScanRole.POST)
    )
    scans = Scans(pre, baseline, post, day)
    return _with_lesions(timeline, window_set, study, ids, person, key, scans)


def _point_of_role(person: Ints, role: Ints, name: ScanRole, n: int) -> Ints:
    at = np.flatnonzero(role == SCAN_CHOICES["role"].values.index(name))
    found = np.full(n, -1, dtype=np.int64)
    found[person[at]] = at
    return found


def _with_lesions(
    timeline: Timeline, window_set: str, study: Study, ids: pa.Array, point_person: Ints, point_keys: Ints, scans: Scans
) -> Course:
    rows = timeline.lesions
    targets = timeline.targets.loc[(timeline.targets["window_set"] == window_set).to_numpy(np.bool_)]
    [row_name, target_name], names = sorted_codes(rows["lesion_id"], targets["lesion_id"])
    row_person, target_owner = positions(rows["person_id"], ids), positions(targets["person_id"], ids)
    lesions, codes = np.unique(
        np.concatenate([row_person * len(names) + row_name, target_owner * len(names) + target_name]),
        return_inverse=True,
    )
    lesion, target_lesion = codes[: len(rows)].astype(np.int64), codes[len(rows) :].astype(np.int64)
    n = len(lesions)
    in_set = np.zeros(n, dtype=np.bool_)
    in_set[target_lesion] = True

    row_day = rows["days_from_index"].to_numpy(np.int64)
    status, role = rows["status"].cat.codes.to_numpy().astype(np.int64), rows["role"].cat.codes.to_numpy()
    base = scans.day_of(scans.baseline)[row_person]
    seen = (status != STATUS[LesionStatus.NOT_ASSESSED]) & (status != STATUS[LesionStatus.NOT_YET_PRESENT])
    known_before = any_of(lesion, seen & (row_day <= np.where(base == NO_DAY, 0, base)), n)
    called_new = any_of(lesion, role == ROLE[LesionRole.NEW], n)
    after = (row_day > np.where(base == NO_DAY, 0, base)) & (status != STATUS[LesionStatus.DISAPPEARED])
    emerging = seen & after & ~known_before[lesion] & ~in_set[lesion]
    unseen = lowest(lesion[seen], row_day[seen], n, _NEVER)[lesion] > row_day
    unassessed = unseen & after & (status == STATUS[LesionStatus.NOT_ASSESSED]) & ~in_set[lesion]
    counts_as_new = called_new[lesion] | (study.lesions.new_lesions == "first_seen")
    [organ, treated_organ], organs = sorted_codes(rows["organ"], timeline.therapies["organ"])
    local_from, unknown, elsewhere = _local_therapy(
        timeline, ids, scans, target_owner, target_lesion, lesion, organ, treated_organ, len(organs), n
    )
    row_keys = point_key(lesion, row_day)
    row_order = stable_order(row_keys)
    lesion_local = np.full(n, NO_DAY)
    lesion_local[target_lesion] = local_from
    return Course(
        ids,
        point_person,
        scans,
        row_person,
        lookup(point_key(row_person, row_day), point_keys),
        row_day,
        lesion,
        status,
        size_by_convention(status, numbers(rows["diameter_mm"])),
        flags(rows["is_node"]),
        organ,
        is_target=in_set[lesion],
        is_new=emerging & counts_as_new,
        may_be_new=unassessed & counts_as_new,
        seen_late=emerging & ~counts_as_new,
        treated_locally=(lesion_local[lesion] != NO_DAY) & (row_day >= lesion_local[lesion]),
        target_person=target_owner,
        target_lesion=target_lesion,
        local_from=local_from,
        organ_unknown=unknown,
        local_elsewhere=elsewhere,
        targets_recorded=any_of(target_owner, (targets["origin"] == "recorded").to_numpy(np.bool_), len(ids)),
        targets_uncapped=any_of(target_owner, flags(targets["uncapped"]), len(ids)),
        row_order=row_order,
        row_keys=row_keys[row_order],
    )


def _local_therapy(
    timeline: Timeline,
    ids: pa.Array,
    scans: Scans,
    owner: Ints,
    target: Ints,
    lesion: Ints,
    organ: Ints,
    treated_organ: Ints,
    organs: int,
    n: int,
) -> tuple[Ints, Bools, Bools]:
    """From which day each target was treated locally; whose organs are unknown; who was treated elsewhere."""
    therapies = timeline.therapies
    person, day = positions(therapies["person_id"], ids), therapies["days_from_index"].to_numpy(np.int64)
    first = np.where(scans.pre >= 0, scans.day_of(scans.pre), scans.day_of(scans.baseline))
    last = scans.day_of(scans.post)
    local = therapies["kind"].isin(_LOCAL).to_numpy(np.bool_) & (first[person] != NO_DAY) & (last[person] != NO_DAY)
    local = local & (day > first[person]) & (day <= last[person])
    organ_of = lowest(lesion[organ >= 0], organ[organ >= 0], n, -1)[target]
    placed = local & (treated_organ >= 0)
    places, place = np.unique(person[placed] * (organs + 1) + treated_organ[placed], return_inverse=True)
    at = lookup(owner * (organs + 1) + organ_of, places)
    starts = lowest(place, day[placed], len(places), NO_DAY)
    since = np.where((at >= 0) & (organ_of >= 0), starts[at], NO_DAY) if len(places) else np.full(len(target), NO_DAY)
    unplaced = any_of(person, local & (treated_organ < 0), len(ids))
    unplaced |= any_of(owner, any_of(person, local, len(ids))[owner] & (organ_of < 0), len(ids))
    targeted = distinct((owner * (organs + 1) + organ_of)[organ_of >= 0])
    away = lookup(person * (organs + 1) + treated_organ, targeted) < 0
    return since, unplaced, any_of(person, placed & away, len(ids))
