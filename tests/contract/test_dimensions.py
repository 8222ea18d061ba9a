"""Diameters across, volumes and lesions that are parts of others, in all three databases."""

from __future__ import annotations

import pytest

from hpd_etl import timeline
from hpd_etl.errors import ConfigurationError
from tests.contract.test_lesions import PATTERN, REFUSED, named, treated
from tests.contract.wards import ADDITIONAL, CM, STUDY, Builder, Row, rows

PERPENDICULAR, VOLUME = 2_000_000_002, 2_000_000_003
MEANING = {"measurements": {str(PERPENDICULAR): "perpendicular", str(VOLUME): "volume", "LPERP": "perpendicular"}}
MM3, CM3, ML = 8686, 44777662, 8587
PARTS = {"pattern": r"^(?P<role>[A-Z-]+)\|(?P<lesion>L\d+)\|(?P<organ>[a-z_]+)(\|(?P<part_of>L\d+))?$"}


def across(number: int, value: float | None, unit: int | None = CM, **row: object) -> Row:
    """A perpendicular diameter of L1."""
    return named(number, value, unit, measurement_concept_id=PERPENDICULAR, **row)  # type: ignore[return-value]


def volume(number: int, value: float | None, unit: int | None, **row: object) -> Row:
    """A volume of L1."""
    return named(number, value, unit, measurement_concept_id=VOLUME, **row)  # type: ignore[return-value]


def test_a_diameter_across_is_a_length(builder: Builder) -> None:
    """By the site's concept, whatever its unit; a size by the additional dimension where the site vouches for it."""
    ward = builder.build(treated(
        named(1, 40), across(2, 2.5), named(3, 20, text="TARGET|L2|lung", measurement_concept_id=ADDITIONAL),
        across(4, 3, MM3, text="TARGET|L3|lung"), across(5, 3, None, text="TARGET|L4|lung")))
    told = {"measurements": {**MEANING["measurements"], str(ADDITIONAL): "perpendicular"}}
    records = ward.records(lesions=PATTERN, mapping=told)
    assert rows(records.lesions, "source_id", "diameter_mm", "perpendicular_mm", "status") == [
        ("measurement:1", 40.0, None, "measured"), ("measurement:2", None, 25.0, "measured"),
        ("measurement:3", None, 20.0, "measured"), ("measurement:4", None, None, "not_assessed"),
        ("measurement:5", None, None, "not_assessed")]
    assert rows(records.rejections, *REFUSED) == [
        ("lesions", "measurement:4", "unit_of_other_dimension"), ("lesions", "measurement:5", "unit_missing")]


def test_a_volume_needs_a_unit_of_volume(builder: Builder) -> None:
    """Cubic millimetres and centimetres, millilitres, by concept or text; a length, a bound and silence are refused."""
    ward = builder.build(treated(
        volume(1, 900, MM3, day="2021-01-01"), volume(2, 1.5, CM3, day="2021-01-02"),
        volume(3, 2, ML, day="2021-01-03"), volume(4, 3, None, day="2021-01-04", unit_source_value="mL"),
        volume(5, 4, None, day="2021-01-05", unit_source_value="cm3"), volume(6, 5, CM, day="2021-01-06"),
        volume(7, 6, None, day="2021-01-07"), volume(8, None, None, day="2021-01-08"),
        volume(9, 7, ML, day="2021-01-09", operator_concept_id=4172704),
        volume(10, 8, ML, day="2021-01-10", unit_source_value="mm3")))
    records = ward.records(lesions=PATTERN, mapping=MEANING)
    assert rows(records.lesions, "scan_date", "diameter_mm", "volume_mm3", "status") == [
        ("2021-01-01", None, 900.0, "measured"), ("2021-01-02", None, 1500.0, "measured"),
        ("2021-01-03", None, 2000.0, "measured"), ("2021-01-04", None, 3000.0, "measured"),
        ("2021-01-05", None, 4000.0, "measured"),
        *((f"2021-01-{number:02}", None, None, "not_assessed") for number in range(6, 11))]
    assert rows(records.rejections, "source_id", "reason") == [
        ("measurement:10", "unit_conflict"), ("measurement:6", "unit_of_other_dimension"),
        ("measurement:7", "unit_missing"), ("measurement:8", "no_value"), ("measurement:9", "inexact_size")]


def test_all_dimensions_of_a_day_are_one_lesion_of_the_timeline(builder: Builder) -> None:
    """Diameter, perpendicular and volume of a day stand in one row; of a node the short and the long axis."""
    node = {"text": "TARGET|L2|lymph_node"}
    ward = builder.build(treated(
        named(1, 40), across(2, 2.5), volume(3, 9, ML), named(4, 26, **node),
        named(5, 17, measurement_concept_id=ADDITIONAL, **node)))
    aligned = timeline.align(ward.records(lesions=PATTERN, mapping=MEANING), STUDY, {"study": STUDY.windows})
    assert rows(aligned.lesions, "lesion_id", "diameter_mm", "perpendicular_mm", "volume_mm3", "status") == [
        ("L1", 40.0, 25.0, 9000.0, "measured"), ("L2", 17.0, 26.0, None, "measured")]


def test_a_node_without_a_long_axis_is_gone(builder: Builder) -> None:
    """Where nothing is left across, nothing is left; a node of 0 x 0 mm is no contradiction."""
    node = {"text": "TARGET|L1|lymph_node"}
    ward = builder.build(treated(
        named(1, 0, **node), named(2, 0, measurement_concept_id=ADDITIONAL, **node)))
    records = ward.records(lesions=PATTERN)
    assert rows(records.lesions, "source_id", "diameter_mm", "perpendicular_mm", "status") == [
        ("measurement:1", None, 0.0, "disappeared"), ("measurement:2", 0.0, None, "measured")]
    aligned = timeline.align(records, STUDY, {"study": STUDY.windows})
    assert rows(aligned.lesions, "diameter_mm", "status") == [(0.0, "disappeared")]
    assert not len(aligned.rejections)


def test_a_part_names_the_lesion_it_belongs_to(builder: Builder) -> None:
    """A lesion that merged needs no size of its own; a part of a lesion that is not there, or of itself, is refused."""
    ward = builder.build(treated(
        named(1, 40), named(2, 12, text="TARGET|L2|liver|L1"), named(3, None, text="TARGET|L3|liver|L1"),
        named(4, 9, text="TARGET|L4|liver|L9"), named(5, 8, text="TARGET|L5|liver|L5"),
        named(6, 7, None, text="TARGET|L6|liver|L1"),
        named(7, None, text="TARGET|L7|liver|L1", value_source_value="DISAPPEARED")))
    records = ward.records(lesions=PARTS)
    assert rows(records.lesions, "lesion_id", "part_of", "diameter_mm", "status") == [
        ("L1", None, 40.0, "measured"), ("L2", "L1", 12.0, "measured"), ("L3", "L1", None, "present"),
        ("L4", None, 9.0, "measured"), ("L5", None, 8.0, "measured"), ("L6", "L1", None, "not_assessed"),
        ("L7", "L1", None, "disappeared")]
    assert rows(records.rejections, *REFUSED) == [
        ("lesions", "measurement:4", "part_of_unknown"), ("lesions", "measurement:5", "part_of_unknown"),
        ("lesions", "measurement:6", "unit_missing")]


def test_a_lesion_of_somebody_else_is_no_whole(builder: Builder) -> None:
    """Lesions are named within their person."""
    ward = builder.build({**treated(named(1, 40, text="TARGET|L1|liver|L2")),
                          "person": [{"person_id": 1}, {"person_id": 2}],
                          "measurement": [named(1, 40, text="TARGET|L1|liver|L2"),
                                          {**named(2, 30, text="TARGET|L2|liver"), "person_id": 2}]})  # type: ignore
    records = ward.records(lesions=PARTS)
    assert rows(records.rejections, "source_id", "reason") == [("measurement:1", "part_of_unknown")]


@pytest.mark.parametrize("meaning", ["part_of", "death_cause"])
def test_what_only_fhir_has_is_no_measurement(file_builder: Builder, meaning: str) -> None:
    """A CDM has other places for it, which the message names."""
    ward = file_builder.build(treated(named(1, 40)))
    with pytest.raises(ConfigurationError, match="FHIR alone"):
        ward.records(mapping={"measurements": {"MERGED": meaning}})
