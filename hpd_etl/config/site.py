"""`site.toml`: where the data are and where labels go; stays at the site and holds no secret, only where it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from hpd_etl.config.model import Model, Secret, revealed

# --- OMOP -------------------------------------------------------------------------------------


class Access(Model):
    """How to reach a database. `url` is `postgresql://host/db`, `duckdb:///file` or `sqlite:///file`."""

    url: str
    """`postgresql://host/db`, `duckdb:///file` or `sqlite:///file`; without a password."""
    user: str | None = None
    """Name of the database user."""
    password: Secret | None = None
    """A reference, `env:NAME` or `file:PATH`; never the secret itself."""

    @model_validator(mode="after")
    def _no_inline_secret(self) -> Self:
        _refuse_inline_secret(self.url)
        return self

    def secret(self) -> str | None:
        """The password behind the reference; None where none is configured."""
        return None if self.password is None else revealed(self.password)


def _refuse_inline_secret(url: str) -> None:
    if "password=" in url.lower() or ("@" in url and ":" in url.split("://", 1)[-1].split("@", 1)[0]):
        raise ValueError('url must not hold a password; use password = "env:NAME"')


class LesionIdentity(Model):
    """Where a lesion's identity, role and organ stand, if not in the imaging extension."""

    event_fields: tuple[int, ...] = ()
    """Event field concepts (meas_event_field_concept_id) that point at one lesion, not at the disease."""
    column: str | None = None
    """A column of `measurement` that identifies the lesion within the person."""
    pattern: str | None = None
    """A regular expression with named groups out of `lesion`, `role`, `organ`, `node`, `reader`, `part_of`
    (the lesion it split from or merged into)."""
    pattern_column: str = "measurement_source_value"
    """The column the pattern is applied to."""


class Mapping(Model):
    """What the site's own concepts and source values mean; keys of `mappings/` on the right."""

    measurements: dict[str, str] = {}
    """concept id, `system|code` or source value -> longest, short_axis, perpendicular, volume, sum_sld, sum_spd,
    sum_volume, response, new_lesion, ecog ..., in FHIR `part_of` and `death_cause`, or `ignore`."""
    roles: dict[str, str] = {}
    """concept id, `system|code` or source value -> target, non_target, new."""
    responses: dict[str, str] = {}
    """concept id, `system|code` or source value -> CR, PR, SD, PD, NE ..."""
    statuses: dict[str, str] = {}
    """concept id, `system|code` or source text in place of a size -> too_small, disappeared, not_assessed ..."""
    organs: dict[str, str] = {}
    """concept id, `system|code` or source value -> organ."""
    units: dict[str, str] = {}
    """unit as written at the site, or `system|code` -> UCUM unit of length, area or volume."""
    procedures: dict[str, str] = {}
    """concept id, `system|code` or source value -> scan, radiation, surgery, local; `kind:organ` names the organ."""
    therapies: dict[str, str] = {}
    """drug concept id, `system|code` or source value -> agent of another systemic anticancer therapy."""
    agents: dict[str, str] = {}
    """drug concept id, `system|code` or source value -> checkpoint inhibitor; `ignore` where it is none,
    whatever its words name (an allergy)."""
    stop_reasons: dict[str, str] = {}
    """source value, or `system|code` -> progression, toxicity, completed, death, other."""
    death_causes: dict[str, str] = {}
    """cause of death as recorded (concept id, `system|code` or source value) -> code of ICD-10, or one that the study
    names in `criteria.progression_deaths`."""
    event_statuses: dict[str, str] = {}
    """FHIR: `MedicationStatement|final`, a status that is no R4 code -> the R4 status it stands for."""
    systems: dict[str, str] = {}
    """FHIR: URI of a local code system -> the system of `mappings/code_systems.csv` that its codes are."""


class Priorities(Model):
    """Who comes first where two measured the same lesion on one day."""

    reader_priority: tuple[str, ...] = ()
    """Whose value holds where two readers disagree on a day; without it both are refused (B7)."""
    modality_priority: tuple[str, ...] = ()
    """Which modality holds where two disagree on a day."""


class OmopSource(Priorities):
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
    request_types: tuple[int, ...] = ()
    """Drug type concepts of orders that were carried out at this site, read as exposures."""


class OmopSink(Model):
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

    crosswalk: Path | None = None
    """CSV with `source_person_id,sink_person_id`; needed where the source is no OMOP CDM."""

    @model_validator(mode="after")
    def _outside_the_imaging_block(self) -> Self:
        if 2_128_000_001 <= self.concept_id <= 2_128_021_701:
            raise ValueError("concept_id lies in the block of the OHDSI imaging working group")
        return self


# --- FHIR -------------------------------------------------------------------------------------


class FhirAccess(Model):
    """How to reach a FHIR server."""

    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    """Base address, `https://host/fhir`."""
    auth: Literal["none", "bearer", "basic", "smart"] = "none"
    """How to be let in; `smart` is SMART Backend Services. A client certificate can come with any."""
    token: Secret | None = None
    """bearer: a reference to the token."""
    user: str | None = None
    """basic: name of the user."""
    password: Secret | None = None
    """basic: a reference, `env:NAME` or `file:PATH`; never the secret itself."""
    client_id: str | None = None
    """smart: the registered client."""
    private_key: Secret | None = None
    """smart: a reference to the private key, PEM or JWK (a JWK set with `key_id`)."""
    key_id: str | None = None
    """smart: `kid` under which the public key is registered; a JWK knows its own."""
    algorithm: Literal["RS384", "ES384"] = "RS384"
    """smart: how the assertion is signed."""
    token_url: str | None = None
    """smart: the token endpoint, where discovery is absent or wrong."""
    scopes: tuple[str, ...] = ()
    """smart: scopes to ask for; empty means the least that the command needs."""
    certificate: Path | None = None
    """Client certificate (PEM) for mutual TLS."""
    certificate_key: Path | None = None
    """Its key, where not in the same file."""
    authority: Path | None = None
    """Certificates (PEM) of the authority that signed the server's, where it is not a public one."""
    timeout_seconds: float = Field(default=60, gt=0)
    """Longest wait for the next bytes of an answer; averaged over as long, a kilobyte a second has to come."""
    attempts: int = Field(default=6, ge=1)
    """How often a request is tried before the server counts as down."""
    longest_wait_seconds: float = Field(default=120, ge=0)
    """Longest pause between two attempts, also where the server asks for more."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        _refuse_inline_secret(self.url)
        needed = {"bearer": ("token",), "basic": ("user", "password"), "smart": ("client_id", "private_key")}
        if missing := [name for name in needed.get(self.auth, ()) if getattr(self, name) is None]:
            raise ValueError(f'auth = "{self.auth}" needs {" and ".join(missing)}')
        for name in ("url", "token_url"):
            if self.auth != "none" and not is_private(getattr(self, name) or self.url):
                raise ValueError(f"{name} must be https: a secret would travel in the clear")
        return self


def is_private(url: str) -> bool:
    """Whether nobody between here and the server can read along."""
    return re.match(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)", url) is not None


class FhirReading(Priorities):
    """How resources are read, wherever they come from."""

    mapping: Mapping = Mapping()
    read_orders: bool = False
    """Read MedicationRequests of all order intents that are active or completed as exposures, not only
    `instance-order`, never plans and proposals; for sites that record orders alone, and give what is ordered."""
    unreadable: Literal["incomplete", "counted"] = "incomplete"
    """What follows from a line or resource that cannot be read and does not say of whom it is: it may hide something
    of anybody, so that nobody is complete, or it is only `counted`, for sites that know what was in it."""


class FhirFilesSource(FhirReading):
    """A folder of NDJSON files, plain or gzip, and of Bundles."""

    kind: Literal["fhir_files"]
    """What the source is."""
    folder: Path
    """The folder, with all folders below it."""
    workers: int = Field(default=1, ge=1)
    """Processes that decode files side by side."""


class FhirServerSource(FhirReading):
    """A FHIR server, read by search."""

    kind: Literal["fhir_server"]
    """What the source is."""
    access: FhirAccess
    quirks: Literal["auto", "generic", "epic", "oracle"] = "auto"
    """Which way of asking the server understands; `auto` looks at its CapabilityStatement."""
    group: str | None = None
    """Logical id of a Group whose members alone are looked at; needed where every search must name a patient."""
    page_size: int = Field(default=200, ge=1)
    """Resources a page, a hint to the server."""
    parallel: int = Field(default=4, ge=1, le=64)
    """Slices read at the same time."""


class FhirBulkSource(FhirReading):
    """A FHIR server, read by bulk export."""

    kind: Literal["fhir_bulk"]
    """What the source is."""
    access: FhirAccess
    level: Literal["system", "group", "patient"] = "group"
    """What is exported: everything, a group, or all patients."""
    group: str | None = None
    """Logical id of the group."""
    folder: Path
    """Where the files are kept; an export that broke off goes on there."""
    parallel: int = Field(default=4, ge=1, le=64)
    """Files fetched at the same time."""
    workers: int = Field(default=1, ge=1)
    """Processes that decode files side by side."""

    @model_validator(mode="after")
    def _group_named(self) -> Self:
        if (self.level == "group") != (self.group is not None):
            raise ValueError('group is needed for level = "group", and only there')
        return self


class FhirSink(Model):
    """What labels become as FHIR resources, wherever they are kept."""

    crosswalk: Path | None = None
    """CSV with `source_person_id,sink_person_id` (logical id of the Patient); needed where the source is no FHIR."""
    salt: Secret | None = None
    """A reference to what is hashed into the ids of labels, so that they say nothing of a patient; else the
    site's name is."""


class FhirServerSink(FhirSink):
    """A FHIR server that labels are written to."""

    kind: Literal["fhir_server"]
    """What the sink is."""
    access: FhirAccess
    same_persons: bool = False
    """The source names its Patients as this server does, although it is another server or a folder."""
    bundle_size: int = Field(default=500, ge=1)
    """Resources a transaction, at most; a label and its Provenance always go together."""


class FhirFilesSink(FhirSink):
    """A folder of NDJSON files that labels are written to."""

    kind: Literal["fhir_files"]
    """What the sink is."""
    folder: Path
    """The folder; only files of ours are replaced."""


# --- the site ---------------------------------------------------------------------------------


def _kind(value: Any) -> str:
    """The kind of a source or sink as written; an OMOP CDM where it is not."""
    return str(value.get("kind", "omop_cdm") if isinstance(value, dict) else value.kind)


_Server = FhirServerSource | FhirBulkSource
Source = Annotated[
    Annotated[OmopSource, Tag("omop_cdm")] | Annotated[FhirServerSource, Tag("fhir_server")]
    | Annotated[FhirBulkSource, Tag("fhir_bulk")] | Annotated[FhirFilesSource, Tag("fhir_files")],
    Discriminator(_kind)]
Sink = Annotated[
    Annotated[OmopSink, Tag("omop_cdm")] | Annotated[FhirServerSink, Tag("fhir_server")]
    | Annotated[FhirFilesSink, Tag("fhir_files")],
    Discriminator(_kind)]


class Site(Model):
    """The whole of site.toml."""

    name: str = Field(default="site", pattern=r"^[A-Za-z0-9_-]{1,40}$")
    """Name of the site, for the manifest; hashed into the ids of labels on a FHIR sink where there is no `salt`."""
    source: Source
    sink: Sink | None = None
    canonical: str = Field(default="https://hpd-etl.example/fhir", pattern=r"^[a-z][a-z0-9+.-]*:[^\s|#]+[^/\s|#]$")
    """Canonical base of our own code systems and identifiers in FHIR; what bears it is never read back."""
    runs: Path = Path("runs")
    """Folder that holds a folder a run. Relative paths in site.toml count from where hpd-etl is started."""

    @model_validator(mode="after")
    def _persons_named(self) -> Self:
        if self.sink is None or self.sink.crosswalk is not None:
            return self
        if isinstance(self.source, OmopSource) != isinstance(self.sink, OmopSink):
            raise ValueError("sink.crosswalk is needed: source and sink name persons differently")
        if isinstance(self.sink, FhirServerSink) and not self.sink.same_persons and self.sink.access.url.rstrip("/") \
                != (self.source.access.url.rstrip("/") if isinstance(self.source, _Server) else None):
            raise ValueError("the same id may be another person on another server: give sink.crosswalk, or say"
                             " sink.same_persons = true")
        return self

    @model_validator(mode="after")
    def _results_apart_from_cdm(self) -> Self:
        if not (isinstance(self.source, OmopSource) and isinstance(self.sink, OmopSink)):
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
