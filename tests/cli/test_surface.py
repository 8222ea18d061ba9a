"""What others rely on: the verbs, how fast they answer, and what a typing error gets."""

from __future__ import annotations

import json

import pytest
import typer

from hpd_etl.cli import app

VERBS = ["agreement", "align", "auth", "definitions", "demo", "doctor", "explain", "extract", "growth", "init", "label",
         "report", "responses", "run", "sensitivity", "sql", "validate", "writeback"]
HEAVY = ["altair", "cryptography", "duckdb", "fhir", "great_expectations", "httpx2", "isal", "jwt", "msgspec", "numpy",
         "orjson", "pandas", "psycopg", "pyarrow", "rich", "scipy", "sqlalchemy", "stamina", "statsmodels",
         "vl_convert", "hpd_etl.config", "hpd_etl.pipeline"]


def test_the_verbs_are_these():
    """A verb is a promise: adding or dropping one is a decision, not an accident."""
    verbs = typer.main.get_command(app).commands
    assert sorted(verbs) == VERBS
    assert sorted(verbs["definitions"].commands) == ["check", "list", "show"]
    assert sorted(verbs["auth"].commands) == ["check"]


def modules(process, *arguments) -> set[str]:
    """What is imported when the command has answered."""
    report = "import atexit, json, sys; atexit.register(lambda: print(json.dumps(sorted(sys.modules))))"
    done = process(*arguments, before=report)
    assert done.code == 0
    return set(json.loads(done.out.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_nothing_heavy(process, arguments):
    """Asking what the command does loads no library that reads data or configuration."""
    assert modules(process, *arguments).isdisjoint([*HEAVY, "pydantic"])


@pytest.mark.parametrize("arguments", [["run", "--help"], ["definitions", "--help"]])
def test_help_of_a_verb_imports_nothing_heavy(process, arguments):
    """Asking what a verb does loads nothing heavy either, but for pydantic, which typer itself takes."""
    assert modules(process, *arguments).isdisjoint(HEAVY)


def test_every_verb_says_what_it_does(hpd_etl):
    """The help names each verb with a sentence of its own."""
    told = hpd_etl("--help").out
    for verb in VERBS:
        line = next(line for line in told.splitlines() if line.strip().startswith(f"{verb} "))
        assert len(line.split()) > 3


def test_a_wrong_verb_is_a_usage_error(hpd_etl):
    """A verb that does not exist ends with 2 and suggests the nearest."""
    done = hpd_etl("extrakt")
    assert done.code == 2
    assert "extract" in done.err
