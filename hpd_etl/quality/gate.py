"""Whether the run may go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl.errors import BudgetError, QualityGateError
from hpd_etl.schema import Labels, Verdict

if TYPE_CHECKING:
    from hpd_etl.config import Study
    from hpd_etl.quality.report import QualityReport


def close_gate(report: QualityReport, study: Study) -> None:
    """Raise where the run must stop before anything is written.

    `QualityGateError` for too few persons or a critical check, `BudgetError` for too many refused rows.
    """
    treated = sum(report.persons.values())
    if treated < study.gate.min_persons:
        raise QualityGateError(
            f"{treated} persons with a first dose, gate.min_persons is {study.gate.min_persons}",
            remedy="hpd-etl doctor shows which drugs the source holds",
        )
    if report.critical:
        names = ", ".join(f"{c.table}.{c.check} ({c.outcome})" for c in report.critical)
        raise QualityGateError(f"critical checks did not pass: {names}", remedy="see 3-quality.json in the run folder")
    if report.rejected_fraction > study.gate.max_rejected_fraction:
        raise BudgetError(
            f"{report.rejected_fraction:.1%} of the source rows were refused, "
            f"gate.max_rejected_fraction is {study.gate.max_rejected_fraction:.1%}",
            remedy="the reasons and remedies stand in 2-timeline/rejections.parquet",
        )


def check_budget(labels: Labels, study: Study) -> None:
    """Raise `BudgetError` where more labels are NOT_EVALUABLE than the study allows."""
    unknown = labels.labels["verdict"].eq(Verdict.NOT_EVALUABLE)
    fraction = float(unknown.mean()) if len(unknown) else 0.0
    if fraction > study.gate.max_not_evaluable_fraction:
        raise BudgetError(
            f"{fraction:.1%} of the labels are NOT_EVALUABLE, "
            f"gate.max_not_evaluable_fraction is {study.gate.max_not_evaluable_fraction:.1%}",
            remedy="the funnel says at which step persons leave and why",
        )
