"""Performance status, biomarkers and gene variants from Observations; site and histology from Conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl import codes
from hpd_etl.schema import FINDINGS
from hpd_etl.sources.assessments import finding_rows
from hpd_etl.sources.fhir.records import diagnoses
from hpd_etl.sources.fhir.records.admission import Admission
from hpd_etl.sources.fhir.records.examinations import Examinations
from hpd_etl.sources.fhir.records.meanings import Meanings, by_token
from hpd_etl.sources.fhir.records.observations import dated, told, told_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir.decode.resources import Selection
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.observations import Told
    from hpd_etl.sources.fhir.records.reading import Reading

_COUNTED = "Observation findings"
_KIND = "finding"
_VARIANT, _GENE = "variant", "LOINC|48018-6"


def selection(study: Study, source: FhirReading, tokens: Tokens) -> Selection:
    """What can tell a finding."""
    return Meanings(source.mapping, tokens).selection(_KIND) | diagnoses.selection(study, source, tokens)


def findings(reading: Reading) -> pd.DataFrame:
    """Findings that were tested for, and what diagnoses tell."""
    parts = [frame for frame in (_tested(reading), diagnoses.diagnoses(reading)) if len(frame)]
    return pd.concat(parts, ignore_index=True) if parts else FINDINGS.frame()


def _tested(reading: Reading) -> pd.DataFrame:
    admission, examinations = Admission(reading, FINDINGS.name, _COUNTED), Examinations(reading)
    answers = _Answers(reading)
    found, days = dated(_known(told(reading, [_KIND], admission), answers, admission),
                        lambda each: examinations.assessed(each.context), admission)
    admission.settle()
    rows = reading.ledger.read(told_rows(reading, _COUNTED, found, days))
    names = [answers.finding(each) or "" for each in found]
    distinct = list(dict.fromkeys(names))
    return finding_rows(rows, "day", distinct, np.array([distinct.index(name) for name in names], dtype=np.int64),
                        np.array([answers.number(each) for each in found], dtype=np.float64),
                        pa.array([answers.code(each) for each in found], pa.string()), reading.ledger)


def _known(found: Iterable[Told], answers: _Answers, admission: Admission) -> list[Told]:
    """Without variants of genes that nobody asked about."""
    kept = []
    for each in found:
        if answers.finding(each) is None:
            admission.ignore("nothing_told")
        else:
            kept.append(each)
    return kept


class _Answers:
    """Reads what was tested and what came out."""

    def __init__(self, reading: Reading) -> None:
        self._tokens = reading.tokens
        self._meanings = reading.meanings
        self._coded = {token: entries[0] for token, entries in by_token(codes.findings).items()
                       if entries[0].part in {"answer", "grade"}}

    def finding(self, each: Told) -> str | None:
        """What was tested; of a variant its gene, None where that is no gene of the list."""
        name = each.meaning.finding.finding if each.meaning.finding else None
        if name != _VARIANT:
            return name
        genes = [self._meanings.of(part.value_codeable_concept) for part in each.observation.component
                 if _GENE in self._tokens.of(part.code)]
        return next((gene.finding.finding for gene in genes if gene is not None and gene.finding), None)

    def number(self, each: Told) -> float:
        """The number: said by the code itself, by the coded answer, or measured; a bound is none."""
        answer = self._tokens.first(each.holder.value_codeable_concept, self._coded)
        for coded in (each.meaning.finding, answer):
            if coded is not None and coded.value_number is not None:
                return coded.value_number
        quantity = each.holder.value_quantity
        if quantity is not None and quantity.value is not None and quantity.comparator is None:
            return np.nan if quantity.value.is_nan() else float(quantity.value)
        return np.nan if each.holder.value_integer is None else float(each.holder.value_integer)

    def code(self, each: Told) -> str | None:
        """The coded value: said by the code itself, by a known answer, by another code, in words, or as a bound."""
        holder, concept = each.holder, each.holder.value_codeable_concept
        answer = self._tokens.first(concept, self._coded)
        for coded in (each.meaning.finding, answer):
            if coded is not None and coded.value_code is not None:
                return coded.value_code
        if token := next(self._tokens.of(concept), None):
            return token.replace("|", ":")
        if holder.value_boolean is not None:
            return str(holder.value_boolean).lower()
        quantity = holder.value_quantity
        bound = f"{quantity.comparator}{quantity.value}" if quantity and quantity.comparator else None
        return holder.value_string or (concept.text if concept else None) or bound
