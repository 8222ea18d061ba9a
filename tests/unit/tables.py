"""The tables of the specification, for tests that ask them of one module alone."""

from __future__ import annotations

import importlib
import inspect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

Lines = list[dict[str, str]]


@dataclass(frozen=True)
class Table:
    """One call of a fixture of the specification: where it stands, and what it was given."""

    chapter: str
    name: str
    given: tuple[object, ...]
    study: dict[str, object]


def tables(chapters: tuple[str, ...], fixture: str) -> Iterator[Table]:
    """What the tests of these chapters that need this fixture alone give it, in their order."""
    for chapter in chapters:
        module = importlib.import_module(f"tests.spec.test_{chapter}")
        for name, test in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_") and list(inspect.signature(test).parameters) == [fixture]:
                calls: list[Table] = []

                def record(*given, study=None, calls=calls, chapter=chapter, name=name, **named):
                    calls.append(Table(chapter, f"{name} {len(calls)}", (*given, *named.values()), study or {}))

                test(record)
                yield from calls


def together(found: Iterator[tuple[str, object, dict[str, object], Lines]]) -> Iterator[tuple[object, dict, Lines]]:
    """The lines that are asked in one way and of one study, as one table, sorted by person."""
    lines: dict[str, Lines] = defaultdict(list)
    asked: dict[str, tuple[object, dict[str, object]]] = {}
    for name, way, study, own in found:
        key = repr((way, study))
        lines[key] += [line | {"person": f"{name} {line['person']}"} for line in own]
        asked[key] = way, study
    for key, (way, study) in asked.items():
        yield way, study, sorted(lines[key], key=lambda line: line["person"])

