"""An export goes on where it broke off, is fetched once and whole, and says what the server left out."""

import gzip
import json

import pytest

from hpd_etl import criteria, library, timeline
from hpd_etl.config import FhirBulkSource
from hpd_etl.errors import ConfigurationError, SourceError
from hpd_etl.fhir_http import connect
from hpd_etl.sources.fhir.fetch.bulk import open_bulk
from hpd_etl.sources.fhir.fetch.export import Export
from tests.fhir.given import CANONICAL, STUDY, patient, to
from tests.fhir.ward import MAPPING, rows, ward
from tests.fhir.wire import changed, redirected, reset, status, truncated, wired

AT_ONCE = {"simulator": {"enabled": False, "delay_seconds": 0}}
"""The server exports without waiting to be watched."""
TYPES = ("MedicationAdministration", "MedicationDispense", "Observation", "Patient")
IDS = {each["id"] for each in ward() if each["resourceType"] in TYPES}


@pytest.fixture(scope="module")
def base(new_fhir_server, stored):
    """A server that holds the ward, and a Group of three of its patients."""
    base = new_fhir_server(**AT_ONCE)
    members = [{"entity": to("Patient", who)} for who in ("coded", "product", "untreated")]
    stored(base, [*ward(), {"resourceType": "Group", "id": "study", "type": "person", "actual": True,
                            "member": members}])
    return base


@pytest.fixture
def export(wire, quick, tmp_path):
    """Exports through the wire into one folder, again and again."""

    def extracted(**settings):
        source = FhirBulkSource(**{"kind": "fhir_bulk", "access": quick(wire.url), "level": "patient",
                                   "folder": tmp_path / "export", "mapping": MAPPING, "parallel": 1} | settings)
        with open_bulk(source, CANONICAL) as bulk:
            return bulk.extract(STUDY)

    return extracted


@pytest.fixture
def fetch(wire, quick, tmp_path):
    """Only fetches the files, through the wire into one folder, again and again; gives the ids they hold."""

    def fetched(level="patient", **access):
        source = FhirBulkSource(kind="fhir_bulk", access=quick(wire.url, **access), level=level, parallel=1,
                                folder=tmp_path / "export")
        with connect(source.access, []) as session:
            Export(session, source, TYPES).fetch()
        return {json.loads(line)["id"] for file in source.folder.glob("*.ndjson") for line in file.open()}

    return fetched


def asked(wire, what):
    """How often something was asked for."""
    return sum(what in f"{each.method} {each.path}" for each in wire.asked)


def _manifest(**more):
    return changed(lambda body: json.dumps(json.loads(body) | more).encode() if body else body)


# --- without faults ---------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["system", "patient"])
def test_all_levels_read_the_same(export, ward_rows, level):
    """Whether the system or all its patients are exported, the Records are those of the ward."""
    records, used = export(level=level)
    assert rows(records) == ward_rows
    assert used["export"]["level"] == level


def test_a_group_is_its_members(export):
    """The export of a Group holds its members; what they point to is asked for beside it."""
    records, used = export(level="group", group="study")
    assert set(records.persons["person_id"]) == {"coded", "product"}
    assert used["references_to_nowhere"] == {}


def test_only_the_types_that_matter_are_asked_for(export, wire):
    """Some servers export nothing without a list of types, and all export less with one."""
    export()
    kickoff = next(each for each in wire.asked if "$export" in each.path)
    assert kickoff.headers["prefer"] == "respond-async"
    assert "Observation" in kickoff.path
    assert "Practitioner" not in kickoff.path


def test_a_finished_export_is_given_back(export, wire):
    """The server may delete its files as soon as they are here."""
    export()
    assert asked(wire, "DELETE /fhir/bulk-status") == 1


def test_a_second_run_exports_anew(export, wire, ward_rows):
    """What was read once to its end is not taken for what is true today."""
    export()
    assert rows(export()[0]) == ward_rows
    assert asked(wire, "$export") == 2


# --- resuming ---------------------------------------------------------------------------------


def test_an_export_that_broke_off_while_waiting_goes_on(fetch, wire):
    """The address to wait at is kept before it is first asked; the next run waits there, and begins no other."""
    wire.on("GET .*bulk-status", reset, at=range(1, 4))
    with pytest.raises(SourceError):
        fetch()
    assert fetch() == IDS
    assert asked(wire, "$export") == 1


def test_a_file_that_is_whole_is_not_fetched_again(fetch, wire):
    """Of four files the third breaks off; the next run fetches it and the one behind it."""
    wire.on("GET .*Observation.ndjson", truncated, at=range(1, 4))
    with pytest.raises(SourceError):
        fetch()
    assert fetch() == IDS
    assert asked(wire, "MedicationAdministration.ndjson") == 1
    assert asked(wire, "$export") == 1


def test_another_question_is_another_export(fetch, wire):
    """What was exported at another level does not answer."""
    wire.on("GET .*bulk-status", reset, at=range(1, 4))
    with pytest.raises(SourceError):
        fetch()
    fetch(level="system")
    assert asked(wire, "$export") == 2


@pytest.mark.parametrize("gone", ["GET .*bulk-status", "GET .*Observation.ndjson"])
def test_an_export_that_the_server_forgot_is_begun_once_more(fetch, wire, gone):
    """Exports expire, or single files of them; then all is exported again, once."""
    wire.on(gone, status(410), at=1)
    assert fetch() == IDS
    assert asked(wire, "$export") == 2


def test_an_export_that_is_always_forgotten_ends_the_run(fetch, wire):
    """Twice is enough; the next run begins anew instead of asking for what is gone."""
    wire.on("GET .*bulk-status", status(404), at=range(1, 3))
    with pytest.raises(SourceError, match="forgot the export twice"):
        fetch()
    fetch()
    assert asked(wire, "$export") == 3


def test_an_export_that_failed_is_not_waited_for_again(fetch, wire):
    """The server says 500 of an export that failed; the next run begins another."""
    wire.on("GET .*bulk-status", status(500), at=range(1, 4))
    with pytest.raises(SourceError):
        fetch()
    fetch()
    assert asked(wire, "$export") == 2


# --- waiting and fetching ---------------------------------------------------------------------


def test_the_server_says_how_long_to_wait(fetch, wire, monkeypatch):
    """Seconds or a date, at most what the site allows; where it says nothing, longer each time."""
    waits = []
    monkeypatch.setattr("hpd_etl.sources.fhir.fetch.export.time.sleep", waits.append)
    until = {"Retry-After": "Sat, 21 Nov 2026 12:00:07 GMT", "Date": "Sat, 21 Nov 2026 12:00:00 GMT"}
    for number, headers in enumerate(({"Retry-After": "3"}, until, {}, {}, {"Retry-After": "900"}), start=1):
        wire.on("GET .*bulk-status", status(202, {**headers, "X-Progress": "counting"}), at=number)
    fetch(longest_wait_seconds=30)
    assert waits[:5] == [3, 7, 1, 2, 30]


@pytest.mark.parametrize("code", [429, 503])
def test_a_busy_server_is_asked_again(fetch, wire, code):
    """Who is asked too often says so, of the status and of the files."""
    wire.on("GET .*bulk-(status|files)", status(code, {"Retry-After": "0"}), at=range(1, 3))
    assert fetch() == IDS


@pytest.mark.parametrize("fault", [truncated, reset, changed(lambda body: body[:len(body) // 2]),
                                   changed(lambda body: body[:body.rindex(b"{", 0, -2)])])
def test_a_file_that_is_not_whole_is_fetched_again(fetch, wire, fault):
    """Broken off on the way, cut within a line, or short of lines: the count of the manifest tells."""
    wire.on("GET .*Observation.ndjson", fault, at=1)
    assert fetch() == IDS


def _uncounted(body):
    """The manifest of a server that does not count what it exports."""
    manifest = json.loads(body or b"{}")
    return json.dumps(manifest | {"output": [
        {name: value for name, value in each.items() if name != "count"} for each in manifest["output"]]}).encode() \
        if "output" in manifest else body


def _unread(body):
    """The same number of lines, the first of which is no JSON."""
    return b"<html>\n" + body.partition(b"\n")[2]


SPOILT = {"cut at the end of an element": lambda body: body[:body.rindex(b"}", 0, len(body.rstrip()) - 1) + 1],
          "a line that is no JSON": _unread}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_missing_of_a_file_may_be_of_anybody(export, wire, how):
    """Where no count tells that it is not whole: nobody is complete, and no verdict rests on what is not there."""
    wire.on("GET .*bulk-status", changed(_uncounted))
    wire.on("GET .*Observation.ndjson", changed(SPOILT[how]))
    records, used = export()
    assert len(records.persons) == 7
    assert records.persons["is_complete"].eq(False).all()
    assert used["warnings"][-1] == "nobody is complete"
    definitions = library.chosen(STUDY)
    aligned = timeline.align(records, STUDY, criteria.window_sets(definitions, STUDY))
    labels = criteria.label(aligned, definitions, STUDY).labels
    assert set(zip(labels["verdict"], labels["primary_reason"], strict=True)) == {
        ("NOT_EVALUABLE", "extraction_incomplete")}


def test_a_line_that_is_no_json_may_be_accepted(export, wire):
    """A site that knows what was in it says so, and it is counted and told all the same."""
    wire.on("GET .*Observation.ndjson", changed(_unread))
    records, used = export(unreadable="counted")
    assert records.persons["is_complete"].isna().all()
    assert used["counts"]["unreadable"]["refused"] == 1
    assert used["warnings"][-1] == "source.unreadable takes everybody for complete"


@pytest.mark.parametrize("packed", [{}, {"Content-Encoding": "gzip"}], ids=["a packed file", "packed on its way"])
def test_a_packed_file_that_is_cut_ends_the_run(fetch, wire, packed):
    """What cannot be unpacked to its end is never taken for a file."""
    wire.on("GET .*Observation.ndjson", status(200, packed, gzip.compress(b"{}\n" * 99)[:-12]))
    with pytest.raises(SourceError):
        fetch()


def test_a_file_that_stays_short_ends_the_run(fetch, wire):
    """Fewer resources than the server says are never read as if they were all."""
    wire.on("GET .*Observation.ndjson", changed(lambda body: body[:body.rindex(b"{", 0, -2)]))
    with pytest.raises(SourceError, match="another number of resources"):
        fetch()


def test_a_file_elsewhere_is_fetched_as_by_a_stranger(tmp_path, new_smart_wire):
    """Redirected to a store of files, the token stays behind."""
    held = new_smart_wire(**AT_ONCE)
    held.wire.on("GET .*bulk-status", _manifest(requiresAccessToken=True, output=[
        {"type": "Patient", "url": f"{held.wire.origin}/here.ndjson", "count": 1}]))
    with wired() as store:
        held.wire.on("GET /here.ndjson", redirected(f"{store.origin}/there.ndjson"))
        store.on("GET /there.ndjson", status(200, body=json.dumps(patient()).encode()))
        source = FhirBulkSource(kind="fhir_bulk", access=held.access(scopes=("system/*.read",)), level="system",
                                folder=tmp_path / "export")
        with open_bulk(source, CANONICAL) as bulk:
            _, used = bulk.extract(STUDY)
        assert used["files"] == {"ndjson": {"files": 1, "lines": 1}}
        assert ["authorization" in each.headers for each in store.asked] == [False]
    assert all("authorization" in each.headers for each in held.wire.asked if "here.ndjson" in each.path)


# --- what the server says of it ---------------------------------------------------------------


def test_what_is_deleted_is_gone(export, wire):
    """A resource that the manifest calls deleted is not read, even where a file still holds it."""
    deletion = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "DELETE", "url": "MedicationAdministration/d1"}}]}
    wire.on("GET .*bulk-status", _manifest(deleted=[{"type": "Bundle", "url": f"{wire.origin}/deleted.ndjson"}]))
    wire.on("GET /deleted.ndjson", status(200, body=json.dumps(deletion).encode() + b"\n"))
    records, _ = export()
    assert "coded" not in set(records.persons["person_id"])


@pytest.mark.parametrize("severity", ["warning", "information"])
def test_what_is_said_in_passing_is_counted(export, wire, ward_rows, severity):
    """A warning beside the export stands in the manifest, in codes."""
    _reporting(wire, severity)
    records, used = export()
    assert rows(records) == ward_rows
    assert used["export"]["reported"] == {f"{severity} processing": 2}


@pytest.mark.parametrize("severity", ["error", "fatal"])
def test_an_export_with_errors_is_not_read(export, wire, severity):
    """Something is missing, nobody knows of whom: no Records, and the next run exports anew."""
    _reporting(wire, severity)
    with pytest.raises(SourceError, match=f"2 errors: {severity} processing"):
        export()
    with pytest.raises(SourceError):
        export()
    assert asked(wire, "$export") == 2


def _reporting(wire, severity):
    issue = {"severity": severity, "code": "processing", "diagnostics": "Patient coded"}
    line = json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode() + b"\n"
    wire.on("GET .*bulk-status", _manifest(error=[{"type": "OperationOutcome", "url": f"{wire.origin}/said.ndjson"}]))
    wire.on("GET /said.ndjson", status(200, body=line * 2))


def test_who_may_export_may_be_forbidden_to_search(export, wire):
    """What the export left out cannot be asked for then; that is said, and the run goes on."""
    wire.on("(GET|POST) .*/(Patient|Medication|BodyStructure)(/_search|[?])", status(403))
    records, used = export()
    assert "coded" in set(records.persons["person_id"])
    assert "403" in used["references_not_asked_for"]


def test_a_folder_with_other_files_is_left_alone(export, tmp_path):
    """Files that no export of ours brought would be read with it, and are nobody's to delete."""
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "Patient.ndjson").write_text("{}")
    with pytest.raises(ConfigurationError, match="no export of ours"):
        export()


def test_a_server_that_exports_nothing_gives_nobody(new_fhir_server, quick, tmp_path):
    """An empty export is no error of the source."""
    source = FhirBulkSource(kind="fhir_bulk", access=quick(new_fhir_server(**AT_ONCE)), level="system",
                            folder=tmp_path / "export")
    with open_bulk(source, CANONICAL) as bulk:
        records, used = bulk.extract(STUDY)
    assert (len(records.persons), used["treated_persons"]) == (0, 0)


def test_a_server_that_does_not_export_says_so(export, wire):
    """An answer without an address to wait at is no export."""
    wire.on("GET .*export", status(200))
    with pytest.raises(SourceError, match="without an address to wait at"):
        export()
