"""The source rows that labels rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hpd_etl.criteria.burden import Burden
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.pseudoprogression import Confirmation
from hpd_etl.criteria.response import Response
from hpd_etl.grouping import Bools, Ints, category, coded, lookup, point_key, positions, repeated, strings, text
from hpd_etl.schema import EVIDENCE, Timeline

_ROLES = EVIDENCE["role"].values
_OF_SCANS = np.array([_ROLES.index(role) for role in ("pre", "baseline", "post", "confirmation")])

Rested: TypeAlias = tuple[pa.Array, NDArray[np.int32], NDArray[np.int8]]
"""Source ids, persons and roles of rows."""


@dataclass(frozen=True)
class _Sources:
    """The source ids of the rows of a table."""

    names: pa.Array
    joined: bool
    """One row of it may be made of several source rows."""

    @classmethod
    def of(cls, table: pd.DataFrame, column: str = "source_id") -> _Sources:
        names = text(table[column]).cast(pa.large_string())
        letters = names.buffers()[2]
        return cls(names, letters is not None and b";" in letters.to_pybytes())

    def rested(self, rows: Ints, person: Ints, role: NDArray[np.integer]) -> Rested:
        """These rows with their persons and roles; a row of several source rows is as many."""
        names, owner, used_as = self.names.take(pa.array(rows)), person.astype(np.int32), role.astype(np.int8)
        if not self.joined:
            return names, owner, used_as
        several = pc.split_pattern(names, ";")
        row = pc.list_parent_indices(several).to_numpy()
        return pc.list_flatten(several), owner[row], used_as[row]


class Lineage:
    """Finds the rows; what no window set or framework changes is read once."""

    def __init__(self, timeline: Timeline, line: Course) -> None:
        self._timeline, self._line = timeline, line
        self._tables = {
            "lesions": (line.row_person, _Sources.of(timeline.lesions)),
            **{name: self._placed(getattr(timeline, name)) for name in ("tumour_sums", "responses")},
        }

    def _placed(self, table: pd.DataFrame) -> tuple[Ints, _Sources]:
        return positions(table["person_id"], self._line.ids), _Sources.of(table)

    @cached_property
    def doses(self) -> list[Rested]:
        """The first dose and the end of the first line, of everybody."""
        everyone, index = np.arange(self._line.persons), self._timeline.index
        columns = (("source_id", "index_dose"), ("end_source_id", "treatment_end"))
        return [
            _Sources.of(index, name).rested(everyone, everyone, np.full(len(everyone), _ROLES.index(role)))
            for name, role in columns
        ]

    def scans(self, line: Course, sums: Burden, response: Response, confirmation: Confirmation) -> list[Rested]:
        """What the labels of one framework and window set read off the scans."""
        of_point = np.full(line.points + 1, -1, dtype=np.int8)
        scans = (line.scans.pre, line.scans.baseline, line.scans.post, confirmation.point)
        for role, scan in zip(_OF_SCANS, scans, strict=True):
            of_point[scan[scan >= 0]] = role
        of_point[-1] = -1
        used = line.is_target | line.is_new | line.may_be_new
        return [
            self._rows("lesions", np.where(used, of_point[line.row_point], -1)),
            self._rows("tumour_sums", self._recorded("tumour_sums", sums.recorded, of_point)),
            self._rows("responses", self._recorded("responses", response.recorded, of_point)),
        ]

    def findings(self, rows: Ints) -> Rested:
        """These findings."""
        person, sources = self._placed(self._timeline.findings)
        return sources.rested(rows, person[rows], np.full(len(rows), _ROLES.index("finding")))

    def _recorded(self, name: str, relied_on: Bools, of_point: NDArray[np.int8]) -> NDArray[np.int8]:
        """The role of each row of such a table."""
        line, table = self._line, getattr(self._timeline, name)
        if not len(table):
            return np.zeros(0, dtype=np.int8)
        day = table["days_from_index"].to_numpy(np.int64)
        at = lookup(point_key(self._tables[name][0], day), point_key(line.person, line.scans.day))
        return np.where(np.append(relied_on, False)[at], of_point[at], -1)

    def _rows(self, name: str, role: NDArray[np.int8]) -> Rested:
        person, sources = self._tables[name]
        rows = np.flatnonzero(role >= 0)
        return sources.rested(rows, person[rows], role[rows])


def evidence_frame(rested: Mapping[str, Sequence[Rested]], people: pd.CategoricalDtype) -> pd.DataFrame:
    """The `evidence` table: the source rows that the labels of each measure set rest on."""
    parts = [part for rows in rested.values() for part in rows]
    return EVIDENCE.frame(
        {
            "person_id": coded(np.concatenate([person for _, person, _ in parts]), people),
            "measure_set": repeated(list(rested), [sum(len(role) for *_, role in rows) for rows in rested.values()]),
            "source_id": strings(pa.chunked_array([source for source, *_ in parts])),
            "role": category(np.concatenate([role for *_, role in parts]), _ROLES),
        }
    )
