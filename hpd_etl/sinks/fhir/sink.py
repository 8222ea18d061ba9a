"""Labels into a FHIR sink, whatever keeps them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hpd_etl.config import FhirBulkSource, FhirFilesSink, FhirServerSink, FhirServerSource, OmopSource, revealed
from hpd_etl.sinks import Receipt
from hpd_etl.sinks.fhir import comparison
from hpd_etl.sinks.fhir.label_resources import LabelResources, Writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.config import FhirSink, Site, Study
    from hpd_etl.criteria import Definition
    from hpd_etl.schema import Labels, Timeline
    from hpd_etl.sinks.fhir.comparison import Store


class FhirLabelSink:
    """A store of FHIR resources that keeps labels."""

    def __init__(self, store: Store, site: Site, sink: FhirSink, *, strict: bool) -> None:
        self._store, self._site, self._sink, self._strict = store, site, sink, strict

    def writeback(self, labels: Labels, timeline: Timeline, definitions: Sequence[Definition], study: Study,
                  run_id: str, *, dry_run: bool) -> Receipt:
        """As the protocol; raises WriteBackError, AccessError or SourceError."""
        canonical = self._site.canonical
        writing = Writing(
            canonical=canonical, salt=self._salt(), run_id=run_id, issued=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            sources_there=sources_are_there(self._site))
        wanted = LabelResources(labels, definitions, study, writing)
        counts = comparison.writeback(self._store, wanted, canonical, strict=self._strict, dry_run=dry_run)
        return Receipt(run_id, dry_run, counts)

    def _salt(self) -> str:
        return self._site.name if self._sink.salt is None else revealed(self._sink.salt)


def sources_are_there(site: Site) -> bool:
    """Whether the sink holds the resources that were read: the same server, or files that shall go to the same one."""
    source, sink = site.source, site.sink
    if isinstance(source, OmopSource) or sink is None or sink.crosswalk is not None:
        return False
    if isinstance(sink, FhirFilesSink):
        return True
    return (isinstance(sink, FhirServerSink) and isinstance(source, (FhirServerSource, FhirBulkSource))
            and source.access.url.rstrip("/") == sink.access.url.rstrip("/"))
