"""Persons, and their deaths."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from hpd_etl.schema import PERSONS
from hpd_etl.sources.fhir.decode.shapes import Patient
from hpd_etl.sources.fhir.records.dates import Day, day_of
from hpd_etl.sources.fhir.records.deaths import causes_of_death
from hpd_etl.sources.fhir.records.frames import dates_of, precisions_of, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date

    from hpd_etl.sources.fhir.records.reading import Reading

_T = TypeVar("_T")


def persons(reading: Reading, treated: frozenset[str], incomplete: Collection[str], today: date) -> pd.DataFrame:
    """Every treated person; of merged Patients the one that stands is asked first.

    A death without a date is on no day: `deceasedBoolean` tells nothing that a label could use.
    """
    ids = sorted(treated)
    _count_patients(reading, treated)
    births = [_told(reading, person, "birth_date_invalid", _birth) for person in ids]
    deaths = [_told(reading, person, "date_impossible", lambda patient: _death(patient, today)) for person in ids]
    fragments, causes = _refuse_incomplete(reading, incomplete), causes_of_death(reading)
    return PERSONS.frame(pd.DataFrame({
        "person_id": texts(ids),
        "birth_date": dates_of([day if day and day.precision is None else None for day in births]),
        "born_from": dates_of([Day(day.first.replace(month=1, day=1), None) if day else None for day in births]),
        "sex": texts([_sex(reading.subjects.patients(person)) for person in ids]),
        "death_date": dates_of(deaths), "death_precision": precisions_of(deaths),
        "death_cause": texts(list(map(causes.get, ids))),
        "is_complete": pd.array([False if person in fragments else None for person in ids], dtype="boolean")}))


def _birth(patient: Patient) -> Day | None:
    return day_of(patient.birth_date)


def _death(patient: Patient, today: date) -> Day | None:
    found = day_of(patient.deceased_date_time)
    if found and found.first > today:
        raise ValueError("a death in the future")
    return found


def _told(reading: Reading, person: str, reason: str, ask: Callable[[Patient], _T | None]) -> _T | None:
    """The first answer of a person's Patients; one that makes no sense is refused."""
    for patient in reading.subjects.patients(person):
        try:
            answer = ask(patient)
        except ValueError:
            reading.ledger.refuse_found(PERSONS.name, patient.type_name, [(patient.source_id, person)], reason,
                                        also_kept=True)
            continue
        if answer is not None:
            return answer
    return None


def _sex(patients: Sequence[Patient]) -> str | None:
    return next((each.gender for each in patients if each.gender in PERSONS["sex"].values), None)


def _count_patients(reading: Reading, treated: frozenset[str]) -> None:
    """Whoever was never treated is ignored; whose links lead nowhere or in a circle is refused."""
    subjects, ledger, kind = reading.subjects, reading.ledger, Patient.type_name
    unclear = subjects.unclear()
    others = sum(subjects.survivor(each) not in treated for each in reading.resources.of(Patient)) - len(unclear)
    ledger.count(kind, kept=-others - len(unclear), ignored={"not_treated": others})
    ledger.refuse_found(PERSONS.name, kind, [(each.source_id, None) for each in unclear], "link_unclear")
    lost = [(each.source_id, person) for each in subjects.nowhere if (person := subjects.survivor(each)) in treated]
    ledger.refuse_found(PERSONS.name, kind, lost, "reference_unresolved", also_kept=True)


def _refuse_incomplete(reading: Reading, incomplete: Collection[str]) -> set[str]:
    """The persons of whom something could not be fetched, each refused once, treated as far as is known or not."""
    wanted = frozenset(incomplete)
    patients = [each for each in reading.resources.of(Patient) if each.id in wanted]
    found = {reading.subjects.survivor(each): each.source_id for each in patients}
    reading.ledger.refuse_found(PERSONS.name, Patient.type_name,
                                [(source, person) for person, source in sorted(found.items())],
                                "extraction_incomplete", also_kept=True)
    return set(found)
