"""The error of measurement: what a reader would have read off the same lesion at the same scan.

Yoon 2016 (Eur J Cancer 53:5, meta-analysis; V1, abstract): 95 % limits of agreement of the longest diameter of a lesion
are -22.1 % to 25.4 % between readers and -17.8 % to 16.1 % for one reader. Half their width over 1.96 is the standard
deviation of a difference of two readings, and that over the root of two the one of a reading: 8.6 % and 6.1 %.

Every size has its own stream of errors (SplitMix64), found by the names of person and lesion and by which of the
lesion's scans it is: whoever else is measured, in whatever order, and on whichever day a partial date falls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pandas.util import hash_array
from scipy.special import ndtri

from hpd_etl.grouping import Floats, Ints, floats, numbers, positions, rank_in_group, sorted_codes, text
from hpd_etl.measurability import STATUS
from hpd_etl.schema import LesionStatus, Timeline

STANDARD_DEVIATION: Mapping[str, float] = {"between_readers": 0.086, "one_reader": 0.061}
"""Of one reading, as a fraction of the size."""

_RULERS = ("diameter_mm", "perpendicular_mm")
"""Each is read with an error of its own; of a segmented volume no error is known here."""
_STEP = 0x9E3779B97F4A7C15

_Keys: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True)
class Readings:
    """The sizes of one ruler as they stand, and where their errors come from."""

    values: Floats
    rows: Ints
    """The lesion rows that are measured: a size above 0 mm that is none by convention."""
    keys: _Keys
    sd: float

    def again(self, draw: int) -> Floats:
        """All sizes, those that are measured with the errors of this draw; never below 0, rounded as sizes are."""
        sizes = self.values.copy()
        factor = 1.0 + self.sd * normal(self.keys, draw)
        sizes[self.rows] = np.round(np.maximum(sizes[self.rows] * factor, 0.0), 6)
        return sizes


@dataclass(frozen=True)
class Remeasured:
    """A timeline whose lesions can be measured again; scans, targets and all else stay."""

    timeline: Timeline
    rulers: Mapping[str, Readings]
    courses: Remeasured | None

    @classmethod
    def of(cls, timeline: Timeline, seed: int, sd: float) -> Remeasured:
        """The lesions of this timeline, read with this standard deviation."""
        rulers = {name: _readings(timeline, name, seed, sd) for name in _RULERS}
        courses = None if timeline.courses is None else cls.of(timeline.courses, seed, sd)
        return cls(timeline, {name: each for name, each in rulers.items() if len(each.rows)}, courses)

    def draw(self, number: int) -> Timeline:
        """The timeline with the sizes of this draw."""
        return self.drawn((number,), self.timeline)

    def drawn(self, numbers: Sequence[int], copied: Timeline) -> Timeline:
        """So many copies of the timeline, each with the sizes of its draw."""
        sizes = {
            name: floats(np.concatenate([each.again(number) for number in numbers]))
            for name, each in self.rulers.items()
        }
        tried = None
        if self.courses is not None and copied.courses is not None:
            tried = self.courses.drawn(numbers, copied.courses)
        return replace(copied, lesions=copied.lesions.assign(**sizes), courses=tried)


def normal(keys: _Keys, draw: int) -> Floats:
    """A standard normal number for each key: the same for the same key and draw, whatever else is asked."""
    random = hash_array(keys + np.uint64(_STEP * (draw + 1) % 2**64))
    return np.asarray(ndtri(((random >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53))


def _readings(timeline: Timeline, ruler: str, seed: int, sd: float) -> Readings:
    lesions = timeline.lesions
    values, status = numbers(lesions[ruler]), lesions["status"].cat.codes.to_numpy()
    rows = np.flatnonzero((values > 0) & (status != STATUS[LesionStatus.TOO_SMALL]))
    start = np.full(len(rows), (seed * len(_RULERS) + _RULERS.index(ruler)) % 2**64, dtype=np.uint64)
    return Readings(values, rows, _mixed(start, *(part[rows] for part in _names(timeline))), sd)


def _mixed(keys: _Keys, *parts: _Keys) -> _Keys:
    for part in parts:
        keys = hash_array(keys ^ part)
    return keys


def _names(timeline: Timeline) -> tuple[_Keys, _Keys, _Keys]:
    """By lesion row: its person, its lesion, and which of the lesion's scans it is."""
    index, lesions = timeline.index, timeline.lesions
    person = positions(lesions["person_id"], text(index["person_id"]))
    [lesion], names = sorted_codes(lesions["lesion_id"])
    order = np.lexsort((lesions["days_from_index"].to_numpy(np.int64), lesion, person))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = rank_in_group((person * (len(names) + 1) + lesion)[order])
    whose = index["course_of"].fillna(index["person_id"])
    return _hashed(text(whose))[person], _hashed(names)[lesion], place.astype(np.uint64)


def _hashed(names: pa.Array) -> _Keys:
    return hash_array(np.asarray(names.to_pylist(), dtype=object), categorize=False)
