"""SQLite through SQLAlchemy: files attached under the names of their roles, read as columns."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from hpd_etl.database.texts import BusyError, Parameters, aliases, attached_files, bound, identifier, located, typed
from hpd_etl.errors import AccessError, ConfigurationError, HpdEtlError, SourceError, WriteBackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hpd_etl.config import Access


class _Sqlite:
    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, names: dict[str, str]) -> None:
        self._connection = connection
        self._names = names

    def fetch(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        cursor = self._run(sql, parameters)
        names = [entry[0].lower() for entry in cursor.description]
        with _sqlite_errors():
            rows = cursor.fetchall()
        columns = zip(*rows, strict=True) if rows else ([] for _ in names)
        return typed(pa.table({name: _untyped(column) for name, column in zip(names, columns, strict=True)}))

    def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        return max(self._run(sql, parameters).rowcount, 0)

    def load(self, table: str, rows: pa.Table) -> None:
        names = ", ".join(rows.column_names)
        marks = ", ".join("?" * rows.num_columns)
        columns = [_sqlite_values(column) for column in rows.columns]
        with _sqlite_errors():
            self._connection.executemany(
                located(f"insert into {table} ({names}) values ({marks})", self._names),  # noqa: S608 (own names)
                zip(*columns, strict=True))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._run("begin immediate", None)
        try:
            yield
            self._run("commit", None)
        except BaseException:
            if self._connection.in_transaction:
                self._connection.rollback()
            raise

    def columns(self, schema: str, table: str) -> list[str]:
        found = self._run("select lower(name) from pragma_table_info(:table, :schema)",
                          {"table": table, "schema": self._names[schema]})
        return [name for (name,) in found]

    def _run(self, sql: str, parameters: Parameters | None) -> sqlite3.Cursor:
        text, values = bound(located(sql, self._names), parameters, ":{}", "select value from json_each({})",
                             json.dumps)
        stored = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
        with _sqlite_errors():
            return self._connection.execute(text, stored)


def _untyped(values: Sequence[Any]) -> pa.Array[Any]:
    """SQLite stores any type in any column: text where the values disagree."""
    try:
        array: pa.Array[Any] = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        array = pa.array([None if value is None else str(value) for value in values], pa.string())
    return array


def _sqlite_values(column: pa.ChunkedArray[Any]) -> list[Any]:
    text = pa.types.is_temporal(column.type)
    values: list[Any] = (column.cast(pa.string()) if text else column).to_pylist()
    return values


@contextmanager
def open_sqlite(access: Access, schemas: Mapping[str, str | None], *, read_only: bool) -> Iterator[_Sqlite]:
    """As `connect`; the main database is an empty one in memory, so that every real one is attached by role."""
    files = attached_files(access, schemas, read_only=read_only)
    names = aliases(files)
    engine = create_engine("sqlite://", poolclass=NullPool, creator=lambda: sqlite3.connect(
        "file::memory:", uri=True, isolation_level=None, check_same_thread=False))
    pooled = engine.raw_connection()
    connection = pooled.dbapi_connection
    if not isinstance(connection, sqlite3.Connection):
        raise HpdEtlError("SQLAlchemy gave no sqlite3 connection")
    try:
        with _sqlite_errors():
            for role in dict.fromkeys(names.values()):
                path, writable = files[role]
                uri = f"{path.as_uri()}?mode={'rwc' if writable else 'ro'}"
                connection.execute(f"attach database ? as {identifier(role, role)}", (uri,))
                connection.execute(f"select 1 from {role}.sqlite_master limit 1").fetchall()  # noqa: S608 (checked)
            if read_only:
                connection.execute("pragma query_only = on")
                connection.execute("begin")
        yield _Sqlite(connection, names)
    finally:
        pooled.close()
        engine.dispose()


@contextmanager
def _sqlite_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _sqlite_error(error) from None


def _sqlite_error(error: sqlite3.Error) -> HpdEtlError:
    code = getattr(error, "sqlite_errorname", "") or type(error).__name__
    told = f"SQLite: {code}"
    if code.startswith(("SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return AccessError(told, remedy="check that the file is a SQLite database and that you have the right to it")
    if code.startswith("SQLITE_CONSTRAINT"):
        return WriteBackError(told, remedy="the table holds rows that contradict these; nothing was changed")
    if "no such table" in str(error) or "no such column" in str(error):
        return ConfigurationError(f"SQLite: {error}", remedy="is this schema an OMOP CDM?")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError(f"{told}: the file is open for writing elsewhere", remedy="close it there and run again")
    if code.startswith(("SQLITE_IOERR", "SQLITE_FULL", "SQLITE_CORRUPT")):
        return SourceError(told, remedy="run again once the file is free and readable and the disk has room")
    return HpdEtlError(told)
