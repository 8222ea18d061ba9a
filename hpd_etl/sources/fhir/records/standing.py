"""Which of the kept resources count: not withdrawn, not changed in meaning, and of somebody treated.

The others are taken out before any table is made, so that no reader of resources has to ask again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hpd_etl.sources.fhir.decode.shapes import Condition, Medicated, Medication, Observation, Patient
from hpd_etl.sources.fhir.records.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.sources.fhir.decode.resources import Resources
    from hpd_etl.sources.fhir.decode.shapes import Reference, Resource
    from hpd_etl.sources.fhir.records.subjects import Subjects
    from hpd_etl.sources.ledger import Ledger

_WITHDRAWN = "entered-in-error"
_OF_NOBODY = (Patient, Medication, Medicated)
"""Whom a Patient is, and who took a drug, decides who is treated; a Medication is nobody's."""


class Unfit(NamedTuple):
    """A resource that must not be read, and why."""

    resource: Resource
    reason: str


def set_aside(resources: Resources) -> list[Unfit]:
    """Take out what is withdrawn or means something else than it seems to."""
    unfit = [Unfit(each, reason) for each in resources if (reason := _problem(each))]
    for each in unfit:
        resources.discard(each.resource.type_name, str(each.resource.id))
    return unfit


def _problem(resource: Resource) -> str | None:
    if isinstance(resource, (Observation, Medicated)):  # an answer, or a dose, that nobody understands is not none
        return "entered_in_error" if _is_withdrawn(resource) else None
    return changed_meaning(resource) or ("entered_in_error" if _is_withdrawn(resource) else None)


def changed_meaning(resource: Resource) -> str | None:
    """Why a resource does not mean what its elements seem to say."""
    if resource.implicit_rules:
        return "implicit_rules"
    return "modifier_extension" if resource.modifier_extension else None


def _is_withdrawn(resource: Resource) -> bool:
    if isinstance(resource, Condition):
        status = resource.verification_status
        return status is not None and any(coding.code == _WITHDRAWN for coding in status.coding)
    return getattr(resource, "status", None) == _WITHDRAWN


def refuse(unfit: Sequence[Unfit], subjects: Subjects, treated: frozenset[str], ledger: Ledger) -> None:
    """Refuse what was set aside; what concerns somebody never treated is ignored unless it might have changed that."""
    tally = Tally()
    for resource, reason in unfit:
        person = subjects.person(subject_of(resource))
        if person in treated or isinstance(resource, _OF_NOBODY):
            tally.refuse(resource.type_name, resource, person if person in treated else None, reason)
        else:
            tally.ignore(resource, "not_treated")
    tally.settle(ledger)


def keep_treated(resources: Resources, subjects: Subjects, treated: frozenset[str], ledger: Ledger) -> None:
    """Take out what concerns nobody who is there, and what concerns somebody never treated."""
    others = [(each, person) for each in resources if not isinstance(each, _OF_NOBODY)
              and (person := subjects.person(subject_of(each))) not in treated]
    tally = Tally()
    for resource, person in others:
        resources.discard(resource.type_name, str(resource.id))
        if person is None:
            tally.refuse(resource.type_name, resource, None, "subject_unknown")
        else:
            tally.ignore(resource, "not_treated")
    tally.settle(ledger)


def subject_of(resource: Resource) -> Reference | None:
    """Whom a resource is about."""
    reference: Reference | None = getattr(resource, "subject", None) or getattr(resource, "patient", None)
    return reference
