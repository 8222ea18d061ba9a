"""B12: a patient with partial dates is as many patients as there are days for them; each world is one of these.

What is written alike of one examination is one day; doses, their ends, therapies and their ends are each for
themselves. A world that contradicts the rest of the record more than another does not count.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

from tests.reference.admission import admitted
from tests.reference.patient import Patient

EXAMINATIONS = {"scans": "scan_date", "lesions": "scan_date", "tumour_sums": "scan_date", "responses": "assessed_on"}
CONTRADICTIONS = ("end_before_start", "before_birth", "after_death")
Unknown = tuple[str, date, str]
"""What is dated, the first possible day, month or year."""


def worlds(patient: Patient) -> list[Patient]:
    """The patient with every possible day in place of the partial dates; the patient alone where there are none."""
    unknown = sorted(unknown_days(patient))
    if not unknown:
        return [patient]
    every = [_on_days(patient, dict(zip(unknown, days, strict=True)))
             for days in product(*(possible_days(each) for each in unknown))]
    contradictions = [sum(refusal.reason in CONTRADICTIONS for refusal in admitted(world)[1]) for world in every]
    return [world for world, found in zip(every, contradictions, strict=True) if found == min(contradictions)]


def unknown_days(patient: Patient) -> set[Unknown]:
    """The distinct partial dates of this patient."""
    found: set[Unknown] = set()
    if patient.death_date and patient.death_precision:
        found.add(("death", patient.death_date, patient.death_precision))
    for table in (*EXAMINATIONS, "doses", "therapies"):
        for row in getattr(patient, table):
            found |= {unknown for _, unknown in _of_row(table, row)}
    return found


def possible_days(unknown: Unknown) -> list[date]:
    """Every day of the month or year, from the first possible one on."""
    _, first, precision = unknown
    last = date(first.year, 12, 31) if precision == "year" else first.replace(
        day=monthrange(first.year, first.month)[1])
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _of_row(table: str, row: Any) -> list[tuple[str, Unknown]]:
    """The columns of a row that hold a partial date, and which it is."""
    if table in EXAMINATIONS:
        columns = [(EXAMINATIONS[table], "date_precision", "examination")]
    else:
        columns = [("start_date", "date_precision", table), ("end_date", "end_precision", f"end of {table}")]
    return [(column, (what, getattr(row, column), getattr(row, precision))) for column, precision, what in columns
            if getattr(row, column) and getattr(row, precision)]


def _on_days(patient: Patient, days: dict[Unknown, date]) -> Patient:
    made: dict[str, list[Any]] = {}
    for table in (*EXAMINATIONS, "doses", "therapies"):
        made[table] = [replace(row, **{column: days[unknown] for column, unknown in _of_row(table, row)})
                       for row in getattr(patient, table)]
    death = days.get(("death", patient.death_date, patient.death_precision), patient.death_date)
    return replace(patient, death_date=death, **made)
