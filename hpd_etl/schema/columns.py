"""What a column and a table are; dtypes and coercion derive from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np
import pandas as pd


class Kind(StrEnum):
    """The kinds of column; each has one pandas dtype."""

    ID = "id"
    TEXT = "text"
    CODE = "code"
    DATE = "date"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"


_DTYPES: dict[Kind, Any] = {
    Kind.ID: pd.StringDtype("pyarrow"),
    Kind.TEXT: pd.StringDtype("pyarrow"),
    Kind.CODE: pd.StringDtype("pyarrow"),
    Kind.DATE: "datetime64[us]",
    Kind.INTEGER: "Int64",
    Kind.NUMBER: "Float64",
    Kind.FLAG: "boolean",
}


@cache
def _closed(values: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(list(values))


@dataclass(frozen=True)
class Column:
    """One column: its kind, its unit and what it means; `values` closes a code list."""

    name: str
    kind: Kind
    doc: str
    unit: str = ""
    values: tuple[str, ...] = ()

    @property
    def dtype(self) -> Any:
        """The pandas dtype: a closed code list is categorical, everything else nullable."""
        return _closed(self.values) if self.values else _DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its columns, and the columns that identify a row."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return [column.name for column in self.columns]

    def frame(self, data: Mapping[str, Any] | pd.DataFrame | None = None) -> pd.DataFrame:
        """`data` as a frame of exactly these columns and dtypes; absent columns are `<NA>`.

        Raises `ValueError` on a column that is not in the table, or on a code outside its list.
        """
        given = data if isinstance(data, pd.DataFrame) else pd.DataFrame({} if data is None else data, copy=False)
        if self._holds(given):
            return given
        if unknown := set(given.columns) - set(self.names):
            raise ValueError(f"table {self.name} has no column {sorted(unknown)}")
        made = {column.name: _coerced(given, column, self.name) for column in self.columns}
        return pd.DataFrame(made, index=given.index, copy=False).reset_index(drop=True)

    def _holds(self, frame: pd.DataFrame) -> bool:
        return (
            list(frame.columns) == self.names
            and isinstance(frame.index, pd.RangeIndex)
            and frame.index.start == 0
            and all(map(_is_of, self.columns, frame.dtypes))
        )


def _coerced(given: pd.DataFrame, column: Column, table: str) -> pd.Series[Any]:
    if column.name not in given:
        return pd.Series(
            pd.array([pd.NA], dtype=column.dtype).take(np.zeros(len(given), dtype=np.int64)), index=given.index
        )
    values = given[column.name]
    if _is_of(column, values.dtype):
        return values
    made = values.astype(column.dtype)
    if column.values and int(made.isna().sum()) > int(values.isna().sum()):
        raise ValueError(f"{table}.{column.name} holds a code that is not in its list")
    return made


def _is_of(column: Column, dtype: Any) -> bool:
    """Of the column's dtype; strings that repeat may stand as a categorical of strings, which reads the same."""
    if dtype == column.dtype:
        return True
    open_list = not column.values and column.kind in (Kind.ID, Kind.TEXT, Kind.CODE)
    return open_list and isinstance(dtype, pd.CategoricalDtype) and dtype.categories.dtype == "string"


def identifier(name: str, doc: str) -> Column:
    """An opaque identifier."""
    return Column(name, Kind.ID, doc)


def text(name: str, doc: str) -> Column:
    """Text for people."""
    return Column(name, Kind.TEXT, doc)


def code(name: str, doc: str, values: type[StrEnum] | tuple[str, ...] = ()) -> Column:
    """A code; `values` closes its list."""
    return Column(name, Kind.CODE, doc, values=tuple(str(value) for value in values))


def date(name: str, doc: str) -> Column:
    """A calendar date."""
    return Column(name, Kind.DATE, doc)


def days(name: str, doc: str) -> Column:
    """Whole days."""
    return Column(name, Kind.INTEGER, doc, unit="d")


def count(name: str, doc: str) -> Column:
    """A count."""
    return Column(name, Kind.INTEGER, doc)


def number(name: str, doc: str, unit: str = "") -> Column:
    """A number in a unit."""
    return Column(name, Kind.NUMBER, doc, unit=unit)


def flag(name: str, doc: str) -> Column:
    """Yes, no or unknown."""
    return Column(name, Kind.FLAG, doc)
