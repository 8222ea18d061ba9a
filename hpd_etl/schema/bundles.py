"""The sets of frames that stages hand on: Records, Timeline, Labels; and what is found out about labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import pandas as pd

from hpd_etl.schema.agreement import AGREEMENT_RATES, LABELLED, LABELLED_COUNTS, OVERLAPS, PAIRS
from hpd_etl.schema.columns import Table
from hpd_etl.schema.funnel import FUNNEL
from hpd_etl.schema.growth import GROWTH
from hpd_etl.schema.responses import ASSESSMENTS, BEST_RESPONSE
from hpd_etl.schema.sensitivity import FLIPPED, FLIPS, PERTURBATION
from hpd_etl.schema.suspicions import SUSPICIONS
from hpd_etl.schema.tables import (
    BURDEN,
    DOSES,
    EVIDENCE,
    FINDINGS,
    FOLLOWUP,
    INDEX,
    LABELS,
    LESIONS,
    METRICS,
    PERSONS,
    REJECTIONS,
    RESPONSES,
    SCAN_CHOICES,
    SCANS,
    TARGETS,
    THERAPIES,
    TUMOUR_SUMS,
    with_days,
)


@dataclass(frozen=True)
class Bundle:
    """A frozen set of frames, one a table; each frame has exactly the table's columns."""

    def __post_init__(self) -> None:
        for table in self.tables():
            object.__setattr__(self, table.name, table.frame(getattr(self, table.name)))

    @classmethod
    def tables(cls) -> tuple[Table, ...]:
        """The tables of the bundle, in order."""
        return tuple(entry.metadata["table"] for entry in fields(cls) if "table" in entry.metadata)

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame]) -> Self:
        """A bundle of these frames; a table that is not given is empty."""
        return cls(**{table.name: frames.get(table.name) for table in cls.tables()})

    def __iter__(self) -> Iterator[tuple[Table, pd.DataFrame]]:
        for table in self.tables():
            yield table, getattr(self, table.name)


def _holds(table: Table) -> Any:
    return field(default=None, metadata={"table": table})


@dataclass(frozen=True)
class Records(Bundle):
    """What was read, on calendar dates."""

    persons: pd.DataFrame = _holds(PERSONS)
    followup: pd.DataFrame = _holds(FOLLOWUP)
    doses: pd.DataFrame = _holds(DOSES)
    therapies: pd.DataFrame = _holds(THERAPIES)
    scans: pd.DataFrame = _holds(SCANS)
    lesions: pd.DataFrame = _holds(LESIONS)
    tumour_sums: pd.DataFrame = _holds(TUMOUR_SUMS)
    responses: pd.DataFrame = _holds(RESPONSES)
    findings: pd.DataFrame = _holds(FINDINGS)
    rejections: pd.DataFrame = _holds(REJECTIONS)


@dataclass(frozen=True)
class Timeline(Bundle):
    """Records around the first dose, with every scan chosen or refused."""

    persons: pd.DataFrame = _holds(PERSONS)
    followup: pd.DataFrame = _holds(FOLLOWUP)
    doses: pd.DataFrame = _holds(with_days(DOSES))
    therapies: pd.DataFrame = _holds(with_days(THERAPIES))
    scans: pd.DataFrame = _holds(with_days(SCANS))
    lesions: pd.DataFrame = _holds(with_days(LESIONS))
    tumour_sums: pd.DataFrame = _holds(with_days(TUMOUR_SUMS))
    responses: pd.DataFrame = _holds(with_days(RESPONSES))
    findings: pd.DataFrame = _holds(with_days(FINDINGS))
    rejections: pd.DataFrame = _holds(REJECTIONS)
    index: pd.DataFrame = _holds(INDEX)
    scan_choices: pd.DataFrame = _holds(SCAN_CHOICES)
    targets: pd.DataFrame = _holds(TARGETS)
    courses: Timeline | None = None
    """Every possible course of those whose dates are not all known to the day, each as a person of its own."""


@dataclass(frozen=True)
class Suspicions(Bundle):
    """What does not fit in the records; a label does not look at it."""

    suspicions: pd.DataFrame = _holds(SUSPICIONS)


@dataclass(frozen=True)
class Labels(Bundle):
    """Verdicts with what they rest on."""

    labels: pd.DataFrame = _holds(LABELS)
    evidence: pd.DataFrame = _holds(EVIDENCE)
    metrics: pd.DataFrame = _holds(METRICS)
    burden: pd.DataFrame = _holds(BURDEN)
    assessments: pd.DataFrame = _holds(ASSESSMENTS)
    best_response: pd.DataFrame = _holds(BEST_RESPONSE)


@dataclass(frozen=True)
class Attrition(Bundle):
    """Who can be labelled, who cannot, and why; counts only."""

    funnel: pd.DataFrame = _holds(FUNNEL)


@dataclass(frozen=True)
class Sensitivity(Bundle):
    """How much the labels depend on readings and on the error of measurement."""

    flips: pd.DataFrame = _holds(FLIPS)
    flipped: pd.DataFrame = _holds(FLIPPED)
    perturbation: pd.DataFrame = _holds(PERTURBATION)


@dataclass(frozen=True)
class Agreement(Bundle):
    """How far the definitions agree on the same persons."""

    pairs: pd.DataFrame = _holds(PAIRS)
    agreement_rates: pd.DataFrame = _holds(AGREEMENT_RATES)
    labelled: pd.DataFrame = _holds(LABELLED)
    labelled_counts: pd.DataFrame = _holds(LABELLED_COUNTS)
    overlaps: pd.DataFrame = _holds(OVERLAPS)


@dataclass(frozen=True)
class Growth(Bundle):
    """Growth over more than two scans; experimental."""

    growth: pd.DataFrame = _holds(GROWTH)
