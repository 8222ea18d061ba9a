"""A published definition as data: what it requires, where it looks for scans, and its rule."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import ValidationError

from hpd_etl.config import Study, Windows, WindowsOfIrRC, said
from hpd_etl.criteria.definition_file import (
    FRAMEWORKS,
    REQUIREMENTS,
    AllStated,
    AlsoStated,
    AnyStated,
    DefinitionStated,
    LeafStated,
    RuleStated,
    line_of,
    understood,
)
from hpd_etl.criteria.evidence import is_assumed
from hpd_etl.criteria.metrics import FROM_PRE
from hpd_etl.criteria.rules import Leaf, Node, Rule, leaves
from hpd_etl.errors import ConfigurationError

__all__ = [
    "FRAMEWORKS",
    "REQUIREMENTS",
    "STUDY_WINDOWS",
    "Definition",
    "assessed_sets",
    "family",
    "parse",
    "window_sets",
]

STUDY_WINDOWS = "study"
_RULERS = ("spd", "volume")
"""Burdens other than the sum of longest diameters; a metric of theirs begins with their name."""


@dataclass(frozen=True)
class Definition:
    """One version of one definition; immutable once released."""

    id: str
    rule_id: str
    """Id of the definition that states the rule first; its own where no other does (agreement counts a rule once)."""
    variant: str | None
    """Which of `VARIANTS` it is; None for the definition as published."""
    hpd: bool
    """Whether it defines hyperprogression; if not, it is a comparator and never written back."""
    number: int | None
    """Committed number, from which cohort definition ids are counted; none for a study's own."""
    version: int
    title: str
    citation: str
    framework: str
    new_lesions_in_sum: bool
    requires: tuple[str, ...]
    value: str
    """The principal metric, shown with the label."""
    windows: Mapping[str, int]
    """The windows it states itself; the study's hold for the rest."""
    published: Mapping[str, int]
    evidence: Mapping[str, str]
    """How each field is known: S or V1 read in the paper, V2 in a secondary source, M or ? assumed."""
    assumed: Mapping[str, str]
    """What it takes itself for a field that no source states; `evidence.FIELDS` holds for the rest."""
    notes: str
    rule: Rule
    sha256: str

    @property
    def window_set(self) -> str:
        """Name of its choice of windows, and of targets where the framework has caps of its own."""
        stated = ",".join(f"{key}={day}" for key, day in sorted(self.windows.items())) or STUDY_WINDOWS
        return _followed_by(self.framework, stated)

    @property
    def measure_set(self) -> str:
        """Framework, window set, lesions in the sum and rulers: what its metrics are computed with."""
        lesions = "new" if self.new_lesions_in_sum else "targets"
        if self.common_targets:
            lesions += "_common" if self.looks_before else "_common_since"
        return "/".join([self.framework, self.window_set, lesions, "+".join(self.rulers)])

    @property
    def common_targets(self) -> bool:
        """Whether sums hold only the baseline targets that have a value at all scans it uses."""
        return self.variant == "intersection"

    @property
    def looks_before(self) -> bool:
        """Whether its rule names a metric of the pre-baseline scan."""
        return any(leaf.metric in FROM_PRE for leaf in leaves(self.rule))

    @property
    def rulers(self) -> tuple[str, ...]:
        """The burdens its rule asks for: `sld` always, `spd` and `volume` where a metric of theirs is named."""
        named = {leaf.metric.split("_", 1)[0] for leaf in leaves(self.rule)}
        return ("sld", *(ruler for ruler in _RULERS if ruler in named))

    @property
    def assumed_fields(self) -> tuple[str, ...]:
        """Fields that no source we read states and that may decide a label."""
        graded = self.evidence.items()
        return tuple(sorted(name for name, grade in graded if is_assumed(grade) and name != "published"))


def _followed_by(framework: str, windows: str) -> str:
    """The name of windows under these criteria: irRC has targets of its own."""
    return f"{windows};irRC" if framework == "irRC" else windows


def _kind(framework: str) -> type[Windows]:
    return WindowsOfIrRC if framework == "irRC" else Windows


def assessed_sets(study: Study) -> dict[str, str]:
    """The window set of each of the criteria by which the study wants the response."""
    return {framework: _followed_by(framework, STUDY_WINDOWS) for framework in study.responses.frameworks}


def window_sets(definitions: Sequence[Definition], study: Study) -> dict[str, Windows]:
    """The distinct windows of these definitions by name; always the study's own, and those of its responses."""
    own = study.windows.model_dump()
    sets = {STUDY_WINDOWS: study.windows}
    sets |= {name: _kind(framework).model_validate(own) for framework, name in assessed_sets(study).items()}
    for definition in definitions:
        try:
            sets[definition.window_set] = _kind(definition.framework).model_validate({**own, **definition.windows})
        except ValidationError as error:
            raise ConfigurationError(
                f"{definition.id}: its windows do not fit the study's: {said(error.errors()[0])}"
            ) from error
    return sets


def parse(content: Mapping[str, Any], origin: str) -> Definition:
    """The definition in this parsed TOML, without those that state the same rule; `origin` names the file in errors."""
    return family(content, origin)[0]


def family(content: Mapping[str, Any], origin: str, text: str = "") -> tuple[Definition, ...]:
    """The definition in this parsed TOML, then those of its `[[also]]`, which share its rule.

    Raises `ConfigurationError` that tells everything that is wrong, with lines where the file's text is given.
    """
    stated = understood(content)
    if isinstance(stated, DefinitionStated):
        return (_definition(stated, content), *(_sharing(stated, content, each) for each in stated.also))
    told = [f"{origin}{f', line {line_of(each, text)}' if text else ''}: {each}" for each in stated]
    raise ConfigurationError("\n".join(told))


def _definition(stated: DefinitionStated, content: Mapping[str, Any]) -> Definition:
    own = {name: value for name, value in content.items() if name != "also"}
    return Definition(
        id=stated.id,
        rule_id=stated.id,
        variant=None,
        hpd=stated.hpd,
        number=stated.number,
        version=stated.version,
        title=stated.title,
        citation=stated.citation,
        framework=stated.framework,
        new_lesions_in_sum=stated.new_lesions_in_sum,
        requires=tuple(stated.requires),
        value=stated.value,
        windows=dict(stated.windows),
        published=dict(stated.published),
        evidence=dict(stated.evidence),
        assumed=dict(stated.assumed),
        notes=stated.notes,
        rule=_rule(stated.rule),
        sha256=sha256_of(own),
    )


def _sharing(stated: DefinitionStated, content: Mapping[str, Any], also: AlsoStated) -> Definition:
    """The definition of another paper that states the rule of this file."""
    main = _definition(stated, content)
    return replace(
        main,
        id=also.id,
        number=also.number,
        title=also.title or main.title,
        citation=also.citation,
        published=dict(also.published),
        evidence={**main.evidence, **also.evidence},
        notes=also.notes,
        sha256=sha256_of([main.sha256, also.model_dump()]),
    )


def _rule(stated: RuleStated) -> Rule:
    if isinstance(stated, LeafStated):
        return Leaf(stated.metric, stated.sign, cast("float | tuple[str, ...]", stated.value))
    parts = tuple(_rule(part) for part in stated.parts)
    if isinstance(stated, AllStated):
        return Node("all", parts)
    return Node("any", parts) if isinstance(stated, AnyStated) else Node("at_least", parts, stated.n)


def sha256_of(content: object) -> str:
    """The hash of what is said, whatever the order of keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
