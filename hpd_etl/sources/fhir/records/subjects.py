"""Whom a resource is about: the Patient behind its reference, or the one that replaced them."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from hpd_etl.sources.fhir.decode.shapes import Patient

if TYPE_CHECKING:
    from collections.abc import Collection

    from hpd_etl.sources.fhir.decode.resources import Resources
    from hpd_etl.sources.fhir.decode.shapes import Reference

_UNCLEAR = ""


class Subjects:
    """The persons behind the Patients; records of one human that `link` merges are one person.

    A person is named by the id of the Patient that no other replaces. A circle of replacements, or two
    replacements of one Patient, names nobody.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._asked: dict[tuple[str | None, str | None, str | None], str | None] = {}
        self.nowhere: list[Patient] = []
        """Patients with a link to somebody who is not there; they stand for themselves."""
        self._successors = self._read_links()
        self._survivor = {str(patient.id): self._followed(str(patient.id)) for patient in resources.of(Patient)}

    def _read_links(self) -> dict[str, set[str]]:
        """Patient -> those who replaced it, as either end says."""
        found: dict[str, set[str]] = defaultdict(set)
        for patient in self._resources.of(Patient):
            for link in patient.link:
                if link.type not in ("replaced-by", "replaces"):
                    continue
                other = self._resources.find(link.other, Patient)
                if other is None:
                    self.nowhere.append(patient)
                    continue
                old, new = (patient, other) if link.type == "replaced-by" else (other, patient)
                found[str(old.id)].add(str(new.id))
        return found

    def _followed(self, key: str) -> str:
        seen = {key}
        while successors := self._successors.get(key):
            key = next(iter(successors))
            if len(successors) > 1 or key in seen:
                return _UNCLEAR
            seen.add(key)
        return key

    def survivor(self, patient: Patient) -> str:
        """The person a Patient is; `""` where their links do not tell."""
        return self._survivor[str(patient.id)]

    def person(self, reference: Reference | None) -> str | None:
        """The person a reference means; None where it means nobody, or nobody who is there."""
        if reference is None:
            return None
        own = reference.identifier
        asked = (reference.reference, own.system if own else None, own.value if own else None)
        if asked not in self._asked:
            self._asked[asked] = self._found(reference)
        return self._asked[asked]

    def _found(self, reference: Reference) -> str | None:
        patient = self._resources.find(reference, Patient)
        if patient is not None:
            return self.survivor(patient) or None
        if reference.reference or reference.identifier is None or reference.type not in (None, Patient.type_name):
            return None
        bearers = self._bearers.get((reference.identifier.system, reference.identifier.value), set())
        return next(iter(bearers)) or None if len(bearers) == 1 else None

    @cached_property
    def _bearers(self) -> dict[tuple[str | None, str | None], set[str]]:
        """The persons who bear each identifier that has a value."""
        found: dict[tuple[str | None, str | None], set[str]] = defaultdict(set)
        for patient in self._resources.of(Patient):
            for identifier in patient.identifier:
                if identifier.value:
                    found[identifier.system, identifier.value].add(self.survivor(patient))
        return found

    def patients(self, person: str) -> list[Patient]:
        """The Patients of a person: the one that stands first, then those it replaced, by id."""
        return sorted(self._of_person[person], key=lambda patient: (patient.id != person, str(patient.id)))

    @cached_property
    def _of_person(self) -> dict[str, list[Patient]]:
        found: dict[str, list[Patient]] = defaultdict(list)
        for patient in self._resources.of(Patient):
            found[self.survivor(patient)].append(patient)
        return found

    def unclear(self) -> Collection[Patient]:
        """The Patients whose links lead in a circle or to two others."""
        return self._of_person.get(_UNCLEAR, [])
