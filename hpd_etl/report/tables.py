"""A listing as cells of text, the same for the page and for files: what is missing, hidden, counted, a percentage."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

import pandas as pd

from hpd_etl.pages import plain
from hpd_etl.report.content import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator

Line: TypeAlias = tuple[str | None, ...]
"""The cells of a row; None is hidden."""

_LONG: Final = 24


@dataclass(frozen=True)
class Column:
    """A column as people see it."""

    label: str
    kind: str
    """`n` a number, `t` a long text, else nothing."""


@dataclass(frozen=True)
class Table:
    """A table as it is printed."""

    columns: tuple[Column, ...]
    rows: tuple[Line, ...]
    groups: tuple[tuple[str | None, tuple[Line, ...]], ...]
    """The rows under their common head; None where there is none."""


def printed(part: Listing, shown: pd.DataFrame) -> Table:
    """The rows of a listing, of which so much is shown."""
    names = [name for name in part.frame.columns if name != part.heading]
    texts = {name: _texts(part, shown, name) for name in names}
    columns = tuple(Column(part.labels.get(name, name.replace("_", " ")), _kind(part.frame[name], texts[name]))
                    for name in names)
    rows = tuple(zip(*texts.values(), strict=True))
    return Table(columns, rows, tuple(_groups(part, rows)))


def _texts(part: Listing, shown: pd.DataFrame, name: str) -> list[str | None]:
    told = map(_percent if name in part.percent else plain, shown[name].tolist())
    if shown is part.frame:  # nothing is hidden
        return list(told)
    gone = (part.frame[name].notna() & shown[name].isna()).tolist()
    return [None if hidden else text for hidden, text in zip(gone, told, strict=True)]


def _percent(value: object) -> str:
    return plain(value) if pd.isna(value) else f"{100 * float(value):.1f}%"  # type: ignore[arg-type, call-overload]


def _kind(values: pd.Series[str], texts: list[str | None]) -> str:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return "n"
    return "t" if any(text and len(text) > _LONG for text in texts) else ""


def _groups(part: Listing, rows: tuple[Line, ...]) -> Iterator[tuple[str | None, tuple[Line, ...]]]:
    """Rows that follow each other and have the same head."""
    if part.heading is None:
        yield None, rows
        return
    heads = map(plain, part.frame[part.heading].tolist())
    for head, own in groupby(zip(heads, rows, strict=True), itemgetter(0)):
        yield head, tuple(row for _, row in own)
