"""Which lesion an Observation is about: a ladder of rungs, and never a guess.

The rungs: the identifier of the BodyStructure in `focus`, else its id; else a tracking identifier of
DICOM, the unique one first. A Condition in `focus` is the disease, not a lesion: two lesions would
become one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hpd_etl.sources.fhir.decode.resources import Resources
from hpd_etl.sources.fhir.decode.shapes import BodyStructure, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hpd_etl.sources.fhir.decode.shapes import Identifier, Observation, Reference
    from hpd_etl.sources.fhir.records.observations import Told
    from hpd_etl.sources.fhir.records.reading import Reading

RUNGS = ("body_structure_identifier", "body_structure", "tracking_uid", "tracking_identifier", "row")
_IDENTIFIER, _ID, _UID, _TRACKING, _ROW = range(len(RUNGS))
_OID = "urn:oid:"
_TRACKED = (("DICOM|112040", _UID), ("DICOM|112039", _TRACKING))


class Lesion(NamedTuple):
    """The name of a lesion, the same over time, and the position of its rung in RUNGS."""

    name: str
    rung: int
    structure: BodyStructure | None = None
    is_lost: bool = False
    """A BodyStructure is named that is not there; its id still names the lesion."""


def of_row(told: Told) -> Lesion:
    """An Observation that only says "new lesion" needs no other name than its own."""
    return Lesion(f"Observation/{told.observation.id}", _ROW)


class Identities:
    """Names the lesions of Observations."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[tuple[Reference, str], Lesion | None] = {}

    def of(self, told: Told) -> Lesion | None:
        """The lesion by the first rung that names one; None where none does."""
        for observation in told.context:
            named = {lesion.name: lesion for reference in observation.focus
                     if (lesion := self._focused(observation, reference, told.person))}
            if len(named) == 1:
                return named.popitem()[1]
            if named:
                return None  # one size of two structures is the size of neither
        return self._tracked(told.context)

    def _focused(self, observation: Observation, reference: Reference, person: str) -> Lesion | None:
        """The lesion that a reference names; None where it is no BodyStructure of this person."""
        structure = self._contained(observation, reference)
        if structure is not None:
            return self._named(structure, reference, person)
        if (reference, person) not in self._known:
            self._known[reference, person] = self._found(reference, person)
        return self._known[reference, person]

    def _found(self, reference: Reference, person: str) -> Lesion | None:
        structure = self._reading.resources.find(reference, BodyStructure)
        if structure is not None:
            return self._named(structure, reference, person)
        key = Resources.key(reference.reference or "")
        if key is not None and key[0] == BodyStructure.type_name:
            return Lesion(f"BodyStructure/{key[1]}", _ID, is_lost=True)
        if key is None and reference.identifier and reference.type == BodyStructure.type_name:
            named = self._identified([reference.identifier])
            return Lesion(named, _IDENTIFIER) if named else None
        return None

    def _named(self, structure: BodyStructure, reference: Reference, person: str) -> Lesion | None:
        if structure.patient is not None and self._reading.person(structure) != person:
            return None
        named = self._identified(structure.identifier)
        if named is not None:
            return Lesion(named, _IDENTIFIER, structure)
        own = reference.reference or ""
        return None if own.startswith("#") else Lesion(f"BodyStructure/{structure.id}", _ID, structure)

    def _contained(self, observation: Observation, reference: Reference) -> BodyStructure | None:
        wanted = (reference.reference or "").removeprefix("#")
        if not wanted or wanted == reference.reference:
            return None
        for raw in observation.contained:
            try:
                named = msgspec.json.decode(raw, type=_Named)
                if named == _Named(BodyStructure.type_name, wanted):
                    return msgspec.json.decode(raw, type=BodyStructure)
            except msgspec.DecodeError:
                continue
        return None

    def _identified(self, identifiers: Sequence[Identifier]) -> str | None:
        """The identifier that names a structure: a tracking one, else the first."""
        valued = [each for each in identifiers if each.value]
        tracking = [each for token, _ in _TRACKED for each in valued if token in self._reading.tokens.of(each.type)]
        chosen = next(iter(tracking or valued), None)
        return f"{chosen.system or ''}|{chosen.value}" if chosen else None

    def _tracked(self, context: Sequence[Observation]) -> Lesion | None:
        """The lesion by a tracking identifier of the Observation or of its panels."""
        for token, rung in _TRACKED:
            for name in self._tracking_values(context, token):
                return Lesion(name, rung)
        return None

    def _tracking_values(self, context: Sequence[Observation], token: str) -> Iterator[str]:
        for observation in context:
            told = [each.value for each in observation.identifier if token in self._reading.tokens.of(each.type)]
            told += [part.value_string for part in observation.component if token in self._reading.tokens.of(part.code)]
            yield from (value.strip().removeprefix(_OID) for value in told if value and value.strip())


class _Named(Shape, frozen=True):
    """What a contained resource is, and its id."""

    resource_type: str | None = None
    id: str | None = None
