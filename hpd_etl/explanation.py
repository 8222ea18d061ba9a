"""Why one person has their labels, gathered from the artefacts of a run; how it is shown is others' matter.

It holds patient data, for the site's own eyes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd

from hpd_etl import artefacts
from hpd_etl.artefacts import LABELS, MANIFEST, RECORDS, SENSITIVITY, TIMELINE
from hpd_etl.criteria.frames import parameters_sha256
from hpd_etl.criteria.metrics import SUMS
from hpd_etl.errors import ConfigurationError
from hpd_etl.manifest import Manifest
from hpd_etl.reasoning import FORMULAS, Finding, absent, findings, named
from hpd_etl.rendering import shown
from hpd_etl.schema import METRICS, Labels, Records, ScanRole, Sensitivity, Timeline
from hpd_etl.timeline.partial_dates import DATED, intervals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from hpd_etl.config import Study
    from hpd_etl.criteria.definition import Definition

WARNING = "Patient data: for the eyes of this site only. Research use, not for individual care."
_LETTERS = {"sld": "S", "volume": "V", "spd": "A"}
"""What burdens are called in formulas, by ruler."""
SCANS = (ScanRole.PRE, ScanRole.BASELINE, ScanRole.POST)


@dataclass(frozen=True)
class Said:
    """Names and what they are."""

    title: str
    told: Mapping[str, str]


@dataclass(frozen=True)
class Listed:
    """A table; some of its rows are of what was refused."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    refused: frozenset[int] = frozenset()


Block: TypeAlias = Said | Listed | str
"""A list of facts, a table or a sentence."""


@dataclass(frozen=True)
class Line:
    """A line of a rule with the formula of its metric."""

    finding: Finding
    formula: str


@dataclass(frozen=True)
class Why:
    """The label under one definition and what led to it."""

    definition: Definition
    verdict: str
    reason: str | None
    label: Said
    lines: tuple[Line, ...]
    sureness: tuple[Said, ...]


@dataclass(frozen=True)
class Explanation:
    """Everything the labels of a person rest on."""

    timeline: Timeline
    """The person's own, with the windows of these definitions."""
    labels: Labels | None
    """None where the person is not labelled."""
    treatment: tuple[Block, ...]
    scans: tuple[Block, ...] = ()
    lesions: tuple[Block, ...] = ()
    metrics: tuple[Block, ...] = ()
    whys: tuple[Why, ...] = ()
    sources: tuple[Block, ...] = ()
    rejections: tuple[Block, ...] = ()
    study: tuple[Block, ...] = ()
    made_by: tuple[Block, ...] = ()


def gathered(run: Path, person_id: str, definitions: Sequence[Definition], study: Study) -> Explanation:
    """The explanation of a person; raises `ConfigurationError` where the run does not know the person."""
    manifest = Manifest.read(artefacts.read_json(run / MANIFEST))
    _assert_same(manifest, definitions)
    timeline = artefacts.read(Timeline, run / TIMELINE, person_id)
    rejections = tuple(_rejections(timeline))
    if timeline.index.empty:
        return Explanation(timeline, None, _not_treated(run, person_id, timeline), rejections=rejections)
    labels = artefacts.read(Labels, run / LABELS, person_id)
    _assert_parameters(labels, definitions, study)
    timeline, labels = _asked(timeline, labels, definitions)
    found = artefacts.read(Sensitivity, run / SENSITIVITY, person_id) if (run / SENSITIVITY).is_dir() else None
    return Explanation(
        timeline, labels, (*_treatment(timeline), *partial_days(run, timeline)), tuple(_scans(timeline)),
        tuple(_lesions(timeline)), (_metrics(labels, definitions),),
        tuple(_whys(definitions, labels, study, found)), (_sources(labels),), rejections, (_parameters(study),),
        (_provenance(manifest),))


def _asked(timeline: Timeline, labels: Labels, definitions: Sequence[Definition]) -> tuple[Timeline, Labels]:
    """What these definitions rest on, without the windows and measures of others."""
    windows, measures = {each.window_set for each in definitions}, {each.measure_set for each in definitions}
    choices, evidence = timeline.scan_choices, labels.evidence
    return (replace(timeline, scan_choices=choices[choices["window_set"].isin(windows)]),
            replace(labels, evidence=evidence[evidence["measure_set"].isin(measures)]))


# --- the person -------------------------------------------------------------------------------


def _not_treated(run: Path, person_id: str, timeline: Timeline) -> tuple[Block, ...]:
    records = artefacts.read(Records, run / RECORDS, person_id)
    if records.persons.empty and timeline.rejections.empty:
        raise ConfigurationError("this run holds no such person: nobody of this id was ever given an index drug",
                                 remedy="check the id, and `index.agents` in study.toml")
    return ("Not labelled: no usable first dose of an index drug.",)


def _treatment(timeline: Timeline) -> Iterator[Block]:
    index, who = timeline.index.iloc[0], timeline.persons.iloc[0]
    least, most = shown(index["ttf_min_days"]), shown(index["ttf_max_days"], "unknown")
    yield Said("Person", {
        "person": shown(who["person_id"]), "cohort": shown(index["cohort"]),
        "first dose (day 0)": shown(index["index_date"]), "agent": shown(index["index_agent"]),
        "regimen": f"{index['regimen']}, line {index['line']}",
        "under observation before": f"{shown(index['lookback_days'])} d",
        "followed until day": shown(index["followup_end_day"]),
        "died on day": shown(index["death_day"], "not recorded"), "last dose on day": shown(index["last_dose_day"]),
        "time to treatment failure": f"{least} to {most} d ({shown(index['ttf_basis'])})",
        "recorded stop": f"{shown(index['stop_reason'], 'none')}, day {shown(index['stop_day'], '-')}",
        "wholly read": "yes" if shown(who["is_complete"]) != "False" else "no, some records could not be fetched",
    })


def partial_days(run: Path, timeline: Timeline) -> Iterator[Block]:
    """The partial dates of the person and the days that they may be; nothing where all are known to the day."""
    index = timeline.index.iloc[0]
    if not absent(index["earlier_dose"]):
        yield f"A dose was refused that may be the first one ({index['earlier_dose']}): see the rejections."
    if absent(index["courses"]) or index["earlier_dose"] == "possible":
        return
    records = artefacts.read(Records, run / RECORDS, str(index["person_id"]))
    made = []
    for dated in DATED:
        rows = getattr(records, dated.table)
        for row, _, interval in intervals(rows, dated):
            source = rows["source_id"].iloc[row] if "source_id" in rows else pd.NA
            first, last = (shown(pd.Timestamp(day, unit="D")) for day in (interval.first, interval.last))
            made.append((f"{dated.kind} ({dated.table}.{dated.column})", shown(source), first, last,
                         f"{interval.last - interval.first + 1}"))
    yield Listed("Dates known only to the month or the year", ("what", "source", "first possible", "last", "days"),
                 tuple(made))
    told = f"{index['courses']} combinations are possible, of which one is shown; a label stands where all agree."
    yield told if index["courses"] else "They have too many combinations to be tried."


def _scans(timeline: Timeline) -> Iterator[Block]:
    columns = ("date", "day", "used as", "why", "days outside", "targets assessed")
    for name, own in timeline.scan_choices.groupby("window_set", observed=True):
        rows = own.sort_values("scan_date").to_dict("records")
        told = ("scan_date", "days_from_index", "role", "reason", "days_out", "n_targets")
        refused = frozenset(place for place, row in enumerate(rows) if row["role"] == ScanRole.REFUSED)
        made = tuple(tuple(shown(row[part]) for part in told) for row in rows)
        yield Listed(f"Scans, windows: {name}", columns, made, refused)
        if own.empty:
            yield "no examination is known"


def _lesions(timeline: Timeline) -> Iterator[Block]:
    for name, own in timeline.scan_choices.groupby("window_set", observed=True):
        days = own[own["role"].ne(ScanRole.REFUSED)].set_index("role")["days_from_index"]
        targets = timeline.targets[timeline.targets["window_set"] == name].set_index("lesion_id")["origin"]
        seen = timeline.lesions[timeline.lesions["days_from_index"].isin(days)]
        made = []
        for lesion in sorted({*targets.index, *seen["lesion_id"]}, key=lambda one: (one not in targets.index, one)):
            rows = timeline.lesions[timeline.lesions["lesion_id"] == lesion]
            kind = f"target ({targets[lesion]})" if lesion in targets.index else shown(rows["role"].iloc[0])
            sizes = [_size(rows[rows["days_from_index"] == days.get(role)]) for role in SCANS]
            made.append((lesion, shown(rows["organ"].iloc[0] if len(rows) else pd.NA), kind, *sizes))
        columns = ("lesion", "organ", "set", *(str(role) for role in SCANS))
        yield Listed(f"Lesions, windows: {name}", columns, tuple(made))


def _size(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "no row"
    row = rows.iloc[0]
    axis = " short axis" if row["is_node"] is True else ""
    size = "" if absent(row["diameter_mm"]) else f"{row['diameter_mm']:g} mm{axis}"
    return size if row["status"] == "measured" else f"{shown(row['status'])} {size}".strip()


def _metrics(labels: Labels, definitions: Sequence[Definition]) -> Block:
    """All metrics by measure set; one that is missing with its reason."""
    asked = dict.fromkeys(each.measure_set for each in definitions)
    rows = {row["measure_set"]: row for row in labels.metrics.to_dict("records") if row["measure_set"] in asked}
    missing = {name: named(row["missing"]) for name, row in rows.items()}
    columns = [column for column in METRICS.columns
               if column.name not in ("person_id", "measure_set", "missing", "bounds")
               and any(not absent(row[column.name]) or column.name in missing[name] for name, row in rows.items())]
    told = tuple((column.name, column.unit, *(shown(row[column.name], missing[name].get(column.name, "-"))
                                              for name, row in rows.items())) for column in columns)
    return Listed("Metrics by measure set", ("metric", "unit", *rows), told)


# --- the labels -------------------------------------------------------------------------------


def _whys(definitions: Sequence[Definition], labels: Labels, study: Study, found: Sensitivity | None) -> Iterator[Why]:
    for each in definitions:
        own = labels.labels[labels.labels["definition_id"] == each.id]
        if own.empty:
            continue
        label = own.iloc[0]
        metrics = labels.metrics[labels.metrics["measure_set"] == label["measure_set"]].iloc[0].to_dict()
        lines = tuple(Line(finding, FORMULAS.get(finding.says.split(" ", 1)[0], ""))
                      for finding in findings(each.rule, metrics, study.criteria.month_days))
        reason = None if absent(label["primary_reason"]) else str(label["primary_reason"])
        yield Why(each, str(label["verdict"]), reason, _label(each, label, metrics), lines,
                  tuple(_sureness(each, found)))


def _label(each: Definition, label: pd.Series[str], metrics: Mapping[str, object]) -> Said:
    because = "" if absent(label["primary_reason"]) else f" because {label['primary_reason']}"
    unit = shown(label["value_unit"], "").removeprefix("1")
    value = "" if absent(label["value"]) else f"{label['value']:.6g} {unit}".strip()
    return Said(f"{each.id} v{each.version}: {label['verdict']}{because}", {
        "requires": ", ".join(each.requires) or "nothing", "all reasons": shown(label["reasons"], "none"),
        "flags": shown(label["flags"], "none"), "assumed fields": shown(label["assumed_fields"], "none"),
        "principal metric": f"{each.value} = {value or 'unknown'}", "decided on": shown(label["decided_on"]),
        "confirmation": shown(label["confirmation"]), "burdens": _burdens(metrics),
        "definition sha256": each.sha256, "parameters sha256": shown(label["params_sha256"]),
    })


def _sureness(each: Definition, found: Sensitivity | None) -> Iterator[Said]:
    """How surely the label stands, where `sensitivity` has found it out."""
    if found is None:
        return
    drawn, flipped = (table[table["definition_id"] == each.id] for table in (found.perturbation, found.flipped))
    for row in drawn.to_dict("records"):
        readings = (f"{one['to_verdict']} with {one['parameter']} {one['value']}" for one in flipped.to_dict("records"))
        unknown = "unknown: recorded sums and volumes are not read again"
        yield Said("", {
            f"sizes read again, {row['draws']} times": "stands in " + shown(row["p_stands"], unknown),
            "HPD in": shown(row["p_hpd"]), "not evaluable in": shown(row["p_not_evaluable"]),
            "fragile": {True: "yes", False: "no"}.get(row["fragile"], "unknown"),
            "other readings": "; ".join(readings) or "none flips it",
        })


def _burdens(metrics: Mapping[str, object]) -> str:
    sizes = (f"{name} {shown(metrics[column])} {METRICS[column].unit}" for ruler, letter in _LETTERS.items()
             for name, column in zip((f"{letter}_pre", f"{letter}0", f"{letter}_post"), SUMS[ruler], strict=True)
             if ruler == "sld" or not absent(metrics[column]))
    gaps = f"{shown(metrics['dt_pre_days'])} d and {shown(metrics['dt_post_days'])} d apart"
    return f"{', '.join(sizes)}; {gaps}"


# --- where it comes from ----------------------------------------------------------------------


def _sources(labels: Labels) -> Block:
    return Listed("Source rows", ("measure set", "used as", "source"), tuple(
        (shown(row["measure_set"]), shown(row["role"]), shown(row["source_id"]))
        for row in labels.evidence.to_dict("records")))


def _rejections(timeline: Timeline) -> Iterator[Block]:
    if len(timeline.rejections):
        names = ("stage", "table", "source_id", "reason", "remedy")
        rows = timeline.rejections.to_dict("records")
        yield Listed("Refused source rows", ("stage", "table", "source", "reason", "remedy"),
                     tuple(tuple(shown(row[name]) for name in names) for row in rows))


def _parameters(study: Study) -> Block:
    parts = {"windows": study.windows, "lesions": study.lesions, "criteria": study.criteria, "index": study.index}
    return Said("Parameters of the study", {
        name: ", ".join(f"{key} = {value}" for key, value in part.model_dump(exclude={"use", "folder"}).items())
        for name, part in parts.items()})


def _provenance(manifest: Manifest) -> Block:
    releases = ", ".join(f"{name} {release}" for name, release in manifest.versions.items())
    return Said("Made by", {
        "run": manifest.run_id, "program": releases,
        **{f"code list {name}": digest for name, digest in manifest.inputs.get("mappings", {}).items()},
    })


def _assert_same(manifest: Manifest, definitions: Sequence[Definition]) -> None:
    used = {entry["id"]: entry["sha256"] for entry in manifest.inputs.get("definitions", [])}
    if differing := [each.id for each in definitions if used.get(each.id) != each.sha256]:
        raise ConfigurationError(f"the run was not labelled with this {', '.join(differing)}",
                                 remedy="name it in criteria.use and run `hpd-etl label` again, or name another run "
                                        "with --run")


def _assert_parameters(labels: Labels, definitions: Sequence[Definition], study: Study) -> None:
    used = dict(zip(labels.labels["definition_id"], labels.labels["params_sha256"], strict=True))
    if any(used.get(each.id) != parameters_sha256(each, study) for each in definitions):
        raise ConfigurationError("study.toml has other parameters than the run was labelled with",
                                 remedy="run `hpd-etl label` again, or name another run with --run")
