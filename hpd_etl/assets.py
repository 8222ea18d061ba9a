"""The files that ship beside the code: code lists, SQL texts, expectations and definitions.

The only module that knows where they are: the packaged copy of an installed wheel, else the root
of the checkout. A code list is checked against its hash in `mappings/provenance.toml` when read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tomllib
from functools import cache
from pathlib import Path

from hpd_etl.errors import ConfigurationError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `mappings`, `sql` or `expectations`."""
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def sql(name: str) -> str:
    """The text of `sql/<name>.sql`, without its comment lines."""
    text = _read(folder("sql") / f"{name}.sql").decode("utf-8")
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--")).strip().rstrip(";")


@cache
def mapping(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `mappings/<name>.csv`; raises ConfigurationError where the file is not the one reviewed."""
    content = _read(folder("mappings") / f"{name}.csv")
    if hashlib.sha256(content).hexdigest() != sha256(name):
        raise ConfigurationError(
            f"mappings/{name}.csv is not the reviewed file: its hash differs from provenance.toml",
            remedy="put site codes into site.toml, or review the file and record its new hash")
    return tuple(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def mapping_names() -> list[str]:
    """The names of all code lists, sorted."""
    return sorted(path.stem for path in folder("mappings").glob("*.csv"))


def sha256(name: str) -> str:
    """The hash under which `mappings/<name>.csv` was reviewed."""
    files = _provenance()["files"]
    if not isinstance(files, dict) or f"{name}.csv" not in files:
        raise ConfigurationError(f"mappings/provenance.toml does not name {name}.csv")
    return str(files[f"{name}.csv"]["sha256"])


def definition_files(own: Path | None = None) -> list[Path]:
    """The definitions that ship with this release, or those of a study's own folder, sorted by name."""
    place = own or _PACKAGE / "criteria" / "definitions"
    if not place.is_dir():
        raise ConfigurationError(f"there is no folder {place} with definitions", remedy="mend criteria.folder")
    return sorted(place.glob("*.toml"))


def expectation_files() -> list[Path]:
    """The expectation suites, sorted by name."""
    return sorted(folder("expectations").glob("*.json"))


@cache
def _provenance() -> dict[str, object]:
    return tomllib.loads(_read(folder("mappings") / "provenance.toml").decode("utf-8"))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path.parent.name}/{path.name} is missing from this installation",
                                 remedy="install hpd-etl again") from error
