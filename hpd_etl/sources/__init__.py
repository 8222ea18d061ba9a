"""Where patients come from; every source gives the same Records."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from hpd_etl.config import FhirBulkSource, FhirFilesSource, FhirServerSource, OmopSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from hpd_etl.check import Check
    from hpd_etl.config import Site, Study
    from hpd_etl.schema import Records


class Source(Protocol):
    """One connected source."""

    def extract(self, study: Study) -> tuple[Records, dict[str, Any]]:
        """What the study needs of all treated persons, and what was used to read it: versions, code lists, counts."""


def statements(study: Study, site: Site, dialect: str | None = None) -> str:
    """What a run sends to the source, without connecting: SQL, which `dialect` compiles for another database."""
    if not isinstance(site.source, OmopSource):
        return ""
    from hpd_etl.sources.omop.statements import statements as of_omop

    return of_omop(study, site.source, dialect)


def examine(study: Study, site: Site) -> list[Check]:
    """Whether a run can work here: access, versions, concepts, and what would be read and refused."""
    if isinstance(site.source, OmopSource):
        from hpd_etl.sources.omop.doctor import examine as of_omop

        return of_omop(study, site.source)
    from hpd_etl.sources.fhir.doctor import examine as of_fhir

    return of_fhir(study, site)


@contextmanager
def open_source(site: Site) -> Iterator[Source]:
    """The source of this site, connected and read-only."""
    with _opened(site) as source:
        yield source


def _opened(site: Site) -> AbstractContextManager[Source]:
    match site.source:
        case OmopSource():
            from hpd_etl.sources.omop.cdm import open_omop

            return open_omop(site.source)
        case FhirFilesSource():
            from hpd_etl.sources.fhir.fetch.files import open_files

            return open_files(site.source, site.canonical)
        case FhirServerSource():
            from hpd_etl.sources.fhir.fetch.server import open_server

            return open_server(site.source, site.canonical)
        case FhirBulkSource():
            from hpd_etl.sources.fhir.fetch.bulk import open_bulk

            return open_bulk(site.source, site.canonical)
