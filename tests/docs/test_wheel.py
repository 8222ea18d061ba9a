"""What users install is the wheel, not the checkout: it must carry its data and run from anywhere."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment with the built wheel; dependencies are those of this one."""
    place = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", place], cwd=ROOT, check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / "env"], check=True)
    python = place / "env" / "bin" / "python"
    (wheel,) = place.glob("*.whl")
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index",
                    wheel], check=True)
    packages = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                              check=True, capture_output=True, text=True).stdout.strip()
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python.parent


def output(command: list[object], folder: Path) -> str:
    """What the command prints, run in this folder; fails where it does."""
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    """The package and its data lie in the fresh environment, not in the checkout."""
    shown = output([installed / "python", "-c", "from hpd_etl import assets; print(assets.folder('sql'))"], tmp_path)
    assert Path(shown.strip()).is_relative_to(installed.parent)


def test_definitions_ship_with_the_wheel(installed: Path, tmp_path: Path) -> None:
    """All published definitions are listed from another folder."""
    shown = output([installed / "hpd-etl", "definitions", "list"], tmp_path)
    assert {line.split()[0] for line in shown.splitlines()} >= {
        "champiat2017", "ferrara2018", "ji2019", "kato2017", "saada2017"}


def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """Code lists, SQL texts and the synthetic hospital work without the checkout."""
    shown = output([installed / "hpd-etl", "demo", "--persons", "480", "--folder", tmp_path / "here"], tmp_path)
    assert "champiat2017" in shown
