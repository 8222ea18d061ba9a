"""Assess: what each of the study's response criteria says of every visit, beside what was recorded.

No label rests on it: a definition asks for its own response. So it is made apart from the labels.
"""

from __future__ import annotations

import pandas as pd

from hpd_etl.config import Study
from hpd_etl.criteria.burden import burden
from hpd_etl.criteria.course import course_by_window_set
from hpd_etl.criteria.courses import Courses
from hpd_etl.criteria.definition import assessed_sets
from hpd_etl.criteria.response import respond
from hpd_etl.criteria.response.tables import Assessed, assessed, response_tables, settled_tables
from hpd_etl.schema import Timeline


def assess(timeline: Timeline, study: Study) -> dict[str, pd.DataFrame]:
    """The tables `assessments` and `best_response` by name; pure, additive over persons."""
    shown = _assessed(timeline, study)
    if timeline.courses is None:
        return response_tables(timeline, shown, study)
    tried = _assessed(timeline.courses, study)
    courses = Courses.of(timeline, timeline.courses)
    return settled_tables(courses, (timeline, shown), (timeline.courses, tried), study)


def _assessed(timeline: Timeline, study: Study) -> list[Assessed]:
    wanted = assessed_sets(study)
    lines = course_by_window_set(timeline, dict.fromkeys(wanted.values()), study)
    sums = {name: burden(line, timeline, study) for name, line in lines.items()}
    return [
        assessed(lines[name], respond(lines[name], sums[name], timeline, framework, study), framework, name, study)
        for framework, name in wanted.items()
    ]
