"""Named variants of any definition: what changes if one thing that papers leave open is decided otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hpd_etl.criteria.definition import Definition, sha256_of
from hpd_etl.criteria.rules import Leaf, Node, Rule, leaves, required_leaves
from hpd_etl.errors import ConfigurationError

PROGRESSION = Leaf("response_first", "=", ("PD",))
SHIPPED_BELOW = 250
"""Committed numbers of shipped definitions lie below; their variants have the same number in the next such spans."""
_OF_BURDENS = ("tgk", "tgr", "pace", "sld", "volume", "spd")


@dataclass(frozen=True)
class Variant:
    """What a variant adds to the title of its definition, and what it would have to change."""

    title: str
    changes: str


VARIANTS: Mapping[str, Variant] = {
    "require_pd": Variant("with progression at the first evaluation", "its rule asks for progression already"),
    "intersection": Variant("over the targets that all its scans show", "its rule names no growth and no percentage"),
    "confirmed": Variant("with the progression confirmed by the next scan", ""),
}
"""Suffix of the id -> what it is, and why a definition may not have it."""


def varied(definition: Definition, name: str) -> Definition:
    """This variant of the definition; raises `ConfigurationError` where it would change nothing."""
    if name not in possible(definition):
        raise ConfigurationError(
            f"{definition.id}_{name} would be {definition.id} itself: {VARIANTS[name].changes}",
            remedy=f"use {definition.id}",
        )
    place = 1 + list(VARIANTS).index(name)
    number = definition.number
    return replace(
        definition,
        id=f"{definition.id}_{name}",
        rule_id=f"{definition.rule_id}_{name}",
        variant=name,
        number=number + SHIPPED_BELOW * place if number is not None and number < SHIPPED_BELOW else None,
        title=f"{definition.title}, {VARIANTS[name].title}",
        published={},
        rule=_progressing(definition.rule) if name == "require_pd" else definition.rule,
        sha256=sha256_of([definition.sha256, name]),
    )


def possible(definition: Definition) -> tuple[str, ...]:
    """The variants that differ from the definition; none of a variant."""
    return tuple(_possible(definition)) if definition.variant is None else ()


def _possible(definition: Definition) -> Iterator[str]:
    if PROGRESSION not in required_leaves(definition.rule):
        yield "require_pd"
    if any(leaf.metric.split("_", 1)[0] in _OF_BURDENS for leaf in leaves(definition.rule)):
        yield "intersection"
    yield "confirmed"


def _progressing(rule: Rule) -> Rule:
    parts = rule.parts if isinstance(rule, Node) and rule.join == "all" else (rule,)
    return Node("all", (PROGRESSION, *parts))
