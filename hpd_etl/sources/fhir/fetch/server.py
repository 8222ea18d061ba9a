"""A FHIR server as a source, read by search: who was treated first, then everything of those, slice by slice."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hpd_etl.errors import ConfigurationError
from hpd_etl.fhir_http import connect
from hpd_etl.sources.fhir.decode.collector import Collector
from hpd_etl.sources.fhir.decode.shapes import SHAPES
from hpd_etl.sources.fhir.fetch.exposed import Exposed, group_members
from hpd_etl.sources.fhir.fetch.intake import Intake
from hpd_etl.sources.fhir.fetch.quirks import choose
from hpd_etl.sources.fhir.fetch.references import patient_key, resolve
from hpd_etl.sources.fhir.fetch.searches import Searches
from hpd_etl.sources.fhir.fetch.slices import SliceReader
from hpd_etl.sources.fhir.records import assembly
from hpd_etl.sources.fhir.records.codes import Tokens, systems
from hpd_etl.sources.fhir.records.drugs import read_exposures
from hpd_etl.sources.fhir.records.reading import Reading
from hpd_etl.sources.fhir.records.subjects import Subjects
from hpd_etl.sources.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.config import FhirBulkSource, FhirServerSource, Study
    from hpd_etl.fhir_http import Session
    from hpd_etl.schema import Records
    from hpd_etl.sources.fhir.fetch.quirks import Mode


def scopes(source: FhirServerSource | FhirBulkSource) -> list[str]:
    """The rights that reading needs, also that by export."""
    return [f"system/{kind}.read" for kind in sorted([*SHAPES, *(["Group"] if source.group else [])])]


@contextmanager
def open_server(source: FhirServerSource, canonical: str) -> Iterator[FhirServer]:
    """The server behind site.toml; nothing is asked yet."""
    with connect(source.access, scopes(source)) as session:
        yield FhirServer(session, source, canonical)


class FhirServer:
    """A server that can be searched."""

    def __init__(self, session: Session, source: FhirServerSource, canonical: str) -> None:
        self._session = session
        self._source = source
        self._canonical = canonical

    @cached_property
    def mode(self) -> Mode:
        """How this server is asked, and why."""
        return choose(self._session, self._source.quirks)

    def extract(self, study: Study) -> tuple[Records, dict[str, Any]]:
        """Records of everyone treated with an index drug, and how they were read.

        Raises SourceError where it cannot be proven that nobody treated is missing. Of whom something
        else cannot be proven, that is noted with the person, and no verdict is given.
        """
        return _Extraction(self._session, self.mode, self._source, self._canonical, study).run()


class _Extraction:
    def __init__(self, session: Session, mode: Mode, source: FhirServerSource, canonical: str, study: Study) -> None:
        self._session, self._mode, self._source, self._study = session, mode, source, study
        self._ledger = Ledger()
        wanted = assembly.selection(study, source)
        self._collector = Collector(wanted, canonical, self._ledger)
        self._searches = Searches(session, mode, wanted)
        self._intake = Intake(SliceReader(session, mode, source.page_size), self._collector, source.parallel)

    def run(self) -> tuple[Records, dict[str, Any]]:
        """Both looks, and the Records."""
        self._read_exposed()
        patients, incomplete = self._treated()
        incomplete |= self._intake.take(
            asked for kind in self._searches.types() for asked in self._searches.of_patients(kind, patients))
        if self._intake.take(self._searches.of_nobody()):
            self._searches.left_out["Observation?subject:missing"] = "not proven; members of panels may be missing"
        unresolved, nowhere = resolve(self._intake, self._searches, self._collector.resources)
        incomplete |= unresolved
        records, used = assembly.records_of(self._collector.settle(), self._study, self._source, self._ledger,
                                                incomplete=incomplete)
        return records, used | {
            "software": self._mode.capability.software, "fhir_version": self._mode.capability.version,
            "mode": self._mode.told(), "left_out": self._searches.left_out, "slices": self._intake.counts(),
            "incomplete_patients": len(incomplete), "references_to_nowhere": nowhere}

    def _read_exposed(self) -> None:
        exposed = Exposed(self._intake, self._searches, self._collector.resources, self._study, self._source)
        if self._source.group:
            exposed.read_of(group_members(self._session.get(f"Group/{self._source.group}").body))
        elif self._mode.quirks.whole_hospital:
            exposed.read()
        else:
            raise ConfigurationError(
                f"a server of the profile {self._mode.quirks.name} answers no search through the whole hospital",
                remedy="name in source.group a Group of the persons to look at, or read a bulk export (fhir_bulk)")

    def _treated(self) -> tuple[list[str], set[str]]:
        """The ids of the Patients of all treated persons; and of those whom not all records name by id."""
        resources = self._collector.resources
        subjects = Subjects(resources)
        reading = Reading(resources, subjects, Tokens(systems(self._source.mapping)), self._study, self._source,
                          Ledger())
        exposures = read_exposures(reading, date.today())
        persons = exposures.treated()
        nameless = {each.person for each in exposures.found
                    if each.person and patient_key(each.resource.subject) is None}
        patients = {person: [str(patient.id) for patient in subjects.patients(person)] for person in persons}
        return (sorted(key for keys in patients.values() for key in keys),
                {key for person in persons & nameless for key in patients[person]})
