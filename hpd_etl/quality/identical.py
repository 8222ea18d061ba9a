"""Funnels that are the same told once: thirty definitions have a handful."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

Steps: TypeAlias = list[dict[str, Any]]
"""Of one funnel: step, left and having by reason, remaining."""


@dataclass(frozen=True)
class Group:
    """A stratum, and its funnels with the definitions that have each."""

    by: str
    stratum: str | None
    cohort: str | None
    funnels: list[dict[str, Any]]


def grouped(funnels: pd.DataFrame) -> Iterator[Group]:
    """The strata in their order."""
    told: dict[tuple[Any, ...], dict[str, Steps]] = {}
    columns = ("by", "stratum", "cohort", "definition_id", "step", "reason", "left", "having", "remaining")
    plain = funnels.reindex(columns=list(columns)).astype(object).where(lambda frame: frame.notna(), None)
    for by, stratum, cohort, definition, step, reason, left, having, remaining in plain.itertuples(index=False):
        steps = told.setdefault((by, stratum, cohort), {}).setdefault(definition, [])
        if not steps or steps[-1]["step"] != step:
            steps.append({"step": step, "left": {}, "having": {}})
        if left:
            steps[-1]["left"][reason] = int(left)
        if having:
            steps[-1]["having"][reason] = int(having)
        steps[-1]["remaining"] = int(remaining)
    for (by, stratum, cohort), own in told.items():
        alike: dict[str, dict[str, Any]] = {}
        for definition, steps in own.items():
            alike.setdefault(repr(steps), {"definitions": [], "steps": steps})["definitions"].append(definition)
        yield Group(by, stratum, cohort, list(alike.values()))


def alike(funnels: pd.DataFrame) -> list[tuple[list[str], pd.DataFrame]]:
    """The definitions that have the same funnel in every stratum of the frame, with the rows of the first of them."""
    found: dict[str, tuple[list[str], pd.DataFrame]] = {}
    for definition, own in funnels.groupby("definition_id", sort=False, observed=True):
        rows = own.drop(columns="definition_id")
        found.setdefault(rows.to_csv(index=False), ([], rows))[0].append(str(definition))
    return list(found.values())
