"""Servers want to be asked in different ways; whichever it is, the same patients give the same Records."""

import json
import re
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest

from hpd_etl.config import FhirAccess, FhirServerSource
from hpd_etl.errors import ConfigurationError, UnsupportedVersionError
from hpd_etl.fhir_http import connect
from hpd_etl.sources.fhir.fetch.quirks import choose, profiles
from hpd_etl.sources.fhir.fetch.searches import Searches
from hpd_etl.sources.fhir.fetch.slices import Slice, SliceReader
from hpd_etl.sources.fhir.records.assembly import selection
from tests.fhir.given import (
    STUDY,
    administration,
    concept,
    observation,
    patient,
    quantity,
    resource,
    structure,
    to,
)
from tests.fhir.ward import extracted, rows, source, ward
from tests.fhir.wire import changed, linked, status, wired

CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"
TWO = ("product", "worded")
REQUIRED = status(400, body=json.dumps({"resourceType": "OperationOutcome", "issue": [
    {"severity": "fatal", "code": "required"}]}).encode())


@pytest.fixture(scope="module")
def base(new_fhir_server, stored):
    """A server that holds the ward, and a Group of two of its patients."""
    base = new_fhir_server()
    stored(base, [*ward(), {"resourceType": "Group", "id": "two", "type": "person", "actual": True,
                            "member": [{"entity": to("Patient", who)} for who in TWO]}])
    return base


def called(wire, software, **statement):
    """Let the server say that it is another software."""
    wire.on("GET .*/metadata", changed(lambda body: json.dumps(
        json.loads(body) | {"software": {"name": software}} | statement).encode()))


def epic(wire):
    """Let the server behave as Epic: a patient, a category or code of the top; nothing included, by GET."""
    called(wire, "Epic")
    wire.on("GET .*patient=[^&]*(%2C|,)", REQUIRED)
    wire.on("GET .*/Observation[?](?!.*[?&](category|code|_id|_offset)=)", REQUIRED)
    wire.on("GET .*/Medication[A-Z]\\w*[?](?!.*(patient|_id)=)", REQUIRED)
    wire.on("GET .*(_include|_revinclude|_lastUpdated|component-code|combo-code)", REQUIRED)
    wire.on("POST .*", status(405))


def oracle(wire):
    """Let the server behave as Oracle Health: one patient, no two times, no count, codes with their system."""
    called(wire, "Oracle Health Millennium")
    for refused in ("_include", "_revinclude", "_summary", "[?&]date=.*_lastUpdated=", "_lastUpdated=.*[?&]date=",
                    "patient=[^&]*(%2C|,)", "patient=.*[?&]code=", "[?&]code=.*patient="):
        wire.on(f"GET .*{refused}", REQUIRED)
    wire.on("POST .*", status(405))


def searches(wire):
    """What every search asked for: its parameters."""
    return [parse_qs(urlsplit(asked.path).query) | parse_qs(asked.body.decode()) for asked in wire.asked]


# --- profiles ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("software", "profile"), [
    ("Epic", "epic"), ("EPIC Interconnect", "epic"), ("Cerner Millennium", "oracle"), ("Oracle Health", "oracle"),
    ("HAPI FHIR Server", "generic"), ("", "generic")])
def test_the_software_tells_the_profile(wire, quick, software, profile):
    """The CapabilityStatement names the software, and the manifest says that it decided."""
    called(wire, software)
    with connect(quick(wire.url), []) as session:
        mode = choose(session)
    assert mode.quirks.name == profile
    assert f"profile {profile}: " in mode.why[0]


def test_the_site_knows_better_than_the_software(wire, quick):
    """A profile that site.toml names is taken whatever the software."""
    with connect(quick(wire.url), []) as session:
        assert choose(session, "oracle").told()["profile"] == "oracle"


def test_the_profiles_are_those_of_the_configuration():
    """The profiles of the configuration are those that are declared."""
    assert {"auto", *profiles()} == set(get_args(FhirServerSource.model_fields["quirks"].annotation))


def test_epic_wants_one_patient_and_a_category_or_code(wire, quick, ward_rows):
    """Categories and codes are asked for one by one, and what comes back is put together."""
    epic(wire)
    records, used = extracted(quick(wire.url), group="two")
    assert rows(records) == {name: [row for row in table if row[0] in TWO] for name, table in ward_rows.items()}
    assert used["mode"]["profile"] == "epic"
    asked = [each for each in searches(wire) if "category" in each]
    assert {each["category"][0] for each in asked} == {"imaging", "laboratory", "exam"}


def test_what_only_a_category_or_only_a_code_finds_is_there_once(new_fhir_server, stored, quick):
    """Epic looks for codes at the top alone, and not all that is coded has a category: neither search is enough."""
    def seen(key, code, *, imaging):
        category = [concept(f"{CATEGORIES} imaging")] if imaging else None
        return observation(key, concept(code), on=f"2020-02-2{len(key)}", focus=[to("BodyStructure", "L1")],
                           category=category, component=[{"code": concept("loinc 33728-7"),
                                                          "valueQuantity": quantity(20)}])

    base = new_fhir_server()
    stored(base, [patient(), administration(), structure(), seen("a", "loinc 21889-1", imaging=False),
                  seen("bb", "local X", imaging=True), seen("ccc", "loinc 21889-1", imaging=True),
                  resource("Group", "one", type="person", actual=True, member=[{"entity": to("Patient", "ann")}])])
    with wired(base) as wire:
        epic(wire)
        records, _ = extracted(quick(wire.url), group="one")
        by_code = [each for each in wire.asked if "Observation?" in each.path and "code=" in each.path]
        assert by_code
        assert not [each for each in wire.asked if "component-code" in each.path or "combo-code" in each.path]
    assert sorted(records.lesions["source_id"].str.partition("/")[0]) == [
        "Observation:a", "Observation:bb", "Observation:ccc"]


@pytest.mark.parametrize("software", ["Epic", "Cerner"])
def test_a_server_that_wants_a_patient_needs_a_group(wire, quick, software):
    """Where nobody can be searched by drug, the site says who is looked at, or exports."""
    called(wire, software)
    with pytest.raises(ConfigurationError) as failed:
        extracted(quick(wire.url))
    assert "source.group" in failed.value.remedy
    assert "fhir_bulk" in failed.value.remedy


def test_oracle_wants_no_two_times_in_one_search(wire, quick, ward_rows):
    """Never both date and _lastUpdated, no counts, one patient, dates with a prefix, and no codes without a system."""
    oracle(wire)
    wire.on(".*/Observation", status(410), at=1)
    records, used = extracted(quick(wire.url), group="two")
    assert rows(records) == {name: [row for row in table if row[0] in TWO] for name, table in ward_rows.items()}
    assert used["mode"]["count"] == "none"
    asked = searches(wire)
    assert not [each for each in asked if {"date", "_lastUpdated"} <= each.keys() or "_summary" in each]
    assert not [each for each in asked if "," in each.get("patient", [""])[0]]
    assert not [each for each in asked if {"patient", "code"} <= each.keys()]
    dates = [value for each in asked for value in each.get("date", [])]
    assert dates
    assert all(re.fullmatch("(ge|lt)[0-9]{4}-[0-9]{2}-[0-9]{2}", value) for value in dates)


def test_no_search_holds_two_parameters_that_exclude_each_other(wire, quick):
    """A type without a date of its own is cut by `_lastUpdated`, where the server has it, but never beside a date."""
    def undated(body):
        statement = json.loads(body)
        for each in statement["rest"][0]["resource"]:
            each["searchParam"] = [one for one in each["searchParam"] if one["name"] != "date"] + [
                {"name": "_lastUpdated", "type": "date"}]
        return json.dumps(statement).encode()

    wire.on("GET .*/metadata", changed(undated))
    with connect(quick(wire.url), []) as session:
        told = {name: choose(session, name) for name in ("generic", "oracle")}
    assert {mode.date_parameter("Observation") for mode in told.values()} == {"_lastUpdated"}
    assert told["generic"].date_parameter("Observation", ("date",)) == "_lastUpdated"
    assert told["oracle"].date_parameter("Observation", ("date",)) is None


def test_what_cannot_be_cut_in_time_is_no_proof(wire, quick):
    """A server with a limit, without dates and `_lastUpdated`: its patients are incomplete, never without scans."""
    def undated(body):
        statement = json.loads(body)
        for each in statement["rest"][0]["resource"]:
            each["searchParam"] = [one for one in each["searchParam"] if one["name"] not in ("date", "_lastUpdated")]
        return json.dumps(statement).encode()

    def limited(body):
        bundle = json.loads(body)
        return json.dumps(bundle | {"entry": bundle.get("entry", [])[:5], "link": [
            link for link in bundle["link"] if link["relation"] != "next"]}).encode()

    wire.on("GET .*/metadata", changed(undated))
    wire.on("(GET|POST) .*/Observation", changed(limited))
    with connect(quick(wire.url), []) as session:
        reader = SliceReader(session, choose(session), 10)
        read_slice = reader.read(Slice("Observation", "patient", ("coded", "national")))
    assert read_slice.unproven == {"coded", "national"}


# --- what a server does not offer -------------------------------------------------------------


def test_without_forms_ids_stand_in_addresses_and_that_is_said(wire, quick, ward_rows):
    """A server that takes no POST is asked by GET; the manifest says so."""
    wire.on("POST .*", status(405))
    records, used = extracted(quick(wire.url))
    assert rows(records) == ward_rows
    assert used["mode"]["search"] == "GET"
    assert "ids of patients stand in addresses" in used["mode"]["why"][1]


def test_a_form_that_is_not_heeded_is_not_used(wire, quick):
    """A server that answers a form with everybody would answer every search so."""
    everybody = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "coded"}}]}
    wire.on("POST .*/Patient/_search", status(200, body=json.dumps(everybody).encode()), at=1)
    with connect(quick(wire.url), []) as session:
        assert not choose(session).post


def test_without_counts_the_total_of_a_page_is_held_against(wire, quick, ward_rows):
    """No `_summary=count`: a page that ends too early is found by the number of the Bundle itself."""
    wire.on("GET .*_summary=count", status(400))
    wire.on("GET .*/Observation.*_offset=", linked(lambda url: None), at=1)
    records, used = extracted(quick(wire.url))
    assert rows(records) == ward_rows
    assert used["mode"]["count"] == "none"
    assert used["slices"]["Observation"]["restarted"] == 1


def test_without_any_number_a_page_that_repeats_is_no_proof(wire, quick):
    """Neither count nor total: resources that come twice may stand in the place of others."""
    def nameless(body):
        return json.dumps({name: value for name, value in json.loads(body).items() if name != "total"}).encode()

    wire.on("GET .*_summary=count", status(400))
    with connect(quick(wire.url), []) as session:
        reader = SliceReader(session, choose(session), 10)
        wire.on("GET .*_offset=10", changed(lambda body: nameless(first[0])), at=1)
        first = []
        wire.on(".*", changed(lambda body: first.append(body) or nameless(body)))
        read_slice = reader.read(Slice("Observation", "patient", ("coded", "national")))
    assert len(read_slice.found) == 12
    assert read_slice.counts["restarted"] == 1


def _searches(session):
    return Searches(session, choose(session), selection(STUDY, source(FhirAccess(url=session.base))))


def test_types_that_are_not_offered_are_said(wire, quick):
    """A server without Encounters has none; the manifest says that they count as empty."""
    def without_encounters(body):
        statement = json.loads(body)
        offered = statement["rest"][0]["resource"]
        statement["rest"][0]["resource"] = [each for each in offered if each["type"] != "Encounter"]
        return json.dumps(statement).encode()

    wire.on("GET .*/metadata", changed(without_encounters))
    with connect(quick(wire.url), []) as session:
        searches = _searches(session)
        assert "Observation" in searches.types()
        assert searches.left_out == {"BodyStructure": "read by the references to it",
                                     "Encounter": "not offered, counts as empty"}


def test_a_search_for_words_that_is_refused_is_said(wire, quick):
    """Who is only named in words cannot be found there; nobody is told that there is nobody."""
    wire.on("GET .*code%3Atext=", status(400))
    with connect(quick(wire.url), []) as session:
        searches = _searches(session)
        asked = list(searches.of_drugs("MedicationStatement", ["1"], ["nivolumab"]))
    assert [each.by for each in asked] == ["code"]
    assert searches.left_out == {"MedicationStatement?code:text": "drugs that are named in words only are not found"}


def test_a_merge_that_cannot_be_asked_for_is_said(wire, quick):
    """Where Patients cannot be searched by link, a record that only a later one replaces stands alone."""
    wire.on("GET .*/metadata", changed(lambda body: body.replace(b'"name":"link"', b'"name":"other"')))
    with connect(quick(wire.url), []) as session:
        searches = _searches(session)
        assert not list(searches.of_links(["a"]))
    assert searches.left_out == {"Patient?link": "a merge is seen only where the record that is read tells of it"}


def test_a_condition_that_is_ignored_is_not_relied_on(wire, quick):
    """A server that knows no has-member would answer with everything; so it is asked for everything once."""
    wire.on("GET .*has-member", REQUIRED)
    with connect(quick(wire.url), []) as session:
        assert [each.beside for each in _searches(session).of_patients("Observation", ["a"])] == [()]


# --- versions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["5.0.0", "3.0.2", "1.0.2", None])
def test_other_versions_are_refused(wire, quick, version):
    """Only R4 and R4B are read."""
    called(wire, "", fhirVersion=version)
    with pytest.raises(UnsupportedVersionError):
        extracted(quick(wire.url))


def test_r4b_is_read(wire, quick):
    """R4B is R4 for all that is read."""
    called(wire, "", fhirVersion="4.3.0")
    with connect(quick(wire.url), []) as session:
        assert choose(session).capability.version == "4.3.0"
