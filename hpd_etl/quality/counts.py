"""Counting rows and persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.schema import DATE_OF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpd_etl.schema import Timeline


def numbered(n: int, noun: str) -> str:
    """A count with its noun, in the singular where it is one."""
    return f"{n:,} {noun}{'s' * (n != 1)}"


def tally(people: pd.DataFrame, what: pd.Series[str]) -> dict[tuple[str, str], dict[str, int]]:
    """How many have each value ("" for none), by cohort and definition, in the order in which these appear."""
    keys = {"cohort": people["cohort"], "definition": people["definition_id"], "what": what}
    table = pa.table({name: pa.array(column.array) for name, column in keys.items()})
    counted = table.group_by(list(keys), use_threads=False).aggregate([([], "count_all")])
    found: dict[tuple[str, str], dict[str, int]] = {}
    for cohort, definition, value, n in zip(*(column.to_pylist() for column in counted.columns), strict=True):
        found.setdefault((cohort, definition), {})[value or ""] = n
    return found


def counted(frame: pd.DataFrame, by: list[str], name: str) -> pd.DataFrame:
    """How many rows there are of each kind."""
    return frame.groupby(by, observed=True, dropna=False).size().rename(name).reset_index()


def rejections(refused: pd.DataFrame) -> pd.DataFrame:
    """Rows and persons refused, by stage, table and reason."""
    grouped = refused.groupby(["stage", "table", "reason"], observed=True, dropna=False)
    return grouped["person_id"].agg(rows="size", persons="nunique").reset_index()


def ignored(counted: Mapping[str, Mapping[str, int]]) -> pd.DataFrame:
    """Rows that were left aside without being refused, by source table and reason."""
    rows = [(table, reason, n) for table, reasons in counted.items() for reason, n in reasons.items()]
    return pd.DataFrame(rows, columns=["table", "reason", "rows"])


def rejected_fraction(timeline: Timeline) -> float:
    """Refused source rows over all source rows read; a refused row counts once, also where a part of it was kept."""
    if timeline.rejections.empty:
        return 0.0
    refused = _source_rows(timeline.rejections["source_id"]).unique()
    of_rows = timeline.rejections["table"] != "persons"
    unnamed = int((timeline.rejections["source_id"].isna() & of_rows).sum())
    kept = 0
    for name in DATE_OF:
        rows = _source_rows(getattr(timeline, name)["source_id"])
        kept += len(rows) - int(pc.sum(pc.is_in(rows, value_set=refused)).as_py() or 0)
    return (len(refused) + unnamed) / (len(refused) + unnamed + kept)


def _source_rows(column: pd.Series[str]) -> pa.Array:
    """The single ids in a column of ids joined by `;`."""
    return pc.list_flatten(pc.split_pattern(pa.array(column.array, type=pa.string()).drop_null(), ";"))
