"""Suites over the Timeline of many lesions: ours, and Great Expectations' own run of the same expectations.

Its import is paid by both, before the time is taken. `limit`: each frame stands ready, with no column more than a suite
names, in dtypes that it compares as arrays. `peer`: the Timeline's own frames, the derived columns added before.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from benchmarks.methods import Counts, Place, Timed, method
from benchmarks.patients import records

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from hpd_etl.schema import Timeline

ROWS_OF_A_PATIENT = 24


def _timeline(place: Place, rows: int) -> Timeline:
    from hpd_etl import criteria, library
    from hpd_etl.config import Study
    from hpd_etl.timeline import align

    study = Study(id="bench")
    windows = criteria.window_sets(library.chosen(study), study)
    return align(records(min(rows // ROWS_OF_A_PATIENT, place.patients)), study, windows)


def _suites() -> list[Any]:
    from hpd_etl import assets, expectations

    return expectations.read_suites(assets.expectation_files())


def _ours(place: Place, rows: int) -> Timed:
    import great_expectations  # noqa: F401 - its import is not what is measured

    from hpd_etl import expectations

    timeline, suites = _timeline(place, rows), _suites()

    def run() -> Counts:
        found = expectations.check(timeline, suites)
        return _counted(len(timeline.lesions), [result.outcome == "passed" for result in found])

    return run


def _theirs(place: Place, rows: int, frame_of: Callable[[Timeline, str, set[str]], pd.DataFrame]) -> Timed:
    import great_expectations
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from hpd_etl.expectations import columns_of

    timeline = _timeline(place, rows)
    ready = []
    for suite in _suites():
        for name in dict.fromkeys(entry["meta"].get("frame", suite["name"]) for entry in suite["expectations"]):
            own = [entry for entry in suite["expectations"] if entry["meta"].get("frame", suite["name"]) == name]
            frame = frame_of(timeline, name, set().union(*map(columns_of, own)))
            if len(frame):
                ready.append((frame, own))

    def run() -> Counts:
        context = great_expectations.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_pandas("timeline")
        passed: list[bool] = []
        for number, (frame, entries) in enumerate(ready):
            passed += _validated(great_expectations, source, str(number), frame, entries)
        return _counted(len(timeline.lesions), passed)

    return run


def _validated(gx: Any, source: Any, name: str, frame: pd.DataFrame, entries: Sequence[Any]) -> list[bool]:
    whole = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("whole")
    suite = gx.ExpectationSuite(name=name, expectations=[dict(entry) for entry in entries])
    found = whole.get_batch({"dataframe": frame}).validate(suite, result_format="BASIC").results
    return [bool(result.success) for result in found]


def _narrow(timeline: Timeline, name: str, columns: set[str]) -> pd.DataFrame:
    from hpd_etl.expectations.frames import Frames

    return Frames(timeline, None).columns(name, columns)


def _whole(timeline: Timeline, name: str, columns: set[str]) -> pd.DataFrame:
    narrow = _narrow(timeline, name, columns)
    rows = getattr(timeline, name, None)
    return narrow if rows is None else rows.assign(**{each: narrow[each] for each in narrow if each not in rows})


def _counted(lesions: int, passed: Sequence[bool]) -> Counts:
    return {"lesions": lesions, "passed": sum(passed)}


@method
def limit_import(_place: Place) -> Timed:
    """Great Expectations is imported, once a process, where the gate looks and nowhere else."""

    def run() -> Counts:
        started = time.perf_counter()
        import great_expectations  # noqa: F401

        return {"seconds": time.perf_counter() - started}

    return run


@method
def ours_suites_100k(place: Place) -> Timed:
    """Every suite over the Timeline of 100 000 lesion rows."""
    return _ours(place, 100_000)


@method
def limit_suites_100k(place: Place) -> Timed:
    """Great Expectations alone on frames that are ready."""
    return _theirs(place, 100_000, _narrow)


@method
def peer_suites_100k(place: Place) -> Timed:
    """Great Expectations on the frames of the Timeline as they are."""
    return _theirs(place, 100_000, _whole)


@method
def ours_suites_5m(place: Place) -> Timed:
    """Every suite over the Timeline of 5 M lesion rows."""
    return _ours(place, 5_000_000)


@method
def limit_suites_5m(place: Place) -> Timed:
    """Great Expectations alone on frames that are ready."""
    return _theirs(place, 5_000_000, _narrow)


@method
def peer_suites_5m(place: Place) -> Timed:
    """Great Expectations on the frames of the Timeline as they are."""
    return _theirs(place, 5_000_000, _whole)
