"""The same persons with other sizes: what no size decides is made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hpd_etl.config import Study
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.definition import Definition
from hpd_etl.criteria.judging import lines
from hpd_etl.grouping import numbers
from hpd_etl.measurability import size_by_convention
from hpd_etl.schema import Timeline


@dataclass(frozen=True)
class Lines:
    """The window sets of a timeline as arrays, and those of its possible courses: scans, targets, what is new."""

    shown: Mapping[str, Course]
    tried: Mapping[str, Course] | None

    @classmethod
    def of(cls, timeline: Timeline, definitions: Sequence[Definition], study: Study) -> Lines:
        """Those that these definitions use."""
        courses = None if timeline.courses is None else lines(timeline.courses, definitions, study)
        return cls(lines(timeline, definitions, study), courses)

    def measured(self, timeline: Timeline) -> tuple[Mapping[str, Course], Mapping[str, Course] | None]:
        """The same lines with the sizes of this timeline, which has the same rows."""
        tried = None if self.tried is None or timeline.courses is None else _measured(self.tried, timeline.courses)
        return _measured(self.shown, timeline), tried


def _measured(known: Mapping[str, Course], timeline: Timeline) -> dict[str, Course]:
    rows = timeline.lesions
    line = next(iter(known.values()))
    size = size_by_convention(line.status, numbers(rows["diameter_mm"]))
    return {name: replace(each, rows=rows, size=size) for name, each in known.items()}
