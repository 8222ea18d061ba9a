"""A FHIR server as a source, read by bulk export into a folder, and from there like any folder."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hpd_etl.errors import AccessError, SourceError
from hpd_etl.fhir_http import connect
from hpd_etl.sources.fhir.decode.collector import Collector
from hpd_etl.sources.fhir.fetch.capability import look
from hpd_etl.sources.fhir.fetch.export import Export
from hpd_etl.sources.fhir.fetch.files import collect, files_read
from hpd_etl.sources.fhir.fetch.intake import Intake
from hpd_etl.sources.fhir.fetch.outcomes import refuse_errors, reported
from hpd_etl.sources.fhir.fetch.quirks import choose
from hpd_etl.sources.fhir.fetch.references import resolve
from hpd_etl.sources.fhir.fetch.searches import Searches
from hpd_etl.sources.fhir.fetch.server import scopes
from hpd_etl.sources.fhir.fetch.slices import SliceReader
from hpd_etl.sources.fhir.records.assembly import records_of, selection
from hpd_etl.sources.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.config import FhirBulkSource, Study
    from hpd_etl.fhir_http import Session
    from hpd_etl.schema import Records
    from hpd_etl.sources.fhir.decode.resources import Selection
    from hpd_etl.sources.fhir.fetch.capability import Capability
    from hpd_etl.sources.fhir.fetch.export import State

_PAGE = 100


@contextmanager
def open_bulk(source: FhirBulkSource, canonical: str) -> Iterator[FhirBulk]:
    """The server behind site.toml; nothing is asked yet."""
    with connect(source.access, scopes(source)) as session:
        yield FhirBulk(session, source, canonical)


class FhirBulk:
    """A server that exports."""

    def __init__(self, session: Session, source: FhirBulkSource, canonical: str) -> None:
        self._session = session
        self._source = source
        self._canonical = canonical

    @cached_property
    def capability(self) -> Capability:
        """What the server says of itself."""
        return look(self._session)

    def extract(self, study: Study) -> tuple[Records, dict[str, Any]]:
        """Records of everyone in the export who was treated with an index drug, and what they were read with.

        Raises SourceError where the server reports that it left something out: it does not say of whom.
        """
        source, ledger = self._source, Ledger()
        wanted = selection(study, source)
        export = Export(self._session, source, self._types(wanted))
        state = export.fetch()
        said = self._said(export, state)
        collector = Collector(wanted, self._canonical, ledger)
        lines = collect(source.folder, wanted, source.workers, collector)
        incomplete, referred = self._read_referred(collector, wanted)
        records, used = records_of(collector.settle(), study, source, ledger, incomplete=incomplete)
        export.close(state)
        return records, used | {
            "software": self.capability.software, "fhir_version": self.capability.version,
            "export": {"level": source.level, "kicked_off": state.kicked_off, "reported": said,
                       "transaction_time": state.manifest.transaction_time if state.manifest else None},
            "files": files_read(lines), **referred}

    def _types(self, wanted: Selection) -> list[str]:
        """The types that matter and that the server has; some refuse to export what they do not know."""
        return [kind for kind in sorted(wanted.whole | wanted.codes.keys()) if self.capability.offers(kind)]

    def _said(self, export: Export, state: State) -> dict[str, int]:
        said = reported(sorted((self._source.folder / "error").glob("*.ndjson")))
        try:
            refuse_errors(said)
        except SourceError:
            export.close(state)
            raise
        return said

    def _read_referred(self, collector: Collector, wanted: Selection) -> tuple[set[str], dict[str, Any]]:
        """Ask for what exported resources point to: a Medication belongs to no patient, and is often left out.

        Gives the patients of whom it could not be proven that all came.
        """
        try:
            mode = choose(self._session)
            intake = Intake(SliceReader(self._session, mode, _PAGE), collector, self._source.parallel)
            incomplete, nowhere = resolve(intake, Searches(self._session, mode, wanted), collector.resources)
        except (AccessError, SourceError) as error:  # who may export may be forbidden to search
            return set(), {"references_not_asked_for": str(error)}
        return incomplete, {"references_to_nowhere": nowhere, "slices": intake.counts()}
