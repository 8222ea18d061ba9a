"""What is measured of reading a FHIR export, through the functions that the command line calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.fhir_export import Export
from benchmarks.methods import Counts, Place, Timed, method
from benchmarks.ours import import_stages, label_counts, labelled, study_and_definitions

if TYPE_CHECKING:
    from hpd_etl.config import Site, Study
    from hpd_etl.schema import Records


def _site(place: Place, kind: str, workers: int) -> Site:
    from hpd_etl.config import FhirFilesSource, Site

    folder = Export.of(place.warehouse).of_kind(kind)
    return Site(source=FhirFilesSource(kind="fhir_files", folder=folder, workers=workers))


def _read(site: Site, study: Study) -> Records:
    from hpd_etl.sources import open_source

    with open_source(site) as source:
        return source.extract(study)[0]


def _extract(place: Place, kind: str, workers: int = 1) -> Timed:
    study, _ = study_and_definitions()
    site = _site(place, kind, workers)
    _import()

    def run() -> Counts:
        records = _read(site, study)
        return {"persons": len(records.persons), "lesions": len(records.lesions), "doses": len(records.doses),
                "rejections": len(records.rejections)}  # fmt: skip

    return run


def _labels(place: Place, workers: int = 1) -> Timed:
    study, definitions = study_and_definitions()
    site = _site(place, "plain", workers)
    _import()

    def run() -> Counts:
        return label_counts(labelled(_read(site, study), study, definitions))

    return run


def _import() -> None:
    import hpd_etl.sources.fhir.files  # noqa: F401

    import_stages()


@method
def ours_fhir_records(place: Place) -> Timed:
    """Records from the plain files, one process."""
    return _extract(place, "plain")


@method
def ours_fhir_records_two(place: Place) -> Timed:
    """Records from the plain files, two workers."""
    return _extract(place, "plain", workers=2)


@method
def ours_fhir_records_gzip(place: Place) -> Timed:
    """Records from gzip files."""
    return _extract(place, "gzip")


@method
def ours_fhir_records_doubled(place: Place) -> Timed:
    """Records from twice the files, of which the second half holds nothing that matters."""
    return _extract(place, "doubled")


@method
def ours_fhir_labels(place: Place) -> Timed:
    """Labels from the plain files, one process."""
    return _labels(place)


@method
def ours_fhir_labels_two(place: Place) -> Timed:
    """Labels from the plain files, two workers."""
    return _labels(place, workers=2)


@method
def limit_fhir_imports(place: Place) -> Timed:
    """Nothing but the imports: the memory that a process has before it reads."""
    _extract(place, "plain")
    return dict
