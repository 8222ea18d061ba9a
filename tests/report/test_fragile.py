"""Fragile labels and flips are told as the sensitivity of the run has them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hpd_etl.report.content import Story
from hpd_etl.report.drawing.fragility import expectation_chart, readings_chart
from hpd_etl.report.sections import fragile
from tests.report import drawings

if TYPE_CHECKING:
    from hpd_etl.report.content import Section
    from hpd_etl.report.facts import Facts


@pytest.fixture(scope="module")
def section(facts: Facts) -> Section:
    """What was found in the synthetic hospital."""
    return fragile.section(facts)


def test_fragile_labels_are_those_of_the_run(facts: Facts, section: Section):
    """By definition as a loop over the labels measured again counts them, and the HPD to be expected."""
    found: Counter[tuple[str, str]] = Counter()
    expected: Counter[str] = Counter()
    for row in facts.sensitivity.perturbation.itertuples():
        if row.cohort == facts.cohort:
            found[row.definition_id, row.verdict.lower()] += 1
            found[row.definition_id, f"{row.verdict.lower()}_fragile"] += not pd.isna(row.fragile) and row.fragile
            expected[row.definition_id] += 0 if pd.isna(row.p_hpd) else row.p_hpd
    own = facts.sensitivity.flipped
    own = own[own["cohort"] == facts.cohort]
    flipped = Counter(name for _, name in set(zip(own["person_id"], own["definition_id"], strict=True)))
    frame = section.parts[1].frame
    for row in frame.to_dict("records"):
        name = row["definition_id"]
        columns = ("hpd", "hpd_fragile", "not_hpd", "not_hpd_fragile", "not_evaluable_fragile")
        assert {each: row[each] for each in columns} == {each: found[name, each] for each in columns}
        assert row["hpd_expected"] == pytest.approx(expected[name], abs=0.051)
        assert row["flipped"] == flipped[name]
    assert len(frame) == len(facts.definitions)
    assert frame["hpd_fragile"].sum() > 0


def test_flips_are_counted_by_reading(facts: Facts, section: Section):
    """Each reading with the labels of the cohort that it changes, and which of them lose or gain HPD; most first."""
    found: Counter[tuple[str, str, str]] = Counter()
    for row in facts.sensitivity.flipped.itertuples():
        if row.cohort == facts.cohort:
            found[row.parameter, row.value, "flips"] += 1
            found[row.parameter, row.value, "hpd_lost"] += row.from_verdict == "HPD"
            found[row.parameter, row.value, "hpd_gained"] += row.to_verdict == "HPD"
    frame = section.parts[2].frame
    for row in frame.to_dict("records"):
        for name in ("flips", "hpd_lost", "hpd_gained"):
            assert row[name] == found[row["parameter"], row["value"], name]
    assert frame["flips"].sum() == sum(n for (_, _, name), n in found.items() if name == "flips") > 0
    assert frame["flips"].is_monotonic_decreasing


def test_without_sensitivity_the_verb_is_named(facts: Facts):
    """Nothing is shown in place of what was not examined but how to do it."""
    [part] = fragile.section(replace(facts, sensitivity=None)).parts
    assert isinstance(part, Story)
    assert "hpd-etl sensitivity" in part.paragraphs[0]


def test_labelled_expected_and_fragile_stand_in_a_row():
    """Three marks a definition; none for what is hidden."""
    frame = pd.DataFrame({"definition_id": ["a", "b"], "hpd": [12, None], "hpd_expected": [10.4, None],
                          "hpd_fragile": [5, None]}).astype({"hpd": "Int64", "hpd_fragile": "Int64"})
    assert drawings.said(drawings.of(drawings.figure(expectation_chart, frame))) == [
        "a: 12 HPD labelled", "a: 10.4 HPD expected", "a: 5 HPD fragile"]


def test_readings_take_and_give():
    """A bar to each side; none for what is hidden."""
    frame = pd.DataFrame({"parameter": ["month_days", "strictness"], "value": ["28", "swapped"],
                          "hpd_lost": [30, None], "hpd_gained": [0, 7]}).astype(
                              {"hpd_lost": "Int64", "hpd_gained": "Int64"})
    assert sorted(drawings.said(drawings.of(drawings.figure(readings_chart, frame)))) == [
        "month days: 28: 0 labels, HPD gained", "month days: 28: 30 labels, HPD lost",
        "strictness: swapped: 7 labels, HPD gained"]
