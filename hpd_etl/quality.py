"""What can be labelled, what was refused, and whether the run may go on.

Counts and codes only: no report, file or message of this module holds a patient's value or identifier.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl import assets, expectations
from hpd_etl.criteria import unmet_requirements
from hpd_etl.errors import BudgetError, QualityGateError
from hpd_etl.expectations import CheckResult, Outcome
from hpd_etl.schema import Labels, Reason, Timeline, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.config import Study
    from hpd_etl.criteria.definition import Definition

STEPS: dict[str, tuple[Reason, ...]] = {
    "treated": (),
    "enough look-back": (Reason.EXTRACTION_INCOMPLETE, Reason.SHORT_LOOKBACK),
    "baseline, measurable disease": (Reason.NO_BASELINE_SCAN, Reason.NO_MEASURABLE_DISEASE),
    "first evaluation": (
        Reason.EARLY_DROPOUT_DEATH, Reason.EARLY_DROPOUT_PROGRESSION, Reason.EARLY_DROPOUT_TOXICITY,
        Reason.EARLY_DROPOUT_OTHER, Reason.NO_POST_SCAN,
    ),
    "pre-baseline": (Reason.NO_PREBASELINE_SCAN, Reason.IMPRECISE_DATE),
    "same lesions": (Reason.NODE_SHORT_AXIS_MISSING, Reason.LOCAL_THERAPY, Reason.LESION_SET_MISMATCH),
    "metrics defined": (
        Reason.ZERO_BASELINE, Reason.ZERO_PREBASELINE, Reason.PRE_GROWTH_NONPOSITIVE, Reason.RESPONSE_UNKNOWN,
        Reason.TTF_UNKNOWN, Reason.FINDING_UNKNOWN,
    ),
    "evaluable": (Reason.UNCONFIRMED,),
}
"""The steps of the funnel and the reasons for leaving at each; together they hold every reason, in its order."""

_NEED_BURDENS = ("same lesions", "metrics defined", "evaluable")
_FUNNEL_COLUMNS = ["cohort", "definition_id", "step", "reason", "left", "remaining"]
_DATED = ("followup", "doses", "therapies", "scans", "lesions", "tumour_sums", "responses", "findings")


@dataclass(frozen=True)
class QualityReport:
    """What `validate` found; counts only.

    `persons` by cohort; `rows` kept by table; `rejections` with columns stage, table, reason, rows, persons;
    `scans` with columns window_set, role, reason, scans; `funnel` as the function of that name, up to the
    requirements that can be seen before a label exists.
    """

    persons: dict[str, int]
    rows: dict[str, int]
    rejected_fraction: float
    rejections: pd.DataFrame
    scans: pd.DataFrame
    funnel: pd.DataFrame
    checks: tuple[CheckResult, ...]

    @property
    def critical(self) -> tuple[CheckResult, ...]:
        """The critical checks that failed or crashed."""
        closing = {Outcome.FAILED, Outcome.ERROR}
        return tuple(c for c in self.checks if c.severity == "critical" and c.outcome in closing)

    def to_json(self) -> str:
        """The report as it stands in `3-quality.json`."""
        frames = {name: json.loads(getattr(self, name).to_json(orient="records"))
                  for name in ("rejections", "scans", "funnel")}
        plain = {"persons": self.persons, "rows": self.rows, "rejected_fraction": self.rejected_fraction}
        return json.dumps({**plain, **frames, "checks": [asdict(c) for c in self.checks]}, indent=2) + "\n"


# --- the stage --------------------------------------------------------------------------------


def validate(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> QualityReport:
    """Count who can be labelled, what was refused and which expectations fail; raises nothing, see `close_gate`."""
    unmet = unmet_requirements(timeline, definitions, study)
    suites = expectations.read_suites(assets.expectation_files()) if study.gate.expectations else []
    return QualityReport(
        persons={str(name): int(n) for name, n in timeline.index["cohort"].value_counts().sort_index().items()},
        rows={name: len(getattr(timeline, name)) for name in ("persons", *_DATED)},
        rejected_fraction=_rejected_fraction(timeline),
        rejections=_rejections(timeline.rejections),
        scans=_counted(timeline.scan_choices, ["window_set", "role", "reason"], "scans"),
        funnel=_foreseeable(_funnel(unmet, unmet["primary_reason"])),
        checks=expectations.check(timeline, suites),
    )


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


# --- the funnel -------------------------------------------------------------------------------


def funnel(labels: Labels) -> pd.DataFrame:
    """Who is left after each step, per cohort and definition.

    Columns cohort, definition_id, step, reason, left, remaining. A step has one row a reason for which
    somebody left, or one row with left 0; `remaining` is what is left after the row. Per cohort and
    definition `left` and the last `remaining` add up to all who were treated.
    """
    frame = labels.labels
    return _funnel(frame, frame["primary_reason"].where(frame["verdict"].eq(Verdict.NOT_EVALUABLE)))


def _funnel(people: pd.DataFrame, primary: pd.Series[str]) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    for (cohort, definition), own in _tally(people, primary).items():
        if unknown := set(own) - {"", *Reason}:
            raise ValueError(f"reasons without a step in the funnel: {sorted(unknown)}")
        remaining = sum(own.values())
        for step, reasons in STEPS.items():
            leaving = [(str(reason), own[reason]) for reason in reasons if reason in own]
            for reason, left in leaving or [("", 0)]:
                remaining -= left
                rows.append((cohort, definition, step, reason or None, left, remaining))
    return pd.DataFrame(rows, columns=_FUNNEL_COLUMNS)


def _tally(people: pd.DataFrame, what: pd.Series[str]) -> dict[tuple[str, str], dict[str, int]]:
    """How many have each value ("" for none), by cohort and definition, in the order in which these appear."""
    keys = {"cohort": people["cohort"], "definition": people["definition_id"], "what": what}
    table = pa.table({name: pa.array(column.array) for name, column in keys.items()})
    counted = table.group_by(list(keys), use_threads=False).aggregate([([], "count_all")])
    tally: dict[tuple[str, str], dict[str, int]] = {}
    for cohort, definition, value, n in zip(*(column.to_pylist() for column in counted.columns), strict=True):
        tally.setdefault((cohort, definition), {})[value or ""] = n
    return tally


def _foreseeable(found: pd.DataFrame) -> pd.DataFrame:
    """Without the last steps where nothing can be said of them before the burdens are summed."""
    return found[~found["step"].isin(_NEED_BURDENS) | found["reason"].notna()].reset_index(drop=True)


def rates(labels: Labels) -> pd.DataFrame:
    """How many are HPD, of the evaluable and of all treated, with exact 95 % intervals (Clopper-Pearson 1934).

    Columns cohort, definition_id, hyperprogression (False of a rule that defines none), hpd, evaluable, treated and,
    for both denominators, the rate and the bounds of its interval as fractions; <NA> where nobody is evaluable.
    """
    tally = _tally(labels.labels, labels.labels["verdict"])
    counted = pd.DataFrame([
        (*key, own.get(Verdict.HPD, 0), own.get(Verdict.HPD, 0) + own.get(Verdict.NOT_HPD, 0), sum(own.values()))
        for key, own in tally.items()
    ], columns=["cohort", "definition_id", "hpd", "evaluable", "treated"])
    counted.insert(2, "hyperprogression", ~counted["definition_id"].isin(_no_hyperprogression(labels.labels)))
    for denominator in ("evaluable", "treated"):
        bounds = [_interval(int(k), int(n)) for k, n in zip(counted["hpd"], counted[denominator], strict=True)]
        for position, name in enumerate(("rate", "low", "high")):
            counted[f"{name}_of_{denominator}"] = pd.array([bound[position] for bound in bounds], dtype="Float64")
    return counted


def _no_hyperprogression(labels: pd.DataFrame) -> list[str]:
    """The definitions that define no hyperprogression, as a flag says on each of their labels."""
    one_each = labels.drop_duplicates("definition_id")
    return list(one_each.loc[one_each["flags"].str.contains("not_hyperprogression", na=False), "definition_id"])


def _interval(events: int, trials: int) -> tuple[float | None, float | None, float | None]:
    """Rate and exact two-sided 95 % bounds."""
    from scipy.special import betaincinv

    if trials == 0:
        return None, None, None
    low = float(betaincinv(events, trials - events + 1, 0.025)) if events else 0.0
    high = float(betaincinv(events + 1, trials - events, 0.975)) if events < trials else 1.0
    return events / trials, low, high


# --- counts -----------------------------------------------------------------------------------


def _counted(frame: pd.DataFrame, by: list[str], name: str) -> pd.DataFrame:
    return frame.groupby(by, observed=True, dropna=False).size().rename(name).reset_index()


def _rejections(rejections: pd.DataFrame) -> pd.DataFrame:
    grouped = rejections.groupby(["stage", "table", "reason"], observed=True, dropna=False)
    return grouped["person_id"].agg(rows="size", persons="nunique").reset_index()


def _rejected_fraction(timeline: Timeline) -> float:
    """Refused source rows over all source rows read; a refused row counts once, also where a part of it was kept."""
    if timeline.rejections.empty:
        return 0.0
    refused = _source_rows(timeline.rejections["source_id"]).unique()
    of_rows = timeline.rejections["table"] != "persons"
    unnamed = int((timeline.rejections["source_id"].isna() & of_rows).sum())
    kept = 0
    for name in _DATED:
        rows = _source_rows(getattr(timeline, name)["source_id"])
        kept += len(rows) - int(pc.sum(pc.is_in(rows, value_set=refused)).as_py() or 0)
    return (len(refused) + unnamed) / (len(refused) + unnamed + kept)


def _source_rows(column: pd.Series[str]) -> pa.Array:
    """The single ids in a column of ids joined by `;`."""
    return pc.list_flatten(pc.split_pattern(pa.array(column.array, type=pa.string()).drop_null(), ";"))
