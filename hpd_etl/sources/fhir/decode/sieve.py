"""First look at resources: type and codes alone are decoded, which tells what can matter.

Bytes are never searched: a code may be written with escapes, stand second, or be named in a note.
What matters is handed on as it was written, so that another process may look.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from io import BytesIO
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import UNSET

from hpd_etl.sources.fhir.decode.glance import Bundle, Concept, Drug, Glance, Named
from hpd_etl.sources.fhir.decode.resources import Resources
from hpd_etl.sources.fhir.decode.shapes import MEDICATED, SHAPES
from hpd_etl.sources.fhir.decode.unknown import Borne, borne
from hpd_etl.sources.fhir.decode.wanted import WantedCodes, WantedNames

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpd_etl.sources.fhir.decode.resources import Selection

OTHER = "other"
"""What is counted together: types that are not read, whose names may be anything."""
UNREADABLE = "unreadable"
"""What is counted together: what has no type, because it is no resource."""
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises on what is no JSON, no UTF-8, or of other types than R4 gives."""

LONGEST = 64 * 1024 * 1024
"""Bytes of a line or document; one that has as many is not read."""


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
    unknown: Counter[Borne] = field(default_factory=Counter)
    """Of the ignored: the codes that nobody knows."""
    refused: list[Refused] = field(default_factory=list)
    deleted: set[tuple[str, str]] = field(default_factory=set)
    """Type and id of what the source says is gone."""
    lines: Counter[str] = field(default_factory=Counter)
    """How many lines of a file, by its name; a document counts as one."""

    def add(self, other: Found) -> None:
        """Take over what another part holds."""
        self.kept += other.kept
        self.ignored += other.ignored
        self.unknown.update(other.unknown)
        self.refused += other.refused
        self.deleted |= other.deleted
        self.lines.update(other.lines)


class Sieve:
    """Keeps what a selection wants."""

    def __init__(self, selection: Selection) -> None:
        self._whole = selection.whole
        self._texts = selection.texts
        coded = {*selection.codes, *selection.prefixes, *selection.texts} - selection.whole
        self._codes = {kind: WantedCodes(selection, kind) for kind in coded}
        self._names = WantedNames(selection.names)
        self._systems = selection.systems
        self._glance = msgspec.json.Decoder(Glance).decode
        self._glances = msgspec.json.Decoder(Glance).decode_lines
        self._named = msgspec.json.Decoder(Named).decode
        self._bundle = msgspec.json.Decoder(Bundle).decode

    def lines(self, block: bytes, name: str, start: int, found: Found) -> None:
        """Look at whole lines, a resource each, which begin at byte `start` of a file.

        They are decoded together, because nearly all bear codes that nobody asked for. All others are cut out, and
        must tell the same alone: where lines and resources do not agree, one line is looked at after the other.
        """
        lines = BytesIO(block).readlines()
        starts = list(accumulate(map(len, lines), initial=start))
        seen = self._together(block)
        ignored, unknown, left = self._sift(seen)
        if len(seen) == len(lines) and all(self._tells(lines[position], seen[position]) for position in left):
            found.ignored += ignored
            found.unknown.update(unknown)
            for position in left:
                self._sort(seen[position], lines[position].strip(), _Where(f"{name}@{starts[position]}"), found)
        else:
            self._one_by_one(lines, starts, name, found)
        found.lines[name] += len(lines)

    def _together(self, block: bytes) -> list[Glance]:
        """All resources of a block; none where any cannot be read, or a line may be too long."""
        try:
            return self._glances(block) if len(block) < LONGEST else []
        except MALFORMED:
            return []

    def _sift(self, seen: Sequence[Glance]) -> tuple[Counter[str], Mapping[Borne, int], list[int]]:
        """How many bear only codes nobody asked for, by type, which of these nobody knows, and where all others are."""
        codes, ignored, left = self._codes, dict.fromkeys(self._codes, 0), []
        systems, unknown = self._systems, defaultdict[Borne, int](int)
        for position, each in enumerate(seen):
            kind, drug = each.resource_type, each.medication_codeable_concept
            wanted, concept = codes.get(kind), each.code or drug
            if (wanted is None or concept is None or not concept.coding or each.component
                    or each.has_member is not UNSET or each.medication_reference is not UNSET
                    or each.contained is not UNSET):
                left.append(position)
                continue
            for coding in concept.coding:
                if wanted[coding.code]:
                    left.append(position)
                    break
            else:
                if drug is not None and self._is_named(drug):
                    left.append(position)
                else:
                    ignored[kind] += 1
                    system = concept.coding[0].system
                    if type(system) is str and system in systems:
                        continue
                    if (key := borne(each, concept, systems)) is not None:
                        unknown[key] += 1
        return Counter(ignored), unknown, left

    def _tells(self, raw: bytes, seen: Glance) -> bool:
        """Whether a line is this resource, and nothing else."""
        try:
            return self._glance(raw) == seen
        except MALFORMED:
            return False

    def _one_by_one(self, lines: Sequence[bytes], starts: Sequence[int], name: str, found: Found) -> None:
        for raw, at in zip(lines, starts, strict=False):  # the last start is the end
            if _is_cut(raw):
                found.refused.append(Refused(UNREADABLE, name, "truncated_file"))
            else:
                self.resource(raw, f"{name}@{at}", found)

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
            concept = seen.code or seen.medication_codeable_concept
            if kind in self._codes and concept and (key := borne(seen, concept, self._systems)) is not None:
                found.unknown[key] += 1

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
                self._look(bytes(entry.resource), _Where(f"{where.place}#{position}", entry.full_url, True), found)
            elif entry.request and entry.request.method == "DELETE":
                found.deleted.update(filter(None, [Resources.key(entry.request.url or "")]))

    def _matters(self, kind: str, seen: Glance) -> bool:
        if seen.has_member is not UNSET or seen.medication_reference is not UNSET:
            return True
        if kind in MEDICATED and (seen.contained is not UNSET or seen.medication_codeable_concept is None):
            return True
        drug = seen.medication_codeable_concept
        return any(self._means(kind, concept) for concept in seen.concepts()) or (
            drug is not None and self._is_named(drug))

    def _is_named(self, drug: Drug) -> bool:
        """Whether the words name a drug that is looked for, although the code may say nothing."""
        names = self._names
        for coding in drug.coding:
            if names[coding.display]:
                return True
        return names[drug.text]

    def _means(self, kind: str, concept: Concept | Drug) -> bool:
        codes = [coding.code for coding in concept.coding if coding.code]
        if codes:
            return any(self._codes[kind].has(code) for code in codes)
        return (concept.text or "").strip().lower() in self._texts.get(kind, ())


class _Where(NamedTuple):
    """Where a resource stands."""

    place: str
    url: str | None = None
    in_bundle: bool = False


def _is_cut(raw: bytes) -> bool:
    """Whether this is a last line that ends in the middle."""
    if raw.endswith(b"\n") or len(raw) >= LONGEST or not raw.strip():
        return False
    try:
        msgspec.json.decode(raw.removeprefix(BOM_UTF8), type=msgspec.Raw)
    except MALFORMED:
        return True
    return False


def reason_of(raw: bytes) -> str:
    """Why these bytes could not be decoded."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "not_utf8"
    return "malformed_resource"
