"""From bytes to typed resources, in two stages: the sieve keeps what can matter, only that is decoded in full."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import msgspec

from hpd_etl.sources.fhir.decode.copies import distinct, latest
from hpd_etl.sources.fhir.decode.resources import Resources
from hpd_etl.sources.fhir.decode.shapes import SHAPES, CodeableConcept, Identifier, Reference, Resource
from hpd_etl.sources.fhir.decode.sieve import MALFORMED, OTHER, Found, Kept, Sieve, reason_of
from hpd_etl.sources.fhir.decode.versions import is_foreign

if TYPE_CHECKING:
    from hpd_etl.sources.fhir.decode.resources import Selection
    from hpd_etl.sources.ledger import Ledger


_OF_NOBODY = ("Patient", "Medication")
"""Types that name no patient; who or what refers to one that is lost, finds it missing."""


class _Known(msgspec.Struct):
    """What is asked of a resource that cannot be decoded in full."""

    id: str | None = None
    subject: Reference | None = None
    patient: Reference | None = None


class Collector:
    """Collects the resources that can matter; each is counted once in the ledger, under its type.

    What mappers make of kept resources is counted elsewhere: their refusals are `also_kept` here.
    """

    def __init__(self, selection: Selection, canonical: str, ledger: Ledger) -> None:
        self.resources = Resources()
        self.sieve = Sieve(selection)
        self._own = canonical
        self._ledger = ledger
        self._decoders = {kind: msgspec.json.Decoder(shape) for kind, shape in SHAPES.items()}
        self._known = msgspec.json.Decoder(_Known)
        self._ignored: Counter[tuple[str, str]] = Counter()
        self._refused: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._copies: defaultdict[tuple[str, str], list[Resource]] = defaultdict(list)
        self._deleted: set[tuple[str, str]] = set()

    def line(self, raw: bytes, place: str = "resource") -> None:
        """Take one resource or Bundle; `place` says in `rejections` where it stood."""
        found = Found()
        self.sieve.resource(raw, place, found)
        self.take(found)

    def take(self, found: Found) -> None:
        """Take what a sieve found."""
        self._ignored.update({(kind, "type_not_read" if kind == OTHER else "code_not_asked"): number
                              for kind, number in found.ignored.items()})
        self.resources.unknown.add(found.unknown)
        self._deleted |= found.deleted
        for refused in found.refused:
            self.refuse(*refused)
        self.resources.lost_of_anybody += len(found.refused)
        for kept in found.kept:
            self._keep(kept)

    def refuse(self, origin: str, place: str, reason: str) -> None:
        """Refuse something; it is counted as `origin`."""
        self._refused[origin, reason].append(place)

    def settle(self) -> Resources:
        """What is left when all is read: copies and deletions are decided, and the ledger has its counts."""
        for (kind, key), copies in self._copies.items():
            self._decide(kind, key, copies)
        for kind, key in self._deleted:
            self._ignored[kind, "deleted"] += self.resources.discard(kind, key)
        for kind, number in self.resources.counts().items():
            self._ledger.count(kind, read=number, kept=number)
        for (kind, why), number in self._ignored.items():
            self._ledger.count(kind, read=number, ignored={why: number})
        for (origin, reason), places in self._refused.items():
            self._ledger.count(origin, read=len(places))
            self._ledger.refuse_found(origin, origin, [(place, None) for place in places], reason)
        return self.resources

    def _keep(self, kept: Kept) -> None:
        kind = kept.type_name
        try:
            resource = None if is_foreign(kind, kept.raw) else self._decoders[kind].decode(kept.raw)
        except MALFORMED:
            self._lose(kept, reason_of(kept.raw))
            return
        if resource is None:
            self._lose(kept, "fhir_version")
        elif self._is_own(resource):
            self._ignored[kind, "own_resource"] += 1
        elif resource.id:
            self._add(resource, kept.url)
        elif kept.url:
            self._add(msgspec.structs.replace(resource, id=kept.url.replace(":", "/").rpartition("/")[2]), kept.url)
        else:
            self._lose(kept, "no_id")

    def _add(self, resource: Resource, url: str | None) -> None:
        """Keep a resource; of several with its type and id the first is kept until all are read."""
        first = self.resources.get(resource.type_name, str(resource.id))
        self.resources.add(first or resource, url)
        if first == resource:
            self._ignored[resource.type_name, "same_again"] += 1
        elif first is not None:
            self._copies[resource.type_name, str(resource.id)].append(resource)

    def _decide(self, kind: str, key: str, copies: list[Resource]) -> None:
        first = self.resources.get(kind, key)
        candidates = distinct([first, *copies] if first else copies)
        self._ignored[kind, "same_again"] += 1 + len(copies) - len(candidates)
        newest = latest(candidates)
        if newest is None:
            self.resources.discard(kind, key)
            for copy in candidates:
                self.refuse(kind, copy.source_id, "duplicate_id")
                self._lost_of(getattr(copy, "subject", None) or getattr(copy, "patient", None))
        else:
            self.resources.add(newest)
            self._ignored[kind, "same_again"] += len(candidates) - 1

    def _is_own(self, resource: Resource) -> bool:
        """Whether we wrote it: an identifier, a code or a tag is of a system below our canonical base."""
        return any(system == self._own or system.startswith(f"{self._own}/")
                   for system in _systems(resource) if system and system.startswith(self._own))

    def _lose(self, kept: Kept, reason: str) -> None:
        """Refuse what cannot be decoded in full, by type and id, else by where it stands."""
        try:
            known = self._known.decode(kept.raw)
        except MALFORMED:
            known = _Known()
        self.refuse(kept.type_name, f"{kept.type_name}:{known.id}" if known.id else kept.place, reason)
        if kept.type_name not in _OF_NOBODY and not (known.subject or known.patient):
            self.resources.lost_of_anybody += 1
        self._lost_of(known.subject or known.patient)

    def _lost_of(self, person: Reference | None) -> None:
        if person is not None:
            self.resources.lost.append(person)


def _systems(resource: Resource) -> list[str | None]:
    """The systems that a resource is identified, coded and tagged by."""
    concept: CodeableConcept | None = getattr(resource, "code", None)
    identifiers: tuple[Identifier, ...] = getattr(resource, "identifier", ())
    codings = (*(concept.coding if concept else ()), *(resource.meta.tag if resource.meta else ()))
    return [identifier.system for identifier in identifiers] + [coding.system for coding in codings]
