"""Buckets of patients labelled side by side, one process a core; made ready first, so that only labelling is timed."""

from __future__ import annotations

import multiprocessing
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from benchmarks.methods import Counts

BUCKET = 40_000
"""Patients that a process labels at a time."""


_KEPT = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
"""The GNU C library keeps what a bucket needed for the next one, and does not ask for it page by page again."""


def labelled_side_by_side(patients: int, processes: int) -> Counts:
    """What labelling alone took, on the wall and of CPU; rows, and the memory of all processes."""
    processes = min(processes, -(-patients // BUCKET))
    shares = [list(range(0, patients, BUCKET))[place::processes] for place in range(processes)]
    os.environ.update(_KEPT)
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in shares]
    workers = [
        context.Process(target=_work, args=(share, patients, theirs))
        for share, (_, theirs) in zip(shares, pipes, strict=True)
    ]
    for worker in workers:
        worker.start()
    counts: Counts = {"persons": patients, "seconds": 0.0, "lesions": 0, "labels": 0, "evidence": 0, "cpu": 0.0}
    for turn in range(len(shares[0])):
        busy = [own for share, (own, _) in zip(shares, pipes, strict=True) if turn < len(share)]
        for own in busy:
            counts["lesions"] += own.recv()
        started = time.perf_counter()
        for own in busy:
            own.send("go")
        for own in busy:
            for name, more in own.recv().items():
                counts[name] += more
        counts["seconds"] += time.perf_counter() - started
    counts["peak_mb"] = sum(own.recv() for own, _ in pipes)
    for worker in workers:
        worker.join()
    return counts


def _work(share: list[int], patients: int, to: Connection) -> None:
    from benchmarks.kernels import everything
    from benchmarks.measure import peak_mb
    from benchmarks.patients import records
    from hpd_etl.criteria import label, window_sets
    from hpd_etl.timeline import align

    study, definitions = everything()
    for first in share:
        timeline = align(records(min(BUCKET, patients - first), first), study, window_sets(definitions, study))
        to.send(len(timeline.lesions))
        to.recv()
        worked = time.process_time()
        labels = label(timeline, definitions, study)
        worked = time.process_time() - worked
        to.send({"labels": len(labels.labels), "evidence": len(labels.evidence), "cpu": worked})
        del timeline, labels
    to.send(peak_mb())
