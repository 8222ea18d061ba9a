"""What a defect is: how it is put into the hospital, and what must find it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpd_etl.demo.resources import Json
    from tests.quality.dirt.chart import Chart

SAME: Mapping[str, int] = {}
COUNTED: Mapping[str, int] = {}
"""Read by nothing: the ledger counts it, and nothing is told of a person."""


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong in one person's records.

    `found` is what finds it in the CDM, by how often: `rejection TABLE REASON` or `suspicion NAME`. The first finds it;
    another one sees the same rows. `in_fhir` is the same for resources: `SAME`, or None where it cannot be told there.
    """

    name: str
    why: str
    found: Mapping[str, int]
    spoil: Callable[[Chart], None]
    in_fhir: Mapping[str, int] | None = None

    @property
    def found_in_fhir(self) -> Mapping[str, int] | None:
        """What finds it in resources; None where resources cannot have it."""
        return self.found if self.in_fhir is SAME else self.in_fhir


@dataclass(frozen=True)
class ResourceDefect:
    """A defect that only resources have: how it is put into those of one person, which may be added to."""

    name: str
    why: str
    found: Mapping[str, int]
    spoil: Callable[[list[Json]], None]
    of_nobody: Mapping[str, int] = field(default_factory=dict)
    """What is found beside without saying of whom, since the resource is not opened."""


def refused(table: str, reason: str, times: int = 1) -> dict[str, int]:
    """Found as refused rows."""
    return {f"rejection {table} {reason}": times}


def suspected(name: str) -> dict[str, int]:
    """Found as a suspicion."""
    return {f"suspicion {name}": 1}
