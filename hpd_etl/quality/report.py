"""What `validate` found; counts only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from hpd_etl.expectations import CheckResult, Outcome

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class QualityReport:
    """What `validate` found; counts only.

    `persons` by cohort; `rows` kept by table; `rejections` with columns stage, table, reason, rows, persons;
    `scans` with columns window_set, role, reason, scans; `funnel` as the function of that name, up to the
    requirements that can be seen before a label exists; `ledger` with columns kind, table, system, code, reason, rows,
    persons, remedy; `suspicions` with columns suspicion, severity, rows, persons, why, remedy, reference.
    """

    persons: dict[str, int]
    rows: dict[str, int]
    rejected_fraction: float
    rejections: pd.DataFrame
    scans: pd.DataFrame
    funnel: pd.DataFrame
    strata: pd.DataFrame
    checks: tuple[CheckResult, ...]
    ledger: pd.DataFrame
    suspicions: pd.DataFrame

    @property
    def critical(self) -> tuple[CheckResult, ...]:
        """The critical checks that failed or crashed."""
        closing = {Outcome.FAILED, Outcome.ERROR}
        return tuple(c for c in self.checks if c.severity == "critical" and c.outcome in closing)

    def to_json(self) -> str:
        """The report as it stands in `3-quality.json`."""
        frames = {name: json.loads(getattr(self, name).to_json(orient="records"))
                  for name in ("rejections", "scans", "funnel", "ledger", "suspicions")}
        plain = {"persons": self.persons, "rows": self.rows, "rejected_fraction": self.rejected_fraction}
        return json.dumps({**plain, **frames, "checks": [asdict(c) for c in self.checks]}, indent=2) + "\n"
