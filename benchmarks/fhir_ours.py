"""What is measured of reading a FHIR export, through the functions that the command line calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.fhir_export import Export
from benchmarks.methods import Counts, Place, Timed, method
from benchmarks.ours import extracting, labelling

if TYPE_CHECKING:
    from hpd_etl.config import FhirFilesSource, Site


_SOURCE = "hpd_etl.sources.fhir.fetch.files"


def _source(place: Place, kind: str, workers: int) -> FhirFilesSource:
    from hpd_etl.config import FhirFilesSource

    return FhirFilesSource(kind="fhir_files", folder=Export.of(place.warehouse).of_kind(kind), workers=workers)


def _site(place: Place, kind: str, workers: int) -> Site:
    from hpd_etl.config import Site

    return Site(source=_source(place, kind, workers))


def _extract(place: Place, kind: str, workers: int = 1) -> Timed:
    return extracting(_site(place, kind, workers), _SOURCE)


def _labels(place: Place, workers: int = 1) -> Timed:
    return labelling(_site(place, "plain", workers), _SOURCE)


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
def limit_fhir_kept(place: Place) -> Timed:
    """The kept resources, decoded, and nothing else: two other processes read the files, no table is made."""
    from hpd_etl.config import Study
    from hpd_etl.garbage import uncollected
    from hpd_etl.sources.fhir.decode.collector import Collector
    from hpd_etl.sources.fhir.fetch.files import collect
    from hpd_etl.sources.fhir.records.assembly import selection
    from hpd_etl.sources.ledger import Ledger

    _extract(place, "plain")
    source = _source(place, "plain", 2)
    wanted = selection(Study(id="bench"), source)

    def run() -> Counts:
        collector = Collector(wanted, "https://hpd-etl.example/fhir", Ledger())
        with uncollected():
            collect(source.folder, wanted, source.workers, collector)
        return dict[str, float](collector.resources.counts())

    return run


@method
def limit_fhir_imports(place: Place) -> Timed:
    """Nothing but the imports: the memory that a process has before it reads."""
    _extract(place, "plain")
    return dict
