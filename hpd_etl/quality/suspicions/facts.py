"""What suspicions look at: the sizes of every lesion in order of time, and how a suspicion is written down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.config import Study
from hpd_etl.grouping import (
    Bools,
    Floats,
    Ints,
    first_of_group,
    flags,
    numbers,
    point_key,
    positions,
    sorted_codes,
    text,
)
from hpd_etl.schema import Timeline


@dataclass(frozen=True)
class Sizes:
    """Measured sizes above 0, a row a lesion and day; sorted by lesion, then by day."""

    row: Ints
    """Position in the table `lesions`."""
    person: Ints
    lesion: Ints
    day: Ints
    mm: Floats

    @cached_property
    def scan(self) -> Ints:
        """Person and day as one key; that of `Facts.points`."""
        return point_key(self.person, self.day)

    @cached_property
    def follows(self) -> Bools:
        """Whether the row before is of the same lesion."""
        return ~first_of_group(self.lesion)

    @cached_property
    def step(self) -> Floats:
        """By which factor the lesion has changed since the row before; 1 where there is none."""
        return np.where(self.follows, self.mm / np.roll(self.mm, 1), 1.0)


@dataclass(frozen=True)
class Facts:
    """A Timeline, and what is worked out of it once."""

    timeline: Timeline
    study: Study

    @cached_property
    def persons(self) -> pa.Array:
        """Everybody treated, sorted; a person's code is the place here."""
        names = text(self.timeline.index["person_id"].astype("string[pyarrow]"))
        return names.take(pc.sort_indices(names))

    @cached_property
    def codes(self) -> tuple[Ints, Ints]:
        """Person and lesion of every row of `lesions`, as codes."""
        lesions = self.timeline.lesions
        person = positions(lesions["person_id"], self.persons)
        [name], names = sorted_codes(lesions["lesion_id"])
        return person, person * (len(names) + 1) + name

    @cached_property
    def sizes(self) -> Sizes:
        """The measured sizes of every lesion."""
        lesions = self.timeline.lesions
        person, lesion = self.codes
        mm = numbers(lesions["diameter_mm"])
        day = day_of(lesions)
        sized = np.flatnonzero((mm > 0) & flags(lesions["status"].eq("measured")))
        order = sized[np.lexsort((day[sized], lesion[sized]))]
        return Sizes(order, person[order], lesion[order], day[order], mm[order])

    @cached_property
    def by_scan(self) -> Ints:
        """The order of `sizes` by person, day and lesion."""
        sizes = self.sizes
        return np.lexsort((sizes.lesion, sizes.scan))

    def of_person(self, frame: pd.DataFrame) -> Ints:
        """The person of every row of a table, as a code."""
        return positions(frame["person_id"], self.persons)

    def points(self, frame: pd.DataFrame) -> Ints:
        """Person and day of every row of a table, as one key."""
        return point_key(self.of_person(frame), day_of(frame))


def day_of(frame: pd.DataFrame) -> Ints:
    """The day of every row, counted from the first dose."""
    return np.asarray(frame["days_from_index"].to_numpy(dtype=np.int64, na_value=0))


def none(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """No row of a table, as rows of `suspicions`."""
    return rows(table, frame, np.zeros(len(frame), dtype=np.bool_))


def rows(table: str, frame: pd.DataFrame, marked: Bools | pd.Series[bool] | Ints) -> pd.DataFrame:
    """The marked rows of a table as rows of `suspicions`."""
    at = np.asarray(marked)
    chosen = frame.loc[at] if at.dtype == np.bool_ else frame.iloc[at]
    return pd.DataFrame({
        "person_id": chosen["person_id"].astype("string[pyarrow]"), "table": table,
        "source_id": chosen["source_id"].astype("string[pyarrow]"),
        "days_from_index": chosen.get("days_from_index", pd.NA)})
