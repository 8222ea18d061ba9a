"""Which measurements become lesions, and under which name, in all three databases."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from hpd_etl.errors import ConfigurationError
from tests.answers import ANSWERS
from tests.contract.wards import (
    ADDITIONAL,
    BIG,
    CM,
    MM,
    NIVOLUMAB,
    UNSTATED,
    Builder,
    concept,
    exposure,
    person,
    rows,
    size,
)

PATTERN = {"pattern": r"^(?P<role>[A-Z-]+)?\|(?P<lesion>L\d+)\|(?P<organ>[A-Za-z_ ]*)\|?(?P<reader>R\d)?$"}
SIZES = ("lesion_id", "diameter_mm", "status", "source_id")
REFUSED = ("table", "source_id", "reason")


def treated(*measurements: object, **tables: object) -> dict[str, list[object]]:
    """A CDM with one person, one dose and these measurements."""
    return {"person": [person(1)], "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2021-01-04")],
            "measurement": list(measurements), **tables}  # type: ignore[dict-item]


def named(number: int, value: float | None, unit: int | None = MM, *, day: str = "2021-01-01",
          text: str = "TARGET|L1|liver", **row: object) -> object:
    """A size whose source value holds role, lesion and organ."""
    return size(number, 1, day, value, unit, measurement_source_value=text, **row)


def test_a_pattern_tells_lesion_role_organ_and_reader(builder: Builder) -> None:
    """Named groups of the site's pattern fill the columns; the rung is written on the row."""
    ward = builder.build(treated(
        named(1, 12.5), named(2, 3.0, CM, text="NON-TARGET|L2|lung|R1"), named(3, 7, text="|L3|"),
        named(4, 9, text="NEW|L4|Lymph node"), named(5, 1, text="nothing known")))
    records = ward.records(lesions=PATTERN, mapping={"organs": {"lymph node": "lymph_node"}})
    assert rows(records.lesions, "person_id", "lesion_id", "scan_date", "role", "organ", "is_node", "diameter_mm",
                "status", "reader", "identity", "source_id") == [
        ("1", "L1", "2021-01-01", "target", "liver", False, 12.5, "measured", None, "pattern", "measurement:1"),
        ("1", "L2", "2021-01-01", "non_target", "lung", False, 30.0, "measured", "R1", "pattern", "measurement:2"),
        ("1", "L3", "2021-01-01", "unstated", None, False, 7.0, "measured", None, "pattern", "measurement:3"),
        ("1", "L4", "2021-01-01", "new", "lymph_node", True, None, "present", None, "pattern", "measurement:4")]
    assert rows(records.rejections, *REFUSED) == [("lesions", "measurement:5", "no_lesion_identity")]


def test_the_first_rung_that_names_the_lesion_wins(builder: Builder) -> None:
    """Imaging finding before event link before column before pattern; without any the row is refused."""
    link = {"measurement_event_id": BIG, "meas_event_field_concept_id": 1147333}
    ward = builder.build(treated(
        named(1, 10, **link, unit_source_value="c1"), named(2, 11, **link, unit_source_value="c1"),
        named(3, 12, unit_source_value="c1"), named(4, 13), named(5, 14, text="x"),
        image_occurrence=[{"image_occurrence_id": 70, "person_id": 1, "modality_concept_id": 4013636}],
        image_feature=[{"image_feature_id": 1, "person_id": 1, "image_occurrence_id": 70,
                        "image_feature_event_field_concept_id": 1147138, "image_feature_event_id": 1,
                        "image_finding_id": BIG + 1, "anatomic_site_concept_id": 4103532},
                       {"image_feature_id": 2, "person_id": 1, "image_occurrence_id": 70,
                        "image_feature_event_field_concept_id": 1147165, "image_feature_event_id": 4,
                        "image_finding_id": 5}],
        concept=[concept(4103532, "Liver part", "SNOMED", "1"), concept(4013636, "MRI", "SNOMED", "2")]))
    records = ward.records(lesions={**PATTERN, "event_fields": [1147333], "column": "unit_source_value"})
    assert rows(records.lesions, "lesion_id", "organ", "modality", "identity", "source_id") == [
        ("L1", "liver", None, "pattern", "measurement:4"),
        ("c1", "liver", None, "column", "measurement:3"),
        ("event:1147333:4611686018427387905", "liver", None, "event_link", "measurement:2"),
        ("image_finding:4611686018427387906", "liver part", "MR", "image_finding", "measurement:1")]
    assert rows(records.rejections, *REFUSED) == [("lesions", "measurement:5", "no_lesion_identity")]


@pytest.mark.parametrize(("field", "name"), [(1147127, "condition_occurrence"), (999, "episode")])
def test_a_link_to_the_disease_is_no_lesion(builder: Builder, field: int, name: str) -> None:
    """A field of condition_occurrence or episode would make two lesions one; the site is told so."""
    ward = builder.build(treated(named(1, 10), concept=[concept(999, "episode.episode_id", "CDM", "CDM1")]))
    with pytest.raises(ConfigurationError, match=name):
        ward.records(lesions={"event_fields": [field]})


def test_links_of_cdm_5_3_are_read(builder: Builder) -> None:
    """CDM 5.3 has no event link; a lesion is known by the other rungs, and the version is told."""
    ward = builder.build(treated(named(1, 10)), version="5.3")
    records, used = ward.extract(lesions={**PATTERN, "event_fields": [1147333]})
    assert used["cdm_version"] == "5.3"
    assert rows(records.lesions, *SIZES) == [("L1", 10.0, "measured", "measurement:1")]


def test_the_oncology_extension_of_5_3_links_too(postgres_url: str, tmp_path: Path) -> None:
    """Before 5.4 the link stood in modifier_of_event_id; there it is read under the same declaration."""
    ward = Builder("postgresql", tmp_path, postgres_url).build(treated(named(1, 10, text="?")), version="5.3")
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"alter table {ward.cdm}.measurement add modifier_of_event_id bigint,"
                           " add modifier_of_field_concept_id integer")
        connection.execute(f"update {ward.cdm}.measurement set modifier_of_event_id = 7,"
                           " modifier_of_field_concept_id = 1147333")
    records = ward.records(lesions={"event_fields": [1147333]})
    assert rows(records.lesions, "lesion_id", "identity") == [("event:1147333:7", "event_link")]


def test_a_size_has_a_unit_of_length(builder: Builder) -> None:
    """Unit concept, else UCUM text, else the site's words; missing, unknown and other units are refused."""
    ward = builder.build(treated(
        named(1, 1.5, CM), named(2, 0.02, None, unit_source_value="m"), named(3, 1, 0, unit_source_value="[in_i]"),
        named(4, 20, None), named(5, 20, 0, unit_source_value="furlong"), named(6, 20, 8587),
        named(7, 20, None, unit_source_value="Millimeter"), named(8, 0), named(9, -3), named(10, 10.1 / 3, CM),
        named(11, 20, 123456, unit_source_value="mm")))
    records = ward.records(lesions=PATTERN, mapping={"units": {"Millimeter": "mm"}})
    assert rows(records.lesions, "source_id", "diameter_mm", "status") == [
        ("measurement:1", 15.0, "measured"), ("measurement:10", 33.666667, "measured"),
        ("measurement:11", None, "not_assessed"), ("measurement:2", 20.0, "measured"),
        ("measurement:3", 25.4, "measured"), ("measurement:4", None, "not_assessed"),
        ("measurement:5", None, "not_assessed"), ("measurement:6", None, "not_assessed"),
        ("measurement:7", 20.0, "measured"), ("measurement:8", 0.0, "measured"), ("measurement:9", -3.0, "measured")]
    assert rows(records.rejections, *REFUSED) == [
        ("lesions", "measurement:11", "unit_unknown"), ("lesions", "measurement:4", "unit_missing"),
        ("lesions", "measurement:5", "unit_unknown"), ("lesions", "measurement:6", "unit_of_other_dimension")]


def test_a_text_in_place_of_the_number_is_a_status(builder: Builder) -> None:
    """Too small, not evaluable, not yet present and disappeared are seen or not seen; silence is refused."""
    ward = builder.build(treated(
        named(1, None, value_source_value="NOT EVALUABLE"), named(2, None, value_source_value="too small  to measure"),
        named(3, None, value_source_value="NOT YET PRESENT"), named(4, None, value_source_value="disappeared"),
        named(5, None), named(6, None, value_source_value="weg"), named(7, None, value_source_value="?"),
        named(8, 5, operator_concept_id=4171756), named(9, 5, operator_concept_id=4172703),
        named(10, None, value_as_concept_id=4266367)))
    records = ward.records(lesions=PATTERN, mapping={"statuses": {"weg": "disappeared", "4266367": "progressed"}})
    assert rows(records.lesions, "source_id", "diameter_mm", "status") == [
        ("measurement:1", None, "not_assessed"), ("measurement:10", None, "progressed"),
        ("measurement:2", None, "too_small"), ("measurement:3", None, "not_yet_present"),
        ("measurement:4", None, "disappeared"), ("measurement:5", None, "not_assessed"),
        ("measurement:6", None, "disappeared"), ("measurement:7", None, "not_assessed"),
        ("measurement:8", None, "too_small"), ("measurement:9", 5.0, "measured")]
    assert rows(records.rejections, *REFUSED) == [
        ("lesions", "measurement:5", "no_value"), ("lesions", "measurement:7", "no_value")]


def test_an_unstated_dimension_is_not_the_longest(builder: Builder) -> None:
    """It is refused and leaves its lesion not assessed, unless the site says what it is."""
    cdm = treated(named(1, 20, measurement_concept_id=UNSTATED), named(2, 30, measurement_concept_id=3018102))
    ward = builder.build(cdm)
    records = ward.records(lesions=PATTERN)
    assert rows(records.lesions, *SIZES) == [("L1", None, "not_assessed", "measurement:1"),
                                             ("L1", None, "not_assessed", "measurement:2")]
    assert rows(records.rejections, *REFUSED) == [("lesions", "measurement:1", "dimension_unknown"),
                                                  ("lesions", "measurement:2", "dimension_unknown")]
    told = ward.records(lesions=PATTERN, mapping={"measurements": {str(UNSTATED): "longest", "3018102": "ignore"}})
    assert rows(told.lesions, *SIZES) == [("L1", 20.0, "measured", "measurement:1")]
    assert not len(told.rejections)


def test_the_size_of_a_node_is_its_short_axis(builder: Builder) -> None:
    """An additional dimension beside the maximum is a node's short axis; elsewhere it is of unknown direction."""
    node, mass = {"text": "TARGET|L1|lymph_node"}, {"text": "TARGET|L2|liver"}
    extra = {"measurement_concept_id": ADDITIONAL}
    ward = builder.build(treated(
        named(1, 25, **node), named(2, 16, **node, **extra), named(3, 24, day="2021-02-01", **node),
        named(4, 15, day="2021-03-01", **node, **extra), named(5, 40, **mass), named(6, 30, **mass, **extra),
        named(7, 17, day="2021-04-01", **node, measurement_source_concept_id=2_000_000_001),
        named(8, 21, day="2021-04-01", **mass, measurement_source_concept_id=2_000_000_002),
        named(9, 900, 8686, day="2021-04-01", **mass, measurement_concept_id=2_000_000_003)))
    records = ward.records(lesions=PATTERN, mapping={"measurements": {
        "2000000001": "short_axis", "2000000002": "perpendicular", "2000000003": "volume"}})
    assert rows(records.lesions, "source_id", "is_node", "diameter_mm", "perpendicular_mm", "volume_mm3",
                "status") == [
        ("measurement:1", True, None, 25.0, None, "present"), ("measurement:2", True, 16.0, None, None, "measured"),
        ("measurement:3", True, None, 24.0, None, "present"),
        ("measurement:4", True, None, None, None, "not_assessed"),
        ("measurement:5", False, 40.0, None, None, "measured"),
        ("measurement:6", False, None, None, None, "not_assessed"),
        ("measurement:7", True, 17.0, None, None, "measured"), ("measurement:8", False, None, 21.0, None, "measured"),
        ("measurement:9", False, None, None, 900.0, "measured")]
    assert rows(records.rejections, *REFUSED) == [("lesions", "measurement:4", "dimension_unknown"),
                                                  ("lesions", "measurement:6", "dimension_unknown")]


def test_a_new_lesion_needs_no_name(builder: Builder) -> None:
    """That something new was seen means progression, whoever it is; that nothing new was seen adds no lesion."""
    ward = builder.build(treated(
        size(1, 1, "2021-03-01", None, None, measurement_source_value="NEWLIND", value_source_value="Y"),
        size(2, 1, "2021-04-01", None, None, measurement_source_value="NEWLIND", value_source_value="N")))
    records, used = ward.extract(mapping={"measurements": {"NEWLIND": "new_lesion"}})
    assert rows(records.lesions, "lesion_id", "scan_date", "role", "status", "identity") == [
        ("measurement:1", "2021-03-01", "new", "present", "row")]
    assert used["counts"]["measurement"] == {"read": 2, "kept": 1, "refused": 0, "ignored": 1}
    assert used["ignored"] == {"measurement": {"no_new_lesion": 1}}


def test_a_text_that_is_no_answer_leaves_a_new_lesion_unknown(builder: Builder) -> None:
    """Neither yes, no nor a word for what was seen: not taken for a yes; the site may say what the text means.

    The texts, and what is made of them, are those of `tests/fhir/test_sizes.py`.
    """
    ward = builder.build(treated(*(
        size(number, 1, "2021-03-01", None, None, measurement_source_value="NEWLIND", value_source_value=text)
        for number, text in enumerate(ANSWERS, start=1))))
    meaning = {"measurements": {"NEWLIND": "new_lesion"}, "statuses": {"ja, Leber": "present"}}
    records, used = ward.extract(mapping=meaning)
    found = [(int(source.partition(":")[2]), status) for source, status in rows(records.lesions, "source_id", "status")]
    assert sorted(found) == [(number, status) for number, status in enumerate(ANSWERS.values(), start=1) if status]
    unknown = [number for number, status in enumerate(ANSWERS.values(), start=1) if status == "not_assessed"]
    assert rows(records.rejections, *REFUSED) == [
        ("lesions", f"measurement:{number}", "new_lesion_value_unknown") for number in unknown]
    assert used["counts"]["measurement"]["ignored"] == sum(status is None for status in ANSWERS.values())
    named = ward.records(mapping=meaning, lesions={"column": "value_source_value"})
    assert dict(rows(named.lesions, "lesion_id", "status"))["equivocal"] == "present"


def test_a_coded_answer_to_new_lesion_is_understood_or_not_assessed(builder: Builder) -> None:
    """Yes is a new lesion, what the site maps to an absent one is none, and a code that nobody explained is unknown."""
    def answer(number: int, concept: int | None, text: str | None = None, value: float | None = None) -> object:
        return size(number, 1, "2021-03-01", value, None, measurement_source_value="NEWLIND",
                    value_as_concept_id=concept, value_source_value=text)

    ward = builder.build(treated(
        answer(1, None), answer(2, 0), answer(3, 4188539), answer(4, 4188540), answer(5, 777),
        answer(6, 4188540, "nee"), answer(7, 777, "Yes"), answer(8, 777, "no"),
        answer(9, 777, value=0), answer(10, 4188539, "ja")))
    meaning = {"measurements": {"NEWLIND": "new_lesion"}}
    answers = [("measurement:1", "present"), ("measurement:10", "present"), ("measurement:2", "present"),
               ("measurement:3", "present"), ("measurement:4", "not_assessed"), ("measurement:5", "not_assessed"),
               ("measurement:6", "not_assessed"), ("measurement:7", "present")]
    records, used = ward.extract(mapping=meaning)
    assert rows(records.lesions, "source_id", "status") == answers
    assert set(rows(records.lesions, "role", "identity")) == {("new", "row")}
    assert rows(records.rejections, *REFUSED) == [
        ("lesions", f"measurement:{number}", "new_lesion_value_unknown") for number in (4, 5, 6)]
    assert used["counts"]["measurement"] == {"read": 10, "kept": 8, "refused": 0, "ignored": 2}
    told, used = ward.extract(mapping={**meaning, "statuses": {"4188540": "not_yet_present"}})
    assert rows(told.lesions, "source_id", "status") == [
        each for each in answers if each[0] not in ("measurement:4", "measurement:6")]
    assert rows(told.rejections, *REFUSED) == [("lesions", "measurement:5", "new_lesion_value_unknown")]
    assert used["counts"]["measurement"] == {"read": 10, "kept": 6, "refused": 0, "ignored": 4}


def test_the_first_reader_counts(builder: Builder) -> None:
    """Where two readers measured one lesion on one day, the site's order decides; the other row is refused."""
    ward = builder.build(treated(
        named(1, 20, text="TARGET|L1|liver|R2"), named(2, 22, text="TARGET|L1|liver|R1"),
        named(3, 30, text="TARGET|L1|liver|R2", day="2021-02-01")))
    records = ward.records(lesions=PATTERN, reader_priority=["R1", "R2"])
    assert rows(records.lesions, *SIZES) == [("L1", 22.0, "measured", "measurement:2"),
                                             ("L1", 30.0, "measured", "measurement:3")]
    assert rows(records.rejections, *REFUSED) == [("lesions", "measurement:1", "lower_priority")]


def test_every_row_read_is_kept_refused_or_ignored(builder: Builder) -> None:
    """Nothing is lost on the way from the table to Records, and the counts say so."""
    ward = builder.build(treated(named(1, 20), named(2, 20, None), named(3, 20, text="?"), named(4, None),
                                 named(5, 9, measurement_concept_id=3018102)))
    _, used = ward.extract(lesions=PATTERN)
    assert used["counts"]["measurement"] == {"read": 5, "kept": 4, "refused": 1, "ignored": 0}
    assert used["rejections"] == {"dimension_unknown": 1, "no_lesion_identity": 1, "no_value": 1, "unit_missing": 1}


def test_sizes_that_contradict_themselves(builder: Builder) -> None:
    """A bound, two units that differ and a number that its text denies are refused; the lesion is not assessed."""
    ward = builder.build(treated(
        named(1, 60, operator_concept_id=4172704), named(2, 60, text="TARGET|L2|liver", unit_source_value="cm"),
        named(3, 60, text="TARGET|L3|liver", value_source_value="NOT EVALUABLE"),
        named(4, 60, text="TARGET|L4|liver", operator_concept_id=4172703)))
    records = ward.records(lesions=PATTERN)
    assert rows(records.lesions, "lesion_id", "diameter_mm", "status") == [
        ("L1", None, "not_assessed"), ("L2", None, "not_assessed"), ("L3", None, "not_assessed"),
        ("L4", 60.0, "measured")]
    assert rows(records.rejections, "source_id", "reason") == [
        ("measurement:1", "inexact_size"), ("measurement:2", "unit_conflict"), ("measurement:3", "number_and_status")]


def test_a_node_is_known_by_the_name_of_its_site(builder: Builder) -> None:
    """A lymph node of the vocabulary is a node, whose long axis is no target's size; a structure has its plain name."""
    feature = {"person_id": 1, "image_occurrence_id": 70, "image_feature_event_field_concept_id": 1147138}
    ward = builder.build(treated(
        named(1, 18), named(2, 20),
        image_feature=[
            {**feature, "image_feature_id": 1, "image_feature_event_id": 1, "image_finding_id": 5,
             "anatomic_site_concept_id": 91},
            {**feature, "image_feature_id": 2, "image_feature_event_id": 2, "image_finding_id": 6,
             "anatomic_site_concept_id": 92}],
        concept=[concept(91, "Lymph node structure", "SNOMED", "1"), concept(92, "Liver structure", "SNOMED", "2")]))
    assert rows(ward.records().lesions, "organ", "is_node", "diameter_mm", "status") == [
        ("liver", False, 20.0, "measured"), ("lymph node", True, None, "present")]


def test_a_link_that_cannot_be_right_names_no_lesion(builder: Builder) -> None:
    """A size linked to two findings, to somebody else's or to event 0 is refused rather than given one of them."""
    feature = {"image_occurrence_id": 70, "image_feature_event_field_concept_id": 1147138}
    ward = builder.build(treated(
        named(1, 10, text="x"), named(2, 11, text="x"),
        named(3, 12, text="x", measurement_event_id=0, meas_event_field_concept_id=1147333),
        image_feature=[
            {**feature, "person_id": 1, "image_feature_id": 1, "image_feature_event_id": 1, "image_finding_id": 5},
            {**feature, "person_id": 1, "image_feature_id": 2, "image_feature_event_id": 1, "image_finding_id": 6},
            {**feature, "person_id": 2, "image_feature_id": 3, "image_feature_event_id": 2, "image_finding_id": 7}]))
    records = ward.records(lesions={"event_fields": [1147333]})
    assert rows(records.lesions, "lesion_id") == []
    assert rows(records.rejections, *REFUSED) == [
        ("lesions", f"measurement:{number}", "no_lesion_identity") for number in (1, 2, 3)]
