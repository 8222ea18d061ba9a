"""Small hand-written CDMs in the three real databases, and tables as they are compared."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psycopg

from hpd_etl.config import OmopSource, Site, Study
from hpd_etl.demo import cdm
from hpd_etl.schema import Records
from hpd_etl.sources import open_source

Row = Mapping[str, object]
Tables = Mapping[str, Sequence[Row]]

KINDS = ("duckdb", "sqlite", "postgresql")
ALWAYS = ("person", "drug_exposure", "measurement")
STUDY = Study(id="contract")
NIVOLUMAB, IPILIMUMAB, PEMBROLIZUMAB = 45892628, 40238188, 45775965
ADMINISTRATION, PRESCRIPTION = 32818, 32838
LARGEST, UNSTATED, ADDITIONAL = 36768255, 36768664, 3046607
MM, CM = 8588, 8582
BIG = 2**62 + 1
"""A person id above 2**53; through a float it would be its neighbour."""

_DEFAULTS: dict[str, object] = {"id": 0, "int": 0, "num": 0.0, "date": date(2020, 1, 1), "text": "x"}
_numbers = count()


@dataclass(frozen=True)
class Ward:
    """A CDM in a database: how to reach it, and how to read it without our code."""

    kind: str
    url: str
    cdm: str
    vocabulary: str

    def site(self, **source: Any) -> Site:
        """A site that reads this CDM."""
        schemas = {"cdm": self.cdm, "vocabulary": self.vocabulary, "access": {"url": self.url}}
        return Site(source=OmopSource.model_validate(schemas | source))

    def extract(self, study: Study = STUDY, **source: Any) -> tuple[Records, dict[str, Any]]:
        """What our source reads."""
        with open_source(self.site(**source)) as opened:
            return opened.extract(study)

    def records(self, study: Study = STUDY, **source: Any) -> Records:
        """The Records that our source reads."""
        return self.extract(study, **source)[0]

    def content(self) -> dict[str, object]:
        """Every row of the CDM as the database itself tells it; for files their bytes."""
        if self.kind != "postgresql":
            return {name: Path(name).read_bytes() for name in (self.cdm, self.vocabulary) if Path(name).is_file()}
        with psycopg.connect(self.url) as connection:
            names = connection.execute("select schemaname, tablename from pg_tables where schemaname in (%s, %s)",
                                       (self.cdm, self.vocabulary)).fetchall()
            return {f"{schema}.{table}": sorted(map(repr, connection.execute(f'select * from {schema}.{table}')))
                    for schema, table in sorted(names)}


@dataclass(frozen=True)
class Builder:
    """Builds wards in one kind of database."""

    kind: str
    folder: Path
    url: str = ""

    def build(self, tables: Tables, *, version: cdm.Version = "5.4", without: Iterable[str] = ()) -> Ward:
        """A ward with these rows; required columns that are not given hold something harmless."""
        number = next(_numbers)
        wanted = [table for table in dict.fromkeys((*ALWAYS, *tables)) if table not in set(without)]
        clinical = [table for table in wanted if table not in cdm.VOCABULARY_TABLES]
        words = [table for table in wanted if table in cdm.VOCABULARY_TABLES]
        if self.kind == "postgresql":
            names = (f"cdm_{number}", f"words_{number}")
            with psycopg.connect(self.url) as connection:
                for name, group in zip(names, (clinical, words), strict=True):
                    connection.execute(f"create schema {name}")
                    for table in group:
                        connection.execute(cdm.ddl(table, f"{name}.{table}", self.kind, version).encode())
                        _insert(connection.cursor().executemany, f"{name}.{table}", table, tables, version, "%s")
            return Ward(self.kind, self.url, *names)
        files = tuple(str(self.folder / f"{name}_{number}.{self.kind}") for name in ("cdm", "words"))
        for name, group in zip(files, (clinical, words), strict=True):
            connection = duckdb.connect(name) if self.kind == "duckdb" else sqlite3.connect(name)
            connection.execute("begin")
            for table in group:
                connection.execute(cdm.ddl(table, table, self.kind, version))
                _insert(connection.executemany, table, table, tables, version, "?", text=self.kind == "sqlite")
            connection.commit()
            connection.close()
        return Ward(self.kind, f"{self.kind}://", *files)


def _insert(executemany: Any, name: str, table: str, tables: Tables, version: cdm.Version, mark: str, *,
            text: bool = False) -> None:
    fields = cdm.fields(table, version)
    rows = [[row.get(field.name, _DEFAULTS[field.kind] if field.required else None) for field in fields]
            for row in tables.get(table, ())]
    for row in tables.get(table, ()):
        assert set(row) <= {field.name for field in fields}, f"{table} has no column {set(row)}"
    if text:
        rows = [[value.isoformat() if isinstance(value, date) else value for value in row] for row in rows]
    if rows:
        executemany(f"insert into {name} values ({', '.join([mark] * len(fields))})", rows)


def ignore_case(path: str, table: str, column: str) -> None:
    """Make a column of an SQLite file one in which the database tells no upper from lower case."""
    connection = sqlite3.connect(path)
    [ddl] = connection.execute("select sql from sqlite_master where name = ?", (table,)).fetchone()
    connection.execute(f"alter table {table} rename to cased")
    connection.execute(re.sub(rf"(\b{column} \w+(\(\d+\))?)", r"\1 collate nocase", ddl))
    connection.execute(f"insert into {table} select * from cased")
    connection.execute("drop table cased")
    connection.commit()
    connection.close()


def day(text: str) -> date:
    """A day written as 2021-03-01."""
    return date.fromisoformat(text)


def person(person_id: int, **row: object) -> Row:
    """A row of person: a woman born 1950-02-03 unless told otherwise."""
    born = {"year_of_birth": 1950, "month_of_birth": 2, "day_of_birth": 3}
    return {"person_id": person_id, "gender_concept_id": 8532, **born, **row}


def exposure(number: int, person_id: int, concept: int, start: str, **row: object) -> Row:
    """A row of drug_exposure: given on one day."""
    return {"drug_exposure_id": number, "person_id": person_id, "drug_concept_id": concept,
            "drug_exposure_start_date": day(start), "drug_exposure_end_date": day(start),
            "drug_type_concept_id": ADMINISTRATION, **row}


def size(number: int, person_id: int, when: str, value: float | None, unit: int | None = MM, **row: object) -> Row:
    """A row of measurement: a largest dimension in mm."""
    return {"measurement_id": number, "person_id": person_id, "measurement_concept_id": LARGEST,
            "measurement_date": day(when), "value_as_number": value, "unit_concept_id": unit, **row}


def concept(concept_id: int, name: str, vocabulary: str, code: str, **row: object) -> Row:
    """A row of concept."""
    return {"concept_id": concept_id, "concept_name": name, "vocabulary_id": vocabulary, "concept_code": code,
            "domain_id": "any", "concept_class_id": "any", **row}


def ancestor(above: int, below: int) -> Row:
    """A row of concept_ancestor."""
    return {"ancestor_concept_id": above, "descendant_concept_id": below}


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    """The rows of these columns, sorted; a missing value is None, a day a text."""
    told = [tuple(_plain(value) for value in row) for row in frame[list(columns)].itertuples(index=False)]
    return sorted(told, key=repr)


def _plain(value: object) -> object:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value
