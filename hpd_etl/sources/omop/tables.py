"""Which tables and columns this CDM has, and which version that makes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpd_etl import assets
from hpd_etl.errors import ConfigurationError, UnsupportedVersionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from hpd_etl.config import LesionIdentity, OmopSource
    from hpd_etl.database import Database, Parameters

INDISPENSABLE = ("person", "drug_exposure", "measurement")
OPTIONAL = ("death", "observation_period", "observation", "condition_occurrence", "procedure_occurrence",
            "image_occurrence", "image_feature", "cdm_source")
VOCABULARY = ("concept", "concept_ancestor")
_COLUMN = re.compile(r"@([a-z_]+)\b(?!\.)")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Cdm:
    """A connected CDM: its version, its tables and the columns that differ between versions."""

    database: Database
    version: str
    tables: frozenset[str]
    columns: Mapping[str, str]
    """Placeholder of an SQL text -> the column, or a typed null."""

    def fetch(self, name: str, parameters: Parameters | None = None,
              columns: Mapping[str, str] | None = None) -> pa.Table:
        """The rows of the statement `sql/<name>.sql`; `columns` are placeholders of its own."""
        return self.database.fetch(statement(name, {**self.columns, **(columns or {})}), parameters)

    def has(self, *tables: str) -> bool:
        """Whether the CDM has all of these tables."""
        return all(table in self.tables for table in tables)


def statement(name: str, columns: Mapping[str, str]) -> str:
    """A statement with the columns of this version and site put in."""
    return _COLUMN.sub(lambda match: columns[match[1]], assets.sql(name))


def probe(database: Database, source: OmopSource) -> Cdm:
    """What this CDM is; raises ConfigurationError (a table is missing) or UnsupportedVersionError."""
    found = {table: database.columns("cdm", table) for table in (*INDISPENSABLE, *OPTIONAL)}
    found |= {table: database.columns("vocabulary", table) for table in VOCABULARY}
    missing = [table for table in INDISPENSABLE if not found[table]]
    if missing:
        raise ConfigurationError(f"the CDM schema has no table {', '.join(missing)}",
                                 remedy="mend source.cdm in site.toml: it must name the schema (or file) of the CDM")
    columns = version_columns(found["measurement"], source, database.dialect)
    tables = frozenset(table for table, names in found.items() if names)
    return Cdm(database, _version(found["measurement"], found["person"]), tables, columns)


def _version(measurement: list[str], person: list[str]) -> str:
    if "death_datetime" in person:
        raise UnsupportedVersionError("this is an OMOP CDM of version 6", remedy="5.3, 5.4 and 5.5 are read")
    for column, version in (("value_as_source_concept_id", "5.5"), ("measurement_event_id", "5.4"),
                            ("visit_detail_id", "5.3")):
        if column in measurement:
            return version
    raise UnsupportedVersionError("this OMOP CDM is older than 5.3: measurement lacks the columns of later versions",
                                  remedy="5.3, 5.4 and 5.5 are read")


def version_columns(measurement: list[str], source: OmopSource, dialect: str) -> dict[str, str]:
    """The columns behind the placeholders, and what keeps SQLite from searching person by person.

    Event links are read where the site declares a field of lesions: as in 5.4, or as in the oncology
    extension of 5.3.
    """
    event, field = "cast(null as bigint)", "cast(null as bigint)"
    for event_name, field_name in (("measurement_event_id", "meas_event_field_concept_id"),
                                   ("modifier_of_event_id", "modifier_of_field_concept_id")):
        if source.lesions.event_fields and event_name in measurement and field_name in measurement:
            event, field = f"m.{event_name}", f"m.{field_name}"
            break
    own = source.lesions
    return {
        "unsearched": " + 0" if dialect == "sqlite" else "", "event_id": event, "event_field": field,
        "lesion_column": _own_column(own.column, measurement, "lesions.column"),
        "pattern_column": _own_column(own.pattern_column if searches_other_column(own) else None, measurement,
                                      "lesions.pattern_column"),
    }


def searches_other_column(own: LesionIdentity) -> bool:
    """Whether the pattern looks into a column that is not read anyway."""
    return own.pattern is not None and own.pattern_column != "measurement_source_value"


def _own_column(name: str | None, measurement: list[str], key: str) -> str:
    if name is None:
        return "cast(null as varchar(50))"
    if not _NAME.fullmatch(name) or name not in measurement:
        raise ConfigurationError(f"{key}: measurement has no column of that name", remedy="mend site.toml")
    return f"m.{name}"


def require_rows(cdm: Cdm, table: str) -> None:
    """Raise ConfigurationError where an indispensable table is empty."""
    if not cdm.database.fetch(f"select t.person_id from @cdm.{table} t limit 1").num_rows:  # noqa: S608 (own name)
        raise ConfigurationError(f"the table {table} of the CDM is empty",
                                 remedy="mend source.cdm in site.toml, or load the CDM first")
