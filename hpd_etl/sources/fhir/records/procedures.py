"""Radiation, surgery, local therapy and examinations, from Procedures that the site's mapping knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from hpd_etl.schema import SCANS, THERAPIES
from hpd_etl.sources.fhir.decode.resources import Selection
from hpd_etl.sources.fhir.decode.shapes import Procedure
from hpd_etl.sources.fhir.records.events import Span, Statuses, is_realised, spans
from hpd_etl.sources.fhir.records.frames import dates_of, precisions_of, texts
from hpd_etl.sources.fhir.records.organs import Organs
from hpd_etl.sources.fhir.records.tally import Tally
from hpd_etl.sources.procedures import SCAN, Meaning, Procedures, meanings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.reading import Reading


def selection(_: Study, source: FhirReading, __: Tokens) -> Selection:
    """The procedures that the site maps; none without a mapping."""
    known = meanings(source.mapping.procedures)
    if not known:
        return Selection(frozenset(), {})
    coded = frozenset(key.rpartition("|")[2] for key in known if "|" in key)
    words = frozenset(key.strip().lower() for key in known if "|" not in key)
    return Selection(frozenset(), {"Procedure": coded}, texts={"Procedure": words})


class _Done(NamedTuple):
    """A procedure that took place: what, where, when."""

    procedure: Procedure
    person: str
    meaning: Meaning
    organ: str | None
    span: Span


def procedures(reading: Reading, today: date) -> Procedures:
    """What was done, a row for each organ."""
    reader = _Reader(reading, today)
    done: list[_Done] = []
    tally = Tally()
    for procedure in reading.resources.of(Procedure):
        person, meaning = reading.person(procedure), reader.meaning(procedure)
        if meaning is None:
            tally.ignore(procedure, "procedure_unmapped")
            continue
        problem, span = reader.when(procedure)
        if span is None:
            tally.refuse(SCANS.name if meaning.kind == SCAN else THERAPIES.name, procedure, person, problem)
            continue
        done += [_Done(procedure, person, meaning, organ, span) for organ in reader.organs(procedure, meaning)]
    tally.settle(reading.ledger)
    return Procedures(_scans([each for each in done if each.meaning.kind == SCAN]),
                      _therapies([each for each in done if each.meaning.kind != SCAN]))


class _Reader:
    def __init__(self, reading: Reading, today: date) -> None:
        known = meanings(reading.source.mapping.procedures)
        self._tokens = reading.tokens
        self._coded = reading.tokens.own(known)
        self._words = {key.strip().lower(): meaning for key, meaning in known.items() if "|" not in key}
        self._statuses = Statuses(reading.source.mapping.event_statuses)
        self._organs = Organs(reading)
        self._today = today

    def meaning(self, procedure: Procedure) -> Meaning | None:
        """What the site says of the code or, without one, of the words."""
        code = procedure.code
        if code is None:
            return None
        if not any(coding.code for coding in code.coding):
            return self._words.get((code.text or "").strip().lower())
        return self._tokens.first(code, self._coded)

    def when(self, procedure: Procedure) -> tuple[str, Span | None]:
        """When it took place, or why that cannot be told."""
        status = self._statuses.of(procedure)
        if status is None:
            return "status_unknown", None
        try:
            found = spans(procedure, status, self._today)
        except ValueError:
            return "date_impossible", None
        if not is_realised(procedure, status) or any(span.start.first > self._today for span in found):
            return "not_realised", None
        return "no_date", next(iter(found), None)

    def organs(self, procedure: Procedure, meaning: Meaning) -> list[str | None]:
        """The organ that the mapping names, else those of the body sites, once each; an examination has none."""
        if meaning.kind == SCAN or meaning.organ:
            return [meaning.organ]
        return list(dict.fromkeys(self._organs.of(each) for each in procedure.body_site)) or [None]


def _scans(done: Sequence[_Done]) -> pd.DataFrame:
    starts = [each.span.start for each in done]
    return SCANS.frame(pd.DataFrame({
        "person_id": texts([each.person for each in done]), "scan_date": dates_of(starts),
        "date_precision": precisions_of(starts), "date_from": "study",
        "source_id": texts([each.procedure.source_id for each in done])}))


def _therapies(done: Sequence[_Done]) -> pd.DataFrame:
    starts, ends = [each.span.start for each in done], [each.span.end for each in done]
    return THERAPIES.frame(pd.DataFrame({
        "person_id": texts([each.person for each in done]), "kind": texts([each.meaning.kind for each in done]),
        "start_date": dates_of(starts), "date_precision": precisions_of(starts),
        "end_date": dates_of(ends), "end_precision": precisions_of(ends),
        "organ": texts([each.organ for each in done]),
        "source_id": texts([each.procedure.source_id for each in done])}))
