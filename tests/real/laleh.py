"""Five atezolizumab trials (Ghaffari Laleh 2022, S1 data) as an OMOP CDM, and a hand count of the file.

One target lesion a person, its longest diameter by study day; day 0 is the first dose. All persons are
loaded as treated with atezolizumab, the control arms as well: this tests the plumbing, not the drug.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from hpd_etl.database import connect
from hpd_etl.demo import vocabulary as codes
from hpd_etl.demo.cdm import TABLES, ddl, schema

if TYPE_CHECKING:
    from hpd_etl.config import Access

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "laleh2022_all_studies.csv"
FIRST_DOSE = date(2015, 6, 1)
Cell = int | float | str | date | None


@dataclass(frozen=True)
class Reading:
    """A row of the file as text; `person` is the study's number added to the 64-bit identifier.

    The identifiers are multiples of 512 that recur across studies, so a person who went through a
    float, or lost their study, would become another one.
    """

    person: int
    day: int | None
    size: str


def readings() -> list[Reading]:
    """All rows in the order of the file; the calling test is skipped where the file is absent."""
    if not FILE.is_file():
        pytest.skip("the real data (shared/data/laleh2022_all_studies.csv beside the project) are not here")
    with FILE.open(encoding="utf-8-sig", newline="") as lines:
        return [Reading(int(row["Patient_Anonmyized"]) + int(row["Study"].removeprefix("Study")),
                        int(row["Treatment_Day"]) if row["Treatment_Day"] else None, row["TargetLesionLongDiam_mm"])
                for row in csv.DictReader(lines)]


def load(access: Access, cdm: str | None = None) -> int:
    """Write the trials as a CDM into an empty database or schema; returns the number of persons."""
    rows = readings()
    persons = list(dict.fromkeys(reading.person for reading in rows))
    made: dict[str, list[dict[str, Cell]]] = {name: [] for name in TABLES}
    for number, person in enumerate(persons, start=1):
        _treated(made, number, person)
    lesions = {person: number for number, person in enumerate(persons, start=1)}
    for number, reading in enumerate(rows, start=1):
        _measured(made, number, reading, lesions[reading.person])
    made["cdm_source"] = [{
        "cdm_source_name": "Five trials", "cdm_source_abbreviation": "LALEH", "cdm_holder": "test",
        "source_release_date": date(2022, 2, 1), "cdm_release_date": date(2022, 2, 1), "cdm_version": "v5.4",
        "vocabulary_version": "none"}]
    names = schema("concept").names
    made["concept"] = [dict(zip(names, row, strict=True)) for row in codes.concepts()]
    names = schema("concept_ancestor").names
    made["concept_ancestor"] = [dict(zip(names, row, strict=True)) for row in codes.ancestors()]
    with connect(access, {"wards": cdm}, read_only=False) as database, database.transaction():
        for name in TABLES:
            where = f"@wards.{name}"
            # one row of the file has no day: OMOP forbids that, so the constraint goes, not the row
            database.execute(ddl(name, where, database.dialect).replace("_date DATE NOT NULL", "_date DATE"))
            if made[name]:
                database.load(where, pa.Table.from_pylist(made[name], schema(name)))
    return len(persons)


def _treated(made: dict[str, list[dict[str, Cell]]], number: int, person: int) -> None:
    made["person"].append({"person_id": person, "gender_concept_id": 0, "year_of_birth": 1950, "race_concept_id": 0,
                           "ethnicity_concept_id": 0})
    made["observation_period"].append({
        "observation_period_id": number, "person_id": person, "period_type_concept_id": codes.EHR,
        "observation_period_start_date": FIRST_DOSE - timedelta(days=400),
        "observation_period_end_date": FIRST_DOSE + timedelta(days=1000)})
    made["drug_exposure"].append({
        "drug_exposure_id": number, "person_id": person, "drug_concept_id": codes.INGREDIENTS["atezolizumab"],
        "drug_exposure_start_date": FIRST_DOSE, "drug_exposure_end_date": FIRST_DOSE,
        "drug_type_concept_id": codes.ADMINISTRATION, "drug_source_value": "atezolizumab", "drug_source_concept_id": 0})


def _measured(made: dict[str, list[dict[str, Cell]]], number: int, reading: Reading, lesion: int) -> None:
    day = None if reading.day is None else FIRST_DOSE + timedelta(days=reading.day)
    is_number = reading.size.replace(".", "", 1).isdecimal()
    made["measurement"].append({
        "measurement_id": number, "person_id": reading.person, "measurement_concept_id": codes.LONGEST,
        "measurement_date": day, "measurement_type_concept_id": codes.EHR, "measurement_source_value": "TARGET",
        "value_as_number": float(reading.size) if is_number else None, "value_source_value": reading.size,
        "unit_concept_id": codes.MILLIMETRE if is_number else None, "unit_source_value": "mm" if is_number else None})
    made["image_feature"].append({
        "image_feature_id": number, "person_id": reading.person, "image_occurrence_id": 0,
        "image_feature_event_field_concept_id": codes.MEASUREMENT_ID_FIELD, "image_feature_event_id": number,
        "image_finding_id": lesion})


def assessed() -> dict[int, set[int]]:
    """Person -> days on which the target was seen: a size, a zero or too small; not where values disagree."""
    sizes: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for reading in readings():
        by_day = sizes[reading.person]
        if reading.day is not None:
            by_day[reading.day].add(reading.size)
    return {person: {day for day, seen in by_day.items() if _is_assessed(seen)} for person, by_day in sizes.items()}


def _is_assessed(seen: set[str]) -> bool:
    return len(seen) == 1 and not seen & {"", "NOT EVALUABLE"}


@dataclass(frozen=True)
class Funnel:
    """How many persons are left after each step."""

    treated: int
    with_baseline: int
    with_first_evaluation: int
    with_earlier_scan: int
    scanned_but_unread: int
    """Of those without a first evaluation: a scan in its window, with a text or two values instead of a size."""


def funnel() -> Funnel:
    """The hand count: baseline on days -42 to 0, first evaluation on 1 to 120, a scan 14 to 180 before baseline."""
    persons = assessed()
    baseline = {person: max(within) for person, days in persons.items()
                if (within := [day for day in days if -42 <= day <= 0])}
    evaluated = [person for person in baseline if any(1 <= day <= 120 for day in persons[person])]
    scanned = {reading.person for reading in readings() if reading.day is not None and 1 <= reading.day <= 120}
    unread = scanned & (set(baseline) - set(evaluated))
    earlier = [person for person in evaluated if any(14 <= baseline[person] - day <= 180 for day in persons[person])]
    return Funnel(len(persons), len(baseline), len(evaluated), len(earlier), len(unread))
