"""The few elements that are decoded of every resource, to see whether it can matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET


class _Code(msgspec.Struct, gc=False):
    """A code; a system may be anything, as one that is no text is no reason to refuse what nobody asked for."""

    code: str | None = None
    system: Any = None


class Concept(msgspec.Struct, gc=False):
    """What is meant, in codes or in words."""

    coding: tuple[_Code, ...] = ()
    text: str | None = None


class _DrugCode(_Code, gc=False):
    """A code with what it is called."""

    display: str | None = None


class Drug(msgspec.Struct, gc=False):
    """A drug; its words matter whatever its codes."""

    coding: tuple[_DrugCode, ...] = ()
    text: str | None = None


class _Part(msgspec.Struct, gc=False):
    """A component."""

    code: Concept | None = None


class Glance(msgspec.Struct, rename="camel", gc=False):
    """The elements that tell whether a resource can matter."""

    resource_type: str
    contained: msgspec.Raw | msgspec.UnsetType = UNSET
    code: Concept | None = None
    medication_codeable_concept: Drug | None = None
    medication_reference: msgspec.Raw | msgspec.UnsetType = UNSET
    has_member: msgspec.Raw | msgspec.UnsetType = UNSET
    component: tuple[_Part, ...] = ()
    subject: msgspec.Raw = msgspec.Raw()

    def concepts(self) -> Iterator[Concept | Drug]:
        """Every code of the resource, those of its components too."""
        yield from filter(None, (self.code, self.medication_codeable_concept, *(part.code for part in self.component)))


class Named(msgspec.Struct, rename="camel", gc=False):
    """The type alone."""

    resource_type: str


class _Request(msgspec.Struct, gc=False):
    method: str | None = None
    url: str | None = None


class _Entry(msgspec.Struct, rename="camel", gc=False):
    full_url: str | None = None
    resource: msgspec.Raw = msgspec.Raw()
    request: _Request | None = None


class Bundle(msgspec.Struct, gc=False):
    """What holds resources; they are left as they are written."""

    entry: tuple[_Entry, ...] = ()
