"""The tables of the specification that name responses, asked of the response alone: quick, for mutation testing.

What the response is made from (courses, sums) is made once, when this file is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from hpd_etl.config import Study
from hpd_etl.criteria import window_sets
from hpd_etl.criteria.burden import Burden, burden
from hpd_etl.criteria.course import Course, lines_of
from hpd_etl.criteria.definition import assessed_sets
from hpd_etl.criteria.response import _as_progression, respond
from hpd_etl.criteria.response.frameworks import ICPD, IUPD, PD, SD
from hpd_etl.criteria.response.tables import assessed, response_tables
from hpd_etl.schema import Timeline
from hpd_etl.timeline import align
from tests.spec import notation
from tests.spec.assessing import told
from tests.unit.tables import tables, together

CHAPTERS = ("response", "response_recist", "response_irrc", "response_irecist", "parts")
ANSWERS = {"responses", "derived", "recorded", "targets", "others", "new", "confirmed", "burdens", "windows", "best",
           "best_confirmed", "best_day", "from_day"}


@dataclass(frozen=True)
class Prepared:
    """Patients of one study just before their responses are judged by some criteria, and the lines of their tables."""

    framework: str
    lines: list[dict[str, str]]
    timeline: Timeline
    study: Study
    course: Course
    sums: Burden
    window_set: str


def _prepared() -> Iterator[Prepared]:
    asked = ((table.name, table.given[0], table.study, notation.rows(table.given[1]))
             for table in tables(CHAPTERS, "assess"))
    for framework, settings, lines in together(asked):
        study = Study.model_validate({"id": "unit", "responses": {"frameworks": [framework]}, **settings})
        timeline = align(notation.records(lines), study, window_sets([], study))
        [window_set] = assessed_sets(study).values()
        course = lines_of(timeline, [window_set], study)[window_set]
        if timeline.courses is None:
            yield Prepared(framework, lines, timeline, study, course, burden(course, timeline, study), window_set)


PREPARED = list(_prepared())


@pytest.mark.parametrize("given", PREPARED, ids=lambda given: f"{given.framework}_{len(given.lines)}_lines")
def test_the_tables_hold(given):
    """Each line of the specification that names responses."""
    response = respond(given.course, given.sums, given.timeline, given.framework, given.study)
    one = assessed(given.course, response, given.framework, given.window_set, given.study)
    answers = told(given.lines, response_tables(given.timeline, [one], given.study))
    wrong = [f"{line['person']}: {name} is {answer[name]}, not {line[name]}"
             for line, answer in zip(given.lines, answers, strict=True)
             for name in ANSWERS & set(line) if line[name] != answer[name]]
    assert not wrong, "\n".join(wrong)


def test_any_progression_is_one():
    """Whoever asks whether somebody progressed does not mind whether it was confirmed."""
    assert _as_progression(np.array([PD, IUPD, ICPD, SD, -1])).tolist() == [PD, PD, PD, SD, -1]
