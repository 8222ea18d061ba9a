"""What a report is told, looked up by person and definition."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from hpd_etl.report import build
from hpd_etl.report.content import Rows

if TYPE_CHECKING:
    from hpd_etl.report.facts import Facts


def test_labels_and_metrics_stand_in_the_order_of_the_people(facts: Facts) -> None:
    """Each definition has one label a person of the cohort, and the metrics beside it are of the same person."""
    for definition in facts.definitions:
        labels, metrics = facts.labels_of(definition), facts.metrics_of(definition)
        assert labels["person_id"].tolist() == metrics["person_id"].tolist() == facts.people.index.tolist()
        assert set(labels["definition_id"]) == {definition.id}
        assert set(labels["cohort"]) == {facts.cohort}
        assert set(metrics["measure_set"]) == set(labels["measure_set"])


def test_no_two_definitions_told_in_detail_differ_in_few_persons(facts: Facts) -> None:
    """Their groups are the same or differ in at least five; taking one Table 1 from the other tells of no few."""
    told = [each for each in facts.definitions if each.id not in facts.too_alike]
    assert facts.definitions[0] in told
    assert set(facts.too_alike.values()) <= {each.id for each in told}
    groups = [{word: set(own.index[own == word]) for word in own.unique()} for own in map(facts.verdicts_of, told)]
    differing = [len(one.get(word, set()) ^ two.get(word, set())) for one, two in combinations(groups, 2)
                 for word in ("HPD", "not HPD", "not evaluable")]
    assert not any(0 < persons < 5 for persons in differing)


def test_a_definition_too_alike_is_told_by_its_flow_alone(facts: Facts) -> None:
    """Of 71 HPD by Kim 2021 and 73 by Champiat two are others: Kim 2021 has a flow and no Table 1 in what is shared."""
    both = ("champiat2017", "kimcg2021_hcc")
    facts = replace(facts, definitions=tuple(each for each in facts.definitions if each.id in both))
    assert facts.too_alike == {"kimcg2021_hcc": "champiat2017"}
    told = {section.key: [part for part in section.parts if part.definition == "kimcg2021_hcc"]
            for section in build(facts, {}, patients=False).sections}
    assert [key for key, parts in told.items() if any(isinstance(part, Rows) for part in parts)] == ["flow"]
    assert {len(told[key]) for key in ("characteristics", "growth", "courses", "survival", "risk")} == {1}
