"""One server that is source and sink: read, labelled and written back, run after run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpd_etl import pipeline
from hpd_etl.artefacts import MANIFEST, RECORDS
from hpd_etl.config import Criteria, Gate, Site, Study
from tests.fhir.given import administration, encounter, patient, size, structure
from tests.fhir.labelled import held, server_site, versions

STUDY = Study(id="ward", criteria=Criteria(use=("champiat2017", "ferrara2018")), gate=Gate(expectations=False))
SIZES = {"2019-12-20": 20, "2020-02-20": 24, "2020-04-20": 60}
"""20 % more in two months before the first dose, and 150 % more in the two months around it."""


def ward() -> list[dict[str, Any]]:
    """One patient whose only lesion grows far faster on treatment; one who is treated and never measured."""
    sizes = [size(f"size{number}", value, on=day) for number, (day, value) in enumerate(SIZES.items())]
    seen = encounter("e1", ("2019-01-01", "2021-01-01"), **{"class": {"code": "AMB"}})
    return [patient("ann"), patient("bob"), seen, structure("L1"), *sizes,
            administration("d1", on="2020-03-01"), administration("d2", on="2020-03-01", who="bob")]


def run(site: Site, folder: Path) -> Any:
    """What the run wrote back."""
    return pipeline.run(STUDY, site.model_copy(update={"runs": folder / "runs"}), strict=True)


def test_three_runs_on_one_server_change_nothing_after_the_first(
        new_fhir_server: Callable[..., str], stored: Callable[..., None], tmp_path: Path) -> None:
    """Our own labels are never read back: records, labels and versions stay as they are."""
    base = new_fhir_server()
    stored(base, ward())
    site = server_site(base)
    first, said, receipt = run(site, tmp_path)
    assert receipt.tables["Observation"].inserted == 4
    assert set(said.labels["verdict"]) == {"HPD", "NOT_EVALUABLE"}
    before = versions(base)
    for _ in range(2):
        again, _, receipt = run(site, tmp_path)
        assert receipt.changed == 0
        assert again.manifest.rows["extract"] == first.manifest.rows["extract"]
    assert versions(base) == before
    assert len(held(base)) == 3 + 4


def test_a_label_leads_to_the_resources_it_rests_on(
        new_fhir_server: Callable[..., str], stored: Callable[..., None], tmp_path: Path) -> None:
    """Source and sink are one server, so the label refers to its measurements, and to their versions and the dose."""
    base = new_fhir_server()
    stored(base, ward())
    run(server_site(base), tmp_path)
    [found] = [each for each in held(base) if each["id"].startswith("hpd-")
               and each["subject"]["reference"] == "Patient/ann"
               and each["method"]["coding"][0]["code"] == "champiat2017"]
    assert found["valueCodeableConcept"]["coding"][0]["code"] == "hpd"
    assert {each["reference"] for each in found["derivedFrom"]} == {
        "Observation/size0", "Observation/size1", "Observation/size2"}
    [told] = [each for each in held(base, "Provenance") if each["id"] == found["id"]]
    assert "MedicationAdministration/d1/_history/1" in {each["what"]["reference"] for each in told["entity"]}


def test_a_measurement_that_is_taken_back_takes_its_label_back(
        new_fhir_server: Callable[..., str], stored: Callable[..., None], tmp_path: Path) -> None:
    """The source is corrected, the label is amended; where the person is gone, it is entered in error."""
    base = new_fhir_server()
    stored(base, ward())
    run(server_site(base), tmp_path)
    stored(base, [size("size2", 60, on="2020-04-20", status="entered-in-error"),
                  administration("d2", on="2020-03-01", who="bob", status="entered-in-error")])
    _, _, receipt = run(server_site(base), tmp_path)
    assert receipt.tables["Observation"].amended == 2
    assert receipt.tables["Observation"].retracted == 2


def test_files_in_and_files_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is read and labels are written beside it; the manifest tells no secret and no reference to one."""
    monkeypatch.setenv("HPD_SALT", "grains")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "all.ndjson").write_text("\n".join(map(json.dumps, ward())), "utf-8")
    site = Site.model_validate({
        "source": {"kind": "fhir_files", "folder": str(folder)},
        "sink": {"kind": "fhir_files", "folder": str(folder), "salt": "env:HPD_SALT"}})
    done, _, receipt = run(site, tmp_path)
    assert receipt.tables["Observation"].inserted == 4
    assert run(site, tmp_path)[2].changed == 0
    assert (done.folder / RECORDS).is_dir()
    told = (done.folder / MANIFEST).read_text("utf-8")
    assert "grains" not in told
    assert "HPD_SALT" not in told


def test_where_a_secret_lies_does_not_decide_what_a_run_is(tmp_path: Path) -> None:
    """Another password reference, salt reference or certificate is the same site; another folder is not."""
    plain = server_site("https://fhir.example/r4")
    private = server_site("https://fhir.example/r4", salt="env:SALT", access={
        "url": "https://fhir.example/r4", "auth": "basic", "user": "hpd", "password": "env:HERE"})
    files = [Site.model_validate({"source": {"kind": "fhir_files", "folder": name}}) for name in ("here", "there")]
    prints = [site_fingerprint(site, tmp_path) for site in (plain, private, *files)]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def site_fingerprint(site: Site, folder: Path) -> str:
    """What the manifest says of a site."""
    from hpd_etl import runs

    with runs.started(STUDY, site, folder / f"run{len(list(folder.iterdir()))}") as this:
        return str(this.manifest.inputs["site_sha256"])
