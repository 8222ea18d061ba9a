"""The lesion rows of a timeline as arrays: the same for all its window sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from hpd_etl.caps import SKIN
from hpd_etl.config import Study
from hpd_etl.criteria.people import People, Therapies
from hpd_etl.grouping import (
    Bools,
    Floats,
    Ints,
    any_of,
    distinct,
    flags,
    lookup,
    lowest,
    numbered,
    numbers,
    point_key,
    point_of,
    positions,
    rows_by_name,
    shared,
    sorted_codes,
    stable_order,
)
from hpd_etl.measurability import FILM, ROLE, STATUS, size_by_convention
from hpd_etl.schema import LesionRole, LesionStatus, Timeline

_NEVER = int(np.iinfo(np.int64).max)
_NOT_ASSESSED = STATUS[LesionStatus.NOT_ASSESSED]


@dataclass(frozen=True)
class Lesions:
    """Persons, time points and lesion rows of a timeline as arrays."""

    rows: pd.DataFrame
    ids: pa.Array
    people: People
    therapies: Therapies
    person: Ints
    """By time point: its person."""
    row_person: Ints
    row_point: Ints
    row_day: Ints
    lesion: Ints
    lesion_keys: Ints
    """By lesion: the key of its person and name, sorted."""
    status: NDArray[np.integer]
    size: Floats
    is_node: Bools
    organ: Ints
    organs: int
    """How many organs are named."""
    seen: Bools
    """By lesion row: it is said what is there, or that nothing is any more."""
    unseen: Bools
    """By lesion row: it is not assessed, nor was the lesion seen up to then or at the time point that it concerns."""
    counts_as_new: Bools
    """By lesion row: the lesion is new if it emerges after baseline."""
    shows_any: Bools
    """By time point: there are lesion rows."""
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

    def at_points(self, marked: Bools) -> Bools:
        """By time point: one of the marked lesion rows is there."""
        return any_of(self.row_point, marked & (self.row_point >= 0), self.points)

    def own_organ(self, rows: Ints) -> Ints:
        """The organs of these lesion rows: lymph nodes are one, as is each other lesion whose organ is not known."""
        nodes = self.organs
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
class Targets:
    """The targets of one window set: their persons and lesions, and by person where they are from."""

    person: Ints
    lesion: Ints
    recorded: Bools
    uncapped: Bools
    """The source has more of them than the caps allow."""

    @classmethod
    def none(cls, persons: int) -> Targets:
        """Nobody has any."""
        nothing, nobody = np.zeros(0, dtype=np.int64), np.zeros(persons, dtype=np.bool_)
        return cls(nothing, nothing, nobody, nobody)


def read(
    timeline: Timeline, ids: pa.Array, point_keys: Ints, measured: Ints, study: Study
) -> tuple[Lesions, dict[str, Targets]]:
    """The lesion rows, and the targets by window set; `measured` are the time points of which something is known."""
    rows, targets = timeline.lesions, timeline.targets
    [row_name, target_name], names = sorted_codes(rows["lesion_id"], targets["lesion_id"])
    row_person, target_person = positions(rows["person_id"], ids), positions(targets["person_id"], ids)
    own, target_key = rows_by_name(targets["window_set"]), target_person * len(names) + target_name
    blocks, which = shared([target_key[rows] for rows in own.values()])
    keys, lesion = numbered(row_person * len(names) + row_name)
    at = [lookup(block, keys) for block in blocks]
    if any((place < 0).any() for place in at):  # a target without a row
        every = distinct(np.concatenate([keys, *blocks]))
        keys, lesion, at = every, lookup(keys, every)[lesion], [lookup(block, every) for block in blocks]
    recorded, uncapped = (targets["origin"] == "recorded").to_numpy(np.bool_), flags(targets["uncapped"])
    people = len(ids)
    return _lesions(timeline, ids, (row_person, lesion, keys), point_keys, measured, study), {
        name: Targets(
            target_person[own],
            at[place],
            any_of(target_person[own], recorded[own], people),
            any_of(target_person[own], uncapped[own], people),
        )
        for (name, own), place in zip(own.items(), which, strict=True)
    }


def _lesions(
    timeline: Timeline, ids: pa.Array, named: tuple[Ints, Ints, Ints], point_keys: Ints, measured: Ints, study: Study
) -> Lesions:
    rows, (row_person, lesion, keys) = timeline.lesions, named
    day, status, role = (
        rows["days_from_index"].to_numpy(np.int64),
        rows["status"].cat.codes.to_numpy(),
        rows["role"].cat.codes.to_numpy(),
    )
    not_assessed, called_new = status == _NOT_ASSESSED, role == ROLE[LesionRole.NEW]
    seen = ~not_assessed & (status != STATUS[LesionStatus.NOT_YET_PRESENT])
    by_day, at = point_key(lesion, day), point_key(row_person, day)
    at = _answered(at, np.flatnonzero(not_assessed & called_new), measured, study)
    order, row_point = stable_order(by_day), lookup(at, point_keys)
    [organ], organs = sorted_codes(rows["organ"])
    first_seen = study.lesions.new_lesions == "first_seen"
    return Lesions(
        rows=rows,
        ids=ids,
        people=People.of(timeline, ids),
        therapies=Therapies.of(timeline, ids),
        person=point_of(point_keys)[0],
        row_person=row_person,
        row_point=row_point,
        row_day=day,
        lesion=lesion,
        lesion_keys=keys,
        status=status,
        size=size_by_convention(status, numbers(rows["diameter_mm"])),
        is_node=flags(rows["is_node"]),
        organ=organ,
        organs=len(organs),
        seen=seen,
        unseen=_unseen(lesion, day, seen, np.flatnonzero(not_assessed), at, len(keys)),
        counts_as_new=any_of(lesion, called_new, len(keys))[lesion] | first_seen,
        shows_any=any_of(row_point, row_point >= 0, len(point_keys)),
        row_order=order,
        row_keys=by_day[order],
    )


def _unseen(lesion: Ints, day: Ints, seen: Bools, lost: Ints, at: Ints, lesions: int) -> Bools:
    """Of the rows `lost`, not assessed, those of lesions that were not seen up to the day that the row concerns."""
    found = np.zeros(len(lesion), dtype=np.bool_)
    if len(lost):
        first = lowest(lesion[seen], day[seen], lesions, _NEVER)
        found[lost] = first[lesion[lost]] > point_of(at[lost])[1]
    return found


def _answered(at: Ints, lost: Ints, measured: Ints, study: Study) -> Ints:
    """The day of each row; of those `lost`, called new and not assessed, on a day of which nothing else is known, that
    of the time point it can concern: the last one up to so many days before it as a response has, else the next that a
    study may join.
    """
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
