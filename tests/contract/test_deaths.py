"""Causes of death of a CDM: told so that a rule can judge them, or unknown."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from hpd_etl.config import Study
from hpd_etl.config.study import Criteria
from hpd_etl.errors import ConfigurationError
from tests.contract.wards import NIVOLUMAB, Builder, Row, ancestor, day, exposure, person, rows, size

MALIGNANT, LUNG_CANCER, NEOPLASM, INFARCTION, UNHEARD = 443392, 258369, 4030314, 4329847, 777
VOCABULARY = [ancestor(each, each) for each in (MALIGNANT, LUNG_CANCER, NEOPLASM, INFARCTION)] + [
    ancestor(MALIGNANT, LUNG_CANCER), ancestor(NEOPLASM, MALIGNANT), ancestor(NEOPLASM, LUNG_CANCER)]


def died(person_id: int, concept: int | None = None, text: str | None = None, on: str = "2021-03-01") -> Row:
    """A row of death."""
    return {"person_id": person_id, "death_date": day(on), "cause_concept_id": concept, "cause_source_value": text}


def hospital(*deaths: Row, **tables: list[Row]) -> dict[str, list[Row]]:
    """A CDM in which these died; each of them was treated."""
    numbers = sorted({int(str(row["person_id"])) for row in deaths})
    return {"person": [person(number) for number in numbers], "death": list(deaths),
            "drug_exposure": [exposure(number, number, NIVOLUMAB, "2021-01-04") for number in numbers],
            "measurement": [size(1, 99, "2021-01-01", 20)], **tables}


def causes(ward: object, **settings: object) -> tuple[list[object], list[tuple[object, ...]]]:
    """The cause by person, and what was refused."""
    records = ward.records(**settings)  # type: ignore[attr-defined]
    return ([cause for _, cause in rows(records.persons, "person_id", "death_cause")],
            rows(records.rejections, "source_id", "reason"))


def test_a_cause_is_the_concept_of_the_study_that_it_descends_from(builder: Builder) -> None:
    """Another cause is told by the vocabulary alone; what lies above, or in no vocabulary, may be progression too."""
    deaths = [died(1, MALIGNANT), died(2, LUNG_CANCER), died(3, INFARCTION), died(4, NEOPLASM), died(5, UNHEARD)]
    found, refused = causes(builder.build(hospital(*deaths, concept_ancestor=VOCABULARY)))
    assert found == ["443392", "443392", "4329847", None, None]
    assert refused == [("death:4", "death_cause_unknown"), ("death:5", "death_cause_unknown")]


def test_without_a_vocabulary_no_concept_is_another_cause(builder: Builder) -> None:
    """Only the concepts that the study names are known then; a source value in ICD-10 still tells."""
    deaths = [died(1, MALIGNANT), died(2, LUNG_CANCER), died(3, INFARCTION), died(4, INFARCTION, "I21.9")]
    found, refused = causes(builder.build(hospital(*deaths)))
    assert found == ["443392", None, None, "I21.9"]
    assert refused == [("death:2", "death_cause_unknown"), ("death:3", "death_cause_unknown")]


def test_a_text_tells_a_cause_where_it_is_a_code(file_builder: Builder) -> None:
    """A code of ICD-10, but not one that says that nobody knows; a word tells what the site says it means."""
    deaths = [died(1, 0, "C34.1"), died(2, 0, "i219"), died(3, 0, "R99"), died(4, 0, "tumour"), died(5, 0, " "),
              died(6), died(7, 0, "TU"), died(8, UNHEARD), died(9, 0, "162.9")]
    own = {"death_causes": {"tu": "C80", str(UNHEARD): "I21"}}
    found, refused = causes(file_builder.build(hospital(*deaths)), mapping=own)
    assert found == ["C34.1", "I219", None, None, None, None, "C80", "I21", None]
    assert refused == [(f"death:{number}", "death_cause_unknown") for number in (3, 4, 9)]


def test_the_cause_of_the_earliest_death_holds_where_it_is_one(file_builder: Builder) -> None:
    """Rows of one day that differ are refused; one that says nothing denies nothing."""
    deaths = [died(1, 0, "C34", "2021-03-02"), died(1, 0, "I21", "2021-03-01"),
              died(2, 0, "C34"), died(2, 0, "I21"), died(3, 0, "C34"), died(3, 0, None), died(4, 0, "C34"),
              died(4, 0, "C34")]
    found, refused = causes(file_builder.build(hospital(*deaths)))
    assert found == ["I21", None, "C34", "C34"]
    assert refused == [("death:2", "death_causes_differ")] * 2


def test_a_study_says_what_progression_is(file_builder: Builder) -> None:
    """Its own codes are known as they begin; where it names none of ICD-10 a code of ICD-10 tells nothing."""
    study = Study(id="own", criteria=Criteria(progression_deaths=("tumour-",)))
    ward = file_builder.build(hospital(died(1, 0, "TUMOUR-LUNG"), died(2, 0, "I21"), died(3, MALIGNANT)))
    found, refused = causes(ward, study=study)
    assert found == ["TUMOUR-LUNG", None, None]
    assert refused == [("death:2", "death_cause_unknown"), ("death:3", "death_cause_unknown")]


def test_a_cause_that_no_rule_can_judge_is_no_meaning(file_builder: Builder) -> None:
    """The site maps to what can be compared, not to another word."""
    with pytest.raises(ConfigurationError, match="progression_deaths"):
        file_builder.build(hospital(died(1))).records(mapping={"death_causes": {"TU": "tumour"}})


def test_every_death_that_is_read_is_accounted_for(tmp_path: Path) -> None:
    """The earliest day is kept, a later one is ignored, and a death without a day is refused, not forgotten."""
    ward = Builder("duckdb", tmp_path).build(hospital(died(1), died(1, on="2021-03-02"), died(2)))
    with duckdb.connect(ward.cdm) as database:
        database.execute("alter table death alter death_date drop not null")
        database.execute("update death set death_date = null where person_id = 2")
    records, used = ward.extract()
    assert used["counts"]["death"] == {"read": 3, "kept": 1, "refused": 1, "ignored": 1}
    assert rows(records.rejections, "table", "person_id", "source_id", "reason") == [
        ("persons", "2", "death:2", "no_date")]
    assert rows(records.persons, "person_id", "death_date") == [("1", "2021-03-01"), ("2", None)]
