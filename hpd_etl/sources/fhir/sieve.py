"""First look at resources: type and codes alone are decoded, which tells what can matter.

Bytes are never searched: a code may be written with escapes, stand second, or be named in a note.
What matters is handed on as it was written, so that another process may look.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import UNSET

from hpd_etl.sources.fhir.resources import Resources
from hpd_etl.sources.fhir.shapes import SHAPES, Medicated
from hpd_etl.sources.fhir.wanted import WantedCodes, WantedNames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.sources.fhir.resources import Selection

OTHER = "other"
"""What is counted together: types that are not read, whose names may be anything."""
UNREADABLE = "unreadable"
"""What is counted together: what has no type, because it is no resource."""
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises on what is no JSON, no UTF-8, or of other types than R4 gives."""

MEDICATED = frozenset(kind for kind, shape in SHAPES.items() if issubclass(shape, Medicated))
"""Types that tell of a drug; what drug may stand in another resource."""

LONGEST = 64 * 1024 * 1024
"""Bytes of a line or document; one that has as many is not read."""


class _Code(msgspec.Struct, gc=False):
    code: str | None = None


class _Concept(msgspec.Struct, gc=False):
    coding: tuple[_Code, ...] = ()
    text: str | None = None


class _DrugCode(_Code, gc=False):
    display: str | None = None


class _Drug(msgspec.Struct, gc=False):
    coding: tuple[_DrugCode, ...] = ()
    text: str | None = None


class _Part(msgspec.Struct, gc=False):
    code: _Concept | None = None


class Glance(msgspec.Struct, rename="camel", gc=False):
    """The elements that tell whether a resource can matter."""

    resource_type: str
    contained: msgspec.Raw | msgspec.UnsetType = UNSET
    code: _Concept | None = None
    medication_codeable_concept: _Drug | None = None
    medication_reference: msgspec.Raw | msgspec.UnsetType = UNSET
    has_member: msgspec.Raw | msgspec.UnsetType = UNSET
    component: tuple[_Part, ...] = ()


class _Named(msgspec.Struct, rename="camel", gc=False):
    resource_type: str


class _Request(msgspec.Struct, gc=False):
    method: str | None = None
    url: str | None = None


class _Search(msgspec.Struct, gc=False):
    mode: str | None = None


class _Entry(msgspec.Struct, rename="camel", gc=False):
    full_url: str | None = None
    resource: msgspec.Raw = msgspec.Raw()
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
    lines: Counter[str] = field(default_factory=Counter)
    """How many lines of a file, by its name; a document counts as one."""
    matches: int = 0
    """Entries of Bundles that a search found, without what was included or said beside them."""

    def add(self, other: Found) -> None:
        """Take over what another part holds."""
        self.kept += other.kept
        self.ignored += other.ignored
        self.refused += other.refused
        self.deleted |= other.deleted
        self.lines.update(other.lines)
        self.matches += other.matches


class Sieve:
    """Keeps what a selection wants."""

    def __init__(self, selection: Selection) -> None:
        self._whole = selection.whole
        self._texts = selection.texts
        coded = {*selection.codes, *selection.prefixes, *selection.texts} - selection.whole
        self._codes = {kind: WantedCodes(selection, kind) for kind in coded}
        self._names = WantedNames(selection.names)
        self._glance = msgspec.json.Decoder(Glance).decode
        self._named = msgspec.json.Decoder(_Named).decode
        self._bundle = msgspec.json.Decoder(_Bundle).decode

    def lines(self, lines: Iterator[bytes], name: str, start: int, stop: int, found: Found) -> int:
        """Look at one resource a line, from byte `start` of a file on; gives the byte of the first line left.

        That is a line behind `stop`, or the end. Nearly all lines bear codes that nobody asked for, which is
        seen here without another call.
        """
        glance, codes, ignored, count = self._glance, self._codes, dict.fromkeys(self._codes, 0), 0
        try:
            for count, raw in enumerate(lines, 1):  # noqa: B007 - counted on the way
                try:
                    seen = glance(raw)
                except MALFORMED:
                    self.resource(raw, f"{name}@{start}", found)
                    start += _skipped(raw, lines)
                else:
                    kind, concept = seen.resource_type, seen.code or seen.medication_codeable_concept
                    wanted = codes.get(kind)
                    if (wanted is None or concept is None or not concept.coding or seen.component
                            or seen.has_member is not UNSET or seen.medication_reference is not UNSET
                            or seen.contained is not UNSET):
                        self._sort(seen, raw, _Where(f"{name}@{start}"), found)
                    else:
                        for coding in concept.coding:
                            if wanted[coding.code]:
                                self._sort(seen, raw, _Where(f"{name}@{start}"), found)
                                break
                        else:
                            if seen.medication_codeable_concept and self._is_named(seen.medication_codeable_concept):
                                self._sort(seen, raw, _Where(f"{name}@{start}"), found)
                            else:
                                ignored[kind] += 1
                start += len(raw)
                if start >= stop:
                    break
        finally:
            found.lines[name] += count
            found.ignored += Counter(ignored)
        return start

    def resource(self, raw: bytes, place: str, found: Found) -> None:
        """Look at one resource; a Bundle is opened, white space is nothing."""
        if len(raw) >= LONGEST:
            found.refused.append(Refused(UNREADABLE, place, "line_too_long"))
        elif raw := raw.removeprefix(BOM_UTF8).strip():
            self._look(raw, _Where(place), found)

    def _look(self, raw: bytes, where: _Where, found: Found) -> None:
        try:
            seen = self._glance(raw)
        except MALFORMED:
            self._sort_by_name(raw, where, found)
        else:
            self._sort(seen, raw, where, found)

    def _sort_by_name(self, raw: bytes, where: _Where, found: Found) -> None:
        """What has an element of another type than R4 gives it; it is decoded in full if its type matters at all."""
        try:
            kind = self._named(raw).resource_type
        except MALFORMED:
            found.refused.append(Refused(UNREADABLE, where.place, reason_of(raw)))
            return
        if kind in self._whole or kind in self._codes:
            found.kept.append(Kept(kind, raw, where.place, where.url))
        else:
            found.ignored[kind if kind in SHAPES else OTHER] += 1

    def _sort(self, seen: Glance, raw: bytes, where: _Where, found: Found) -> None:
        kind = seen.resource_type
        if kind == "Bundle":
            self._open(raw, where, found)
        elif kind in self._whole or (kind in self._codes and self._matters(kind, seen)):
            found.kept.append(Kept(kind, raw, where.place, where.url))
        else:
            found.ignored[kind if kind in SHAPES else OTHER] += 1

    def _open(self, raw: bytes, where: _Where, found: Found) -> None:
        if where.in_bundle:
            found.refused.append(Refused("Bundle", where.place, "nested_bundle"))
            return
        try:
            entries = self._bundle(raw).entry
        except MALFORMED:
            found.refused.append(Refused("Bundle", where.place, reason_of(raw)))
            return
        for position, entry in enumerate(entries):
            if entry.resource:
                found.matches += entry.search is None or entry.search.mode in (None, "match")
                self._look(bytes(entry.resource), _Where(f"{where.place}#{position}", entry.full_url, True), found)
            elif entry.request and entry.request.method == "DELETE":
                found.deleted.update(filter(None, [Resources.key(entry.request.url or "")]))

    def _matters(self, kind: str, seen: Glance) -> bool:
        if seen.has_member is not UNSET or seen.medication_reference is not UNSET:
            return True
        if kind in MEDICATED and (seen.contained is not UNSET or seen.medication_codeable_concept is None):
            return True
        drug = seen.medication_codeable_concept
        return any(self._means(kind, concept) for concept in _concepts(seen)) or (
            drug is not None and self._is_named(drug))

    def _is_named(self, drug: _Drug) -> bool:
        """Whether the words name a drug that is looked for, although the code may say nothing."""
        return self._names[drug.text] or any(self._names[coding.display] for coding in drug.coding)

    def _means(self, kind: str, concept: _Concept | _Drug) -> bool:
        codes = [coding.code for coding in concept.coding if coding.code]
        if codes:
            return any(self._codes[kind].has(code) for code in codes)
        return (concept.text or "").strip().lower() in self._texts.get(kind, ())


class _Where(NamedTuple):
    """Where a resource stands."""

    place: str
    url: str | None = None
    in_bundle: bool = False


def _skipped(raw: bytes, lines: Iterator[bytes]) -> int:
    """Leave the rest of a line that is too long; gives how many bytes that were."""
    skipped = 0
    while len(raw) >= LONGEST and not raw.endswith(b"\n"):
        rest = next(lines, b"\n")
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _concepts(seen: Glance) -> Iterator[_Concept | _Drug]:
    """Every code of a resource, those of its components too."""
    yield from filter(None, (seen.code, seen.medication_codeable_concept, *(part.code for part in seen.component)))


def reason_of(raw: bytes) -> str:
    """Why these bytes could not be decoded."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "not_utf8"
    return "malformed_resource"
