"""Quality reports and labels as tables for a terminal; counts only."""

from __future__ import annotations

from itertools import chain, count
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table

from hpd_etl import quality, robustness
from hpd_etl.expectations import Outcome
from hpd_etl.quality.identical import alike
from hpd_etl.rendering import counted, shown, table

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from hpd_etl.quality import Decision, QualityReport
    from hpd_etl.schema import Labels, Sensitivity
    from hpd_etl.sinks import Receipt


def of_report(report: QualityReport, decision: Decision, by: str = "cohort") -> RenderableType:
    """What `validate` shows: the funnel, what was refused, what did not pass, and what the gate makes of it."""
    funnels: Iterable[RenderableType]
    if by == "cohort":
        funnels = chain.from_iterable(map(_funnels, (own for _, own in report.funnel.groupby("cohort", sort=False))))
    else:
        funnels = _strata(report.strata[report.strata["by"] == by], by)
    found = (_found(getattr(report, name), title, columns) for name, (title, columns) in _FOUND.items())
    return Group(*funnels, *_rejections(report.rejections), *_checks(report), *chain.from_iterable(found),
                 *_findings(decision))


def of_gate(told: Mapping[str, Mapping[str, Any]]) -> RenderableType:
    """What the gate said after each stage, as the manifest holds it; nothing where all passed and is enforced."""
    lines = []
    for stage, said in told.items():
        if said["exit_code"]:
            names = ", ".join(said["closes"] or said["budget"])
            lines.append(f"After {stage} the gate would end the run with exit {said['exit_code']}: {names}.")
        if said["warns"]:
            warned = quality.numbered(len(said["warns"]), "warning")
            lines.append(f"{warned} after {stage}; see 3-quality.html in the run folder.")
    if any(said["mode"] == quality.REPORT for said in told.values()):
        lines.append("The gate was only reported: nothing is written to a sink.")
    return Group(*(f"\n{line}" for line in lines))


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
    readings, standing = robustness.by_reading(found), robustness.by_definition(found, labels)
    return Group(*(part for cohort in dict.fromkeys(standing["cohort"])
                   for part in (_readings(cohort, readings[readings["cohort"] == cohort]),
                                *_standing(cohort, standing[standing["cohort"] == cohort]))))


def _readings(cohort: str, counts: pd.DataFrame) -> Table:
    names = ("flipped", "hpd_lost", "hpd_gained", "definitions")
    labels = counts["labels"].max() if len(counts) else 0
    made = counted(f"\nLabels that another reading flips, {cohort}: of {labels:,}", "reading", "",
                   numbers=_spoken(names))
    made.columns[1].no_wrap = True
    for row in counts.to_dict("records"):
        made.add_row(row["parameter"], row["value"], *(f"{row[name]:,}" for name in names))
    return made


_ELSE = ("flipped", "error_unknown", "imprecise", "imprecise_not_evaluable")


def _standing(cohort: str, counts: pd.DataFrame) -> Iterator[Table]:
    drawn = [name for name in counts.columns if name not in ("definition_id", "cohort", *_ELSE)]
    for title, names in (("How surely labels stand; fragile: in less than 90 % of the draws", drawn),
                         ("Flipped by any reading; not read again; of dates not known to the day", _ELSE)):
        made = counted(f"\n{title}: {cohort}", "definition", numbers=_spoken(names))
        for row in counts.to_dict("records"):
            cells = (f"{row[name]:,.1f}" if name == "hpd_expected" else f"{row[name]:,}" for name in names)
            made.add_row(row["definition_id"], *cells)
        yield made


def _spoken(names: Iterable[str]) -> Iterator[str]:
    return (name.replace("_", " ").replace("hpd", "HPD") for name in names)


def funnel_tables(funnel: pd.DataFrame) -> Iterator[Table]:
    """Two tables a cohort: how many are left after each step under each definition, and why the others are not."""
    for cohort, own in funnel.groupby("cohort", sort=False):
        steps = _steps(own)
        made = counted(f"\nWho can be labelled: {cohort}", "definition", numbers=steps)
        for name, rows in own.groupby("definition_id", sort=False):
            made.add_row(str(name), *_left(rows, steps))
        yield made
        yield _leaving(own)


def _funnels(own: pd.DataFrame) -> Iterator[RenderableType]:
    """The funnels of one cohort before any label, each once, and below them which definitions have them."""
    steps, groups = _steps(own), alike(own)
    made = counted(f"\nWho can be labelled: {own['cohort'].iloc[0]}, as far as it shows before the labels",
                   "definitions", numbers=steps)
    for letter, (names, rows) in zip(_letters(), groups, strict=False):
        made.add_row(f"{letter} ({len(names)})", *_left(rows, steps))
    yield made
    for letter, (names, rows) in zip(_letters(), groups, strict=False):
        only = "" if rows["step"].iloc[-1] == steps[-1] else " (who leaves at the other steps depends on the rule)"
        yield f"  {letter}: {', '.join(names)}{only}"
    yield _leaving(own)


def _strata(own: pd.DataFrame, by: str) -> Iterator[Table]:
    """For each group of definitions with the same funnels a table, a line a stratum."""
    steps = _steps(own)
    for names, rows in alike(own):
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        title = f"\nWho can be labelled by {by.replace('_', ' ')}: {', '.join(names[:3])}{more}"
        made = counted(title, by.replace("_", " "), "cohort", numbers=steps)
        for (stratum, cohort), part in rows.groupby(["stratum", "cohort"], sort=False, dropna=False, observed=True):
            made.add_row(shown(stratum, "not recorded"), shown(cohort), *_left(part, steps))
        yield made


def _letters() -> Iterator[str]:
    return (f"{letter}{round_ or ''}" for round_ in count() for letter in ascii_uppercase)


def _steps(own: pd.DataFrame) -> list[str]:
    return [step for step in quality.STEPS if (own["step"] == step).any()]


def _left(rows: pd.DataFrame, steps: Iterable[str]) -> list[str]:
    """How many are left after each step; nothing at one that is not shown."""
    left = rows.groupby("step", sort=False, observed=True)["remaining"].last()
    return [f"{left[step]:,}" if step in left.index else "" for step in steps]


def _leaving(rows: pd.DataFrame) -> Table:
    """Each reason with how many left for it and how many have it: under one definition the fewest and the most."""
    made = counted("\nWho cannot, and why", "reason", numbers=("definitions", "persons", "all who have it"))
    for reason in (str(each) for step in quality.STEPS for each in quality.STEPS[step]):
        here = rows[rows["reason"] == reason]
        if len(here):
            spans = (_span(here[name].min(), here[name].max()) for name in ("left", "having"))
            made.add_row(reason, f"{len(here)}", *spans)
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


_FOUND = {
    "suspicions": ("What a careful reviewer would look at", ("suspicion", "severity", "rows", "persons", "remedy")),
    "ledger": ("Not mapped: the most frequent", ("kind", "table", "code", "reason", "rows", "persons", "remedy")),
    "drift": ("Not as in the previous run", ("table", "column", "measure", "before", "now", "severity")),
}
_AT_MOST = 10


def _found(rows: pd.DataFrame, title: str, columns: tuple[str, ...]) -> Iterator[RenderableType]:
    """The first rows of what was found; all of them stand on the page."""
    rows = rows[rows["rows"] > 0] if "rows" in rows else rows
    if rows.empty:
        return
    made = table(f"\n{title}", *columns)
    for row in rows.head(_AT_MOST).to_dict("records"):
        made.add_row(*(shown(row[name]) for name in columns))
    yield made
    if len(rows) > _AT_MOST:
        yield f"  and {len(rows) - _AT_MOST} more in 3-quality.json"


def _findings(decision: Decision) -> Iterator[Table]:
    """The limits of the study with what was found, and everything else that did not pass."""
    made = table("\nThe gate", "limit or check", "allowed", "found", "passed", "does", "set by", "why")
    for each in decision.findings:
        if each.limit is not None or each.passed is False:
            passed = {True: "yes", False: "no", None: "-"}[each.passed]
            does = "" if each.passed is not False else str(each.effect)
            numbers = (each.written(value) for value in (each.limit, each.found))
            made.add_row(each.name, *numbers, passed, does, each.by or "", each.why or "")
    yield made
