"""Which release of FHIR a resource is written in, as far as its elements tell; only R4 and R4B are read.

A resource does not say its release. What is listed here are the elements that R5 or STU3 has and R4 has
not; a resource with none of them reads the same in all releases.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

_ELSEWHERE = {
    "Patient": "animal",
    "Encounter": "actualPeriod admission careTeam dietPreference plannedEndDate plannedStartDate reason "
                 "specialArrangement specialCourtesy subjectStatus virtualService incomingReferral",
    "Medication": "definition doseForm marketingAuthorizationHolder totalVolume "
                  "image isBrand isOverTheCounter package",
    "MedicationAdministration": "basedOn encounter isSubPotent medication occurenceDateTime occurencePeriod "
                                "occurenceTiming reason recorded subPotentReason "
                                "definition notGiven prescription reasonNotGiven",
    "MedicationStatement": "adherence effectiveTiming encounter medication reason relatedClinicalInformation "
                           "renderedDosageInstruction reasonNotTaken taken",
    "MedicationDispense": "basedOn encounter medication notPerformedReason recorded renderedDosageInstruction "
                          "statusChanged notDone notDoneReasonCodeableConcept notDoneReasonReference",
    "MedicationRequest": "device effectiveDosePeriod informationSource medication reason renderedDosageInstruction "
                         "reported statusChanged context definition",
    "Observation": "bodyStructure instantiatesCanonical instantiatesReference triggeredBy valueAttachment "
                   "valueReference comment context related",
    "BodyStructure": "excludedStructure includedStructure",
    "ImagingStudy": "partOf procedure reason accession availability context modalityList patient uid",
    "DiagnosticReport": "composition note study supportingInfo codedDiagnosis context image",
    "Condition": "participant abatementBoolean assertedDate context",
    "Procedure": "focus occurrenceAge occurrenceDateTime occurrencePeriod occurrenceRange occurrenceString "
                 "occurrenceTiming reason recorded reportedBoolean reportedReference supportingInfo used "
                 "context definition notDone notDoneReason",
}
"""Type -> elements of R5, then of STU3, that R4 and R4B do not give it."""

_SHAPED = {"Condition": "clinicalStatus", "ImagingStudy": "modality"}
"""Type -> an element whose name stayed and whose type changed."""


def is_foreign(type_name: str, raw: bytes) -> bool:
    """Whether this resource is of a release that is not read."""
    decoder, nothing = _reader(type_name)
    written = decoder.decode(raw)
    if written == nothing:
        return False
    if any(getattr(written, name) for name in _ELSEWHERE[type_name].split()):
        return True
    if written.fhirVersion is not None and not written.fhirVersion.startswith("4."):
        return True
    return type_name in _SHAPED and _reshaped(getattr(written, _SHAPED[type_name]))


def _reshaped(element: msgspec.Raw) -> bool:
    """STU3 has a plain code for the status of a Condition, R5 concepts for the modalities of an ImagingStudy."""
    value = msgspec.json.decode(element) if element else None
    return isinstance(value, str) or (isinstance(value, list) and any("coding" in part for part in value))


@cache
def _reader(type_name: str) -> tuple[msgspec.json.Decoder[Any], Any]:
    """What decodes the elements that tell a release, and what it gives where there are none."""
    names = [*_ELSEWHERE[type_name].split(), *([_SHAPED[type_name]] if type_name in _SHAPED else [])]
    fields = [("fhirVersion", str | None, None), *((name, msgspec.Raw, msgspec.Raw()) for name in names)]
    shape = msgspec.defstruct("Elsewhere", fields, gc=False)
    return msgspec.json.Decoder(shape), shape()
