"""From bytes to typed resources, in two stages: the sieve keeps what can matter, only that is decoded in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hpd_etl.sources.fhir_resources import Resources
from hpd_etl.sources.fhir_shapes import SHAPES, Resource
from hpd_etl.sources.fhir_sieve import Found, Kept, Sieve

if TYPE_CHECKING:
    from hpd_etl.sources.fhir_resources import Selection
    from hpd_etl.sources.ledger import Ledger


class Collector:
    """Collects the resources that can matter; each is counted once in the ledger, under its type.

    What mappers make of kept resources is counted elsewhere: refusals of theirs are `also_kept` here.
    """

    def __init__(self, selection: Selection, canonical: str, ledger: Ledger) -> None:
        self.resources = Resources()
        self._sieve = Sieve(selection)
        self._own = (canonical, f"{canonical}/")
        self._ledger = ledger
        self._decoders = {name: msgspec.json.Decoder(shape) for name, shape in SHAPES.items()}

    def line(self, raw: bytes, place: str = "") -> None:
        """Take one resource or Bundle; `place` says in `rejections` where it stood."""
        found = Found()
        self._sieve.resource(raw, place, found)
        self.take(found)

    def bundle(self, raw: bytes, place: str = "") -> int:
        """Take all entries of a Bundle; gives how many of them a search found (included ones are taken, not counted)."""
        found = Found()
        self._sieve.resource(raw, place, found)
        self.take(found)
        return found.matches

    def take(self, found: Found) -> None:
        """Take what a sieve found."""
        for name, number in found.ignored.items():
            self._ledger.count(name, read=number, ignored=number)
        for refused in found.refused:
            self._refuse(refused.origin, refused.place, refused.reason)
        for kept in found.kept:
            self._keep(kept)

    def settle(self) -> Resources:
        """All that was kept, once everything is read: duplicates and deletions are decided only then."""
        return self.resources

    def _keep(self, kept: Kept) -> None:
        try:
            resource: Resource = self._decoders[kept.type_name].decode(kept.raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._refuse(kept.type_name, kept.place, "malformed_resource")
            return
        self.resources.add(resource, kept.url)
        self._ledger.count(kept.type_name, read=1, kept=1)

    def _refuse(self, origin: str, place: str, reason: str) -> None:
        self._ledger.count(origin, read=1)
        self._ledger.refuse_found(origin, origin, [(place, None)], reason)
