"""First look at resources: type and codes alone are decoded, which tells what can matter.

Bytes are never searched: a code may be written with escapes, stand second, or be named in a note.
What matters is handed on as it was written, so that another process may look.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hpd_etl.sources.fhir_shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.sources.fhir_resources import Selection

OTHER = "other"
"""What is counted together: types that are not read, whose names may be anything."""
UNREADABLE = "unreadable"
"""What is counted together: what has no type, because it is no resource."""

_FAILURES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Glance(msgspec.Struct, rename="camel", gc=False):
    """The elements that tell whether a resource can matter."""

    resource_type: str
    contained: msgspec.Raw | None = None
    code: _Concept | None = None
    medication_codeable_concept: _Concept | None = None
    medication_reference: msgspec.Raw | None = None
    has_member: msgspec.Raw | None = None
    component: tuple[_Part, ...] = ()


class _Code(msgspec.Struct, gc=False):
    code: str | None = None


class _Concept(msgspec.Struct, gc=False):
    coding: tuple[_Code, ...] = ()
    text: str | None = None


class _Part(msgspec.Struct, gc=False):
    code: _Concept | None = None


class _Named(msgspec.Struct, rename="camel", gc=False):
    resource_type: str


class _Request(msgspec.Struct, gc=False):
    method: str | None = None
    url: str | None = None


class _Search(msgspec.Struct, gc=False):
    mode: str | None = None


class _Entry(msgspec.Struct, rename="camel", gc=False):
    full_url: str | None = None
    resource: msgspec.Raw | None = None
    request: _Request | None = None
    search: _Search | None = None


class _Bundle(msgspec.Struct, gc=False):
    entry: tuple[_Entry, ...] = ()


class Kept(NamedTuple):
    """A resource that can matter, as it was written; `place` says where, `url` is its full URL in a Bundle."""

    type_name: str
    raw: bytes
    place: str
    url: str | None = None


class Refused(NamedTuple):
    """Something that cannot be read; `origin` is what it is counted as."""

    origin: str
    place: str
    reason: str


@dataclass
class Found:
    """What a part of the input holds."""

    kept: list[Kept] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    deleted: set[tuple[str, str]] = field(default_factory=set)
    """Type and id of what the source says is gone."""
    matches: int = 0
    """Entries of Bundles that a search found, without what was included or said beside them."""


class Sieve:
    """Keeps what a selection wants."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._glance = msgspec.json.Decoder(Glance).decode
        self._named = msgspec.json.Decoder(_Named).decode
        self._bundle = msgspec.json.Decoder(_Bundle).decode

    def resource(self, raw: bytes, place: str, found: Found, url: str | None = None, *, within: bool = False) -> None:
        """Look at one resource; a Bundle is opened unless it stands `within` one."""
        try:
            seen = self._glance(raw)
            name = seen.resource_type
        except _FAILURES:
            seen = None
            try:
                name = self._named(raw).resource_type
            except _FAILURES:
                found.refused.append(Refused(UNREADABLE, place, _why(raw)))
                return
        if name == "Bundle":
            if within:
                found.refused.append(Refused(name, place, "nested_bundle"))
            else:
                self._open(raw, place, found)
        elif name not in SHAPES:
            found.ignored[OTHER] += 1
        elif seen is None or self._matters(name, seen):
            found.kept.append(Kept(name, raw, place, url))
        else:
            found.ignored[name] += 1

    def _open(self, raw: bytes, place: str, found: Found) -> None:
        try:
            entries = self._bundle(raw).entry
        except _FAILURES:
            found.refused.append(Refused("Bundle", place, _why(raw)))
            return
        for position, entry in enumerate(entries):
            if entry.resource is not None:
                self.resource(bytes(entry.resource), f"{place}#{position}", found, entry.full_url, within=True)
            elif entry.request and entry.request.method == "DELETE" and entry.request.url:
                kind, _, key = entry.request.url.rpartition("/")
                found.deleted.add((kind.rpartition("/")[2], key))
            found.matches += entry.resource is not None and (entry.search is None or entry.search.mode == "match")

    def _matters(self, name: str, seen: Glance) -> bool:
        if name in self._selection.whole:
            return True
        if name not in self._selection.codes and name not in self._selection.texts:
            return False
        if name.startswith("Medication") and name != "Medication":
            concept = seen.medication_codeable_concept
            if concept is None or seen.medication_reference is not None or seen.contained is not None:
                return True
            return self._wanted(name, concept)
        if seen.has_member is not None:
            return True
        return any(self._wanted(name, concept) for concept in _concepts(seen))

    def _wanted(self, name: str, concept: _Concept) -> bool:
        codes = [coding.code.strip() for coding in concept.coding if coding.code]
        wanted = self._selection.codes.get(name, frozenset())
        starts = self._selection.prefixes.get(name, ())
        if any(code in wanted or code.startswith(starts) for code in codes):
            return True
        return not codes and (concept.text or "").strip().lower() in self._selection.texts.get(name, ())


def _concepts(seen: Glance) -> Iterator[_Concept]:
    if seen.code is not None:
        yield seen.code
    for part in seen.component:
        if part.code is not None:
            yield part.code


def _why(raw: bytes) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "not_utf8"
    return "malformed_resource"
