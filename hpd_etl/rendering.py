"""Tables for a terminal, all of one look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from rich.table import Table
from rich.text import Text

from hpd_etl.reasoning import absent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def table(title: str, *columns: str) -> Table:
    """A table without lines, its title in bold; a word too long for its column goes on in the next line, uncut."""
    made = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in columns:
        made.add_column(name, overflow="fold")
    return made


def counted(title: str, *columns: str, numbers: Iterable[str]) -> Table:
    """A table whose last columns are numbers, aligned to the right; what names a row is never cut."""
    made = table(title, *columns)
    made.columns[0].no_wrap = True
    for name in numbers:
        made.add_column(name, justify="right", overflow="fold")
    return made


def facts(title: str, told: Mapping[str, object]) -> Table:
    """A table of names and what they are."""
    made = table(title)
    made.show_header = False
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, fact in told.items():
        made.add_row(name, Text(shown(fact)))
    return made


def shown(value: object, instead: str = "-") -> str:
    """A value as people write it: dates without a time, numbers without trailing zeros."""
    if absent(value):
        return instead
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:g}" if isinstance(value, float) else str(value)
