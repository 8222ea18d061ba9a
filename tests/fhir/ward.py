"""A ward whose drugs are recorded in every way a search must find, and what a read of it has to give."""

from __future__ import annotations

import re
from typing import Any

from hpd_etl.config import FhirAccess, FhirServerSource
from hpd_etl.schema import Records
from hpd_etl.sources.fhir.fetch.server import open_server
from tests.fhir.given import (
    CANONICAL,
    STUDY,
    Json,
    administration,
    concept,
    dispense,
    patient,
    resource,
    size,
    statement,
    structure,
    to,
)

MAPPING = {"agents": {"Keytruda 100 mg": "pembrolizumab"}}
DAYS = ("2020-01-10", "2020-02-25", "2020-04-20")


def ward() -> list[Json]:
    """Seven treated patients, each with two lesions at three scans, and one who had another drug."""
    treated = ["coded", "national", "referred", "contained", "product", "worded", "merged"]
    return [
        *(each for who in treated for each in _tumour(who)), *_tumour("untreated"),
        administration("d1", who="coded"),
        statement("d2", "atc-de L01FF02", who="national"),
        dispense("d3", None, who="referred", medicationReference=to("Medication", "pembro")),
        administration("d4", None, who="contained", medicationReference={"reference": "#m"}, contained=[
            {"resourceType": "Medication", "id": "m", "ingredient": [
                {"itemCodeableConcept": concept("rxnorm 1547545")}]}]),
        administration("d5", None, who="product", medication="Medication/bag"),
        administration("d7", None, who="worded", medicationCodeableConcept={"text": "Keytruda 100 mg"}),
        administration("d8", who="formerly"),
        patient("formerly"),
        administration("d9", "rxnorm 4179", who="untreated"),
        administration("d10", "atc L01XA02", on="2019-06-01", who="coded"),
        resource("Medication", "pembro", code=concept("sct 716125002", "rxnorm 1547545")),
        resource("Medication", "bag", ingredient=[{"itemReference": to("Medication", "pembro")}]),
    ]


def _tumour(who: str) -> list[Json]:
    link = [{"type": "replaces", "other": to("Patient", "formerly")}] if who == "merged" else None
    return [patient(who, birthDate="1960-05-01", link=link),
            *(structure(f"{who}-{lesion}", who=who) for lesion in "ab"),
            *(size(f"{who}-{lesion}{number}", 20 + 5 * number, f"{who}-{lesion}", day, who)
              for lesion in "ab" for number, day in enumerate(DAYS))]


def source(access: FhirAccess, **settings: Any) -> FhirServerSource:
    """A server, asked for pages so small that every search has several; one slice after the other."""
    return FhirServerSource(**{"kind": "fhir_server", "access": access, "mapping": MAPPING, "page_size": 10,
                               "parallel": 1} | settings)


def extracted(access: FhirAccess, **settings: Any) -> tuple[Records, dict[str, Any]]:
    """What a run reads from a server, and with what."""
    with open_server(source(access, **settings), CANONICAL) as server:
        return server.extract(STUDY)


def rows(records: Records, *, but: tuple[str, ...] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every table as sorted rows, without those of some persons; the versions a server gives are left out."""
    told = {}
    for table, frame in records:
        kept = frame[~frame["person_id"].isin(but)].drop(columns=["is_complete"], errors="ignore")
        told[table.name] = sorted(tuple(re.sub(r"/_history/[^;]*", "", text) for text in row)
                                  for row in kept.astype("string").fillna("-").to_numpy(object))
    return told
