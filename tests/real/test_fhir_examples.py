"""The published examples of mCODE and of the German onkologie module, read as they were published."""

import json
from pathlib import Path

import pytest

from tests.fhir.given import administration, patient, read, structure

EXAMPLES = Path(__file__).parents[3] / "shared" / "data" / "fhir"
pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the published examples are not beside this checkout")


def example(name, **changes):
    """A published example; `None` leaves an element out."""
    text = next(EXAMPLES.rglob(f"{name}.json")).read_text("utf-8")
    return {key: value for key, value in (json.loads(text) | changes).items() if value is not None}


def told(person, *resources):
    """What is read of these, of a treated person."""
    return read(patient(person), administration(who=person), *resources)


def test_a_size_by_pathology_is_not_imaging():
    """Both mCODE examples were measured on tissue: Jenny's names the specimen too, Eve's the lesion."""
    jenny = told("cancer-patient-jenny-m", example("Observation-tumor-size-jenny-m"))
    eve = told("cancer-patient-eve-anyperson", example("Observation-tumor-size-pathology"),
               example("BodyStructure-tumor-lobular-carcinoma-left-breast"))
    assert jenny.refused == [("Observation:tumor-size-jenny-m", "cancer-patient-jenny-m", "not_imaging")]
    assert eve.refused == 2 * [("Observation:tumor-size-pathology", "cancer-patient-eve-anyperson", "not_imaging")]


def test_the_same_size_by_imaging_is_read():
    """Without the method Eve's example is a lesion of 12 mm known by its identifier; 5 mm across is of no direction."""
    eve = told("cancer-patient-eve-anyperson", example("Observation-tumor-size-pathology", method=None),
               example("BodyStructure-tumor-lobular-carcinoma-left-breast"))
    assert eve.rows("lesions", "lesion_id", "organ", "scan_date", "diameter_mm", "status", "identity") == [
        ("http://radiology.hospital.example.org|Tumor 1234", "left breast", "2019-05-01", 12.0, "measured",
         "body_structure_identifier"),
        ("http://radiology.hospital.example.org|Tumor 1234", "left breast", "2019-05-01", None, "not_assessed",
         "body_structure_identifier")]
    assert eve.refused == [
        ("Observation:tumor-size-pathology", "cancer-patient-eve-anyperson", "dimension_unknown")]


def test_a_size_of_a_disease_names_no_lesion():
    """The German example points at the diagnosis; with a BodyStructure its SNOMED code says which dimension."""
    size = "Observation-mii-exa-onko-tumorgroesse"
    assert told("example", example(size)).refused == [
        ("Observation:mii-exa-onko-tumorgroesse", "example", "no_lesion_identity")]
    focused = told("example", structure(who="example"),
                   example(size, focus=[{"reference": "BodyStructure/L1"}]))
    assert focused.rows("lesions", "organ", "scan_date", "diameter_mm") == [("left breast", "2024-03-15", 25.0)]


def test_local_categories_of_response_are_refused_until_mapped():
    """The German overall assessment has codes of its own; components on its parts are no responses."""
    course = example("Observation-mii-exa-onko-verlauf-tumor")
    assert told("example", course).refused == [
        ("Observation:mii-exa-onko-verlauf-tumor", "example", "response_unknown")]
    value = course["valueCodeableConcept"]["coding"][0]
    own = {"responses": {f"{value['system']}|{value['code']}": "SD"}}
    mapped = read(patient("example"), administration(who="example"), course, mapping=own)
    assert mapped.rows("responses", "assessed_on", "framework", "scope", "response") == [
        ("2024-02-08", "unstated", "overall", "SD")]


def test_a_diagnosis_outside_the_list_tells_nothing():
    """Breast is no site of the list, and the German edition is no ICD-10-CM."""
    found = told("example", example("Condition-mii-exa-onko-diagnose"))
    assert found.rows("findings", "finding") == []
    assert found.refused == []
