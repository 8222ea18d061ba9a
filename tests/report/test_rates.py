"""Rates stand with both denominators, and a figure shows those that may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hpd_etl.report.cells import hidden
from hpd_etl.report.content import Figure, Listing, Rows
from hpd_etl.report.drawing.intervals import interval_chart
from hpd_etl.report.sections import flow, fragile, pseudoprogression, rates
from tests.report import drawings

if TYPE_CHECKING:
    from hpd_etl.report.content import Section
    from hpd_etl.report.facts import Facts


@pytest.fixture(scope="module")
def section(facts: Facts) -> Section:
    """The rates of the synthetic hospital."""
    return rates.section(facts)


def test_counts_are_those_of_the_labels(facts: Facts, section: Section):
    """In each cohort and under each definition, HPD, not HPD and not evaluable as a loop over the labels has them."""
    seen = 0
    listings = [part for part in section.parts if isinstance(part, Listing)]
    tables = {part.cohort: part.frame.set_index("definition_id") for part in listings}
    assert list(tables) == ["checkpoint_inhibitor", "chemotherapy"]
    for (cohort, definition), own in facts.labels.labels.groupby(["cohort", "definition_id"], observed=True):
        row = tables[cohort].loc[definition]
        verdicts = own["verdict"].tolist()
        told = [verdicts.count(name) for name in ("HPD", "NOT_HPD", "NOT_EVALUABLE")]
        assert [row["hpd"], row["not_hpd"], row["not_evaluable"]] == told
        assert [row["evaluable"], row["treated"]] == [told[0] + told[1], sum(told)]
        seen += 1
    assert seen == 2 * 35


def test_what_defines_no_hyperprogression_stands_apart(section: Section):
    """Fast progression and other comparators have figures of their own; together all definitions are shown once."""
    own = [part for part in section.parts if isinstance(part, Figure) and part.cohort == "checkpoint_inhibitor"]
    names = [set(part.frame["definition_id"]) for part in own]
    assert {"gandara2021_fp", "auc_fp"} <= names[1]
    assert not names[0] & names[1]
    assert len(names[0] | names[1]) == 35


def test_small_numbers_and_shared_rules_are_said(section: Section):
    """A rule that several papers state is named, and so is who is evaluable for few."""
    [table] = [part for part in section.parts if part.key == "rates-checkpoint-inhibitor"]
    assert any("kato2017_irrc" in note and "fewer than 30" in note for note in table.notes)
    assert any("kamada2019 states the rule of kato2017" in note for note in table.notes)


def test_hidden_rates_are_not_drawn(section: Section):
    """Where a count is hidden, the rate that tells it is neither in the rows nor in the figure."""
    figure = next(part for part in section.parts if part.key == "rates-chemotherapy-hpd")
    shown = hidden(figure, 5)
    is_gone = shown[list(figure.counts)].isna().any(axis=1)
    assert is_gone.any()
    assert not is_gone.all()
    assert shown.loc[is_gone, list(figure.derived)].isna().all(axis=None)
    drawing = drawings.of(drawings.figure(interval_chart, shown))
    said = drawings.said(drawing)
    assert drawings.written(drawing).count("hidden") == is_gone.sum()
    assert {line.split(":")[0] for line in said} == set(shown.loc[~is_gone, "definition_id"])


def test_a_row_tells_rate_and_interval():
    """3 HPD of 7 evaluable and 8 treated, with the bounds of R's binom.test, in percent."""
    row = pd.DataFrame({"definition_id": ["a"], "rate_of_evaluable": [3 / 7], "low_of_evaluable": [0.0989883],
                        "high_of_evaluable": [0.8159484], "rate_of_treated": [3 / 8], "low_of_treated": [0.0852334],
                        "high_of_treated": [0.7551368]})
    assert drawings.said(drawings.of(drawings.figure(interval_chart, row))) == [
        "a: 42.9 % of the evaluable (95 % interval 9.9 to 81.6 %)",
        "a: 37.5 % of all treated (95 % interval 8.5 to 75.5 %)"]


def test_who_is_judged_how_is_hidden_everywhere_alike(facts: Facts, section: Section):
    """What the table of rates hides of a definition, no other section shows, nor what would tell it."""
    [table] = [part for part in section.parts if part.key == "rates-checkpoint-inhibitor"]
    alone = hidden(table, 40).set_index("definition_id")[list(rates.COUNTS)].isna()
    assert alone.any(axis=None)
    others = [part for told in (flow, pseudoprogression, fragile) for part in told.section(facts).parts
              if isinstance(part, Rows) and {"definition_id", *rates.COUNTS} <= set(part.frame.columns)]
    assert len(others) >= 4
    for part in others:
        shown = hidden(part, 40).set_index("definition_id")[list(rates.COUNTS)].notna()
        assert not (shown & alone.loc[shown.index]).any(axis=None), part.key


def test_how_many_were_treated_tells_no_small_rest(facts: Facts) -> None:
    """All treated stand in other rows too: where few of them are not evaluable, who is evaluable is hidden as well."""
    tables = [part for part in rates.section(facts).parts if isinstance(part, Listing)]
    few = 0
    for part in tables:
        shown = hidden(part, 5)
        assert shown["treated"].equals(part.frame["treated"])
        assert not (shown["treated"] - shown["evaluable"]).between(1, 4).any()
        few += int((part.frame["treated"] - part.frame["evaluable"]).between(1, 4).sum())
    assert few
