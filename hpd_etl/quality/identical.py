"""Funnels that are the same told once: thirty definitions have a handful."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

Steps: TypeAlias = list[dict[str, Any]]
"""Of one funnel: step, left and having by reason, remaining."""
_Lines: TypeAlias = Sequence[tuple[Any, ...]]
_STEP = ("step", "reason", "left", "having", "remaining")


@dataclass(frozen=True)
class Group:
    """A stratum, and its funnels with the definitions that have each."""

    by: str
    stratum: str | None
    cohort: str | None
    funnels: list[dict[str, Any]]


def grouped(funnels: pd.DataFrame) -> Iterator[Group]:
    """The strata in their order."""
    parts: dict[tuple[Any, ...], list[int]] = {}
    for row, part in enumerate(_lines(funnels, ("by", "stratum", "cohort"))):
        parts.setdefault(part, []).append(row)
    definitions, lines = funnels["definition_id"].tolist(), _lines(funnels, _STEP)
    for (by, stratum, cohort), rows in parts.items():
        own = [{"definitions": names, "steps": _steps(lines[row] for row in first)}
               for names, first in _same(definitions, lines, rows)]
        yield Group(by, stratum, cohort, own)


def alike(funnels: pd.DataFrame) -> list[tuple[list[str], pd.DataFrame]]:
    """The definitions that have the same funnel in every stratum of the frame, with the rows of the first of them."""
    told = funnels.drop(columns="definition_id")
    lines = _lines(told, list(told.columns))
    groups = _same(funnels["definition_id"].tolist(), lines, range(len(funnels)))
    return [(names, told.iloc[rows]) for names, rows in groups]


def steps_of(rows: pd.DataFrame) -> Steps:
    """The steps of one funnel, each with its reasons."""
    return _steps(_lines(rows, _STEP))


def known(name: object) -> str | None:
    """The name of a part; None where it is not recorded."""
    return name if isinstance(name, str) else None


def _lines(frame: pd.DataFrame, columns: Sequence[str]) -> _Lines:
    """The rows as plain values, None where one is missing."""
    plain = (frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in columns)
    return list(zip(*plain, strict=True))


def _same(definitions: Sequence[str], lines: _Lines, rows: Iterable[int]) -> list[tuple[list[str], list[int]]]:
    """Definitions with the same lines, and where those of the first stand."""
    own: dict[str, list[int]] = {}
    for row in rows:
        own.setdefault(definitions[row], []).append(row)
    found: dict[_Lines, tuple[list[str], list[int]]] = {}
    for definition, places in own.items():
        found.setdefault(tuple(lines[place] for place in places), ([], places))[0].append(definition)
    return list(found.values())


def _steps(lines: Iterable[tuple[Any, ...]]) -> Steps:
    steps: Steps = []
    for step, reason, left, having, remaining in lines:
        if not steps or steps[-1]["step"] != step:
            steps.append({"step": step, "left": {}, "having": {}})
        if left:
            steps[-1]["left"][reason] = int(left)
        if having:
            steps[-1]["having"][reason] = int(having)
        steps[-1]["remaining"] = int(remaining)
    return steps
