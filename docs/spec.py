"""Write `spec.md`, the tables of `tests/spec` as a page: `python docs/spec.py`. A test compares it."""

from __future__ import annotations

import ast
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent
TESTS = DOCS.parent / "tests" / "spec"
CHAPTERS = (
    "requirements", "cohorts", "baseline_scan", "prebaseline_scan", "first_evaluation", "time_points", "targets",
    "lesion_values", "volumes", "local_therapy", "new_lesions", "sums_and_responses", "growth", "misprint",
    "clinical_items", "response", "response_recist", "response_irecist", "response_irrc", "parts", "treatment_failure",
    "early_dropout", "pseudoprogression", "variants", "intersection", "imprecise_dates", "rejections",
)
"""The files that make the page, in its order; those of definitions make pages of their own."""
HEAD = """
# Specification by example

<!-- Made by docs/spec.py from tests/spec; change a table there and run it again. -->

Every table is a test: what is known of some patients, and what must come of it. Each definition has tables of its own
on [its page](definitions.md); some of them give its metrics, all others the course of a patient. Where no definition is
named, `verdict`, `reason`, sums and flags are those of saada2017; where no setting is, the study's are the defaults. An
empty cell says that there is nothing. Why it must be so: [decisions.md](decisions.md).
"""


def page() -> str:
    """The whole page."""
    notation = ast.parse((TESTS / "notation.py").read_text("utf-8"))
    _, _, explained = (ast.get_docstring(notation) or "").partition("\n")
    parts = [cleandoc(HEAD), "## How a patient is written", explained.strip()]
    for name in CHAPTERS:
        title, *content = chapter(name)
        parts += [f"## {title}", *content]
    return "\n\n".join(parts) + "\n"


def chapter(name: str) -> Iterator[str]:
    """What a file of `tests/spec` says: its title, then its words and tables."""
    module = ast.parse((TESTS / f"test_{name}.py").read_text("utf-8"))
    title, _, more = (ast.get_docstring(module) or "").partition("\n")
    yield title.rstrip(".")
    if more.strip():
        yield more.strip()
    for test in module.body:
        if isinstance(test, ast.FunctionDef) and (tables := list(_tables(test))):
            yield ast.get_docstring(test) or ""
            yield from tables


def _tables(test: ast.FunctionDef) -> Iterator[str]:
    """The tables that a test gives to a fixture, each with what is asked of it besides."""
    for call in (node for node in ast.walk(test) if isinstance(node, ast.Call)):
        if not isinstance(call.func, ast.Name) or call.func.id not in ("spec", "course", "assess"):
            continue
        said = [word for word in call.args if isinstance(word, ast.Constant)]
        asked = [f"{word.arg} = {ast.unparse(word.value)}" for word in call.keywords]
        for word in said:
            if "|" in str(word.value):
                heading = f"`{', '.join(asked)}`\n\n" if asked else ""
                yield f"{heading}```\n{cleandoc(str(word.value))}\n```"


if __name__ == "__main__":
    (DOCS / "spec.md").write_text(page(), encoding="utf-8")
