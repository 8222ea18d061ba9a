"""DuckDB through its own client: files attached under the names of their roles."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from hpd_etl.database.texts import (
    BusyError,
    Catalogues,
    Parameters,
    Value,
    aliases,
    attached_files,
    bound,
    identifier,
    located,
    typed,
)
from hpd_etl.errors import AccessError, ConfigurationError, HpdEtlError, SourceError, WriteBackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from hpd_etl.config import Access


class _DuckDB:
    dialect = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection, names: dict[str, str]) -> None:
        self._connection = connection
        self._names = names
        self._catalogues = Catalogues(self._read_catalogue)

    def fetch(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        text, values = self._text(sql, parameters)
        with _duckdb_errors():
            found = self._connection.sql(text, params=values or None).to_arrow_table()
        if found is None:
            raise HpdEtlError("DuckDB: a SELECT was expected")
        return typed(found.rename_columns([name.lower() for name in found.column_names]))

    def execute(self, sql: str, parameters: Parameters | None = None) -> int:
        self._catalogues.forget()
        with _duckdb_errors():
            made = self._run(sql, parameters)
            row = made.fetchone() if made.description else None
        return int(row[0]) if row and isinstance(row[0], int) else 0

    def load(self, table: str, rows: pa.Table) -> None:
        names = ", ".join(rows.column_names)
        with _duckdb_errors():
            self._connection.register("incoming_rows", rows)
            try:
                self._connection.execute(located(
                    f"insert into {table} ({names}) select {names} from incoming_rows", self._names))  # noqa: S608
            finally:
                self._connection.unregister("incoming_rows")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("begin")
        try:
            yield
            self.execute("commit")
        except BaseException:
            _rolled_back(self._connection)
            raise

    def columns(self, schema: str, table: str) -> list[str]:
        return self._catalogues.columns(self._names[schema], table)

    def _read_catalogue(self, schema: str) -> pa.Table:
        return self.fetch(
            "select lower(table_name) as relation, lower(column_name) as name from duckdb_columns()"
            " where database_name = :schema and schema_name = 'main' order by table_name, column_index",
            {"schema": schema})

    def _run(self, sql: str, parameters: Parameters | None) -> duckdb.DuckDBPyConnection:
        text, values = self._text(sql, parameters)
        return self._connection.execute(text, values) if values else self._connection.execute(text)

    def _text(self, sql: str, parameters: Parameters | None) -> tuple[str, dict[str, Value | Sequence[int]]]:
        """Lists of numbers are joined, which filters the scan itself; a written-out list filters what it has read."""
        return bound(located(sql, self._names), parameters, "${}", "select unnest(cast({} as bigint[]))",
                     lambda numbers: f"[{','.join(map(str, numbers))}]", written_out=1)


def _rolled_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("rollback")
    except duckdb.TransactionException:  # a failed commit has rolled back already
        return


@contextmanager
def open_duckdb(access: Access, schemas: Mapping[str, str | None], *, read_only: bool) -> Iterator[_DuckDB]:
    """As `connect`; nothing is downloaded, extensions are neither installed nor loaded by themselves."""
    files = attached_files(access, schemas, read_only=read_only)
    names = aliases(files)
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        "python_enable_replacements": "false"}
    with _duckdb_errors():
        connection = duckdb.connect(":memory:", config=settings)
    try:
        with _duckdb_errors():
            for role in dict.fromkeys(names.values()):
                path, writable = files[role]
                quoted = str(path).replace("'", "''")
                mode = "" if writable else " (read_only)"
                connection.execute(f"attach '{quoted}' as {identifier(role, role)}{mode}")
            if read_only:
                connection.execute("begin transaction read only")
        yield _DuckDB(connection, names)
    finally:
        connection.close()


@contextmanager
def _duckdb_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise _duckdb_error(error) from None


def _duckdb_error(error: duckdb.Error) -> HpdEtlError:
    told, kind = f"DuckDB: {type(error).__name__}", type(error).__name__
    if kind == "IOException" and "lock" in str(error):
        return BusyError(f"{told}: the file is open for writing elsewhere", remedy="close it there and run again")
    if kind in {"IOException", "PermissionException"} or "read-only" in str(error):
        return AccessError(told, remedy="check that the file is a DuckDB database and that you have the right to it")
    if kind == "ConstraintException":
        return WriteBackError(told, remedy="the table holds rows that contradict these; nothing was changed")
    if kind in {"CatalogException", "BinderException"}:
        return ConfigurationError(f"{told}: a table or column is missing", remedy="is this file an OMOP CDM?")
    if kind in {"OutOfMemoryException", "TransactionException", "InterruptException", "ConnectionException"}:
        return SourceError(told, remedy="run again")
    return HpdEtlError(told)
