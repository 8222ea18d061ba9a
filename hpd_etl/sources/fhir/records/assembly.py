"""From resources to Records: what to keep, who was treated, then one table after the other."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpd_etl import assets
from hpd_etl.schema import SCANS, THERAPIES, Records
from hpd_etl.sources.fhir.decode.resources import Selection
from hpd_etl.sources.fhir.records import (
    deaths,
    drugs,
    findings,
    lesions,
    procedures,
    responses,
    scans,
    standing,
    sums,
)
from hpd_etl.sources.fhir.records.codes import Tokens, systems
from hpd_etl.sources.fhir.records.followup import followup
from hpd_etl.sources.fhir.records.persons import persons
from hpd_etl.sources.fhir.records.reading import Reading
from hpd_etl.sources.fhir.records.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.schema import Table
    from hpd_etl.sources.fhir.decode.resources import Resources
    from hpd_etl.sources.ledger import Ledger

_MAPPERS = (drugs, procedures, scans, lesions, sums, responses, findings, deaths)
_UNRESOLVED = ("subject_unknown", "reference_unresolved")


def selection(study: Study, source: FhirReading) -> Selection:
    """Which resources can matter to this study at this site."""
    tokens = Tokens(systems(source.mapping))
    wanted = Selection(frozenset({"Patient", "Encounter"}), {}, systems=frozenset(tokens.systems))
    for mapper in _MAPPERS:
        wanted |= mapper.selection(study, source, tokens)
    return wanted


def records_of(resources: Resources, study: Study, source: FhirReading, ledger: Ledger, *,
               incomplete: Collection[str] = (), today: date | None = None) -> tuple[Records, dict[str, Any]]:
    """Records of everyone treated with an index drug, and what they were read with.

    What does not count is taken out of `resources` on the way. `incomplete` are the ids of Patients of
    whom something could not be fetched; `today`, by the clock where it is not given, is the last day
    on which something can have happened. Incomplete is also of whom a resource could not be read, and
    everybody where a file ends in the middle, or something unreadable does not say of whom it is: whose
    resources are missing nobody knows.
    """
    unfit = standing.set_aside(resources)
    subjects = Subjects(resources)
    reading = Reading(resources, subjects, Tokens(systems(source.mapping)), study, source, ledger)
    lost = {person for whom in resources.lost if (person := subjects.person(whom)) is not None}
    warnings, everybody = _lost_of_anybody(resources, source, ledger)
    tables, treated = _tables(reading, unfit, lost.union(incomplete), today or date.today(),
                              everybody=everybody)
    records = Records.of({**tables, "rejections": ledger.rejections()})
    return records, _used(reading, treated) | ({"warnings": warnings} if warnings else {})


def _lost_of_anybody(resources: Resources, source: FhirReading, ledger: Ledger) -> tuple[list[str], bool]:
    """What was lost of nobody knows whom, in words, and whether it leaves nobody complete."""
    cut = ledger.reasons().get("truncated_file", 0)
    unread = resources.lost_of_anybody - cut
    everybody = bool(cut or (unread and source.unreadable == "incomplete"))
    told = [f"{number:,} {what}" for number, what in (
        (cut, "files end in the middle"), (unread, "lines or resources are unreadable and do not say of whom they are"),
        ) if number]
    follows = "nobody is complete" if everybody else "source.unreadable takes everybody for complete"
    return ([*told, follows] if told else []), everybody


def _tables(reading: Reading, unfit: Sequence[standing.Unfit], incomplete: Collection[str],
            today: date, *, everybody: bool) -> tuple[dict[str, pd.DataFrame], frozenset[str]]:
    """Every table of Records, and who was treated; with `everybody` none of these is complete."""
    exposures = drugs.read_exposures(reading, today)
    treated = exposures.treated()
    incomplete = treated.union(incomplete) if everybody else incomplete
    standing.refuse(unfit, reading.subjects, treated, reading.ledger)
    standing.keep_treated(reading.resources, reading.subjects, treated, reading.ledger)
    performed = procedures.procedures(reading, today)
    systemic = drugs.therapies(reading, exposures, treated)
    tables = {
        "doses": drugs.doses(reading, exposures, treated),
        "therapies": _joined(THERAPIES, systemic, performed.therapies),
        "scans": _joined(SCANS, scans.scans(reading), performed.scans),
        "lesions": lesions.lesions(reading),
        "tumour_sums": sums.tumour_sums(reading),
        "responses": responses.responses(reading),
        "findings": findings.findings(reading),
    }
    people = persons(reading, treated, incomplete, today)
    return {**tables, "persons": people, "followup": followup(reading, people, tables, today)}, treated


def _joined(table: Table, *frames: pd.DataFrame) -> pd.DataFrame:
    filled = [table.frame(frame) for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else table.frame()


def _used(reading: Reading, treated: frozenset[str]) -> dict[str, Any]:
    """What was read with what, in counts; no value of a patient."""
    reasons = reading.ledger.reasons()
    return {
        "source": getattr(reading.source, "kind", "fhir"), "fhir_version": "R4", "treated_persons": len(treated),
        "concept_sets": {"checkpoint_inhibitors": {"from": "frozen list"},
                         "systemic_therapies": {"from": "ATC L01 by prefix, and the site's list"},
                         "comparators_without_codes": drugs.uncoded(reading.study),
                         "mappings_sha256": {name: assets.sha256(name) for name in assets.mapping_names()}},
        "orders_read": reading.source.read_orders,
        "unresolved_references": {reason: reasons[reason] for reason in _UNRESOLVED if reason in reasons},
        "counts": reading.ledger.counts(), "ignored": reading.ledger.ignored(),
        "unread": reading.resources.unknown.of(reading.subjects.person, treated), "rejections": reasons,
    }
