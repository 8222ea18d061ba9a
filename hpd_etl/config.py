"""`study.toml` (what is asked, shareable) and `site.toml` (where the data are, stays at the site).

Frozen models; an unknown key is an error that suggests the nearest known one. Secrets are never
written: `env:NAME` and `file:PATH` name where they are.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hpd_etl.errors import ConfigurationError
from hpd_etl.schema import CHECKPOINT_COHORT

MONTH_DAYS = 30.4375
_FAR = 36_525


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# --- study.toml -------------------------------------------------------------------------------


class AgentCodes(_Model):
    """The codes of a comparator drug; its descendants count as the drug."""

    omop: tuple[int, ...] = ()
    """Concept ids; their descendants count as the drug."""
    rxnorm: tuple[str, ...] = ()
    """RxNorm codes."""
    atc: tuple[str, ...] = ()
    """ATC codes."""
    hcpcs: tuple[str, ...] = ()
    """HCPCS codes."""


class Comparator(_Model):
    """A cohort to compare with: persons treated with these drugs and never with a checkpoint inhibitor."""

    cohort: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Name of the cohort, as it stands on its labels."""
    agents: dict[str, AgentCodes] = Field(min_length=1)


class IndexEvent(_Model):
    """What starts the clock: the first dose of the first line."""

    agents: tuple[str, ...] = ()
    """Checkpoint inhibitors that count, by ingredient; empty means all in `mappings/`."""
    lookback_days: int = Field(default=0, ge=0)
    """Days under observation needed before the first dose."""
    ttf_gap_days: int = Field(default=120, ge=1)
    """A line of treatment ends where so many days pass without a dose."""


class Windows(_Model):
    """Where scans are looked for, in days; ambiguity B0."""

    baseline_from_day: int = Field(default=-42, ge=-_FAR)
    """First day of the baseline window, counted from the first dose."""
    baseline_to_day: int = Field(default=0, ge=-_FAR)
    """Last day of the baseline window."""
    baseline_grace_days: int = Field(default=0, ge=0)
    """Days after the first dose on which a scan still counts as baseline."""
    pre_min_gap_days: int = Field(default=14, ge=1)
    """The pre-baseline scan lies at least this long before the baseline scan."""
    pre_max_gap_days: int = Field(default=180, le=_FAR)
    """And at most this long."""
    pre_from_day: int | None = Field(default=None, ge=-_FAR)
    """Earliest day of the pre-baseline scan counted from the first dose, where a definition says so."""
    post_from_day: int = Field(default=1, ge=1)
    """First day of the window of the first evaluation, counted from the first dose."""
    post_to_day: int = Field(default=120, le=_FAR)
    """Last day of that window."""

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


class Lesions(_Model):
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


class Criteria(_Model):
    """Which definitions, and the parameters no paper states."""

    use: tuple[str, ...] = Field(
        default=("champiat2017", "saada2017", "kato2017", "ferrara2018", "ji2019"), min_length=1
    )
    """The definitions to label under, by id, in this order."""
    folder: Path | None = None
    """A folder with the study's own definitions."""
    month_days: float = Field(default=MONTH_DAYS, gt=0)
    """Days in a month; the ratio and the difference of tumour growth rates depend on it (A9)."""
    pre_growth_nonpositive: Literal["not_evaluable", "positive_post_is_hpd", "exclude"] = "not_evaluable"
    """What a ratio is where the tumour did not grow before treatment (A1)."""
    min_pre_change_mm: float = Field(default=0.0, ge=0)
    """Growth before treatment below this is taken for a measurement error (A4)."""
    irrecist_nontarget_pd: bool = False
    """Whether non-target progression or a new lesion without a size alone is progression under irRECIST."""


class Gate(_Model):
    """When a run must stop; fractions between 0 and 1."""

    max_rejected_fraction: float = Field(default=1.0, ge=0, le=1)
    """Budget for refused source rows (exit 6)."""
    max_not_evaluable_fraction: float = Field(default=1.0, ge=0, le=1)
    """Budget for labels that are NOT_EVALUABLE (exit 6)."""
    min_persons: int = Field(default=1, ge=0)
    """Fewer treated persons close the gate (exit 5)."""
    expectations: bool = False
    """Run the suites in `expectations/`; a critical one that fails closes the gate (exit 5)."""


class Study(_Model):
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
    gate: Gate = Gate()

    @model_validator(mode="after")
    def _distinct_cohorts(self) -> Self:
        names = [CHECKPOINT_COHORT, *(comparator.cohort for comparator in self.comparators)]
        if len(set(names)) < len(names):
            raise ValueError("two cohorts have the same name (checkpoint_inhibitor is taken)")
        return self


# --- site.toml --------------------------------------------------------------------------------


class Access(_Model):
    """How to reach a database. `url` is `postgresql://host/db`, `duckdb:///file` or `sqlite:///file`."""

    url: str
    """`postgresql://host/db`, `duckdb:///file` or `sqlite:///file`; without a password."""
    user: str | None = None
    """Name of the database user."""
    password: str | None = None
    """A reference, `env:NAME` or `file:PATH`; never the secret itself."""

    @model_validator(mode="after")
    def _no_inline_secret(self) -> Self:
        if self.password is not None and not self.password.startswith(("env:", "file:")):
            raise ValueError("password must be a reference, env:NAME or file:PATH")
        if "password=" in self.url.lower():
            raise ValueError('url must not hold a password; use password = "env:NAME"')
        if "@" in self.url and ":" in self.url.split("://", 1)[-1].split("@", 1)[0]:
            raise ValueError('url must not hold a password; use password = "env:NAME"')
        return self

    def secret(self) -> str | None:
        """The password behind the reference; None where none is configured."""
        if self.password is None:
            return None
        scheme, _, name = self.password.partition(":")
        try:
            return os.environ[name] if scheme == "env" else Path(name).read_text("utf-8").strip()
        except (KeyError, OSError) as error:
            raise ConfigurationError(f"the secret {scheme}:… named in site.toml is not there") from error


class LesionIdentity(_Model):
    """Where a lesion's identity, role and organ stand, if not in the imaging extension."""

    event_fields: tuple[int, ...] = ()
    """Event field concepts (meas_event_field_concept_id) that point at one lesion, not at the disease."""
    column: str | None = None
    """A column of `measurement` that identifies the lesion within the person."""
    pattern: str | None = None
    """A regular expression with named groups out of `lesion`, `role`, `organ`, `node`, `reader`."""
    pattern_column: str = "measurement_source_value"
    """The column the pattern is applied to."""


class Mapping(_Model):
    """What the site's own concepts and source values mean; keys of `mappings/` on the right."""

    measurements: dict[str, str] = {}
    """concept id or source value -> longest, short_axis, perpendicular, volume, sum_sld, sum_spd,
    sum_volume, response, new_lesion, ecog ... or `ignore`."""
    roles: dict[str, str] = {}
    """concept id or source value -> target, non_target, new."""
    responses: dict[str, str] = {}
    """concept id or source value -> CR, PR, SD, PD, NE ..."""
    statuses: dict[str, str] = {}
    """source text in place of a size -> too_small, disappeared, not_assessed ..."""
    organs: dict[str, str] = {}
    """concept id or source value -> organ."""
    units: dict[str, str] = {}
    """unit as written at the site -> UCUM unit of length, area or volume."""
    procedures: dict[str, str] = {}
    """concept id or source value -> scan, radiation, surgery, local; `kind:organ` names the organ."""
    therapies: dict[str, str] = {}
    """drug concept id or source value -> agent of another systemic anticancer therapy."""
    agents: dict[str, str] = {}
    """drug concept id or source value -> checkpoint inhibitor."""
    stop_reasons: dict[str, str] = {}
    """source value -> progression, toxicity, completed, death, other."""


class OmopSource(_Model):
    """An OMOP CDM database."""

    kind: Literal["omop_cdm"] = "omop_cdm"
    """What the source is."""
    access: Access
    cdm: str | None = None
    """Schema of the CDM; for SQLite and DuckDB the file itself."""
    vocabulary: str | None = None
    """Schema of the vocabulary; the CDM's where not given."""
    lesions: LesionIdentity = LesionIdentity()
    mapping: Mapping = Mapping()
    reader_priority: tuple[str, ...] = ()
    """Whose value holds where two readers disagree on a day; without it both are refused (B7)."""
    modality_priority: tuple[str, ...] = ()
    """Which modality holds where two disagree on a day."""
    request_types: tuple[int, ...] = ()
    """Drug type concepts of orders that were carried out at this site, read as exposures."""


class OmopSink(_Model):
    """The results schema labels are written to; never the CDM's."""

    kind: Literal["omop_cdm"] = "omop_cdm"
    """What the sink is."""
    access: Access
    results: str
    """Schema of the results; for SQLite and DuckDB the path of their own file."""
    vocabulary: str | None = None
    """Schema of the vocabulary, where its custom concept is looked for."""
    concept_id: int = Field(default=2_005_000_000, gt=2_000_000_000, le=2_147_483_647)
    """Custom source concept of the label; outside the block 2128000001-2128021701 of the imaging group."""
    cohort_definition_base: int = Field(default=2_005_000_000, gt=0)
    """Cohort definition ids start here: base + 2000 x a hash of study and treatment cohort (0 to 65535) + the
    number in the definition's file; at most 2016411647."""

    @model_validator(mode="after")
    def _outside_the_imaging_block(self) -> Self:
        if 2_128_000_001 <= self.concept_id <= 2_128_021_701:
            raise ValueError("concept_id lies in the block of the OHDSI imaging working group")
        return self


class Site(_Model):
    """The whole of site.toml."""

    name: str = Field(default="site", pattern=r"^[A-Za-z0-9_-]{1,40}$")
    """Name of the site, for the manifest."""
    source: OmopSource
    sink: OmopSink | None = None
    runs: Path = Path("runs")
    """Folder that holds a folder a run."""

    @model_validator(mode="after")
    def _results_apart_from_cdm(self) -> Self:
        if self.sink is None:
            return self
        read = {_place(self.source.access.url, name) for name in (None, self.source.cdm, self.source.vocabulary)}
        if _place(self.sink.access.url, self.sink.results) in read:
            raise ValueError("sink.results is a schema of the source; nothing is ever written there")
        return self


def _place(url: str, schema: str | None) -> tuple[str, str]:
    """Where a schema lies, whatever way it is written: a file for SQLite and DuckDB, else a schema of a database."""
    dialect, _, rest = url.partition("://")
    if dialect.split("+")[0] in ("sqlite", "duckdb"):
        return "file", str(Path(schema or rest.removeprefix("/")).resolve())
    return url.rstrip("/"), (schema or "public").casefold()


# --- reading ----------------------------------------------------------------------------------

_M = TypeVar("_M", Study, Site)


def read_study(path: Path) -> Study:
    """The study in this file; relative paths in it count from the file."""
    study = _read(path, Study)
    if study.criteria.folder is None:
        return study
    criteria = study.criteria.model_copy(update={"folder": (path.parent / study.criteria.folder).resolve()})
    return study.model_copy(update={"criteria": criteria})


def read_site(path: Path) -> Site:
    """The site in this file."""
    return _read(path, Site)


def _read(path: Path, model: type[_M]) -> _M:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", remedy="hpd-etl init writes one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = [_explained(detail, model) for detail in error.errors(include_input=False, include_url=False)]
        raise ConfigurationError(f"{path}: " + "; ".join(lines)) from error


def _explained(detail: Any, model: type[BaseModel]) -> str:
    where = ".".join(str(part) for part in detail["loc"])
    if detail["type"] != "extra_forbidden":
        return f"{where or 'file'}: {detail['msg']}"
    *parents, key = detail["loc"]
    near = difflib.get_close_matches(str(key), _keys_at(model, parents), n=1)
    return f"unknown key {where}" + (f", did you mean {near[0]}?" if near else "")


def _keys_at(model: type[BaseModel], parents: list[Any]) -> list[str]:
    current: Any = model
    for name in parents:
        if isinstance(name, int):
            continue
        annotation = current.model_fields[name].annotation if name in current.model_fields else None
        nested = [annotation, *getattr(annotation, "__args__", ())]
        current = next((part for part in nested if isinstance(part, type) and issubclass(part, BaseModel)), None)
        if current is None:
            return []
    return list(current.model_fields)
