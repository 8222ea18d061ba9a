"""Which organ a body site is, in the plain name that every source uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl.sources.lesions import plain_organ

if TYPE_CHECKING:
    from hpd_etl.sources.fhir.decode.shapes import CodeableConcept
    from hpd_etl.sources.fhir.records.reading import Reading


class Organs:
    """Names body sites: as the site says, else in the words of the resource."""

    def __init__(self, reading: Reading) -> None:
        mapping = reading.source.mapping.organs
        self._tokens = reading.tokens
        self._codes = reading.tokens.own(mapping)
        self._known: dict[CodeableConcept, str | None] = {}
        self._words = {key.strip().lower(): organ for key, organ in mapping.items()}

    def of(self, concept: CodeableConcept | None) -> str | None:
        """The organ; None where nothing names it."""
        if concept is None:
            return None
        if concept not in self._known:
            self._known[concept] = self._named(concept)
        return self._known[concept]

    def _named(self, concept: CodeableConcept) -> str | None:
        if mapped := self._tokens.first(concept, self._codes):
            return mapped
        words = [word.strip() for word in (*(coding.display or "" for coding in concept.coding), concept.text or "")]
        mapped = next((self._words[word.lower()] for word in words if word.lower() in self._words), None)
        return mapped or next((plain_organ(word) for word in words if word), None)
