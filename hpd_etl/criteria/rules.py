"""Rules: leaves that compare a metric with a threshold, joined by three-valued (Kleene) logic.

Truth is one small number a person: 0 false, 1 unknown, 2 true. Then `all` is the minimum and `any` the
maximum, and what cannot be decided stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpd_etl.grouping import Bools, Floats

Truths: TypeAlias = NDArray[np.int8]

FALSE, UNKNOWN, TRUE = np.int8(0), np.int8(1), np.int8(2)
RELATIVE_TOLERANCE = 1e-9
"""Two numbers this close count as equal, so that 20.0 % is 20 % whatever the arithmetic (ambiguity A10)."""


def at_least(values: Floats, threshold: Floats | float) -> Bools:
    """`values >= threshold`, equality within the tolerance; false where a value is missing."""
    return np.asarray(values >= threshold - np.abs(threshold) * RELATIVE_TOLERANCE)


def above(values: Floats, threshold: Floats | float) -> Bools:
    """`values > threshold`, equality within the tolerance; false where a value is missing."""
    return np.asarray(values > threshold + np.abs(threshold) * RELATIVE_TOLERANCE)


def at_most(values: Floats, threshold: Floats | float) -> Bools:
    """`values <= threshold`, equality within the tolerance; false where a value is missing."""
    return np.asarray(values <= threshold + np.abs(threshold) * RELATIVE_TOLERANCE)


def below(values: Floats, threshold: Floats | float) -> Bools:
    """`values < threshold`, equality within the tolerance; false where a value is missing."""
    return np.asarray(values < threshold - np.abs(threshold) * RELATIVE_TOLERANCE)


COMPARISONS: Mapping[str, Callable[[Floats, Floats | float], Bools]] = {
    ">=": at_least,
    ">": above,
    "<=": at_most,
    "<": below,
}


def compare(low: Floats, high: Floats, sign: str, threshold: float) -> Truths:
    """Truth of a comparison for values known to lie in [low, high]; NaN is unknown."""
    holds = COMPARISONS[sign]
    if low is high:  # where the value is missing, the comparison is false
        return holds(low, threshold).astype(np.int8) * TRUE + np.isnan(low).astype(np.int8)
    truth = holds(low, threshold).astype(np.int8) + holds(high, threshold)
    return np.where(np.isnan(low) | np.isnan(high), UNKNOWN, truth)


@dataclass(frozen=True)
class Leaf:
    """`metric sign value`; a coded metric is compared with `=` or `in`."""

    metric: str
    sign: str
    value: float | tuple[str, ...]

    def __str__(self) -> str:
        shown = " or ".join(self.value) if isinstance(self.value, tuple) else f"{self.value:g}"
        return f"{self.metric} {self.sign} {shown}"


@dataclass(frozen=True)
class Node:
    """`all`, `any` or `at_least` n of its parts."""

    join: str
    parts: tuple[Rule, ...]
    n: int = 0


Rule: TypeAlias = Leaf | Node


def leaves(rule: Rule) -> Iterator[Leaf]:
    """All leaves, in the order in which they are written."""
    if isinstance(rule, Leaf):
        yield rule
        return
    for part in rule.parts:
        yield from leaves(part)


def required_leaves(rule: Rule) -> Iterator[Leaf]:
    """The leaves that must hold: those reached through `all` alone."""
    if isinstance(rule, Leaf):
        yield rule
    elif rule.join == "all":
        for part in rule.parts:
            yield from required_leaves(part)


def evaluate(rule: Rule, truths: Mapping[Leaf, Truths]) -> Truths:
    """The truth of the rule from the truths of its leaves."""
    if isinstance(rule, Leaf):
        return truths[rule]
    parts = [evaluate(part, truths) for part in rule.parts]
    if rule.join == "all":
        return np.asarray(np.minimum.reduce(parts))
    if rule.join == "any":
        return np.asarray(np.maximum.reduce(parts))
    surely = np.sum([part == TRUE for part in parts], axis=0)
    perhaps = np.sum([part != FALSE for part in parts], axis=0)
    return np.where(surely >= rule.n, TRUE, np.where(perhaps >= rule.n, UNKNOWN, FALSE))
