"""A server is searched until nothing is proven to be missing; what cannot be proven is said of whom it concerns."""

import dataclasses
import json
import re

import msgspec
import pytest

from hpd_etl import criteria, library, timeline
from hpd_etl.config import FhirAccess
from hpd_etl.errors import AccessError, SourceError
from hpd_etl.fhir_http import connect
from hpd_etl.sources.fhir.fetch.quirks import choose
from hpd_etl.sources.fhir.fetch.slices import Slice, SliceReader, Span
from tests.fhir.given import STUDY, administration, patient, size, to
from tests.fhir.ward import extracted, rows, source, ward
from tests.fhir.wire import changed, linked, redirected, replayed, reset, status, truncated, wired

OBSERVATIONS = "(POST|GET) .*/Observation"
NAMES = re.compile("coded|national|referred|contained|product|worded|merged|formerly")
FURTHER = "GET .*/Observation.*_offset="


@pytest.fixture(scope="module")
def base(new_fhir_server, stored):
    """A server that holds the ward."""
    base = new_fhir_server()
    stored(base, ward())
    return base


def incomplete(records):
    """Of whom not everything could be read."""
    persons = records.persons
    return set(persons.loc[persons["is_complete"].eq(False).fillna(value=False), "person_id"])


# --- what is found ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def undisturbed(base):
    """A run without faults: its Records, what was used, and what was asked over the wire."""
    with wired(base) as wire:
        return *extracted(FhirAccess(url=wire.url), page_size=100), wire.asked


def test_every_way_of_recording_a_drug_is_found(undisturbed, ward_rows):
    """By code, of any system, by Medication, its ingredient, within the resource, in words, under a former id."""
    records, used, _ = undisturbed
    assert rows(records) == ward_rows
    assert {row[1] for row in rows(records)["doses"]} == {"pembrolizumab"}
    assert used["treated_persons"] == 7
    assert not incomplete(records)


def test_no_id_of_a_patient_stands_in_an_address(undisturbed):
    """Searches are forms: addresses are written to logs everywhere on the way."""
    assert not [asked.path for asked in undisturbed[2] if NAMES.search(asked.path)]


def test_nothing_is_answered_from_memory(undisturbed):
    """Every request says that it wants no answer of earlier, counts above all."""
    assert {asked.headers.get("cache-control") for asked in undisturbed[2]} == {"no-cache"}


def test_nothing_is_included(undisturbed):
    """Not every server includes what is pointed to; it is asked for by id."""
    assert not [asked for asked in undisturbed[2] if "include" in asked.path or b"include" in asked.body]


def test_the_manifest_holds_no_id(undisturbed):
    """What was used says how much was asked and got, not of whom."""
    assert not NAMES.search(json.dumps(undisturbed[1]))


def test_pages_and_threads_change_nothing(base, quick, ward_rows):
    """However many slices are read at a time, in whatever pages, the Records are the same."""
    assert rows(extracted(quick(base), page_size=3, parallel=4)[0]) == ward_rows


def test_a_group_alone_is_looked_at(base, quick, stored, ward_rows):
    """With source.group only its members are read, whether or not the server can be searched by drug."""
    stored(base, [{"resourceType": "Group", "id": "study", "type": "person", "actual": True,
                   "member": [{"entity": to("Patient", who)} for who in ("coded", "product", "untreated")]}])
    records, _ = extracted(quick(base), group="study")
    others = tuple({row[0] for row in ward_rows["persons"]} - {"coded", "product"})
    assert set(records.persons["person_id"]) == {"coded", "product"}
    assert rows(records)["lesions"] == [row for row in ward_rows["lesions"] if row[0] not in others]


@pytest.fixture(scope="module")
def oddly_named(new_fhir_server, stored):
    """A patient whose drug is known by its package, and one who is known by a number of the ward."""
    base, number = new_fhir_server(), {"system": "urn:ward", "value": "7"}
    stored(base, [patient("bo", identifier=[number]), administration("d1", subject={"identifier": number}),
                  size("o", 20, who="bo"), patient("cy"), administration("d2", "ndc 00006-3026-99", who="cy")])
    return extracted(FhirAccess(url=base))[0]


def test_who_is_named_by_an_identifier_is_not_complete(oddly_named):
    """Where drugs name the patient by a number of the ward, a search by id would miss the rest."""
    assert incomplete(oddly_named) == {"bo"}


def test_a_package_that_no_list_names_is_found(oddly_named):
    """National Drug Codes are known by their product; where they are in use every package is asked for."""
    assert set(oddly_named.doses["person_id"]) == {"bo", "cy"}


def test_absolute_references_mean_the_same(new_fhir_server, stored, quick, ward_rows):
    """Some servers answer with the whole address of what is pointed to."""
    base = new_fhir_server(server_behaviour={"absolute_references": True})
    stored(base, ward())
    assert rows(extracted(quick(base))[0]) == ward_rows


# --- what goes wrong in passing ---------------------------------------------------------------

EVERYBODY = Slice("Observation", "patient", ("coded", "contained", "merged", "national", "product", "referred"))
SIZES = ("a0", "a1", "a2", "b0", "b1", "b2")
"""Of each patient: thirty-six Observations, on pages of ten."""
PASSING = {
    "an expired page": [(FURTHER, status(410), 2)],
    "a page that was never there": [(FURTHER, status(404), 1)],
    "a page cut off": [(OBSERVATIONS, truncated, 2)],
    "a connection reset": [(OBSERVATIONS, reset, range(1, 3))],
    "a burst of 500": [(OBSERVATIONS, status(500), range(2, 4))],
    "too many requests": [(OBSERVATIONS, status(429, {"Retry-After": "0"}), 1)],
    "a next link that repeats": [(FURTHER, linked(lambda url: re.sub("_offset=[0-9]+", "_offset=10", url)), 1)],
    "a next link that is missing": [(FURTHER, linked(lambda url: None), 1)],
    "a next link to another host": [(FURTHER, linked(lambda url: "http://127.0.0.1:9/next"), 1)],
    "a redirect to another host": [(FURTHER, redirected("http://127.0.0.1:9/fhir"), 3)],
    "a page that comes twice": [(FURTHER, replayed, 2)],
    "a page without its entries": [(FURTHER, changed(lambda body: _with(body, entry=[])), 2)],
    "an error within a page": [(FURTHER, changed(lambda body: _with(body, entry=[_ERROR])), 1)],
    "a count from memory, too high": [(OBSERVATIONS, changed(lambda body: _counted(body, +3)), range(1, 6))],
    "a count from memory, too low": [(OBSERVATIONS, changed(lambda body: _counted(body, -3)), range(1, 6))],
}
_ERROR = {"resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "incomplete"}]},
          "search": {"mode": "outcome"}}


def _with(body, **elements):
    return json.dumps({**json.loads(body), **elements}).encode()


def _counted(body, more):
    """A count, changed; pages and what has no resources at all stay."""
    total = json.loads(body).get("total", 0)
    return body if "entry" in json.loads(body) or not total else _with(body, total=total + more)


@pytest.fixture
def reader(wire, quick):
    """Reads slices through the wire."""
    settings = source(quick(wire.url))
    with connect(settings.access, []) as session:
        yield SliceReader(session, choose(session), settings.page_size)


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_in_passing_changes_nothing(wire, reader, fault):
    """A slice that a fault spoiled is read again, in smaller parts if need be, until nothing is missing."""
    for pattern, what, at in PASSING[fault]:
        wire.on(pattern, what, at=at)
    read = reader.read(EVERYBODY)
    assert {key.id for key in read.found} == {f"{who}-{size}" for who in EVERYBODY.values for size in SIZES}
    assert not read.unproven


def test_all_faults_together_change_no_record(wire, quick, ward_rows):
    """Whatever goes wrong in passing during a run, the Records are as if nothing had been."""
    for pattern, what, at in (each for fault in PASSING.values() for each in fault):
        wire.on(pattern.replace("Observation", ""), what, at=at)
    wire.on("GET .*/MedicationAdministration.*_offset=", status(410), at=1)
    records, used = extracted(quick(wire.url, attempts=6))
    assert rows(records) == ward_rows
    assert not incomplete(records)
    assert sum(counts["restarted"] for counts in used["slices"].values()) > 0


def test_a_token_that_expires_in_mid_run_changes_nothing(new_smart_wire, ward_rows):
    """The server asks for a new token between two slices, and gets it."""
    held = new_smart_wire()
    entries = [{"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
               for each in ward()]
    bundle = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()
    with connect(held.access(scopes=("system/*.*",)), []) as session:
        session.send("POST", session.base, bundle, again=False)
    held.wire.on(OBSERVATIONS, status(401), at=2)
    assert rows(extracted(held.access(scopes=("system/*.read",)))[0]) == ward_rows
    assert sum("/auth/token" in asked.path for asked in held.wire.asked) == 3


def test_a_slice_restarts_and_not_the_run(wire, reader):
    """An expired page costs its own slice a second reading, patient by patient."""
    wire.on(FURTHER, status(410), at=1)
    read = reader.read(EVERYBODY)
    assert (read.counts["restarted"], read.counts["slices"]) == (1, len(EVERYBODY.values))


def test_a_search_that_is_cut_off_is_split_by_patient_and_date(wire, reader):
    """A server that stops at its limit, here of five, gives everything all the same, in more slices."""
    def cut(body):
        bundle = json.loads(body)
        return _with(body, total=min(bundle["total"], 5), entry=bundle.get("entry", [])[:5],
                     link=[link for link in bundle["link"] if link["relation"] != "next"])

    wire.on(OBSERVATIONS, changed(cut))
    quirks = msgspec.structs.replace(reader.mode.quirks, cap=5)
    limited = SliceReader(reader.session, dataclasses.replace(reader.mode, quirks=quirks), 10)
    read = limited.read(Slice("Observation", "patient", ("coded", "national")))
    assert (len(read.found), read.unproven) == (12, set())


def test_all_days_are_halved_until_one_is_left():
    """The halves of a span leave no day out, nor what has no day; a single day is the least."""
    early, late, undated = Span().halves()
    assert (early.first, early.end, late.end, undated.undated) == (None, late.first, None, True)
    while parts := late.halves():
        late = parts[0]
    assert (late.end - late.first).days == 1
    assert not undated.halves()


# --- what stays wrong -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spoiled(base):
    """A run in which all Observations of one patient and a lesion of another never come."""
    with wired(base) as wire:
        wire.on("POST .*", status(405))  # ids stand in addresses, so that a fault can choose one
        wire.on("GET .*/Observation.*product", status(410))
        wire.on("GET .*/BodyStructure.*national-a", status(410))
        return extracted(FhirAccess(url=wire.url))


def test_who_cannot_be_proven_complete_is_said(spoiled, ward_rows):
    """Whose Observations or lesions never come is not complete, and nothing changes for the others."""
    records, used = spoiled
    assert incomplete(records) == {"product", "national"}
    assert rows(records, but=("product", "national")) == {
        name: [row for row in table if row[0] not in ("product", "national")] for name, table in ward_rows.items()}
    assert used["slices"]["Observation"]["not_proven"] >= 1
    assert used["incomplete_patients"] == 2


def test_no_verdict_rests_on_an_incomplete_read(spoiled):
    """Whoever is not wholly read is NOT_EVALUABLE because of the extraction, never for want of a scan."""
    definitions = library.chosen(STUDY)
    aligned = timeline.align(spoiled[0], STUDY, criteria.window_sets(definitions, STUDY))
    labels = criteria.label(aligned, definitions, STUDY).labels
    told = labels[labels["person_id"].isin(["product", "national"])]
    assert set(told["verdict"]) == {"NOT_EVALUABLE"}
    assert set(told["primary_reason"]) == {"extraction_incomplete"}
    assert "extraction_incomplete" not in set(labels.loc[labels["person_id"] == "coded", "primary_reason"])


def test_a_count_that_stays_too_high_is_believed(wire, quick):
    """Where the server keeps counting more than it gives, nobody is complete."""
    wire.on(OBSERVATIONS, changed(lambda body: _counted(body, +1)))
    records, _ = extracted(quick(wire.url))
    assert len(incomplete(records)) == 7


def test_nobody_may_be_missing_without_a_word(wire, quick):
    """If it cannot be proven that all exposures were found, there are no Records at all."""
    wire.on(".*/MedicationAdministration", changed(lambda body: _counted(body, +1)))
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
