"""The published worked cases as rows, and small courses taken through the real `align` and `label`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from hpd_etl.config import Study
from hpd_etl.criteria import label, window_sets
from hpd_etl.library import everything
from hpd_etl.schema import Labels, Timeline
from hpd_etl.timeline import align
from tests.spec import notation

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
STUDY = Study(id="published")
DEFINITIONS = everything(None)


@dataclass(frozen=True)
class Row:
    """One published quantity of one case."""

    row_id: int
    case_id: str
    source: str
    quantity: str
    value: str
    tolerance: str
    label: str
    definition: str
    sizes: list[float]
    """In mm: before, at baseline and after; of a response vector baseline, nadir and now."""
    intervals: list[float]
    """In days: before and after baseline."""
    counts: list[list[int]]
    """Of a p-value: persons by category and group."""

    @property
    def number(self) -> float:
        """The value as a number."""
        return float(self.value)

    @property
    def close(self) -> float:
        """How far the engine may be from it: the stated tolerance, else half of the last digit printed."""
        return float(self.tolerance or 0.5 * 10.0 ** -len(self.value.partition(".")[2]))


def _row(row: dict[str, str]) -> Row:
    numbers = {name: [float(each) for each in row.pop(f"{name}_{unit}").split()]
               for name, unit in (("sizes", "mm"), ("intervals", "days"))}
    counts = [[int(each) for each in line.split()] for line in row.pop("counts").split(";") if line]
    return Row(int(row.pop("row_id")), **row, **numbers, counts=counts)


def _read(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="") as file:
        return list(csv.DictReader(file))


ROWS = [_row(row) for row in _read("worked_cases.csv")]
NOT_APPLIED = {row["reason"]: row["row_ids"] for row in _read("not_applied.csv")}
"""Why rows are not applied, and which: numbers and spans of numbers."""


def of_case(case_id: str) -> dict[str, Row]:
    """The rows of one case by quantity."""
    return {row.quantity: row for row in ROWS if row.case_id == case_id}


def courses(patients: list[dict[str, str]]) -> tuple[Timeline, Labels]:
    """Patients in the notation of the specification, aligned and labelled under all definitions."""
    shipped = list(DEFINITIONS.values())
    patients = [{"followup": "-400..400", "doses": "0, 21, 42", **patient} for patient in patients]
    timeline = align(notation.records(patients), STUDY, window_sets(shipped, STUDY))
    return timeline, label(timeline, shipped, STUDY)


def verdicts(labels: Labels) -> dict[tuple[str, str], dict[str, object]]:
    """The rows of `labels` by person and definition."""
    return {(row["person_id"], row["definition_id"]): row for row in pa.Table.from_pandas(labels.labels).to_pylist()}


def metrics(labels: Labels, definition: str) -> dict[str, dict[str, object]]:
    """The rows of `metrics` that a definition looks at, by person."""
    measure_set = DEFINITIONS[definition].measure_set
    return {row["person_id"]: row for row in pa.Table.from_pandas(labels.metrics).to_pylist()
            if row["measure_set"] == measure_set}


def at_days(days: Iterable[int], sizes: Iterable[float]) -> dict[str, str]:
    """Burdens by day in the notation: one target, or halves where it would be larger than any lesion can be."""
    sizes = list(sizes)
    if max(sizes) > 500:
        cells = [f"liver1 {size / 2}, liver2 {size / 2}" for size in sizes]
    else:
        cells = [f"{size}" for size in sizes]
    return dict(zip(map(str, days), cells, strict=True))
