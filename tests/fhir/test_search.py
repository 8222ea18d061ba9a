"""A server is searched until it is proven that nothing is missing; what cannot be proven is said of whom it concerns."""

import json
import re
from types import SimpleNamespace

import pytest

from hpd_etl import criteria, library, timeline
from hpd_etl.errors import AccessError, ConfigurationError, SourceError, UnsupportedVersionError
from hpd_etl.fhir_http import connect
from hpd_etl.sources.fhir_quirks import choose, profiles
from hpd_etl.sources.fhir_slices import Slice, SliceReader, Span
from tests.fhir.given import STUDY, administration, patient, read, size, to
from tests.fhir.ward import MAPPING, extracted, rows, source, ward
from tests.fhir.wire import changed, linked, redirected, replayed, reset, status, truncated, wired

OBSERVATIONS = "(POST|GET) .*/Observation"
FURTHER = "GET .*/Observation.*_offset="


@pytest.fixture(scope="module")
def base(new_fhir_server, stored):
    """A server that holds the ward."""
    base = new_fhir_server()
    stored(base, ward())
    return base


@pytest.fixture
def wire(base):
    """A wire to it."""
    with wired(base) as held:
        yield held


@pytest.fixture(scope="module")
def expected():
    """What is in the ward, read without a server."""
    return rows(read(*ward(), mapping=MAPPING).records)


def incomplete(records):
    """Of whom not everything could be read."""
    persons = records.persons
    return set(persons.loc[persons["is_complete"].eq(False).fillna(value=False), "person_id"])


# --- what is found ----------------------------------------------------------------------------


def test_every_way_of_recording_a_drug_is_found(base, quick, expected):
    """By code, of any system, by Medication, its ingredient, within the resource, in words, under a former id."""
    records, used = extracted(quick(base))
    assert rows(records) == expected
    assert {row[1] for row in rows(records)["doses"]} == {"pembrolizumab"}
    assert used["treated_persons"] == 7
    assert not incomplete(records)


@pytest.mark.parametrize("settings", [{"parallel": 4}, {"page_size": 1000}, {"page_size": 3, "parallel": 2}])
def test_pages_and_threads_change_nothing(base, quick, expected, settings):
    """However many slices are read at a time, in whatever pages, the Records are the same."""
    assert rows(extracted(quick(base), **settings)[0]) == expected


def test_a_group_alone_is_looked_at(base, quick, stored, expected):
    """With source.group only its members are read, whether or not the server can be searched by drug."""
    stored(base, [{"resourceType": "Group", "id": "study", "type": "person", "actual": True,
                   "member": [{"entity": to("Patient", who)} for who in ("coded", "product", "untreated")]}])
    records, _ = extracted(quick(base), group="study")
    others = tuple({row[0] for row in expected["persons"]} - {"coded", "product"})
    assert set(records.persons["person_id"]) == {"coded", "product"}
    assert rows(records)["lesions"] == [row for row in expected["lesions"] if row[0] not in others]


def test_who_is_named_by_an_identifier_is_not_complete(new_fhir_server, stored, quick):
    """Where drugs name the patient by a number of the ward, a search by id would miss the rest."""
    base = new_fhir_server()
    number = {"system": "urn:ward", "value": "7"}
    stored(base, [patient("bo", identifier=[number]), administration("d", subject={"identifier": number}),
                  size("o", 20, who="bo")])
    records, _ = extracted(quick(base))
    assert incomplete(records) == {"bo"}


def test_a_package_that_no_list_names_is_found(new_fhir_server, stored, quick):
    """National Drug Codes are known by their product; where they are in use every package is asked for."""
    base = new_fhir_server()
    stored(base, [patient("bo"), administration("d", "ndc 00006-3026-99", who="bo")])
    records, _ = extracted(quick(base))
    assert list(records.doses["agent"]) == ["pembrolizumab"]


def test_a_server_without_anybody_treated_gives_nobody(new_fhir_server, quick):
    """An empty server is no error of the source; the gate of the study decides."""
    records, used = extracted(quick(new_fhir_server()))
    assert len(records.persons) == 0
    assert used["treated_persons"] == 0


# --- what goes wrong in passing ---------------------------------------------------------------

PASSING = {
    "an expired page": lambda wire: wire.on(FURTHER, status(410), at=2),
    "an expired page of the drugs": lambda wire: wire.on("GET .*/MedicationAdministration.*_offset=", status(404), at=1),
    "a page cut off": lambda wire: wire.on(OBSERVATIONS, truncated, at=2),
    "a connection reset": lambda wire: wire.on(OBSERVATIONS, reset, at=range(1, 3)),
    "a burst of 500": lambda wire: wire.on(".*", status(500), at=range(20, 22)),
    "too many requests": lambda wire: wire.on(OBSERVATIONS, status(429, {"Retry-After": "0"}), at=1),
    "a next link that repeats": lambda wire: wire.on(FURTHER, linked(lambda url: re.sub("_offset=[0-9]+", "_offset=10", url)), at=1),
    "a next link that is missing": lambda wire: wire.on(OBSERVATIONS + ".*_search", linked(lambda url: None), at=range(1, 8)),
    "a next link to another host": lambda wire: wire.on(FURTHER, linked(lambda url: "http://127.0.0.1:9/next"), at=1),
    "a redirect to another host": lambda wire: wire.on(OBSERVATIONS, redirected("http://127.0.0.1:9/fhir"), at=3),
    "a page that comes twice": lambda wire: wire.on(FURTHER, replayed, at=2),
    "an empty last page": lambda wire: wire.on(
        FURTHER, changed(lambda body: json.dumps({**json.loads(body), "entry": []}).encode()), at=2),
    "an error within a page": lambda wire: wire.on(FURTHER, changed(_with_error), at=1),
    "a count from memory, too high": lambda wire: wire.on(OBSERVATIONS, changed(_counted(+3)), at=range(1, 8)),
    "a count from memory, too low": lambda wire: wire.on(OBSERVATIONS, changed(_counted(-3)), at=range(1, 8)),
}


def _counted(more):
    """The count of an answer without entries, changed."""
    def change(body):
        bundle = json.loads(body)
        if "entry" not in bundle and bundle.get("total", 0) > 3:
            bundle["total"] += more
        return json.dumps(bundle).encode()
    return change


def _with_error(body):
    bundle = json.loads(body)
    issue = {"severity": "error", "code": "incomplete"}
    bundle["entry"] = [*bundle["entry"][:-2], {"resource": {"resourceType": "OperationOutcome", "issue": [issue]},
                                               "search": {"mode": "outcome"}}]
    return json.dumps(bundle).encode()


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_in_passing_changes_nothing(wire, quick, expected, fault):
    """A slice that a fault spoiled is read again; the Records are as if nothing had been."""
    PASSING[fault](wire)
    records, _ = extracted(quick(wire.url))
    assert rows(records) == expected
    assert not incomplete(records)


def test_a_slice_restarts_and_not_the_run(wire, quick):
    """An expired page costs its slice a second reading, and nothing else one."""
    undisturbed = extracted(quick(wire.url))[1]["slices"]
    wire.on(FURTHER, status(410), at=1)
    disturbed = extracted(quick(wire.url))[1]["slices"]
    assert [kind for kind in undisturbed if disturbed[kind] != undisturbed[kind]] == ["Observation"]
    assert disturbed["Observation"]["restarted"] == 1


# --- what stays wrong -------------------------------------------------------------------------


def _without_post(wire):
    """Make the ids of patients stand in addresses, so that a fault can choose one."""
    wire.on("POST .*", status(405))


def test_who_cannot_be_proven_complete_is_said(wire, quick, expected):
    """One patient's Observations never come: no verdict for this one, and nothing changes for the others."""
    _without_post(wire)
    wire.on("GET .*/Observation.*product", status(410))
    records, used = extracted(quick(wire.url))
    assert incomplete(records) == {"product"}
    assert rows(records, but=("product",)) == {
        name: [row for row in table if "product" not in row] for name, table in expected.items()}
    assert used["slices"]["Observation"]["not_proven"] >= 1
    assert used["incomplete_patients"] == 1


def test_no_verdict_rests_on_an_incomplete_read(wire, quick):
    """Whoever is not wholly read is NOT_EVALUABLE because of the extraction, never for want of a scan."""
    _without_post(wire)
    wire.on("GET .*/Observation.*coded", status(410))
    records, _ = extracted(quick(wire.url))
    definitions = library.chosen(STUDY)
    aligned = timeline.align(records, STUDY, criteria.window_sets(definitions, STUDY))
    labels = criteria.label(aligned, definitions, STUDY).labels
    told = labels[labels["person_id"] == "coded"]
    assert set(told["verdict"]) == {"NOT_EVALUABLE"}
    assert set(told["primary_reason"]) == {"extraction_incomplete"}


def test_a_count_that_stays_too_high_is_believed(wire, quick):
    """Where the server keeps counting more than it gives, nobody is complete."""
    wire.on(OBSERVATIONS, changed(_counted(+1)))
    records, _ = extracted(quick(wire.url))
    assert len(incomplete(records)) == 7


def test_a_lesion_that_cannot_be_fetched_concerns_its_patient(wire, quick):
    """A BodyStructure that is only pointed to belongs to whom the size belongs to."""
    _without_post(wire)
    wire.on("GET .*/BodyStructure.*national-a", status(410))
    records, _ = extracted(quick(wire.url))
    assert incomplete(records) == {"national"}


def test_nobody_may_be_missing_without_a_word(wire, quick):
    """If it cannot be proven that all exposures were found, there are no Records at all."""
    wire.on("GET .*/MedicationAdministration.*_offset=", status(410))
    wire.on(".*/MedicationAdministration", changed(_counted(+1)))
    with pytest.raises(SourceError, match="MedicationAdministration: the search for everybody treated"):
        extracted(quick(wire.url))


def test_a_server_that_is_down_ends_the_run(wire, quick):
    """When nothing is answered any more it is not the slices that are at fault: exit 3, run again."""
    wire.on(".*/Condition", status(503))
    with pytest.raises(SourceError, match="searches in a row failed, the last one of Condition"):
        extracted(quick(wire.url, attempts=1))


def test_a_right_that_is_missing_ends_the_run(wire, quick):
    """What may not be read is no empty answer."""
    wire.on(".*/ImagingStudy", status(403))
    with pytest.raises(AccessError):
        extracted(quick(wire.url))


# --- what is asked ----------------------------------------------------------------------------


def test_no_id_of_a_patient_stands_in_an_address(wire, quick):
    """Searches are forms: addresses are written to logs everywhere on the way."""
    extracted(quick(wire.url), page_size=1000)
    assert not [asked.path for asked in wire.asked if re.search("coded|national|merged|formerly", asked.path)]


def test_counts_are_not_answered_from_memory(wire, quick):
    """Every request says that it wants no answer of earlier."""
    extracted(quick(wire.url))
    assert {asked.headers.get("cache-control") for asked in wire.asked} == {"no-cache"}


def test_the_manifest_holds_no_id(base, quick):
    """What was used says how much was asked and got, not of whom."""
    used = json.dumps(extracted(quick(base))[1])
    assert not re.search("coded|national|merged|formerly|pembro\"", used)


# --- slices -----------------------------------------------------------------------------------


@pytest.fixture
def reader(wire, quick):
    """Reads slices through the wire from a server that finds ten at most."""
    settings = source(quick(wire.url))
    with connect(settings.access, []) as session:
        mode = choose(session, settings)
        few = SimpleNamespace(**{name: getattr(mode.quirks, name) for name in mode.quirks.__struct_fields__} | {"cap": 10})
        yield SliceReader(session, _of(mode, few), 10)


def _of(mode, quirks):
    from dataclasses import replace
    return replace(mode, quirks=quirks)


def test_a_search_that_is_cut_off_is_split_by_patient_and_date(wire, reader):
    """A server that stops after ten gives everything all the same, in more slices."""
    def cut(body):
        bundle = json.loads(body)
        bundle["link"] = [link for link in bundle["link"] if link["relation"] != "next"]
        bundle["total"] = min(bundle["total"], 10)
        return json.dumps(bundle).encode()
    wire.on(OBSERVATIONS, changed(cut))
    read = reader.read(Slice("Observation", "patient", ("coded", "national", "merged")))
    assert len(read.found) == 18
    assert not read.unproven


def test_days_are_split_without_leaving_any_out():
    """The halves of all days are all days, and what has no day."""
    first, second, undated = Span().halves()
    assert (first.first, first.end == second.first, second.end, undated.undated) == (None, True, None, True)
    assert Span(*["2020-01-01"] * 0).parameters("date") is not None


def test_a_day_cannot_be_split():
    """A single day is the least."""
    halves = Span()
    while parts := halves.halves():
        halves = parts[0]
    assert halves.end is not None
    assert not halves.halves()
