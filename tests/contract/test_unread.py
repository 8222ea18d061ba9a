"""Rows that no statement reads, because nobody knows their source code: counted by code, in every database alike."""

from __future__ import annotations

from hpd_etl.words import RARE
from tests.contract.wards import LARGEST, NIVOLUMAB, Builder, Row, day, exposure, person, size

PEOPLE = range(1, 8)
"""All but the last are treated."""
TREATED = PEOPLE[:-1]
GIVEN = [exposure(number, number, NIVOLUMAB, "2021-01-04") for number in TREATED]


def unread(builder: Builder, mapping: dict[str, dict[str, str]], **tables: list[Row]) -> list[tuple[object, ...]]:
    """What the source counts of these rows: table, system, code, rows and persons."""
    ward = builder.build({"person": [person(number) for number in PEOPLE], "drug_exposure": GIVEN,
                          "measurement": [size(99, 1, "2021-01-01", 20)], **tables})
    used = ward.extract(mapping=mapping)[1]
    return [tuple(each.values()) for each in used["unread"]]


def unknown(number: int, who: int, text: str | None, source: int | None = None) -> Row:
    """A measurement without a standard concept."""
    return size(number, who, "2021-01-01", 20, measurement_concept_id=0, measurement_source_value=text,
                measurement_source_concept_id=source)


def test_measurements_are_counted_by_source_concept_else_by_text(builder: Builder) -> None:
    """Rows and persons of treated persons; a source concept stands for its texts, no code is no line."""
    rows = [unknown(number, number, "TUMOR_SIZE") for number in PEOPLE]
    rows += [unknown(11, 1, "TUMOR_SIZE"), unknown(12, 1, "A", 2_000_000_123), unknown(13, 1, "B", 2_000_000_123),
             unknown(14, 2, None, 2_000_000_123), unknown(15, 2, None), unknown(16, 2, " "),
             size(17, 3, "2021-01-01", 20, measurement_source_value="TUMOR_SIZE"),
             size(18, 3, "2021-01-01", 20, measurement_concept_id=3000963, measurement_source_value="TUMOR_SIZE")]
    assert unread(builder, {}, measurement=rows) == [
        ("measurement", "text", "TUMOR_SIZE", 7, 6), ("measurement", "OMOP", "2000000123", 3, 2)]


def test_what_the_site_maps_is_read_and_not_counted(builder: Builder) -> None:
    """A text or source concept of mapping.measurements is read, also where the row bears another code beside it."""
    rows = [unknown(1, 1, "L"), unknown(2, 1, "L", 2_000_000_123), unknown(3, 2, "X", 2_000_000_124),
            unknown(4, 2, "LDH", 2_000_000_125)]
    mapping = {"measurements": {"L": "longest", "2000000124": "longest"}}
    assert unread(builder, mapping, measurement=[*rows, size(9, 1, "2021-01-01", 2, measurement_concept_id=LARGEST)]) \
        == [("measurement", "OMOP", "2000000125", 1, 1)]


def test_drugs_that_are_not_known_are_counted(builder: Builder) -> None:
    """Neither a code that is known, nor words that name an inhibitor, which are refused; all else by its text."""
    given = [*GIVEN, *(exposure(10 + number, number, 0, "2021-02-01", drug_source_value="TAXOL 6 mg")
                       for number in PEOPLE),
             exposure(21, 1, 0, "2021-02-01", drug_source_value="Opdivo"),
             exposure(22, 1, 0, "2021-02-01", drug_source_value="J9299"),
             exposure(23, 1, 0, "2021-02-01", drug_source_value="our own"),
             exposure(24, 1, 0, "2021-02-01", drug_source_value="MMED")]
    found = unread(builder, {"therapies": {"our own": "vaccine"}}, drug_exposure=given)
    assert found == [("drug_exposure", "text", RARE, 7, 7)]


def test_other_events_are_counted_too(builder: Builder) -> None:
    """Observations, diagnoses and procedures; a procedure that the site maps is read."""
    on = day("2021-01-01")
    assert unread(
        builder, {"procedures": {"RT": "radiation"}},
        observation=[{"observation_id": 1, "person_id": 1, "observation_concept_id": 0, "observation_date": on,
                      "observation_source_concept_id": 2_000_000_200}],
        condition_occurrence=[{"condition_occurrence_id": number, "person_id": number, "condition_concept_id": 0,
                               "condition_start_date": on, "condition_source_value": "C34.1"} for number in PEOPLE],
        procedure_occurrence=[{"procedure_occurrence_id": number, "person_id": number, "procedure_concept_id": 0,
                               "procedure_date": on, "procedure_source_value": text}
                              for number, text in zip(PEOPLE, ["RT", *["MRI"] * 6], strict=True)],
    ) == [("condition_occurrence", "text", "C34.1", 6, 6), ("procedure_occurrence", "text", "MRI", 5, 5),
          ("observation", "OMOP", "2000000200", 1, 1)]


def test_where_nobody_is_treated_nothing_is_counted(builder: Builder) -> None:
    """The list is of treated persons."""
    assert unread(builder, {}, drug_exposure=[exposure(1, 1, 1125315, "2021-01-04")],
                  measurement=[unknown(1, 1, "TUMOR_SIZE", 2_000_000_123)]) == []
