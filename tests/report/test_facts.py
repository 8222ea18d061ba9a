"""What a report is told, looked up by person and definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
