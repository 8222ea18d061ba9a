"""What a label is as FHIR resources: elements, codes, units, ids; and what validators that others wrote say to it."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fhirkit
import orjson
import pytest

from hpd_etl import assets
from hpd_etl.config import Criteria, Study
from hpd_etl.errors import WriteBackError
from hpd_etl.schema import METRICS, Labels
from hpd_etl.sinks.fhir import validation
from hpd_etl.sinks.fhir.comparison import compare, same
from hpd_etl.sinks.fhir.files import FolderStore
from hpd_etl.sinks.fhir.label_resources import LabelResources, Writing
from tests.fhir import labelled
from tests.fhir.labelled import CANONICAL, Json
from tests.sinks import given

if TYPE_CHECKING:
    from types import ModuleType

OURS = f"{CANONICAL}/CodeSystem"


def made(labels: Labels | None = None, *, month_days: float = 30.4375, there: bool = True, salt: str = "north",
         study: str = "alpha") -> LabelResources:
    """The resources of labels."""
    asked = Study(id=study, criteria=Criteria(use=("champiat2017", "ferrara2018"), month_days=month_days))
    writing = Writing(CANONICAL, salt, "run-1", "2026-11-21T10:00:00Z", there)
    return LabelResources(labels or labelled.labels(), given.definitions(), asked, writing)


def with_metrics(**values: Any) -> Labels:
    """Labels whose metrics have these values, all else missing."""
    held = labelled.labels()
    keys = held.metrics[["person_id", "measure_set"]]
    return Labels.of({"labels": held.labels, "evidence": held.evidence,
                      "metrics": METRICS.frame(keys.assign(**values))})


def of(resources: LabelResources, person: str = "11", definition: str = "champiat2017") -> int:
    """The row of a label."""
    return next(row for row in range(len(resources))
                for found in [written(resources.observation(row))]
                if found["subject"]["reference"] == f"Patient/{person}"
                and found["method"]["coding"][0]["code"] == definition)


def written(resource: Json) -> Json:
    """A resource as its reader has it."""
    found: Json = json.loads(orjson.dumps(resource))
    return found


def label(resources: LabelResources, person: str = "11", definition: str = "champiat2017") -> Json:
    """The Observation of a person under a definition, as it is written."""
    return written(resources.observation(of(resources, person, definition)))


def component(observation: Json, name: str) -> Json:
    """One component, without its code."""
    [found] = [each for each in observation["component"]
               if each["code"]["coding"] == [{"system": f"{OURS}/hpd-observation", "code": name}]]
    return {key: value for key, value in found.items() if key != "code"}


def quantity(value: float, unit: str) -> Json:
    """A number in UCUM."""
    return {"valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}}


# --- the Observation ----------------------------------------------------------------------------


def test_an_hpd_label_says_who_what_when_and_how() -> None:
    """Code and answer are of our code systems; the date is that of the deciding assessment, never of the run."""
    found = label(made())
    assert found["resourceType"] == "Observation"
    assert found["status"] == "final"
    assert found["category"] == [{"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "imaging"}]}]
    assert found["code"]["coding"] == [{"system": f"{OURS}/hpd-observation", "code": "hpd-status"}]
    assert found["subject"] == {"reference": "Patient/11"}
    assert found["effectiveDateTime"] == "2021-04-12"
    assert found["issued"] == "2026-11-21T10:00:00Z"
    assert found["valueCodeableConcept"] == {"coding": [{"system": f"{OURS}/hpd-status", "code": "hpd"}]}
    assert "dataAbsentReason" not in found
    assert found["method"]["coding"] == [
        {"system": f"{OURS}/hpd-definition", "version": "1", "code": "champiat2017"}]
    assert found["note"] == [{"text": "Research use only; not for the care of an individual patient"}]
    assert found["identifier"] == [{"system": f"{CANONICAL}/hpd-label", "value": found["id"].removeprefix("hpd-")}]


def test_no_hyperprogression_is_an_answer_too() -> None:
    """NOT_HPD has a value."""
    assert label(made(), "12")["valueCodeableConcept"]["coding"][0]["code"] == "not-hpd"


def test_who_is_not_evaluable_has_no_value_but_all_reasons() -> None:
    """The standard code first, then our reasons, the primary one first; a number that cannot exist is another case."""
    held = labelled.labels()
    held.labels.loc[:, "reasons"] = "no_prebaseline_scan;local_therapy"
    found = label(made(held), "13")
    assert "valueCodeableConcept" not in found
    assert found["dataAbsentReason"] == {"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"},
        {"system": f"{OURS}/hpd-reason", "code": "no_prebaseline_scan"},
        {"system": f"{OURS}/hpd-reason", "code": "local_therapy"}]}
    held.labels.loc[:, ["primary_reason", "reasons"]] = "pre_growth_nonpositive"
    assert label(made(held), "13")["dataAbsentReason"]["coding"][0]["code"] == "not-applicable"


def test_flags_assumptions_and_parameters_are_components() -> None:
    """What a careful reader asks for stands in the label itself, without an extension."""
    found = label(made())
    assert component(found, "flags") == {"valueCodeableConcept": {"coding": [
        {"system": f"{OURS}/hpd-flag", "code": "same_day_baseline"}]}}
    assert component(found, "reasons") == {"valueCodeableConcept": {"coding": [
        {"system": f"{OURS}/hpd-reason", "code": "rule_met"}]}}
    assert component(found, "confirmation")["valueCodeableConcept"]["coding"][0]["code"] == "not_applicable"
    assert component(found, "assumed-fields") == {"valueString": "windows"}
    assert component(found, "params-sha256") == {"valueString": "p1"}
    assert component(found, "study") == {"valueString": "alpha"}
    assert component(found, "index-date") == {"valueDateTime": "2021-03-01"}


# --- numbers ------------------------------------------------------------------------------------


def test_every_metric_is_a_component_in_ucum() -> None:
    """Lengths in mm, days in d, ratios and counts in 1, growth per month of 30.4375 days, responses as codes."""
    values = {"s0_mm": 50.5, "dt_pre_days": 61, "tgk_post": 12.0, "tgr_pre": 8.5, "tgr_delta": 41.25,
              "tgr_ratio": 3.5, "sld_change_pct": -12.5, "new_lesions": 2, "response_first": "PD"}
    found = label(made(with_metrics(**values)))
    assert component(found, "s0-mm") == quantity(50.5, "mm")
    assert component(found, "dt-pre-days") == quantity(61, "d")
    assert component(found, "tgk-post") == quantity(12.0, "mm/mo")
    assert component(found, "tgr-pre") == quantity(8.5, "%/mo")
    assert component(found, "tgr-delta") == quantity(41.25, "%/mo")
    assert component(found, "tgr-ratio") == quantity(3.5, "1")
    assert component(found, "sld-change-pct") == quantity(-12.5, "%")
    assert component(found, "new-lesions") == quantity(2, "1")
    assert isinstance(component(found, "new-lesions")["valueQuantity"]["value"], int)
    assert component(found, "response-first") == {"valueCodeableConcept": {"coding": [
        {"system": f"{OURS}/hpd-response", "code": "PD"}]}}
    assert component(found, "principal-value") == quantity(3.5, "1")


def test_another_length_of_a_month_is_written_per_day() -> None:
    """UCUM's month is 30.4375 days; with one of 28 days, 14 mm a month are 0.5 mm a day."""
    found = label(made(with_metrics(tgk_post=14.0, tgr_pre=7.0, tgr_ratio=3.5), month_days=28.0))
    assert component(found, "tgk-post") == quantity(0.5, "mm/d")
    assert component(found, "tgr-pre") == quantity(0.25, "%/d")
    assert component(found, "tgr-ratio") == quantity(3.5, "1")


def test_a_missing_metric_says_why() -> None:
    """A component without a value has our reason; one that is infinite says so."""
    missing = "tgr_pre=no_prebaseline_scan;tgr_ratio=no_prebaseline_scan;tgr_ratio=local_therapy"
    found = label(made(with_metrics(missing=missing, tgr_post=math.inf)))
    assert component(found, "tgr-ratio") == {"dataAbsentReason": {"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"},
        {"system": f"{OURS}/hpd-reason", "code": "no_prebaseline_scan"},
        {"system": f"{OURS}/hpd-reason", "code": "local_therapy"}]}}
    assert component(found, "tgr-post")["dataAbsentReason"]["coding"][0]["code"] == "positive-infinity"
    assert component(found, "s0-mm")["dataAbsentReason"]["coding"] == [
        {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]


# --- sources ------------------------------------------------------------------------------------


def test_a_label_is_derived_from_the_measurements_and_its_provenance_names_the_versions() -> None:
    """R4 lets an Observation be derived from Observations, not from doses; the first dose is in the Provenance."""
    resources = made()
    row = of(resources)
    assert label(resources)["derivedFrom"] == [
        {"reference": "Observation/base"}, {"reference": "Observation/post"}, {"reference": "Observation/pre"}]
    found = written(resources.provenance(row))
    assert found["target"] == [{"reference": f"Observation/{resources.ids[row]}"}]
    assert [(each["role"], each["what"]["reference"], each["what"]["display"]) for each in found["entity"]] == [
        ("source", "Observation/base/_history/3", "baseline"),
        ("source", "MedicationAdministration/dose/_history/2", "index_dose"),
        ("source", "Observation/post/_history/1", "post"),
        ("source", "Observation/pre", "pre")]
    assert found["activity"]["coding"][0]["code"] == "CREATE"
    assert found["agent"][0]["type"]["coding"][0]["code"] == "transformer"
    assert found["agent"][0]["who"] == label(resources)["device"] == {"reference": f"Device/{resources.device['id']}"}


def test_sources_that_the_sink_does_not_hold_are_identifiers() -> None:
    """Nothing refers to a resource that is not there."""
    resources = made(given.labels(), there=False)
    assert "derivedFrom" not in label(resources)
    assert written(resources.provenance(of(resources)))["entity"][1] == {"role": "source", "what": {
        "identifier": {"system": f"{CANONICAL}/hpd-source", "value": "drug_exposure:501"}, "display": "index_dose"}}


def test_the_device_is_the_software_with_its_version() -> None:
    """One Device a release."""
    device = made().device
    assert device["version"] == [{"value": "0.1.0"}]
    assert device["deviceName"] == [{"name": "hpd-etl", "type": "model-name"}]


def test_what_rests_on_nothing_has_no_empty_lists() -> None:
    """Neither numbers nor sources: what is said in words is there, and the bytes are JSON."""
    held = labelled.labels()
    resources = made(Labels.of({"labels": held.labels}))
    found = label(resources)
    assert [each["code"]["coding"][0]["code"] for each in found["component"]] == [
        "principal-value", "index-date", "reasons", "flags", "confirmation", "assumed-fields", "measure-set",
        "params-sha256", "cohort", "study"]
    assert "derivedFrom" not in found
    assert "entity" not in written(resources.provenance(of(resources)))


def test_what_a_server_writes_otherwise_is_the_same() -> None:
    """Elements in another order, whole numbers with a point, its own address: no difference; another number is one."""
    resources = made(with_metrics(new_lesions=2))
    wanted, found = resources.observation(of(resources)), label(resources)
    text = json.dumps(found, sort_keys=True).replace('"value": 2}', '"value": 2.0}')
    assert same(found, wanted, "")
    assert '"value": 2.0}' in text
    assert same(json.loads(text), wanted, "")
    assert same(json.loads(text.replace("Observation/", "https://there/Observation/")), wanted, "https://there/")
    assert not same(json.loads(text.replace('"value": 2.0}', '"value": 3}')), wanted, "")
    assert not same({**found, "bodySite": {"text": "liver"}}, wanted, "")


# --- ids ----------------------------------------------------------------------------------------


def test_ids_say_what_a_label_is_about_and_nothing_else() -> None:
    """The same in every run; another salt, study, person or definition gives another; none tells the person."""
    ids = made().ids
    assert ids == made().ids
    assert len(set(ids)) == 8
    assert all(len(name) == 44 and set(name[4:]) <= set("0123456789abcdef") for name in ids)
    assert not set(ids) & (set(made(salt="south").ids) | set(made(study="beta").ids))
    assert made().is_of_study(ids[0])
    assert not made(study="beta").is_of_study(ids[0])
    assert not made(salt="south").is_of_study(ids[0])


def test_the_order_of_rows_does_not_matter() -> None:
    """Labels, metrics and evidence shuffled are the same resources."""
    shuffled = Labels.of({table.name: frame.sample(frac=1, random_state=3) for table, frame in labelled.labels()})
    ours, theirs = made(), made(shuffled)
    for row in range(8):
        assert written(ours.observation(row)) == written(theirs.observation(row))
        assert written(ours.provenance(row)) == written(theirs.provenance(row))


# --- valid --------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", [True, False])
def test_a_validator_that_others_wrote_finds_no_fault(there: bool) -> None:
    """fhirkit-rs, which knows the R4 specification and is neither fhir.resources nor pydantic, accepts all of them."""
    resources = made(there=there)
    for each in [resources.device, *(build(row) for row in range(8)
                                     for build in (resources.observation, resources.provenance))]:
        assert fhirkit.validate(written(each)) == []


def test_what_is_wrong_is_named_without_its_value() -> None:
    """An invalid resource is refused before anything is sent; the element is told, not what stands in it."""
    wrong = {**label(made()), "effectiveDateTime": "the 4th of May", "subject": {"refer": "Patient/secret"}}
    with pytest.raises(WriteBackError, match=r"Observation\.effectiveDateTime \(1\)") as caught:
        validation.require_valid([wrong])
    assert "May" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_sample_is_every_shape_and_one_in_so_many(tmp_path: Path) -> None:
    """Of eight labels one in four is made beside every shape; all of them only where all are asked for."""
    resources = made()
    plan = compare(FolderStore(tmp_path), resources, CANONICAL)
    shapes = len({resources.shape(row) for row in range(8)})
    chosen = {each["id"] for each in plan.sample(4)}
    assert {resources.device["id"], resources.ids[0], resources.ids[4]} <= chosen
    assert len(chosen) <= 1 + shapes + 2
    assert {resources.shape(row) for row in range(8) if resources.ids[row] in chosen} == {
        resources.shape(row) for row in range(8)}
    assert len(list(plan.resources())) == 17


# --- published ----------------------------------------------------------------------------------


def generator() -> ModuleType:
    """`docs/codes.py` as a module."""
    spec = importlib.util.spec_from_file_location("codes", Path(__file__).parents[2] / "docs" / "codes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_published_code_systems_are_those_that_labels_use() -> None:
    """The files are what docs/codes.py makes now, and valid FHIR."""
    files = {path.name: path.read_text("utf-8") for path in (assets.folder("mappings") / "fhir").glob("*.json")}
    assert files == generator().artefacts()
    for content in files.values():
        assert fhirkit.validate(json.loads(content)) == []


def test_every_code_of_ours_in_a_label_is_published() -> None:
    """No resource bears a code that the code systems lack."""
    published = {(each["url"], concept["code"]) for path in (assets.folder("mappings") / "fhir").glob("CodeSystem-*")
                 for each in [json.loads(path.read_text("utf-8"))] for concept in each["concept"]}
    resources = made(with_metrics(missing="tgr_pre=no_prebaseline_scan", response_first="PD"))
    used = {coding for row in range(8) for coding in codings(written(resources.observation(row)))
            if coding[0].startswith(OURS)}
    assert used
    assert used <= published


def codings(part: Any) -> set[tuple[str, str]]:
    """Every system and code in a part of a resource."""
    if isinstance(part, list):
        return set().union(*map(codings, part))
    if not isinstance(part, dict):
        return set()
    own = {(part["system"], part["code"])} if {"system", "code"} <= part.keys() else set()
    return own.union(*map(codings, part.values()))
