"""One small protocol over PostgreSQL, SQLite and DuckDB; results travel as Arrow columns.

SQL texts name schemas by role (`@cdm.person`) and values by `:name`; a list in `in (:name)` is
expanded. Types follow the names OMOP gives its columns, because SQLite has none: `*_date` is a
calendar day, `*_id` a 64-bit integer; a day that is no day is null.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from hpd_etl.database.texts import BusyError, Parameters, Value, attached_files, located
from hpd_etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from hpd_etl.config import Access

__all__ = ["BusyError", "Database", "Parameters", "Value", "attached_files", "connect", "located"]


class Database(Protocol):
    """An open database; `dialect` is postgresql, sqlite or duckdb."""

    dialect: str

    def fetch(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """The rows of a SELECT, in columns."""

    def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        """Run a statement; returns the number of rows it touched."""

    def load(self, table: str, rows: pa.Table) -> None:
        """Insert the rows into an existing table (`@results.name`), columns matched by name."""

    def transaction(self) -> AbstractContextManager[None]:
        """All statements inside happen, or none."""

    def columns(self, schema: str, table: str) -> list[str]:
        """The columns of a table in a schema given by role, lower-case; [] where there is no such table."""


@contextmanager
def connect(access: Access, schemas: Mapping[str, str | None], *, read_only: bool) -> Iterator[Database]:
    """The database behind `access`, with each role of `schemas` bound to its schema or file.

    A read-only connection sees one snapshot. The roles `cdm` and `vocabulary` are never writable.
    Raises AccessError (password, no such schema or file, no right) or SourceError (unreachable).
    """
    kind = access.url.split(":", 1)[0].split("+", 1)[0]
    if kind in {"postgresql", "postgres"}:
        from hpd_etl.database.postgres import open_postgres

        opened: AbstractContextManager[Database] = open_postgres(access, schemas, read_only=read_only)
    elif kind == "sqlite":
        from hpd_etl.database.sqlite import open_sqlite

        opened = open_sqlite(access, schemas, read_only=read_only)
    elif kind == "duckdb":
        from hpd_etl.database.duckdb import open_duckdb

        opened = open_duckdb(access, schemas, read_only=read_only)
    else:
        raise ConfigurationError(f"no database kind {kind!r}",
                                 remedy="use postgresql://host/db, sqlite:///file or duckdb:///file")
    with opened as database:
        yield database
