"""Persons, their deaths, and the period in which they were seen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from hpd_etl.schema import DATE_OF, FOLLOWUP, PERSONS
from hpd_etl.sources.fhir_dates import Day, day_of
from hpd_etl.sources.fhir_events import Statuses, is_realised, spans
from hpd_etl.sources.fhir_frames import dates_of, precisions_of, texts
from hpd_etl.sources.fhir_shapes import Encounter, Patient

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date

    from hpd_etl.sources.fhir_reading import Reading

_T = TypeVar("_T")


def persons(reading: Reading, treated: frozenset[str], incomplete: Collection[str], today: date) -> pd.DataFrame:
    """Every treated person; of merged Patients the one that stands is asked first.

    A death without a date is on no day: `deceasedBoolean` tells nothing that a label could use.
    """
    ids = sorted(treated)
    _count_patients(reading, treated)
    births = [_told(reading, person, "birth_date_invalid", _birth) for person in ids]
    deaths = [_told(reading, person, "date_impossible", lambda patient: _death(patient, today)) for person in ids]
    fragments = _refuse_incomplete(reading, incomplete)
    return PERSONS.frame(pd.DataFrame({
        "person_id": texts(ids),
        "birth_date": dates_of([day if day and day.precision is None else None for day in births]),
        "born_from": dates_of([Day(day.first.replace(month=1, day=1), None) if day else None for day in births]),
        "sex": texts([_sex(reading.subjects.patients(person)) for person in ids]),
        "death_date": dates_of(deaths), "death_precision": precisions_of(deaths),
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
    ledger.count(kind, kept=-others - len(unclear), ignored=others)
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


# --- follow-up --------------------------------------------------------------------------------


def followup(reading: Reading, people: pd.DataFrame, tables: Mapping[str, pd.DataFrame], today: date) -> pd.DataFrame:
    """One period a person: from the first to the last day of an Encounter or of anything in Records (D4a).

    Only days that are known to the day, have come and lie within the person's life.
    """
    seen = pd.concat([_contacts(reading, today), *_days(tables)], ignore_index=True)
    seen = seen[seen["day"].notna() & (seen["day"] <= pd.Timestamp(today))]
    seen = seen.merge(_lives(people), on="person_id")
    seen = seen[~(seen["day"] < seen["born"]) & ~(seen["day"] > seen["dead"])]
    if not len(seen):
        return FOLLOWUP.frame()
    seen = seen.sort_values(["person_id", "day", "source_id"], ignore_index=True)
    first = seen.drop_duplicates("person_id", ignore_index=True)
    last_day = seen.groupby("person_id")["day"].transform("max")
    last = seen[seen["day"] == last_day].drop_duplicates("person_id", ignore_index=True)
    sources = [";".join(sorted({one, other})) for one, other in zip(first["source_id"], last["source_id"], strict=True)]
    return FOLLOWUP.frame(pd.DataFrame({
        "person_id": first["person_id"], "start_date": first["day"], "end_date": last["day"],
        "source_id": texts(sources)}))


def _contacts(reading: Reading, today: date) -> pd.DataFrame:
    """The days of the Encounters that took place."""
    statuses = Statuses(reading.source.mapping.event_statuses)
    rows: list[tuple[str | None, str, Day]] = []
    ignored: Counter[str] = Counter()
    for encounter in reading.resources.of(Encounter):
        person, status = reading.subjects.person(encounter.subject), statuses.of(encounter)
        if status is not None and not is_realised(encounter, status):
            ignored[encounter.type_name] += 1
            continue
        reason, days = _days_of(encounter, status, today)
        if not days:
            reading.ledger.count(encounter.type_name, kept=-1)
            reading.ledger.refuse_found(FOLLOWUP.name, encounter.type_name, [(encounter.source_id, person)], reason)
        rows += [(person, encounter.source_id, day) for day in days]
    for kind, number in ignored.items():
        reading.ledger.count(kind, kept=-number, ignored=number)
    exact = [day if day.precision is None else None for _, _, day in rows]
    return pd.DataFrame({"person_id": texts([row[0] for row in rows]), "source_id": texts([row[1] for row in rows]),
                         "day": dates_of(exact)})


def _days_of(encounter: Encounter, status: str | None, today: date) -> tuple[str, list[Day]]:
    """The days on which it began and ended, or why they cannot be read."""
    if status is None:
        return "status_unknown", []
    try:
        return "no_date", [day for span in spans(encounter, status, today) for day in (span.start, span.end) if day]
    except ValueError:
        return "date_impossible", []


def _days(tables: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """The days of the rows of Records."""
    for name, frame in tables.items():
        ends = [("end_date", "end_precision")] if "end_date" in frame else []
        for column, precision in [(DATE_OF[name], "date_precision"), *ends]:
            exact = frame[column].where(frame[precision].isna())
            yield pd.DataFrame({"person_id": frame["person_id"], "source_id": frame["source_id"], "day": exact})


def _lives(people: pd.DataFrame) -> pd.DataFrame:
    """From the first possible day of a life to the last: a death known to the month may be on its last day."""
    dead, precision = people["death_date"], people["death_precision"]
    dead = dead.mask(precision == "month", dead + pd.offsets.MonthEnd()).mask(
        precision == "year", dead + pd.offsets.YearEnd())
    return pd.DataFrame({"person_id": people["person_id"], "born": people["born_from"], "dead": dead})
