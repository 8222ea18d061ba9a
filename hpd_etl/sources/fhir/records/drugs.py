"""Doses of index drugs and other systemic therapies, from the four resources that tell of drugs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pandas as pd

from hpd_etl import codes
from hpd_etl.grouping import category
from hpd_etl.schema import DOSES, THERAPIES
from hpd_etl.sources.agents import stop_reasons
from hpd_etl.sources.columns import booleans
from hpd_etl.sources.fhir.decode.shapes import (
    CodeableConcept,
    Medicated,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)
from hpd_etl.sources.fhir.records.events import Span, Statuses, is_realised, spans
from hpd_etl.sources.fhir.records.frames import dates_of, precisions_of, texts
from hpd_etl.sources.fhir.records.medications import DrugCodes, Meaning, Medications
from hpd_etl.sources.fhir.records.row_codes import of_concept, of_status
from hpd_etl.sources.fhir.records.standing import changed_meaning
from hpd_etl.sources.fhir.records.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir.decode.resources import Selection
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.reading import Reading
    from hpd_etl.sources.refused_codes import Code

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
    stop_unknown: bool = False
    """It was stopped for a reason nobody knows."""
    told: Code | None = None
    """What nobody knows: the drug, the status or why it was stopped."""


@dataclass(frozen=True)
class Exposures:
    """All that was told of anticancer drugs, and whom it makes a treated person."""

    found: Sequence[Exposure]

    def treated(self) -> frozenset[str]:
        """Everyone with at least one dose of an index drug that was given."""
        return frozenset(each.person for each in self.found
                         if each.person and each.table == DOSES.name and each.problem is None)


def read_exposures(reading: Reading, today: date) -> Exposures:
    """What every resource about a drug tells; `today` is the last day on which something can have happened.

    What tells of no anticancer drug is ignored.
    """
    reader, tally = _Reader(reading, today), Tally()
    found: list[Exposure] = []
    for shape, _ in _KINDS:
        for resource in reading.resources.of(shape):
            exposure = reader.exposure(resource)
            if exposure is None:
                tally.ignore(resource, "no_anticancer_drug")
            else:
                found.append(exposure)
    tally.settle(reading.ledger)
    return Exposures(found)


class _Reader:
    def __init__(self, reading: Reading, today: date) -> None:
        self._person = reading.subjects.person
        self._orders = reading.source.read_orders
        self._medications = Medications(reading.resources, DrugCodes(reading.study, reading.source, reading.tokens))
        self._statuses = Statuses(reading.source.mapping.event_statuses)
        self._stop = Stops(reading)
        self._today = today
        self._tokens = reading.tokens

    def exposure(self, resource: Medicated) -> Exposure | None:
        """What a resource tells of; None where that is no anticancer drug, or something unknown that was not given."""
        meaning, status = self._medications.of(resource), self._statuses.of(resource)
        if not meaning.tells or (meaning.problem and status and not self._is_given(resource, status)):
            return None
        person = self._person(resource.subject)
        table = THERAPIES.name if meaning.systemic else DOSES.name
        told = self._told(resource, status, person, meaning)
        if isinstance(told, str):
            return Exposure(resource, person, table, told, told=self._unknown(resource, told))
        stop, known = self._stop.of(resource, status, told[1])
        words = None if known else of_concept(self._tokens, *_reasons(resource))
        return Exposure(resource, person, table, None, *told, stop, not known, words)

    def _unknown(self, resource: Medicated, problem: str) -> Code | None:
        """The code that a refusal is about."""
        if problem == "status_unknown":
            return of_status(resource)
        known = problem in ("drug_not_coded", "code_expired")
        return of_concept(self._tokens, *self._medications.concepts(resource)) if known else None

    def _is_given(self, resource: Medicated, status: str) -> bool:
        return is_realised(resource, status, read_orders=self._orders)

    def _told(self, resource: Medicated, status: str | None, person: str | None,
              meaning: Meaning) -> str | tuple[tuple[str, ...], tuple[Span, ...]]:
        """The agents and when they were given, or why that cannot be read."""
        if changed := changed_meaning(resource):
            return changed
        if meaning.problem:
            return meaning.problem
        if status is None:
            return "status_unknown"
        try:
            dated = spans(resource, status, self._today)
        except ValueError:
            return "date_impossible"
        begun = dated if all(span.start.first <= self._today for span in dated) else tuple(
            span for span in dated if span.start.first <= self._today)
        if not self._is_given(resource, status) or (dated and not begun):
            return "not_realised"
        if not begun:
            return "no_date"
        if meaning.in_words:
            return "drug_not_coded"
        agents = meaning.systemic or meaning.agents_on(begun[0].start.first)
        if not agents:
            return "code_expired"
        return (agents, begun) if person else "subject_unknown"


_TERMS = "SNOMED CT"


class Stops:
    """Why treatments were stopped."""

    def __init__(self, reading: Reading) -> None:
        self._words = stop_reasons(reading.source.mapping)
        self._codes = {f"{_TERMS}|{code}": reason for code, reason in codes.stop_reasons(_TERMS).items()} \
            | reading.tokens.own(reading.source.mapping.stop_reasons)
        self._tokens = reading.tokens

    def of(self, resource: Medicated, status: str | None, given: Sequence[Span]) -> tuple[str | None, bool]:
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
    found = [each for each in exposures.found if each.table == DOSES.name]
    _settle(reading, found, treated)
    unknown = [each for each in found if each.stop_unknown]
    for kind in sorted({each.resource.type_name for each in unknown}):
        own = [each for each in unknown if each.resource.type_name == kind]
        reading.ledger.refuse_found(DOSES.name, kind, [(each.resource.source_id, each.person) for each in own],
                                    "stop_reason_unknown", also_kept=True, told=[each.told for each in own])
    rows = _Rows.of(found)
    frame = rows.frame() | {
        "kind": category(rows.codes(lambda each: _KIND_CODES[type(each.resource)]), DOSES["kind"].values),
        "is_open": booleans(np.array([span.is_open for span in rows.spans], dtype=np.bool_)),
        "stop_reason": category(rows.codes(lambda each: _STOP_CODES[each.stop]), DOSES["stop_reason"].values)}
    return DOSES.frame(pd.DataFrame(frame))


def therapies(reading: Reading, exposures: Exposures, treated: frozenset[str]) -> pd.DataFrame:
    """Other systemic therapy of treated persons, a row for each ingredient."""
    found = [each for each in exposures.found if each.table == THERAPIES.name]
    _settle(reading, found, treated)
    rows = _Rows.of([each for each in found if each.person in treated])
    return THERAPIES.frame(pd.DataFrame(rows.frame() | {"kind": "systemic"}))


def _settle(reading: Reading, found: Sequence[Exposure], treated: frozenset[str]) -> None:
    """Refuse what cannot be read; who was never treated is not named, and their other therapies are ignored."""
    tally = Tally()
    for each in found:
        if each.table == THERAPIES.name and each.person not in treated:
            tally.ignore(each.resource, "not_treated")
        elif each.problem:
            tally.refuse(each.table, each.resource, each.person if each.person in treated else None, each.problem,
                         _earliest(each.resource) if each.table == DOSES.name else None, each.told)
    tally.settle(reading.ledger)


def _earliest(resource: Medicated) -> date | None:
    """The first day that a refused dose may have been given on; None where its date is none."""
    try:
        return min((span.start.first for span in spans(resource, "completed", date.max)), default=None)
    except ValueError:
        return None


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
