"""Recorded responses: the value, the criteria and what was assessed, each as recorded or not known."""

import pytest

from hpd_etl.errors import ConfigurationError
from tests.fhir.given import SYSTEMS, administration, concept, observation, patient, quantity, read, resource, to

LOCAL = SYSTEMS["local"]
COLUMNS = ("source_id", "framework", "scope", "response")


def told(*resources, **settings):
    """What is read of these Observations of Ann."""
    return read(patient(), administration(), *resources, **settings)


def response(key, value, code="ncit C96613", **elements):
    """An assessment with a coded value."""
    return observation(key, concept(*code.split(", ")), **{
        "valueCodeableConcept": concept(value) if value else None, **elements})


def test_the_disease_status_of_mcode_is_a_judgement():
    """It names no criteria; improved is neither complete nor progressive, and no more than that."""
    codes = {"a": "271299001", "b": "359746009", "c": "268910001", "d": "709137006", "e": "103338009", "f": "103337004"}
    found = told(*(response(key, f"sct {code}", "loinc 97509-4") for key, code in codes.items()),
                 response("g", "sct 399409002", "loinc 97509-4"))
    assert found.rows("responses", *COLUMNS) == [
        ("Observation:a", "unstated", "overall", "PD"), ("Observation:b", "unstated", "overall", "SD"),
        ("Observation:c", "unstated", "overall", "NON_CR_NON_PD"), ("Observation:d", "unstated", "overall", "NE"),
        ("Observation:e", "unstated", "overall", "CR"), ("Observation:f", "unstated", "overall", "PR")]
    assert found.refused == [("Observation:g", "ann", "response_unknown")]


def test_categories_of_recist_in_their_codes():
    """NCIt, LOINC and DICOM; the scope stands in the test or in the value, the criteria in the value."""
    found = told(
        response("a", "ncit C35571"), response("b", "ncit C18058", "ncit C94534"),
        response("c", "ncit C35571", "ncit C94535"), response("d", "loinc LA28371-5", "loinc 88040-1"),
        response("e", "dcm 112043", "dcm 112048"), response("f", "dcm 112046", "dcm 112048"),
        response("g", "ncit C142360"), response("h", "ncit C140319"))
    assert found.rows("responses", *COLUMNS) == [
        ("Observation:a", "unstated", "overall", "PD"), ("Observation:b", "unstated", "target", "PR"),
        ("Observation:c", "unstated", "non_target", "PD"), ("Observation:d", "unstated", "overall", "SD"),
        ("Observation:e", "unstated", "target", "PD"), ("Observation:f", "unstated", "non_target", "NON_CR_NON_PD"),
        ("Observation:g", "iRECIST", "overall", "iUPD"), ("Observation:h", "irRECIST", "overall", "PD")]


def test_the_criteria_stand_around_the_value():
    """As method, category or component, of the Observation or of its panel; other criteria are refused by name."""
    panel = observation("p", concept("local visit"), method=concept("dcm 126081"), hasMember=[to("Observation", "d")])
    found = told(
        response("a", "ncit C18213", method=concept("ncit C124415")),
        response("b", "ncit C18213", category=[concept(text="iRECIST")]),
        response("c", "ncit C18213", component=[
            {"code": concept("dcm 112021"), "valueCodeableConcept": concept(text="RECIST 1.1")}]),
        panel, response("d", "ncit C18213"), response("e", "ncit C18213", method=concept("ncit C114879")),
        response("f", "ncit C18213", method=concept("ncit C124414")))
    assert found.rows("responses", "source_id", "framework") == [
        ("Observation:a", "RECIST1.1"), ("Observation:b", "iRECIST"), ("Observation:c", "RECIST1.1"),
        ("Observation:d", "RECIST1.1")]
    assert found.refused == [(f"Observation:{key}", "ann", "framework_unknown") for key in "ef"]


def test_the_response_to_targets_and_non_targets_as_components():
    """One assessment tells three things; each is a row of the same resource."""
    parts = [{"code": concept(f"ncit {code}"), "valueCodeableConcept": concept(f"ncit {value}")}
             for code, value in (("C94534", "C18213"), ("C94535", "C35571"))]
    found = told(response("a", "ncit C35571", component=parts))
    assert found.rows("responses", *COLUMNS) == [
        ("Observation:a", "unstated", "non_target", "PD"), ("Observation:a", "unstated", "overall", "PD"),
        ("Observation:a", "unstated", "target", "SD")]
    assert found.used["counts"]["Observation responses"] == {"read": 3, "kept": 3, "refused": 0, "ignored": 0}


def test_words_and_local_codes():
    """The submission values of CDISC in words; everything else where the site says what it means."""
    found = told(
        response("a", None, "local recist", valueString="pd"),
        response("b", None, "local recist", valueCodeableConcept=concept(text="NON-CR/NON-PD")),
        response("c", "local V"), response("d", None, valueString="Vollremission"), response("e", "local T"),
        mapping={"measurements": {f"{LOCAL}|recist": "response:RECIST1.1"},
                 "responses": {f"{LOCAL}|V": "CR", "Vollremission": "CR"}})
    assert found.rows("responses", *COLUMNS) == [
        ("Observation:a", "RECIST1.1", "overall", "PD"), ("Observation:b", "RECIST1.1", "overall", "NON_CR_NON_PD"),
        ("Observation:c", "unstated", "overall", "CR"), ("Observation:d", "unstated", "overall", "CR")]
    assert found.refused == [("Observation:e", "ann", "response_unknown")]


def test_the_best_response_is_no_assessment_of_a_day():
    """It sums up a course, so it is not read."""
    assert told(response("a", "ncit C35571", "ncit C94536"), response("b", "dcm 112043", "dcm 112049")).rows(
        "responses", "source_id") == []


def test_an_assessment_has_its_own_day():
    """Not that of the study it looks at, and never that of its issue."""
    report = {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "subject": to("Patient", "ann"),
              "effectiveDateTime": "2020-05", "result": [to("Observation", "b")]}
    found = told(response("a", "ncit C35571", on="2020-04-30T09:00:00+02:00"), response("b", "ncit C35571", on=None),
                 response("c", "ncit C35571", on=None, issued="2020-05-01T00:00:00Z"), report)
    assert found.rows("responses", "source_id", "assessed_on", "date_precision") == [
        ("Observation:a", "2020-04-30", None), ("Observation:b", "2020-05-01", "month")]
    assert found.refused == [("Observation:c", "ann", "no_date")]


def test_a_response_that_is_not_final_is_refused():
    """Preliminary assessments are read once they are final."""
    found = told(response("a", "ncit C35571", status="preliminary"), response("b", "ncit C35571", status="amended"))
    assert found.rows("responses", "source_id") == [("Observation:b",)]
    assert found.refused == [("Observation:a", "ann", "not_final")]


def test_an_unknown_response_of_the_site_is_a_configuration_error():
    """The right-hand side is a response we know."""
    with pytest.raises(ConfigurationError, match=r"mapping\.responses"):
        told(response("a", "local V"), mapping={"responses": {f"{LOCAL}|V": "gone"}})


def test_performance_status():
    """A number, a LOINC answer or a grade of SNOMED; anything outside 0 to 5 is refused."""
    found = told(
        observation("a", concept("loinc 89247-1"), valueInteger=1),
        observation("b", concept("loinc 89262-0"), valueCodeableConcept=concept("loinc LA9624-3")),
        observation("c", concept("loinc 89247-1"), valueQuantity={"value": 3, "unit": "{score}"}),
        observation("d", concept("loinc 89247-1"), valueInteger=9),
        observation("e", concept("sct 423740007"), valueCodeableConcept=concept(text="good")))
    assert found.rows("findings", "source_id", "finding", "assessed_on", "value_number", "value_code") == [
        ("Observation:a", "ecog", "2020-02-20", 1.0, None), ("Observation:b", "ecog", "2020-02-20", 2.0, None),
        ("Observation:c", "ecog", "2020-02-20", 3.0, None)]
    assert found.refused == [("Observation:d", "ann", "value_out_of_range"), ("Observation:e", "ann", "no_value")]


def test_biomarkers_and_panels_of_them():
    """Numbers, answers, other codes and words; a bound is no number; each component of a panel is a finding."""
    panel = observation("p", concept("local panel"), component=[
        {"code": concept("loinc 81691-8"), "valueCodeableConcept": concept(text="Positive")},
        {"code": concept("loinc 81695-9"), "valueCodeableConcept": concept("loinc LA26203-2")}])
    found = told(
        panel, observation("a", concept("loinc 83053-9"), valueQuantity=quantity(60, "%")),
        observation("b", concept("loinc 83053-9"), valueQuantity={**quantity(1, "%"), "comparator": "<"}),
        observation("c", concept("ncit C184941"), valueCodeableConcept=concept("sct 10828004 Positive")),
        observation("d", concept("loinc 94076-7"), valueQuantity=quantity(12.5, "{mut}/Mb")),
        observation("e", concept("loinc 62862-8"), valueBoolean=True), observation("f", concept("loinc 83052-1")))
    assert found.rows("findings", "source_id", "finding", "value_number", "value_code") == [
        ("Observation:a", "pdl1", 60.0, None), ("Observation:b", "pdl1", None, "<1"),
        ("Observation:c", "pdl1", None, "SNOMED CT:10828004"), ("Observation:d", "tmb", 12.5, None),
        ("Observation:e", "msi", None, "true"), ("Observation:p", "mmr", None, "Positive"),
        ("Observation:p", "msi", None, "MSI-H")]
    assert found.refused == [("Observation:f", "ann", "no_value")]


def test_a_gene_variant():
    """The gene is a component, the answer the value; genes that nobody asked about are ignored."""
    def variant(key, gene, answer):
        studied = concept(f"http://www.genenames.org/geneId {gene}")
        return observation(key, concept("loinc 69548-6"), valueCodeableConcept=concept(f"loinc {answer}"), component=[
            {"code": concept("loinc 48018-6"), "valueCodeableConcept": studied}])

    found = told(variant("a", "HGNC:3236", "LA9633-4"), variant("b", "6973", "LA9634-2"),
                 variant("c", "HGNC:11998", "LA9633-4"))
    assert found.rows("findings", "source_id", "finding", "value_code") == [
        ("Observation:a", "egfr", "present"), ("Observation:b", "mdm2", "absent")]
    assert found.used["counts"]["Observation findings"] == {"read": 3, "kept": 2, "refused": 0, "ignored": 1}


def test_diagnoses_tell_site_and_histology():
    """By SNOMED or by a class of ICD-10-CM, on the day they began; what is refuted or not sure is none."""
    def diagnosis(key, code, verification="confirmed", **elements):
        status = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                              "code": verification}]}
        return resource("Condition", key, **{
            "subject": to("Patient", "ann"), "code": concept(*code.split(", ")), "verificationStatus": status,
            "onsetDateTime": "2019-05", **elements})

    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    found = told(
        diagnosis("a", "sct 254626006"), diagnosis("b", f"{icd} C22.0"), diagnosis("c", f"{icd} C1811"),
        diagnosis("d", "sct 372244006", "refuted"), diagnosis("e", "sct 372244006", "entered-in-error"),
        diagnosis("f", "sct 372244006", "provisional"), diagnosis("g", "sct 128462008, sct 363358000"),
        diagnosis("h", "sct 372244006", onsetDateTime=None), diagnosis("i", "sct 38341003"),
        diagnosis("j", "sct 372244006", onsetDateTime=None, recordedDate="2019-06-02"))
    assert found.rows("findings", "source_id", "finding", "value_code", "assessed_on", "date_precision") == [
        ("Condition:a", "histology", "adenocarcinoma", "2019-05-01", "month"),
        ("Condition:a", "primary_site", "lung", "2019-05-01", "month"),
        ("Condition:b", "histology", "hepatocellular_carcinoma", "2019-05-01", "month"),
        ("Condition:b", "primary_site", "liver", "2019-05-01", "month"),
        ("Condition:c", "primary_site", "colorectal", "2019-05-01", "month"),
        ("Condition:j", "histology", "melanoma", "2019-06-02", None)]
    assert found.refused == [("Condition:d", "ann", "refuted"), ("Condition:e", "ann", "entered_in_error"),
                             ("Condition:f", "ann", "not_final"), ("Condition:h", "ann", "no_date")]
