"""Where patients come from; every source gives the same Records."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.config import Site, Study
    from hpd_etl.schema import Records


class Source(Protocol):
    """One connected source."""

    def extract(self, study: Study) -> tuple[Records, dict[str, Any]]:
        """What the study needs of all treated persons, and what was used to read it: versions, code lists, counts."""


@contextmanager
def open_source(site: Site) -> Iterator[Source]:
    """The source of this site, connected and read-only."""
    from hpd_etl.sources.omop_cdm import open_omop

    with open_omop(site.source) as source:
        yield source
