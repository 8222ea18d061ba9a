"""A run is compared with the one before it, and what was found can be read in Great Expectations' own pages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from hpd_etl.artefacts import PROFILE, QUALITY
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


def test_data_docs_need_expectations(hpd_etl, place, tmp_path):
    """Where no expectation is run there is nothing to show, and the command says how to have them run."""
    for verb in ("extract", "align"):
        assert hpd_etl(verb, *place.options).code == 0
    done = hpd_etl("validate", *place.options, "--data-docs", tmp_path / "docs")
    assert done.code == 2
    assert "gate.expectations = true" in done.err
    assert not (tmp_path / "docs").exists()
