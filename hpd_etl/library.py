"""The definitions at hand: those shipped, those of the study's own folder, and the variants of both."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hpd_etl import assets
from hpd_etl.criteria.definition import Definition, family
from hpd_etl.criteria.definition_file import DEEPEST
from hpd_etl.criteria.variants import SHIPPED_BELOW, VARIANTS, possible, varied
from hpd_etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hpd_etl.config import Study

PUBLISHED = "published"
"""The group of all definitions that ship with this release."""


def everything(folder: Path | None) -> dict[str, Definition]:
    """Every definition shipped, in the order of its number, then those of the study's own folder, by id.

    Raises `ConfigurationError` where two have the same id.
    """
    found = {each.id: each for each in published()}
    for path in assets.definition_files(folder) if folder else ():
        found |= {each.id: each for each in _of_its_own(path, found)}
    return found


def _of_its_own(path: Path, others: Mapping[str, Definition]) -> tuple[Definition, ...]:
    """The definitions in a file of a study; raises `ConfigurationError` where another has an id or number of them."""
    own = read(path)
    for each in own:
        if each.id in others:
            raise ConfigurationError(f"{path}: there is another definition {each.id}",
                                     remedy="give the study's own definition an id of its own")
        if each.number is not None and each.number < 4 * SHIPPED_BELOW:
            raise ConfigurationError(f"{path}: number = {each.number} is that of a definition that ships",
                                     remedy=f"choose one from {4 * SHIPPED_BELOW}, or leave it out")
    return own


def published() -> tuple[Definition, ...]:
    """Every definition that ships with this release, in the order of its number."""
    shipped = [each for path in assets.definition_files() for each in read(path)]
    return tuple(sorted(shipped, key=lambda each: each.number or 0))


def chosen(study: Study) -> tuple[Definition, ...]:
    """The definitions the study uses, in its order, a group in place; raises `ConfigurationError` with a suggestion."""
    found = everything(study.criteria.folder)
    shipped = [each.id for each in published()]
    names = [each for name in study.criteria.use for each in (shipped if name == PUBLISHED else [name])]
    used = tuple(named(name, found) for name in dict.fromkeys(names))
    if unused := study.gate.max_not_evaluable_of.keys() - {each.id for each in used}:
        raise ConfigurationError(f"gate.max_not_evaluable_of: the study does not use {', '.join(sorted(unused))}",
                                 remedy="criteria.use names the definitions of the study")
    return used


def named(name: str, found: Mapping[str, Definition]) -> Definition:
    """The definition or variant of this id; raises `ConfigurationError` with the nearest id."""
    if name in found:
        return found[name]
    for variant in VARIANTS:
        base = name.removesuffix(f"_{variant}")
        if base != name and base in found:
            return varied(found[base], variant)
    if name == PUBLISHED:
        raise ConfigurationError("published is the group of all definitions that ship, not one of them",
                                 remedy="`hpd-etl definitions list` shows them")
    known = [*found, *(each.id for one in found.values() for each in variants(one)), PUBLISHED]
    near = get_close_matches(name, known, n=1)
    raise ConfigurationError(f"there is no definition {name}" + (f", did you mean {near[0]}?" if near else ""),
                             remedy="`hpd-etl definitions list` shows all")


def variants(definition: Definition) -> Iterator[Definition]:
    """The variants that differ from this definition."""
    return (varied(definition, name) for name in possible(definition))


def read(path: Path) -> tuple[Definition, ...]:
    """The definitions in this TOML file; raises `ConfigurationError` that says everything that is wrong."""
    try:
        text = path.read_text("utf-8-sig")
        return family(tomllib.loads(text), str(path), text)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    except RecursionError:
        raise ConfigurationError(f"{path}: the rule nests too deep to be read",
                                 remedy=f"a rule has at most {DEEPEST} levels") from None


def problem(path: Path) -> str | None:
    """Everything that is wrong in this definition file, shipped or a study's own; None if nothing is."""
    try:
        if path.resolve() in {file.resolve() for file in assets.definition_files()}:
            read(path)
        else:
            _of_its_own(path, {each.id: each for each in published()})
    except ConfigurationError as error:
        return str(error)
    return None
