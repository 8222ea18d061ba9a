"""One patient's rows as plain lists of dataclasses, and the way to and from `Records`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpd_etl import schema

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Period:
    start_date: date | None = None
    end_date: date | None = None
    source_id: str | None = None


@dataclass(frozen=True)
class Dose:
    agent: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    is_open: bool | None = None
    stop_reason: str | None = None
    kind: str | None = "administration"
    source_id: str | None = None
    date_precision: str | None = None
    end_precision: str | None = None


@dataclass(frozen=True)
class Therapy:
    kind: str | None = None
    agent: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    organ: str | None = None
    source_id: str | None = None
    date_precision: str | None = None
    end_precision: str | None = None


@dataclass(frozen=True)
class Scan:
    scan_date: date | None = None
    modality: str | None = None
    source_id: str | None = None
    date_precision: str | None = None


@dataclass(frozen=True)
class Lesion:
    """One source row of a lesion."""

    lesion_id: str | None = None
    scan_date: date | None = None
    role: str | None = None
    status: str | None = None
    diameter_mm: float | None = None
    organ: str | None = None
    is_node: bool | None = None
    perpendicular_mm: float | None = None
    volume_mm3: float | None = None
    part_of: str | None = None
    modality: str | None = None
    source_id: str | None = None
    date_precision: str | None = None


@dataclass(frozen=True)
class TumourSum:
    scan_date: date | None = None
    kind: str | None = "SLD"
    value: float | None = None
    source_id: str | None = None
    date_precision: str | None = None


@dataclass(frozen=True)
class Response:
    assessed_on: date | None = None
    framework: str | None = "RECIST1.1"
    scope: str | None = "overall"
    response: str | None = None
    source_id: str | None = None
    date_precision: str | None = None


@dataclass(frozen=True)
class Finding:
    finding: str | None = None
    assessed_on: date | None = None
    value_number: float | None = None
    value_code: str | None = None
    source_id: str | None = None
    date_precision: str | None = None


@dataclass(frozen=True)
class Patient:
    """All that was read of one person."""

    person_id: str
    birth_date: date | None = None
    death_date: date | None = None
    followup: list[Period] = field(default_factory=list)
    doses: list[Dose] = field(default_factory=list)
    therapies: list[Therapy] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    lesions: list[Lesion] = field(default_factory=list)
    tumour_sums: list[TumourSum] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    death_cause: str | None = None
    death_precision: str | None = None
    is_complete: bool | None = None


ROWS: dict[str, type[Any]] = {
    "followup": Period, "doses": Dose, "therapies": Therapy, "scans": Scan,
    "lesions": Lesion, "tumour_sums": TumourSum, "responses": Response, "findings": Finding,
}


def patients_of(records: schema.Records) -> list[Patient]:
    """One `Patient` a row of `records.persons`; every other table is searched for that person's rows."""
    rows: dict[str, dict[str, list[Any]]] = {name: {} for name in ROWS}
    for name, kind in ROWS.items():
        wanted = [entry.name for entry in fields(kind)]
        for row in getattr(records, name).to_dict("records"):
            made = kind(**{column: _plain(row[column]) for column in wanted})
            rows[name].setdefault(str(row["person_id"]), []).append(made)
    made_patients = []
    for row in records.persons.to_dict("records"):
        person = str(row["person_id"])
        made_patients.append(Patient(person, _plain(row["birth_date"]), _plain(row["death_date"]),
                                     **{name: rows[name].get(person, []) for name in ROWS},
                                     death_cause=_plain(row["death_cause"]),
                                     death_precision=_plain(row["death_precision"]),
                                     is_complete=_plain(row["is_complete"])))
    return made_patients


def records_of(patients: Iterable[Patient]) -> schema.Records:
    """The `Records` frames that hold these patients; a row without a source gets one of its own."""
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in ("persons", *ROWS)}
    for patient in patients:
        made["persons"].append({"person_id": patient.person_id, "birth_date": patient.birth_date,
                                "death_date": patient.death_date, "death_precision": patient.death_precision,
                                "death_cause": patient.death_cause,
                                "is_complete": patient.is_complete})
        for name in ROWS:
            for number, row in enumerate(getattr(patient, name)):
                plain = asdict(row)
                plain["source_id"] = row.source_id or f"{name}:{patient.person_id}-{number:03d}"
                made[name].append({"person_id": patient.person_id, **plain})
    tables = {table.name: table for table in schema.Records.tables()}
    return schema.Records.of({name: _frame(tables[name], rows) for name, rows in made.items()})


def with_sources(patient: Patient) -> Patient:
    """The patient as it comes back from `Records`: every row has its source."""
    changed = {
        name: [replace(row, source_id=row.source_id or f"{name}:{patient.person_id}-{number:03d}")
               for number, row in enumerate(getattr(patient, name))]
        for name in ROWS
    }
    return replace(patient, **changed)


def _frame(table: schema.Table, rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns = {name: [row.get(name) for row in rows] for name in table.names}
    return table.frame(pd.DataFrame(
        {name: pd.Series([pd.NA if value is None else value for value in values], dtype=object).astype(
            table[name].dtype) for name, values in columns.items()}))


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool):
        return value
    return value
