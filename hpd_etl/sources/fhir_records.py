"""From resources to Records: what to keep, who was treated, then one table after the other."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from hpd_etl import assets
from hpd_etl.schema import Records
from hpd_etl.sources import (
    fhir_drugs,
    fhir_findings,
    fhir_lesions,
    fhir_responses,
    fhir_scans,
    fhir_sums,
)
from hpd_etl.sources.fhir_codes import Tokens, systems
from hpd_etl.sources.fhir_reading import Reading
from hpd_etl.sources.fhir_resources import Selection
from hpd_etl.sources.fhir_subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import Collection

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir_resources import Resources
    from hpd_etl.sources.ledger import Ledger

_MAPPERS = (fhir_drugs, fhir_lesions, fhir_sums, fhir_responses, fhir_findings, fhir_scans)


def selection(study: Study, source: FhirReading) -> Selection:
    """Which resources can matter to this study at this site."""
    tokens = Tokens(systems(source.mapping))
    wanted = Selection(frozenset({"Patient", "Encounter"}), {})
    for mapper in _MAPPERS:
        wanted |= mapper.selection(study, source, tokens)
    return wanted


def records_of(resources: Resources, study: Study, source: FhirReading, ledger: Ledger, *,
               incomplete: Collection[str] = (), today: date | None = None) -> tuple[Records, dict[str, Any]]:
    """Records of everyone treated with an index drug, and what they were read with.

    `incomplete` are the ids of Patients of whom something could not be fetched; `today`, by the clock
    where it is not given, is the last day on which something can have happened.
    """
    reading = Reading(resources, Subjects(resources), Tokens(systems(source.mapping)), study, source, ledger)
    exposures = fhir_drugs.read_exposures(reading, today or date.today())
    treated = exposures.treated()
    tables = {
        "doses": fhir_drugs.doses(reading, exposures, treated),
        "therapies": fhir_drugs.therapies(reading, exposures, treated),
        "scans": fhir_scans.scans(reading, treated),
        "lesions": fhir_lesions.lesions(reading, treated),
        "tumour_sums": fhir_sums.tumour_sums(reading, treated),
        "responses": fhir_responses.responses(reading, treated),
        "findings": fhir_findings.findings(reading, treated),
    }
    records = Records.of({**tables, "rejections": ledger.rejections()})
    return records, {"source": getattr(source, "kind", ""), "treated_persons": len(treated),
                     "counts": ledger.counts(), "rejections": ledger.reasons(),
                     "mappings_sha256": {name: assets.sha256(name) for name in assets.mapping_names()}}
