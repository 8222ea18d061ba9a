"""A small hospital with unusual person ids, and the command run in this process or in one of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pytest

from hpd_etl import cli
from hpd_etl.demo import hospital, settings

if TYPE_CHECKING:
    from pathlib import Path

SHIFT = 918_273_640_000_000
"""Added to every person_id, so that an id cannot be taken for a count."""
SIZE = -777.125
"""A size that only one patient has, and that is refused."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture
def hpd_etl(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command within this process."""

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["hpd-etl", *map(str, arguments)])
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def process() -> Command:
    """The command in a process of its own; `before` is Python that runs there first."""

    def run(*arguments: object, before: str = "") -> Outcome:
        program = f"{before}\nfrom hpd_etl.cli import main\nmain()"
        done = subprocess.run([sys.executable, "-c", program, *map(str, arguments)],
                              capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=120)
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@dataclass(frozen=True)
class Place:
    """A folder with study.toml, site.toml and the files they name."""

    folder: Path
    cdm: Path

    @property
    def options(self) -> tuple[str, ...]:
        """The options that every verb takes."""
        return "--study", str(self.folder / "study.toml"), "--site", str(self.folder / "site.toml")

    @property
    def runs(self) -> list[Path]:
        """The run folders, oldest first."""
        return sorted(path for path in (self.folder / "runs").iterdir() if path.is_dir())

    @property
    def run(self) -> Path:
        """The newest run folder."""
        return self.runs[-1]

    def write(self, name: str, old: str, new: str) -> None:
        """Replace a text of study.toml or site.toml, which must be there."""
        text = (self.folder / name).read_text("utf-8")
        assert old in text
        (self.folder / name).write_text(text.replace(old, new), "utf-8")

    def add(self, name: str, text: str) -> None:
        """Append to study.toml or site.toml."""
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(text)


def settled(folder: Path, cdm: Path) -> Place:
    """The folder with the settings of the synthetic hospital, without the expectations, whose import takes seconds."""
    folder.mkdir(exist_ok=True)
    (folder / "study.toml").write_text(f"{settings.study_toml()}\n[gate]\nexpectations = false\n", "utf-8")
    (folder / "site.toml").write_text(settings.omop_site_toml(cdm, folder / "results.duckdb", folder / "runs"), "utf-8")
    return Place(folder, cdm)


@pytest.fixture(scope="session")
def cdm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the hospital, with unusual ids and one unusual size; never written to by a test."""
    path = tmp_path_factory.mktemp("hospital") / "cdm.duckdb"
    hospital.build(f"duckdb:///{path}", persons=480)
    with duckdb.connect(str(path)) as database:
        tables = database.sql("select table_name from duckdb_columns() where column_name = 'person_id'").fetchall()
        for (table,) in tables:
            database.execute(f"update {table} set person_id = person_id + {SHIFT}")
        database.execute(f"""
            update measurement set value_as_number = {SIZE}
            where measurement_id = (select max(measurement_id) from measurement where value_as_number > 20)""")
    return path


@pytest.fixture
def place(tmp_path: Path, cdm: Path) -> Place:
    """A folder of the test's own on the shared hospital."""
    return settled(tmp_path / "place", cdm)
