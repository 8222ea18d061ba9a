"""A hospital that is full of what must never leave it: names, numbers, dates and sizes that are found nowhere else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from hpd_etl.demo import ndjson
from hpd_etl.demo.resources import resources
from tests.quality import dirt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SHIFT = 918_273_640_000
"""Added to every identifier, so that none can be taken for a count."""
NAME = "Zaphod"
"""Stands in every text that somebody typed."""
BORN = date(1931, 7, 19)
_IDS = re.compile(r"(person|measurement|drug_exposure|image_occurrence|image_feature|observation_period|condition_"
                  r"occurrence|procedure_occurrence)_id|image_feature_event_id|image_finding_id")
_TYPED = {
    "person": {"person_source_value": "{name} {n}", "gender_source_value": "{name}"},
    "condition_occurrence": {"condition_source_value": "{name} {n} coughs"},
    "procedure_occurrence": {"procedure_source_value": "{name} {n}"},
}
_WORDS = {"see dictation": "ask {name} {n}", "moved away": "{name} left {n}", "tumour": "{name} fell {n}",
          "kg": "{name}s", "MSI-H": "{name} {n}", "Stable": "{name} {n}"}


@dataclass
class Secrets:
    """What must not be found: patterns of names and identifiers, days and numbers."""

    days: set[str] = field(default_factory=set)
    numbers: set[float] = field(default_factory=set)

    def told(self, text: str) -> set[str]:
        """What of it stands in a text."""
        found = set(re.findall(rf"(?i){NAME}\w*|\d*{SHIFT // 10000}\d*|zaphod", text))
        found |= set(re.findall(r"\d{4}-\d{2}-\d{2}", text)) & self.days
        written = re.findall(r"\d+\.\d{3,}", text)
        return found | {number for number in written if round(float(number), 5) in self.numbers}


def seeded() -> tuple[dirt.Dirty, Secrets]:
    """The dirty hospital with secrets in every place that holds one, and those secrets."""
    given, secrets = dirt.dirty(persons=60, each=1), Secrets()
    _of_many(given.rows)
    _unit_of_many(given.told)
    for number, row in enumerate(given.rows["measurement"]):
        _unlike_others(row, number, secrets)
    for number, row in enumerate(given.told["measurement"]):
        _unlike_others(row, number, secrets)
    for rows in (given.rows, given.told):
        for table, own in rows.items():
            for number, row in enumerate(own):
                _marked(table, row, number)
                secrets.days |= {str(cell)[:10] for cell in row.values() if isinstance(cell, date)}
    secrets.days.add(BORN.isoformat())
    return given, secrets


def _unit_of_many(rows: Mapping[str, list[Any]]) -> None:
    """The same name as the unit of many patients."""
    for row in rows["measurement"][::40]:
        row.update(unit_concept_id=0, unit_source_value=NAME.upper())


def _of_many(rows: Mapping[str, list[Any]]) -> None:
    """The same name where many patients have it: as a unit, and as a code that no mapping knows."""
    _unit_of_many(rows)
    for row in rows["measurement"][5::40]:
        row.update(measurement_concept_id=0, measurement_source_concept_id=0, measurement_source_value=NAME)
    for row in rows["drug_exposure"][::15]:
        row.update(drug_concept_id=0, drug_source_concept_id=0, drug_source_value=f"{NAME} {BORN}")


def _unlike_others(row: dict[str, Any], number: int, secrets: Secrets) -> None:
    """A size that nobody else has, to the fifth digit."""
    value = row.get("value_as_number")
    if isinstance(value, float) and row.get("unit_source_value") in ("mm", "cm"):
        row["value_as_number"] = made = round(value + 0.00137 + number * 1e-5, 5)
        secrets.numbers |= {made, round(made * 10, 5)}


def _marked(table: str, row: dict[str, Any], number: int) -> None:
    for column, cell in row.items():
        if _IDS.fullmatch(column) and isinstance(cell, int):
            row[column] = cell + SHIFT
        elif isinstance(cell, str) and cell in _WORDS and column != "unit_concept_id":
            row[column] = _WORDS[cell].format(name=NAME, n=number)[:20]
    row.update({column: text.format(name=NAME, n=number) for column, text in _TYPED.get(table, {}).items()})
    if table == "person" and row["birth_datetime"] is not None:
        row.update(year_of_birth=BORN.year, month_of_birth=BORN.month, day_of_birth=BORN.day,
                   birth_datetime=datetime(BORN.year, BORN.month, BORN.day))
    if table == "image_occurrence":
        row["image_study_uid"] = f"2.25.{SHIFT + number}"


def written_resources(given: dirt.Dirty, folder: Path) -> None:
    """The resources of this hospital, with what a real one has beside; and lines that are none."""
    ndjson.write(_signed(resources(given.told)), folder)
    broken = {"resourceType": "Observation", "id": f"o{SHIFT}", "subject": {"reference": f"Patient/p{SHIFT + 1}"},
              "status": [NAME], "effectiveDateTime": 5}
    (folder / "Observation.001.ndjson").write_text(json.dumps(broken) + "\n", "utf-8")


def _signed(found: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, each in enumerate(found):
        each["text"] = {"status": "generated", "div": f"<div>{NAME} {number}</div>"}
        if each["resourceType"] == "Patient":
            each |= {"name": [{"family": NAME, "given": [f"{NAME} {number}"]}],
                     "identifier": [{"system": "urn:mrn", "value": f"{SHIFT + number}"}],
                     "telecom": [{"value": f"{NAME}@example.org"}]}
        if each["resourceType"] == "Observation":
            each |= {"note": [{"text": f"{NAME} {number}"}], "performer": [{"display": f"{NAME} {number}"}]}
        yield each
