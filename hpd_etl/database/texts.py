"""What the three databases share: placeholders, column types, and which file a role lies in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.errors import AccessError, ConfigurationError, SourceError

if TYPE_CHECKING:
    from hpd_etl.config import Access

Value = int | float | str | date | None
Parameters = Mapping[str, Value | Sequence[int] | Sequence[str]]
LONG_LIST = 200
"""Longer lists of numbers are bound as one value: writing out ten thousand costs 0.2 s a statement."""

_ROLE = re.compile(r"@([a-z_]+)\.")
_NAME = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")
_READ_ONLY_ROLES = {"cdm", "vocabulary"}


class BusyError(SourceError):
    """The file is open for writing elsewhere; for a sink, that is another run."""


def located(sql: str, names: Mapping[str, str]) -> str:
    """The statement with each `@role.` replaced by the schema of that role."""
    def schema(match: re.Match[str]) -> str:
        if match[1] not in names:
            raise ConfigurationError(f"no schema is configured for @{match[1]}")
        return f"{names[match[1]]}."
    return _ROLE.sub(schema, sql)


def bound(sql: str, parameters: Parameters | None, mark: str, unfolded: str,
          folded: Callable[[Sequence[int]], str | Sequence[int]], *,
          written_out: int = LONG_LIST) -> tuple[str, dict[str, Value | Sequence[int]]]:
    """The statement with its lists expanded and names marked as the driver wants them, and the values.

    A list of more numbers than are `written_out` is `folded` into one value, which the subquery `unfolded` turns
    into rows.
    """
    given = parameters or {}
    values: dict[str, Value | Sequence[int]] = {}

    def placeholder(match: re.Match[str]) -> str:
        value = given[match[1]]
        if value is None or isinstance(value, int | float | str | date):
            values[match[1]] = value
            return mark.format(match[1])
        if not value:
            return "null"
        if isinstance(value[0], int):
            numbers = [int(item) for item in value]
            if len(numbers) <= written_out:
                return ", ".join(map(str, numbers))
            values[match[1]] = folded(numbers)
            return unfolded.format(mark.format(match[1]))
        named: dict[str, Value] = {f"{match[1]}_{position}": str(item) for position, item in enumerate(value)}
        values.update(named)
        return ", ".join(map(mark.format, named))

    return _NAME.sub(placeholder, sql), values


def typed(table: pa.Table) -> pa.Table:
    """The table with `*_date` as days, `*_id` as int64, decimals as doubles and plain strings."""
    columns = []
    for name in table.column_names:
        try:
            columns.append(_column(name, table.column(name)))
        except pa.ArrowInvalid:
            raise ConfigurationError(f"column {name} holds a value that is not of its type",
                                     remedy="mend the column in the database; OMOP ids are whole numbers") from None
    return pa.Table.from_arrays(columns, names=table.column_names)


def _column(name: str, values: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    kind = values.type
    if name.endswith("_date"):
        return values if pa.types.is_date32(kind) else _days(values)
    if name.endswith("_id"):
        return values if pa.types.is_int64(kind) else values.cast(pa.int64())
    if pa.types.is_decimal(kind):
        return values.cast(pa.float64())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_dictionary(kind):
        return values.cast(pa.string())
    if pa.types.is_integer(kind) and not pa.types.is_int64(kind):
        return values.cast(pa.int64())
    return values


def _days(values: pa.ChunkedArray[Any]) -> pa.ChunkedArray[Any]:
    if pa.types.is_temporal(values.type) or pa.types.is_null(values.type):
        return values.cast(pa.date32(), safe=False)
    text = pc.utf8_slice_codeunits(values.cast(pa.string()), 0, 10)
    seconds: pa.ChunkedArray[Any] = pc.call_function("strptime", [text], pc.StrptimeOptions(
        "%Y-%m-%d", "s", error_is_null=True))
    return seconds.cast(pa.date32())


class Catalogues:
    """Which columns each table of a schema has; asked once a schema, and again after a statement was executed."""

    def __init__(self, read: Callable[[str], pa.Table]) -> None:
        self._read = read
        self._known: dict[str, dict[str, list[str]]] = {}

    def columns(self, schema: str, table: str) -> list[str]:
        """The columns of a table; [] where there is no such table."""
        if schema not in self._known:
            found: dict[str, list[str]] = {}
            rows = self._read(schema)
            for relation, name in zip(rows.column(0).to_pylist(), rows.column(1).to_pylist(), strict=True):
                found.setdefault(relation, []).append(name)
            self._known[schema] = found
        return self._known[schema].get(table, [])

    def forget(self) -> None:
        """A statement may have made or dropped a table."""
        self._known.clear()


def identifier(name: str, role: str) -> str:
    """The name of a schema, if it needs no quotes."""
    if not _IDENTIFIER.fullmatch(name):
        raise ConfigurationError(f"the schema of {role} is no plain identifier")
    return name


def attached_files(access: Access, schemas: Mapping[str, str | None], *,
                   read_only: bool) -> dict[str, tuple[Path, bool]]:
    """Which file each role lies in, and whether it may be written; only a writable one may be absent."""
    own = access.url.split("://", 1)[-1].removeprefix("/")
    files: dict[str, tuple[Path, bool]] = {}
    for role, value in schemas.items():
        name = value or own
        if not name or name == ":memory:":
            raise ConfigurationError(f"no file is configured for {role}")
        writable = not read_only and role not in _READ_ONLY_ROLES
        path = Path(name).resolve()
        if not writable and not path.is_file():
            raise AccessError(f"there is no file {path} for {role}", remedy="mend the path in site.toml")
        if writable and not path.parent.is_dir():
            raise AccessError(f"there is no folder {path.parent} for {role}", remedy="create it, or mend site.toml")
        files[role] = (path, writable)
    return files


def aliases(files: Mapping[str, tuple[Path, bool]]) -> dict[str, str]:
    """The name each role is attached under: roles in one file share the name of the first."""
    first: dict[Path, str] = {}
    return {role: first.setdefault(path, role) for role, (path, _) in files.items()}
