"""What a server says of itself in its CapabilityStatement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpd_etl.fhir_http.statement import stated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hpd_etl.fhir_http import Session
    from hpd_etl.fhir_http.statement import Named, Rest


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
    statement = stated(session, "source.access.url")
    rest = statement.server
    return Capability(
        version=str(statement.fhir_version), software=statement.software_named(), parameters=dict(_searched(rest)),
        types=frozenset(each.type for each in rest.resource if each.type), exports=tuple(_exports(rest)),
        security=tuple(sorted(_services(rest))))


def _searched(rest: Rest) -> Iterator[tuple[str, frozenset[str]]]:
    for each in rest.resource:
        done = {interaction.code for interaction in each.interaction}
        if each.type and (not done or "search-type" in done):
            yield each.type, frozenset(parameter.name for parameter in each.search_param if parameter.name)


def _exports(rest: Rest) -> Iterator[str]:
    if _exporting(rest.operation):
        yield "system"
    for each in rest.resource:
        if each.type in ("Group", "Patient") and _exporting(each.operation):
            yield each.type.lower()


def _exporting(operations: tuple[Named, ...]) -> bool:
    return any("export" in (operation.name or "") for operation in operations)


def _services(rest: Rest) -> set[str]:
    concepts = rest.security.service if rest.security else ()
    return {coding.code or concept.text or "" for concept in concepts for coding in concept.coding} - {""}
