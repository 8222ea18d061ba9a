"""`study.toml`: what is asked; shareable, without anything of a site."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator, model_validator

from hpd_etl.config.model import Model
from hpd_etl.schema import CHECKPOINT_COHORT

MONTH_DAYS = 30.4375
EARLY_DEATH_DAYS = 84
"""Twelve weeks: a death of progression up to then, before anybody looked, is fast progression (Gandara 2021, V1)."""
FAR = 36_525
"""A hundred years: no window reaches farther."""


class AgentCodes(Model):
    """The codes of a comparator drug; its descendants count as the drug."""

    omop: tuple[int, ...] = ()
    """Concept ids; their descendants count as the drug."""
    rxnorm: tuple[str, ...] = ()
    """RxNorm codes."""
    atc: tuple[str, ...] = ()
    """ATC codes."""
    hcpcs: tuple[str, ...] = ()
    """HCPCS codes."""


class Comparator(Model):
    """A cohort to compare with: persons treated with these drugs and never with a checkpoint inhibitor."""

    cohort: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Name of the cohort, as it stands on its labels."""
    agents: dict[str, AgentCodes] = Field(min_length=1)


class IndexEvent(Model):
    """What starts the clock: the first dose of the first line."""

    agents: tuple[str, ...] = ()
    """Checkpoint inhibitors that count, by ingredient; empty means all in `mappings/`."""
    lookback_days: int = Field(default=0, ge=0)
    """Days under observation needed before the first dose."""
    ttf_gap_days: int = Field(default=120, ge=1)
    """A line of treatment ends where so many days pass without a dose."""


class Windows(Model):
    """Where scans are looked for, in days; ambiguity B0."""

    targets_of: ClassVar[str] = "RECIST1.1"
    """The criteria that say how many lesions are targets, and which are measurable."""

    baseline_from_day: int = Field(default=-42, ge=-FAR)
    """First day of the baseline window, counted from the first dose."""
    baseline_to_day: int = Field(default=0, ge=-FAR)
    """Last day of the baseline window."""
    baseline_grace_days: int = Field(default=0, ge=0)
    """Days after the first dose on which a scan still counts as baseline."""
    pre_min_gap_days: int = Field(default=14, ge=1)
    """The pre-baseline scan lies at least this long before the baseline scan."""
    pre_max_gap_days: int = Field(default=180, le=FAR)
    """And at most this long."""
    pre_from_day: int | None = Field(default=None, ge=-FAR, le=0)
    """Earliest day of the pre-baseline scan counted from the first dose, where a definition says so."""
    post_from_day: int = Field(default=1, ge=1)
    """First day of the window of the first evaluation, counted from the first dose."""
    post_to_day: int = Field(default=120, le=FAR)
    """Last day of that window."""

    def but(self, stated: Mapping[str, int]) -> Windows:
        """These windows with what is stated otherwise."""
        return Windows.model_validate({**self.model_dump(), **stated})

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.baseline_from_day > self.baseline_to_day:
            raise ValueError("baseline_from_day lies after baseline_to_day")
        if self.baseline_to_day > 0:
            raise ValueError("baseline_to_day lies after the first dose; use baseline_grace_days")
        if self.pre_min_gap_days > self.pre_max_gap_days:
            raise ValueError("pre_min_gap_days is above pre_max_gap_days")
        if self.post_from_day > self.post_to_day:
            raise ValueError("post_from_day lies after post_to_day")
        return self


class WindowsOfIrRC(Windows):
    """The same windows for targets by irRC; made of a definition, never written in study.toml."""

    targets_of: ClassVar[str] = "irRC"


class Lesions(Model):
    """How lesions become targets and time points; ambiguities B7a, C5, C13, C14."""

    targets: Literal["recorded", "derived", "recorded_else_derived"] = "recorded_else_derived"
    """Which lesions are targets: those the source calls so, or the largest measurable ones (C13)."""
    new_lesions: Literal["called_new", "first_seen"] = "called_new"
    """What a new lesion is: called so by the source, or first seen after baseline (C5)."""
    no_row_means_no_new_lesion: bool = True
    """Where lesions are recorded, no row for a new one means that there was none (C14)."""
    merge_days: int = Field(default=7, ge=0)
    """Studies at most so many days apart that repeat no lesion are one time point (B7a)."""
    response_days: int = Field(default=14, ge=0)
    """A recorded response belongs to the last time point at most so many days before it (C14)."""


class Criteria(Model):
    """Which definitions, and the parameters no paper states."""

    use: tuple[str, ...] = Field(default=("published",), min_length=1)
    """The definitions to label under, by id, in this order; `published` stands for all that ship."""
    folder: Path | None = None
    """A folder with the study's own definitions."""
    month_days: float = Field(default=MONTH_DAYS, ge=1, le=366)
    """Days in a month; the ratio and the difference of tumour growth rates depend on it (A9)."""
    pre_growth_nonpositive: Literal["not_evaluable", "positive_post_is_hpd", "exclude"] = "not_evaluable"
    """What a ratio is where the tumour did not grow before treatment (A1)."""
    min_pre_change_mm: float = Field(default=0.0, ge=0)
    """Growth before treatment below this is taken for a measurement error (A4)."""
    irrecist_nontarget_pd: bool = False
    """Whether non-target progression or a new lesion without a size alone is progression under irRECIST."""
    new_lesion_cap: bool = False
    """Whether at most five new lesions, two an organ, the largest of each scan, are added to diameters or volumes."""
    ecog_lookback_days: int = Field(default=90, ge=0)
    """The last ECOG before treatment is looked for in so many days up to the first dose (D7)."""
    progression_deaths: tuple[str, ...] = (*(f"C{digit}" for digit in range(10)), "443392")
    """Causes of death that are progression, without case: a concept id as a whole, any other code with all that begin
    with it. By default malignant neoplasms: C00 to C97 of ICD-10, and concept 443392."""


class Responses(Model):
    """What `assessments` and `best_response` say of the response; no label depends on it."""

    frameworks: tuple[Literal["RECIST1.1", "irRECIST", "irRC", "iRECIST"], ...] = Field(
        default=("RECIST1.1", "iRECIST"), min_length=1)
    """The criteria by which every time point is assessed, with the study's windows."""
    confirm_from_days: int = Field(default=28, ge=1)
    """A later assessment confirms a response, or a progression that needs it, from so many days on."""
    confirm_to_days: int = Field(default=56, ge=1)
    """An unconfirmed progression by iRECIST is to be confirmed up to so many days after it."""
    late_scan_confirms: bool = True
    """Whether a scan after that still confirms it; the growth is there, only seen late."""
    irrecist_confirm_to_days: int | None = Field(default=None, ge=1)
    """A later assessment confirms a progression by irRECIST up to so many days after it; some sources say 84."""
    stable_from_day: int = Field(default=42, ge=0)
    """Stable disease counts as best response from this day on; the criteria ask for six to eight weeks."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.confirm_to_days < self.confirm_from_days:
            raise ValueError("confirm_to_days lies before confirm_from_days")
        if self.irrecist_confirm_to_days is not None and self.irrecist_confirm_to_days < self.confirm_from_days:
            raise ValueError("irrecist_confirm_to_days lies before confirm_from_days")
        return self


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Limit(Model):
    """A number that something is held to, with who set it and why."""

    value: float = Field(ge=0, allow_inf_nan=False, strict=True)
    by: Words | None = None
    why: Words | None = None


def _stated(given: object) -> object:
    """A plain number is a limit of which nobody says why; a table says it."""
    if isinstance(given, (Mapping, Limit)):
        if isinstance(given, Mapping) and not {"by", "why"} <= given.keys():
            raise ValueError("a table says value, by (who set it) and why")
        return given
    return {"value": given}


def _at_most_all(limit: Limit) -> Limit:
    if limit.value > 1:
        raise ValueError("a fraction lies between 0 and 1")
    return limit


Number = Annotated[Limit, BeforeValidator(_stated)]
Fraction = Annotated[Limit, BeforeValidator(_stated), AfterValidator(_at_most_all)]


class Severity(Model):
    """How much it matters that a check fails or a suspicion is raised, where the study sees that in another way."""

    severity: Literal["critical", "warning", "info"]
    """A critical one closes the gate, a warning is told, an info is counted."""
    by: Words
    """Who decided it."""
    why: Words
    """And why."""


class Gate(Model):
    """When a run must stop; fractions between 0 and 1. A limit is a number, or `{ value, by, why }`."""

    max_rejected_fraction: Fraction = Limit(value=1.0)
    """Budget for refused source rows (exit 6)."""
    warn_rejected_fraction: Fraction = Limit(value=0.2)
    """A larger part of the source rows refused is a warning, whatever the budget."""
    max_not_evaluable_fraction: Fraction = Limit(value=1.0)
    """Budget for labels that are NOT_EVALUABLE (exit 6)."""
    max_not_evaluable_of: dict[str, Fraction] = {}
    """The same for the labels of one definition, by its id (exit 6)."""
    min_persons: Number = Limit(value=1)
    """Fewer treated persons close the gate (exit 5)."""
    expectations: bool = True
    """Run the suites in `expectations/`, some seconds; a critical one that fails closes the gate (exit 5)."""
    checks: dict[str, Severity] = {}
    """Another severity for an expectation or a suspicion, by its name; `"table.name"` stands in quotes."""

    @field_validator("checks", mode="before")
    @classmethod
    def _quoted(cls, given: object) -> object:
        for table, held in given.items() if isinstance(given, Mapping) else ():
            for name, inner in held.items() if isinstance(held, Mapping) else ():
                if isinstance(inner, Mapping):
                    raise ValueError(f'quote a name with a dot: checks."{table}.{name}"')
        return given


class Sensitivity(Model):
    """What `sensitivity` tries: other readings of the rules, and errors of measurement."""

    month_days: tuple[Annotated[float, Field(ge=1, le=366)], ...] = (28.0, 30.0, MONTH_DAYS)
    """Lengths of a month."""
    windows: dict[str, dict[str, int]] = {
        "baseline_28": {"baseline_from_day": -28},
        "pre_84": {"pre_from_day": -84},
        "post_84": {"post_to_day": 84},
    }
    """Other windows, by a name of their own; each states what differs from `windows`."""
    ttf_gap_days: tuple[Annotated[int, Field(ge=1)], ...] = (60, 90)
    """Gaps without a dose that end a line of treatment."""
    ttf_readings: tuple[Literal["from_baseline_scan", "with_last_interval"], ...] = (
        "from_baseline_scan",
        "with_last_interval",
    )
    """Time to treatment failure from the baseline scan on; or until the dose after the last would have been due."""
    dose_interval_days: int = Field(default=21, ge=1)
    """Days from the last dose to the one that would have been due."""
    draws: int = Field(default=1000, ge=1, le=100_000)
    """How often every size is measured again, with an error."""
    seed: int = Field(default=0, ge=0)
    """Another seed gives other errors; the same gives the same."""
    error: Literal["between_readers", "one_reader"] = "between_readers"
    """Standard deviation of a diameter: 8.6 % where readers differ, 6.1 % for one reader."""


class Report(Model):
    """What `report` tells; no label depends on it."""

    definitions: tuple[str, ...] = ()
    """The definitions that are reported one by one, by id, of those in use; empty means all. Rates and agreement are
    told of all in use."""
    min_cell: Number = Limit(value=5)
    """Counts of persons from 1 to below this are hidden in the shareable report, and what would tell them; 0 or 1
    hides nothing."""
    seed: int = Field(default=0, ge=0)
    """Another seed draws other tables where an exact test is simulated; the same gives the same."""


class Study(Model):
    """The whole of study.toml."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    """Name of the study; part of the key of every label."""
    title: str = ""
    """What the study asks, for people."""
    index: IndexEvent = IndexEvent()
    comparators: tuple[Comparator, ...] = ()
    windows: Windows = Windows()
    lesions: Lesions = Lesions()
    criteria: Criteria = Criteria()
    responses: Responses = Responses()
    gate: Gate = Gate()
    sensitivity: Sensitivity = Sensitivity()
    report: Report = Report()

    @model_validator(mode="after")
    def _distinct_cohorts(self) -> Self:
        names = [CHECKPOINT_COHORT, *(comparator.cohort for comparator in self.comparators)]
        if len(set(names)) < len(names):
            raise ValueError("two cohorts have the same name (checkpoint_inhibitor is taken)")
        return self

    @model_validator(mode="after")
    def _possible_windows(self) -> Self:
        if "windows" in self.sensitivity.model_fields_set:  # a default that these windows rule out is not tried
            for stated in self.sensitivity.windows.values():
                self.windows.but(stated)
        return self
