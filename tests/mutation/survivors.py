"""Which mutants may survive: those of `survivors.toml`, each with the reason why no test can see it."""

from __future__ import annotations

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
    told = tomllib.loads(LIST.read_text("utf-8"))["survivor"]
    return {Mutant(one["module"], one["function"], change.strip()): one["why"]
            for one in told for change in one["changes"]}


def compare(mutants: Iterable[tuple[Mutant, bool]], reasons: dict[Mutant, str], modules: Iterable[str]) -> Compared:
    """Holds the mutants (and whether each was noticed) against the reasons; two changes that read alike are one."""
    told = list(mutants)
    surviving = [mutant for mutant, noticed in told if not noticed]
    patterns = list(modules)
    concerned = (mutant for mutant in reasons if any(fnmatch(mutant.module, each) for each in patterns))
    return Compared(
        killed=len(told) - len(surviving),
        excused=[mutant for mutant in surviving if mutant in reasons],
        unexcused=[mutant for mutant in surviving if mutant not in reasons],
        stale=sorted(set(concerned) - set(surviving)),
    )
