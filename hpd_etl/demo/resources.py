"""The synthetic hospital as FHIR resources: the same patients, as another hospital would have recorded them.

Every row of the OMOP tables becomes the resource that tells the same, in the codes FHIR uses. How a size
is written down (mCODE components, a plain value, an NCIt code) changes from lesion to lesion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpd_etl.demo import vocabulary as codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hpd_etl.demo.patients import Row

Json = dict[str, Any]

LOCAL = "https://synthetic.example/codes"
"""System of the hospital's own codes; site.toml says what they mean."""
RXNORM, ATC, HCPCS = ("http://www.nlm.nih.gov/research/umls/rxnorm", "http://www.whocc.no/atc",
                      "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes")
LOINC, SNOMED, NCIT, HGNC = ("http://loinc.org", "http://snomed.info/sct",
                             "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl", "http://www.genenames.org/geneId")
UCUM, ABSENT = "http://unitsofmeasure.org", "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"

_ATC = {"docetaxel": "L01CD02", "paclitaxel": "L01CD01", "pemetrexed": "L01BA04", "carboplatin": "L01XA02",
        "cisplatin": "L01XA01"}
_ROLES = {"TARGET": "C94520", "TARGET NODAL": "C103443", "NON-TARGET": "C94521", "NEW": "C94522"}
_ABSENT = {"NOT EVALUABLE": "not-performed", "NOT YET PRESENT": "not-applicable"}
_KINDS = {codes.ADMINISTRATION: "MedicationAdministration", codes.MEDICATION_LIST: "MedicationStatement",
          codes.DISPENSED: "MedicationDispense", codes.PHARMACY_CLAIM: "MedicationDispense",
          codes.ORDER: "MedicationRequest", codes.PRESCRIPTION: "MedicationRequest"}
_AGENTS = {number: agent for agent, number in codes.INGREDIENTS.items()}
_PRODUCTS = {number: agent for agent, number in codes.PRODUCTS.items()}
_ORGANS = {number: organ for organ, number in codes.ORGANS.items()}
_CODES = {concept: (system, code, name) for concept, name, _, system, _, _, code, *_ in codes.concepts()}


def resources(rows: Mapping[str, Sequence[Row]]) -> Iterator[Json]:
    """Every resource of the hospital whose OMOP rows these are, patients first."""
    yield from _patients(rows)
    yield from _encounters(rows["observation_period"])
    yield from _medications()
    yield from map(_exposure, rows["drug_exposure"])
    yield from _studies(rows)
    yield from _procedures(rows["procedure_occurrence"])
    yield from _conditions(rows["condition_occurrence"])
    features = {row["image_feature_event_id"]: row for row in rows["image_feature"]}
    yield from _structures(rows["image_feature"])
    for row in rows["measurement"]:
        yield _size(row, features.get(row["measurement_id"])) if _dimension(row) in _SIZES else _observation(row)
    yield from _causes(rows["death"])


def patient_id(number: object) -> str:
    """The logical id of a person of the hospital."""
    return f"p{int(str(number)):06d}"


def _patients(rows: Mapping[str, Sequence[Row]]) -> Iterator[Json]:
    deaths = {row["person_id"]: row["death_date"] for row in rows["death"]}
    for row in rows["person"]:
        exact = row["birth_datetime"]
        patient = {"resourceType": "Patient", "id": patient_id(row["person_id"]),
                   "gender": "female" if row["gender_concept_id"] == codes.FEMALE else "male",
                   "birthDate": str(exact)[:10] if exact else str(row["year_of_birth"])}
        if row["person_id"] in deaths:
            patient["deceasedDateTime"] = str(deaths[row["person_id"]])
        yield patient


def _causes(rows: Sequence[Row]) -> Iterator[Json]:
    """What was died of, as an Observation, because Patient has no place for it."""
    for row in rows:
        concept, text = row["cause_concept_id"], row["cause_source_value"]
        if concept or text:
            cause = (LOCAL, f"cause-{concept}", "malignant neoplasm") if concept else (ICD_10, str(text))
            yield {"resourceType": "Observation", "id": f"cause-{row['person_id']}", "status": "final",
                   "subject": _subject(row), "effectiveDateTime": str(row["death_date"]),
                   "code": _concept((LOCAL, "cause-of-death", "cause of death")),
                   "valueCodeableConcept": _concept(cause)}


def _encounters(rows: Sequence[Row]) -> Iterator[Json]:
    """A contact on the first and on the last day under observation."""
    for row in rows:
        for end in ("start", "end"):
            day = str(row[f"observation_period_{end}_date"])
            yield {"resourceType": "Encounter", "id": f"enc-{row['observation_period_id']}-{end}", "status": "finished",
                   "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                   "subject": _subject(row), "period": {"start": day, "end": day}}


# --- drugs --------------------------------------------------------------------------------------


def _medications() -> Iterator[Json]:
    """The hospital's products, known by their ingredient."""
    for agent in codes.PRODUCTS:
        yield {"resourceType": "Medication", "id": f"product-{agent}",
               "code": _concept((LOCAL, f"product-{agent}", f"{agent} product")),
               "ingredient": [{"itemCodeableConcept": _ingredient(agent)}]}


def _ingredient(agent: str) -> Json:
    if agent in _ATC:
        return _concept((RXNORM, codes.RXNORM[agent], agent), (ATC, _ATC[agent], agent))
    return _concept((RXNORM, codes.RXNORM[agent], agent) if agent in codes.RXNORM else (LOCAL, agent.upper(), agent))


def _exposure(row: Row) -> Json:
    kind = _KINDS[int(str(row["drug_type_concept_id"]))]
    start, end = str(row["drug_exposure_start_date"]), str(row["drug_exposure_end_date"])
    made: Json = {"resourceType": kind, "id": f"drug-{row['drug_exposure_id']}", "subject": _subject(row),
                  "status": "completed", **_drug(row)}
    if kind == "MedicationRequest":
        return made | {"status": "active", "intent": "order", "authoredOn": start}
    if kind == "MedicationDispense":
        return made | {"whenHandedOver": start}
    if row["stop_reason"]:
        reason = {"text": row["stop_reason"]}
        made |= {"status": "stopped", "statusReason": [reason]}
    return made | ({"effectiveDateTime": start} if start == end else {"effectivePeriod": {"start": start, "end": end}})


def _drug(row: Row) -> Json:
    concept = int(str(row["drug_concept_id"]))
    if concept in _PRODUCTS:
        return {"medicationReference": {"reference": f"Medication/product-{_PRODUCTS[concept]}"}}
    if concept == codes.NIVOLUMAB_RELATLIMAB:
        return {"medicationCodeableConcept": _concept((ATC, "L01FY02", "nivolumab and relatlimab"))}
    if concept in _AGENTS:
        return {"medicationCodeableConcept": _ingredient(_AGENTS[concept])}
    return {"medicationCodeableConcept": _concept((HCPCS, str(row["drug_source_value"]), "billed"))}


# --- imaging ------------------------------------------------------------------------------------


def _studies(rows: Mapping[str, Sequence[Row]]) -> Iterator[Json]:
    for row in rows["image_occurrence"]:
        modality = {"system": DICOM, "code": "MR" if row["modality_concept_id"] == codes.MR else "CT"}
        yield {"resourceType": "ImagingStudy", "id": f"study-{row['image_occurrence_id']}", "status": "available",
               "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{row['image_study_uid']}"}],
               "modality": [modality], "subject": _subject(row), "started": str(row["image_occurrence_date"])}


def _structures(features: Sequence[Row]) -> Iterator[Json]:
    """A BodyStructure for each lesion; every third has no identifier, its id must do."""
    seen = set()
    for row in features:
        finding = int(str(row["image_finding_id"]))
        if finding in seen:
            continue
        seen.add(finding)
        organ = _ORGANS[int(str(row["anatomic_site_concept_id"]))]
        named = [] if finding % 3 == 0 else [{"system": LOCAL, "value": f"lesion {finding}"}]
        yield {"resourceType": "BodyStructure", "id": f"lesion-{finding}", "patient": _subject(row),
               **({"identifier": named} if named else {}), "location": _concept((LOCAL, f"organ-{organ}", organ))}


_SIZES = {codes.LONGEST: (LOINC, "33728-7"), codes.ADDITIONAL: (LOINC, "33729-5"),
          codes.UNSTATED_DIMENSION: (LOINC, "21889-1"), codes.PERPENDICULAR: (NCIT, "C96685", "Longest Perpendicular"),
          codes.VOLUME: (SNOMED, "118565006", "Volume")}


def _dimension(row: Row) -> int:
    """What was measured: a standard concept, else one of the hospital's own."""
    return int(str(row["measurement_concept_id"] or row.get("measurement_source_concept_id") or 0))


def _size(row: Row, feature: Row | None) -> Json:
    """A size: with components as in mCODE, as a plain value, or under an NCIt code."""
    finding = int(str(feature["image_finding_id"])) if feature else 0
    style = finding % 3 if _dimension(row) == codes.LONGEST else 1
    dimension, value = _SIZES[_dimension(row)], _value(row)
    role = _ROLES.get(str(row["measurement_source_value"]))
    made = _measured(row)
    if style == 0:
        parts = [{"code": _concept(dimension), **value}]
        if role:
            parts.append({"code": {"text": "lesion role"}, "valueCodeableConcept": _concept((NCIT, role))})
        made |= {"code": _concept((LOINC, "21889-1", "Size Tumor")), "component": parts}
    else:
        code = _concept((NCIT, "C96684", "Longest Diameter") if style == 2 else dimension)
        if role:
            code["coding"].append({"system": NCIT, "code": role})
        made |= {"code": code, **value}
    if feature:
        made["focus"] = [{"reference": f"BodyStructure/lesion-{finding}"}]
        made["derivedFrom"] = [{"reference": f"ImagingStudy/study-{feature['image_occurrence_id']}"}]
    return made


def _value(row: Row) -> Json:
    number, unit, text = row["value_as_number"], row["unit_source_value"], str(row["value_source_value"])
    if number is None:
        return {"dataAbsentReason": _concept((ABSENT, _ABSENT[text]))} if text in _ABSENT else {"valueString": text}
    quantity: Json = {"value": number}
    if unit is not None:
        quantity["unit"] = unit
        if row["unit_concept_id"] or unit != "mm":
            quantity |= {"system": UCUM, "code": unit}
    return {"valueQuantity": quantity}


# --- what else was measured, found and done -----------------------------------------------------


def _observation(row: Row) -> Json:
    concept, text = int(str(row["measurement_concept_id"])), row["measurement_source_value"]
    made = _measured(row)
    if text == "SUMDIAM":
        return made | {"code": _concept((NCIT, "C96632", "Sum of Longest Diameters")), **_value(row)}
    if concept in codes.RESPONSES.values():
        return made | {"code": _concept((LOCAL, "recist11", "RECIST 1.1 overall response")),
                       "valueCodeableConcept": {"text": text}}
    if concept == codes.ECOG:
        grade = int(float(str(row["value_as_number"])))
        return made | {"code": _concept((LOINC, "89247-1", "ECOG Performance Status score")),
                       "valueCodeableConcept": _concept((LOINC, _GRADES[grade]))}
    if concept == codes.HAEMOGLOBIN:
        quantity = {"value": row["value_as_number"], "unit": "g/dL", "system": UCUM, "code": "g/dL"}
        return made | {"code": _concept((LOINC, "718-7", "Hemoglobin")), "valueQuantity": quantity}
    system, code, name = _CODES[concept]
    uri = LOINC if system == "LOINC" else HGNC
    return made | {"code": _concept((uri, code, name)), "valueString": row["value_source_value"]}


_GRADES = ("LA9622-7", "LA9623-5", "LA9624-3", "LA9625-0", "LA9626-8", "LA9627-6")


def _measured(row: Row) -> Json:
    return {"resourceType": "Observation", "id": f"obs-{row['measurement_id']}", "status": "final",
            "subject": _subject(row), "effectiveDateTime": str(row["measurement_date"])}


def _conditions(rows: Sequence[Row]) -> Iterator[Json]:
    for row in rows:
        _, code, name = _CODES[int(str(row["condition_concept_id"]))]
        yield {"resourceType": "Condition", "id": f"cond-{row['condition_occurrence_id']}", "subject": _subject(row),
               "code": _concept((SNOMED, code, name)), "onsetDateTime": str(row["condition_start_date"])}


def _procedures(rows: Sequence[Row]) -> Iterator[Json]:
    """Radiation and surgery; an examination is an ImagingStudy."""
    for row in rows:
        system, code, name = _CODES[int(str(row["procedure_concept_id"]))]
        if system == "Synthetic":
            yield {"resourceType": "Procedure", "id": f"proc-{row['procedure_occurrence_id']}", "status": "completed",
                   "subject": _subject(row), "code": _concept((LOCAL, code, name)),
                   "performedDateTime": str(row["procedure_date"])}


def _subject(row: Row) -> Json:
    return {"reference": f"Patient/{patient_id(row['person_id'])}"}


def _concept(*coding: tuple[str, ...]) -> Json:
    names = ("system", "code", "display")
    return {"coding": [dict(zip(names, each, strict=False)) for each in coding]}
