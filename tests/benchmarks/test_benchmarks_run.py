"""The benchmarks can be run: on a warehouse of two thousand persons, once, without looking at the time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.goals import GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable

MEASURED = ("duckdb", "criteria", "fhir")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The table that the runner writes."""
    folder = tmp_path_factory.mktemp("benchmarks")
    command = [
        sys.executable, "-m", "benchmarks.run", "--scale", "0.002", "--patients", "500", "--rounds", "0",
        "--groups", ",".join(MEASURED), "--data", str(folder), "--out", str(folder / "RESULTS.md"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, timeout=300)
    return (folder / "RESULTS.md").read_text("utf-8")


def test_every_goal_stands_in_the_table_as_met_or_not(results: str) -> None:
    """A measured goal says whether it is met, one that is only reported does not."""
    held = [goal for group in MEASURED for goal in GROUPS[group] if goal.target]
    goals = [line for line in results.splitlines() if line.endswith(("| yes |", "| **no** |"))]
    assert len(goals) == len(held)


def test_pipeline_and_peer_read_the_same_patients(results: str) -> None:
    """A comparison of speed means something only if both label the same twenty persons."""
    count = _counts(results)
    assert count("ours_duckdb_extract", "persons") == count("peer_duckdb_apply", "persons") == "20"
    assert count("ours_duckdb_extract", "lesions") == count("limit_duckdb_filter", "sizes")
    assert count("ours_duckdb_extract", "doses") == count("limit_duckdb_filter", "doses")
    assert count("ours_duckdb_labels", "labels") == "100"


def test_all_readers_of_an_export_keep_the_same_resources(results: str) -> None:
    """One treated patient has twenty sizes and six doses, whoever reads them and however their codes are written."""
    count = _counts(results)
    for other in ("limit_fhir_two_stages", "limit_fhir_duckdb", "peer_fhir_json"):
        assert count(other, "Observation") == "20"
        assert count(other, "MedicationAdministration") == "6"
    for ours in ("", "_two", "_gzip", "_doubled"):
        assert count(f"ours_fhir_records{ours}", "lesions") == "20"
        assert count(f"ours_fhir_records{ours}", "doses") == "6"


def test_results_name_no_path_of_this_machine(results: str) -> None:
    """The committed table tells the class of the machine and nothing about whose it is."""
    assert str(ROOT) not in results
    assert str(Path.home()) not in results


def _counts(results: str) -> Callable[[str, str], str]:
    lines = {line.split("|")[1].strip(): line.split("|")[6] for line in results.splitlines() if line.count("|") == 7}

    def count(method: str, name: str) -> str:
        found = dict(part.rsplit(" ", 1) for part in lines[method].strip().split(", "))
        return found[name]

    return count
