"""Response by RECIST 1.1 and irRECIST at the borders of the rules."""

from __future__ import annotations

import numpy as np
import pytest

from hpd_etl.criteria.burden import burden
from hpd_etl.criteria.course import course
from hpd_etl.criteria.response import CODES, respond
from tests.published.cases import ROWS, STUDY, courses

TARGETS = [row for row in ROWS if row.quantity == "target_response"]
WITH_NEW = [row for row in ROWS if row.quantity == "response"]


def _last_response(patient: dict[str, str], framework: str) -> str:
    timeline, _ = courses([{"person": "p", **patient}])
    line = course(timeline, "study", STUDY)
    code = respond(line, burden(line, timeline), timeline, framework, STUDY).code
    return CODES[code[np.argmax(line.scans.day)]]


@pytest.mark.parametrize("row", TARGETS, ids=lambda row: row.case_id)
def test_targets(row):
    """Partial response counts from baseline, progression from the nadir with 20 % and 5 mm, both limits included."""
    baseline, nadir, now = row.sizes
    between = {} if nadir == baseline else {"40": f"{nadir}"}
    assert _last_response({"-1": f"{baseline}", **between, "80": f"{now}"}, "RECIST1.1") == row.label


@pytest.mark.parametrize("row", WITH_NEW, ids=lambda row: row.case_id)
def test_a_new_lesion(row):
    """Under RECIST 1.1 a new lesion is progression; under irRECIST a measurable one is added to the burden."""
    baseline, now, new = row.sizes
    found = f"{now}, new lung {new}" if new else f"{now}"
    for framework, wanted in zip(("RECIST1.1", "irRECIST"), row.label.split(), strict=True):
        assert _last_response({"-1": f"{baseline}", "40": found}, framework) == wanted, framework
