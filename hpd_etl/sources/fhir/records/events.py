"""Whether what a resource tells has happened, and when."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from hpd_etl.errors import ConfigurationError
from hpd_etl.sources.fhir.decode.shapes import (
    DiagnosticReport,
    Encounter,
    ImagingStudy,
    Medicated,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Period,
    Procedure,
)
from hpd_etl.sources.fhir.records.dates import Day, day_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_STATUSES = {kind: frozenset(listed.split()) for kind, listed in {
    "MedicationAdministration": "in-progress not-done on-hold completed entered-in-error stopped unknown",
    "MedicationStatement": "active completed entered-in-error intended stopped on-hold unknown not-taken",
    "MedicationDispense":
        "preparation in-progress cancelled on-hold completed entered-in-error stopped declined unknown",
    "MedicationRequest": "active on-hold cancelled completed entered-in-error stopped draft unknown",
    "Procedure": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
    "Encounter": "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown",
    "Observation": "registered preliminary final amended corrected cancelled entered-in-error unknown",
    "ImagingStudy": "registered available cancelled entered-in-error unknown",
    "DiagnosticReport":
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown",
}.items()}
"""The codes R4 gives to the status of an event."""

_REALISED = {kind: frozenset(listed.split()) for kind, listed in {
    "MedicationAdministration": "completed in-progress stopped",
    "MedicationStatement": "active completed stopped on-hold",
    "MedicationDispense": "completed",
    "MedicationRequest": "active completed",
    "Procedure": "completed in-progress",
    "Encounter": "arrived triaged in-progress onleave finished",
    "Observation": "final amended corrected",
    "ImagingStudy": "registered available",
    "DiagnosticReport": "final amended corrected appended",
}.items()}
"""The codes that say that the event has taken place, or has begun to; of what is told, that it may be relied on."""

_ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
_INSTANCE = _ORDERS[-1:]

Event = (MedicationAdministration | MedicationStatement | MedicationDispense | MedicationRequest | Procedure | Encounter
         | Observation | ImagingStudy | DiagnosticReport)


class Statuses:
    """Reads the status of events; the site says what a status stands for that is no code of R4."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self._known = {(kind, status): status for kind, listed in _STATUSES.items() for status in listed}
        for key, status in own.items():
            kind, _, written = key.partition("|")
            if (kind, status) not in self._known:
                raise ConfigurationError(f"mapping.event_statuses: {key!r} = {status!r} is no status R4 knows",
                                         remedy="write Type|status = one of the R4 statuses of that type")
            self._known[kind, written] = status

    def of(self, event: Event | Medicated) -> str | None:
        """The R4 status; None where it is none and the site does not say what it stands for."""
        return self._known.get((event.type_name, event.status or ""))


def is_realised(event: Event | Medicated, status: str, *, read_orders: bool = False) -> bool:
    """Whether the event has taken place; a request only where one administration is ordered, or orders are read."""
    if isinstance(event, MedicationRequest) and (
            event.do_not_perform or event.intent not in (_ORDERS if read_orders else _INSTANCE)):
        return False
    return status in _REALISED[event.type_name]


class Span(NamedTuple):
    """From when to when; `end` None where it is not known or the event goes on."""

    start: Day
    end: Day | None
    is_open: bool = False


def day(text: str | None) -> Day | None:
    """`day_of`, remembered: many resources share a day, whatever the time of day."""
    return _day(text[:10] if text and text[10:11] == "T" else text)


_day = lru_cache(maxsize=1 << 15)(day_of)


def spans(event: Event | Medicated, status: str, today: date) -> tuple[Span, ...]:
    """When the event took place: once, or at each time that a request names; empty where no date stands.

    Raises ValueError where the text of a date is none.
    """
    match event:
        case MedicationAdministration():
            return _point(event.effective_date_time) or _period(event.effective_period)
        case MedicationStatement():
            found = _point(event.effective_date_time) or _period(event.effective_period)
            return _stated(found, event.effective_period, today) if status == "active" else found
        case MedicationDispense():
            return _point(event.when_handed_over or event.when_prepared)
        case MedicationRequest():
            times = [time for dosage in event.dosage_instruction if dosage.timing for time in dosage.timing.event]
            return tuple(span for time in times for span in _point(time)) or _point(event.authored_on)
        case Procedure():
            return _point(event.performed_date_time) or _period(event.performed_period)
        case Encounter():
            return _period(event.period)
    return ()


def _point(text: str | None) -> tuple[Span, ...]:
    """One day; known only to the month, it is no two days that may lie apart."""
    found = day(text)
    return _one_day(found) if found else ()


@lru_cache(maxsize=1 << 15)
def _one_day(found: Day) -> tuple[Span, ...]:
    return (Span(found, None if found.precision else found),)


def _period(period: Period | None) -> tuple[Span, ...]:
    start = day(period.start) if period else None
    end = day(period.end) if period else None
    return (Span(start, end),) if start else ()


def _stated(found: tuple[Span, ...], period: Period | None, today: date) -> tuple[Span, ...]:
    """An active statement goes on unless its end has been reached (D4a)."""
    return tuple(span if period and span.end and span.end.first <= today else Span(span.start, None, is_open=True)
                 for span in found)
