"""The pages of definitions are what their TOML and their spec tests make now, figures included."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hpd_etl.schema import Reason

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]


def generator() -> ModuleType:
    """`docs/definition_pages.py` as a module."""
    spec = importlib.util.spec_from_file_location("definition_pages", ROOT / "docs" / "definition_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE = generator()
RULES = sorted(MADE.figures())


@pytest.fixture(scope="module")
def drawn() -> dict[str, object]:
    """The border patients as the engine labels them now."""
    return MADE.border.borders()


@pytest.fixture(scope="module")
def pages(drawn: dict[str, object]) -> dict[str, str]:
    """The text of every page as it would be written now."""
    return MADE.pages(drawn)


@pytest.fixture(scope="module")
def lacks() -> dict[str, dict[str, str]]:
    """By definition the reasons that its page explains, by what is missing."""
    return MADE.lacking.answers()


def test_pages_are_current(pages: dict[str, str]) -> None:
    """Each page says what docs/definition_pages.py makes now; else run it and read the diff."""
    old = [name for name, text in pages.items() if (ROOT / "docs" / name).read_text("utf-8") != text]
    assert old == []


@pytest.mark.parametrize("rule", RULES)
def test_figure_shows_the_numbers_of_now(rule: str, drawn: dict[str, object]) -> None:
    """The numbers in a figure are compared, not its bytes, which belong to the version that drew it."""
    shown, now = MADE.border_figure.read(MADE.figures()[rule]), drawn[rule].numbers()
    assert shown.keys() == now.keys()
    for name, value in now.items():
        assert shown[name] == (pytest.approx(value, rel=1e-6) if name in ("sums", "edges") else value), name


@pytest.mark.parametrize("rule", RULES)
def test_the_patient_is_on_the_border(rule: str, drawn: dict[str, object]) -> None:
    """The first patient of `test_the_border` meets the definition and with 2 % less would not, or no size decides."""
    found = drawn[rule]
    assert found.verdict == "HPD"
    if rule == "kimcg2019_ttf":
        assert found.edges == []
        assert max(found.doses) < found.failed < max(found.doses) + 1
    else:
        assert 1 - 1e-4 <= found.sums[-1] / found.edges[-1] <= 1.02


@pytest.mark.parametrize("rule", RULES)
def test_every_reason_of_the_examples_is_explained(rule: str, lacks: dict[str, dict[str, str]]) -> None:
    """What a spec test expects as the reason of a patient who is not evaluable is among those the page explains."""
    words = {word for part in MADE.spec.chapter(rule) if "|" in part for word in part.split()}
    assert words & {str(reason) for reason in Reason} <= {*lacks[rule].values()}


def test_no_page_is_left_of_what_does_not_ship(pages: dict[str, str]) -> None:
    """The folder holds a page and a figure of each rule, and nothing else."""
    there = {path.name for path in (ROOT / "docs" / "definitions").iterdir()}
    assert there == {name for rule in RULES for name in (f"{rule}.md", f"{rule}.svg")}
    assert set(pages) == {"definitions.md", *(f"definitions/{rule}.md" for rule in RULES)}
