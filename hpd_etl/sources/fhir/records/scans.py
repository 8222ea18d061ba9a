"""Imaging studies, measured or not; where no study is there, the report on one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from hpd_etl.schema import SCANS
from hpd_etl.sources.fhir.decode.resources import Selection
from hpd_etl.sources.fhir.decode.shapes import DiagnosticReport, ImagingStudy, Observation
from hpd_etl.sources.fhir.records.admission import Admission, unreliable
from hpd_etl.sources.fhir.records.events import day
from hpd_etl.sources.fhir.records.examinations import Examinations, When, effective, is_lost, started
from hpd_etl.sources.fhir.records.frames import dates_of, precisions_of, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from typing import TypeVar

    import pandas as pd

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.dates import Day
    from hpd_etl.sources.fhir.records.reading import Reading

    _E = TypeVar("_E", DiagnosticReport, Observation)

_OID = "urn:oid:"
_DICOM_UID = "urn:dicom:uid"


def selection(study: Study, source: FhirReading, tokens: Tokens) -> Selection:
    """Every study; every report, because what it holds tells the day of what was measured."""
    return Selection(frozenset({ImagingStudy.type_name, DiagnosticReport.type_name}), {})


class _Scan(NamedTuple):
    """A row of `scans`."""

    person: str
    day: Day
    date_from: str
    reported: Day | None
    modality: str | None
    uid: str | None
    source_id: str


def scans(reading: Reading) -> pd.DataFrame:
    """The studies that took place, and imaging reports that name no study that is there."""
    found = [*_Studies(reading).read(), *_reports(reading)]
    return SCANS.frame({
        "person_id": texts([scan.person for scan in found]),
        "scan_date": dates_of([scan.day for scan in found]),
        "date_precision": precisions_of([scan.day for scan in found]),
        "date_from": texts([scan.date_from for scan in found]),
        "reported_on": dates_of([scan.reported for scan in found]),
        "modality": texts([scan.modality for scan in found]),
        "study_uid": texts([scan.uid for scan in found]),
        "source_id": texts([scan.source_id for scan in found]),
    })


class _Studies:
    """Reads studies with the help of what was observed on them and of their reports."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._admission = Admission(reading, SCANS.name, "ImagingStudy scans")
        self._examinations = Examinations(reading)
        self._reports: dict[str, list[DiagnosticReport]] = defaultdict(list)
        for report in filter(self._is_reliable, reading.resources.of(DiagnosticReport)):
            for study in self._examinations.studies(report.imaging_study, reading.person(report)):
                self._reports[str(study.id)].append(report)
        self._observed: dict[str, list[Observation]] = defaultdict(list)
        for observation in reading.resources.of(Observation):
            named = (*observation.derived_from, *observation.part_of)
            if named and self._is_reliable(observation):
                for study in self._examinations.studies(named, reading.person(observation)):
                    self._observed[str(study.id)].append(observation)

    def _is_reliable(self, event: DiagnosticReport | Observation) -> bool:
        return unreliable(event, self._admission.statuses) is None

    def read(self) -> Iterator[_Scan]:
        """One row a study."""
        for study in self._reading.resources.of(ImagingStudy):
            person, (when, date_from) = self._reading.person(study), self._when(study)
            if not self._admission.admits(study, person):
                continue
            if when.day is None:
                self._admission.refuse(study, person, when.problem or "no_date")
                continue
            self._admission.keep()
            yield _Scan(person, when.day, date_from, _reported(self._reports[str(study.id)]),
                        self._examinations.modality(study), _uid(study), study.source_id)
        self._admission.settle()

    def _when(self, study: ImagingStudy) -> tuple[When, str]:
        """The day of a study and where it stands: in itself, in what was observed on it, in its report."""
        when = started(study)
        if when.day or when.problem == "date_impossible":
            return when, "study"
        for date_from, events in (("observation", self._observed), ("report", self._reports)):
            days = [found.day for event in events[str(study.id)] if (found := effective(event)).day]
            if days:
                return When(min(days, key=_order)), date_from
        return when, "study"


def _reports(reading: Reading) -> Iterator[_Scan]:
    """Imaging reports of which no study is there: the examination took place all the same."""
    examinations = Examinations(reading)
    admission = Admission(reading, SCANS.name, "DiagnosticReport scans")
    for report in reading.resources.of(DiagnosticReport):
        lost = [each for each in report.imaging_study if is_lost(reading.resources, each, ImagingStudy)]
        if len(lost) < len(report.imaging_study) or not (lost or examinations.is_imaging(report)):
            continue
        person, when = reading.person(report), effective(report)
        if not admission.admits(report, person):
            continue
        if when.day is None:
            admission.refuse(report, person, when.problem or "no_date")
            continue
        admission.keep()
        if lost:
            admission.note(report, person, "reference_unresolved")
        yield _Scan(person, when.day, "report", _reported([report]), None, None, report.source_id)
    admission.settle()


def _order(found: Day) -> tuple[date, str]:
    return found.first, found.precision or ""


def _reported(reports: Sequence[DiagnosticReport]) -> Day | None:
    """The first day on which a study was reported, where it is known to the day."""
    days = []
    for report in reports:
        try:
            issued = day(report.issued)
        except ValueError:
            continue
        if issued is not None and issued.precision is None:
            days.append(issued)
    return min(days, default=None, key=_order)


def _uid(study: ImagingStudy) -> str | None:
    """The DICOM identifier of the study."""
    uids = [each.value.removeprefix(_OID) for each in study.identifier if each.value and each.system == _DICOM_UID]
    return uids[0] if uids else None
