"""Primary site, histology and gene status as Conditions tell them; one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hpd_etl import codes
from hpd_etl.schema import FINDINGS
from hpd_etl.sources.fhir.decode.resources import Selection
from hpd_etl.sources.fhir.decode.shapes import Condition
from hpd_etl.sources.fhir.records.admission import Admission
from hpd_etl.sources.fhir.records.events import day
from hpd_etl.sources.fhir.records.examinations import NO_DATE, When
from hpd_etl.sources.fhir.records.frames import dates_of, precisions_of, texts
from hpd_etl.sources.fhir.records.meanings import by_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.dates import Day
    from hpd_etl.sources.fhir.records.reading import Reading

_SITE = "primary_site"
_CLASSIFIED = "ICD-10-CM"
_DOUBTED: Mapping[str, str] = {
    "refuted": "refuted", "unconfirmed": "not_final", "provisional": "not_final", "differential": "not_final"}
"""Codes of R4 that say that the diagnosis does not stand, or not yet."""


def selection(study: Study, source: FhirReading, tokens: Tokens) -> Selection:
    """The diagnoses of the list, and what a classification puts below them."""
    name = Condition.type_name
    classes = set(codes.findings(_CLASSIFIED))
    starts = sorted(classes | {_plain(code) for code in classes})
    return Selection(frozenset(), {name: frozenset(codes.findings("SNOMED CT"))}, {name: tuple(starts)})


class _Diagnosis(NamedTuple):
    """A diagnosis of a person that stands, and what it tells."""

    condition: Condition
    person: str
    day: Day
    told: Sequence[codes.FindingCode]


def diagnoses(reading: Reading) -> pd.DataFrame:
    """What the diagnoses of treated persons tell; one that tells nothing is ignored."""
    known = _Known(reading.tokens)
    admission = Admission(reading, FINDINGS.name, "Condition findings")
    found: list[_Diagnosis] = []
    for condition in reading.resources.of(Condition):
        told, when, person = known.of(condition), _when(condition), reading.person(condition)
        if (doubt := _doubt(condition)) is not None:
            admission.refuse(condition, person, doubt)
        elif not told:
            admission.ignore("nothing_told")
        elif when.day is None:
            admission.refuse(condition, person, when.problem or "no_date")
        else:
            admission.keep()
            found.append(_Diagnosis(condition, person, when.day, told))
    admission.settle()
    return _frame([(each, entry) for each in found for entry in each.told])


def _frame(rows: Sequence[tuple[_Diagnosis, codes.FindingCode]]) -> pd.DataFrame:
    days = [each.day for each, _ in rows]
    return FINDINGS.frame({
        "person_id": texts([each.person for each, _ in rows]), "finding": texts([told.finding for _, told in rows]),
        "assessed_on": dates_of(days), "date_precision": precisions_of(days),
        "value_code": texts([told.value_code for _, told in rows]),
        "source_id": texts([each.condition.source_id for each, _ in rows])})


def _doubt(condition: Condition) -> str | None:
    """Why the diagnosis does not stand, or not yet."""
    stated = condition.verification_status.coding if condition.verification_status else ()
    return next((_DOUBTED[coding.code] for coding in stated if coding.code and coding.code in _DOUBTED), None)


def _when(condition: Condition) -> When:
    """When it began, else when it was recorded."""
    period = condition.onset_period
    try:
        for text in (condition.onset_date_time, period.start if period else None, condition.recorded_date):
            if found := day(text):
                return When(found)
    except ValueError:
        return When(None, "date_impossible")
    return NO_DATE


class _Known:
    """The diagnoses of the list."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._coded = by_token(codes.findings, ["SNOMED CT"])
        self._classes = {_plain(code): entries for code, entries in codes.findings(_CLASSIFIED).items()}

    def of(self, condition: Condition) -> list[codes.FindingCode]:
        """What the codes tell, once each; beside a secondary malignancy no code tells where the tumour began."""
        concepts = [condition.code, *(extension.value_codeable_concept for extension in condition.extension)]
        told = [entry for concept in concepts for token in self._tokens.of(concept) for entry in self._entries(token)]
        excluded = any(entry.part == "excluded" for entry in told)
        return list({(entry.finding, entry.value_code): entry for entry in told
                     if entry.part == "condition" and not (excluded and entry.finding == _SITE)}.values())

    def _entries(self, token: str) -> list[codes.FindingCode]:
        system, _, code = token.rpartition("|")
        if system != _CLASSIFIED:
            return self._coded.get(token, [])
        return [entry for start, entries in self._classes.items() if _plain(code).startswith(start)
                for entry in entries]


def _plain(code: str) -> str:
    """A code of the classification as some write it, without the dot."""
    return code.replace(".", "")
