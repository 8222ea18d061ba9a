"""What stands in `3-quality.json`: the shape that others may rely on, and the JSON schema made of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from hpd_etl import artefacts
from hpd_etl.expectations import Outcome
from hpd_etl.quality.gate import Decision, Effect
from hpd_etl.quality.identical import grouped
from hpd_etl.quality.report import PARTS
from hpd_etl.schema import STRATA

if TYPE_CHECKING:
    from hpd_etl.quality.report import QualityReport

Count = int
_SEVERITIES = Literal["critical", "warning", "info"]


class Row(BaseModel):
    """A row; no other key is in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rejection(Row):
    """Refused source rows of one kind."""

    stage: str
    table: str
    reason: str
    rows: Count
    persons: Count


class Ignored(Row):
    """Source rows that were left aside without being refused, of one table or type of resource."""

    table: str
    reason: str
    rows: Count


class Scan(Row):
    """Examinations of one use, by window set."""

    window_set: str
    role: str
    reason: str | None
    scans: Count


class Step(Row):
    """Who leaves at a step of the funnel."""

    step: str
    left: dict[str, Count] = Field(description="persons by the first of their reasons")
    having: dict[str, Count] = Field(description="persons by every reason they have, also those who left before")
    remaining: Count


class Funnel(Row):
    """One funnel, of all the definitions that have the same."""

    definitions: list[str]
    steps: list[Step]


class Stratum(Row):
    """The funnels of a part of the treated."""

    by: Literal[STRATA]  # type: ignore[valid-type]
    stratum: str | None = Field(description="null: not recorded, or not the same in all possible courses")
    cohort: str | None = Field(description="null: of the whole run")
    funnels: list[Funnel]


class Check(Row):
    """What one expectation found."""

    check: str
    table: str
    severity: _SEVERITIES
    dimension: str
    outcome: Outcome
    rows: Count | None
    unexpected: Count | None
    why: str
    reference: str
    where: list[str] = Field(description="the rows that failed where these are counts of many persons, as a table")


class Drift(Row):
    """A measure of a column that is not what it was in the previous run."""

    table: str
    column: str | None
    measure: str
    before: float | str | None
    now: float | str | None
    change: float | str | None
    severity: _SEVERITIES


class Unmapped(Row):
    """A code, unit, agent or text that no mapping knows."""

    kind: Literal["code", "unit", "agent", "text"]
    table: str | None
    system: str | None
    code: str | None
    reason: str | None
    rows: Count
    persons: Count
    remedy: str | None


class Suspicion(Row):
    """What a careful reviewer would look at."""

    suspicion: str
    severity: _SEVERITIES
    rows: Count
    persons: Count
    why: str
    remedy: str
    reference: str


class Limited(Row):
    """A limit or a check: allowed by whom and why, what was found, and whether that passed."""

    name: str
    effect: Effect = Field(description="what it does where it does not pass: closes the gate (exit 5), budget (exit 6)")
    found: float | str | None
    limit: float | None
    by: str | None
    why: str | None
    passed: bool | None = Field(description="null: nothing to look at, or not known before the labels")


class Content(Row):
    """The whole of `3-quality.json`: counts and codes, never a value or identifier of a patient; local all the same."""

    format: int
    persons: dict[str, Count] = Field(description="treated persons by cohort")
    rows: dict[str, Count] = Field(description="rows kept, by table")
    rejected_fraction: float = Field(ge=0, le=1)
    rejections: list[Rejection]
    ignored: list[Ignored]
    scans: list[Scan]
    funnel: list[Stratum] = Field(description="of the run, of each cohort, and of what splits the cohorts")
    checks: list[Check]
    drift: list[Drift]
    ledger: list[Unmapped]
    suspicions: list[Suspicion]
    exit_code: Literal[0, 5, 6] = Field(description="of the gate: open, closed, or over budget")
    gate: list[Limited]


def content(report: QualityReport, decision: Decision) -> dict[str, Any]:
    """The report and what the gate makes of it, as JSON."""
    frames = {name: _records(getattr(report, name)) for name in PARTS}
    return Content.model_validate({
        "format": artefacts.FORMAT, "persons": report.persons, "rows": report.rows,
        "rejected_fraction": report.rejected_fraction, **frames, "funnel": _strata(report),
        "checks": [asdict(check) for check in report.checks],
        "exit_code": decision.exit_code, "gate": decision.content(),
    }).model_dump(mode="json")


def json_schema() -> str:
    """The JSON schema, as it is published beside the documents."""
    made = Content.model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **made}, indent=2) + "\n"


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(frame.to_json(orient="records"))
    return found


def _strata(report: QualityReport) -> list[dict[str, Any]]:
    of_cohorts = report.funnel.assign(by="cohort", stratum=report.funnel["cohort"])
    parts = [part for part in (report.strata, of_cohorts) if len(part)]
    every = pd.concat(parts) if parts else report.strata
    return [{"by": group.by, "stratum": group.stratum, "cohort": group.cohort, "funnels": group.funnels}
            for group in grouped(every)]
