"""Scans without measurements, radiation, surgery and local therapy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpd_etl.grouping import Ints, category, named, strings
from hpd_etl.schema import SCANS, THERAPIES
from hpd_etl.sources.columns import Rows, code_lookup, text_lookup
from hpd_etl.sources.modalities import omop_modality
from hpd_etl.sources.omop.row_codes import row_codes
from hpd_etl.sources.procedures import KINDS, Procedures, meanings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from hpd_etl.sources.ledger import Ledger
    from hpd_etl.sources.omop.tables import Cdm


def procedures(cdm: Cdm, mapping: Mapping[str, str], treated: Ints, ledger: Ledger) -> Procedures:
    """Procedures as site.toml maps them; none is read without a mapping, because no verified list exists."""
    if not mapping or not cdm.has("procedure_occurrence"):
        return Procedures(SCANS.frame(), THERAPIES.frame())
    known = list(meanings(mapping).values())
    ids = {int(key): place for place, key in enumerate(mapping) if key.isdecimal()}
    texts = {key: place for place, key in enumerate(mapping) if not key.isdecimal()}
    table = cdm.fetch("omop_procedures", {
        "concepts": sorted(ids), "codes": sorted(texts), "persons": treated.tolist()})
    rows = ledger.read(Rows("procedure_occurrence", "procedure_occurrence_id", table, tells=row_codes))
    meaning = np.full(len(rows), -1, dtype=np.int64)
    for found, places in (
            (code_lookup(rows.ints("procedure_concept_id"), list(ids)), list(ids.values())),
            (code_lookup(rows.ints("procedure_source_concept_id"), list(ids)), list(ids.values())),
            (text_lookup(rows.text("procedure_source_value"), list(texts)), list(texts.values()))):
        meaning = np.where(found >= 0, np.array([*places, -1], dtype=np.int64)[found], meaning)
    unknown = meaning < 0
    ledger.refuse("therapies", rows, unknown, "code_unknown")
    rows, meaning = rows.take(~unknown), meaning[~unknown]
    undated = ~rows.present("procedure_date")
    kind = np.array([KINDS.index(each.kind) for each in known], dtype=np.int64)[meaning]
    ledger.refuse("therapies", rows, undated & (kind > 0), "no_date")
    ledger.refuse("scans", rows, undated & (kind == 0), "no_date")
    ledger.keep(rows, ~undated)
    scans, treatments = ~undated & (kind == 0), ~undated & (kind > 0)
    return Procedures(_scans(rows.take(scans)), _therapies(
        rows.take(treatments), kind[treatments], named(meaning[treatments], [each.organ for each in known])))


def _scans(rows: Rows) -> pd.DataFrame:
    return SCANS.frame({
        "person_id": rows.persons(), "scan_date": rows.dates("procedure_date"),
        "date_from": category(np.zeros(len(rows), dtype=np.int64), SCANS["date_from"].values),
        "source_id": rows.source_ids(),
    })


def _therapies(rows: Rows, kind: Ints, organ: pd.Series[str]) -> pd.DataFrame:
    return THERAPIES.frame({
        "person_id": rows.persons(), "kind": category(kind, THERAPIES["kind"].values),
        "start_date": rows.dates("procedure_date"), "end_date": rows.dates("procedure_date"), "organ": organ,
        "source_id": rows.source_ids(),
    })


def imaging_studies(cdm: Cdm, treated: Ints, ledger: Ledger) -> pd.DataFrame:
    """The studies of the imaging extension, measured or not."""
    if not cdm.has("image_occurrence"):
        return SCANS.frame()
    rows = ledger.read(Rows("image_occurrence", "image_occurrence_id",
                            cdm.fetch("omop_images", {"persons": treated.tolist()})))
    undated = ~rows.present("image_occurrence_date")
    ledger.refuse("scans", rows, undated, "no_date")
    ledger.keep(rows, ~undated)
    rows = rows.take(~undated)
    concepts = rows.ints("modality_concept_id")
    distinct, modality = np.unique(concepts, return_inverse=True)
    names = [omop_modality(concept) for concept in distinct.tolist()]
    return SCANS.frame({
        "person_id": rows.persons(), "scan_date": rows.dates("image_occurrence_date"),
        "date_from": category(np.zeros(len(rows), dtype=np.int64), SCANS["date_from"].values),
        "modality": named(modality.astype(np.int64), names), "study_uid": strings(rows.text("image_study_uid")),
        "source_id": rows.source_ids(),
    })
