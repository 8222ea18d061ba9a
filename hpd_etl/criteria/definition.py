"""A published definition as data: what it requires, where it looks for scans, and its rule."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpd_etl.config import Study, Windows
from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.criteria.rules import COMPARISONS, Leaf, Node, Rule, leaves
from hpd_etl.errors import ConfigurationError

REQUIREMENTS = ("baseline", "first_evaluation", "pre_baseline")
FRAMEWORKS = ("RECIST1.1", "irRECIST", "irRC", "iRECIST")
VARIANTS = ("require_pd", "intersection", "confirmed")
"""Named variants of any definition; its id is that of the definition, `_` and one of these."""
GRADES = ("S", "V1", "V2", "M+", "M-", "?")
STUDY_WINDOWS = "study"
_RULERS = ("spd", "volume")
"""Burdens other than the sum of longest diameters; a metric of theirs begins with their name."""
_KEYS = {
    "id",
    "number",
    "version",
    "hpd",
    "also",
    "title",
    "citation",
    "framework",
    "new_lesions_in_sum",
    "requires",
    "value",
    "windows",
    "published",
    "evidence",
    "notes",
    "rule",
}
_OPTIONAL = {"windows", "published", "notes", "number", "hpd", "also"}


class _Header(BaseModel):
    """The types of a definition's fields; what they may name is checked after."""

    model_config = ConfigDict(strict=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    number: int | None = Field(default=None, ge=1, lt=1000)
    version: int = Field(ge=1)
    hpd: bool = True
    title: str
    citation: str
    framework: str
    new_lesions_in_sum: bool
    requires: list[str]
    value: str
    windows: dict[str, int] = {}
    published: dict[str, int] = {}
    evidence: dict[str, str]
    notes: str = ""


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
    notes: str
    rule: Rule
    sha256: str

    @property
    def window_set(self) -> str:
        """Name of its choice of windows, and of targets where the framework has caps of its own."""
        stated = ",".join(f"{key}={day}" for key, day in sorted(self.windows.items())) or STUDY_WINDOWS
        return f"{stated};irRC" if self.framework == "irRC" else stated

    @property
    def measure_set(self) -> str:
        """Framework, window set, lesions in the sum and rulers: what its metrics are computed with."""
        lesions = ("new" if self.new_lesions_in_sum else "targets") + ("_common" if self.common_targets else "")
        return "/".join([self.framework, self.window_set, lesions, "+".join(self.rulers)])

    @property
    def common_targets(self) -> bool:
        """Whether sums hold only the baseline targets that have a value at all scans it uses."""
        return self.variant == "intersection"

    @property
    def rulers(self) -> tuple[str, ...]:
        """The burdens its rule asks for: `sld` always, `spd` and `volume` where a metric of theirs is named."""
        named = {leaf.metric.split("_", 1)[0] for leaf in leaves(self.rule)}
        return ("sld", *(ruler for ruler in _RULERS if ruler in named))

    @property
    def assumed_fields(self) -> tuple[str, ...]:
        """Fields that no source we read states."""
        return tuple(sorted(name for name, grade in self.evidence.items() if grade[0] in "M?"))


def window_sets(definitions: Sequence[Definition], study: Study) -> dict[str, Windows]:
    """The distinct windows of these definitions by name; the study's own always among them."""
    sets = {STUDY_WINDOWS: study.windows}
    for definition in definitions:
        stated = {**study.windows.model_dump(), **definition.windows}
        try:
            sets[definition.window_set] = Windows.model_validate(stated)
        except ValidationError as error:
            raise ConfigurationError(
                f"{definition.id}: its windows do not fit the study's: {error.errors()[0]['msg']}"
            ) from error
    return sets


def parse(content: Mapping[str, Any], origin: str) -> Definition:
    """The definition in this parsed TOML; `origin` names the file in errors."""
    for key in content:
        _known(key, _KEYS, "key", origin)
    if absent := sorted(_KEYS - _OPTIONAL - set(content)):
        raise ConfigurationError(f"{origin}: {', '.join(absent)} is missing")
    try:
        _Header.model_validate(dict(content))
    except ValidationError as error:
        detail = error.errors(include_input=False, include_url=False)[0]
        raise ConfigurationError(f"{origin}: {'.'.join(map(str, detail['loc']))}: {detail['msg']}") from error
    _known(content["framework"], FRAMEWORKS, "framework", origin)
    for name in content["requires"]:
        _known(name, REQUIREMENTS, "requirement", origin)
    for name in content.get("windows", {}):
        _known(name, Windows.model_fields, "window", origin)
    for name, grade in content["evidence"].items():
        if grade not in GRADES:
            raise ConfigurationError(
                f"{origin}: evidence.{name} = {grade!r} is no grade; use one of {', '.join(GRADES)}"
            )
    rule = _rule(content["rule"], origin)
    _known(content["value"], METRIC_SOURCES, "metric", origin)
    if METRIC_SOURCES[content["value"]].codes:
        raise ConfigurationError(f"{origin}: value = {content['value']!r} is a code; name a metric that is a number")
    if content["value"] not in {leaf.metric for leaf in leaves(rule)}:
        raise ConfigurationError(f"{origin}: value = {content['value']!r} is no metric of the rule")
    return Definition(
        id=str(content["id"]),
        rule_id=str(content["id"]),
        variant=None,
        hpd=bool(content.get("hpd", True)),
        number=content.get("number"),
        version=int(content["version"]),
        title=str(content["title"]),
        citation=str(content["citation"]),
        framework=content["framework"],
        new_lesions_in_sum=bool(content["new_lesions_in_sum"]),
        requires=tuple(content["requires"]),
        value=content["value"],
        windows=dict(content.get("windows", {})),
        published=dict(content.get("published", {})),
        evidence=dict(content["evidence"]),
        notes=str(content.get("notes", "")),
        rule=rule,
        sha256=hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest(),
    )


def _rule(content: Any, origin: str) -> Rule:
    if not isinstance(content, Mapping) or not content:
        raise ConfigurationError(f"{origin}: a rule is a table with all, any, at_least or metric")
    if "metric" in content:
        return _leaf(content, origin)
    join = next(iter(set(content) & {"all", "any", "of"}), None)
    allowed = {"of", "at_least"} if join == "of" else {join}
    if join is None or set(content) != allowed:
        raise ConfigurationError(
            f"{origin}: a rule has exactly one of all, any, or at_least with of; found {sorted(content)}"
        )
    if not isinstance(content[join], Sequence) or isinstance(content[join], str):
        raise ConfigurationError(f"{origin}: {join} holds a list of rules")
    parts = tuple(_rule(part, origin) for part in content[join])
    if not parts:
        raise ConfigurationError(f"{origin}: {join} has no parts")
    if join == "of":
        n = content["at_least"]
        if not isinstance(n, int) or not 1 <= n <= len(parts):
            raise ConfigurationError(f"{origin}: at_least must lie between 1 and the {len(parts)} parts")
        return Node("at_least", parts, n)
    return Node(join, parts)


def _leaf(content: Mapping[str, Any], origin: str) -> Leaf:
    if set(content) != {"metric", "is", "value"}:
        raise ConfigurationError(f"{origin}: a leaf has metric, is and value; found {sorted(content)}")
    metric, sign, value = content["metric"], content["is"], content["value"]
    _known(metric, METRIC_SOURCES, "metric", origin)
    source = METRIC_SOURCES[metric]
    if source.codes:
        if not isinstance(value, str | list | tuple):
            raise ConfigurationError(f"{origin}: {metric} is compared with a code or a list of codes")
        values = (value,) if isinstance(value, str) else tuple(value)
        if sign not in ("=", "in"):
            raise ConfigurationError(f"{origin}: {metric} is a code; compare it with = or in")
        for code in values:
            _known(code, source.codes, f"value of {metric}", origin)
        return Leaf(metric, sign, values)
    if sign not in COMPARISONS:
        raise ConfigurationError(f"{origin}: {sign!r} is no comparison; use one of {', '.join(COMPARISONS)}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigurationError(f"{origin}: {metric} is compared with a number")
    return Leaf(metric, sign, float(value))


def _known(name: object, names: Any, what: str, origin: str) -> None:
    if name in names:
        return
    near = difflib.get_close_matches(str(name), [str(known) for known in names], n=1)
    hint = f", did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(map(str, names)))}"
    raise ConfigurationError(f"{origin}: unknown {what} {name!r}{hint}")
