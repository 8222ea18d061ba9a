"""Doses of index drugs and other systemic therapies, from the four resources that tell of drugs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pandas as pd

from hpd_etl import codes
from hpd_etl.grouping import category
from hpd_etl.schema import DOSES, THERAPIES
from hpd_etl.sources.agents import stop_reasons
from hpd_etl.sources.columns import booleans
from hpd_etl.sources.fhir_events import Span, Statuses, is_realised, spans
from hpd_etl.sources.fhir_frames import dates_of, precisions_of, texts
from hpd_etl.sources.fhir_medications import DrugCodes, Meaning, Medications
from hpd_etl.sources.fhir_shapes import (
    CodeableConcept,
    Medicated,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir_codes import Tokens
    from hpd_etl.sources.fhir_reading import Reading
    from hpd_etl.sources.fhir_resources import Selection

_KINDS: tuple[tuple[type[Medicated], str], ...] = (
    (MedicationAdministration, "administration"), (MedicationDispense, "dispense"),
    (MedicationStatement, "statement"), (MedicationRequest, "request"))
_KIND_CODES = {shape: DOSES["kind"].values.index(kind) for shape, kind in _KINDS}
_STOP_CODES: dict[str | None, int] = {None: -1} | {
    reason: code for code, reason in enumerate(DOSES["stop_reason"].values)}
_STOPPED = ("stopped", "completed")
"""Statuses whose reason says why a treatment ended; that of the others says why it paused."""


def selection(study: Study, source: FhirReading, tokens: Tokens) -> Selection:
    """Everything that may tell of an anticancer drug."""
    return DrugCodes(study, source, tokens).selection()


def uncoded(study: Study) -> list[str]:
    """The drugs of comparators for which the study names no code that resources could bear."""
    return sorted(agent for comparator in study.comparators for agent, own in comparator.agents.items()
                  if not (own.rxnorm or own.atc or own.hcpcs))


class Exposure(msgspec.Struct, frozen=True, gc=False):
    """What a resource tells of an anticancer drug, or why it cannot be read."""

    resource: Medicated
    person: str | None
    table: str
    problem: str | None
    agents: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    stop: str | None = None


@dataclass(frozen=True)
class Exposures:
    """All that was told of drugs; whom it makes a treated person."""

    found: Sequence[Exposure]
    unknown_stops: Sequence[Exposure]
    """Exposures that were stopped for a reason nobody knows."""
    no_drug: Counter[str]
    """Resources that tell of no anticancer drug, by type."""

    def treated(self) -> frozenset[str]:
        """Everyone with at least one dose of an index drug that was given."""
        return frozenset(each.person for each in self.found
                         if each.person and each.table == DOSES.name and each.problem is None)


def read_exposures(reading: Reading, today: date) -> Exposures:
    """What every resource about a drug tells; `today` is the last day on which something can have happened."""
    reader = _Reader(reading, today)
    found: list[Exposure] = []
    no_drug: Counter[str] = Counter()
    for shape, _ in _KINDS:
        for resource in reading.resources.of(shape):
            exposure = reader.exposure(resource)
            if exposure is None:
                no_drug[resource.type_name] += 1
            else:
                found.append(exposure)
    return Exposures(found, reader.unknown_stops, no_drug)


class _Reader:
    def __init__(self, reading: Reading, today: date) -> None:
        self._person = reading.subjects.person
        self._orders = reading.source.read_orders
        self._medications = Medications(reading.resources, DrugCodes(reading.study, reading.source, reading.tokens))
        self._statuses = Statuses(reading.source.mapping.event_statuses)
        self._stop = Stops(reading)
        self._today = today
        self.unknown_stops: list[Exposure] = []

    def exposure(self, resource: Medicated) -> Exposure | None:
        """What a resource tells of; None where that is no anticancer drug."""
        meaning = self._medications.of(resource)
        if not meaning.tells:
            return None
        person = self._person(resource.subject)
        table = THERAPIES.name if meaning.systemic else DOSES.name
        if meaning.problem:
            return None if self._is_no_dose(resource) else Exposure(resource, person, table, meaning.problem)
        try:
            return self._read(resource, person, table, meaning)
        except ValueError:
            return Exposure(resource, person, table, "date_impossible")

    def _is_no_dose(self, resource: Medicated) -> bool:
        """Whether it tells of nothing that was given, whatever the drug."""
        status = self._statuses.of(resource)
        return status is not None and not is_realised(resource, status, read_orders=self._orders)

    def _read(self, resource: Medicated, person: str | None, table: str, meaning: Meaning) -> Exposure:
        status = self._statuses.of(resource)
        if status is None:
            return Exposure(resource, person, table, "status_unknown")
        dated = spans(resource, status, self._today)
        begun = dated if all(span.start.first <= self._today for span in dated) else tuple(
            span for span in dated if span.start.first <= self._today)
        if not is_realised(resource, status, read_orders=self._orders) or (dated and not begun):
            return Exposure(resource, person, table, "not_realised")
        if not begun:
            return Exposure(resource, person, table, "no_date")
        if meaning.in_words:
            return Exposure(resource, person, table, "drug_not_coded")
        agents = meaning.systemic or meaning.agents_on(begun[0].start.first)
        if not agents:
            return Exposure(resource, person, table, "code_expired")
        if person is None:
            return Exposure(resource, person, table, "subject_unknown")
        stop, known = self._stop.of(resource, status, begun)
        exposure = Exposure(resource, person, table, None, agents, begun, stop)
        if not known:
            self.unknown_stops.append(exposure)
        return exposure


_TERMS = "SNOMED CT"


class Stops:
    """Why treatments were stopped."""

    def __init__(self, reading: Reading) -> None:
        self._words = stop_reasons(reading.source.mapping)
        self._codes = {f"{_TERMS}|{code}": reason for code, reason in codes.stop_reasons(_TERMS).items()} \
            | reading.tokens.own(reading.source.mapping.stop_reasons)
        self._tokens = reading.tokens

    def of(self, resource: Medicated, status: str, given: Sequence[Span]) -> tuple[str | None, bool]:
        """The reason, None where no stop is recorded; and whether what is recorded is understood.

        A statement that was stopped and has an end is a stop, even without a reason.
        """
        reasons = _reasons(resource) if status in _STOPPED else ()
        if not reasons and status != "stopped":
            return None, True
        stopped = status == "stopped" and isinstance(resource, MedicationStatement) \
            and resource.effective_period is not None and given[-1].end is not None
        said = next((found for concept in reasons if (found := self._said(concept))), None)
        if said in (None, "ignore"):
            return ("other" if stopped else None), said is not None or not reasons
        return said, True

    def _said(self, concept: CodeableConcept) -> str | None:
        return self._tokens.first(concept, self._codes) or self._words.get((concept.text or "").strip().lower())


def _reasons(resource: Medicated) -> Sequence[CodeableConcept]:
    reason = resource.status_reason
    if reason is None and isinstance(resource, MedicationDispense):
        reason = resource.status_reason_codeable_concept
    return (reason,) if isinstance(reason, CodeableConcept) else reason or ()


# --- into Records -----------------------------------------------------------------------------


def doses(reading: Reading, exposures: Exposures, treated: frozenset[str]) -> pd.DataFrame:
    """One dose for every exposure read, each of its ingredients and each time it names."""
    for name, number in exposures.no_drug.items():
        reading.ledger.count(name, kept=-number, ignored=number)
    found = [each for each in exposures.found if each.table == DOSES.name]
    _refuse(reading, DOSES.name, found, treated)
    _refuse_stops(reading, [each for each in exposures.unknown_stops if each.table == DOSES.name])
    rows = _Rows.of(found)
    frame = rows.frame() | {
        "kind": category(rows.codes(lambda each: _KIND_CODES[type(each.resource)]), DOSES["kind"].values),
        "is_open": booleans(np.array([span.is_open for span in rows.spans], dtype=np.bool_)),
        "stop_reason": category(rows.codes(lambda each: _STOP_CODES[each.stop]), DOSES["stop_reason"].values)}
    return DOSES.frame(pd.DataFrame(frame))


def therapies(reading: Reading, exposures: Exposures, treated: frozenset[str]) -> pd.DataFrame:
    """Other systemic therapy of treated persons, a row for each ingredient."""
    found = [each for each in exposures.found if each.table == THERAPIES.name]
    others = Counter(each.resource.type_name for each in found if each.person not in treated)
    for name, number in others.items():
        reading.ledger.count(name, kept=-number, ignored=number)
    found = [each for each in found if each.person in treated]
    _refuse(reading, THERAPIES.name, found, treated)
    rows = _Rows.of(found)
    return THERAPIES.frame(pd.DataFrame(rows.frame() | {"kind": "systemic"}))


def _refuse(reading: Reading, table: str, found: Sequence[Exposure], treated: frozenset[str]) -> None:
    """Refuse what cannot be read; who was never treated is not named."""
    for origin, reason in sorted({(each.resource.type_name, each.problem) for each in found if each.problem}):
        those = [(each.resource.source_id, each.person if each.person in treated else None) for each in found
                 if each.problem == reason and each.resource.type_name == origin]
        reading.ledger.count(origin, kept=-len(those))
        reading.ledger.refuse_found(table, origin, those, reason)


def _refuse_stops(reading: Reading, found: Sequence[Exposure]) -> None:
    for each in found:
        reading.ledger.refuse_found(DOSES.name, each.resource.type_name, [(each.resource.source_id, each.person)],
                                    "stop_reason_unknown", also_kept=True)


@dataclass(frozen=True)
class _Rows:
    """Exposures, once for each of their agents and times."""

    exposures: Sequence[Exposure]
    agents: Sequence[str]
    spans: Sequence[Span]

    @classmethod
    def of(cls, found: Sequence[Exposure]) -> _Rows:
        """The rows of the exposures that were read."""
        rows = [(each, agent, span) for each in found if each.problem is None
                for agent in each.agents for span in each.spans]
        return cls([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])

    def codes(self, code: Callable[[Exposure], int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """`code` of every row."""
        return np.array([code(each) for each in self.exposures], dtype=np.int64)

    def frame(self) -> dict[str, pd.Series[str] | pd.Series[pd.Timestamp]]:
        """The columns that doses and therapies share."""
        starts = [span.start for span in self.spans]
        ends = [span.end for span in self.spans]
        return {
            "person_id": texts([each.person for each in self.exposures]), "agent": texts(self.agents),
            "start_date": dates_of(starts), "date_precision": precisions_of(starts),
            "end_date": dates_of(ends), "end_precision": precisions_of(ends),
            "source_id": texts([each.resource.source_id for each in self.exposures])}
