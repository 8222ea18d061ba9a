"""PostgreSQL through SQLAlchemy and psycopg 3: read in columns, written by COPY."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import ClientCursor
from sqlalchemy import create_engine, exc, make_url
from sqlalchemy.pool import NullPool

from hpd_etl.database.folding import arrow_types, folded, read_csv, unfolded
from hpd_etl.database.texts import Catalogues, Parameters, Value, bound, identifier, located, typed
from hpd_etl.errors import AccessError, ConfigurationError, HpdEtlError, SourceError, WriteBackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hpd_etl.config import Access


COPY_BYTES = 1 << 25
"""How much of a COPY waits to be turned into columns."""


class _Postgres:
    dialect = "postgresql"

    def __init__(self, connection: psycopg.Connection[Any], names: dict[str, str]) -> None:
        self._connection = connection
        self._names = names
        self._catalogues = Catalogues(self._read_catalogue)

    def fetch(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        text, values = self._text(sql, parameters)
        with _postgres_errors(), ClientCursor(self._connection) as cursor:
            cursor.execute(b"select * from (" + text + b") as described limit 0", values)
            types = arrow_types({entry.name: entry.type_code for entry in cursor.description or ()})
            table = self._folded(cursor, folded(text, types), values, types)
            if table is None:
                with cursor.copy(b"copy (" + text + b") to stdout (format csv)", values) as copy:
                    table = pa.concat_tables(typed(read_csv(lines, types)) for lines in _blocks(copy))
        return typed(table)

    def _folded(self, cursor: psycopg.Cursor[Any], text: bytes, values: dict[str, Value | Sequence[int]],
                types: Mapping[str, pa.DataType]) -> pa.Table | None:
        """The result as one row of columns; None where it is too long for that."""
        try:
            with self._connection.transaction():
                result = cursor.execute(text, values).pgresult
        except psycopg.errors.ProgramLimitExceeded:
            return None
        if result is None:
            return None
        return unfolded([result.get_value(0, column) for column in range(result.nfields)], types)

    def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        self._catalogues.forget()
        text, values = self._text(sql, parameters)
        with _postgres_errors(), ClientCursor(self._connection) as cursor:
            return max(cursor.execute(text, values).rowcount, 0)

    def load(self, table: str, rows: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(rows, sink, pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid"))
        names = ", ".join(rows.column_names)
        text = located(f"copy {table} ({names}) from stdin (format csv)", self._names)
        with _postgres_errors(), self._connection.cursor() as cursor, cursor.copy(text.encode()) as copy:
            copy.write(memoryview(sink.getvalue()))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with _postgres_errors(), self._connection.transaction():
            yield

    def columns(self, schema: str, table: str) -> list[str]:
        return self._catalogues.columns(self._names[schema], table)

    def _read_catalogue(self, schema: str) -> pa.Table:
        return self.fetch(
            "select c.relname::text as relation, lower(a.attname::text) as name from pg_catalog.pg_attribute a"
            " join pg_catalog.pg_class c on c.oid = a.attrelid"
            " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = :schema and c.relkind in ('r', 'v', 'm', 'f', 'p') and a.attnum > 0"
            " and not a.attisdropped order by c.relname, a.attnum", {"schema": schema})

    def _text(self, sql: str, parameters: Parameters | None) -> tuple[bytes, dict[str, Value | Sequence[int]]]:
        text, values = bound(located(sql, self._names).replace("%", "%%"), parameters, "%({})s",
                             "select unnest(cast({} as bigint[]))",
                             lambda numbers: f"{{{','.join(map(str, numbers))}}}")
        return text.encode(), values


def _blocks(copy: Iterable[bytes | memoryview | bytearray]) -> Iterator[bytes]:
    """Whole rows (the server sends one a message), some megabytes at a time."""
    block = bytearray()
    for row in copy:
        block += row
        if len(block) >= COPY_BYTES:
            yield bytes(block)
            block = bytearray()
    if block:
        yield bytes(block)


@contextmanager
def open_postgres(access: Access, schemas: Mapping[str, str | None], *, read_only: bool) -> Iterator[_Postgres]:
    """As `connect`; libpq's own environment variables and files (PGSSLMODE, ~/.pgpass) hold as usual."""
    url = make_url(access.url).set(drivername="postgresql+psycopg")
    url = url.set(username=access.user or url.username, password=access.secret())
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 30})
    try:
        pooled = engine.raw_connection()
    except (psycopg.Error, exc.DBAPIError) as error:
        raise _postgres_refusal(error) from None
    connection = pooled.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise HpdEtlError("SQLAlchemy gave no psycopg connection")
    try:
        names = {role: identifier(name or "public", role) for role, name in schemas.items()}
        with _postgres_errors():
            _prepare_postgres(connection, read_only=read_only)
            for role, name in names.items():
                _require_schema(connection, role, name)
        yield _Postgres(connection, names)
    finally:
        pooled.invalidate() if connection.broken else pooled.close()
        engine.dispose()


def _prepare_postgres(connection: psycopg.Connection[Any], *, read_only: bool) -> None:
    """Switch JIT off (it costs 0.05-0.4 s a query); then one read-only snapshot, or statement by statement."""
    connection.rollback()
    connection.autocommit = True
    connection.execute("select set_config(name, 'off', false) from pg_settings where name = 'jit'")
    connection.execute("select set_config('client_encoding', 'UTF8', false)")
    connection.execute("select set_config('datestyle', 'ISO', false)")
    if read_only:
        connection.autocommit = False
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ


def _require_schema(connection: psycopg.Connection[Any], role: str, name: str) -> None:
    row = connection.execute(
        "select has_schema_privilege(oid, 'usage') from pg_catalog.pg_namespace where nspname = %s", (name,)).fetchone()
    if row is None:
        raise AccessError(f"there is no schema {name} for {role}", remedy="mend site.toml, or ask for its creation")
    if not row[0]:
        raise AccessError(f"no right to use the schema {name} of {role}", remedy="ask for USAGE and SELECT on it")


@contextmanager
def _postgres_errors() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise _postgres_error(error) from None


def _postgres_refusal(error: Exception) -> HpdEtlError:
    """Why a connection was not made; libpq gives no code for it, only a text (which names user and host)."""
    cause = getattr(error, "orig", None) or error
    told = str(cause)
    wrong = ("password", "authentication", "pg_hba.conf", "role ", "database \"", "permission denied", "certificate")
    if any(sign in told for sign in wrong) and "starting up" not in told:
        return AccessError("PostgreSQL refused the connection: user, password or database",
                           remedy="check access.url, access.user and the secret that access.password names")
    return SourceError("PostgreSQL cannot be reached", remedy="check host and port in access.url, then run again")


def _postgres_error(error: psycopg.Error) -> HpdEtlError:
    """By SQLSTATE; the server's message may quote a value and is left out."""
    state = error.sqlstate or ""
    told = f"PostgreSQL: {type(error).__name__} {state}".rstrip()
    subject = error.diag.table_name or error.diag.schema_name or ""
    if state in {"42501", "25006"} or state.startswith("28"):
        return AccessError(f"{told} {subject}".rstrip(), remedy="ask for the right to read (source) or write (results)")
    if state == "3F000":
        return AccessError(f"{told}: no such schema", remedy="mend the schema names in site.toml")
    if state in {"42P01", "42703"}:
        return ConfigurationError(f"{told}: {error.diag.message_primary}", remedy="is this schema an OMOP CDM?")
    if state.startswith("23"):
        return WriteBackError(told, remedy="the table holds rows that contradict these; nothing was changed")
    if not state or state[:2] in {"08", "40", "53", "55", "57", "58"}:
        return SourceError(f"{told}: the connection was lost or the server gave up", remedy="run again")
    return HpdEtlError(told)
