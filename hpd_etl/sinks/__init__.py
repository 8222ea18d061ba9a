"""Write back: labels become rows of the site's results schema, or FHIR resources on a server or in a folder."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hpd_etl.config import FhirFilesSink, FhirServerSink, OmopSink

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from hpd_etl import config
    from hpd_etl.config import Site, Study
    from hpd_etl.criteria import Definition
    from hpd_etl.schema import Labels, Timeline

__all__ = ["Counts", "Receipt", "Sink", "open_sink", "statements"]


@dataclass(frozen=True)
class Counts:
    """What happened, or would happen, to the rows of one table that are ours."""

    inserted: int = 0
    amended: int = 0
    unchanged: int = 0
    retracted: int = 0

    @property
    def changed(self) -> int:
        """Rows touched; 0 where a run said nothing new."""
        return self.inserted + self.amended + self.retracted


@dataclass(frozen=True)
class Receipt:
    """What a write-back did, table by table; counts only."""

    run_id: str
    dry_run: bool
    tables: Mapping[str, Counts]

    @property
    def changed(self) -> int:
        """Rows touched in all tables."""
        return sum(counts.changed for counts in self.tables.values())


class Sink(Protocol):
    """A place that keeps labels."""

    def writeback(self, labels: Labels, timeline: Timeline, definitions: Sequence[Definition], study: Study,
                  run_id: str, *, dry_run: bool) -> Receipt:
        """Make the sink hold exactly these labels of this study; with `dry_run`, only say what would change."""


def statements(site: Site) -> str:
    """The SQL that makes the results tables where they are absent, without connecting; empty without a sink."""
    if not isinstance(site.sink, OmopSink):
        return ""
    from hpd_etl.sinks.omop import results

    return results.statements(site.sink)


@contextmanager
def open_sink(site: Site, *, strict: bool = False) -> Iterator[Sink | None]:
    """The sink of the site, None where it has none; `strict` validates every FHIR resource, not a sample.

    Whatever the sink, it keeps only what defines hyperprogression.
    Raises AccessError (no right, no schema), LockedError (another writer), ConfigurationError (the CDM itself, or
    no crosswalk where there should be one).
    """
    if site.sink is None:
        yield None
        return
    from hpd_etl.sinks import crosswalk, restraint

    names = None if site.sink.crosswalk is None else crosswalk.read(site.sink.crosswalk)
    with _opened(site, site.sink, strict=strict) as opened:
        yield restraint.RestrainedSink(opened if names is None else crosswalk.CrossedSink(opened, names))


def _opened(site: Site, sink: config.Sink, *, strict: bool) -> AbstractContextManager[Sink]:
    match sink:
        case OmopSink():
            from hpd_etl.sinks.omop.cdm import open_omop_sink

            return open_omop_sink(site, sink)
        case FhirFilesSink():
            from hpd_etl.sinks.fhir.files import open_files_sink

            return open_files_sink(site, sink, strict=strict)
        case FhirServerSink():
            from hpd_etl.sinks.fhir.server import open_server_sink

            return open_server_sink(site, sink, strict=strict)
