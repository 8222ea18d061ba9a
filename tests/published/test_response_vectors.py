"""Response by RECIST 1.1 and irRECIST at the borders of the rules."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from hpd_etl.criteria.burden import burden
from hpd_etl.criteria.course import course_by_window_set
from hpd_etl.criteria.response import CODES, respond
from hpd_etl.schema import Timeline
from tests.published.cases import ROWS, STUDY, Row, courses

TARGETS = [row for row in ROWS if row.quantity == "target_response"]
WITH_NEW = [row for row in ROWS if row.quantity == "response"]


def _course(row: Row) -> dict[str, str]:
    """Baseline, a scan at the nadir if that lies below it, and the scan that is judged."""
    baseline, second, third = row.sizes
    if row in WITH_NEW:
        return {"-1": f"{baseline}", "80": f"{second}, new lung {third}" if third else f"{second}"}
    between = {} if second == baseline else {"40": f"{second}"}
    return {"-1": f"{baseline}", **between, "80": f"{third}"}


@cache
def _timeline() -> Timeline:
    """Aligned once: every mutant finds it made."""
    return courses([{"person": row.case_id, **_course(row)} for row in TARGETS + WITH_NEW])[0]


@pytest.fixture(scope="module")
def last_response():
    """The response on day 80 by case, for both frameworks."""
    timeline = _timeline()
    line = course_by_window_set(timeline, ["study"], STUDY)["study"]
    sums, judged = burden(line, timeline, STUDY), np.flatnonzero(line.scans.day == 80)
    persons = timeline.index["person_id"].to_numpy()[line.person[judged]]
    return {framework: dict(zip(persons, [CODES[code] for code in response.code[judged]], strict=True))
            for framework in ("RECIST1.1", "irRECIST")
            for response in [respond(line, sums, timeline, framework, STUDY)]}


@pytest.mark.parametrize("row", TARGETS, ids=lambda row: row.case_id)
def test_targets(row, last_response):
    """Partial response counts from baseline, progression from the nadir with 20 % and 5 mm, both limits included."""
    assert last_response["RECIST1.1"][row.case_id] == row.label


@pytest.mark.parametrize("row", WITH_NEW, ids=lambda row: row.case_id)
def test_a_new_lesion(row, last_response):
    """Under RECIST 1.1 a new lesion is progression; under irRECIST a measurable one is added to the burden."""
    found = [last_response[framework][row.case_id] for framework in ("RECIST1.1", "irRECIST")]
    assert found == row.label.split()
