"""Recorded sums, recorded responses, performance status, biomarkers and diagnoses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl import codes
from hpd_etl.grouping import Bools, Floats, Ints, named
from hpd_etl.schema import FINDINGS, RESPONSES
from hpd_etl.sources.assessments import finding_rows, response_rows, sum_rows
from hpd_etl.sources.columns import Rows, code_lookup, one
from hpd_etl.sources.meanings import SUMS, own_response
from hpd_etl.sources.omop.measurements import Measured
from hpd_etl.sources.omop.row_codes import row_codes
from hpd_etl.sources.omop.sizes import read_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from hpd_etl.config import OmopSource
    from hpd_etl.sources.ledger import Ledger
    from hpd_etl.sources.omop.concepts import ConceptSets
    from hpd_etl.sources.omop.tables import Cdm

_FRAMEWORKS = RESPONSES["framework"].values
_RESPONSES = RESPONSES["response"].values
_SCOPES = RESPONSES["scope"].values


def tumour_sums(measured: Measured, source: OmopSource, ledger: Ledger) -> pd.DataFrame:
    """Recorded sums; only concepts that the site maps, because no standard one exists."""
    measured = measured.take(measured.of(*SUMS))
    rows, kind = measured.rows, measured.kind(SUMS)
    sizes = read_sizes(rows, kind, source)
    return sum_rows(rows, "measurement_date", kind, sizes, ledger)


def responses(measured: Measured, source: OmopSource, concepts: ConceptSets, ledger: Ledger) -> pd.DataFrame:
    """Recorded responses: coded in the concept itself, or as the value of a concept that the site maps."""
    measured = measured.take(measured.of("response"))
    rows = measured.rows
    response, framework, scope = _said(measured, source, concepts)
    return response_rows(rows, "measurement_date", response, framework, scope, ledger)


def _said(measured: Measured, source: OmopSource, concepts: ConceptSets) -> tuple[Ints, Ints, Ints]:
    """Response, framework and scope of every row as positions in their code lists; -1 unknown."""
    rows = measured.rows
    own = {key: own_response(key, value) for key, value in source.mapping.responses.items()}
    texts = codes.responses("text") | own
    upper = {key.strip().upper(): code for key, code in texts.items()}
    loinc = codes.responses("LOINC")
    coded = {int(key): code for key, code in codes.responses("OMOP").items()}
    coded |= {concept: loinc[code] for concept, code in concepts.answers.items() if code in loinc}
    coded |= {int(key): code for key, code in own.items() if key.isdecimal()}
    known = [*(meaning.response for meaning in measured.meanings), *coded.values(), *upper.values()]
    first_code, first_text = len(measured.meanings), len(measured.meanings) + len(coded)
    concept = code_lookup(rows.ints("value_as_concept_id"), list(coded))
    places = {word: place for place, word in enumerate(upper)}
    text = rows.decided("value_source_value", lambda value: places.get(value.strip().upper(), -1))
    own_code = np.array([bool(code and code.response) for code in known], dtype=np.bool_)[measured.meaning]
    at = np.where(own_code, measured.meaning,
                  np.where(concept >= 0, first_code + concept, np.where(text >= 0, first_text + text, -1)))
    response = _positions([code.response if code else "" for code in known], _RESPONSES)
    framework = _positions([code.framework if code else "" for code in known], _FRAMEWORKS)
    scope = _positions([code.scope if code else "overall" for code in known], _SCOPES)
    of_concept = _positions([code.framework if code else "unstated" for code in known], _FRAMEWORKS)
    said_by_concept = of_concept[measured.meaning]
    unstated = _FRAMEWORKS.index("unstated")
    stated = np.where(at < 0, -1, framework[at])
    stated = np.where((stated == unstated) & (said_by_concept >= 0), said_by_concept, stated)
    return np.where(at < 0, -1, response[at]), stated, np.where(at < 0, 0, scope[at])


def _positions(values: Sequence[str], among: Sequence[str]) -> Ints:
    return np.array([among.index(value) if value in among else -1 for value in values] or [-1], dtype=np.int64)


def measured_findings(measured: Measured, concepts: ConceptSets, ledger: Ledger) -> pd.DataFrame:
    """Performance status and biomarkers stored as measurements."""
    measured = measured.take(measured.of("finding"))
    found = [meaning.finding or codes.FindingCode("", "", None, None) for meaning in measured.meanings]
    return _findings(measured.rows, found, measured.meaning, "measurement_date", "value_source_value", concepts,
                     ledger)


def observed_findings(cdm: Cdm, concepts: ConceptSets, treated: Ints, ledger: Ledger) -> pd.DataFrame:
    """Performance status and biomarkers stored as observations."""
    known = {int(code): entries[0] for code, entries in codes.findings("OMOP").items()
             if entries[0].part in {"test", "grade"}}
    if not cdm.has("observation"):
        return FINDINGS.frame()
    rows = ledger.read(Rows("observation", "observation_id", cdm.fetch(
        "omop_observations", {"concepts": sorted(known), "persons": treated.tolist()}), tells=row_codes))
    meaning = code_lookup(rows.ints("observation_concept_id"), list(known))
    return _findings(rows, list(known.values()), meaning, "observation_date", "value_as_string", concepts, ledger)


def _findings(rows: Rows, found: Sequence[codes.FindingCode], meaning: Ints, date: str, text: str,
              concepts: ConceptSets, ledger: Ledger) -> pd.DataFrame:
    finding = [code.finding for code in found]
    number = _numbers(rows, found, meaning, concepts)
    code = _codes(rows, found, meaning, text, concepts)
    return finding_rows(rows, date, finding, meaning, number, code, ledger)


def _numbers(rows: Rows, found: Sequence[codes.FindingCode], meaning: Ints, concepts: ConceptSets) -> Floats:
    """The number of each row: its own, that of its coded answer, or that of a concept that holds the grade."""
    coded = {int(code): entries[0].value_number for code, entries in codes.findings("OMOP").items()
             if entries[0].part == "grade"}
    loinc = codes.findings("LOINC")
    coded |= {concept: loinc[code][0].value_number for concept, code in concepts.answers.items() if code in loinc}
    graded = {concept: value for concept, value in coded.items() if value is not None}
    answers = np.array([*graded.values(), np.nan], dtype=np.float64)
    answer = answers[code_lookup(rows.ints("value_as_concept_id"), list(graded))]
    pre = np.array([np.nan if code.value_number is None else code.value_number for code in found] or [np.nan])[meaning]
    own = rows.floats("value_as_number")
    return np.where(~np.isnan(pre), pre, np.where(~np.isnan(answer), answer, own))


def _codes(rows: Rows, found: Sequence[codes.FindingCode], meaning: Ints, text: str,
           concepts: ConceptSets) -> pa.Array:
    """The coded value of each row: said by the concept itself, by its answer, by the answer's id, or by a text."""
    loinc = codes.findings("LOINC")
    answers = {concept: loinc[code][0].value_code for concept, code in concepts.answers.items()
               if code in loinc and loinc[code][0].part == "answer"}
    value = rows.ints("value_as_concept_id")
    at = code_lookup(value, list(answers))
    said = pa.array([code.value_code for code in found] or [None], pa.string()).take(pa.array(meaning))
    answered = pa.array([*answers.values(), None], pa.string()).take(pa.array(np.where(at < 0, len(answers), at)))
    as_id = pc.if_else(pa.array(value != 0), pc.binary_join_element_wise(
        pa.scalar("omop"), pa.array(value).cast(pa.string()), ":"), None)
    return one(pc.coalesce(said, answered, as_id, rows.text(text)))


def diagnoses(cdm: Cdm, found: Mapping[int, list[codes.FindingCode]], treated: Ints, ledger: Ledger) -> pd.DataFrame:
    """Primary site, histology and gene status as diagnoses tell them; one row each."""
    if not cdm.has("condition_occurrence"):
        return FINDINGS.frame()
    rows = ledger.read(Rows("condition_occurrence", "condition_occurrence_id", cdm.fetch(
        "omop_conditions", {"concepts": sorted(found), "persons": treated.tolist()})))
    undated: Bools = ~rows.present("condition_start_date")
    ledger.refuse("findings", rows, undated, "no_date")
    ledger.keep(rows, ~undated)
    rows = rows.take(~undated)
    entries = [entry for told in found.values() for entry in told]
    sizes = np.array([len(told) for told in found.values()] or [0], dtype=np.int64)
    first = np.cumsum(sizes) - sizes
    meaning = code_lookup(rows.ints("condition_concept_id"), list(found))
    times = sizes[meaning] if len(rows) else np.zeros(0, dtype=np.int64)
    repeated = np.repeat(np.arange(len(rows)), times)
    within = np.arange(len(repeated)) - np.repeat(np.cumsum(times) - times, times)
    entry = first[meaning[repeated]] + within if len(rows) else np.zeros(0, dtype=np.int64)
    rows = rows.repeat(repeated)
    return FINDINGS.frame({
        "person_id": rows.persons(), "finding": named(entry, [told.finding for told in entries]),
        "assessed_on": rows.dates("condition_start_date"),
        "value_code": named(entry, [told.value_code for told in entries]), "source_id": rows.source_ids(),
    })
