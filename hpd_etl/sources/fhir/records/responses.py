"""Recorded responses from Observations: RECIST categories under any code, and mCODE's disease status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpd_etl import codes
from hpd_etl.schema import RESPONSES
from hpd_etl.sources.assessments import response_rows
from hpd_etl.sources.fhir.records.admission import Admission
from hpd_etl.sources.fhir.records.examinations import Examinations
from hpd_etl.sources.fhir.records.meanings import Meanings, answers, by_token
from hpd_etl.sources.fhir.records.observations import dated, told, told_rows
from hpd_etl.sources.meanings import own_response

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.grouping import Ints
    from hpd_etl.sources.fhir.decode.resources import Selection
    from hpd_etl.sources.fhir.decode.shapes import CodeableConcept, Observation
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.observations import Told
    from hpd_etl.sources.fhir.records.reading import Reading

_COUNTED = "Observation responses"
_KIND = "response"
_UNSTATED, _OVERALL = "unstated", "overall"


def selection(study: Study, source: FhirReading, tokens: Tokens) -> Selection:
    """What can tell a response."""
    return Meanings(source.mapping, tokens).selection(_KIND)


def responses(reading: Reading) -> pd.DataFrame:
    """Recorded responses, on the day of the assessment."""
    admission, examinations = Admission(reading, RESPONSES.name, _COUNTED), Examinations(reading)
    found, days = dated(told(reading, [_KIND], admission), lambda each: examinations.assessed(each.context), admission)
    admission.settle()
    rows = reading.ledger.read(told_rows(reading, _COUNTED, found, days))
    reader = _ResponseReader(reading)
    said = [reader.of(each) for each in found]
    return response_rows(rows, "day", _positions("response", (code.response for code in said)),
                         _positions("framework", (code.framework for code in said)),
                         _positions("scope", (code.scope for code in said)), reading.ledger)


def _positions(column: str, values: Iterable[str]) -> Ints:
    among = RESPONSES[column].values
    return np.array([among.index(value) if value in among else -1 for value in values], dtype=np.int64)


class _ResponseReader:
    """Reads the value of an assessment, its criteria and its scope."""

    def __init__(self, reading: Reading) -> None:
        self._tokens = reading.tokens
        own = {key: own_response(key, value) for key, value in reading.source.mapping.responses.items()}
        self._coded = by_token(codes.responses) | reading.tokens.own(own)
        self._words = {word.strip().upper(): code for word, code in (codes.responses("text") | own).items()}
        self._criteria = by_token(codes.response_criteria)
        self._named_criteria = codes.response_criteria("text")

    def of(self, each: Told) -> codes.ResponseCode:
        """What is said; `""` where nobody knows. The value's own criteria and scope come before those around it."""
        value = self._value(each)
        test = each.meaning.response or codes.ResponseCode("", _UNSTATED, _OVERALL)
        frameworks = (value.framework, test.framework, self._criteria_of(each.context))
        return codes.ResponseCode(
            value.response, next((name for name in frameworks if name != _UNSTATED), _UNSTATED),
            value.scope if value.scope != _OVERALL else test.scope)

    def _value(self, each: Told) -> codes.ResponseCode:
        holder = each.holder
        coded = self._tokens.first(holder.value_codeable_concept, self._coded)
        if coded is not None:
            return coded
        words = (word.upper() for word in answers(holder.value_codeable_concept, holder.value_string))
        return next((self._words[word] for word in words if word in self._words),
                    codes.ResponseCode("", _UNSTATED, _OVERALL))

    def _criteria_of(self, context: Sequence[Observation]) -> str:
        """The criteria by the method, a category or a component of the nearest Observation that names them."""
        for observation in context:
            concepts = [observation.method, *observation.category,
                        *(part.value_codeable_concept for part in observation.component)]
            for named in map(self._named, concepts):
                if named is not None:
                    return named
        return _UNSTATED

    def _named(self, concept: CodeableConcept | None) -> str | None:
        coded = self._tokens.first(concept, self._criteria)
        words = ("".join(word.split()).upper() for word in answers(concept))
        return coded or next((self._named_criteria[word] for word in words if word in self._named_criteria), None)
