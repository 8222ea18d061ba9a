"""Measure everything, set it beside its limit and its peer, and write RESULTS.md.

Every run is a process of its own; after one warm-up the methods of a group take turns (A B C A B C), and the
median counts. Seconds depend on the machine; the ratios are what is quoted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.fhir_export import Export, make_export
from benchmarks.goals import ALSO, GROUPS, Goal
from benchmarks.warehouse import HERE, Warehouse, make_duckdb, make_postgres, make_sqlite, postgres

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PACKAGES = ("duckdb", "fhir.resources", "isal", "msgspec", "numpy", "pandas", "psycopg", "pyarrow", "sqlalchemy")


@dataclass
class Runs:
    """The runs of one method."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)
    load: float = 0.0
    """Greatest load average before one of its runs, of all processes on the machine."""

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)

    @property
    def cpu_median(self) -> float:
        """Seconds of CPU."""
        return statistics.median(self.cpu)


def measure(group: str, warehouse: Warehouse, uri: str, patients: int, rounds: int) -> dict[str, Runs]:
    """Every method of the group, in turns."""
    goals = GROUPS[group]
    methods = list(dict.fromkeys(name for goal in goals for name in (goal.reference, goal.ours) if name))
    methods += [name for name in ALSO.get(group, ()) if name not in methods]
    runs = {name: Runs() for name in methods}
    for turn in range(rounds + 1):
        for name in methods:
            made = _in_this_process if rounds == 0 else _process
            load = os.getloadavg()[0]
            result = made(name, warehouse, uri, patients)
            if turn == 0 and rounds > 0:
                continue
            runs[name].load = max(runs[name].load, load)
            runs[name].seconds.append(result["seconds"])
            runs[name].cpu.append(result["cpu"])
            runs[name].peak_mb.append(result["peak_mb"])
            runs[name].counts = result["counts"]
        print(f"{group}: turn {turn} of {rounds}", file=sys.stderr, flush=True)
    return runs


def _in_this_process(name: str, warehouse: Warehouse, uri: str, patients: int) -> dict[str, Any]:
    from benchmarks.measure import once
    from benchmarks.methods import Place

    method, _, treated = name.partition("@")
    place = Place(replace(warehouse, treated=float(treated or warehouse.treated)), uri, patients)
    return once(method, place)


def _process(name: str, warehouse: Warehouse, uri: str, patients: int) -> dict[str, Any]:
    method, _, treated = name.partition("@")
    command = [
        sys.executable, "-m", "benchmarks.measure", method, "--data", str(warehouse.folder),
        "--scale", str(warehouse.scale), "--treated", treated or str(warehouse.treated), "--uri", uri,
        "--patients", str(patients),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def goal_line(goal: Goal, runs: Mapping[str, Runs]) -> str:
    """One line of the table of goals."""
    if goal.ours not in runs or goal.reference not in {*runs, ""}:
        return _row(goal.text, "not measured", "-", "-", "-", met=None)
    ours = runs[goal.ours]
    if goal.kind == "MB":
        peak = max(ours.peak_mb)
        return _row(goal.text, f"{peak:.0f} MB", "-", "-", f"<= {goal.target:g} MB", met=peak <= goal.target)
    if goal.kind in ("seconds", "page MB"):
        cost, unit = (ours.median, "s") if goal.kind == "seconds" else (ours.counts["page_kb"] / 1000, "MB")
        if not goal.target:
            return _row(goal.text, f"{cost:.2f} {unit}", "-", "-", "-", met=None)
        return _row(goal.text, f"{cost:.2f} {unit}", f"{goal.target:g} {unit}", f"{cost / goal.target:.2f}", "<= 1",
                    met=cost <= goal.target)
    if goal.kind == "s per million":
        cost = ours.median * 1e6 / ours.counts["persons"]
        return _row(goal.text, f"{cost:.3f} s per million", "-", "-", f"<= {goal.target:g} s", met=cost <= goal.target)
    if goal.kind == "MB above":
        above = max(ours.peak_mb) - min(runs[goal.reference].peak_mb)
        target, met = (f"<= {goal.target:g} MB", above <= goal.target) if goal.target else ("-", None)
        return _row(goal.text, f"{above:.0f} MB above", "-", "-", target, met=met)
    of_cpu = goal.kind == "CPU"
    own, reference = (each.cpu_median if of_cpu else each.median for each in (ours, runs[goal.reference]))
    ratio = own / reference
    times = (f"{own:.2f} s", f"{reference:.2f} s")
    if goal.kind == "times faster":
        return _row(goal.text, *times, f"1/{1 / ratio:.1f}", f"<= 1/{goal.target:g}", met=ratio <= 1 / goal.target)
    if goal.kind == "reported":
        return _row(goal.text, *times, f"{ratio:.2f}", "-", met=None)
    return _row(goal.text, *times, f"{ratio:.2f}", f"<= {goal.target:g}", met=ratio <= goal.target)


def _row(*cells: str, met: bool | None) -> str:
    answer = {True: "yes", False: "**no**", None: "-"}[met]
    return f"| {' | '.join(cells)} | {answer} |"


def machine() -> str:
    """What kind of machine this is; no name, no path."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = (line for line in info.read_text().splitlines() if line.startswith("model name"))
        model = next((line.partition(":")[2].strip() for line in lines), model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {system}"


def report(measured: Mapping[str, Mapping[str, Runs]], warehouse: Warehouse, patients: int) -> str:
    """The Markdown of RESULTS.md."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    every = [result for runs in measured.values() for result in runs.values()]
    lines = [
        "# Results", "",
        f"Scale {warehouse.scale:g}: {round(warehouse.scale * 1e6):,} persons, "
        f"{round(warehouse.scale * 2e7):,} measurements, {round(warehouse.scale * 5e6):,} exposures, "
        f"{warehouse.treated_persons:,} treated persons; criteria alone: {patients:,} patients. "
        f"Medians of {min(len(each.seconds) for each in every)} or more interleaved runs, a process each, after a "
        "warm-up.",
        f"Machine: {machine()}; load average up to {max(each.load for each in every):.1f}. {versions}.", "",
        "Quote the ratios, not the seconds.", "",
        "| goal | ours | limit or peer | ratio | target | met |", "| --- | --- | --- | --- | --- | --- |",
        *(goal_line(goal, runs) for group, runs in measured.items() for goal in GROUPS[group]),
        "", "## Every method", "",
        "| method | median s | min - max | CPU s of the client and its workers | peak MB | counts |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_method_line(name, result) for runs in measured.values() for name, result in runs.items()), "",
    ]  # fmt: skip
    return "\n".join(lines)


def _method_line(name: str, runs: Runs) -> str:
    counts = ", ".join(f"{key} {value:,.0f}" for key, value in runs.counts.items())
    spread = f"{min(runs.seconds):.3f} - {max(runs.seconds):.3f}"
    return f"| {name} | {runs.median:.3f} | {spread} | {runs.cpu_median:.3f} | {max(runs.peak_mb):.0f} | {counts} |"


def keep(group: str, warehouse: Warehouse, runs: Mapping[str, Runs]) -> None:
    """Remember the runs of a group beside the data, so that groups can be measured on different days."""
    content = json.dumps({name: asdict(each) for name, each in runs.items()})
    warehouse.folder.mkdir(parents=True, exist_ok=True)
    _memory(group, warehouse).write_text(content, encoding="utf-8")


def kept(warehouse: Warehouse) -> dict[str, dict[str, Runs]]:
    """The latest runs of every group that was ever measured on this warehouse."""
    there = {group: _memory(group, warehouse) for group in GROUPS if _memory(group, warehouse).exists()}
    contents = {group: json.loads(path.read_text("utf-8")) for group, path in there.items()}
    return {group: {name: Runs(**each) for name, each in runs.items()} for group, runs in contents.items()}


def _memory(group: str, warehouse: Warehouse) -> Path:
    return warehouse.folder / f"{warehouse.name}.{group}.json"


def prepare(groups: Iterable[str], warehouse: Warehouse, uri: str) -> None:
    """Generate what the groups need and is not there."""
    if set(groups) - {"criteria", "expectations", "fhir", "fhir_writeback", "report"}:
        make_duckdb(warehouse)
    if "fhir" in groups:
        make_export(Export.of(warehouse))
    if {"duckdb", "writeback"} & set(groups):
        make_duckdb(Warehouse(warehouse.folder, warehouse.scale, 2 * warehouse.treated, warehouse.seed))
    if "sqlite" in groups:
        make_sqlite(warehouse)
    if "postgresql" in groups:
        make_postgres(warehouse, uri)


def main(given: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE / "data")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--patients", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5, help="0: a trial in one process")
    parser.add_argument("--groups", default=",".join(GROUPS))
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    arguments = parser.parse_args(given)
    groups = arguments.groups.split(",")
    warehouse = Warehouse(arguments.data, arguments.scale)
    with postgres(arguments.data) if {"postgresql", "writeback"} & set(groups) else nullcontext("") as uri:
        prepare(groups, warehouse, uri)
        for group in groups:
            keep(group, warehouse, measure(group, warehouse, uri, arguments.patients, arguments.rounds))
            text = report(kept(warehouse), warehouse, arguments.patients)
            arguments.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
