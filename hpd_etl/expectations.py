"""The one door to Great Expectations: suites over the Timeline's tables, counts out.

Great Expectations is imported on the first call of `check` and never otherwise: it takes seconds.
Its own results hold offending values and row numbers; of those only counts leave this module.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpd_etl.errors import ConfigurationError
from hpd_etl.schema import Kind, Table, Timeline

if TYPE_CHECKING:
    from pathlib import Path

Suite = Mapping[str, Any]
"""A suite, or one expectation of it, as written in its file."""


class Outcome(StrEnum):
    """The four results of a check; a check that crashed says nothing about the data."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


@dataclass(frozen=True)
class CheckResult:
    """What one expectation found: how many rows were looked at, how many were unexpected."""

    check: str
    table: str
    severity: str
    dimension: str
    outcome: Outcome
    rows: int | None
    unexpected: int | None
    why: str
    reference: str


def read_suites(files: Sequence[Path]) -> list[Suite]:
    """The suites in these JSON files; each is named after the table it looks at."""
    suites = [json.loads(file.read_text("utf-8")) for file in files]
    tables = {table.name for table in Timeline.tables()}
    for suite in suites:
        if suite["name"] not in tables:
            raise ConfigurationError(f"expectations/{suite['name']}.json names no table of the Timeline")
    return suites


def check(timeline: Timeline, suites: Sequence[Suite]) -> tuple[CheckResult, ...]:
    """Every expectation of every suite, in the order in which they are written."""
    tables = {table.name: table for table in Timeline.tables()}
    results: list[CheckResult] = []
    for suite in suites:
        table = tables[suite["name"]]
        results += _checked(table, getattr(timeline, table.name), suite["expectations"])
    return tuple(results)


def _checked(table: Table, frame: pd.DataFrame, entries: Sequence[Suite]) -> list[CheckResult]:
    """Missing columns and empty tables are decided here; Great Expectations calls both a plain result."""
    early: dict[str, Outcome] = {}
    for entry in entries:
        if not _columns(entry["kwargs"]) <= set(frame.columns):
            early[entry["meta"]["check"]] = Outcome.ERROR
        elif frame.empty:
            early[entry["meta"]["check"]] = Outcome.NOT_APPLICABLE
    runnable = [_with_dates(entry, table) for entry in entries if entry["meta"]["check"] not in early]
    found = _validated(frame, runnable) if runnable else {}
    return [_result(table.name, entry, early, found) for entry in entries]


def _columns(kwargs: Mapping[str, Any]) -> set[str]:
    condition = kwargs.get("row_condition") or {}
    named = [kwargs.get("column"), kwargs.get("column_A"), kwargs.get("column_B"),
             condition.get("column", {}).get("name"), *kwargs.get("column_list", [])]
    return {name for name in named if name is not None}


def _with_dates(entry: Suite, table: Table) -> dict[str, Any]:
    """JSON has no dates: the bounds of a date column stand in it as text."""
    column = entry["kwargs"].get("column")
    if column is None or table[column].kind is not Kind.DATE:
        return dict(entry)
    bounds = {name: pd.Timestamp(value) for name, value in entry["kwargs"].items()
              if name in {"min_value", "max_value"}}
    return {**entry, "kwargs": {**entry["kwargs"], **bounds}}


def _validated(frame: pd.DataFrame, entries: Sequence[Suite]) -> dict[str, Any]:
    """Results by name of the check; an ephemeral context, no progress bars, nothing sent anywhere."""
    import great_expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = great_expectations.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    with _muted():
        return _run(context, great_expectations.ExpectationSuite(name="suite", expectations=list(entries)), frame)


def _run(context: Any, suite: Any, frame: pd.DataFrame) -> dict[str, Any]:
    context.suites.add(suite)
    asset = context.data_sources.add_pandas("timeline").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    results = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0}).results
    return {result.expectation_config.meta["check"]: result for result in results}


@contextmanager
def _muted() -> Iterator[None]:
    """Its log lines of every level may hold values of patients, whatever level the caller logs at."""
    logger = logging.getLogger("great_expectations")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


def _result(table: str, entry: Suite, early: Mapping[str, Outcome], found: Mapping[str, Any]) -> CheckResult:
    meta = entry["meta"]
    counts: Mapping[str, Any] = found[meta["check"]].result if meta["check"] in found else {}
    outcome = early.get(meta["check"]) or _outcome(found[meta["check"]])
    rows = counts.get("element_count")
    return CheckResult(
        check=meta["check"], table=table, severity=entry["severity"], dimension=meta["dimension"], outcome=outcome,
        rows=None if rows is None else int(rows) - int(counts.get("missing_count") or 0),
        unexpected=None if rows is None else int(counts.get("unexpected_count") or 0),
        why=meta["why"], reference=meta["reference"],
    )


def _outcome(result: Any) -> Outcome:
    if _crashed(result.exception_info):
        return Outcome.ERROR
    counts = result.result
    if "element_count" in counts:
        applicable = counts["element_count"] > (counts.get("missing_count") or 0)
    else:
        applicable = counts.get("observed_value") is not None
    if not applicable:
        return Outcome.NOT_APPLICABLE
    return Outcome.PASSED if result.success else Outcome.FAILED


def _crashed(info: Mapping[str, Any]) -> bool:
    """One dictionary for the expectation, or one a metric that failed."""
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(part.get("raised_exception", True) for part in info.values())
