"""The CapabilityStatement of a server: what it says of itself, as far as reading and writing ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hpd_etl.errors import SourceError, UnsupportedVersionError

if TYPE_CHECKING:
    from hpd_etl.fhir_http.session import Session

RELEASES = ("4.0", "4.3")
"""How the versions of FHIR begin that are read and written: R4 and R4B."""


class _Part(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """A part of a CapabilityStatement."""


class Software(_Part, frozen=True):
    """Name and version of the software."""

    name: str | None = None
    version: str | None = None


class Named(_Part, frozen=True):
    """Something with a name: a search parameter, an operation."""

    name: str | None = None


class Coded(_Part, frozen=True):
    """Something with a code: an interaction."""

    code: str | None = None


class Concept(_Part, frozen=True):
    """A way of being let in, by codes or in words."""

    coding: tuple[Coded, ...] = ()
    text: str | None = None


class Security(_Part, frozen=True):
    """The ways of being let in."""

    service: tuple[Concept, ...] = ()


class Offered(_Part, frozen=True):
    """A resource type that is offered."""

    type: str | None = None
    interaction: tuple[Coded, ...] = ()
    search_param: tuple[Named, ...] = ()
    operation: tuple[Named, ...] = ()
    update_create: bool | None = None


class Rest(_Part, frozen=True):
    """What can be done over HTTP."""

    mode: str | None = None
    security: Security | None = None
    resource: tuple[Offered, ...] = ()
    interaction: tuple[Coded, ...] = ()
    operation: tuple[Named, ...] = ()


class Statement(_Part, frozen=True, tag_field="resourceType", tag="CapabilityStatement"):
    """A CapabilityStatement."""

    fhir_version: str | None = None
    publisher: str | None = None
    software: Software | None = None
    rest: tuple[Rest, ...] = ()

    @property
    def server(self) -> Rest:
        """What the server does, not what it does as a client."""
        return next((each for each in self.rest if each.mode in (None, "server")), Rest())

    def software_named(self) -> str:
        """Name and version of the software, as far as they are told."""
        told = self.software or Software()
        return " ".join(filter(None, (told.name or self.publisher, told.version))) or "unnamed software"


def read_statement(body: bytes) -> Statement | None:
    """The statement in an answer; None where it is none."""
    try:
        return msgspec.json.decode(body, type=Statement)
    except msgspec.DecodeError:
        return None


def stated(session: Session, setting: str) -> Statement:
    """What the server says of itself; `setting` of site.toml holds its address.

    Raises SourceError where it says nothing, UnsupportedVersionError unless it speaks R4 or R4B.
    """
    statement = read_statement(session.get("metadata").body)
    if statement is None:
        raise SourceError("metadata of the FHIR server is no CapabilityStatement",
                          remedy=f"check {setting}: is it the base address of the FHIR interface?")
    version = statement.fhir_version
    if version is None or not version.startswith(RELEASES):
        raise UnsupportedVersionError(
            f"the server speaks FHIR {version or 'of an unknown version'}, not R4 (4.0) or R4B (4.3)",
            remedy=f"name its R4 or R4B endpoint in {setting}")
    return statement
