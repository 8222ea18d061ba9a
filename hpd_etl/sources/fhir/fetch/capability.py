"""What a server says of itself in its CapabilityStatement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from hpd_etl.errors import SourceError, UnsupportedVersionError
from hpd_etl.fhir_http import RELEASES
from hpd_etl.sources.fhir.decode.shapes import CodeableConcept, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hpd_etl.fhir_http import Session


class _Software(Shape, frozen=True):
    name: str | None = None
    version: str | None = None


class _Named(Shape, frozen=True):
    name: str | None = None


class _Coded(Shape, frozen=True):
    code: str | None = None


class _Offered(Shape, frozen=True):
    """A resource type that is offered."""

    type: str | None = None
    interaction: tuple[_Coded, ...] = ()
    search_param: tuple[_Named, ...] = ()
    operation: tuple[_Named, ...] = ()


class _Security(Shape, frozen=True):
    service: tuple[CodeableConcept, ...] = ()


class _Rest(Shape, frozen=True):
    mode: str | None = None
    security: _Security | None = None
    resource: tuple[_Offered, ...] = ()
    operation: tuple[_Named, ...] = ()


class _Statement(Shape, frozen=True):
    """A CapabilityStatement."""

    fhir_version: str | None = None
    publisher: str | None = None
    software: _Software | None = None
    rest: tuple[_Rest, ...] = ()


@dataclass(frozen=True)
class Capability:
    """Version and software of a server, and what it offers."""

    version: str
    software: str
    parameters: Mapping[str, frozenset[str]]
    """Type -> the search parameters listed for it; a type that cannot be searched is left out."""
    types: frozenset[str]
    """All types that are offered; empty where the server lists none."""
    exports: tuple[str, ...]
    """Levels at which `$export` is advertised."""
    security: tuple[str, ...]

    def searches(self, kind: str, *names: str) -> bool:
        """Whether a type can be searched by all of these parameters, as far as the server says.

        A server that lists no types, or no parameter of a type, leaves it open: then it is asked.
        """
        if kind not in self.parameters:
            return not self.types
        listed = self.parameters[kind]
        return not listed or listed.issuperset(names)

    def offers(self, kind: str) -> bool:
        """Whether resources of a type can be there at all."""
        return not self.types or kind in self.types


def look(session: Session) -> Capability:
    """What the server says of itself; raises UnsupportedVersionError unless it speaks R4 or R4B."""
    try:
        statement = msgspec.json.decode(session.get("metadata").body, type=_Statement)
    except msgspec.DecodeError as error:
        raise SourceError("metadata of the FHIR server is no CapabilityStatement",
                          remedy="check source.access.url: is it the base address of the FHIR interface?") from error
    version = statement.fhir_version or "no version"
    if not version.startswith(RELEASES):
        raise UnsupportedVersionError(f"the FHIR server speaks {version}; only R4 (4.0) and R4B (4.3) are read",
                                      remedy="use the address of its R4 interface")
    rest = next((each for each in statement.rest if each.mode in (None, "server")), _Rest())
    return Capability(
        version=version, software=_software(statement), parameters=dict(_searched(rest)),
        types=frozenset(each.type for each in rest.resource if each.type), exports=tuple(_exports(rest)),
        security=tuple(sorted(_services(rest))))


def _software(statement: _Statement) -> str:
    software = statement.software or _Software()
    return " ".join(filter(None, (software.name or statement.publisher, software.version))) or "unnamed software"


def _searched(rest: _Rest) -> Iterator[tuple[str, frozenset[str]]]:
    for each in rest.resource:
        done = {interaction.code for interaction in each.interaction}
        if each.type and (not done or "search-type" in done):
            yield each.type, frozenset(parameter.name for parameter in each.search_param if parameter.name)


def _exports(rest: _Rest) -> Iterator[str]:
    if _exporting(rest.operation):
        yield "system"
    for each in rest.resource:
        if each.type in ("Group", "Patient") and _exporting(each.operation):
            yield each.type.lower()


def _exporting(operations: tuple[_Named, ...]) -> bool:
    return any("export" in (operation.name or "") for operation in operations)


def _services(rest: _Rest) -> set[str]:
    concepts = rest.security.service if rest.security else ()
    return {coding.code or concept.text or "" for concept in concepts for coding in concept.coding} - {""}
