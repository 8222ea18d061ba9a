"""The OMOP tables of the synthetic hospital: one description, from which every DDL is made.

Columns and types follow OMOP CDM 5.4, and 5.3 without the columns and names that 5.4 brought; the
two image tables follow the medical imaging extension (MI-CDM 1.0). Keys are 64-bit, as hospitals
hold them; sizes are doubles, because DuckDB's NUMERIC keeps three decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Version = Literal["5.3", "5.4"]

_TYPES: dict[str, dict[str, str]] = {
    "duckdb": {"id": "BIGINT", "int": "INTEGER", "num": "DOUBLE", "date": "DATE", "time": "TIMESTAMP",
               "text": "VARCHAR"},
    "sqlite": {"id": "INTEGER", "int": "INTEGER", "num": "REAL", "date": "DATE", "time": "DATETIME", "text": "TEXT"},
    "postgresql": {"id": "BIGINT", "int": "INTEGER", "num": "NUMERIC", "date": "DATE", "time": "TIMESTAMP",
                   "text": "VARCHAR"},
}
_ARROW: dict[str, pa.DataType] = {
    "id": pa.int64(), "int": pa.int32(), "num": pa.float64(), "date": pa.date32(), "time": pa.timestamp("us"),
    "text": pa.string(),
}


@dataclass(frozen=True)
class Field:
    """A column: its type (`text` with a width), whether it must be filled, the CDM version it belongs to."""

    name: str
    kind: str
    width: int = 0
    required: bool = False
    only: str = ""

    def ddl(self, dialect: str) -> str:
        """The column in the words of this database."""
        width = f"({self.width})" if self.width else ""
        return f"{self.name} {_TYPES[dialect][self.kind]}{width}{' NOT NULL' if self.required else ''}"

    @property
    def arrow(self) -> pa.DataType:
        """The column's Arrow type, the same for every database."""
        return _ARROW[self.kind]


_DESCRIPTION = """
person: person_id id! gender_concept_id int! year_of_birth int! month_of_birth int day_of_birth int birth_datetime time
  race_concept_id int! ethnicity_concept_id int! location_id id provider_id id care_site_id id
  person_source_value text50 gender_source_value text50 gender_source_concept_id int race_source_value text50
  race_source_concept_id int ethnicity_source_value text50 ethnicity_source_concept_id int
observation_period: observation_period_id id! person_id id! observation_period_start_date date!
  observation_period_end_date date! period_type_concept_id int!
death: person_id id! death_date date! death_datetime time death_type_concept_id int cause_concept_id int
  cause_source_value text50 cause_source_concept_id int
visit_occurrence: visit_occurrence_id id! person_id id! visit_concept_id int! visit_start_date date!
  visit_start_datetime time visit_end_date date! visit_end_datetime time visit_type_concept_id int! provider_id id
  care_site_id id visit_source_value text50 visit_source_concept_id int
  admitted_from_concept_id int/5.4 admitted_from_source_value text50/5.4 discharged_to_concept_id int/5.4
  discharged_to_source_value text50/5.4 admitting_source_concept_id int/5.3 admitting_source_value text50/5.3
  discharge_to_concept_id int/5.3 discharge_to_source_value text50/5.3 preceding_visit_occurrence_id id
condition_occurrence: condition_occurrence_id id! person_id id! condition_concept_id int! condition_start_date date!
  condition_start_datetime time condition_end_date date condition_end_datetime time condition_type_concept_id int!
  condition_status_concept_id int stop_reason text20 provider_id id visit_occurrence_id id visit_detail_id id
  condition_source_value text50 condition_source_concept_id int condition_status_source_value text50
drug_exposure: drug_exposure_id id! person_id id! drug_concept_id int! drug_exposure_start_date date!
  drug_exposure_start_datetime time drug_exposure_end_date date! drug_exposure_end_datetime time
  verbatim_end_date date drug_type_concept_id int! stop_reason text20 refills int quantity num days_supply int
  sig text route_concept_id int lot_number text50 provider_id id visit_occurrence_id id visit_detail_id id
  drug_source_value text50 drug_source_concept_id int route_source_value text50 dose_unit_source_value text50
procedure_occurrence: procedure_occurrence_id id! person_id id! procedure_concept_id int! procedure_date date!
  procedure_datetime time procedure_end_date date/5.4 procedure_end_datetime time/5.4
  procedure_type_concept_id int! modifier_concept_id int quantity int provider_id id visit_occurrence_id id
  visit_detail_id id procedure_source_value text50 procedure_source_concept_id int modifier_source_value text50
measurement: measurement_id id! person_id id! measurement_concept_id int! measurement_date date!
  measurement_datetime time measurement_time text10 measurement_type_concept_id int! operator_concept_id int
  value_as_number num value_as_concept_id int unit_concept_id int range_low num range_high num provider_id id
  visit_occurrence_id id visit_detail_id id measurement_source_value text50 measurement_source_concept_id int
  unit_source_value text50 unit_source_concept_id int/5.4 value_source_value text50 measurement_event_id id/5.4
  meas_event_field_concept_id int/5.4
observation: observation_id id! person_id id! observation_concept_id int! observation_date date!
  observation_datetime time observation_type_concept_id int! value_as_number num value_as_string text60
  value_as_concept_id int qualifier_concept_id int unit_concept_id int provider_id id visit_occurrence_id id
  visit_detail_id id observation_source_value text50 observation_source_concept_id int unit_source_value text50
  qualifier_source_value text50 value_source_value text50/5.4 observation_event_id id/5.4
  obs_event_field_concept_id int/5.4
image_occurrence: image_occurrence_id id! person_id id! procedure_occurrence_id id! visit_occurrence_id id
  anatomic_site_concept_id int wadors_uri text local_path text image_occurrence_date date! image_study_uid text250!
  image_series_uid text250! modality_concept_id int!
image_feature: image_feature_id id! person_id id! image_occurrence_id id! image_feature_event_field_concept_id int
  image_feature_event_id id image_feature_concept_id int image_feature_type_concept_id int
  image_finding_concept_id int image_finding_id id anatomic_site_concept_id int alg_system text alg_datetime time
cdm_source: cdm_source_name text255! cdm_source_abbreviation text25! cdm_holder text255! source_description text
  source_documentation_reference text255 cdm_etl_reference text255 source_release_date date! cdm_release_date date!
  cdm_version text10 cdm_version_concept_id int/5.4 vocabulary_version text20!
vocabulary.concept: concept_id int! concept_name text255! domain_id text20! vocabulary_id text20!
  concept_class_id text20! standard_concept text1 concept_code text50! valid_start_date date! valid_end_date date!
  invalid_reason text1
vocabulary.concept_ancestor: ancestor_concept_id int! descendant_concept_id int! min_levels_of_separation int!
  max_levels_of_separation int!
vocabulary.concept_relationship: concept_id_1 int! concept_id_2 int! relationship_id text20! valid_start_date date!
  valid_end_date date! invalid_reason text1
vocabulary.vocabulary: vocabulary_id text20! vocabulary_name text255! vocabulary_reference text255
  vocabulary_version text255 vocabulary_concept_id int!
"""


def _field(name: str, description: str) -> Field:
    kind, _, only = description.partition("/")
    required = kind.endswith("!")
    kind = kind.rstrip("!")
    letters = kind.rstrip("0123456789")
    return Field(name, letters, int(kind[len(letters):] or 0), required, only)


def _described() -> dict[str, tuple[str, tuple[Field, ...]]]:
    tables: dict[str, tuple[str, tuple[Field, ...]]] = {}
    words: list[str] = []
    for line in [*_DESCRIPTION.strip().splitlines(), "end: "]:
        if not line.startswith(" ") and words:
            role, _, name = words[0].rstrip(":").rpartition(".")
            pairs = zip(words[1::2], words[2::2], strict=True)
            tables[name] = (role or "cdm", tuple(_field(column, kind) for column, kind in pairs))
            words = []
        words += line.split()
    return tables


_TABLES = _described()
TABLES = tuple(_TABLES)
VOCABULARY_TABLES = tuple(name for name in TABLES if _TABLES[name][0] == "vocabulary")


def fields(table: str, version: Version = "5.4") -> tuple[Field, ...]:
    """The columns of a table in this CDM version."""
    return tuple(field for field in _TABLES[table][1] if field.only in {"", version})


def schema(table: str, version: Version = "5.4") -> pa.Schema:
    """The columns of a table as Arrow types."""
    return pa.schema([(field.name, field.arrow) for field in fields(table, version)])


def ddl(table: str, name: str, dialect: str, version: Version = "5.4") -> str:
    """The CREATE TABLE of this table under the name given."""
    columns = ",\n  ".join(field.ddl(dialect) for field in fields(table, version))
    return f"CREATE TABLE {name} (\n  {columns}\n)"


_INDEXED = {"person": "person_id", "observation_period": "person_id", "drug_exposure": "drug_concept_id",
            "procedure_occurrence": "person_id", "observation": "person_id", "measurement": "person_id",
            "condition_occurrence": "person_id", "image_feature": "image_feature_event_id",
            "concept": "concept_id", "concept_ancestor": "ancestor_concept_id"}


def index_of(table: str) -> str | None:
    """The column OMOP sites usually index, where it matters here."""
    return _INDEXED.get(table)
