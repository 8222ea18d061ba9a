"""The door to Great Expectations: a frame and what is expected of it in, counts out.

It is imported on the first call and never otherwise: that takes seconds. Its own results hold offending values and
row numbers, its warnings and exceptions may; of all that only counts leave this module. One context serves all
frames: nothing is stored, nothing is sent anywhere, nothing is printed.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from hpd_etl.expectations.results import Outcome

if TYPE_CHECKING:
    import pandas as pd

Expectation = Mapping[str, Any]
"""One expectation, as written in its suite."""


@dataclass(frozen=True)
class Found:
    """What was found of one expectation: rows looked at, rows unexpected, and which, of frames that hold no person."""

    outcome: Outcome
    rows: int | None = None
    unexpected: int | None = None
    at: tuple[int, ...] = ()


def validated(frame: pd.DataFrame, entries: Sequence[Expectation], *, which: bool = False) -> dict[str, Found]:
    """What Great Expectations found, by name of the check: an error where it crashed, or does not know what is asked.

    `which` asks for the rows, of frames without persons.
    """
    found = {entry["meta"]["check"]: Found(Outcome.ERROR) for entry in entries}
    with muted():
        try:
            results = _run(frame, entries, which=which) if entries else []
        except Exception:  # whatever it is, its text may hold values, and nobody has looked at the data
            return found
    return found | {result.expectation_config.meta["check"]: _found(result) for result in results}


def _run(frame: pd.DataFrame, entries: Sequence[Expectation], *, which: bool) -> list[Any]:
    import great_expectations

    suite = great_expectations.ExpectationSuite(name="suite", expectations=[dict(entry) for entry in entries])
    wanted = {"result_format": "COMPLETE" if which else "BASIC", "partial_unexpected_count": 0}
    return list(_whole().get_batch({"dataframe": frame}).validate(suite, result_format=wanted).results)


@cache
def _whole() -> Any:
    """Any frame as a batch of one context for all frames."""
    asset = new_context().data_sources.add_pandas("timeline").add_dataframe_asset("table")
    return asset.add_batch_definition_whole_dataframe("whole")


def new_context() -> Any:
    """An ephemeral context that shows no progress and sends nothing anywhere."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = great_expectations.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


@contextmanager
def muted() -> Iterator[None]:
    """Its log lines and warnings of every level may hold values of patients, whatever level the caller logs at."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _found(result: Any) -> Found:
    if _crashed(result.exception_info):
        return Found(Outcome.ERROR)
    counts: Mapping[str, Any] = result.result
    ended = Outcome.PASSED if result.success else Outcome.FAILED
    if "element_count" not in counts:
        return Found(Outcome.NOT_APPLICABLE if counts.get("observed_value") is None else ended)
    rows = int(counts["element_count"]) - int(counts.get("missing_count") or 0)
    return Found(ended if rows else Outcome.NOT_APPLICABLE, rows, int(counts.get("unexpected_count") or 0),
                 tuple(int(row) for row in counts.get("unexpected_index_list") or ()))


def _crashed(info: Mapping[str, Any]) -> bool:
    """One dictionary for the expectation, or one a metric that failed."""
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(part.get("raised_exception", True) for part in info.values())
