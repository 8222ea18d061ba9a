"""The ledger: what no mapping knows, by count, in codes of terminologies and never in words about one patient."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hpd_etl.config import Study
from hpd_etl.criteria import window_sets
from hpd_etl.quality.ledger import ledger
from hpd_etl.schema import Records, Timeline
from hpd_etl.sources.ledger import REMEDIES
from hpd_etl.sources.refused_codes import TOLD_BY, VOCABULARY_FROM
from hpd_etl.timeline import align
from hpd_etl.words import RARE, is_vocabulary
from tests.contract.wards import NIVOLUMAB, Builder, Row, day, exposure, person, size
from tests.fhir.given import administration, concept, observation, patient, quantity, read, structure, to
from tests.fhir.given import size as fhir_size

WORDS = "Mrs Meyer, born 12.3.1950"
"""What somebody typed into a field that is meant for a unit or a code."""
STUDY = Study(id="ledger")


def listed(records: Records) -> set[tuple[str, str, str, str, str, int, int]]:
    """The ledger without its remedies."""
    timeline = align(records, STUDY, window_sets((), STUDY))
    return set(ledger(timeline).drop(columns="remedy").astype(object).itertuples(index=False, name=None))


def given(number: int, who: int, **row: object) -> Row:
    """A size that names its lesion."""
    return size(number, who, "2021-01-01", 20, **{"measurement_source_value": "L1", **row})


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    """Builds CDMs in DuckDB."""
    return Builder("duckdb", tmp_path)


def of_omop(builder: Builder, measurements: list[Row], **tables: list[Row]) -> Records:
    """The Records of ten treated persons with these rows."""
    people = range(1, 11)
    ward = builder.build({
        "person": [person(number) for number in people],
        "drug_exposure": [exposure(number, number, NIVOLUMAB, "2021-01-04") for number in people],
        "measurement": measurements, **tables})
    return ward.records(lesions={"column": "measurement_source_value"},
                        mapping={"measurements": {"2000000009": "response"}})


def test_codes_and_units_of_a_database(builder: Builder) -> None:
    """A concept that nobody maps is counted by rows and persons, with the reason why it was asked for."""
    answer = {"measurement_concept_id": 2_000_000_009, "unit_concept_id": None, "value_as_number": None}
    found = listed(of_omop(builder, [
        given(1, 1, unit_concept_id=9529), given(2, 1, unit_concept_id=9529, measurement_source_value="L2"),
        given(3, 2, unit_concept_id=9529),
        given(4, 3, measurement_concept_id=36768664),
        given(5, 4, **answer, value_as_concept_id=555),
    ], death=[{"person_id": 5, "death_date": day("2021-09-02"), "cause_concept_id": 777}]))
    assert found == {
        ("unit", "lesions", "OMOP", "9529", "unit_unknown", 3, 2),
        ("code", "lesions", "OMOP", "36768664", "dimension_unknown", 1, 1),
        ("code", "responses", "OMOP", "555", "response_unknown", 1, 1),
        ("code", "persons", "OMOP", "777", "death_cause_unknown", 1, 1)}


def test_a_text_of_few_is_no_vocabulary(builder: Builder) -> None:
    """What is written of five persons stands as it is; what is written of four is counted and not shown."""
    rows = [given(number, number, unit_concept_id=0, unit_source_value="pixels") for number in range(1, 6)]
    rows += [given(number, number, unit_concept_id=0, unit_source_value=WORDS) for number in range(6, 10)]
    records = of_omop(builder, rows)
    assert VOCABULARY_FROM == 5
    assert listed(records) == {("unit", "lesions", "text", "pixels", "unit_unknown", 5, 5),
                               ("unit", "lesions", "text", RARE, "unit_unknown", 4, 4)}
    assert "Meyer" not in records.rejections.to_string()


@pytest.mark.parametrize("typed", ["Meyer", "MEYER", "Dr. Li", "anna meyer", "Kim", "KIM", "12.3.1950", "0171 2345678",
                                   "Meyer mm", "Choi"])
def test_a_name_that_many_bear_is_no_vocabulary(builder: Builder, typed: str) -> None:
    """Whatever somebody typed as the unit of ten patients stands only where every word of it is known."""
    rows = [given(number, number, unit_concept_id=0, unit_source_value=typed) for number in range(1, 11)]
    records = of_omop(builder, rows)
    assert listed(records) == {("unit", "lesions", "text", RARE, "unit_unknown", 10, 10)}
    assert typed not in records.rejections.to_string()


@pytest.mark.parametrize(("text", "anywhere", "as_code"), [
    ("px", True, True), ("cm x cm", True, True), ("mm/2", True, True), ("Nivolumab infusion", True, True),
    ("TUMOR_SIZE", True, True), ("LDH", False, True), ("DR KIM", False, False),
    ("merkel_cell_carcinoma", True, True), ("LOC-4711", False, True), ("0003-3120-11", True, True),
    ("445566778", False, True), ("C34.1", True, True), ("TAXOL", False, False), ("MEYER", False, False),
    ("19500312", False, True), ("1950-03-12", False, False), ("", False, False), ("1 " * 30, False, False)])
def test_which_words_are_vocabulary(text: str, anywhere: bool, as_code: bool) -> None:
    """Known words and what looks like a code; long numbers and short capitals in a field for codes alone."""
    assert is_vocabulary(text, coded=False) is anywhere
    assert is_vocabulary(text, coded=True) is as_code


def test_what_was_never_read_stands_beside_what_was_refused() -> None:
    """The counts of the source become lines of the ledger, with what would mend them."""
    found = ledger(Timeline(), [
        {"table": "drug_exposure", "system": "text", "code": RARE, "rows": 7, "persons": 6},
        {"table": "measurement", "system": "OMOP", "code": "2000000123", "rows": 3, "persons": 2}])
    assert found[["kind", "table", "code", "reason", "rows", "persons"]].to_numpy().tolist() == [
        ["agent", "drug_exposure", RARE, "never_read", 7, 6], ["code", "measurement", "2000000123", "never_read", 3, 2]]
    assert "mapping.therapies" in found["remedy"][0]
    assert "mapping.measurements" in found["remedy"][1]


def test_words_that_many_bear_stand_though_nobody_of_them_is_treated(builder: Builder) -> None:
    """Five persons have a drug that only its name tells, none is known as treated: the name is shown, they are not."""
    people = range(1, 7)
    ward = builder.build({
        "person": [person(number) for number in people],
        "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2021-01-04"), *(
            exposure(number, number, 0, "2021-01-04", drug_source_value="Nivolumab infusion")
            for number in people[1:])],
        "measurement": [given(1, 1)]})
    records = ward.records()
    assert listed(records) == {("agent", "doses", "text", "Nivolumab infusion", "drug_not_coded", 5, 0)}
    refused = records.rejections[records.rejections["table"] == "doses"]
    assert len(refused) == 5
    assert refused["person_id"].isna().all()


def test_words_are_told_wherever_a_row_has_them(builder: Builder) -> None:
    """A status, a response, a reason to stop and a cause of death that nobody knows; one person each."""
    response = {"measurement_concept_id": 2_000_000_009, "unit_concept_id": None, "value_as_number": None}
    ward = builder.build({
        "person": [person(number) for number in (1, 2)],
        "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2021-01-04", stop_reason=WORDS[:20]),
                          exposure(2, 2, NIVOLUMAB, "2021-01-04")],
        "measurement": [size(1, 1, "2021-01-01", None, value_source_value=WORDS, measurement_source_value="L1"),
                        size(2, 1, "2021-03-01", None, **{**response, "value_source_value": WORDS})],
        "death": [{"person_id": 2, "death_date": day("2021-09-02"), "cause_source_value": WORDS}]})
    records = ward.records(lesions={"column": "measurement_source_value"},
                           mapping={"measurements": {"2000000009": "response"}})
    assert listed(records) == {
        ("text", table, "text", RARE, reason, 1, 1) for table, reason in (
            ("lesions", "no_value"), ("responses", "response_unknown"), ("doses", "stop_reason_unknown"),
            ("persons", "death_cause_unknown"))}


def test_codes_of_resources() -> None:
    """A code of a known system stands; words in its place, a status and codes of a system nobody named are counted."""
    people = [patient(f"p{number}") for number in range(6)]
    doses = [administration(f"d{number}", who=f"p{number}") for number in range(6)]
    found = listed(read(
        *people, *doses, *(structure(f"L{number}", who=f"p{number}") for number in range(6)),
        fhir_size("u1", 20, "L0", who="p0", unit="mm2"),
        fhir_size("u4", 20, "L0", who="p0", on="2020-02-21", unit=WORDS),
        observation("u2", concept("loinc 33728-7"), who="p1", focus=[to("BodyStructure", "L1")],
                    valueQuantity={"value": 3, "unit": WORDS}),
        observation("u3", concept("loinc 21889-1"), who="p2", focus=[to("BodyStructure", "L2")],
                    valueQuantity=quantity(20)),
        administration("w1", None, who="p3", medicationCodeableConcept={"text": f"Nivolumab for {WORDS}"}),
        administration("w2", None, who="p4", medicationCodeableConcept=concept("local 4711 nivolumab")),
        administration("w3", who="p5", status=WORDS),
    ).records)
    assert found == {
        ("unit", "lesions", "UCUM", "mm2", "unit_of_other_dimension", 1, 1),
        ("unit", "lesions", "text", RARE, "unit_unknown", 2, 2),
        ("code", "lesions", "LOINC", "21889-1", "dimension_unknown", 1, 1),
        ("agent", "doses", "text", RARE, "drug_not_coded", 2, 2),
        ("text", "doses", "text", RARE, "status_unknown", 1, 1)}


def test_a_code_of_a_local_system_that_many_bear_stands() -> None:
    """A drug code of the site that five persons have is vocabulary, and says which system it is of."""
    people = [patient(f"p{number}") for number in range(5)]
    coded = [administration(f"w{number}", None, who=f"p{number}", on="2020-01-01",
                            medicationCodeableConcept=concept("local 4711 nivolumab")) for number in range(5)]
    given_ = [administration(f"d{number}", who=f"p{number}") for number in range(5)]
    assert listed(read(*people, *coded, *given_).records) == {
        ("agent", "doses", "https://ward.example/codes", "4711", "drug_not_coded", 5, 5)}


def test_codes_that_are_kept_and_mean_nothing() -> None:
    """A modality or agent that stands as `omop:4711` is on the list; a text with a colon is none."""
    records = Records.of({
        "persons": pd.DataFrame({"person_id": ["a"]}),
        "doses": pd.DataFrame({"person_id": "a", "agent": "nivolumab", "start_date": [pd.Timestamp(2020, 1, 1)],
                               "source_id": "d:1"}),
        "scans": pd.DataFrame({"person_id": "a", "scan_date": [pd.Timestamp(2020, 1, 1)] * 3,
                               "modality": ["omop:4711", "CT", "omop:4711"], "source_id": "s"}),
        "therapies": pd.DataFrame({"person_id": "a", "kind": "systemic", "start_date": [pd.Timestamp(2020, 1, 1)],
                                   "agent": "ATC:L01XX99", "source_id": "t"}),
        "findings": pd.DataFrame({"person_id": "a", "finding": "msi", "assessed_on": pd.Timestamp(2020, 1, 1),
                                  "value_code": [f"Note: {WORDS}", f"ATC: {WORDS}"], "source_id": "f"})})
    assert listed(records) == {("code", "scans", "OMOP", "4711", "kept_unmapped", 2, 1),
                               ("agent", "therapies", "ATC", "L01XX99", "kept_unmapped", 1, 1),
                               ("code", "findings", "ATC", RARE, "kept_unmapped", 1, 1)}


def test_nothing_unknown_is_an_empty_ledger() -> None:
    """A refused row without a code is not mended by a mapping."""
    rejections = pd.DataFrame({"stage": ["align"], "table": ["doses"], "person_id": ["a"], "reason": ["after_death"],
                               "remedy": ["mend the date"]})
    found = ledger(Timeline(rejections=rejections))
    assert found.empty
    assert list(found.columns) == ["kind", "table", "system", "code", "reason", "rows", "persons", "remedy"]


def test_every_reason_that_tells_a_code_has_a_remedy() -> None:
    """The reasons that a mapping can mend are among those that a reader gives."""
    assert set(TOLD_BY) <= set(REMEDIES)
