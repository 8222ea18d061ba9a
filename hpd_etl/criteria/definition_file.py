"""What the TOML file of a definition may say; whatever else it says is told at once, with place and remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from hpd_etl.config import FAR, Windows, said
from hpd_etl.criteria.evidence import FIELDS, GRADES
from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.criteria.rules import COMPARISONS

REQUIREMENTS = ("baseline", "first_evaluation", "pre_baseline")
FRAMEWORKS = ("RECIST1.1", "irRECIST", "irRC", "iRECIST")
RESERVED = re.compile(r"published|.*_(require_pd|intersection|confirmed)")
"""Ids with a meaning of their own: the group of all shipped definitions, and the variants of a definition."""
LARGEST_NUMBER = 1999
_LARGEST = 1e9
"""No threshold lies above; `nan`, to which nothing compares, is refused with those that do."""
_MOST_LEAVES = 36
DEEPEST = 12
"""Levels of a rule, a comparison counted as one."""
_WIDEST = Windows(baseline_from_day=-FAR, pre_min_gap_days=1, pre_max_gap_days=FAR, post_to_day=FAR)
"""What any window has to fit, whatever the study says."""


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("wrong", "{message}", {"message": message})


def _one_of(names: Iterable[str], what: str) -> AfterValidator:
    """Accepts these names alone; the message suggests the nearest, else lists them."""
    known = list(names)

    def check(name: str) -> str:
        if name not in known:
            raise _wrong(f"unknown {what} {name!r}{nearest(name, known)}")
        return name

    return AfterValidator(check)


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the name it resembles, else all that are allowed."""
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return f", did you mean {near[0]}?" if near else f"; allowed are {', '.join(names)}"


class _Part(BaseModel):
    """A table of the file: types are exact and no key is unknown."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


# --- the rule ---------------------------------------------------------------------------------


class LeafStated(_Part):
    """`metric`, `is`, `value`."""

    metric: Annotated[str, _one_of(METRIC_SOURCES, "metric")]
    sign: str = Field(alias="is")
    value: object

    @field_validator("sign")
    @classmethod
    def _fits(cls, sign: str, info: ValidationInfo) -> str:
        source = METRIC_SOURCES.get(info.data.get("metric", ""))
        if source is not None and source.codes:
            if sign not in ("=", "in"):
                raise _wrong(f"{info.data['metric']} is a code; compare it with = or in")
        elif source is not None and sign not in COMPARISONS:
            raise _wrong(f"{sign!r} is no comparison; use one of {', '.join(COMPARISONS)}")
        return sign

    @field_validator("value")
    @classmethod
    def _of_its_kind(cls, value: object, info: ValidationInfo) -> object:
        metric = info.data.get("metric", "")
        source = METRIC_SOURCES.get(metric)
        if source is None:
            return value
        if not source.codes:
            if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
                raise _wrong(f"{metric} is compared with a number")
            return float(value)
        codes = [value] if isinstance(value, str) else value
        if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in codes):
            raise _wrong(f"{metric} is compared with a code or a list of codes")
        for code in codes:
            if code not in source.codes:
                raise _wrong(f"unknown value of {metric} {code!r}{nearest(code, source.codes)}")
        return tuple(codes)


class AllStated(_Part):
    """`all`: every part holds."""

    parts: list[RuleStated] = Field(alias="all", min_length=1)


class AnyStated(_Part):
    """`any`: one part holds."""

    parts: list[RuleStated] = Field(alias="any", min_length=1)


class AtLeastStated(_Part):
    """`at_least` n `of` the parts hold."""

    parts: list[RuleStated] = Field(alias="of", min_length=1)
    n: int = Field(alias="at_least")

    @field_validator("n")
    @classmethod
    def _possible(cls, n: int, info: ValidationInfo) -> int:
        if "parts" in info.data and not 1 <= n <= len(info.data["parts"]):
            raise _wrong(f"at_least must lie between 1 and the {len(info.data['parts'])} parts")
        return n


_TAGS: Mapping[str, type[_Part]] = {
    "<metric>": LeafStated,
    "<all>": AllStated,
    "<any>": AnyStated,
    "<of>": AtLeastStated,
}
_TAG_OF = {
    **{key: f"<{key}>" for key in ("metric", "all", "any", "of")},
    "at_least": "<of>",
    "is": "<metric>",
    "value": "<metric>",
}


def _kind(rule: object) -> str | None:
    """Which of the four a rule is meant to be, by the first of the telling keys that it has."""
    return next((tag for key, tag in _TAG_OF.items() if key in rule), None) if isinstance(rule, Mapping) else None


def _parts(rule: object) -> list[object]:
    """What is joined in a rule that nobody has looked at yet."""
    joined = (rule.get(key) for key in ("all", "any", "of")) if isinstance(rule, Mapping) else ()
    return [part for parts in joined if isinstance(parts, list) for part in parts]


RuleStated: TypeAlias = Annotated[
    Annotated[LeafStated, Tag("<metric>")]
    | Annotated[AllStated, Tag("<all>")]
    | Annotated[AnyStated, Tag("<any>")]
    | Annotated[AtLeastStated, Tag("<of>")],
    Discriminator(
        _kind,
        custom_error_type="wrong",
        custom_error_message="a rule is a table with `all`, `any`, `at_least` with `of`, or `metric`, `is` and `value`",
    ),
]


def metrics_of(rule: LeafStated | AllStated | AnyStated | AtLeastStated) -> Iterator[str]:
    """The metrics of all leaves, in the order in which they are written."""
    if isinstance(rule, LeafStated):
        yield rule.metric
        return
    for part in rule.parts:
        yield from metrics_of(part)


# --- the file ---------------------------------------------------------------------------------


def _own_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise _wrong("an id has up to 40 lower-case letters, digits and _, and begins with a letter")
    if RESERVED.fullmatch(name):
        raise _wrong("the id is that of a group or of a variant; give the definition another one")
    return name


Id: TypeAlias = Annotated[str, AfterValidator(_own_name)]
Number: TypeAlias = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
Counts: TypeAlias = dict[Annotated[str, _one_of(("hpd", "evaluable", "treated"), "count")], Annotated[int, Field(ge=0)]]
Grades: TypeAlias = dict[str, Annotated[str, _one_of(GRADES, "grade")]]


class AlsoStated(_Part):
    """`[[also]]`: another paper that states the same rule, with labels of its own."""

    id: Id
    number: Number | None = None
    title: str = ""
    citation: str
    published: Counts = {}
    evidence: Grades = {}
    notes: str = ""


class DefinitionStated(_Part):
    """The whole file."""

    id: Id
    number: Number | None = None
    version: int = Field(ge=1, le=LARGEST_NUMBER)
    hpd: bool = True
    title: str
    citation: str
    framework: Annotated[str, _one_of(FRAMEWORKS, "framework")]
    new_lesions_in_sum: bool
    requires: list[Annotated[str, _one_of(REQUIREMENTS, "requirement")]]
    windows: dict[Annotated[str, _one_of(Windows.model_fields, "window")], int] = {}
    published: Counts = {}
    assumed: dict[str, str] = {}
    evidence: Grades
    notes: str = ""
    also: list[AlsoStated] = []
    rule: RuleStated
    value: str

    @field_validator("windows")
    @classmethod
    def _possible(cls, windows: dict[str, int]) -> dict[str, int]:
        try:
            _WIDEST.but(windows)
        except ValidationError as error:
            raise _wrong(f"no study has such windows: {said(error.errors()[0])}") from error
        return windows

    @field_validator("evidence")
    @classmethod
    def _graded(cls, evidence: Grades, info: ValidationInfo) -> Grades:
        own = info.data.get("assumed", {})
        for name in evidence:
            if name not in FIELDS and name not in own:
                raise _wrong(f"unknown field {name!r}{nearest(name, FIELDS)} (`[assumed]` may explain another)")
        return evidence

    @field_validator("also")
    @classmethod
    def _distinct(cls, also: list[AlsoStated], info: ValidationInfo) -> list[AlsoStated]:
        names = [info.data.get("id"), *(each.id for each in also)]
        if len(set(names)) < len(names):
            raise _wrong("two definitions of this file have the same id")
        return also

    @field_validator("rule", mode="before")
    @classmethod
    def _readable(cls, rule: object) -> object:
        level = [rule]
        for _ in range(DEEPEST):
            level = [part for each in level for part in _parts(each)]
        if level:
            raise _wrong(f"a rule has at most {DEEPEST} levels")
        return rule

    @field_validator("rule")
    @classmethod
    def _countable(cls, rule: RuleStated) -> RuleStated:
        if len(list(metrics_of(rule))) > _MOST_LEAVES:
            raise _wrong(f"a rule has at most {_MOST_LEAVES} comparisons")
        return rule

    @field_validator("value")
    @classmethod
    def _shown(cls, value: str, info: ValidationInfo) -> str:
        if "rule" not in info.data:
            return value
        named = [metric for metric in metrics_of(info.data["rule"]) if not METRIC_SOURCES[metric].codes]
        if value not in named:
            raise _wrong(f"{value!r} is no metric of the rule that is a number{nearest(value, dict.fromkeys(named))}")
        return value


# --- what is wrong ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """Something wrong in a file: the key, what is wrong with it, and the word to look for."""

    place: tuple[str | int, ...]
    says: str
    word: str

    def __str__(self) -> str:
        shown = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in self.place)
        return f"{shown.removeprefix('.')}: {self.says}" if shown else self.says


def understood(content: Mapping[str, Any]) -> DefinitionStated | list[Problem]:
    """What this parsed TOML says, or everything that is wrong with it."""
    try:
        return DefinitionStated.model_validate(content)
    except ValidationError as error:
        return [_problem(detail) for detail in error.errors(include_url=False)]


def line_of(problem: Problem, text: str) -> int:
    """The line of the file, from 1, at which this was written: the first with the word behind its table's header."""
    lines = text.splitlines()
    table, *rest = problem.place or ("",)
    name = re.escape(str(table))
    heads = _lines_with(rf"\s*\[\[?\s*{name}\b", lines) or _lines_with(rf"\s*{name}\s*=", lines)
    nth = rest[0] if rest and isinstance(rest[0], int) and len(heads) > 1 else 0
    start = heads[min(nth, len(heads) - 1)] if heads else 0
    written = problem.word if problem.word[:1].isalnum() else f'"{problem.word}"'  # a bare = stands in every line
    word = re.compile(rf"(?<![\w-]){re.escape(written if problem.word else '')}(?![\w-])")
    return 1 + next((number for number in range(start, len(lines)) if word.search(lines[number])), start)


def _lines_with(beginning: str, lines: list[str]) -> list[int]:
    return [number for number, line in enumerate(lines) if re.match(beginning, line)]


def _problem(detail: ErrorDetails) -> Problem:
    place = tuple(part for part in detail["loc"] if part not in _TAGS and part != "[key]")
    last = str(place[-1]) if place else ""
    return Problem(place, _said(detail, last), _word(detail, last))


def _word(detail: ErrorDetails, key: str) -> str:
    """What to look for in the file: the wrong word itself, else the key, else something beside what is missing."""
    given = detail["input"]
    if detail["type"] == "missing":
        beside = given.values() if len(detail["loc"]) > 1 and isinstance(given, Mapping) else ()
        return next((value for value in beside if isinstance(value, str)), "")
    if isinstance(given, Mapping):
        return str(next(iter(given), key))
    return given if isinstance(given, str) and detail["type"] != "extra_forbidden" else key


def _said(detail: ErrorDetails, key: str) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return f"unknown key{nearest(key, _keys_beside(detail['loc']))}"
        case "missing":
            return "is missing"
        case "too_short":
            return "has no parts"
    return said(detail)


def _keys_beside(loc: tuple[str | int, ...]) -> list[str]:
    parent = loc[-2] if len(loc) > 1 else ""
    model = _TAGS.get(str(parent), AlsoStated if loc[0] == "also" else DefinitionStated)
    return [field.alias or name for name, field in model.model_fields.items()]
