"""Every kind of failure ends with its exit code, says what to do, and leaves a manifest that says so too."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import duckdb
import pytest

from hpd_etl import assets, runs
from hpd_etl.artefacts import MANIFEST
from hpd_etl.config import read_site, read_study


def status(place) -> tuple[str, int]:
    """Status and exit code in the manifest of the newest run."""
    told = json.loads((place.run / MANIFEST).read_text("utf-8"))
    return told["status"], told["exit_code"]


def written(place) -> int:
    """Rows of labels in the results."""
    path = place.folder / "results.duckdb"
    if not path.exists():
        return 0
    with duckdb.connect(str(path), read_only=True) as database:
        there = database.sql("select count(*) from duckdb_tables() where table_name = 'hpd_label'").fetchone()[0]
        return database.sql("select count(*) from hpd_label").fetchone()[0] if there else 0


def saada() -> str:
    """The text of a shipped definition without the others of its rule, to make another of."""
    text = next(path for path in assets.definition_files() if path.stem == "saada2017").read_text("utf-8")
    return text.partition("[[also]]")[0]


@pytest.mark.parametrize(("name", "text", "said"), [
    ("study.toml", "\n[window]\n", "did you mean windows?"),
    ("study.toml", "\n[windows]\npost_to_days = 90\n", "did you mean post_to_day?"),
    ("study.toml", '\n[criteria]\nuse = ["champiat"]\n', "did you mean champiat2017?"),
    ("study.toml", "\nnot toml", "is not TOML"),
    ("site.toml", "\n[source.mappings]\n", "did you mean mapping?"),
], ids=["table", "key", "definition", "syntax", "site"])
def test_a_wrong_configuration_is_2(hpd_etl, place, name, text, said):
    """What is not known is refused with the nearest name, before a run folder is made."""
    place.add(name, text)
    done = hpd_etl("run", *place.options)
    assert done.code == 2
    assert said in done.err
    assert not (place.folder / "runs").exists()


def test_a_missing_study_is_2(hpd_etl, tmp_path):
    """Without a study.toml the command says how to get one."""
    done = hpd_etl("run", "--study", tmp_path / "study.toml")
    assert done.code == 2
    assert "hpd-etl init" in done.err


def test_a_faulty_definition_of_the_study_is_2(hpd_etl, place):
    """A definition with an unknown metric stops the run, and `definitions check` says what is wrong in it."""
    own = place.folder / "own"
    own.mkdir()
    text = own / "mine.toml"
    text.write_text(saada().replace("saada2017", "mine").replace('"tgk_ratio"', '"tgk_ration"'), "utf-8")
    place.add("study.toml", '\n[criteria]\nfolder = "own"\nuse = ["mine"]\n')
    checked, ran = hpd_etl("definitions", "check", text), hpd_etl("run", *place.options)
    assert (checked.code, ran.code) == (2, 2)
    assert "did you mean tgk_ratio?" in checked.err
    assert "did you mean tgk_ratio?" in ran.err


def test_a_definition_of_the_study_is_used(hpd_etl, place):
    """A study's own definition is listed, shown, checked and labelled with like a shipped one."""
    own = place.folder / "own"
    own.mkdir()
    mine = saada().replace('id = "saada2017"', 'id = "mine"').replace("number = ", "# number = ")
    (own / "mine.toml").write_text(mine, "utf-8")
    place.add("study.toml", '\n[criteria]\nfolder = "own"\nuse = ["mine"]\n')
    text = (place.folder / "site.toml").read_text("utf-8")
    (place.folder / "site.toml").write_text(text.split("[sink]")[0], "utf-8")
    study = place.folder / "study.toml"
    assert hpd_etl("definitions", "check", own / "mine.toml").code == 0
    assert "mine" in hpd_etl("definitions", "list", "--study", study).out
    assert "tgk_ratio >= 2" in hpd_etl("definitions", "show", "mine", "--study", study).out
    done = hpd_etl("run", *place.options)
    assert done.code == 0, done.err
    assert "mine" in done.out


def test_an_unreadable_database_is_4(hpd_etl, place):
    """A file that is not there is refused by name, and the manifest of the attempt says access."""
    place.write("site.toml", str(place.cdm), str(place.cdm) + ".gone")
    done = hpd_etl("run", *place.options)
    assert done.code == 4
    assert "site.toml" in done.err
    assert status(place) == ("access", 4)


def test_a_closed_gate_is_5_and_writes_nothing(hpd_etl, place):
    """With fewer patients than the study wants, run, validate and writeback end with 5 and no label is written."""
    place.write("study.toml", "[gate]", "[gate]\nmin_persons = 100000")
    done = hpd_etl("run", *place.options)
    assert done.code == 5
    assert "min_persons" in done.err
    assert str(place.run) in done.err
    assert (status(place), written(place)) == (("quality_gate", 5), 0)
    shown = hpd_etl("validate", *place.options)
    assert shown.code == 5
    assert "Who can be labelled" in shown.out
    assert hpd_etl("label", *place.options).code == 0
    assert hpd_etl("writeback", *place.options).code == 5
    assert written(place) == 0


@pytest.mark.parametrize("budget", ["max_rejected_fraction", "max_not_evaluable_fraction"])
def test_over_budget_is_6_and_writes_nothing(hpd_etl, place, budget):
    """Where more was refused or not evaluable than allowed, the run ends with 6 before anything is written back."""
    place.write("study.toml", "[gate]", f"[gate]\n{budget} = 0.001")
    done = hpd_etl("run", *place.options)
    assert done.code == 6
    assert budget in done.err
    assert (status(place), written(place)) == (("budget", 6), 0)


def test_a_lock_is_9(hpd_etl, place):
    """While another process works in the runs folder, the command ends with 9 and makes no folder."""
    runs = place.folder / "runs"
    hold = ("import sys, time, pathlib; from hpd_etl import artefacts\n"
            "with artefacts.locked(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", hold, str(runs)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        done = hpd_etl("run", *place.options)
        holder.kill()
    assert done.code == 9
    assert place.runs == []


def test_an_artefact_of_another_format_is_10(hpd_etl, place):
    """A stage does not go on from an artefact of a release it does not know."""
    assert hpd_etl("extract", *place.options).code == 0
    (place.run / "1-records" / "doses.parquet").write_bytes(b"PAR1")
    done = hpd_etl("align", *place.options)
    assert done.code == 10
    assert status(place) == ("unsupported_version", 10)


def test_a_stage_without_the_one_before_is_2(hpd_etl, place):
    """Labelling before aligning names the verb that is missing; with no run at all, so does any stage."""
    assert "hpd-etl extract" in hpd_etl("align", *place.options).err
    assert hpd_etl("extract", *place.options).code == 0
    done = hpd_etl("label", *place.options)
    assert done.code == 2
    assert "hpd-etl align" in done.err


def test_a_full_disk_is_4_and_nothing_is_half_written(hpd_etl, process, place):
    """Where files cannot grow, the run ends with 4, says why, and leaves no part of an artefact."""
    full = ("import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))")
    done = process("extract", *place.options, before=full)
    assert done.code == 4
    assert "too large" in done.err
    assert [path.name for path in place.run.iterdir()] == [MANIFEST]
    assert status(place) == ("access", 4)
    assert hpd_etl("run", *place.options).code == 0


def test_an_interruption_is_130(place):
    """Ctrl-C ends the run with 130, and its manifest says that it was interrupted."""
    with subprocess.Popen([sys.executable, "-m", "hpd_etl.cli", "run", *place.options], stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, text=True, preexec_fn=_interruptible) as running:
        said = [next(line for line in running.stderr if line.startswith("extract ..."))]
        running.send_signal(signal.SIGINT)
        said += list(running.stderr)
    assert running.returncode == 130
    assert "interrupted" in said[-1]
    assert status(place) == ("interrupted", 130)


def _interruptible() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_an_unexpected_error_tells_no_value(process):
    """A bug ends with 1 and names places in the code; the text of the error, which may hold a value, is withheld."""
    bug = ("from hpd_etl.cli import app\n@app.command()\ndef bug(): raise ValueError('person 918273640000001')")
    done = process("bug", before=bug)
    assert done.code == 1
    assert "ValueError" in done.err
    assert "cli/__init__.py" in done.err
    assert "918273640000001" not in done.err + done.out


def test_an_unexpected_error_is_in_the_manifest(place):
    """A run that ends with a bug is not left as running."""
    study, site = read_study(place.folder / "study.toml"), read_site(place.folder / "site.toml")
    with pytest.raises(ValueError, match="bug"), runs.started(study, site, None):
        raise ValueError("bug")
    assert status(place) == ("unexpected", 1)
