"""The page made of these tables is current and complete."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from hpd_etl.library import published

ROOT = Path(__file__).parents[2]
MADE = importlib.util.spec_from_file_location("spec_page", ROOT / "docs" / "spec.py")
PAGE = importlib.util.module_from_spec(MADE)
MADE.loader.exec_module(PAGE)


def test_the_page_is_current():
    """docs/spec.md is what docs/spec.py makes now; else run it and read the diff."""
    assert (ROOT / "docs" / "spec.md").read_text("utf-8") == PAGE.page()


def test_every_file_is_a_chapter():
    """No rule is left out of the pages and none is written twice; every definition that ships has a file."""
    here = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    rules = {each.rule_id for each in published()}
    assert sorted([*PAGE.CHAPTERS, *rules]) == sorted(here - {"page"})
