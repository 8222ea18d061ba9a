"""A folder of FHIR files as a source: as bulk export, smart-fetch and Synthea leave them, and Bundles."""

from __future__ import annotations

import multiprocessing
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hpd_etl.errors import AccessError, ConfigurationError, SourceError
from hpd_etl.garbage import uncollected
from hpd_etl.sources.fhir.decode.collector import Collector
from hpd_etl.sources.fhir.decode.sieve import Found, Sieve
from hpd_etl.sources.fhir.fetch.outcomes import reported
from hpd_etl.sources.fhir.fetch.parts import ENDINGS, Part, parts_of, sift
from hpd_etl.sources.fhir.records.assembly import records_of, selection
from hpd_etl.sources.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from hpd_etl.config import FhirFilesSource, Study
    from hpd_etl.schema import Records
    from hpd_etl.sources.fhir.decode.resources import Selection

RANGE = 8 * 1024 * 1024
"""Bytes that a process is given at a time."""


@contextmanager
def open_files(source: FhirFilesSource, canonical: str) -> Iterator[FhirFiles]:
    """The folder of site.toml; raises ConfigurationError where it is none."""
    if not source.folder.is_dir():
        raise ConfigurationError("source.folder is no folder", remedy="correct source.folder in site.toml")
    yield FhirFiles(source, canonical)


class FhirFiles:
    """A folder, with all folders below it."""

    def __init__(self, source: FhirFilesSource, canonical: str) -> None:
        self._source = source
        self._canonical = canonical

    def extract(self, study: Study) -> tuple[Records, dict[str, Any]]:
        """Records of everyone treated with an index drug, and what they were read with."""
        source, ledger = self._source, Ledger()
        wanted = selection(study, source)
        collector = Collector(wanted, self._canonical, ledger)
        with uncollected():
            lines = collect(source.folder, wanted, source.workers, collector)
            if not lines:
                raise ConfigurationError("source.folder holds no file of resources",
                                         remedy=f"name the folder of the files that end with {', '.join(ENDINGS)}")
            records, used = records_of(collector.settle(), study, source, ledger)
        return records, used | {"files": files_read(lines), "reported": reported(_errors(source.folder))}


def _errors(folder: Path) -> list[Path]:
    """What an export was told could not be exported."""
    return sorted(folder.rglob("error/*.ndjson"))


def collect(folder: Path, wanted: Selection, workers: int, collector: Collector) -> Counter[str]:
    """Hand on everything in a folder that can matter; gives how many lines each file has."""
    lines: Counter[str] = Counter()
    for found in _found(folder, wanted, workers):
        lines.update(found.lines)
        collector.take(found)
    return lines


def _found(folder: Path, wanted: Selection, workers: int) -> Iterator[Found]:
    """What the files hold that can matter, in the order of their names, however many processes look."""
    try:
        if workers == 1:
            sieve = Sieve(wanted)
            for part in parts_of(folder):
                yield from sift(part, sieve)
        else:
            yield from _side_by_side(list(_batches(parts_of(folder, RANGE))), wanted, workers)
    except OSError:  # its text names the file, and a file may bear the name of a patient
        raise AccessError("a file below source.folder cannot be read", remedy="allow it to be read") from None


def _side_by_side(batches: Sequence[Sequence[Part]], wanted: Selection, workers: int) -> Iterator[Found]:
    # a child that is forked starts at once, and touches nothing but its files
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    with ProcessPoolExecutor(workers, context, _equip, (wanted,)) as pool:
        try:
            yield from pool.map(_sifted, batches)
        except BrokenProcessPool as error:
            raise SourceError("a process that decoded files was ended from outside",
                              remedy="set source.workers = 1, or give the run more memory") from error


_sieve: Sieve
"""The sieve of this process, where it is one of several."""


def _equip(wanted: Selection) -> None:
    global _sieve
    _sieve = Sieve(wanted)


def _sifted(batch: Sequence[Part]) -> Found:
    """All that is found in some parts."""
    all_found = Found()
    for part in batch:
        for found in sift(part, _sieve):
            all_found.add(found)
    return all_found


def _batches(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Parts in their order, small ones together."""
    batch: list[Part] = []
    size = 0
    for part in parts:
        if batch and size + part.size > RANGE:
            yield batch
            batch, size = [], 0
        batch.append(part)
        size += part.size
    if batch:
        yield batch


def files_read(lines: Counter[str]) -> dict[str, dict[str, int]]:
    """How many files and lines there were of each ending; no names, for they may tell of a patient."""
    counts: dict[str, dict[str, int]] = {}
    for name, number in lines.items():
        kind = next(ending for ending in ENDINGS if name.endswith(ending))
        entry = counts.setdefault(kind.removeprefix("."), {"files": 0, "lines": 0})
        entry["files"] += 1
        entry["lines"] += number
    return dict(sorted(counts.items()))
