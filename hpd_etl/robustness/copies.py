"""The same persons several times over, so that several draws are judged at once: persons do not touch each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.grouping import encoded, named
from hpd_etl.schema import Timeline

_NAMES = ("person_id", "course_of")
_SEPARATOR = "\x1f"


def copies(timeline: Timeline, times: int) -> Timeline:
    """Every person so many times, under a name of each copy; the rows of a copy stand together, in their old order.

    What was refused is left out: no size decides it. One copy is the timeline itself.
    """
    if times == 1:
        return timeline
    frames = {table.name: _copied(frame, times) for table, frame in timeline if table.name != "rejections"}
    courses = None if timeline.courses is None else copies(timeline.courses, times)
    return replace(Timeline.of(frames), courses=courses)


def _copied(frame: pd.DataFrame, times: int) -> pd.DataFrame:
    made = frame.iloc[np.tile(np.arange(len(frame)), times)].reset_index(drop=True)
    return made.assign(**{name: _renamed(frame[name], times) for name in _NAMES if name in frame})


def _renamed(column: pd.Series[str], times: int) -> pd.Series[str]:
    """The names of each copy, which sort like their copies."""
    codes, names = encoded(column)
    copy = np.arange(times)
    prefixes = pa.array([f"{number:06d}{_SEPARATOR}" for number in copy], pa.large_string())
    of_copies = pc.binary_join_element_wise(
        prefixes.take(pa.array(np.repeat(copy, len(names)))),
        names.take(pa.array(np.tile(np.arange(len(names)), times))),
        pa.scalar("", pa.large_string()),
    )
    moved = np.where(codes < 0, -1, codes + len(names) * copy[:, np.newaxis])
    return named(moved.ravel(), of_copies)
