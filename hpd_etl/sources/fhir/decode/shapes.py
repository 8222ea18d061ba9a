"""The elements of R4 (and R4B) resources that are read, as typed shapes; everything else is skipped undecoded.

Every element may be absent: what must be there is decided where it is needed, with a reason. Dates
stay text, because a partial date is an interval and a calendar day is the first ten characters as
written (ambiguity B12). Numbers are decimals, so that `1.10` is read as it stands.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import msgspec


class Shape(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """A part of a resource."""


class Coding(Shape, frozen=True):
    """A code in a system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Shape, frozen=True, cache_hash=True):
    """What is meant, in one or more codes, or in words."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Identifier(Shape, frozen=True):
    """A business identifier."""

    system: str | None = None
    value: str | None = None
    type: CodeableConcept | None = None


class Reference(Shape, frozen=True, cache_hash=True):
    """A pointer to another resource, by address or by business identifier."""

    reference: str | None = None
    type: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class Period(Shape, frozen=True):
    """From when to when; dates as written."""

    start: str | None = None
    end: str | None = None


class Quantity(Shape, frozen=True):
    """A number with its unit."""

    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Meta(Shape, frozen=True):
    """Which version this is."""

    version_id: str | None = None
    last_updated: str | None = None
    profile: tuple[str, ...] = ()
    tag: tuple[Coding, ...] = ()


class Extension(Shape, frozen=True):
    """An extension; a modifier extension changes the meaning of what bears it."""

    url: str | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_code: str | None = None
    value_date_time: str | None = None


class Resource(Shape, frozen=True):
    """What all resources share."""

    type_name: ClassVar[str]

    id: str | None = None
    meta: Meta | None = None
    implicit_rules: str | None = None
    modifier_extension: tuple[Extension, ...] = ()

    @property
    def source_id(self) -> str:
        """`Type:id`, with `/_history/version` where the version is known."""
        version = f"/_history/{self.meta.version_id}" if self.meta and self.meta.version_id else ""
        return f"{self.type_name}:{self.id}{version}"


class Link(Shape, frozen=True):
    """A link between two records of one patient."""

    other: Reference | None = None
    type: str | None = None


class Patient(Resource, frozen=True):
    """A person."""

    type_name: ClassVar[str] = "Patient"

    identifier: tuple[Identifier, ...] = ()
    active: bool | None = None
    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    link: tuple[Link, ...] = ()


class Encounter(Resource, frozen=True):
    """A contact; only its dates are read."""

    type_name: ClassVar[str] = "Encounter"

    status: str | None = None
    subject: Reference | None = None
    period: Period | None = None


class Ingredient(Shape, frozen=True):
    """An ingredient of a medication."""

    item_codeable_concept: CodeableConcept | None = None
    item_reference: Reference | None = None


class Medication(Resource, frozen=True):
    """A drug."""

    type_name: ClassVar[str] = "Medication"

    code: CodeableConcept | None = None
    status: str | None = None
    ingredient: tuple[Ingredient, ...] = ()


class Timing(Shape, frozen=True):
    """When something is to happen; only the events are read."""

    event: tuple[str, ...] = ()


class Dosage(Shape, frozen=True):
    """How a drug is given."""

    timing: Timing | None = None
    text: str | None = None


class Medicated(Resource, frozen=True):
    """What the four resources that tell of a drug share."""

    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    status_reason: CodeableConcept | tuple[CodeableConcept, ...] | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    contained: tuple[msgspec.Raw, ...] = ()
    part_of: tuple[Reference, ...] = ()


class MedicationAdministration(Medicated, frozen=True):
    """A drug that was given."""

    type_name: ClassVar[str] = "MedicationAdministration"

    effective_date_time: str | None = None
    effective_period: Period | None = None


class MedicationStatement(Medicated, frozen=True):
    """A drug that is said to be taken."""

    type_name: ClassVar[str] = "MedicationStatement"

    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None


class MedicationDispense(Medicated, frozen=True):
    """A drug that was handed over."""

    type_name: ClassVar[str] = "MedicationDispense"

    status_reason_codeable_concept: CodeableConcept | None = None
    when_prepared: str | None = None
    when_handed_over: str | None = None


class MedicationRequest(Medicated, frozen=True):
    """A drug that was ordered."""

    type_name: ClassVar[str] = "MedicationRequest"

    intent: str | None = None
    do_not_perform: bool | None = None
    authored_on: str | None = None
    dosage_instruction: tuple[Dosage, ...] = ()


class Component(Shape, frozen=True):
    """A part of an observation."""

    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_date_time: str | None = None
    data_absent_reason: CodeableConcept | None = None
    modifier_extension: tuple[Extension, ...] = ()


class Observation(Resource, frozen=True):
    """Something that was measured or judged."""

    type_name: ClassVar[str] = "Observation"

    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    subject: Reference | None = None
    focus: tuple[Reference, ...] = ()
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    issued: str | None = None
    performer: tuple[Reference, ...] = ()
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    data_absent_reason: CodeableConcept | None = None
    body_site: CodeableConcept | None = None
    method: CodeableConcept | None = None
    specimen: Reference | None = None
    has_member: tuple[Reference, ...] = ()
    derived_from: tuple[Reference, ...] = ()
    part_of: tuple[Reference, ...] = ()
    component: tuple[Component, ...] = ()
    contained: tuple[msgspec.Raw, ...] = ()


class BodyStructure(Resource, frozen=True):
    """A lesion."""

    type_name: ClassVar[str] = "BodyStructure"

    identifier: tuple[Identifier, ...] = ()
    active: bool | None = None
    morphology: CodeableConcept | None = None
    location: CodeableConcept | None = None
    location_qualifier: tuple[CodeableConcept, ...] = ()
    patient: Reference | None = None


class Series(Shape, frozen=True):
    """A series of an imaging study."""

    uid: str | None = None
    modality: Coding | None = None


class ImagingStudy(Resource, frozen=True):
    """An examination."""

    type_name: ClassVar[str] = "ImagingStudy"

    identifier: tuple[Identifier, ...] = ()
    status: str | None = None
    modality: tuple[Coding, ...] = ()
    subject: Reference | None = None
    started: str | None = None
    series: tuple[Series, ...] = ()


class DiagnosticReport(Resource, frozen=True):
    """A report on an examination; it may hold the date of the study."""

    type_name: ClassVar[str] = "DiagnosticReport"

    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    result: tuple[Reference, ...] = ()
    imaging_study: tuple[Reference, ...] = ()


class Condition(Resource, frozen=True):
    """A diagnosis."""

    type_name: ClassVar[str] = "Condition"

    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    code: CodeableConcept | None = None
    body_site: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    onset_date_time: str | None = None
    onset_period: Period | None = None
    recorded_date: str | None = None
    extension: tuple[Extension, ...] = ()


class Procedure(Resource, frozen=True):
    """Radiation, surgery, another intervention, or an examination."""

    type_name: ClassVar[str] = "Procedure"

    status: str | None = None
    category: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    body_site: tuple[CodeableConcept, ...] = ()
    used_code: tuple[CodeableConcept, ...] = ()
    outcome: CodeableConcept | None = None
    status_reason: CodeableConcept | None = None


SHAPES: dict[str, type[Resource]] = {shape.type_name: shape for shape in (
    Patient, Encounter, Medication, MedicationAdministration, MedicationStatement, MedicationDispense,
    MedicationRequest, Observation, BodyStructure, ImagingStudy, DiagnosticReport, Condition, Procedure)}
"""The resource types that are read; all others are counted and left."""

MEDICATED = tuple(kind for kind, shape in SHAPES.items() if issubclass(shape, Medicated))
"""Types that tell of a drug; what drug may stand in another resource."""
