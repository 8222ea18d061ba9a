"""Quality reports and labels as tables for a terminal; counts only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table

from hpd_etl import quality, robustness
from hpd_etl.expectations import Outcome

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from hpd_etl.quality import QualityReport
    from hpd_etl.schema import Labels, Sensitivity
    from hpd_etl.sinks import Receipt


def of_report(report: QualityReport) -> RenderableType:
    """What `validate` shows: the funnel, what was refused, the checks that did not pass."""
    return Group(*funnel_tables(report.funnel), *_rejections(report.rejections), *_checks(report))


def of_labels(labels: Labels) -> RenderableType:
    """What `label`, `run` and `demo` show: the funnel to the end, then the rates."""
    return Group(*funnel_tables(quality.funnel(labels)), rate_table(quality.rates(labels)))


def of_receipt(receipt: Receipt | None) -> RenderableType:
    """What `writeback` shows: rows by table, or that there is no sink."""
    if receipt is None:
        return "No sink in site.toml: the labels stay in the run folder."
    names = ("inserted", "amended", "unchanged", "retracted")
    table = _table("What would change" if receipt.dry_run else "Written back", "table")
    for name in names:
        table.add_column(name, justify="right")
    for target, counts in receipt.tables.items():
        table.add_row(target, *(f"{getattr(counts, name):,}" for name in names))
    return table


def of_sensitivity(found: Sensitivity, labels: Labels) -> RenderableType:
    """What `sensitivity` shows: how many labels each reading flips, and how surely those of each definition stand."""
    return Group(_readings(robustness.by_reading(found)), _standing(robustness.by_definition(found, labels)))


def _readings(counts: pd.DataFrame) -> Table:
    names = ("labels", "flipped", "hpd_lost", "hpd_gained", "definitions")
    table = _counted("Labels that another reading flips", names, "reading", "", "cohort")
    for row in counts.to_dict("records"):
        table.add_row(row["parameter"], row["value"], row["cohort"], *(f"{row[name]:,}" for name in names))
    return table


def _standing(counts: pd.DataFrame) -> Table:
    names = [name for name in counts.columns if name not in ("definition_id", "cohort")]
    table = _counted("How surely labels stand; fragile: in less than 90 % of the draws", names, "definition", "cohort")
    for row in counts.to_dict("records"):
        cells = (f"{row[name]:,.1f}" if name == "hpd_expected" else f"{row[name]:,}" for name in names)
        table.add_row(row["definition_id"], row["cohort"], *cells)
    return table


def _counted(title: str, counts: Sequence[str], *columns: str) -> Table:
    table = _table(title, *columns)
    for name in counts:
        table.add_column(name.replace("_", " ").replace("hpd", "HPD"), justify="right")
    return table


def funnel_tables(funnel: pd.DataFrame) -> Iterator[Table]:
    """One table a cohort, the definitions side by side; beneath each step, who left there and why."""
    for cohort, own in funnel.groupby("cohort", sort=False):
        table = _table(f"Who can be labelled: {cohort}", "step")
        definitions = list(own["definition_id"].unique())
        for definition in definitions:
            table.add_column(str(definition), justify="right")
        for step in quality.STEPS:
            here = own[own["step"] == step]
            if here.empty:
                continue
            last = here.groupby("definition_id", sort=False)["remaining"].last()
            table.add_row(step, *(f"{last[name]:,}" if name in last.index else "" for name in definitions))
            for reason in here["reason"].dropna().unique():
                left = here[here["reason"] == reason].set_index("definition_id")["left"]
                cells = (f"-{left[name]:,}" if name in left.index else "" for name in definitions)
                table.add_row(f"  {reason}", *cells, style="dim")
        yield table


def rate_table(rates: pd.DataFrame) -> Table:
    """HPD of the evaluable and of all treated, with exact 95 % intervals."""
    table = _table("Hyperprogression, rate and exact 95 % interval", "definition")
    for name in ("HPD", "evaluable", "treated", "of the evaluable", "of the treated"):
        table.add_column(name, justify="right")
    several = len(rates["cohort"].unique()) > 1
    for row in rates.to_dict("records"):
        table.add_row(
            f"{row['definition_id']} ({row['cohort']})" if several else row["definition_id"],
            *(f"{row[name]:,}" for name in ("hpd", "evaluable", "treated")),
            *(_interval(row, denominator) for denominator in ("evaluable", "treated")),
        )
    return table


def _interval(row: Mapping[Hashable, Any], denominator: str) -> str:
    rate, low, high = (row[f"{name}_of_{denominator}"] for name in ("rate", "low", "high"))
    return "-" if pd.isna(rate) else f"{rate:.1%} ({low:.1%} to {high:.1%})"


def _rejections(rejections: pd.DataFrame) -> Iterator[Table]:
    if rejections.empty:
        return
    table = _table("Refused source rows", "stage", "table", "reason")
    table.add_column("rows", justify="right")
    table.add_column("persons", justify="right")
    for row in rejections.itertuples(index=False):
        table.add_row(str(row.stage), str(row.table), str(row.reason), f"{row.rows:,}", f"{row.persons:,}")
    yield table


def _checks(report: QualityReport) -> Iterator[Table | str]:
    if not report.checks:
        return
    outcomes = [check.outcome for check in report.checks]
    counted = (f"{outcomes.count(outcome)} {outcome.replace('_', ' ')}" for outcome in Outcome)
    yield "\nExpectations: " + ", ".join(counted)
    grave = [check for check in report.checks if check.outcome in {Outcome.FAILED, Outcome.ERROR}]
    if grave:
        table = _table("Expectations that did not pass", "check", "severity", "result", "why")
        for check in grave:
            table.add_row(f"{check.table}.{check.check}", check.severity, str(check.outcome), check.why)
        yield table


def _table(title: str, *columns: str) -> Table:
    return Table(*columns, title=f"\n{title}", title_justify="left", title_style="bold", box=None, pad_edge=False)
