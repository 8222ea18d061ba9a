"""The pages say what the code does, and the tree holds nothing that belongs to one machine."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hpd_etl import errors

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
STAGES = ("extract", "align", "validate", "label", "writeback")
BINARY = {".parquet", ".duckdb", ".sqlite", ".png", ".gz", ".ttf"}


def generator() -> ModuleType:
    """`docs/generate.py` as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = generator()


def tracked() -> list[Path]:
    """Every text file of the repository: what git tracks, or all but what it would ignore."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        names = [ROOT / name for name in listed.split("\0") if name]
    else:
        hidden = {".venv", "__pycache__", "runs", "demo", ".hypothesis", ".mypy_cache", ".ruff_cache"}
        names = [path for path in ROOT.rglob("*") if not hidden & set(path.relative_to(ROOT).parts)]
    return [path for path in names if path.is_file() and path.suffix not in BINARY]


FILES = tracked()


# --- pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", GENERATOR.PAGES)
def test_generated_page_is_current(page: str) -> None:
    """A page made from the code is what the code makes now; else run docs/generate.py and read the diff."""
    assert (ROOT / "docs" / page).read_text("utf-8") == GENERATOR.PAGES[page]()


def test_every_row_of_the_public_surface_says_what_it_means() -> None:
    """No verb, exit code, reason, flag, results table or configuration key is without a meaning."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in GENERATOR.public_surface().splitlines()
            if re.match(r"\| (`|\d)", line)]
    meaning = {2: (1,), 3: (1, 2), 4: (3,)}
    silent = [cells[0] for cells in rows
              if cells[0].strip() != "0" and not any(cells[place].strip() for place in meaning[len(cells)])]
    assert rows
    assert silent == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_page_and_the_readme_leads_to_it(stage: str) -> None:
    """The word of the verb is the name of the page."""
    assert (ROOT / "docs" / f"{stage}.md").read_text("utf-8").startswith(f"# {stage}\n")
    assert f"(docs/{stage}.md)" in (ROOT / "README.md").read_text("utf-8")


def test_links_between_pages_lead_somewhere() -> None:
    """A relative link in a page names a file that exists."""
    broken = [f"{page.relative_to(ROOT)}: {target}" for page in FILES if page.suffix == ".md"
              for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
              if not (page.parent / target).exists()]
    assert broken == []


# --- commands ---------------------------------------------------------------------------------


def test_every_rule_of_response_names_what_is_there() -> None:
    """The modules that decide a rule and the tests that show it exist under the names that the page gives."""
    table = (ROOT / "docs/responses.md").read_text("utf-8").split("what shows it")[1]
    rows = re.findall(r"^\|(.*)\|(.*)\|(.*)\|$", table, re.MULTILINE)
    folders = {1: ("hpd_etl", "hpd_etl/criteria"), 2: ("tests/spec", "tests/unit", "tests/published", ".")}
    named = [(name.replace(".", "/") if column == 1 else name, folders[column])
             for row in rows for column in folders for name in re.findall(r"`([^`]+)`", row[column])]
    assert len(named) > 30
    for name, places in named:
        tried = [ROOT / place / each for place in places for each in (name, f"{name}.py", f"test_{name}.py")]
        assert any(path.exists() for path in tried), name


def test_readme_opens_with_the_two_commands() -> None:
    """The first code block of the README is the main job and the tests, and nothing else."""
    first = (ROOT / "README.md").read_text("utf-8").split("```")[1]
    commands = [line.split("#")[0].strip() for line in first.splitlines()[1:] if line.strip()]
    assert commands == ["./hpd demo", "./hpd test"]


@pytest.mark.parametrize("script", ["hpd", ".ci/run"])
def test_scripts_are_executable_and_parse(script: str) -> None:
    """The launcher is POSIX sh, and continuous integration calls it."""
    path = ROOT / script
    assert os.access(path, os.X_OK)
    shell = path.read_text("utf-8").splitlines()[0].split()[-1].split("/")[-1]
    subprocess.run([shell, "-n", path], check=True)


def test_continuous_integration_runs_the_readme_command() -> None:
    """`.ci/run` calls `./hpd test` and nothing else of substance."""
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["exec ./hpd test </dev/null"]


def test_launcher_names_its_tasks_and_refuses_others() -> None:
    """`./hpd` explains itself without making an environment; an unknown task is exit 2."""
    shown = subprocess.run([ROOT / "hpd"], capture_output=True, text=True, check=True).stdout
    assert all(task in shown for task in ("demo", "test", "check", "bench"))
    assert subprocess.run([ROOT / "hpd", "fly"], capture_output=True, check=False).returncode == 2


def test_readme_lists_every_exit_code() -> None:
    """The table of the README has the codes of the errors, done and interrupted."""
    table = (ROOT / "README.md").read_text("utf-8").split("## Exit codes")[1].split("## ")[0]
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", table, flags=re.MULTILINE)]
    family = [errors.HpdEtlError, *errors.HpdEtlError.__subclasses__()]
    assert codes == [0, *(each.exit_code for each in family), 130]


# --- the tree ---------------------------------------------------------------------------------


def test_no_path_of_one_machine_in_the_tree() -> None:
    """Nothing names a home, a workplace or a mounted folder of the machine it was written on."""
    places = re.compile(r"(?<![\w.@/-])/(?:work|home|root|Users|opt|mnt)/")
    found = [f"{path.relative_to(ROOT)}:{number}" for path in FILES
             for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if places.search(line)]
    assert found == []


def test_no_emoji_in_the_tree() -> None:
    """Text is text."""
    emoji = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]")
    assert [str(path.relative_to(ROOT)) for path in FILES if emoji.search(path.read_text("utf-8"))] == []


def test_every_test_says_what_must_hold() -> None:
    """Each test function has a docstring of a sentence."""
    silent = [f"{path.name}: {node.name}" for path in FILES if path.match("test_*.py")
              for node in ast.walk(ast.parse(path.read_text("utf-8")))
              if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
              and not (ast.get_docstring(node) or "").rstrip().endswith(".")]
    assert silent == []


def test_files_stay_readable() -> None:
    """No module is longer than 400 lines; one that grows hides a noun."""
    modules = [path for path in FILES if path.suffix == ".py" and path.is_relative_to(ROOT / "hpd_etl")]
    long = [path.name for path in modules if len(path.read_text("utf-8").splitlines()) > 400]
    assert long == []
