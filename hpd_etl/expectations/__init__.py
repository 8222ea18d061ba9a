"""What we believe about the data, and whether it holds: suites over the Timeline's tables, counts out.

A suite is named after the table whose rows it looks at, or after `drift`: how the tables changed since the run
before. An expectation may look at another frame, which it names in `meta.frame`, and at columns that are derived.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hpd_etl.errors import ConfigurationError
from hpd_etl.expectations.engine import Found, validated
from hpd_etl.expectations.frames import DRIFT, WITHOUT_PERSONS, Frames, names_of
from hpd_etl.expectations.results import CheckResult, Outcome
from hpd_etl.schema import Timeline

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["CheckResult", "Outcome", "Suite", "check", "columns_of", "read_suites"]

Suite = Mapping[str, Any]
"""A suite, or one expectation of it, as written in its file."""


def read_suites(files: Sequence[Path]) -> list[Suite]:
    """The suites in these JSON files; each is named after what it looks at."""
    suites = [json.loads(file.read_text("utf-8")) for file in files]
    known = {table.name for table in Timeline.tables()} | {DRIFT}
    for suite in suites:
        if suite["name"] not in known:
            raise ConfigurationError(f"expectations/{suite['name']}.json names no table of the Timeline")
    return suites


def check(timeline: Timeline, suites: Sequence[Suite], changes: pd.DataFrame | None = None) -> tuple[CheckResult, ...]:
    """Every expectation of every suite, in the order in which they are written; `changes` since the run before."""
    frames = Frames(timeline, changes)
    return tuple(result for suite in suites for result in _checked(frames, suite))


def _checked(frames: Frames, suite: Suite) -> list[CheckResult]:
    """The results of a suite; all its expectations of one frame are looked at together."""
    entries: Sequence[Suite] = suite["expectations"]
    found: dict[str, Found] = {}
    where: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(_frame_of(suite, entry) for entry in entries):
        own = [entry for entry in entries if _frame_of(suite, entry) == name]
        frame = frames.columns(name, {column for entry in own for column in columns_of(entry)})
        found |= _looked_at(frame, own, which=name in WITHOUT_PERSONS)
        where |= {check: names_of(frame, one.at) for check, one in found.items() if one.at and check not in where}
    return [_result(suite["name"], entry, found[entry["meta"]["check"]], where) for entry in entries]


def _frame_of(suite: Suite, entry: Suite) -> str:
    return str(entry["meta"].get("frame", suite["name"]))


def _looked_at(frame: pd.DataFrame, entries: Sequence[Suite], *, which: bool) -> dict[str, Found]:
    """Missing columns and empty frames are decided here; Great Expectations calls both a plain result."""
    early = {}
    for entry in entries:
        if not columns_of(entry) <= set(frame.columns):
            early[entry["meta"]["check"]] = Found(Outcome.ERROR)
        elif frame.empty:
            early[entry["meta"]["check"]] = Found(Outcome.NOT_APPLICABLE)
    return early | validated(frame, [entry for entry in entries if entry["meta"]["check"] not in early], which=which)


def columns_of(entry: Suite) -> set[str]:
    """The columns that an expectation looks at."""
    kwargs = entry["kwargs"]
    condition = kwargs.get("row_condition") or {}
    named = [kwargs.get("column"), kwargs.get("column_A"), kwargs.get("column_B"),
             condition.get("column", {}).get("name"), *kwargs.get("column_list", [])]
    return {name for name in named if name is not None}


def _result(table: str, entry: Suite, found: Found, where: Mapping[str, tuple[str, ...]]) -> CheckResult:
    meta = entry["meta"]
    return CheckResult(
        check=meta["check"], table=table, severity=entry["severity"], dimension=meta["dimension"],
        outcome=found.outcome, rows=found.rows, unexpected=found.unexpected, why=meta["why"],
        reference=meta["reference"], where=where.get(meta["check"], ()),
    )
