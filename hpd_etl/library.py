"""The definitions at hand: those shipped and those of the study's own folder."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hpd_etl import assets
from hpd_etl.criteria.definition import Definition, parse
from hpd_etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hpd_etl.config import Study


def everything(folder: Path | None) -> dict[str, Definition]:
    """Every definition shipped and in the study's own folder, by id.

    Raises `ConfigurationError` where two have the same id.
    """
    found: dict[str, Definition] = {}
    for path in assets.definition_files(folder):
        definition = read(path)
        if definition.id in found:
            raise ConfigurationError(f"{path}: there is another definition {definition.id}",
                                     remedy="give the study's own definition an id of its own")
        found[definition.id] = definition
    return found


def chosen(study: Study) -> tuple[Definition, ...]:
    """The definitions the study uses, in its order; raises `ConfigurationError` with a suggestion."""
    found = everything(study.criteria.folder)
    return tuple(named(name, found) for name in dict.fromkeys(study.criteria.use))


def named(name: str, found: Mapping[str, Definition]) -> Definition:
    """The definition of this id; raises `ConfigurationError` with the nearest id."""
    if name in found:
        return found[name]
    near = get_close_matches(name, found, n=1)
    raise ConfigurationError(f"there is no definition {name}" + (f", did you mean {near[0]}?" if near else ""),
                             remedy="`hpd-etl definitions list` shows all")


def read(path: Path) -> Definition:
    """The definition in this TOML file; raises `ConfigurationError` that says what is wrong."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    return parse(content, str(path))


def problem(path: Path) -> str | None:
    """What is wrong in this definition file; None if nothing is."""
    try:
        read(path)
    except ConfigurationError as error:
        return str(error)
    return None
