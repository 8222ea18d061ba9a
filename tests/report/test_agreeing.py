"""Agreement and overlap as they are told: each person in one combination, each pair of rules in two cells."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hpd_etl.report.cells import hidden
from hpd_etl.report.content import Story
from hpd_etl.report.drawing.matrix import matrix_chart
from hpd_etl.report.drawing.overlaps import overlap_chart
from hpd_etl.report.sections import agreeing, rates
from tests.agreement.given import compared
from tests.report import drawings

if TYPE_CHECKING:
    from hpd_etl.report.content import Section
    from hpd_etl.report.facts import Facts

PAIRS = pd.DataFrame({
    "first": ["a", "a", "b"], "second": ["b", "c", "c"], "kappa": [0.85, 0.3, None], "jaccard": [0.8, None, 0.0],
    "kappa_band": ["0.8 or more", "0.2 to 0.4", None], "jaccard_band": ["0.8 or more", "0.2 to 0.4", "below 0.2"]})


@pytest.fixture(scope="module")
def section(facts: Facts) -> Section:
    """The agreement of the synthetic hospital."""
    return agreeing.section(facts)


def test_combinations_are_those_of_the_labels(facts: Facts, section: Section):
    """The frequent ones as a loop over the labels finds them; with the sum of the others they are everybody."""
    rates = facts.agreement.agreement_rates
    rules = set(rates.loc[rates["hyperprogression"], "counted_as"])
    of_person: defaultdict[str, list[str]] = defaultdict(list)
    for row in facts.labels.labels.itertuples():
        if row.cohort == facts.cohort:
            of_person[row.person_id] += [row.definition_id] if row.verdict == "HPD" else []
    found = Counter(frozenset(rules & set(names)) for names in of_person.values())
    frame = section.parts[-1].frame
    sets = frame[frame["kind"] == "combination"]
    assert sets["persons"].sum() == len(of_person) == len(facts.people)
    assert sets["combinations"].sum() == len(found)
    for row in sets[sets["definitions"] != agreeing.OTHERS].itertuples():
        names = frozenset() if row.definitions == agreeing.NOBODY else frozenset(row.definitions.split(";"))
        assert row.persons == found.pop(names) >= 5
    for row in frame[frame["kind"] == "definition"].itertuples():
        assert row.persons == sum(row.definitions in names for names in of_person.values())


def test_the_rest_is_one_sum(facts: Facts):
    """Of 9 + 6 + 5 + 2 persons the last two are one sum: told alone, the 5 would tell that 2 of 7 with b are others."""
    found = compared("a b\n9x - -\n6x + -\n5x + +\n2x - +")
    frame = agreeing.combinations(found.overlaps, rates.judged(replace(facts, agreement=found)), 5)
    told = frame[frame["kind"] == "combination"]
    assert told[["definitions", "combinations", "persons"]].to_numpy().tolist() == [
        ["none", 1, 9], ["a", 1, 6], [agreeing.OTHERS, 2, 7]]
    sizes = frame[frame["kind"] == "definition"]
    assert sizes[["definitions", "persons", "evaluable"]].to_numpy().tolist() == [["a", 11, 22]]


def test_a_band_is_a_fifth():
    """From below 0.2, where kappa may be negative, to 0.8 or more; what is not defined is in none."""
    values = pd.Series([-0.3, 0.0, 0.2, 0.39, 0.6, 0.8, 1.0, None], dtype="Float64")
    assert agreeing.banded(values).tolist() == [
        "below 0.2", "below 0.2", "0.2 to 0.4", "0.2 to 0.4", "0.6 to 0.8", "0.8 or more", "0.8 or more", pd.NA]


def test_each_pair_has_two_cells():
    """Kappa and Jaccard; in its band alone where the number is hidden, none where it is not defined."""
    assert drawings.said(drawings.of(drawings.figure(matrix_chart, PAIRS))) == [
        "a and b: Cohen's kappa 0.85", "a and c: Cohen's kappa 0.30", "b and a: Jaccard 0.80",
        "c and a: Jaccard 0.2 to 0.4", "c and b: Jaccard 0.00"]


def test_small_counts_hide_the_number_and_leave_the_band(section: Section):
    """Where a cell of the fourfold table is hidden, so are kappa, Jaccard and their intervals."""
    matrix = section.parts[0]
    shown = hidden(matrix, 5)
    gone = shown[["both_hpd", "first_hpd_only", "second_hpd_only", "neither_hpd"]].isna().any(axis=1)
    assert 0 < gone.sum() < len(shown)
    assert shown.loc[gone, list(matrix.counts)].isna().all(axis=None)
    assert shown.loc[gone, list(matrix.derived)].isna().all(axis=None)
    assert (shown["kappa_band"].notna() == matrix.frame["kappa"].notna()).all()


def test_who_is_judged_by_one_of_two_is_counted(section: Section, facts: Facts):
    """All of a pair are everybody treated, and what the rates tell of each rule; none of nine cells shown is small."""
    matrix = section.parts[0]
    cells = matrix.frame[list(matrix.counts[1:])]
    assert (cells.sum(axis=1) == len(facts.people)).all()
    hpd = matrix.frame[["both_hpd", "first_hpd_only", "first_hpd_alone"]].sum(axis=1)
    assert hpd.tolist() == rates.judged(facts).loc[matrix.frame["first"].astype(str), "hpd"].tolist()
    shown = hidden(matrix, 5)[list(matrix.counts)]
    assert not ((shown >= 1) & (shown < 5)).any(axis=None)


def test_bars_stand_above_the_definitions_they_are_of():
    """A bar for each combination and each definition, with what may be shown of them."""
    frame = pd.DataFrame({
        "kind": ["combination"] * 3 + ["definition"] * 2, "definitions": ["none", "a;b", "b", "a", "b"],
        "persons": pd.array([1200, 40, None, 40, 55], dtype="Int64")})
    drawing = drawings.of(drawings.figure(overlap_chart, frame))
    assert drawings.said(drawing) == ["none: 1,200", "a, b: 40", "a: 40", "b: 55"]
    assert "hidden" in drawings.written(drawing)


def test_one_rule_agrees_with_nothing(facts: Facts):
    """A study of one rule is told that there is nothing to compare."""
    found = compared("a\n+\n-")
    [part] = agreeing.section(replace(facts, agreement=found)).parts
    assert isinstance(part, Story)
