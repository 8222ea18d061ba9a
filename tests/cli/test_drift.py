"""A run is compared with the one before it, and what was found can be read in Great Expectations' own pages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from hpd_etl import runs
from hpd_etl.artefacts import MANIFEST, PROFILE, QUALITY
from hpd_etl.config import read_site, read_study
from tests.cli.conftest import SHIFT, SIZE, settled


def told(run: Path) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The outcomes of the checks on drift, and which measures of which tables drifted."""
    content = json.loads((run / QUALITY).read_text("utf-8"))
    outcomes = {check["check"]: check["outcome"] for check in content["checks"] if check["table"] == "drift"}
    return outcomes, [(row["table"], row["measure"]) for row in content["drift"]]


@pytest.fixture
def own(tmp_path: Path, cdm: Path):
    """A hospital of the test's own, looked at with every expectation."""
    shutil.copy(cdm, tmp_path / "cdm.duckdb")
    place = settled(tmp_path / "place", tmp_path / "cdm.duckdb")
    place.write("study.toml", "expectations = false", "expectations = true\n[criteria]\nuse = ['champiat2017']")
    return place


def test_a_run_is_compared_with_the_one_before(hpd_etl, own, tmp_path):
    """The first has nothing to be compared with; in the second a fifth of the sizes is gone, and that is said.

    Great Expectations' pages of it hold counts only: no id, no size, and no id of a row of the source.
    """
    for verb in ("extract", "align", "validate"):
        assert hpd_etl(verb, *own.options).code == 0
    assert set(told(own.run)[0].values()) == {"not_applicable"}
    assert told(own.run)[1] == []
    with duckdb.connect(str(own.cdm)) as database:
        database.execute("delete from measurement where rowid % 5 = 0")
    for verb in ("extract", "align"):
        assert hpd_etl(verb, *own.options).code == 0
    assert hpd_etl("validate", *own.options, "--data-docs", tmp_path / "docs").code == 0
    outcomes, drifted = told(own.run)
    assert outcomes["tables_do_not_shrink"] == "failed"
    assert outcomes["persons_do_not_vanish"] == "passed"
    assert ("lesions", "rows") in drifted
    holds_counts_only(tmp_path / "docs", own.run)
    assert hpd_etl("validate", *own.options, "--previous", own.run).code == 0
    assert told(own.run)[1] == []
    missing = hpd_etl("validate", *own.options, "--previous", tmp_path)
    assert (missing.code, "run `hpd-etl validate` first" in missing.err) == (2, True)


def holds_counts_only(docs: Path, run: Path) -> None:
    """One page a suite, for its owner only, and in no page or report anything of a patient."""
    pages = sorted(docs.rglob("*.html"))
    assert {page.stem for page in pages if "validations" in page.parts} >= {"lesions", "persons", "drift"}
    assert docs.stat().st_mode & 0o077 == 0
    for path in (*pages, run / QUALITY, run / PROFILE):
        text = path.read_text("utf-8")
        assert not any(secret in text for secret in (str(SHIFT)[:9], str(SIZE), "measurement:", "drug_exposure:"))


def copied(place, name: str, **said: str) -> Path:
    """A copy of the newest run under another name, its manifest saying otherwise what is given."""
    copy = place.folder / name
    shutil.copytree(place.run, copy)
    manifest = json.loads((copy / MANIFEST).read_text("utf-8"))
    (copy / MANIFEST).write_text(json.dumps({**manifest, **said}), "utf-8")
    return copy


def test_a_run_is_compared_with_one_of_its_kind_alone(hpd_etl, place):
    """A named run of another study, site or source, or whose profile is broken, is refused in words, with what to do.

    The one that was taken is remembered: whatever runs come later, a write-back compares with the same.
    """
    for verb in ("extract", "align", "validate"):
        assert hpd_etl(verb, *place.options).code == 0
    for other in ({"study": "another"}, {"site": "elsewhere"}, {"source": {"source": "fhir_server"}}):
        [(key, value)] = other.items()
        done = hpd_etl("validate", *place.options, "--previous", copied(place, key, **other))
        assert done.code == 2
        assert f"is a run of {key} {value if isinstance(value, str) else 'fhir_server'}" in done.err
    broken = copied(place, "broken")
    for content in ('{"format": 1, "tables": {"lesions"', '{"format": 1}', '{"format": 1, "tables": {"lesions": {}}}'):
        (broken / PROFILE).write_text(content, "utf-8")
        done = hpd_etl("validate", *place.options, "--previous", broken)
        assert (done.code, "run `hpd-etl validate` again" in done.err) == (10, True)
    named = copied(place, "named", run_id="earlier")
    assert hpd_etl("validate", *place.options, "--previous", named).code == 0
    profile = json.loads((named / PROFILE).read_text("utf-8"))
    profile["tables"]["lesions"]["rows"] = 123
    (named / PROFILE).write_text(json.dumps(profile), "utf-8")
    with runs.resumed(read_study(place.folder / "study.toml"), read_site(place.folder / "site.toml"), None) as this:
        assert this.previous_profile()["lesions"]["rows"] == 123
        assert this.manifest.compared == {"run_id": "earlier", "folder": "../../named"}
        assert this.compare_with() is None


def test_data_docs_need_expectations(hpd_etl, place, tmp_path):
    """Where no expectation is run there is nothing to show, and the command says how to have them run."""
    for verb in ("extract", "align"):
        assert hpd_etl(verb, *place.options).code == 0
    done = hpd_etl("validate", *place.options, "--data-docs", tmp_path / "docs")
    assert done.code == 2
    assert "gate.expectations = true" in done.err
    assert not (tmp_path / "docs").exists()
