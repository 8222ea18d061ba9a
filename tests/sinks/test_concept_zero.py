"""Concept 0 says that no standard concept exists; what has one bears it, and what has none says what it is in words."""

from __future__ import annotations

from hpd_etl import assets
from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.library import published, variants
from hpd_etl.schema import METRICS
from hpd_etl.sinks.omop.observations import UNIT_CONCEPTS, derive
from tests.sinks import given

UNITS = {row["display"]: row["code"] for row in assets.mapping("units") if row["system"] == "UCUM"}
STANDARD = {UNITS[row["display"]]: int(row["code"]) for row in assets.mapping("units") if row["system"] == "OMOP"}
"""Unit in UCUM -> its standard concept, as far as one is verified."""


def test_every_unit_that_is_written_has_its_concept_if_there_is_one() -> None:
    """Of the units of all metrics of all definitions, those with a verified concept are written with it."""
    named = {METRIC_SOURCES[each.value].unit for one in published() for each in (one, *variants(one))}
    named |= {column.unit for column in METRICS.columns if column.unit in ("%", "mm")}
    assert {unit: STANDARD[unit] for unit in named if unit in STANDARD} == UNIT_CONCEPTS


def test_concept_0_stands_beside_what_it_cannot_say() -> None:
    """A unit without a concept keeps its text, one that does not exist is missing; source values name the rest."""
    rows = derive(given.labels(), given.timeline(), given.definitions(), given.study(), given.site("", "").sink)
    measured = rows.measurement
    unit, concept = measured["unit_source_value"], measured["unit_concept_id"]
    assert len(measured)
    assert (concept == 0).any()
    assert (concept == unit.map(STANDARD).fillna(0)).where(unit.notna(), concept.isna()).all()
    for frame, what in ((measured, "measurement"), (rows.observation, "observation")):
        assert frame[f"{what}_concept_id"].eq(0).all()
        assert frame[f"{what}_source_value"].str.startswith("hpd:").all()
