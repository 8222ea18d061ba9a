"""The five atezolizumab trials as FHIR resources: what `laleh` loads as a CDM, as a FHIR server would hold it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hpd_etl.demo.resources import LOCAL, LOINC, RXNORM, UCUM
from hpd_etl.demo.vocabulary import RXNORM as CODES
from tests.real.laleh import FIRST_DOSE, Reading, readings

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]


def resources(turns: int) -> Iterator[Json]:
    """A patient, two contacts, a dose and a target lesion for one person in so many, and an Observation a row."""
    rows = readings()
    chosen = set(list(dict.fromkeys(reading.person for reading in rows))[::turns])
    for person in chosen:
        yield from _treated(person)
    for number, reading in enumerate(rows, start=1):
        if reading.person in chosen:
            yield _size(number, reading)


def _treated(person: int) -> Iterator[Json]:
    subject = _subject(person)
    yield {"resourceType": "Patient", "id": str(person), "birthDate": "1950"}
    for day in (-400, 1000):
        on = str(FIRST_DOSE + timedelta(days=day))
        yield {"resourceType": "Encounter", "id": f"{person}.{day}", "status": "finished", "class": {"code": "AMB"},
               "subject": subject, "period": {"start": on, "end": on}}
    yield {"resourceType": "MedicationAdministration", "id": str(person), "status": "completed", "subject": subject,
           "medicationCodeableConcept": _concept(RXNORM, CODES["atezolizumab"]), "effectiveDateTime": str(FIRST_DOSE)}
    yield {"resourceType": "BodyStructure", "id": str(person), "patient": subject,
           "identifier": [{"system": LOCAL, "value": f"target {person}"}]}


def _size(number: int, reading: Reading) -> Json:
    made: Json = {"resourceType": "Observation", "id": f"size-{number}", "status": "final",
                  "subject": _subject(reading.person), "code": _concept(LOINC, "33728-7"),
                  "focus": [{"reference": f"BodyStructure/{reading.person}"}]}
    made["code"]["coding"].append({"system": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl", "code": "C94520"})
    if reading.day is not None:
        made["effectiveDateTime"] = str(FIRST_DOSE + timedelta(days=reading.day))
    return made | _value(reading.size)


def _value(size: str) -> Json:
    if size.replace(".", "", 1).isdecimal():
        return {"valueQuantity": {"value": float(size), "unit": "mm", "system": UCUM, "code": "mm"}}
    if size == "NOT EVALUABLE":
        return {"dataAbsentReason": {"text": size}}
    return {"valueString": size} if size else {}


def _subject(person: int) -> Json:
    return {"reference": f"Patient/{person}"}


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}
