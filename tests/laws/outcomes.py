"""How thoroughly the laws are tried, what becomes of records, and how two outcomes are compared."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow as pa
from hypothesis import HealthCheck, settings

from hpd_etl.criteria import label, window_sets
from hpd_etl.library import chosen
from hpd_etl.schema import Records
from hpd_etl.timeline import align

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from hpd_etl.config import Study
    from hpd_etl.schema import Bundle, Labels, Timeline

_EXAMPLES = os.environ.get("HPD_LAW_EXAMPLES")
tried = settings(max_examples=int(_EXAMPLES or 3), deadline=None, database=None, derandomize=_EXAMPLES is None,
                 suppress_health_check=list(HealthCheck))
"""A few cohorts each time, always the same, unless `HPD_LAW_EXAMPLES` asks for so many others."""

thorough = settings(tried, max_examples=100)
"""Where an example costs nothing."""


def outcome(given: Records, study: Study) -> tuple[Timeline, Labels]:
    """The real `align` and `label` under the study's definitions."""
    definitions = chosen(study)
    timeline = align(given, study, window_sets(definitions, study))
    return timeline, label(timeline, definitions, study)


def changed(given: Records, change: Callable[[str, pd.DataFrame], pd.DataFrame]) -> Records:
    """The records with each frame changed by `change(table name, frame)`."""
    return Records.of({table.name: change(table.name, frame).reset_index(drop=True) for table, frame in given})


def rows(*bundles: Bundle) -> dict[str, list[str]]:
    """Every row of every table as text, sorted, by table; the order of rows says nothing."""
    return {table.name: sorted(map(str, plain(frame))) for bundle in bundles for table, frame in bundle}


def plain(frame: pd.DataFrame) -> list[dict[str, object]]:
    """The rows of a frame as dictionaries."""
    return pa.Table.from_pandas(frame, preserve_index=False).to_pylist()


def assert_same(one: dict[str, list[str]], other: dict[str, list[str]]) -> None:
    """Fails with the rows that only one of both has."""
    told = [f"{name}: {row}" for name in one for row in sorted(set(one[name]) ^ set(other[name]))[:4]]
    assert one == other, "\n".join(told)
