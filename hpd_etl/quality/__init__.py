"""What can be labelled, what was refused, and whether the run may go on.

Counts and codes only: no report, file or message of this package holds a patient's value or identifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl import assets, expectations
from hpd_etl.criteria import unmet_requirements
from hpd_etl.quality import counts
from hpd_etl.quality.funnel import STEPS, foreseen, funnel
from hpd_etl.quality.gate import check_budget, close_gate
from hpd_etl.quality.rates import rates
from hpd_etl.quality.report import QualityReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.config import Study
    from hpd_etl.criteria.definition import Definition
    from hpd_etl.schema import Timeline

__all__ = ["STEPS", "QualityReport", "check_budget", "close_gate", "funnel", "rates", "validate"]


def validate(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> QualityReport:
    """Count who can be labelled, what was refused and which expectations fail; raises nothing, see `close_gate`."""
    unmet = unmet_requirements(timeline, definitions, study)
    suites = expectations.read_suites(assets.expectation_files()) if study.gate.expectations else []
    return QualityReport(
        persons={str(name): int(n) for name, n in timeline.index["cohort"].value_counts().sort_index().items()},
        rows={name: len(getattr(timeline, name)) for name in ("persons", *counts.DATED)},
        rejected_fraction=counts.rejected_fraction(timeline),
        rejections=counts.rejections(timeline.rejections),
        scans=counts.counted(timeline.scan_choices, ["window_set", "role", "reason"], "scans"),
        funnel=foreseen(unmet),
        checks=expectations.check(timeline, suites),
    )
