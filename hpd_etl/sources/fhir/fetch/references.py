"""Resources that others point to and that no search brought: they are asked for by id."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from hpd_etl.sources.fhir.decode.resources import Resources
from hpd_etl.sources.fhir.decode.shapes import DiagnosticReport, Medicated, Medication, Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.sources.fhir.decode.shapes import Reference, Resource
    from hpd_etl.sources.fhir.fetch.intake import Intake
    from hpd_etl.sources.fhir.fetch.searches import Searches

_FETCHED = ("Medication", "BodyStructure", "ImagingStudy")
_ROUNDS = 4
"""A Medication may have another as ingredient, and so on."""
_Owners = defaultdict[tuple[str, str], set[str]]


def patient_key(reference: Reference | None) -> str | None:
    """The id of the Patient that a reference names; None where it names none."""
    key = Resources.key(reference.reference or "") if reference else None
    return key[1] if key and key[0] in ("", "Patient") else None


def resolve(intake: Intake, searches: Searches, resources: Resources) -> tuple[set[str], dict[str, int]]:
    """Fetch what is pointed to; gives the patients of whom it could not be proven, and what is nowhere, by type."""
    owners: _Owners = defaultdict(set)
    asked: set[tuple[str, str]] = set()
    incomplete: set[str] = set()
    for _ in range(_ROUNDS):
        _own(resources, owners)
        missing = sorted(key for key in owners if resources.get(*key) is None and key not in asked)
        asked.update(missing)
        for kind in dict.fromkeys(kind for kind, _ in missing):
            unproven = intake.take(searches.by_id(kind, [key for name, key in missing if name == kind]))
            incomplete.update(owner for key in unproven for owner in owners[kind, key])
        if not missing:
            break
    nowhere = Counter(kind for kind, key in asked if resources.get(kind, key) is None)
    return incomplete, dict(sorted(nowhere.items()))


def _own(resources: Resources, owners: _Owners) -> None:
    """Note for every address pointed to whose records it belongs to."""
    for resource in resources:
        subject = patient_key(getattr(resource, "subject", None))
        whose = {subject} if subject else owners.get(("Medication", str(resource.id)), set())
        for reference in _pointed_at(resource):
            key = Resources.key(reference.reference or "")
            if key and key[0] in _FETCHED:
                owners[key] |= whose


def _pointed_at(resource: Resource) -> Iterator[Reference]:
    found: tuple[Reference | None, ...] = ()
    match resource:
        case Medicated():
            found = (resource.medication_reference,)
        case Medication():
            found = tuple(ingredient.item_reference for ingredient in resource.ingredient)
        case Observation():
            found = (*resource.focus, *resource.part_of, *resource.derived_from)
        case DiagnosticReport():
            found = resource.imaging_study
    return (reference for reference in found if reference)
