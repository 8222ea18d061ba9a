"""No name, identifier, date or size of a patient leaves a run by a log, a message, a report or a manifest."""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pytest

from hpd_etl import cli, demo
from hpd_etl.sources.refused_codes import VOCABULARY_FROM
from hpd_etl.words import RARE
from tests.quality.seeded import NAME, SHIFT, Secrets, seeded, written_resources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OF_PATIENTS = ("1-records/*", "2-timeline/*", "3-suspicions/*", "4-labels/*.parquet", "4-labels/*.csv",
               "6-sensitivity/flipped.*", "6-sensitivity/perturbation.*", "7-agreement/labelled.*",
               "8-growth/growth.*", "9-report-patients/*")
"""What holds patient data on purpose; everything else in a run folder is scanned."""
VERBS = ("validate", "responses", "sensitivity", "agreement", "growth", "writeback")


@dataclass
class Scene:
    """A place with study.toml and site.toml, and everything that was said there."""

    folder: Path
    secrets: Secrets
    said: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    def does(self, name: str, *arguments: str) -> None:
        """Run a command as `hpd-etl` does, every logger at its most talkative."""
        out, err, log = io.StringIO(), io.StringIO(), io.StringIO()
        options = () if arguments[0] == "definitions" else (
            "--study", str(self.folder / "study.toml"), "--site", str(self.folder / "site.toml"))
        before, sys.argv = sys.argv, ["hpd-etl", *arguments, *options]
        hook = sys.excepthook
        with redirect_stdout(out), redirect_stderr(err), _listening(log):
            try:
                cli.main()
            except SystemExit as ended:
                self.codes[name] = int(ended.code or 0)
            except BaseException as error:  # as the interpreter does at the end
                sys.excepthook(type(error), error, error.__traceback__)
                self.codes[name] = 1
        sys.argv, sys.excepthook = before, hook
        self.said |= {f"{name}: {stream}": text.getvalue()
                      for stream, text in (("out", out), ("err", err), ("log", log))}

    def study(self, text: str = "") -> None:
        """The study of the hospital with another gate."""
        rules = ('[report]\ndefinitions = ["saada2017"]\n[criteria]\nuse = ["saada2017", "ferrara2018", "wangx2023"]\n'
                 "[sensitivity]\ndraws = 20\nwindows = {}\n")
        (self.folder / "study.toml").write_text(f"{demo.study_toml()}\n{rules}{text}", "utf-8")

    def files(self) -> Iterator[tuple[str, str]]:
        """Every file of every run that must hold no patient data, as text."""
        for path in sorted((self.folder / "runs").glob("*/**/*")):
            name = path.relative_to(self.folder / "runs").as_posix().partition("/")[2]
            if path.is_file() and path.suffix != ".png" and not any(fnmatch(name, pattern) for pattern in OF_PATIENTS):
                frame = path.suffix == ".parquet"
                yield name, pd.read_parquet(path).to_csv() if frame else path.read_text("utf-8")
        for path in sorted((self.folder / "docs").rglob("*")):
            if path.is_file() and path.suffix not in (".ttf", ".woff", ".woff2", ".png", ".ico", ".eot"):
                yield f"docs/{path.name}", path.read_text("utf-8", errors="replace")


@pytest.fixture(scope="module", params=["omop", "fhir"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The seeded hospital as either source, after everything that a run does: done, stopped and broken."""
    folder = tmp_path_factory.mktemp(request.param)
    given, secrets = seeded()
    if request.param == "omop":
        demo.build(f"duckdb:///{folder / 'cdm'}", written=given.rows)
        site = demo.omop_site_toml(folder / "cdm", folder / "results", folder / "runs")
    else:
        written_resources(given, folder / "resources")
        site = demo.fhir_site_toml(folder / "resources", folder / "labels", folder / "runs").replace(
            'kind = "fhir_files"\nfolder', 'kind = "fhir_files"\nunreadable = "counted"\nfolder', 1)
    (folder / "site.toml").write_text(site, "utf-8")
    here = Scene(folder, secrets)
    here.study(f"[gate]\nexpectations = {str(request.param == 'omop').lower()}\n")  # they look at the same tables
    here.does("run", "run", "--gate", "report")
    if request.param == "omop":
        here.does("data docs", "validate", "--gate", "report", "--data-docs", str(folder / "docs"))
    here.study("[gate]\nexpectations = false\n")
    for verb in VERBS:
        here.does(verb, verb, *(["--dry-run"] if verb == "writeback" else []))
    if request.param == "omop":  # it sees Timeline and Labels alone, whatever the source
        here.does("report", "report")
    here.does("doctor", "doctor")
    here.does("feasibility", "doctor", "--feasibility")
    here.study("[gate]\nmin_persons = 100000\nexpectations = false\n")
    here.does("closed", "run")
    here.study("[gate]\nmax_rejected_fraction = 0.0\nexpectations = false\n")
    here.does("budget", "run")
    here.study("[gate]\nexpectations = false\n")
    _break(folder)
    here.does("broken", "run")
    return here


def _break(folder: Path) -> None:
    """A number that is a name, and a line that is none: what a library reads aloud in its error."""
    if (folder / "cdm").exists():
        with duckdb.connect(str(folder / "cdm")) as database:
            database.execute("alter table measurement alter value_as_number type varchar")
            database.execute(f"update measurement set value_as_number = '{NAME}' where value_as_number is not null")
    else:
        site = (folder / "site.toml").read_text("utf-8").replace('unreadable = "counted"\n', "")
        (folder / "site.toml").write_text(site, "utf-8")
        (folder / "resources" / "Patient.001.ndjson").write_bytes(
            b'{"resourceType": "Patient", "id": "' + NAME.encode() + b'", "birthDate": \xff}\n')


@contextmanager
def _listening(text: io.StringIO) -> Iterator[None]:
    """All loggers at their lowest level, and all warnings, written to a text."""
    handler = logging.StreamHandler(text)
    loggers = [each for each in logging.Logger.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    levels = [(each, each.level) for each in (logging.root, *loggers)]
    logging.root.addHandler(handler)
    with warnings.catch_warnings(record=True) as caught:
        for each, _ in levels:
            each.setLevel(1)
        try:
            yield
        finally:
            for each, level in levels:
                each.setLevel(level)
            logging.root.removeHandler(handler)
            text.write("\n".join(str(each.message) for each in caught))


def test_everything_was_done(scene: Scene) -> None:
    """The scan means something: the verbs worked, the gate closed, a budget was exceeded, a run broke."""
    failing = {name: code for name, code in scene.codes.items() if name not in ("closed", "budget", "broken") and code}
    assert failing == {}
    assert {"run", *VERBS, "doctor", "feasibility"} <= set(scene.codes)
    assert ("data docs" in scene.codes) == any(name.startswith("docs/") for name, _ in scene.files())
    assert scene.codes["closed"] == 5
    assert scene.codes["budget"] == 6
    assert "unexpected error" in scene.said["broken: err"] or "unreadable" in scene.said["broken: err"]


def test_the_secrets_are_there_to_be_found(scene: Scene) -> None:
    """What is looked for stands in the artefacts of patients, so that the scan could find it."""
    text = "".join(pd.read_parquet(path).to_csv() for name in ("1-records", "2-timeline")
                   for path in sorted((scene.folder / "runs").glob(f"*/{name}/*.parquet")))
    told = scene.secrets.told(text)
    assert any(str(SHIFT)[:8] in each for each in told)
    assert NAME in text
    assert "1931-07-19" in told
    assert sum("." in each for each in told) > 100


def test_a_name_that_many_bear_is_counted_and_not_shown(scene: Scene) -> None:
    """The ledger has the rows whose unit or code is a name that five persons or more have, as `(text)`."""
    quality = next((scene.folder / "runs").glob("*/3-quality.json"))
    ledger = json.loads(quality.read_text("utf-8"))["ledger"]
    many = {row["reason"] for row in ledger if row["code"] == RARE and row["persons"] >= VOCABULARY_FROM}
    assert many >= ({"unit_unknown", "never_read"} if (scene.folder / "cdm").exists() else {"unit_unknown"})


def test_nothing_that_is_said_tells_of_a_patient(scene: Scene) -> None:
    """Output, errors and logs of every verb hold none of it."""
    leaks = {name: sorted(told)[:5] for name, text in scene.said.items() if (told := scene.secrets.told(text))}
    assert leaks == {}


def test_no_file_but_those_of_patients_tells_of_one(scene: Scene) -> None:
    """Quality report, page, funnel, receipt, counts and manifest of every run hold none of it."""
    files = list(scene.files())
    assert {"manifest.json", "3-quality.json"} <= {name for name, _ in files}
    leaks = {name: sorted(told)[:5] for name, text in files if (told := scene.secrets.told(text))}
    assert leaks == {}
