"""`study.toml` (what is asked, shareable) and `site.toml` (where the data are, stays at the site).

Frozen models; an unknown key is an error that suggests the nearest known one. Secrets are never
written: `env:NAME` and `file:PATH` name where they are.
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from hpd_etl.config.model import revealed
from hpd_etl.config.site import (
    Access,
    FhirAccess,
    FhirBulkSource,
    FhirFilesSink,
    FhirFilesSource,
    FhirReading,
    FhirServerSink,
    FhirServerSource,
    FhirSink,
    LesionIdentity,
    Mapping,
    OmopSink,
    OmopSource,
    Priorities,
    Sink,
    Site,
    Source,
)
from hpd_etl.config.study import (
    EARLY_DEATH_DAYS,
    FAR,
    MONTH_DAYS,
    AgentCodes,
    Comparator,
    Criteria,
    Gate,
    IndexEvent,
    Lesions,
    Limit,
    Report,
    Responses,
    Sensitivity,
    Study,
    Windows,
    WindowsOfIrRC,
)
from hpd_etl.errors import ConfigurationError

__all__ = [
    "EARLY_DEATH_DAYS", "FAR", "MONTH_DAYS", "Access", "AgentCodes", "Comparator", "Criteria", "FhirAccess",
    "FhirBulkSource", "FhirFilesSink", "FhirFilesSource", "FhirReading", "FhirServerSink", "FhirServerSource",
    "FhirSink", "Gate", "IndexEvent", "LesionIdentity", "Lesions", "Limit", "Mapping", "OmopSink", "OmopSource",
    "Priorities", "Report", "Responses", "Sensitivity", "Sink", "Site", "Source", "Study", "Windows", "WindowsOfIrRC",
    "read_site", "read_study", "revealed", "said",
]

_KINDS = ("omop_cdm", "fhir_server", "fhir_bulk", "fhir_files")
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
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", remedy="hpd-etl init writes one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    except RecursionError:
        raise ConfigurationError(f"{path}: tables and lists nest too deep to be read") from None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = [_explained(detail, model) for detail in error.errors(include_input=False, include_url=False)]
        raise ConfigurationError(f"{path}: " + "; ".join(lines)) from error


def _explained(detail: Any, model: type[BaseModel]) -> str:
    loc = [str(part) for place, part in enumerate(detail["loc"]) if place != 1 or part not in _KINDS]
    where = ".".join(loc)
    if detail["type"] != "extra_forbidden":
        return f"{where or 'file'}: {said(detail)}"
    near = difflib.get_close_matches(loc[-1], _keys_at(model, list(detail["loc"][:-1])), n=1)
    return f"unknown key {where}" + (f", did you mean {near[0]}?" if near else "")


def said(detail: Any) -> str:
    """What is wrong with a value, in the words of TOML."""
    match detail["type"]:
        case "tuple_type" | "list_type":
            return "a list is expected, in brackets"
        case "too_short":
            return "the list is empty"
    return str(detail["msg"]).removeprefix("Value error, ")


def _keys_at(model: type[BaseModel], parents: list[Any]) -> list[str]:
    """The keys of the model behind these names; where several kinds are possible, their tag is one of the names."""
    candidates: list[type[BaseModel]] = [model]
    for name in parents:
        if isinstance(name, int):
            continue
        tagged = [each for each in candidates if "kind" in each.model_fields
                  and name in get_args(each.model_fields["kind"].annotation)]
        candidates = tagged or [part for each in candidates if name in each.model_fields
                                for part in _models(each.model_fields[name].annotation)]
    return [key for each in candidates for key in each.model_fields]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models(part)]
