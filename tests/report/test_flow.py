"""The flow of patients: each person is in one box, and the boxes say what the labels say."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hpd_etl.report.cells import hidden
from hpd_etl.report.content import Figure
from hpd_etl.report.drawing.boxes import flow_chart
from hpd_etl.report.drawing.funnel import funnel_chart, remaining
from hpd_etl.report.sections import flow
from tests.report import drawings

if TYPE_CHECKING:
    from hpd_etl.report.content import Section
    from hpd_etl.report.facts import Facts

STEPS = {"first evaluation": ["early_dropout_death", "no_post_scan"], "pre-baseline": ["no_prebaseline_scan"]}
ROWS = pd.DataFrame([
    ("kato2017", 1200, 30, 20, 10, 170, 200, 1000, 90, 910), ("other", 1200, 0, 0, 0, 0, 0, 1200, 100, 1100),
], columns=["definition_id", "treated", "first evaluation", "early_dropout_death", "no_post_scan",
            "no_prebaseline_scan", "not_evaluable", "evaluable", "hpd", "not_hpd"]).astype(
                {"first evaluation": "Int64", "no_post_scan": "Int64", "no_prebaseline_scan": "Int64"})


@pytest.fixture(scope="module")
def section(facts: Facts) -> Section:
    """The flow of the synthetic hospital."""
    return flow.section(facts)


def test_everybody_is_in_one_box(facts: Facts, section: Section):
    """Under each definition, the boxes hold as many as a loop over the labels finds, by verdict or first reason."""
    own = facts.labels.labels
    own = own[own["cohort"] == facts.cohort]
    for definition in facts.definitions:
        found: Counter[str] = Counter()
        for row in own[own["definition_id"] == definition.id].itertuples():
            found[row.primary_reason if row.verdict == "NOT_EVALUABLE" else row.verdict.lower()] += 1
        [figure] = [part for part in section.parts if isinstance(part, Figure) and part.definition == definition.id]
        [told] = figure.frame.to_dict("records")
        assert {name: told[name] for name in found} == dict(found)
        assert told["treated"] == sum(found.values()) == len(facts.people)
        assert told["evaluable"] == found["hpd"] + found["not_hpd"]
        sums = [each for each in figure.parts_of if each in told]
        for whole in set(figure.parts_of.values()):
            assert sum(told[part] for part in sums if figure.parts_of[part] == whole) == told[whole]


def test_figures_and_table_hide_the_same(section: Section):
    """What is hidden in the flow of a definition is hidden in its row of the table and of the funnel."""
    *flows, funnel, table = section.parts
    rows = {row["definition_id"]: row for row in hidden(table, 5).astype(object).to_dict("records")}
    some = 0
    for figure in flows:
        [own] = hidden(figure, 5).astype(object).to_dict("records")
        some += sum(map(pd.isna, own.values()))
        assert {name: str(value) for name, value in own.items()} == {
            name: str(value) for name, value in rows[figure.definition].items()}
    assert some > len(flows)
    for own in hidden(funnel, 5).astype(object).to_dict("records"):
        assert str(own) == str(rows[own["definition_id"]])


def test_boxes_say_who_leaves_and_why():
    """In the order of the steps, with the reasons that anybody has; what may not be shown is told as hidden."""
    chart = partial(flow_chart, steps=STEPS)
    assert drawings.said(drawings.of(drawings.figure(chart, ROWS.iloc[[0]]))) == [
        "treated: 1,200", "first evaluation: 30: early dropout death: 20, no post scan: 10",
        "pre-baseline: no prebaseline scan: 170", "evaluable: 1,000", "HPD: 90", "not HPD: 910"]
    secret = ROWS.iloc[[0]].assign(no_post_scan=pd.NA, early_dropout_death=pd.NA)
    assert "first evaluation: 30: early dropout death: hidden, no post scan: hidden" in drawings.said(
        drawings.of(drawings.figure(chart, secret)))
    assert drawings.said(drawings.of(drawings.figure(chart, ROWS.iloc[[1]]))) == [
        "treated: 1,200", "evaluable: 1,200", "HPD: 100", "not HPD: 1,100"]


def test_who_is_left_is_counted_from_both_ends():
    """1,200 without 30 without 170 are 1,000; where 30 is hidden 1,170 is not told, but 1,000 still is."""
    told = remaining(ROWS.iloc[[0]], STEPS)
    assert told["left"].tolist() == [1200, 1170, 1000]
    secret = ROWS.iloc[[0]].assign(**{"first evaluation": pd.NA, "no_prebaseline_scan": pd.NA})
    assert remaining(secret.astype(ROWS.dtypes), STEPS)["left"].tolist() == [1200, pd.NA, 1000]


def test_the_funnel_has_a_cell_for_each_step():
    """A row a definition and a column a step, told in words."""
    said = drawings.said(drawings.of(drawings.figure(partial(funnel_chart, steps=STEPS), ROWS)))
    assert said == ["kato2017: 1,200 left after treated", "kato2017: 1,170 left after first evaluation",
                    "kato2017: 1,000 left after pre-baseline", "other: 1,200 left after treated",
                    "other: 1,200 left after first evaluation", "other: 1,200 left after pre-baseline"]
