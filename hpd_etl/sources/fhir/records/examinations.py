"""Imaging studies and reports: on which day something was examined, and with what (ambiguity B12)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from hpd_etl import codes
from hpd_etl.sources.fhir.decode.resources import Resources
from hpd_etl.sources.fhir.decode.shapes import DiagnosticReport, ImagingStudy, Observation
from hpd_etl.sources.fhir.records.admission import unreliable
from hpd_etl.sources.fhir.records.events import Statuses, day
from hpd_etl.sources.fhir.records.meanings import SYSTEMS, by_token
from hpd_etl.sources.modalities import ANY, NONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hpd_etl.sources.fhir.decode.shapes import Period, Reference
    from hpd_etl.sources.fhir.records.dates import Day
    from hpd_etl.sources.fhir.records.reading import Reading


class When(NamedTuple):
    """A day, or why there is none."""

    day: Day | None
    problem: str | None = None


NO_DATE = When(None, "no_date")


def effective(event: Observation | DiagnosticReport) -> When:
    """When the finding was made; never when it was issued."""
    try:
        found = day(event.effective_date_time) or _start(event.effective_period)
        if found is None and isinstance(event, Observation):
            found = day(event.effective_instant)
    except ValueError:
        return When(None, "date_impossible")
    return When(found) if found else NO_DATE


def started(study: ImagingStudy) -> When:
    """When the study was made."""
    try:
        found = day(study.started)
    except ValueError:
        return When(None, "date_impossible")
    return When(found) if found else NO_DATE


def _start(period: Period | None) -> Day | None:
    return day(period.start) if period else None


def agreed(days: Iterable[When]) -> When:
    """The day they all name; none where they name two."""
    distinct = {found.day for found in days if found.day is not None}
    return When(distinct.pop()) if len(distinct) == 1 else NO_DATE


class Examined(NamedTuple):
    """The studies on which something was measured."""

    studies: Sequence[ImagingStudy]
    is_lost: bool
    """One is named that is not there."""


_NOTHING = Examined((), is_lost=False)


class Examinations:
    """The studies and reports that can be relied on, and what hangs on them."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._modalities = by_token(codes.modalities, [*SYSTEMS, "diagnostic-service"])
        self._acquired: dict[str, str | None] = {}
        statuses = Statuses(reading.source.mapping.event_statuses)
        self._studies = {str(study.id) for study in reading.resources.of(ImagingStudy)
                         if unreliable(study, statuses) is None}
        self._by_result: dict[str, list[DiagnosticReport]] = defaultdict(list)
        for report in reading.resources.of(DiagnosticReport):
            if unreliable(report, statuses) is None:
                for result in report.result:
                    held = reading.resources.find(result, Observation)
                    if held is not None and reading.person(held) == reading.person(report):
                        self._by_result[str(held.id)].append(report)

    def studies(self, references: Iterable[Reference], person: str) -> list[ImagingStudy]:
        """The studies of this person that are meant, if they are there and took place."""
        found = (self._reading.resources.find(reference, ImagingStudy) for reference in references)
        return [study for study in found if study is not None and str(study.id) in self._studies
                and self._reading.person(study) == person]

    def reports(self, context: Sequence[Observation]) -> list[DiagnosticReport]:
        """The reports that have one of these as a result."""
        if not self._by_result:
            return []
        return [report for each in context for report in self._by_result.get(str(each.id), ())]

    def examined(self, context: Sequence[Observation], person: str) -> Examined:
        """What these were derived from, are part of, or were reported with, as far as it is a study of this person."""
        named = [reference for each in context for reference in (*each.derived_from, *each.part_of)]
        named += [reference for report in self.reports(context) for reference in report.imaging_study]
        if not named:
            return _NOTHING
        studies = self.studies(named, person)
        lost = len(studies) < len(named) and any(
            is_lost(self._reading.resources, reference, ImagingStudy) for reference in named)
        return Examined(studies, lost)

    def scan_day(self, context: Sequence[Observation], examined: Examined) -> When:
        """The day of the examination: of its study, else when it was observed, else of its report."""
        found = agreed(map(started, examined.studies)) if examined.studies else NO_DATE
        return found if found.day else self.assessed(context)

    def assessed(self, context: Sequence[Observation]) -> When:
        """The day of the finding: when it was observed, else of its report."""
        for each in context:
            found = effective(each)
            if found.day or found.problem == "date_impossible":
                return found
        return agreed(map(effective, self.reports(context)))

    def modality(self, study: ImagingStudy) -> str | None:
        """CT, MR ...; several joined by +; what is no acquisition (reports, segmentations) is left out."""
        key = str(study.id)
        if key not in self._acquired:
            self._acquired[key] = self._acquisitions(study)
        return self._acquired[key]

    def _acquisitions(self, study: ImagingStudy) -> str | None:
        codings = [*study.modality, *(series.modality for series in study.series if series.modality)]
        named = {self._modalities.get(self._reading.tokens.one(coding) or "") for coding in codings}
        return "+".join(sorted(name for name in named if name and name not in (ANY, NONE))) or None

    def method(self, context: Sequence[Observation]) -> str | None:
        """What the method of an Observation, or of its panels, says of the modality; `not_imaging` too."""
        named = (self._reading.tokens.first(each.method, self._modalities) for each in context if each.method)
        return next((name for name in named if name and name != ANY), None)

    def is_imaging(self, report: DiagnosticReport) -> bool:
        """Whether its category says that the report is one on imaging."""
        return any(self._reading.tokens.first(category, self._modalities) not in (None, NONE)
                   for category in report.category)


def is_lost(resources: Resources, reference: Reference, shape: type[ImagingStudy]) -> bool:
    """Whether a reference names a resource of this type that is not there."""
    key = Resources.key(reference.reference or "")
    return key is not None and key[0] == shape.type_name and resources.find(reference, shape) is None
