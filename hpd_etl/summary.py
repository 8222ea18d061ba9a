"""Quality reports and labels as tables for a terminal; counts only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table

from hpd_etl import quality, robustness
from hpd_etl.expectations import Outcome
from hpd_etl.rendering import counted, table

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from hpd_etl.quality import QualityReport
    from hpd_etl.schema import Labels, Sensitivity
    from hpd_etl.sinks import Receipt


def of_report(report: QualityReport) -> RenderableType:
    """What `validate` shows: the funnel, what was refused, the checks that did not pass."""
    return Group(*funnel_tables(report.funnel), *_rejections(report.rejections), *_checks(report))


def of_labels(labels: Labels) -> RenderableType:
    """What `label`, `run` and `demo` show: the funnel to the end, then the rates."""
    return Group(*funnel_tables(quality.funnel(labels)), rate_tables(quality.rates(labels)))


def of_receipt(receipt: Receipt | None) -> RenderableType:
    """What `writeback` shows: rows by table, or that there is no sink."""
    if receipt is None:
        return "No sink in site.toml: the labels stay in the run folder."
    names = ("inserted", "amended", "unchanged", "retracted")
    made = counted("\nWhat would change" if receipt.dry_run else "\nWritten back", "table", numbers=names)
    for target, done in receipt.tables.items():
        made.add_row(target, *(f"{getattr(done, name):,}" for name in names))
    return made


def of_sensitivity(found: Sensitivity, labels: Labels) -> RenderableType:
    """What `sensitivity` shows: how many labels each reading flips, and how surely those of each definition stand."""
    return Group(_readings(robustness.by_reading(found)), _standing(robustness.by_definition(found, labels)))


def _readings(counts: pd.DataFrame) -> Table:
    names = ("labels", "flipped", "hpd_lost", "hpd_gained", "definitions")
    made = counted("\nLabels that another reading flips", "reading", "", "cohort", numbers=_spoken(names))
    for row in counts.to_dict("records"):
        made.add_row(row["parameter"], row["value"], row["cohort"], *(f"{row[name]:,}" for name in names))
    return made


def _standing(counts: pd.DataFrame) -> Table:
    names = [name for name in counts.columns if name not in ("definition_id", "cohort")]
    made = counted("\nHow surely labels stand; fragile: in less than 90 % of the draws", "definition", "cohort",
                   numbers=_spoken(names))
    for row in counts.to_dict("records"):
        cells = (f"{row[name]:,.1f}" if name == "hpd_expected" else f"{row[name]:,}" for name in names)
        made.add_row(row["definition_id"], row["cohort"], *cells)
    return made


def _spoken(names: Iterable[str]) -> Iterator[str]:
    return (name.replace("_", " ").replace("hpd", "HPD") for name in names)


def funnel_tables(funnel: pd.DataFrame) -> Iterator[Table]:
    """Two tables a cohort: how many are left after each step under each definition, and why the others are not."""
    for cohort, own in funnel.groupby("cohort", sort=False):
        steps = [step for step in quality.STEPS if (own["step"] == step).any()]
        left = own.groupby(["definition_id", "step"], sort=False)["remaining"].last()
        made = counted(f"\nWho can be labelled: {cohort}", "definition", numbers=steps)
        for name in own["definition_id"].unique():
            made.add_row(str(name), *(f"{left[name, step]:,}" if (name, step) in left.index else "" for step in steps))
        yield made
        yield _leaving(own[own["reason"].notna()])


def _leaving(rows: pd.DataFrame) -> Table:
    """Each reason with how many left for it: under how many definitions, and under one the fewest and the most."""
    made = counted("\nWho cannot, and why", "reason", numbers=("definitions", "persons"))
    for step in quality.STEPS:
        here = rows[rows["step"] == step]
        for reason in (str(each) for each in quality.STEPS[step] if (here["reason"] == each).any()):
            left = here.loc[here["reason"] == reason, "left"]
            made.add_row(reason, f"{len(left)}", _span(left.min(), left.max()))
    return made


def _span(fewest: int, most: int) -> str:
    return f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"


def rate_tables(rates: pd.DataFrame) -> RenderableType:
    """HPD of the evaluable and of all treated, with exact 95 % intervals; fast progression in tables of its own."""
    parts = rates.groupby(["cohort", "hyperprogression"], sort=False)
    return Group(*(_rates(f"\n{_DEFINES[bool(defines)]}, {cohort}: rate and exact 95 % interval", own)
                   for (cohort, defines), own in parts))


_DEFINES = {True: "Hyperprogression", False: "Fast progression, which is no hyperprogression"}


def _rates(title: str, rates: pd.DataFrame) -> Table:
    numbers = ("met", "evaluable", "treated", "of the evaluable", "of the treated")
    made = counted(title, "definition", numbers=numbers)
    for row in rates.to_dict("records"):
        made.add_row(
            row["definition_id"], *(f"{row[name]:,}" for name in ("hpd", "evaluable", "treated")),
            *(_interval(row, denominator) for denominator in ("evaluable", "treated")),
        )
    return made


def _interval(row: Mapping[Hashable, Any], denominator: str) -> str:
    rate, low, high = (row[f"{name}_of_{denominator}"] for name in ("rate", "low", "high"))
    return "-" if pd.isna(rate) else f"{rate:.1%} ({low:.1%} to {high:.1%})"


def _rejections(rejections: pd.DataFrame) -> Iterator[Table]:
    if rejections.empty:
        return
    made = counted("\nRefused source rows", "stage", "table", "reason", numbers=("rows", "persons"))
    for row in rejections.itertuples(index=False):
        made.add_row(str(row.stage), str(row.table), str(row.reason), f"{row.rows:,}", f"{row.persons:,}")
    yield made


def _checks(report: QualityReport) -> Iterator[Table | str]:
    if not report.checks:
        return
    outcomes = [check.outcome for check in report.checks]
    counted = (f"{outcomes.count(outcome)} {outcome.replace('_', ' ')}" for outcome in Outcome)
    yield "\nExpectations: " + ", ".join(counted)
    grave = [check for check in report.checks if check.outcome in {Outcome.FAILED, Outcome.ERROR}]
    if grave:
        made = table("\nExpectations that did not pass", "check", "severity", "result", "why")
        for check in grave:
            made.add_row(f"{check.table}.{check.check}", check.severity, str(check.outcome), check.why)
        yield made
