"""Which mutants may survive: those of `survivors.toml`, each with the reason why no test can see it.

A `survivor` is a change of one function; a `kind` is a pattern for changes that mean the same wherever they stand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

LIST = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True, order=True)
class Mutant:
    """A change of one function: the lines taken away (`-`) and those put in their place (`+`), without indentation."""

    module: str
    function: str
    change: str


@dataclass(frozen=True)
class Compared:
    """What became of the mutants of some modules; `stale` are excuses that nothing needs any more."""

    killed: int
    excused: list[Mutant]
    unexcused: list[Mutant]
    stale: list[Mutant]


def excused() -> dict[Mutant, str]:
    """The reason by mutant; one reason may stand for several `changes` of a function."""
    told = tomllib.loads(LIST.read_text("utf-8")).get("survivor", [])
    return {Mutant(one["module"], one["function"], change.strip()): one["why"]
            for one in told for change in one["changes"]}


def kinds() -> list[re.Pattern[str]]:
    """What excuses a change by its form alone."""
    told = tomllib.loads(LIST.read_text("utf-8"))["kind"]
    return [re.compile(one["pattern"], re.DOTALL) for one in told]


def compare(mutants: Iterable[tuple[Mutant, bool]], reasons: dict[Mutant, str], forms: list[re.Pattern[str]],
            modules: Iterable[str]) -> Compared:
    """Holds the mutants (and whether each was noticed) against the reasons; two changes that read alike are one."""
    told = list(mutants)
    surviving = [mutant for mutant, noticed in told if not noticed]
    alike = {mutant for mutant in surviving if any(form.fullmatch(mutant.change) for form in forms)}
    known = alike | set(reasons)
    patterns = list(modules)
    concerned = (mutant for mutant in reasons if any(fnmatch(mutant.module, each) for each in patterns))
    return Compared(
        killed=len(told) - len(surviving),
        excused=[mutant for mutant in surviving if mutant in known],
        unexcused=[mutant for mutant in surviving if mutant not in known],
        stale=sorted(set(concerned) - set(surviving)),
    )
