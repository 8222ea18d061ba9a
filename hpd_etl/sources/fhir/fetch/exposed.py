"""Who may have been treated: exposures of index drugs through the whole hospital, and the Patients behind them.

Nobody may be missing here without a word, so that whatever cannot be proven complete ends the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hpd_etl.errors import ConfigurationError, SourceError
from hpd_etl.sources.fhir.decode.shapes import (
    MEDICATED,
    SHAPES,
    Medicated,
    Medication,
    MedicationRequest,
    Patient,
    Reference,
)
from hpd_etl.sources.fhir.fetch.references import patient_key, resolve
from hpd_etl.sources.fhir.fetch.searches import classes, packages
from hpd_etl.sources.fhir.records.codes import Tokens, systems
from hpd_etl.sources.fhir.records.medications import DrugCodes, Meaning, Medications

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hpd_etl.config import FhirServerSource, Study
    from hpd_etl.sources.fhir.decode.resources import Resources
    from hpd_etl.sources.fhir.fetch.intake import Intake
    from hpd_etl.sources.fhir.fetch.searches import Searches
    from hpd_etl.sources.fhir.fetch.slices import Slice

_NO_DRUG = Meaning()
_MERGED = ("replaced-by", "replaces")


class Exposed:
    """Reads everybody who may have had an index drug."""

    def __init__(self, intake: Intake, searches: Searches, resources: Resources, study: Study,
                 source: FhirServerSource) -> None:
        self._intake = intake
        self._searches = searches
        self._resources = resources
        self._study = study
        self._drugs = DrugCodes(study, source, Tokens(systems(source.mapping)))
        self._ndc = sorted(uri for uri, name in systems(source.mapping).items() if name == "NDC")

    def read(self) -> None:
        """Exposures by code, by word, by reference and within, of everybody; then the Patients."""
        codes, words = self._codes("Medication"), self._words()
        self._prove("Medication", self._searches.of_drugs("Medication", codes, words))
        self._prove("Medication", self._searches.of_ingredients(codes))
        self._prove("Medication", self._searches.of_products(self._index_products()))
        products = self._index_products()
        for kind in MEDICATED:
            if self._searches.offers(kind):
                self._prove(kind, self._of_exposures(kind, products), self._tells)
        self._read_patients()

    def read_of(self, patients: list[str]) -> None:
        """Exposures of these patients alone, whatever their drug; then the Patients."""
        for kind in MEDICATED:
            if self._searches.offers(kind):
                self._prove(kind, self._searches.of_patients(kind, patients))
        unproven, _ = resolve(self._intake, self._searches, self._resources)
        if unproven:
            raise _unproven("Medication")
        self._read_patients()

    def _of_exposures(self, kind: str, products: list[str]) -> Iterator[Slice]:
        yield from self._searches.of_drugs(kind, self._codes(kind), self._words())
        yield from self._searches.of_references(kind, products)
        yield from self._searches.of_containers(kind)

    def _codes(self, kind: str) -> list[str]:
        """Every code of an index drug; those that are known by their beginning are spelled out."""
        wanted = self._drugs.selection()
        own = [start for comparator in self._study.comparators for agent in comparator.agents.values()
               for start in agent.atc]
        codes = {*wanted.codes[MEDICATED[0]], *classes(own)}
        if self._searches.uses(kind, self._ndc):
            codes.update(packages(start for start in wanted.prefixes[MEDICATED[0]] if start[0].isdigit()))
        return sorted(codes)

    def _words(self) -> list[str]:
        return sorted(self._drugs.selection().texts[MEDICATED[0]])

    def _index_products(self) -> list[str]:
        medications = Medications(self._resources, self._drugs)
        return sorted(str(each.id) for each in self._resources.of(Medication)
                      if medications.of(_given(f"Medication/{each.id}")) != _NO_DRUG)

    def _tells(self, kind: str, raw: bytes) -> bool:
        """Whether an exposure is of an anticancer drug, or cannot be read; a server may give more than was asked."""
        try:
            resource = msgspec.json.decode(raw, type=SHAPES[kind])
        except msgspec.DecodeError:
            return True
        return isinstance(resource, Medicated) and Medications(self._resources, self._drugs).of(resource) != _NO_DRUG

    def _prove(self, kind: str, slices: Iterable[Slice], wanted: Callable[[str, bytes], bool] | None = None) -> None:
        if self._intake.take(slices, wanted):
            raise _unproven(kind)

    # --- Patients -----------------------------------------------------------------------------

    def _read_patients(self) -> None:
        """The Patients of index drugs, with those that a merge links to them."""
        named, borne = self._subjects()
        self._prove("Patient", self._searches.of_identifiers(sorted(borne)))
        asked: set[str] = set()
        while new := (named | self._linked()) - asked:
            ids = sorted(new)
            self._prove("Patient", self._searches.by_id("Patient", ids))
            self._prove("Patient", self._searches.of_links(ids))
            asked |= new

    def _subjects(self) -> tuple[set[str], set[str]]:
        """The ids, and where there is none the identifiers, of those that index drugs are recorded for."""
        medications = Medications(self._resources, self._drugs)
        named, borne = set(), set()
        for kind in MEDICATED:
            for resource in self._resources.of(SHAPES[kind]):
                if not isinstance(resource, Medicated) or not medications.of(resource).index:
                    continue
                key = patient_key(resource.subject)
                if key:
                    named.add(key)
                elif resource.subject and resource.subject.identifier and resource.subject.identifier.value:
                    borne.add(f"{resource.subject.identifier.system or ''}|{resource.subject.identifier.value}")
        return named, borne

    def _linked(self) -> set[str]:
        return {key for patient in self._resources.of(Patient)
                for key in (patient.id, *(patient_key(link.other) for link in patient.link if link.type in _MERGED))
                if key}


def _unproven(kind: str) -> SourceError:
    return SourceError(f"{kind}: the search for everybody treated cannot be proven complete",
                       remedy="run again; if it stays so, hpd-etl doctor shows what the server answers")


def _given(address: str) -> MedicationRequest:
    """Something that points to this Medication, to ask what drug it is."""
    return MedicationRequest(medication_reference=Reference(reference=address))


def group_members(body: bytes) -> list[str]:
    """The ids of the Patients of a Group; raises ConfigurationError where it has none."""
    group = msgspec.json.decode(body, type=_Group)
    found = sorted({key for member in group.member if (key := patient_key(member.entity))})
    if not found:
        raise ConfigurationError("source.group has no Patients as members", remedy="name a Group of persons")
    return found


class _Member(msgspec.Struct):
    entity: Reference | None = None


class _Group(msgspec.Struct):
    member: tuple[_Member, ...] = ()
