"""What the codes of an Observation mean to us: by the site's mapping, else by the shipped lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl import codes
from hpd_etl.sources.fhir.decode.resources import Selection
from hpd_etl.sources.fhir.decode.shapes import Component, Observation
from hpd_etl.sources.lesions import KINDS
from hpd_etl.sources.meanings import Meaning, own_meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import TypeVar

    from hpd_etl.config import Mapping as SiteMapping
    from hpd_etl.sources.fhir.decode.shapes import CodeableConcept
    from hpd_etl.sources.fhir.records.codes import Tokens

    T = TypeVar("T")
    Holder = tuple[Meaning, Observation | Component]

SYSTEMS = ("LOINC", "SNOMED CT", "NCIt", "DICOM", "HGNC")
_UNSTATED = Meaning("unstated")


def by_token(read: Callable[[str], Mapping[str, T]], systems: Collection[str] = SYSTEMS) -> dict[str, T]:
    """A code list as `system|code` -> what it says."""
    return {f"{system}|{code}": said for system in systems for code, said in read(system).items()}


def answers(concept: CodeableConcept | None, text: str | None = None) -> list[str]:
    """The words in which something is said: a text, that of a concept, what its codes are called."""
    told = [text]
    if concept is not None:
        told += [concept.text, *(coding.display for coding in concept.coding)]
    return [" ".join(word.split()) for word in told if word and word.strip()]


class Meanings:
    """Reads the codes of Observations and of their components."""

    def __init__(self, own: SiteMapping, tokens: Tokens) -> None:
        self._tokens = tokens
        meanings = {key: own_meaning(key, value) for key, value in own.measurements.items()}
        self._own = tokens.own(meanings)
        self._texts = {key.strip().lower(): meaning for key, meaning in meanings.items()
                       if "|" not in key and not key.isdecimal()}
        self._shipped = _shipped()
        self._known: dict[CodeableConcept, Meaning | None] = {}

    def of(self, concept: CodeableConcept | None) -> Meaning | None:
        """What a code means; None where nobody knows."""
        if concept is None:
            return None
        try:
            return self._known[concept]
        except KeyError:
            return self._known.setdefault(concept, self._decided(concept))

    def _decided(self, concept: CodeableConcept) -> Meaning | None:
        found = list(self._tokens.of(concept))
        if not found:
            return self._texts.get((concept.text or "").strip().lower())
        for token in found:
            if token in self._own:
                return self._own[token]
        known = {self._shipped[token]: None for token in found if token in self._shipped}
        specific = [meaning for meaning in known if meaning != _UNSTATED]
        if len(specific) > 1 and all(meaning.kind in KINDS for meaning in specific):
            return _UNSTATED  # two codings name two dimensions
        return specific[0] if specific else next(iter(known), None)

    def kinds(self, observation: Observation) -> frozenset[str]:
        """The kinds of all codes of the Observation and of its components."""
        concepts = (observation.code, *[part.code for part in observation.component])
        return frozenset([meaning.kind for concept in concepts if (meaning := self.of(concept)) is not None])

    def holders(self, observation: Observation, kinds: Collection[str]) -> list[Holder]:
        """Where the Observation tells something of these kinds: in its own value, or in components.

        The code of a panel without a value only says what its parts are about.
        """
        own = self.of(observation.code)
        if own is not None and own.kind == "ignore":
            return []
        found: list[Holder] = [
            (meaning, part) for part in observation.component
            if (meaning := self.of(part.code)) is not None and meaning.kind in kinds]
        if own is not None and own.kind in kinds and (
                _has_value(observation) or not (found or observation.has_member)):
            found.insert(0, (own, observation))
        return found

    def selection(self, *kinds: str) -> Selection:
        """The Observations that can tell something of these kinds."""
        tokens = [token for meanings in (self._own, self._shipped) for token, meaning in meanings.items()
                  if meaning.kind in kinds]
        texts = frozenset(text for text, meaning in self._texts.items() if meaning.kind in kinds)
        name = Observation.type_name
        return Selection(frozenset(), {name: frozenset(token.rpartition("|")[2] for token in tokens)},
                         texts={name: texts})


def _shipped() -> dict[str, Meaning]:
    known = {token: Meaning(kind) for token, kind in by_token(codes.measurement_kinds).items()}
    known |= {token: Meaning("response", response=test) for token, test in by_token(codes.response_tests).items()}
    for token, entries in by_token(codes.findings).items():
        if entries[0].part in {"test", "grade"}:
            meaning = Meaning("finding", finding=entries[0])
            known[token] = meaning
            known[token.replace("HGNC|", "HGNC|HGNC:")] = meaning  # as genomics reporting writes the number
    return known


def _has_value(observation: Observation) -> bool:
    return any(value is not None for value in (
        observation.value_quantity, observation.value_codeable_concept, observation.value_string,
        observation.value_boolean, observation.value_integer))
