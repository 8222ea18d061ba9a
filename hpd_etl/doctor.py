"""Whether a run can work at this site: the definitions, the source, and the right to write back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from hpd_etl import library, sources
from hpd_etl.check import Check, State
from hpd_etl.config import FhirBulkSource, FhirServerSink, FhirServerSource
from hpd_etl.errors import HpdEtlError, QualityGateError
from hpd_etl.schema import Labels, Timeline
from hpd_etl.sinks import open_sink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from hpd_etl.config import FhirAccess, Site, Study

_STYLES = {State.OK: "green", State.INFO: "", State.WARNING: "yellow", State.ERROR: "bold red"}
_WRITABLE = {
    "omop_cdm": "the results schema can be written",
    "fhir_files": "the folder can be written",
    "fhir_server": "the server finds our labels and can keep them; whether we may write is known at the first write",
}
"""By kind of sink, what a dry run proves."""


def examine(study: Study, site: Site) -> list[Check]:
    """All checks in order; a failure stops only the checks that rest on it. Nothing is changed anywhere."""
    return [*_definitions(study), *sources.examine(study, site), *_write_back(study, site)]


def access(site: Site) -> list[Check]:
    """Whether the FHIR servers of the site let us in, step by step; nothing is changed anywhere."""
    from hpd_etl.fhir_http.examine import examine as let_in

    checks = [replace(check, name=f"{place}: {check.name}") for place, server, scopes in _servers(site)
              for check in let_in(server, scopes)]
    return checks or [Check("access", State.INFO, "no FHIR server in site.toml")]


def _servers(site: Site) -> Iterator[tuple[str, FhirAccess, Sequence[str]]]:
    """Each FHIR server of the site, with the rights that a run needs there."""
    if isinstance(site.source, (FhirServerSource, FhirBulkSource)):
        from hpd_etl.sources.fhir.fetch import server

        yield "source", site.source.access, server.scopes(site.source)
    if isinstance(site.sink, FhirServerSink):
        from hpd_etl.sinks.fhir import server as fhir_sink

        yield "sink", site.sink.access, fhir_sink.SCOPES


def report(checks: Sequence[Check]) -> RenderableType:
    """The checks as a table, with what to do about those that are not fine."""
    table = Table("check", "", "found", "what to do", box=None, pad_edge=False)
    for check in checks:
        table.add_row(check.name, Text(check.state, style=_STYLES[check.state]), check.told, check.remedy)
    return table


def exit_code(checks: Sequence[Check]) -> int:
    """That of the first failure; 5, as of a closed gate, where nothing failed but nobody could be labelled."""
    failed = [check.exit_code for check in checks if check.state is State.ERROR]
    return next(filter(None, failed), QualityGateError.exit_code) if failed else 0


def _definitions(study: Study) -> Iterator[Check]:
    chosen = library.chosen(study)
    yield Check("definitions", State.OK, ", ".join(f"{each.id} v{each.version}" for each in chosen))


def _write_back(study: Study, site: Site) -> Iterator[Check]:
    if site.sink is None:
        yield Check("write-back", State.INFO, "no sink in site.toml", "labels will stay in the run folder")
        return
    try:
        with open_sink(site) as sink:
            if sink is not None:
                sink.writeback(Labels(), Timeline(), (), study, "doctor", dry_run=True)
    except HpdEtlError as error:
        yield Check.failed("write-back", error)
        return
    yield Check("write-back", State.OK, _WRITABLE[site.sink.kind])
