"""The tables that travel from stage to stage; the only definition of their columns.

Frames, Parquet files, DDL, documentation and tests derive from the `Table` objects below. All
columns are nullable: an absent value is `<NA>`, never 0 or False. Identifiers are opaque strings.
Lengths are millimetres, days are whole calendar days; day 0 is the day of the first dose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from typing import Any, Self

import numpy as np
import pandas as pd

# --- codes ------------------------------------------------------------------------------------


class Verdict(StrEnum):
    """The three truths of a label."""

    HPD = "HPD"
    NOT_HPD = "NOT_HPD"
    NOT_EVALUABLE = "NOT_EVALUABLE"


class Reason(StrEnum):
    """Why a label cannot be given; in the order in which the primary reason is chosen."""

    EXTRACTION_INCOMPLETE = "extraction_incomplete"
    SHORT_LOOKBACK = "short_lookback"
    NO_BASELINE_SCAN = "no_baseline_scan"
    NO_MEASURABLE_DISEASE = "no_measurable_disease"
    EARLY_DROPOUT_DEATH = "early_dropout_death"
    EARLY_DROPOUT_PROGRESSION = "early_dropout_progression"
    EARLY_DROPOUT_TOXICITY = "early_dropout_toxicity"
    EARLY_DROPOUT_OTHER = "early_dropout_other"
    NO_POST_SCAN = "no_post_scan"
    NO_PREBASELINE_SCAN = "no_prebaseline_scan"
    IMPRECISE_DATE = "imprecise_date"
    NODE_SHORT_AXIS_MISSING = "node_short_axis_missing"
    LOCAL_THERAPY = "local_therapy"
    LESION_SET_MISMATCH = "lesion_set_mismatch"
    ZERO_BASELINE = "zero_baseline"
    ZERO_PREBASELINE = "zero_prebaseline"
    PRE_GROWTH_NONPOSITIVE = "pre_growth_nonpositive"
    RESPONSE_UNKNOWN = "response_unknown"
    TTF_UNKNOWN = "ttf_unknown"
    FINDING_UNKNOWN = "finding_unknown"
    UNCONFIRMED = "unconfirmed"


class LesionStatus(StrEnum):
    """What was seen of a lesion at a scan."""

    MEASURED = "measured"
    PRESENT = "present"
    PROGRESSED = "progressed"
    TOO_SMALL = "too_small"
    DISAPPEARED = "disappeared"
    NOT_YET_PRESENT = "not_yet_present"
    NOT_ASSESSED = "not_assessed"


class LesionRole(StrEnum):
    """What the source calls a lesion."""

    TARGET = "target"
    NON_TARGET = "non_target"
    NEW = "new"
    UNSTATED = "unstated"


class ScanRole(StrEnum):
    """What a scan is used for."""

    PRE = "pre"
    BASELINE = "baseline"
    POST = "post"
    REFUSED = "refused"


CHECKPOINT_COHORT = "checkpoint_inhibitor"


# --- columns and tables -----------------------------------------------------------------------


class Kind(StrEnum):
    """The kinds of column; each has one pandas dtype."""

    ID = "id"
    TEXT = "text"
    CODE = "code"
    DATE = "date"
    TIMESTAMP = "timestamp"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"


_DTYPES: dict[Kind, Any] = {
    Kind.ID: pd.StringDtype("pyarrow"),
    Kind.TEXT: pd.StringDtype("pyarrow"),
    Kind.CODE: pd.StringDtype("pyarrow"),
    Kind.DATE: "datetime64[us]",
    Kind.TIMESTAMP: "datetime64[us]",
    Kind.INTEGER: "Int64",
    Kind.NUMBER: "Float64",
    Kind.FLAG: "boolean",
}


@cache
def _closed(values: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(list(values))


@dataclass(frozen=True)
class Column:
    """One column: its kind, its unit and what it means; `values` closes a code list."""

    name: str
    kind: Kind
    doc: str
    unit: str = ""
    values: tuple[str, ...] = ()

    @property
    def dtype(self) -> Any:
        """The pandas dtype: a closed code list is categorical, everything else nullable."""
        return _closed(self.values) if self.values else _DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its columns, and the columns that identify a row."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def frame(self, data: Mapping[str, Any] | pd.DataFrame | None = None) -> pd.DataFrame:
        """`data` as a frame of exactly these columns and dtypes; absent columns are `<NA>`.

        Raises `ValueError` on a column that is not in the table, or on a code outside its list.
        """
        given = data if isinstance(data, pd.DataFrame) else pd.DataFrame({} if data is None else data, copy=False)
        if self._holds(given):
            return given
        if unknown := set(given.columns) - set(self.names):
            raise ValueError(f"table {self.name} has no column {sorted(unknown)}")
        made = {column.name: _coerced(given, column, self.name) for column in self.columns}
        return pd.DataFrame(made, index=given.index, copy=False).reset_index(drop=True)


    def _holds(self, frame: pd.DataFrame) -> bool:
        return (list(frame.columns) == self.names and isinstance(frame.index, pd.RangeIndex) and frame.index.start == 0
                and all(_is_of(column, frame[column.name]) for column in self.columns))


def _coerced(given: pd.DataFrame, column: Column, table: str) -> pd.Series[Any]:
    if column.name not in given:
        return pd.Series(pd.array([pd.NA], dtype=column.dtype).take(np.zeros(len(given), dtype=np.int64)), index=given.index)
    values = given[column.name]
    if _is_of(column, values):
        return values
    made = values.astype(column.dtype)
    if column.values and int(made.isna().sum()) > int(values.isna().sum()):
        raise ValueError(f"{table}.{column.name} holds a code that is not in its list")
    return made


def _is_of(column: Column, values: pd.Series[Any]) -> bool:
    """Of the column's dtype; strings that repeat may stand as a categorical of strings, which reads the same."""
    if values.dtype == column.dtype:
        return True
    open_list = not column.values and column.kind in (Kind.ID, Kind.TEXT, Kind.CODE)
    return open_list and isinstance(values.dtype, pd.CategoricalDtype) and values.cat.categories.dtype == "string"


def _id(name: str, doc: str) -> Column:
    return Column(name, Kind.ID, doc)


def _text(name: str, doc: str) -> Column:
    return Column(name, Kind.TEXT, doc)


def _code(name: str, doc: str, values: type[StrEnum] | tuple[str, ...] = ()) -> Column:
    return Column(name, Kind.CODE, doc, values=tuple(str(value) for value in values))


def _date(name: str, doc: str) -> Column:
    return Column(name, Kind.DATE, doc)


def _days(name: str, doc: str) -> Column:
    return Column(name, Kind.INTEGER, doc, unit="d")


def _count(name: str, doc: str) -> Column:
    return Column(name, Kind.INTEGER, doc)


def _number(name: str, doc: str, unit: str = "") -> Column:
    return Column(name, Kind.NUMBER, doc, unit=unit)


def _flag(name: str, doc: str) -> Column:
    return Column(name, Kind.FLAG, doc)


PERSON = _id("person_id", "the person, as the source names them")
SOURCE = _text("source_id", "the source rows, `table:id`, sorted and joined by `;`")
_SCAN_DATE = _date("scan_date", "day of the examination; in a Timeline, of its time point")
_DAY = _days("days_from_index", "days since the first dose (day 0)")
_WINDOW_SET = _code("window_set", "name of the window set")

PERSONS = Table("persons", "a person ever treated with an index drug", (
    PERSON,
    _date("birth_date", "date of birth; <NA> where only the year is known"),
    _code("sex", "administrative sex", ("female", "male", "other")),
    _date("death_date", "day of death"),
    _code("death_cause", "cause of death as coded at the source"),
), key=("person_id",))

FOLLOWUP = Table("followup", "a period under observation", (
    PERSON, _date("start_date", "first day"), _date("end_date", "last day"), SOURCE,
))

DOSES = Table("doses", "one administration or era of an index drug", (
    PERSON,
    _code("agent", "ingredient, a key of the mappings or of the study's comparators"),
    _code("kind", "how it is known", ("administration", "dispense", "statement", "request")),
    _date("start_date", "first day"),
    _date("end_date", "last day of this record"),
    _flag("is_open", "the treatment is recorded as going on, without an end"),
    _code("stop_reason", "why the treatment was stopped, where a stop is recorded",
          ("progression", "toxicity", "completed", "death", "other")),
    SOURCE,
))

THERAPIES = Table("therapies", "any other anticancer treatment", (
    PERSON,
    _code("kind", "what was done", ("systemic", "radiation", "surgery", "local")),
    _code("agent", "drug or procedure, as coded"),
    _date("start_date", "first day"),
    _date("end_date", "last day"),
    _code("organ", "organ treated, for radiation, surgery and local therapy"),
    SOURCE,
))

SCANS = Table("scans", "an imaging study, measured or not", (
    PERSON, _SCAN_DATE,
    _code("date_from", "where the date was read", ("study", "observation", "report")),
    _date("reported_on", "day of the report"),
    _code("modality", "CT, MR, PET ... as coded"),
    _text("study_uid", "identifier of the study"),
    _number("slice_mm", "slice thickness", "mm"),
    SOURCE,
))

LESIONS = Table("lesions", "a lesion at a scan (in Records: one source row of it)", (
    PERSON,
    _id("lesion_id", "the lesion, the same over time"),
    _SCAN_DATE,
    _code("role", "what the source calls it", LesionRole),
    _code("organ", "organ it lies in; a lesion without one is an organ of its own"),
    _flag("is_node", "a lymph node"),
    _number("diameter_mm", "longest diameter; short axis for a node", "mm"),
    _number("perpendicular_mm", "longest diameter perpendicular to it", "mm"),
    _number("volume_mm3", "segmented volume", "mm3"),
    _code("status", "what was seen", LesionStatus),
    _id("part_of", "the lesion it split from or merged into"),
    _code("modality", "CT, MR ... as coded"),
    _code("reader", "who measured, as coded"),
    _code("identity", "the rung of the ladder that gave lesion_id"),
    SOURCE,
))

TUMOUR_SUMS = Table("tumour_sums", "a recorded sum over target lesions", (
    PERSON, _SCAN_DATE,
    _code("kind", "what is summed", ("SLD", "SPD", "volume")),
    _number("value", "the sum: mm, mm2 or mm3"),
    SOURCE,
))

RESPONSES = Table("responses", "a recorded response assessment", (
    PERSON,
    _date("assessed_on", "day of the assessment"),
    _code("framework", "criteria", ("RECIST1.1", "irRECIST", "iRECIST", "irRC", "unstated")),
    _code("scope", "what is assessed", ("overall", "target", "non_target")),
    _code("response", "CR, PR, SD, PD, NE, NON_CR_NON_PD, iUPD, iCPD",
          ("CR", "PR", "SD", "PD", "NE", "NON_CR_NON_PD", "iUPD", "iCPD")),
    SOURCE,
))

FINDINGS = Table("findings", "a covariate", (
    PERSON,
    _code("finding", "ecog, primary_site, histology, pdl1, msi, egfr, mdm2, mdm4 ..."),
    _date("assessed_on", "day of the finding"),
    _number("value_number", "numeric value"),
    _code("value_code", "coded value"),
    SOURCE,
))

REJECTIONS = Table("rejections", "a thing refused", (
    _code("stage", "where", ("extract", "align")),
    _code("table", "table it would have entered"),
    PERSON, SOURCE,
    _code("reason", "why"),
    _text("remedy", "what would mend it"),
))


# --- what align adds --------------------------------------------------------------------------

INDEX = Table("index", "a person and their first dose", (
    PERSON,
    _code("cohort", "`checkpoint_inhibitor` or a comparator of the study"),
    _date("index_date", "day of the first dose of the first line"),
    _code("index_agent", "agents given on that day, joined by +"),
    _code("regimen", "all agents of the first line, joined by +"),
    _count("line", "which line of the index drugs: always the first"),
    _days("lookback_days", "days under observation before the first dose; no earlier index drug in them"),
    _days("death_day", "days_from_index of death"),
    _days("followup_end_day", "days_from_index of the last day under observation"),
    _days("last_dose_day", "days_from_index of the last known dose of the first line"),
    _days("ttf_min_days", "time to treatment failure is at least this"),
    _days("ttf_max_days", "and at most this; <NA> where it is censored"),
    _code("ttf_basis", "what ended the treatment, or why it is censored",
          ("stop", "death", "therapy", "gap", "open", "censored")),
    _code("stop_reason", "recorded reason of the stop", ("progression", "toxicity", "completed", "death", "other")),
    _days("stop_day", "days_from_index of the recorded stop"),
    SOURCE,
), key=("person_id",))

SCAN_CHOICES = Table("scan_choices", "a person, a window set and a scan: used for what, or why not", (
    PERSON, _WINDOW_SET, _SCAN_DATE, _DAY,
    _code("role", "what it is used for", ScanRole),
    _code("reason", "why it was chosen or refused"),
    _days("days_out", "how far outside the nearest window; 0 inside"),
    _count("n_targets", "baseline targets assessed at it"),
))

TARGETS = Table("targets", "a target lesion of a person in a window set", (
    PERSON, _WINDOW_SET,
    _id("lesion_id", "the lesion"),
    _code("origin", "who called it a target", ("recorded", "derived")),
))

DATE_OF = {"followup": "start_date", "doses": "start_date", "therapies": "start_date", "scans": "scan_date",
           "lesions": "scan_date", "tumour_sums": "scan_date", "responses": "assessed_on", "findings": "assessed_on"}
"""The column of a Records table that says on which day a row happened."""


def with_days(table: Table) -> Table:
    """The table as it stands in a Timeline: with `days_from_index` last."""
    return Table(table.name, table.doc, (*table.columns, _DAY), table.key)


# --- what label makes -------------------------------------------------------------------------

_MEASURE_SET = _code("measure_set", "framework, window set, new-lesion rule and dimension, joined by /")

BURDEN = Table("burden", "the tumour burden of a person at a time point", (
    PERSON, _WINDOW_SET, _SCAN_DATE, _DAY,
    _count("n_targets", "targets assessed"),
    _number("sld_mm", "sum of longest diameters (short axis for nodes) of the targets", "mm"),
    _number("new_mm", "sum over measurable new lesions", "mm"),
    _number("spd_mm2", "sum of products of perpendicular diameters of the targets", "mm2"),
    _number("volume_mm3", "sum of volumes of the targets", "mm3"),
    _count("n_new", "new lesions seen"),
    _count("n_new_organs", "organs in which they lie"),
    _count("lesion_set", "targets in the set"),
))

METRICS = Table("metrics", "what the rules look at: a person and a measure set", (
    PERSON, _MEASURE_SET,
    _number("s_pre_mm", "burden at the pre-baseline scan", "mm"),
    _number("s0_mm", "burden at baseline", "mm"),
    _number("s_post_mm", "burden at the first evaluation", "mm"),
    _days("dt_pre_days", "pre-baseline scan to baseline scan"),
    _days("dt_post_days", "baseline scan to first evaluation"),
    _number("tgk_pre", "tumour growth kinetics before treatment", "mm/month"),
    _number("tgk_post", "tumour growth kinetics on treatment", "mm/month"),
    _number("tgk_ratio", "tgk_post / tgk_pre", "1"),
    _number("tgr_pre", "tumour growth rate before treatment", "%/month"),
    _number("tgr_post", "tumour growth rate on treatment", "%/month"),
    _number("tgr_ratio", "tgr_post / tgr_pre", "1"),
    _number("tgr_delta", "tgr_post - tgr_pre", "percentage points/month"),
    _number("pace_ratio", "progression pace on treatment / before", "1"),
    _number("sld_change_pct", "change of the burden from baseline", "%"),
    _days("ttf_min_days", "time to treatment failure, at least"),
    _days("ttf_max_days", "time to treatment failure, at most; <NA> if censored"),
    _count("new_lesions", "new lesions at the first evaluation"),
    _count("new_organs", "organs with new lesions"),
    _code("response_first", "response at the first evaluation"),
    _code("missing", "why a metric is <NA>: `metric=reason`, joined by ;"),
))

LABELS = Table("labels", "a person's label under one definition", (
    PERSON,
    _code("cohort", "cohort of the person"),
    _code("definition_id", "the published definition"),
    _count("definition_version", "its version"),
    _MEASURE_SET,
    _code("verdict", "the label", Verdict),
    _code("primary_reason", "the one reason that decided"),
    _code("reasons", "all reasons, in their order, joined by ;"),
    _code("flags", "what a careful reader should know, sorted, joined by ;"),
    _code("assumed_fields", "fields of the definition whose grade is M or ?, joined by ;"),
    _number("value", "the definition's principal metric"),
    _code("value_unit", "its unit"),
    _date("decided_on", "day of the deciding assessment; the first dose where none exists"),
    _date("index_date", "day of the first dose"),
    _code("confirmation", "pseudoprogression state of an HPD label",
          ("not_applicable", "provisional", "confirmed", "refuted", "unresolved")),
    _code("lifecycle", "state of the label", ("current", "amended", "retracted")),
    _code("params_sha256", "hash of the parameters in force"),
), key=("person_id", "definition_id"))

EVIDENCE = Table("evidence", "a source row that a label rests on", (
    PERSON, _MEASURE_SET, SOURCE,
    _code("role", "what it was used for", ("index_dose", "pre", "baseline", "post", "confirmation")),
))


# --- bundles of tables ------------------------------------------------------------------------


@dataclass(frozen=True)
class Bundle:
    """A frozen set of frames, one a table; each frame has exactly the table's columns."""

    def __post_init__(self) -> None:
        for table in self.tables():
            object.__setattr__(self, table.name, table.frame(getattr(self, table.name)))

    @classmethod
    def tables(cls) -> tuple[Table, ...]:
        return tuple(entry.metadata["table"] for entry in fields(cls) if "table" in entry.metadata)

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame]) -> Self:
        """A bundle of these frames; a table that is not given is empty."""
        return cls(**{table.name: frames.get(table.name) for table in cls.tables()})

    def __iter__(self) -> Iterator[tuple[Table, pd.DataFrame]]:
        for table in self.tables():
            yield table, getattr(self, table.name)


def _holds(table: Table) -> Any:
    return field(default=None, metadata={"table": table})


@dataclass(frozen=True)
class Records(Bundle):
    """What was read, on calendar dates."""

    persons: pd.DataFrame = _holds(PERSONS)
    followup: pd.DataFrame = _holds(FOLLOWUP)
    doses: pd.DataFrame = _holds(DOSES)
    therapies: pd.DataFrame = _holds(THERAPIES)
    scans: pd.DataFrame = _holds(SCANS)
    lesions: pd.DataFrame = _holds(LESIONS)
    tumour_sums: pd.DataFrame = _holds(TUMOUR_SUMS)
    responses: pd.DataFrame = _holds(RESPONSES)
    findings: pd.DataFrame = _holds(FINDINGS)
    rejections: pd.DataFrame = _holds(REJECTIONS)


@dataclass(frozen=True)
class Timeline(Bundle):
    """Records around the first dose, with every scan chosen or refused."""

    persons: pd.DataFrame = _holds(PERSONS)
    followup: pd.DataFrame = _holds(FOLLOWUP)
    doses: pd.DataFrame = _holds(with_days(DOSES))
    therapies: pd.DataFrame = _holds(with_days(THERAPIES))
    scans: pd.DataFrame = _holds(with_days(SCANS))
    lesions: pd.DataFrame = _holds(with_days(LESIONS))
    tumour_sums: pd.DataFrame = _holds(with_days(TUMOUR_SUMS))
    responses: pd.DataFrame = _holds(with_days(RESPONSES))
    findings: pd.DataFrame = _holds(with_days(FINDINGS))
    rejections: pd.DataFrame = _holds(REJECTIONS)
    index: pd.DataFrame = _holds(INDEX)
    scan_choices: pd.DataFrame = _holds(SCAN_CHOICES)
    targets: pd.DataFrame = _holds(TARGETS)


@dataclass(frozen=True)
class Labels(Bundle):
    """Verdicts with what they rest on."""

    labels: pd.DataFrame = _holds(LABELS)
    evidence: pd.DataFrame = _holds(EVIDENCE)
    metrics: pd.DataFrame = _holds(METRICS)
    burden: pd.DataFrame = _holds(BURDEN)
