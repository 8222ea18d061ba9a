"""Defects that only resources have: statuses, versions, references, words in place of codes."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from tests.quality.dirt.defect import ResourceDefect, refused, suspected

if TYPE_CHECKING:
    from collections.abc import Callable

    from hpd_etl.demo.resources import Json

_PLAIN_DRUGS = ("MedicationAdministration", "MedicationDispense", "MedicationStatement")
_RADIOLOGY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD"}]}


def _last_size(own: list[Json]) -> Json:
    """The size with the last date."""
    sizes = [each for each in own if each["resourceType"] == "Observation" and "focus" in each]
    return max(sizes, key=lambda each: (str(each["effectiveDateTime"]), str(each["id"])))


def _one_more_dose(own: list[Json], **changes: Any) -> None:
    """One more dose on the day of the last one, changed."""
    doses = [each for each in own if each["resourceType"] in _PLAIN_DRUGS]
    last = deepcopy(max(doses, key=lambda each: str(each.get("effectiveDateTime") or each.get("whenHandedOver") or "")))
    own.append({**last, "id": f"{last['id']}-more", **changes})


def _size(**changes: Any) -> Callable[[list[Json]], None]:
    def spoil(own: list[Json]) -> None:
        _last_size(own).update(changes)
    return spoil


def _dose(**changes: Any) -> Callable[[list[Json]], None]:
    def spoil(own: list[Json]) -> None:
        _one_more_dose(own, **changes)
        for name in ("medicationReference", "medicationCodeableConcept"):
            if name not in changes and any(each.startswith("medication") for each in changes):
                own[-1].pop(name, None)
    return spoil


def _undatable(own: list[Json]) -> None:
    _one_more_dose(own)
    for name in ("effectiveDateTime", "whenHandedOver", "effectivePeriod"):
        if name in own[-1]:
            own[-1][name] = "2020-02-31" if name != "effectivePeriod" else {"start": "2020-02-31"}


def _said_twice(own: list[Json]) -> None:
    size = _last_size(own)
    own.append({**deepcopy(size), "effectiveDateTime": "2019-01-01"})


def _report(own: list[Json]) -> None:
    size = _last_size(own)
    own.append({"resourceType": "DiagnosticReport", "id": f"report-{size['id']}", "status": "final",
                "category": [_RADIOLOGY], "code": {"text": "CT"}, "subject": size["subject"],
                "effectiveDateTime": size["effectiveDateTime"][:8] + "28", "issued": "2026-01-01T00:00:00Z"})


def _in_other_words(own: list[Json]) -> None:
    size = _last_size(own)
    own.append({"resourceType": "Observation", "id": f"{size['id']}-response", "status": "final",
                "subject": size["subject"], "effectiveDateTime": size["effectiveDateTime"],
                "code": {"coding": [{"system": "https://synthetic.example/codes", "code": "recist11"}]},
                "valueCodeableConcept": {"text": "much worse"}})


RESOURCES = (
    ResourceDefect("size_preliminary", "a size that is not final", refused("lesions", "not_final"),
                   _size(status="preliminary")),
    ResourceDefect("size_of_no_status", "a status that is no code", refused("lesions", "status_unknown"),
                   _size(status="done")),
    ResourceDefect("size_withdrawn", "a size that was entered in error", refused("Observation", "entered_in_error"),
                   _size(status="entered-in-error")),
    ResourceDefect("size_modified", "an extension that changes the meaning", refused("lesions", "modifier_extension"),
                   _size(modifierExtension=[{"url": "https://synthetic.example/not"}])),
    ResourceDefect("size_of_pathology", "a size of a specimen", refused("lesions", "not_imaging"),
                   _size(specimen={"reference": "Specimen/1"})),
    ResourceDefect("drug_in_words", "a dose of a drug that only words name", refused("doses", "drug_not_coded"),
                   _dose(medicationCodeableConcept={"text": "Nivolumab as always"})),
    ResourceDefect("drug_lost", "a dose of a Medication that is not there", refused("doses", "reference_unresolved"),
                   _dose(medicationReference={"reference": "Medication/lost"})),
    ResourceDefect("dose_of_no_day", "a dose on the 31st of February", refused("doses", "date_impossible"),
                   _undatable),
    ResourceDefect("response_in_words", "a response that nobody knows", refused("responses", "response_unknown"),
                   _in_other_words),
    ResourceDefect("scan_by_report", "an examination that only a report tells", suspected("scan_dated_by_report"),
                   _report),
    ResourceDefect("said_twice", "two resources of one id that differ", refused("persons", "extraction_incomplete"),
                   _said_twice, of_nobody=refused("Observation", "duplicate_id", 2)),
)
