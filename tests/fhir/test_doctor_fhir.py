"""Doctor says beforehand whether a FHIR source can be read, how it will be asked, and what would be refused."""

import json

import pytest

from hpd_etl import doctor
from hpd_etl.check import State
from hpd_etl.config import FhirAccess, FhirBulkSource, FhirFilesSink, FhirFilesSource, FhirServerSink, Site
from hpd_etl.sources import examine
from tests.fhir.given import STUDY, size
from tests.fhir.ward import MAPPING, source, ward
from tests.fhir.wire import changed, status

ODD = [size("odd", 30, "coded-a", "2020-05-20", "coded", code="loinc 21889-1"),
       size("anonymous", 30, None, "2020-05-20", "coded")]
"""A size whose dimension nobody says, and one of a lesion nobody names."""


@pytest.fixture(scope="module")
def base(new_fhir_server, stored):
    """A server that holds the ward and what cannot be read."""
    base = new_fhir_server()
    stored(base, [*ward(), *ODD])
    return base


@pytest.fixture
def examined(quick):
    """What doctor finds, by the name of the check."""

    def examined(url, **settings):
        return _by_name(examine(STUDY, Site(source=source(quick(url), **settings))))

    return examined


def _by_name(checks):
    found = {}
    for check in checks:
        found.setdefault(check.name, []).append(check)
    return found


@pytest.fixture(scope="module")
def sound(base):
    """What doctor finds where nothing is wrong with the server."""
    return examine(STUDY, Site(source=source(FhirAccess(url=base), parallel=4)))


def test_server_mode_and_reasons_are_told(sound):
    """Software, release of FHIR, the way it will be asked, and why so."""
    found = _by_name(sound)
    assert "SEKMET" in found["server"][0].told
    assert "4.0.1" in found["server"][0].told
    assert [check.told.split(":")[0] for check in found["search mode"]] == ["profile generic", "POST", "counts"]
    assert found["bulk export"][0].told == "advertised: system, group, patient"


def test_what_would_be_read_and_refused_is_told(sound):
    """A dry extraction: who was treated, how many sizes have a dimension and a lesion, what is refused and why."""
    found = _by_name(sound)
    assert found["candidates"][0].told == "7 persons with a dose of an index drug"
    assert "lesion rows" in found["sizes"][0].told
    assert found["refused: no_lesion_identity"][0].told == "1 rows"
    assert found["refused: no_lesion_identity"][0].remedy
    assert found["search of Observation"][0].told.startswith("44 fetched, 44 counted by the server")


def test_no_id_is_told(sound):
    """What doctor prints may be shown to anybody."""
    assert not [check for check in sound if "coded" in check.told + check.remedy or "merged" in check.told]


def test_a_sound_server_ends_with_0(sound):
    """Nothing that was found stands against a run."""
    assert doctor.exit_code(sound) == 0


def test_what_cannot_be_asked_or_proven_is_a_warning(wire, examined):
    """Without forms, words, or the Observations of one patient a run works, but somebody has to know."""
    wire.on("POST .*", status(405))
    wire.on("GET .*code%3Atext=", status(400))
    wire.on("GET .*/Observation.*product", status(410))
    found = examined(wire.url)
    assert found["addresses"][0].state is State.WARNING
    assert found["not asked: MedicationStatement?code:text"][0].state is State.WARNING
    assert found["search of Observation"][0].state is State.WARNING
    assert found["incomplete"][0].told.startswith("of 1 patients")


@pytest.mark.parametrize(("fault", "code"), [
    (status(503), 3), (status(403), 4), (status(404), 3), (status(200, body=b"<html>"), 3),
    (changed(lambda body: json.dumps(json.loads(body) | {"fhirVersion": "5.0.0"}).encode()), 10)])
def test_what_fails_is_told_with_its_code(wire, examined, fault, code):
    """No answer, no right, another page, another release: each ends doctor with the code of a run."""
    wire.on("GET .*/metadata", fault)
    failed = examined(wire.url)["failed"][0]
    assert (failed.state, failed.exit_code) == (State.ERROR, code)


def test_nobody_treated_is_an_error(new_fhir_server, quick):
    """A server without candidates cannot take part."""
    checks = examine(STUDY, Site(source=source(quick(new_fhir_server()))))
    assert doctor.exit_code(checks) == 5


def test_no_export_is_begun(wire, quick, tmp_path):
    """Doctor looks whether the level is advertised, and asks the server for nothing that takes hours."""
    wire.on("GET .*/metadata", changed(_without_group_export))
    for level, group, state in (("system", None, State.OK), ("group", "study", State.WARNING)):
        bulk = FhirBulkSource(kind="fhir_bulk", access=quick(wire.url), level=level, group=group, folder=tmp_path)
        assert _by_name(examine(STUDY, Site(source=bulk)))["$export"][0].state is state
    assert not [asked for asked in wire.asked if "$export" in asked.path]


def _without_group_export(body):
    statement = json.loads(body)
    for each in statement["rest"][0]["resource"]:
        if each["type"] == "Group":
            each["operation"] = []
    return json.dumps(statement).encode()


def test_a_folder_is_read_dry(tmp_path):
    """Of a folder: its files, who was treated, what is refused."""
    (tmp_path / "all.ndjson").write_text("\n".join(map(json.dumps, [*ward(), *ODD])))
    found = _by_name(examine(STUDY, Site(source=FhirFilesSource(kind="fhir_files", folder=tmp_path, mapping=MAPPING))))
    assert found["files"][0].told == f"1 .ndjson with {len(ward()) + 2} lines or documents"
    assert found["candidates"][0].told == "7 persons with a dose of an index drug"


def test_what_a_sink_proves_is_told(tmp_path, quick, base):
    """A folder is tried; on a server nothing is written, so that the right to write stays open and is said to."""
    source = FhirFilesSource(kind="fhir_files", folder=tmp_path)
    for sink, told in ((FhirFilesSink(kind="fhir_files", folder=tmp_path / "labels"), "the folder can be written"),
                       (FhirServerSink(kind="fhir_server", access=quick(base), same_persons=True),
                        "known at the first write")):
        found = _by_name(doctor.examine(STUDY, Site(source=source, sink=sink)))["write-back"][0]
        assert found.state is State.OK
        assert told in found.told


def test_an_empty_folder_is_told(tmp_path):
    """A folder without resources is a mistake in site.toml."""
    checks = examine(STUDY, Site(source=FhirFilesSource(kind="fhir_files", folder=tmp_path)))
    assert doctor.exit_code(checks) == 2
