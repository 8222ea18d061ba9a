"""A run, its stages one by one, and a run again: always the same labels, and no patient where none may be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from hpd_etl import artefacts, library
from hpd_etl.artefacts import FUNNEL, LABELS, MANIFEST, PAGE, PROFILE, QUALITY, RECEIPT, RECORDS, SUSPICIONS, TIMELINE
from hpd_etl.schema import Labels, Records, Timeline
from tests.cli.conftest import SHIFT, SIZE, settled


def labelled(run: Path) -> dict[str, pd.DataFrame]:
    """The tables that `label` left in this run."""
    return {table.name: frame for table, frame in artefacts.read(Labels, run / LABELS)}


def same(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> None:
    """The tables are equal, row by row."""
    for name, frame in left.items():
        pd.testing.assert_frame_equal(frame, right[name])


def results(place) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table in the results file, sorted."""
    with duckdb.connect(str(place.folder / "results.duckdb"), read_only=True) as database:
        names = [name for (name,) in database.sql("show tables").fetchall()]
        return {name: sorted(database.sql(f"select * from {name}").fetchall(), key=str) for name in names}


def manifest(run: Path) -> dict:
    """The manifest of this run."""
    return json.loads((run / MANIFEST).read_text("utf-8"))


@pytest.fixture(scope="module")
def ran(tmp_path_factory, cdm):
    """A place where everything ran once, with what the command printed; read only."""
    place = settled(tmp_path_factory.mktemp("ran") / "place", cdm)
    done = subprocess.run([sys.executable, "-m", "hpd_etl.cli", "run", *place.options],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place, done


def test_a_run_leaves_every_artefact(ran):
    """Records, Timeline, report, labels, receipt and manifest stand in one folder, labels and funnel also as CSV."""
    place, done = ran
    assert sorted(path.name for path in place.run.iterdir()) == [
        RECORDS, TIMELINE, PROFILE, PAGE, QUALITY, SUSPICIONS, FUNNEL, LABELS, RECEIPT, MANIFEST]
    assert (place.run / LABELS / "labels.csv").exists()
    assert (place.run / FUNNEL / "funnel.csv").exists()
    assert str(place.run) in done.stdout


def test_results_go_to_stdout_and_progress_to_stderr(ran):
    """Without a terminal, progress is one plain line a stage, and nothing of it is mixed into the result."""
    _, done = ran
    lines = done.stderr.splitlines()
    assert [line.split(":")[0] for line in lines if not line.endswith("...")] == [
        "extract", "align", "validate", "label", "writeback"]
    assert "\x1b" not in done.stderr + done.stdout
    assert "saada2017" in done.stdout
    assert "..." not in done.stdout


def test_no_patient_in_logs_and_reports(ran):
    """No id and no size of a patient stands in what is printed, in the manifest, the report or the receipt."""
    place, done = ran
    reports = [(place.run / name).read_text("utf-8") for name in (MANIFEST, QUALITY, RECEIPT)]
    ids = artefacts.read(Records, place.run / RECORDS).persons["person_id"]
    assert len(ids) > 50
    assert ids.str.startswith(str(SHIFT)[:9]).all()
    for text in (done.stdout, done.stderr, *reports):
        assert str(SHIFT)[:9] not in text
        assert str(abs(SIZE)) not in text


def test_the_unusual_size_was_there(ran):
    """The size that must not leak was really read, and refused as impossible."""
    place, _ = ran
    refused = artefacts.read(Timeline, place.run / TIMELINE).rejections
    assert (refused["reason"] == "impossible_size").any()


def test_the_manifest_adds_up(ran):
    """Persons extracted are treated or refused, and every definition gives each treated person one verdict."""
    place, _ = ran
    told, labels = manifest(place.run), labelled(place.run)["labels"]
    treated = told["persons"]["treated"]
    assert sum(treated.values()) + told["persons"]["without_first_dose"] == told["persons"]["extracted"]
    assert sum(treated.values()) == labels["person_id"].nunique()
    for definition in ("champiat2017", "saada2017", "kato2017", "ferrara2018", "ji2019"):
        for cohort, verdicts in told["verdicts"][definition].items():
            unknown = verdicts["NOT_EVALUABLE"]
            assert verdicts["HPD"] + verdicts["NOT_HPD"] + sum(unknown.values()) == treated[cohort]
    assert (told["status"], told["exit_code"]) == ("ok", 0)


def test_the_manifest_says_what_was_used(ran):
    """Releases, hashes of study, site, definitions and code lists, CDM and vocabulary release all stand there."""
    place, _ = ran
    told = manifest(place.run)
    assert set(told["versions"]) == {"hpd_etl", "python", "pandas", "pyarrow", "duckdb", "sqlalchemy"}
    assert len(told["inputs"]["study_sha256"]) == len(told["inputs"]["site_sha256"]) == 64
    assert [each["id"] for each in told["inputs"]["definitions"]] == [each.id for each in library.published()]
    assert "checkpoint_inhibitors" in told["inputs"]["mappings"]
    assert (told["source"]["cdm_version"], told["source"]["vocabulary_version"]) == ("5.4", "v5.0 SYNTHETIC")


def test_stage_by_stage_is_the_same(ran, hpd_etl, tmp_path, cdm):
    """The five verbs one after the other, each in its own process memory, end with the labels of one run."""
    first, _ = ran
    place = settled(tmp_path / "stages", cdm)
    for verb in ("extract", "align", "validate", "label", "writeback"):
        done = hpd_etl(verb, *place.options)
        assert done.code == 0, done.err
    assert len(place.runs) == 1
    same(labelled(place.run), labelled(first.run))
    assert [len(rows) for rows in results(place).values()] == [len(rows) for rows in results(first).values()]
    one, other = manifest(first.run), manifest(place.run)
    assert {key: one[key] for key in ("persons", "verdicts", "rejections", "rows")} == {
        key: other[key] for key in ("persons", "verdicts", "rejections", "rows")}


def test_running_again_changes_nothing(hpd_etl, place):
    """The second run leaves every row of the results as it was; only its own folder is new."""
    assert hpd_etl("run", *place.options).code == 0
    before = results(place)
    assert hpd_etl("run", *place.options).code == 0
    assert results(place) == before
    first, second = place.runs
    same(labelled(first), labelled(second))
    changed = [counts[kind] for counts in manifest(second)["receipt"]["tables"].values()
               for kind in ("inserted", "amended", "retracted")]
    assert set(changed) == {0}


def test_dry_run_writes_nothing(hpd_etl, place):
    """A dry run says what would change, and the results have no row."""
    done = hpd_etl("run", "--dry-run", *place.options)
    assert done.code == 0
    assert "would change" in done.err
    assert "What would change" in done.out
    assert not (place.folder / "results.duckdb").exists() or not any(results(place).values())


def test_without_a_sink_labels_stay_in_the_folder(hpd_etl, place):
    """A site without a sink is no error: the labels are files and there is no receipt."""
    text = (place.folder / "site.toml").read_text("utf-8")
    (place.folder / "site.toml").write_text(text.split("[sink]")[0], "utf-8")
    done = hpd_etl("run", *place.options)
    assert done.code == 0
    assert "stay in the run folder" in done.out
    assert not (place.run / RECEIPT).exists()
    assert len(labelled(place.run)["labels"])


def test_a_stage_made_anew_takes_later_ones_away(hpd_etl, place):
    """Labels made from an older Timeline never stand beside a newer one."""
    assert hpd_etl("run", *place.options).code == 0
    assert hpd_etl("align", *place.options).code == 0
    assert not (place.run / LABELS).exists()
    assert manifest(place.run)["verdicts"] == {}
    assert hpd_etl("writeback", *place.options).code == 2


def test_an_artefact_of_another_study_is_refused(hpd_etl, place):
    """After the windows were changed, the Timeline must be made again before anything is labelled with it."""
    assert hpd_etl("run", *place.options).code == 0
    place.add("study.toml", "\n[windows]\npost_to_day = 90\n")
    done = hpd_etl("label", *place.options)
    assert done.code == 2
    assert "hpd-etl align" in done.err
    assert [hpd_etl(verb, *place.options).code for verb in ("align", "label")] == [0, 0]


def test_a_run_can_have_its_own_folder(hpd_etl, place, tmp_path):
    """With --run-dir the artefacts stand where the caller wants them, and later verbs find them by --run."""
    own = tmp_path / "own"
    assert hpd_etl("extract", *place.options, "--run-dir", own).code == 0
    assert hpd_etl("align", *place.options, "--run", own).code == 0
    assert (own / TIMELINE).is_dir()
    assert hpd_etl("extract", *place.options, "--run-dir", own).code == 2
