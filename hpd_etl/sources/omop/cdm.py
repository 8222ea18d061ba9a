"""An OMOP CDM as a source: concept sets first, then each event table once, in columns."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpd_etl.database import connect
from hpd_etl.schema import FINDINGS, SCANS, THERAPIES, Records
from hpd_etl.sources.deaths import Causes
from hpd_etl.sources.ledger import Ledger
from hpd_etl.sources.omop.concepts import ConceptSets, resolve
from hpd_etl.sources.omop.drugs import (
    Exposures,
    doses,
    read_exposures,
    read_therapies,
    refuse_exposures,
    therapies,
    treated_persons,
    with_ingredients,
    with_words,
)
from hpd_etl.sources.omop.findings import diagnoses, measured_findings, observed_findings, responses, tumour_sums
from hpd_etl.sources.omop.identity import check_fields
from hpd_etl.sources.omop.lesions import lesions
from hpd_etl.sources.omop.measurements import Measured, read_measurements
from hpd_etl.sources.omop.persons import followup, persons
from hpd_etl.sources.omop.procedures import imaging_studies, procedures
from hpd_etl.sources.omop.tables import INDISPENSABLE, OPTIONAL, Cdm, probe, require_rows
from hpd_etl.sources.omop.unread import unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from hpd_etl.config import OmopSource, Study
    from hpd_etl.database import Database
    from hpd_etl.grouping import Ints
    from hpd_etl.schema import Table


def opened_database(source: OmopSource) -> AbstractContextManager[Database]:
    """The database of the CDM, read-only and in one snapshot."""
    schemas = {"cdm": source.cdm, "vocabulary": source.vocabulary or source.cdm}
    return connect(source.access, schemas, read_only=True)


@contextmanager
def open_omop(source: OmopSource) -> Iterator[OmopCdm]:
    """The CDM behind site.toml, connected."""
    with opened_database(source) as database:
        yield OmopCdm(database, source)


class OmopCdm:
    """A connected CDM."""

    def __init__(self, database: Database, source: OmopSource) -> None:
        self._database = database
        self._source = source

    def extract(self, study: Study) -> tuple[Records, dict[str, Any]]:
        """Records of everyone treated with an index drug, and what they were read with."""
        source, ledger = self._source, Ledger()
        cdm = probe(self._database, source)
        check_fields(cdm, source.lesions)
        concepts, causes = resolve(cdm, study, source), Causes(study, source.mapping.death_causes)
        index = with_words(cdm, source, concepts.index, concepts.systemic)
        given = Exposures(read_exposures(cdm, index), index, source)
        treated = treated_persons(given)
        ledger.read(given.rows)
        refuse_exposures(given, "doses", ledger, treated)
        tables = {"doses": doses(given, source, ledger)}
        if not len(treated):
            for table in INDISPENSABLE:
                require_rows(cdm, table)
        tables |= self._of_treated(cdm, concepts, treated, ledger)
        tables["persons"] = persons(cdm, causes, treated, ledger)
        records = Records.of({**tables, "rejections": ledger.rejections()})
        known = replace(concepts, index=index)
        return records, _used(cdm, concepts, ledger, len(treated)) | {"unread": unread(cdm, source, known, treated)}

    def _of_treated(self, cdm: Cdm, concepts: ConceptSets, treated: Ints, ledger: Ledger) -> dict[str, pd.DataFrame]:
        source = self._source
        measured = read_measurements(cdm, source, concepts, treated)
        if not len(measured.rows):
            require_rows(cdm, "measurement")
        ledger.read(measured.rows)
        unknown = measured.meaning < 0
        ledger.refuse("lesions", measured.rows, unknown, "code_unknown")
        measured = measured.take(~unknown)
        ledger.ignore(measured.rows, measured.of("ignore"), "mapped_ignore")
        performed = procedures(cdm, source.mapping.procedures, treated, ledger)
        return {
            "followup": followup(cdm, treated, ledger),
            "therapies": _joined(THERAPIES, [_systemic(cdm, concepts, source, treated, ledger), performed.therapies]),
            "scans": _joined(SCANS, [imaging_studies(cdm, treated, ledger), performed.scans]),
            "lesions": lesions(cdm, source, measured, treated, ledger),
            "tumour_sums": tumour_sums(measured, source, ledger),
            "responses": responses(measured, source, concepts, ledger),
            "findings": _joined(FINDINGS, _findings(cdm, measured, concepts, treated, ledger)),
        }


def _systemic(cdm: Cdm, concepts: ConceptSets, source: OmopSource, treated: Ints, ledger: Ledger) -> pd.DataFrame:
    rows = ledger.read(read_therapies(cdm, concepts.systemic, treated))
    exposures = Exposures(rows, with_ingredients(cdm, concepts.systemic, rows), source)
    refuse_exposures(exposures, "therapies", ledger, treated)
    return therapies(exposures, ledger)


def _findings(cdm: Cdm, measured: Measured, concepts: ConceptSets, treated: Ints,
              ledger: Ledger) -> list[pd.DataFrame]:
    return [
        measured_findings(measured, concepts, ledger),
        observed_findings(cdm, concepts, treated, ledger),
        diagnoses(cdm, concepts.conditions, treated, ledger),
    ]


def _joined(table: Table, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [table.frame(frame) for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else table.frame()


def _used(cdm: Cdm, concepts: ConceptSets, ledger: Ledger, treated: int) -> dict[str, Any]:
    """Versions, code lists and counts; no value of a patient."""
    return {
        "source": "omop_cdm", "dialect": cdm.database.dialect, "cdm_version": cdm.version,
        **cdm_source(cdm),
        "absent_tables": [table for table in OPTIONAL if not cdm.has(table)],
        "concept_sets": concepts.used, "treated_persons": treated,
        "counts": ledger.counts(), "ignored": ledger.ignored(), "rejections": ledger.reasons(),
    }


def cdm_source(cdm: Cdm) -> dict[str, Any]:
    """What the CDM says of itself; None where it says nothing."""
    told: dict[str, Any] = {"cdm_source_version": None, "vocabulary_version": None}
    if not cdm.has("cdm_source"):
        return told
    rows = cdm.fetch("omop_cdm_source")
    if rows.num_rows:
        told["cdm_source_version"] = rows.column("cdm_version")[0].as_py()
        told["vocabulary_version"] = rows.column("vocabulary_version")[0].as_py()
    return told
