"""What an expectation found: one of four outcomes, and counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The four results of a check; a check that crashed says nothing about the data."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


@dataclass(frozen=True)
class CheckResult:
    """What one expectation found: how many rows were looked at, how many were unexpected.

    `where` names the rows that failed where these are counts of many persons, as a table; never rows of a person.
    """

    check: str
    table: str
    severity: str
    dimension: str
    outcome: Outcome
    rows: int | None
    unexpected: int | None
    why: str
    reference: str
    where: tuple[str, ...] = ()
