"""Rules as trees of comparisons, and their truth: true, false, or unknown (`None`) by Kleene's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Truth = bool | None


@dataclass(frozen=True)
class Leaf:
    """One metric compared with a number, or the response with a code."""

    metric: str
    sign: str
    limit: int | str


@dataclass(frozen=True)
class Join:
    """At least so many of the parts: all of them, one of them, or a number between."""

    parts: tuple[Leaf | Join, ...]
    least: int


def all_of(*parts: Leaf | Join) -> Join:
    """Every part has to hold."""
    return Join(parts, len(parts))


def any_of(*parts: Leaf | Join) -> Join:
    """One part is enough."""
    return Join(parts, 1)


def at_least(least: int, *parts: Leaf | Join) -> Join:
    """So many of the parts have to hold."""
    return Join(parts, least)


def leaves(rule: Leaf | Join) -> Iterator[Leaf]:
    """Every comparison of the rule."""
    if isinstance(rule, Leaf):
        yield rule
    else:
        for part in rule.parts:
            yield from leaves(part)


def needed(rule: Leaf | Join) -> Iterator[Leaf]:
    """The comparisons without which the rule cannot hold, however the others turn out: reached through `all` alone."""
    if isinstance(rule, Leaf):
        yield rule
    elif rule.least == len(rule.parts):
        for part in rule.parts:
            yield from needed(part)


def truth(rule: Leaf | Join, of: Callable[[Leaf], Truth]) -> Truth:
    """True if enough parts are true, false if not enough can be, else unknown."""
    if isinstance(rule, Leaf):
        return of(rule)
    found = [truth(part, of) for part in rule.parts]
    if found.count(True) >= rule.least:
        return True
    return False if len(found) - found.count(False) < rule.least else None
