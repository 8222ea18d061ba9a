"""Whether the run may go on: a pure function of what was found and of the limits that the study sets.

A critical check or suspicion and too few persons close the gate (exit 5), too many refused rows or labels that are not
evaluable are over budget (exit 6), all else that did not pass is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hpd_etl.errors import BudgetError, QualityGateError
from hpd_etl.expectations import Outcome
from hpd_etl.quality.counts import numbered
from hpd_etl.schema import Labels, Verdict

if TYPE_CHECKING:
    from hpd_etl.config import Gate, Limit
    from hpd_etl.quality.report import QualityReport

ENFORCE, REPORT = "enforce", "report"
"""A closed gate stops the run, or is only told: then nothing is written back."""


class Effect(StrEnum):
    """What a finding that did not pass does to the run."""

    CLOSES = "closes"
    BUDGET = "budget"
    WARNS = "warns"
    COUNTS = "counts"


@dataclass(frozen=True)
class Finding:
    """One limit or check: what was allowed by whom and why, what was found, and whether that passed.

    `passed` is None where it cannot be told: nothing to look at, or not before the labels.
    """

    name: str
    effect: Effect
    found: float | str | None
    limit: float | None
    by: str | None
    why: str | None
    passed: bool | None

    def __str__(self) -> str:
        if self.limit is None:
            return f"{self.name} ({self.found})"
        return f"{self.name} is {self.written(self.limit)}, found {self.written(self.found)}"

    def written(self, value: float | str | None) -> str:
        """What was allowed or found as people write it: a fraction in percent, to three digits."""
        if value is None or isinstance(value, str):
            return value or "-"
        return f"{100 * value:.3g}%" if "fraction" in self.name or "_of." in self.name else f"{value:,.15g}"


@dataclass(frozen=True)
class Decision:
    """All limits and checks with what was found."""

    findings: tuple[Finding, ...]

    def failed(self, effect: Effect) -> tuple[Finding, ...]:
        """What did not pass and has this effect."""
        return tuple(each for each in self.findings if each.passed is False and each.effect is effect)

    @property
    def exit_code(self) -> int:
        """5 where the gate closes, 6 where a budget is exceeded, else 0."""
        if self.failed(Effect.CLOSES):
            return QualityGateError.exit_code
        return BudgetError.exit_code if self.failed(Effect.BUDGET) else 0

    def enforce(self) -> None:
        """Raise `QualityGateError` or `BudgetError` where the run must stop."""
        told = "; ".join(map(str, self.failed(Effect.CLOSES) or self.failed(Effect.BUDGET)))
        remedy = "see 3-quality.html in the run folder; --gate report goes on without writing back"
        if self.failed(Effect.CLOSES):
            raise QualityGateError(f"the gate is closed: {told}", remedy=remedy)
        if self.failed(Effect.BUDGET):
            raise BudgetError(f"over budget: {told}", remedy=remedy)

    def content(self) -> list[dict[str, Any]]:
        """The findings as they stand in JSON."""
        return [asdict(each) for each in self.findings]

    def told(self, mode: str) -> dict[str, Any]:
        """What the manifest says of it."""
        failed = {effect: [each.name for each in self.failed(effect)] for effect in Effect}
        return {"mode": mode, "exit_code": self.exit_code, **{str(effect): names for effect, names in failed.items()}}


def decide(report: QualityReport, gate: Gate) -> Decision:
    """What the limits and checks make of a report; the budget for labels is listed and decided by `decide_labels`."""
    return Decision((
        _limited("gate.min_persons", gate.min_persons, Effect.CLOSES, sum(report.persons.values()), least=True),
        _limited("gate.max_rejected_fraction", gate.max_rejected_fraction, Effect.BUDGET, report.rejected_fraction),
        _limited("gate.warn_rejected_fraction", gate.warn_rejected_fraction, Effect.WARNS, report.rejected_fraction),
        *(_limited(name, limit, Effect.BUDGET, None) for name, limit in _budgets(gate).items()),
        *_checks(report, gate),
    ))


def decide_labels(labels: Labels, gate: Gate) -> Decision:
    """What the budgets make of the labels."""
    frame = labels.labels
    unknown = frame["verdict"].eq(Verdict.NOT_EVALUABLE)
    of_definition = unknown.groupby(frame["definition_id"], observed=True).mean()
    shares = {f"gate.max_not_evaluable_of.{name}": float(share) for name, share in of_definition.items()}
    shares["gate.max_not_evaluable_fraction"] = float(unknown.mean()) if len(unknown) else 0.0
    return Decision(tuple(_limited(name, limit, Effect.BUDGET, shares.get(name))
                          for name, limit in _budgets(gate).items()))


def _budgets(gate: Gate) -> dict[str, Limit]:
    return {"gate.max_not_evaluable_fraction": gate.max_not_evaluable_fraction,
            **{f"gate.max_not_evaluable_of.{name}": limit for name, limit in gate.max_not_evaluable_of.items()}}


def _limited(name: str, limit: Limit, effect: Effect, found: float | None, *, least: bool = False) -> Finding:
    """Limits are inclusive."""
    passed = None if found is None else found >= limit.value if least else found <= limit.value
    return Finding(name, effect, found, limit.value, limit.by, limit.why, passed)


_EFFECTS = {"critical": Effect.CLOSES, "warning": Effect.WARNS, "info": Effect.COUNTS}
_PASSED: Mapping[str, bool | None] = {Outcome.PASSED: True, Outcome.NOT_APPLICABLE: None}


def _checks(report: QualityReport, gate: Gate) -> Iterator[Finding]:
    """Expectations and suspicions, of the severity that the study gives them."""
    for check in report.checks:
        names = (f"{check.table}.{check.check}", check.check)
        yield _judged(names, check.severity, str(check.outcome), _PASSED.get(check.outcome, False), gate)
    for row in report.suspicions.to_dict("records"):
        n = int(row["rows"])
        yield _judged((str(row["suspicion"]),), str(row["severity"]), numbered(n, "row"), not n, gate)


def _judged(names: tuple[str, ...], severity: str, found: str, passed: bool | None, gate: Gate) -> Finding:
    said = next((gate.checks[name] for name in names if name in gate.checks), None)
    if said is None:
        return Finding(names[0], _EFFECTS[severity], found, None, None, None, passed)
    return Finding(names[0], _EFFECTS[said.severity], found, None, said.by, said.why, passed)
