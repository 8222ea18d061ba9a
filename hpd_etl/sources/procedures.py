"""What site.toml says of procedures; without it none is read, because no verified list exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hpd_etl.errors import ConfigurationError
from hpd_etl.schema import THERAPIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

SCAN = "scan"
KINDS = (SCAN, *(kind for kind in THERAPIES["kind"].values if kind != "systemic"))


class Meaning(NamedTuple):
    """An examination, or a treatment of an organ."""

    kind: str
    organ: str | None


class Procedures(NamedTuple):
    """What procedures told: scans and therapies."""

    scans: pd.DataFrame
    therapies: pd.DataFrame


def meanings(mapping: Mapping[str, str]) -> dict[str, Meaning]:
    """Code or words -> what they mean; raises ConfigurationError where that is no kind."""
    found = {}
    for key, value in mapping.items():
        kind, _, organ = value.partition(":")
        if kind not in KINDS:
            raise ConfigurationError(f"mapping.procedures: {key!r} = {value!r} is none of {', '.join(KINDS)}",
                                     remedy="write a kind, or kind:organ")
        found[key] = Meaning(kind, organ or None)
    return found
