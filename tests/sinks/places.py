"""An empty results schema in a real database, and a way to look into it that is not ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from hpd_etl.config import Site
from tests.sinks import given

TABLES = ("hpd_label", "observation", "measurement", "cohort", "cohort_definition", "hpd_lineage")
_numbers = count()


@dataclass(frozen=True)
class Place:
    """A results schema."""

    kind: str
    url: str
    results: str
    _query: Callable[[str], list[tuple[Any, ...]]]

    def site(self, **sink: object) -> Site:
        """A site with this sink."""
        return given.site(self.url, self.results, **sink)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement; `@` stands for the results schema."""
        return self._query(sql)

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every results table."""
        return {table: sorted(self.query(f"select * from @{table}"), key=repr) for table in TABLES}

    def names(self) -> set[str]:
        """The tables in the results schema."""
        catalog = {"postgresql": f"select tablename from pg_tables where schemaname = '{self.results}'",
                   "duckdb": "select table_name from duckdb_tables()",
                   "sqlite": "select name from sqlite_master where type = 'table'"}
        return {name for (name,) in self.query(catalog[self.kind])}


def postgres_place(url: str) -> Place:
    """A new schema."""
    schema = f"results_{next(_numbers)}"

    def query(sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            made = connection.execute(sql.replace("@", f"{schema}."))  # type: ignore[call-overload]
            return made.fetchall() if made.description else []
    query(f"create schema {schema}")
    return Place("postgresql", url, schema, query)


def file_place(kind: str, path: Path) -> Place:
    """A file that does not exist yet."""
    def query(sql: str) -> list[tuple[Any, ...]]:
        with (duckdb if kind == "duckdb" else sqlite3).connect(str(path)) as connection:  # type: ignore[attr-defined]
            rows = connection.execute(sql.replace("@", "")).fetchall()
        connection.close()
        return rows
    return Place(kind, f"{kind}:///{path}", str(path), query)
