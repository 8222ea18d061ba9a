"""Slices are read side by side, and every resource is handed on once."""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hpd_etl.sources.fhir.decode.collector import Collector
    from hpd_etl.sources.fhir.fetch.pages import Key
    from hpd_etl.sources.fhir.fetch.slices import Slice, SliceReader, Slices

_AHEAD = 2
"""Slices a thread that may wait to be taken; so many are held in memory."""


class Intake:
    """Takes slices in the order in which they are asked, whichever comes first."""

    def __init__(self, reader: SliceReader, collector: Collector, parallel: int) -> None:
        self._reader = reader
        self._collector = collector
        self._parallel = parallel
        self._taken: set[Key] = set()
        self._counts: dict[str, Counter[str]] = {}

    def take(self, slices: Iterable[Slice], wanted: Callable[[str, bytes], bool] | None = None) -> set[str]:
        """Hand on what the slices hold and is `wanted`; gives the values that could not be proven complete."""
        unproven: set[str] = set()
        for asked, result in self._read(slices):
            self._counts.setdefault(asked.kind, Counter()).update(result.counts)
            unproven |= result.unproven
            for key, raw in result.found.items():
                if key not in self._taken and (wanted is None or wanted(asked.kind, raw)):
                    self._taken.add(key)
                    self._collector.line(raw, f"{asked.kind} of a search")
        return unproven

    def _read(self, slices: Iterable[Slice]) -> Iterator[tuple[Slice, Slices]]:
        pool = ThreadPoolExecutor(self._parallel, thread_name_prefix="slice")
        try:
            waiting = deque[Any]()
            for asked in slices:
                waiting.append((asked, pool.submit(self._reader.read, asked)))
                if len(waiting) >= self._parallel * _AHEAD:
                    first, reading = waiting.popleft()
                    yield first, reading.result()
            for asked, reading in waiting:
                yield asked, reading.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def counts(self) -> dict[str, dict[str, int]]:
        """By type: slices, resources fetched and expected, slices the server did not count, restarted, not proven."""
        names = ("slices", "fetched", "expected", "uncounted", "restarted", "not_proven")
        return {kind: {name: counts[name] for name in names} for kind, counts in sorted(self._counts.items())}
