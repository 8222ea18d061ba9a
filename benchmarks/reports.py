"""The report of a run: made, with all its files, and opened in a browser."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.methods import Counts, Place, Timed, method

if TYPE_CHECKING:
    from hpd_etl.report.facts import Facts

ABOUT = {"study": "bench", "title": "", "run": "bench", "version": "-"}


@method
def ours_report(place: Place) -> Timed:
    """10,000 patients, all definitions: from the labels to the page and every file; written, not flushed."""
    return _written(10_000)


@method
def ours_report_100k(place: Place) -> Timed:
    """The same of 100,000."""
    return _written(100_000)


@method
def ours_report_opened(place: Place) -> Timed:
    """The page of 10,000 patients in Chromium, until a definition can be chosen."""
    return _opened(10_000)


@method
def ours_report_opened_100k(place: Place) -> Timed:
    """The page of 100,000."""
    return _opened(100_000)


def facts_of(patients: int) -> Facts:
    """What the report of so many patients is made of; labels, agreement, no sensitivity."""
    from benchmarks.kernels import everything
    from benchmarks.patients import records
    from hpd_etl import agreement
    from hpd_etl.criteria import assess, label, window_sets
    from hpd_etl.report.facts import Facts
    from hpd_etl.timeline import align

    study, definitions = everything()
    timeline = align(records(patients), study, window_sets(definitions, study))
    labels = replace(label(timeline, definitions, study), **assess(timeline, study))
    return Facts(timeline, labels, agreement.compare(labels, definitions), None, tuple(definitions), study)


def _written(patients: int) -> Timed:
    facts = facts_of(patients)

    def run() -> Counts:
        with tempfile.TemporaryDirectory() as folder, _Memory() as memory:
            return {"persons": patients, **_report(facts, Path(folder)), "peak_mb": memory.peak}

    return run


def _report(facts: Facts, folder: Path) -> Counts:
    from hpd_etl.report import build, files

    report = build(facts, ABOUT, patients=False)
    files.write(report, folder)
    return {"files": sum(path.is_file() for path in folder.rglob("*")),
            "page_kb": (folder / files.PAGE).stat().st_size / 1e3}  # fmt: skip


def _opened(patients: int) -> Timed:
    from hpd_etl.report.files import PAGE
    from tests.report.browser import Browser

    place = Path(tempfile.mkdtemp())
    counts = _report(facts_of(patients), place)
    browser = Browser(place / "profile")

    def run() -> Counts:
        tab = browser.open(place / PAGE)
        ready = tab.tell("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        browser.close()
        return {"persons": patients, **counts, "seconds": ready / 1000, "cpu": 0.0, "peak_mb": 0.0}

    return run


class _Memory:
    """The most that this process and those it started held at once, in MB, looked at twenty times a second."""

    def __enter__(self) -> _Memory:
        self.peak, self._over = _held(), threading.Event()
        self._looking = threading.Thread(target=self._look)
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.peak = max(self.peak, _held())


def _held() -> float:
    """What they hold now; pages that they share are counted once."""
    children = [name for task in Path("/proc/self/task").iterdir() for name in (task / "children").read_text().split()]
    return sum(_pss(name) for name in ("self", *children))


def _pss(process: str) -> float:
    try:
        lines = (Path("/proc") / process / "smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
