"""Twenty timelines whose metrics and labels were computed by hand, through the real pipeline."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest

from hpd_etl.config import MONTH_DAYS
from hpd_etl.criteria import growth
from hpd_etl.criteria.rules import FALSE, TRUE, compare, evaluate, leaves
from tests.published.cases import DEFINITIONS, ROWS, at_days, courses, metrics, verdicts

TIMELINES = {case: list(rows) for case, rows in groupby((row for row in ROWS if row.case_id.startswith("g")),
                                                        key=lambda row: row.case_id)}
WHOLE_DAYS = [case for case, rows in TIMELINES.items() if all(days.is_integer() for days in rows[0].intervals)]
NAMES = {"tgkr": "tgk_ratio", "tgrr": "tgr_ratio", "dtgr": "tgr_delta"}


def _patient(case: str) -> dict[str, str]:
    row = TIMELINES[case][0]
    before, after = (round(days) for days in row.intervals)
    return {"person": case, **at_days((-1 - before, -1, after - 1), row.sizes)}


@pytest.fixture(scope="module")
def labelled():
    """All timelines, labelled together; parts of a day are rounded."""
    return courses([_patient(case) for case in TIMELINES])[1]


@pytest.mark.parametrize("case", WHOLE_DAYS)
def test_growth(case, labelled):
    """Every published growth metric comes out."""
    found = metrics(labelled, "saada2017")[case]
    wanted = {NAMES.get(row.quantity, row.quantity): row for row in TIMELINES[case] if row.quantity[:3] in
              ("tgk", "tgr", "dtg")}
    for name, row in wanted.items():
        assert found[name] == pytest.approx(row.number, abs=row.close), name


@pytest.mark.parametrize("case", TIMELINES)
def test_progression(case, labelled):
    """Progression of the targets by RECIST 1.1."""
    for row in TIMELINES[case]:
        if row.quantity == "recist_pd":
            assert str(metrics(labelled, "champiat2017")[case]["response_first"] == "PD") == row.value


@pytest.mark.parametrize("case", WHOLE_DAYS)
def test_labels(case, labelled):
    """Every published label comes out, with the reason where one is published."""
    found = verdicts(labelled)
    for row in TIMELINES[case]:
        if row.quantity == "label":
            verdict, _, reason = row.label.rstrip(")").partition("(")
            for definition in row.definition.split():
                label = found[case, definition]
                assert label["verdict"] == verdict, definition
                assert not reason or label["primary_reason"] == reason, definition


@pytest.mark.parametrize("case", [case for case in TIMELINES if case not in WHOLE_DAYS])
def test_parts_of_a_day(case, labelled):
    """With intervals that no calendar has, the formulas and the rules give the published metrics and labels."""
    rows = TIMELINES[case]
    s_pre, s0, s_post = (np.array([size]) for size in rows[0].sizes)
    before, after = (np.array([days]) for days in rows[0].intervals)
    found = {
        "tgk_pre": growth.tgk(s_pre, s0, before, MONTH_DAYS), "tgk_post": growth.tgk(s0, s_post, after, MONTH_DAYS),
        "tgr_pre": growth.tgr(s_pre, s0, before, MONTH_DAYS), "tgr_post": growth.tgr(s0, s_post, after, MONTH_DAYS),
        "tgk_ratio": growth.tgk_ratio(s_pre, s0, s_post, before, after),
    }
    found |= {"tgr_ratio": found["tgr_post"] / found["tgr_pre"], "tgr_delta": found["tgr_post"] - found["tgr_pre"]}
    response = metrics(labelled, "champiat2017")[case]["response_first"]
    for row in rows:
        if row.quantity == "label":
            for definition in row.definition.split():
                rule = DEFINITIONS[definition].rule
                truths = {leaf: _truth(leaf, found, response) for leaf in leaves(rule)}
                assert (evaluate(rule, truths)[0] == TRUE) == (row.label == "HPD"), definition
        elif row.quantity != "recist_pd":
            assert found[NAMES.get(row.quantity, row.quantity)][0] == pytest.approx(row.number, abs=row.close)


def _truth(leaf, found, response):
    if leaf.metric == "response_first":
        return np.array([TRUE if response in leaf.value else FALSE])
    return compare(found[leaf.metric], found[leaf.metric], leaf.sign, leaf.value)
