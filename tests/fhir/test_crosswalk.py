"""From an OMOP source to a FHIR sink and the other way round: persons by a crosswalk that the site gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpd_etl.config import Site, read_site
from hpd_etl.errors import ConfigurationError
from tests.fhir import labelled
from tests.fhir.labelled import lines, write
from tests.sinks import given
from tests.sinks.places import file_place

NAMES = {"11": "anna", "12": "bert", "13": "carl", given.LARGEST: "dora"}


def crosswalk(folder: Path, rows: dict[str, str] | str) -> Path:
    """A file with these pairs, or this content."""
    path = folder / "crosswalk.csv"
    content = rows if isinstance(rows, str) else "source_person_id,sink_person_id\n" + "".join(
        f"{source},{sink}\n" for source, sink in rows.items())
    path.write_text(content, "utf-8")
    return path


def omop_to_fhir(folder: Path, **sink: Any) -> Site:
    """A site that reads OMOP and writes FHIR files."""
    return Site.model_validate({
        "name": "north", "source": {"access": {"url": "postgresql://nowhere/cdm"}, "cdm": "cdm"},
        "sink": {"kind": "fhir_files", "folder": str(folder / "labels"), **sink}})


def fhir_to_omop(folder: Path, **sink: Any) -> Site:
    """A site that reads FHIR files and writes an OMOP results schema."""
    file = folder / "results.duckdb"
    return Site.model_validate({
        "source": {"kind": "fhir_files", "folder": str(folder)},
        "sink": {"access": {"url": f"duckdb:///{file}"}, "results": str(file), **sink}})


def test_labels_of_an_omop_source_name_the_patients_of_the_sink(tmp_path: Path) -> None:
    """Subjects are the Patients of the crosswalk; the source rows are not there and stand as identifiers."""
    site = omop_to_fhir(tmp_path, crosswalk=str(crosswalk(tmp_path, {**NAMES, "99": "nobody"})))
    write(site, given.labels())
    found = lines(site, "Observation")
    assert {each["subject"]["reference"] for each in found} == {
        "Patient/anna", "Patient/bert", "Patient/carl", "Patient/dora"}
    assert not any("derivedFrom" in each for each in found)
    assert lines(site, "Provenance")[0]["entity"][0]["what"] == {
        "identifier": {"system": "https://hpd-etl.example/fhir/hpd-source", "value": "measurement:902"},
        "display": "baseline"}
    assert write(site, given.labels(), run="run-2").changed == 0


def test_labels_of_a_fhir_source_name_the_persons_of_the_sink(tmp_path: Path) -> None:
    """Persons are integers there; the lineage names the resources with their versions."""
    place = file_place("duckdb", tmp_path / "results.duckdb")
    numbers = dict(zip(NAMES, ("71", "72", "73", "74"), strict=True))
    site = fhir_to_omop(tmp_path, crosswalk=str(crosswalk(tmp_path, numbers)))
    write(site, labelled.labels())
    assert sorted(place.query("select distinct person_id from @hpd_label")) == [(71,), (72,), (73,), (74,)]
    assert sorted(place.query("select distinct role, source_table, source_id from @hpd_lineage")) == [
        ("baseline", "Observation", "base/_history/3"), ("index_dose", "MedicationAdministration", "dose/_history/2"),
        ("post", "Observation", "post/_history/1"), ("pre", "Observation", "pre")]
    assert sorted(place.query("select subject_id from @cohort")) == [(71,), (72,), (74,)]
    assert place.query("select count(*) from @observation where observation_event_id is not null") == [(0,)]
    assert write(site, labelled.labels(), run="run-2").changed == 0


def test_persons_that_the_crosswalk_lacks_are_counted_and_refused(tmp_path: Path) -> None:
    """Nobody is left out silently: exit code 2, nothing written, no person named."""
    few = {name: sink for name, sink in NAMES.items() if name != "12"}
    site = omop_to_fhir(tmp_path, crosswalk=str(crosswalk(tmp_path, few)))
    with pytest.raises(ConfigurationError, match="lacks 1 of 4 persons") as caught:
        write(site, given.labels())
    assert caught.value.exit_code == 2
    assert not list((tmp_path / "labels").glob("*.ndjson"))


@pytest.mark.parametrize(("content", "told"), [
    ("source_person_id,sink_person_id\n11,anna\n11,bert\n", "1 rows repeat a source_person_id"),
    ("source_person_id,sink_person_id\n11,anna\n12,anna\n", "1 rows repeat a sink_person_id"),
    ("source_person_id,sink_person_id\n11,\n", "1 rows lack one of the two persons"),
    ("person,patient\n11,anna\n", "lacks the columns source_person_id and sink_person_id"),
])
def test_an_ambiguous_crosswalk_is_refused(tmp_path: Path, content: str, told: str) -> None:
    """Two persons are never made one, and one never two."""
    site = omop_to_fhir(tmp_path, crosswalk=str(crosswalk(tmp_path, content)))
    with pytest.raises(ConfigurationError, match=told):
        write(site, given.labels())


def test_a_crosswalk_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigurationError, match="cannot read the crosswalk"):
        write(omop_to_fhir(tmp_path, crosswalk=str(tmp_path / "none.csv")), given.labels())


@pytest.mark.parametrize("kinds", [("omop_cdm", "fhir_files"), ("fhir_files", "omop_cdm")])
def test_source_and_sink_that_name_persons_differently_need_a_crosswalk(tmp_path: Path, kinds: tuple[str, str]) -> None:
    """Without one the configuration is refused: exit code 2."""
    parts = {"omop_cdm": '[{0}.access]\nurl = "duckdb:///x"\n',
             "fhir_files": '[{0}]\nkind = "fhir_files"\nfolder = "y"\n'}
    path = tmp_path / "site.toml"
    results = '[sink]\nresults = "results"\n' if kinds[1] == "omop_cdm" else ""
    path.write_text(parts[kinds[0]].format("source") + results + parts[kinds[1]].format("sink"), "utf-8")
    with pytest.raises(ConfigurationError, match="crosswalk is needed"):
        read_site(path)
