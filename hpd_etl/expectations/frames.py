"""The frames that expectations look at: columns of the Timeline and derived ones, in dtypes that are quick to check.

Great Expectations compares native numbers as arrays and everything nullable value by value, in Python: numbers, flags
and dates are handed over as floats (flags 0 and 1, dates in days since 1970), without a value as NaN. Only the columns
that somebody names are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpd_etl.expectations.facts import FACTS, People, known
from hpd_etl.expectations.shares import AGGREGATES
from hpd_etl.grouping import days, numbers
from hpd_etl.schema import Kind, Table, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable

DRIFT = "drift"
_NAMES = "name"
"""The column of an aggregate that says what a row counts."""
WITHOUT_PERSONS = {DRIFT, *AGGREGATES}
"""Frames of counts: which of their rows failed may be said."""


class Frames:
    """The frames of one Timeline, and of what changed since the run before."""

    def __init__(self, timeline: Timeline, changes: pd.DataFrame | None) -> None:
        self._timeline = timeline
        self._people = People(timeline)
        self._tables = {table.name: table for table in Timeline.tables()}
        self._changes = changes

    def columns(self, name: str, wanted: Iterable[str]) -> pd.DataFrame:
        """Those of the wanted columns that the frame has."""
        if name in self._tables:
            return self._of_table(self._tables[name], wanted)
        whole = self._changes if name == DRIFT else AGGREGATES[name](self._timeline)
        return pd.DataFrame(columns=list(wanted)) if whole is None else whole

    def _of_table(self, table: Table, wanted: Iterable[str]) -> pd.DataFrame:
        rows: pd.DataFrame = getattr(self._timeline, table.name)
        made: dict[str, Any] = {}
        for column in sorted(wanted):
            if column in table.names:
                made[column] = _native(rows[column], table[column].kind)
            elif column in FACTS.get(table.name, {}):
                made[column] = FACTS[table.name][column](self._people, rows)
        return pd.DataFrame(made, index=rows.index, copy=False)


def names_of(frame: pd.DataFrame, rows: tuple[int, ...]) -> tuple[str, ...]:
    """What these rows of an aggregate count."""
    return tuple(str(name) for name in frame[_NAMES].iloc[list(rows)]) if _NAMES in frame else ()


def _native(column: pd.Series[Any], kind: Kind) -> Any:
    if kind in (Kind.NUMBER, Kind.INTEGER):
        return numbers(column)
    if kind is Kind.FLAG:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if kind is Kind.DATE:
        return known(days(column))
    return column
