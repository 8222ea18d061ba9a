"""Where patients come from; every source gives the same Records."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.config import Site, Study
    from hpd_etl.schema import Records
    from hpd_etl.sources.omop_doctor import Check


class Source(Protocol):
    """One connected source."""

    def extract(self, study: Study) -> tuple[Records, dict[str, Any]]:
        """What the study needs of all treated persons, and what was used to read it: versions, code lists, counts."""


def statements(study: Study, site: Site, dialect: str | None = None) -> str:
    """The SQL a run sends to the source, without connecting; `dialect` compiles it for another database."""
    from hpd_etl.sources import omop_statements

    return omop_statements.statements(study, site.source, dialect)


def examine(study: Study, site: Site) -> list[Check]:
    """Whether a run can work here: access, versions, concepts, and what would be read and refused."""
    from hpd_etl.sources import omop_doctor

    return omop_doctor.examine(study, site.source)


@contextmanager
def open_source(site: Site) -> Iterator[Source]:
    """The source of this site, connected and read-only."""
    from hpd_etl.sources.omop_cdm import open_omop

    with open_omop(site.source) as source:
        yield source
