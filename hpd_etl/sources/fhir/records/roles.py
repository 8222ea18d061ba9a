"""What a source calls a lesion: target, non-target or new, by code or by the words of CDISC."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hpd_etl import codes
from hpd_etl.sources.fhir.records.meanings import answers, by_token
from hpd_etl.sources.lesions import ROLES, role_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hpd_etl.sources.fhir.decode.shapes import CodeableConcept, Observation
    from hpd_etl.sources.fhir.records.reading import Reading


class Role(NamedTuple):
    """Position in ROLES, and whether what said it says node, too."""

    role: int
    is_node: bool


_UNSTATED = Role(ROLES.index("unstated"), is_node=False)


class RoleReader:
    """Reads roles from components, from further codings of the size and from categories."""

    def __init__(self, reading: Reading) -> None:
        own = reading.source.mapping.roles
        self._tokens = reading.tokens
        words, nodal = role_words(own)
        self._words = {word: Role(role, word in nodal) for word, role in words.items()}
        self._coded = {token: Role(ROLES.index(role.role), bool(role.is_node))
                       for token, role in by_token(codes.lesion_roles).items()}
        self._coded |= {token: Role(ROLES.index(role), is_node=False)
                        for token, role in reading.tokens.own(own).items()}
        self._known: dict[tuple[CodeableConcept | None, str | None], Role | None] = {}

    def of(self, context: Sequence[Observation]) -> Role:
        """The role by the nearest Observation that names one."""
        return next((role for each in context for role in self._told(each)), _UNSTATED)

    def _told(self, observation: Observation) -> Iterator[Role]:
        told = [(part.value_codeable_concept, part.value_string) for part in observation.component]
        told += [(concept, None) for concept in (observation.code, *observation.category)]
        for key in told:
            if key not in self._known:
                self._known[key] = self._said(*key)
            if (role := self._known[key]) is not None:
                yield role

    def _said(self, concept: CodeableConcept | None, text: str | None) -> Role | None:
        coded = self._tokens.first(concept, self._coded)
        words = (word.upper() for word in answers(concept, text))
        return coded or next((self._words[word] for word in words if word in self._words), None)
