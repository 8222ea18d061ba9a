"""The same labels onto a FHIR server and into a folder: what stands there afterwards, run after run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpd_etl.errors import AccessError, HpdEtlError, LockedError, SourceError, UnsupportedVersionError, WriteBackError
from hpd_etl.schema import Labels
from hpd_etl.sinks import Counts
from hpd_etl.sinks.fhir import label_resources
from tests.fhir import labelled
from tests.fhir.labelled import asked, held, labels, lines, opened, server_site, versions, write
from tests.fhir.wire import Wire, changed, passed, reset, status
from tests.sinks import given

NOTHING = {"Observation": Counts(unchanged=8), "Provenance": Counts(unchanged=8), "Device": Counts()}
AMENDED = given.SAID.replace("HPD           | 3.5   | rule_met   ", "NOT_HPD       | 1.5   | tgr_ratio_not_reached")


@pytest.fixture
def base(new_fhir_server: Callable[..., str]) -> str:
    """An empty server."""
    return new_fhir_server()


class Kept:
    """A sink and a way to look into it that is not ours."""

    def __init__(self, site: Any, look: Callable[[str], list[dict[str, Any]]]) -> None:
        self.site, self._look = site, look

    def observations(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Every label, by person and definition."""
        return {(each["subject"]["reference"].removeprefix("Patient/"), each["method"]["coding"][0]["code"]): each
                for each in self._look("Observation")}

    def provenances(self) -> dict[str, dict[str, Any]]:
        """Every Provenance by its id."""
        return {each["id"]: each for each in self._look("Provenance")}


@pytest.fixture(params=["server", "files"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """An empty sink of either kind."""
    if request.param == "files":
        site = labelled.files_site(tmp_path)
        return Kept(site, lambda kind: lines(site, kind))
    base = request.getfixturevalue("base")
    return Kept(server_site(base), lambda kind: held(base, kind))


# --- either kind --------------------------------------------------------------------------------


def test_every_label_has_an_observation_and_a_provenance(kept: Kept) -> None:
    """All verdicts are there, NOT_EVALUABLE too, and one Device."""
    assert write(kept.site).tables == {
        "Observation": Counts(inserted=8), "Provenance": Counts(inserted=8), "Device": Counts(inserted=1)}
    found = kept.observations()
    assert found["11", "champiat2017"]["valueCodeableConcept"]["coding"][0]["code"] == "hpd"
    assert found["13", "ferrara2018"]["dataAbsentReason"]["coding"][1]["code"] == "no_prebaseline_scan"
    assert kept.provenances().keys() == {each["id"] for each in found.values()}


def test_what_is_no_hyperprogression_is_never_written(kept: Kept) -> None:
    """Labels of a rule of fast progression stay in the run folder, whatever their verdict."""
    said = given.SAID.replace("ferrara2018 ", "auc_fp      ")
    names = ("champiat2017", "auc_fp")
    with opened(kept.site) as sink:
        receipt = sink.writeback(labels(said), labelled.TIMELINE, given.definitions(*names),
                                 given.study("alpha", *names), "run-1", dry_run=False)
    assert receipt.tables["Observation"] == Counts(inserted=4)
    assert {definition for _, definition in kept.observations()} == {"champiat2017"}


def test_twice_is_once(kept: Kept) -> None:
    """A second run with the same labels writes nothing, not even the run that a resource names."""
    write(kept.site)
    before = kept.observations(), kept.provenances()
    assert write(kept.site, run="run-2").tables == NOTHING
    assert (kept.observations(), kept.provenances()) == before


def test_a_new_release_alone_changes_nothing(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label that still says the same was made by the release that made it; a changed one names the new one."""
    write(kept.site)
    monkeypatch.setattr(label_resources, "__version__", "9.0.0")
    assert write(kept.site, run="run-2").tables == NOTHING
    assert write(kept.site, labels(AMENDED), run="run-3").tables["Device"] == Counts(inserted=1)
    assert len({each["device"]["reference"] for each in kept.observations().values()}) == 2


def test_a_changed_label_is_amended(kept: Kept) -> None:
    """It has the new answer and the status amended, and stays so; the others keep their run."""
    write(kept.site)
    receipt = write(kept.site, labels(AMENDED), run="run-2")
    assert receipt.tables["Observation"] == Counts(amended=1, unchanged=7)
    assert receipt.tables["Provenance"] == Counts(amended=1, unchanged=7)
    found = kept.observations()["11", "champiat2017"]
    assert found["status"] == "amended"
    assert found["valueCodeableConcept"]["coding"][0]["code"] == "not-hpd"
    assert kept.provenances()[found["id"]]["activity"]["coding"][0]["code"] == "UPDATE"
    assert [each["meta"]["tag"][0]["code"] for each in kept.observations().values()].count("run-2") == 1
    assert write(kept.site, labels(AMENDED), run="run-3").tables == NOTHING


def test_a_vanished_label_is_entered_in_error(kept: Kept) -> None:
    """It keeps what it said; if the person returns it is amended."""
    write(kept.site)
    gone = labels(labelled.without("12 "))
    receipt = write(kept.site, gone, run="run-2")
    assert receipt.tables["Observation"] == Counts(unchanged=6, retracted=2)
    assert receipt.tables["Provenance"] == Counts(unchanged=6, retracted=2)
    found = kept.observations()
    assert {key for key, each in found.items() if each["status"] == "entered-in-error"} == {
        ("12", "champiat2017"), ("12", "ferrara2018")}
    assert found["12", "ferrara2018"]["valueCodeableConcept"]["coding"][0]["code"] == "hpd"
    assert write(kept.site, gone, run="run-3").changed == 0
    assert write(kept.site, run="run-4").tables["Observation"] == Counts(amended=2, unchanged=6)
    assert kept.observations()["12", "ferrara2018"]["status"] == "amended"


def test_a_newer_version_of_a_source_is_noted_in_the_provenance_alone(kept: Kept) -> None:
    """The label says the same, so it is not written again; what it rests on is told."""
    write(kept.site)
    before = kept.observations()
    receipt = write(kept.site, labels(post="Observation:post/_history/2"), run="run-2")
    assert receipt.tables["Observation"] == Counts(unchanged=8)
    assert receipt.tables["Provenance"] == Counts(amended=8)
    assert kept.observations() == before
    assert "Observation/post/_history/2" in json.dumps(list(kept.provenances().values()))
    assert {each["activity"]["coding"][0]["code"] for each in kept.provenances().values()} == {"UPDATE"}


def test_two_studies_and_two_sites_never_touch_each_other(kept: Kept) -> None:
    """Another study and another site add their labels; taking all of one back leaves the others as they were."""
    write(kept.site)
    before = {each["id"]: each for each in kept.observations().values()}
    south = kept.site.model_copy(update={"name": "south"})
    assert write(kept.site, study="beta").tables["Observation"] == Counts(inserted=8)
    assert write(south).tables["Observation"] == Counts(inserted=8)
    assert write(south, Labels.of({})).tables["Observation"] == Counts(retracted=8)
    assert write(kept.site, run="run-2").tables == NOTHING
    assert {each["id"]: each for each in kept._look("Observation") if each["id"] in before} == before


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(kept: Kept, tmp_path: Path) -> None:
    """The counts are those of the run that follows it."""
    shown = write(kept.site, dry_run=True)
    assert shown.dry_run
    assert shown.tables == {
        "Observation": Counts(inserted=8), "Provenance": Counts(inserted=8), "Device": Counts(inserted=1)}
    assert write(kept.site).tables == shown.tables
    before = kept.observations()
    assert write(kept.site, Labels.of({}), dry_run=True).tables["Observation"] == Counts(retracted=8)
    assert kept.observations() == before


# --- a server -----------------------------------------------------------------------------------


def test_an_unchanged_label_gets_no_new_version(base: str) -> None:
    """Three runs leave version 1 of everything; a changed label alone has a second one."""
    for run in ("run-1", "run-2", "run-3"):
        write(server_site(base), run=run)
    assert set(versions(base).values()) == {"1"}
    write(server_site(base), labels(AMENDED), run="run-4")
    assert sorted(versions(base).values()) == ["1"] * 15 + ["2"] * 2
    [name] = [each["id"] for each in held(base) if each["status"] == "amended"]
    assert asked(base, f"Observation/{name}/_history")["total"] == 2


def test_the_server_finds_what_is_written_valid(base: str) -> None:
    """Its own $validate has no complaint about any resource."""
    write(server_site(base), strict=True)
    for kind in ("Observation", "Provenance", "Device"):
        for each in held(base, kind):
            outcome = asked(base, f"{kind}/$validate", each)
            assert {issue["severity"] for issue in outcome["issue"]} <= {"information"}


def test_labels_are_found_by_patient_and_by_sources(base: str) -> None:
    """A reader who knows the patient or a measurement comes to the label."""
    write(server_site(base))
    assert asked(base, "Observation?patient=11")["total"] == 2
    assert asked(base, "Observation?derived-from=Observation/pre")["total"] == 8


def test_a_label_and_its_provenance_are_never_parted(base: str) -> None:
    """However small the bundles, both come with one transaction; so a server that is torn away holds whole labels."""
    write(server_site(base, bundle_size=1))
    assert len(versions(base)) == 17


def test_a_run_that_broke_off_is_finished_by_the_next(wire: Wire, base: str) -> None:
    """After the second transaction nothing passes; the next run writes the rest and nothing twice."""
    wire.on(r"^POST /fhir$", reset, at=range(2, 99))
    with pytest.raises(HpdEtlError) as caught:
        write(server_site(wire.url, bundle_size=4))
    assert caught.value.exit_code == 3
    done = len(held(base))
    assert 0 < done < 8
    receipt = write(server_site(base, bundle_size=4), labels(), run="run-2")
    assert receipt.tables["Observation"] == Counts(inserted=8 - done, unchanged=done)
    assert set(versions(base).values()) == {"1"}


def test_a_lost_answer_does_no_harm(wire: Wire, base: str) -> None:
    """What was amended while the answer got lost is recognised as ours when the version no longer fits."""
    write(server_site(base))

    def lost(exchange: Any) -> None:
        exchange.forward()
        reset(exchange)

    wire.on(r"^POST /fhir$", lost, at=1)
    assert write(server_site(wire.url), labels(AMENDED), run="run-2").tables["Observation"] == Counts(
        amended=1, unchanged=7)
    assert sorted(versions(base).values()) == ["1"] * 15 + ["2"] * 2


def test_another_writer_is_a_conflict(wire: Wire, base: str) -> None:
    """Who changed a label between our reading and our writing is not overwritten: exit code 7."""
    write(server_site(base))

    def overtaken(exchange: Any) -> None:
        for each in held(base):
            asked(base, f"Observation/{each['id']}", {**each, "bodySite": {"text": "liver"}}, method="PUT")
        passed(exchange)

    wire.on(r"^POST /fhir$", overtaken)
    with pytest.raises(WriteBackError, match="other versions"):
        write(server_site(wire.url), labels(AMENDED), run="run-2")
    assert {each["status"] for each in held(base)} == {"final"}


def test_a_foreign_resource_under_our_id_is_refused(base: str) -> None:
    """Nothing is overwritten that we did not write."""
    write(server_site(base))
    [one, *_] = held(base)
    asked(base, f"Observation/{one['id']}", {**one, "identifier": [{"value": "x"}]}, method="PUT")
    with pytest.raises(WriteBackError, match="not ours") as caught:
        write(server_site(base), labels(AMENDED))
    assert caught.value.exit_code == 7
    assert one["id"] not in str(caught.value)


def test_what_does_not_arrive_is_noticed(wire: Wire) -> None:
    """A server that says yes and keeps nothing is found out by reading back."""
    wire.on(r"^POST /fhir$", status(200, body=b'{"resourceType":"Bundle","type":"transaction-response"}'))
    with pytest.raises(WriteBackError, match="1 resources of type Device are not as they were written"):
        write(server_site(wire.url))


def test_a_server_without_transactions_is_written_one_by_one(wire: Wire, base: str) -> None:
    """Its CapabilityStatement decides; the outcome is the same."""
    wire.on("GET .*metadata", changed(lambda body: body.replace(b'"transaction"', b'"batch"')))
    assert write(server_site(wire.url)).tables["Observation"] == Counts(inserted=8)
    assert {each.method for each in wire.asked if not each.path.endswith("_search")} == {"GET", "PUT"}
    assert write(server_site(wire.url), labels(AMENDED)).tables["Observation"] == Counts(amended=1, unchanged=7)
    assert write(server_site(base), labels(AMENDED)).tables == NOTHING


def test_a_server_that_cannot_keep_labels_is_refused_before_anything_is_read(wire: Wire) -> None:
    """R5, or ids that only the server gives."""
    wire.on("GET .*metadata", changed(lambda body: body.replace(b'"4.0.1"', b'"5.0.0"')), at=1)
    wire.on("GET .*metadata", changed(lambda body: body.replace(b'"updateCreate":true', b'"updateCreate":false')), at=2)
    with pytest.raises(UnsupportedVersionError, match=r"FHIR 5\.0\.0"):
        write(server_site(wire.url))
    with pytest.raises(WriteBackError, match="under an id that its client gives"):
        write(server_site(wire.url))


def test_an_address_that_is_no_fhir_server_is_told(wire: Wire) -> None:
    """A page of a portal in place of a CapabilityStatement ends with exit code 3, not with a crash."""
    wire.on("GET .*metadata", status(200, body=b"<html>"))
    with pytest.raises(SourceError, match="no CapabilityStatement") as caught:
        write(server_site(wire.url))
    assert caught.value.exit_code == 3


def test_a_server_that_finds_what_was_written_only_later_is_asked_for_it_itself(wire: Wire) -> None:
    """An index that lags is no loss: what a search does not give after writing is read by its address."""
    for kind in ("Device", "Observation", "Provenance"):
        wire.on(f"POST .*{kind}/_search", nothing_found, at=range(2, 99))
    assert write(server_site(wire.url)).tables["Observation"] == Counts(inserted=8)
    assert sum(each.method == "GET" and "/hpd-" in each.path for each in wire.asked) == 17


def nothing_found(exchange: Any) -> None:
    """An empty page."""
    status(200, body=b'{"resourceType":"Bundle","type":"searchset","total":0}')(exchange)


def test_a_server_that_cannot_search_by_code_is_refused(wire: Wire, base: str) -> None:
    """Labels that are gone could not be taken back there; so nothing is written at all."""
    wire.on("GET .*Observation", status(400))
    with pytest.raises(WriteBackError, match="by their code"):
        write(server_site(wire.url))
    assert held(base) == []


def test_a_search_that_gives_less_than_it_counts_is_no_answer(wire: Wire, base: str) -> None:
    """A label that is not seen would be written as new; the run ends with exit code 3."""
    write(server_site(base))
    wire.on("GET .*Observation", changed(lambda body: body.replace(b'"total":8', b'"total":9')))
    with pytest.raises(HpdEtlError, match="counts 9 labels and gave 8") as caught:
        write(server_site(wire.url))
    assert caught.value.exit_code == 3


def test_no_right_is_exit_4(wire: Wire) -> None:
    """A server that lets us read but not write says so with the transaction."""
    wire.on(r"^POST /fhir$", status(403))
    with pytest.raises(AccessError):
        write(server_site(wire.url))


# --- files --------------------------------------------------------------------------------------


def test_files_that_do_not_change_are_not_touched(tmp_path: Path) -> None:
    """A run without news leaves every file as it is, down to its time; other files are nobody's business."""
    site = labelled.files_site(tmp_path)
    write(site)
    folder = tmp_path / "labels"
    (folder / "Observation.000.ndjson").write_text("not ours")
    before = {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()}
    write(site, run="run-2")
    assert {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()} == before
    write(site, labels(post="Observation:post/_history/2"), run="run-3")
    changed_files = {path.name for path in folder.iterdir()
                     if before[path.name] != (path.stat().st_mtime_ns, path.stat().st_ino)}
    assert changed_files == {"Provenance.hpd.ndjson"}


def test_a_run_that_died_between_two_files_is_finished_by_the_next(tmp_path: Path) -> None:
    """The labels are new, their Provenance is not yet: the next run writes just that."""
    site = labelled.files_site(tmp_path)
    write(site)
    path = tmp_path / "labels" / "Provenance.hpd.ndjson"
    before = path.read_bytes()
    write(site, labels(labelled.without("12 ")), run="run-2")
    write(site, labels(post="Observation:other"), run="run-3")
    path.write_bytes(before)
    assert write(site, labels(post="Observation:other"), run="run-4").tables == {
        "Observation": Counts(unchanged=8), "Provenance": Counts(amended=8), "Device": Counts(unchanged=1)}
    assert "Observation/other" in path.read_text("utf-8")


def test_a_file_that_somebody_changed_is_refused(tmp_path: Path) -> None:
    """A line that is no resource stops the run; nothing is thrown away."""
    site = labelled.files_site(tmp_path)
    write(site)
    path = tmp_path / "labels" / "Observation.hpd.ndjson"
    path.write_text("{\n" + path.read_text())
    with pytest.raises(WriteBackError, match="no Observation"):
        write(site, labels(AMENDED))


def test_one_writer_a_folder(tmp_path: Path) -> None:
    """Two runs at once: the second ends with exit code 9."""
    site = labelled.files_site(tmp_path)
    with opened(site), pytest.raises(LockedError), opened(site):
        pass


def test_a_salt_is_read_from_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a salt the ids of a site cannot be guessed from its name."""
    monkeypatch.setenv("HPD_SALT", "grains")
    write(labelled.files_site(tmp_path))
    plain = {each["id"] for each in lines(labelled.files_site(tmp_path), "Observation")}
    salted = labelled.files_site(tmp_path / "salted", salt="env:HPD_SALT")
    write(salted)
    assert not plain & {each["id"] for each in lines(salted, "Observation")}
