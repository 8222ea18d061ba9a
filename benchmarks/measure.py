"""Run one method once in this process and print its time, its peak memory and its counts as JSON."""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import time
from pathlib import Path

from benchmarks import (  # noqa: F401 - each registers its methods
    criteria_peers,
    expectations,
    fhir_limits,
    fhir_ours,
    fhir_writes,
    kernels,
    limits,
    ours,
    peers,
    reports,
    writes,
)
from benchmarks.methods import METHODS, Place
from benchmarks.warehouse import Warehouse


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=sorted(METHODS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scale", type=float, required=True)
    parser.add_argument("--treated", type=float, default=1.0)
    parser.add_argument("--uri", default="")
    parser.add_argument("--patients", type=int, default=1_000_000)
    arguments = parser.parse_args()
    warehouse = Warehouse(arguments.data, arguments.scale, arguments.treated)
    place = Place(warehouse, arguments.uri, arguments.patients)
    print(json.dumps(once(arguments.method, place)))


def once(name: str, place: Place) -> dict[str, float | dict[str, float]]:
    """Seconds on the wall and of CPU, workers included, peak memory in MB without them, and counts of one run."""
    timed = METHODS[name](place)
    started, worked = time.perf_counter(), _cpu()
    counts = timed()
    seconds, cpu = time.perf_counter() - started, _cpu() - worked
    seconds, cpu = counts.pop("seconds", seconds), counts.pop("cpu", cpu)
    peak = counts.pop("peak_mb", peak_mb())
    return {"seconds": seconds, "cpu": cpu, "peak_mb": peak, "counts": counts}


def _cpu() -> float:
    """Seconds of CPU of this process and of the workers that have ended."""
    return sum(os.times()[:4])


def peak_mb() -> float:
    """The peak memory of this program; ru_maxrss also knows what its parent held before it was started."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
