"""Codes as FHIR writes them: a system's URI and a code, here one token `system|code` with the short name of the system.

`mappings/code_systems.csv` names the URIs, national ones too; site.toml adds local ones. A system nobody
named keeps its URI, so that site.toml can map its codes as `uri|code`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from hpd_etl import assets
from hpd_etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hpd_etl.config import Mapping as SiteMapping
    from hpd_etl.sources.fhir.decode.shapes import CodeableConcept, Coding

_T = TypeVar("_T")


def systems(own: SiteMapping) -> dict[str, str]:
    """URI -> short name of the code system; raises ConfigurationError where site.toml names an unknown one."""
    shipped = {row["uri"]: row["system"] for row in assets.mapping("code_systems")}
    if unknown := set(own.systems.values()) - set(shipped.values()):
        raise ConfigurationError(f"mapping.systems: {', '.join(sorted(unknown))} is no code system known here",
                                 remedy=f"use one of {', '.join(sorted(set(shipped.values())))}")
    return shipped | own.systems


def uris(name: str) -> list[str]:
    """All URIs of a code system, by its short name."""
    return [row["uri"] for row in assets.mapping("code_systems") if row["system"] == name]


@dataclass(frozen=True)
class Tokens:
    """Reads codings as tokens."""

    systems: Mapping[str, str]

    def of(self, concept: CodeableConcept | None) -> Iterator[str]:
        """The tokens of a concept, in order."""
        for coding in concept.coding if concept else ():
            if token := self.one(coding):
                yield token

    def one(self, coding: Coding) -> str | None:
        """The token of a coding; None where it has no code."""
        if not coding.code:
            return None
        uri = (coding.system or "").strip()
        return f"{self.systems.get(uri, uri)}|{coding.code.strip()}"

    def first(self, concept: CodeableConcept | None, known: Mapping[str, _T]) -> _T | None:
        """What the first known token of a concept means."""
        return next((known[token] for token in self.of(concept) if token in known), None)

    def own(self, keys: Mapping[str, _T]) -> dict[str, _T]:
        """The keys of site.toml that are tokens, with the short name of their system; `uri|code` and `name|code`."""
        found = {}
        for key, value in keys.items():
            system, bar, code = key.rpartition("|")
            if bar:
                found[f"{self.systems.get(system, system)}|{code}"] = value
        return found
