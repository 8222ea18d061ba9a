"""Can a run work on this FHIR source: reach, version, how it will be asked and why, and what would be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpd_etl.check import Check, State
from hpd_etl.config import FhirBulkSource, FhirFilesSource, FhirServerSource
from hpd_etl.errors import HpdEtlError
from hpd_etl.sources.extracted import extracted
from hpd_etl.sources.fhir.fetch.bulk import open_bulk
from hpd_etl.sources.fhir.fetch.files import open_files
from hpd_etl.sources.fhir.fetch.server import open_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.config import Site, Study
    from hpd_etl.sources.fhir.fetch.capability import Capability
    from hpd_etl.sources.fhir.fetch.quirks import Mode


def examine(study: Study, site: Site) -> list[Check]:
    """All checks in order; the first that fails for good is the last."""
    checks: list[Check] = []
    try:
        for check in _looks(study, site):
            checks.append(check)  # noqa: PERF402 - what was found before a failure is told
    except HpdEtlError as error:
        checks.append(Check.failed("failed", error))
    return checks


def _looks(study: Study, site: Site) -> Iterator[Check]:
    match site.source:
        case FhirFilesSource():
            yield from _files(study, site.source, site.canonical)
        case FhirServerSource():
            yield from _server(study, site.source, site.canonical)
        case FhirBulkSource():
            yield from _bulk(site.source, site.canonical)


def _files(study: Study, source: FhirFilesSource, canonical: str) -> Iterator[Check]:
    with open_files(source, canonical) as files:
        records, used = files.extract(study)
    for ending, count in used["files"].items():
        yield Check("files", State.OK, f"{count['files']} .{ending} with {count['lines']} lines or documents")
    yield from extracted(records, used)


# --- servers ----------------------------------------------------------------------------------


def _server(study: Study, source: FhirServerSource, canonical: str) -> Iterator[Check]:
    with open_server(source, canonical) as server:
        yield from _offered(server.mode.capability)
        yield from _mode(server.mode)
        records, used = server.extract(study)
    yield from _complete(used)
    yield from extracted(records, used)


def _bulk(source: FhirBulkSource, canonical: str) -> Iterator[Check]:
    """No export is begun: it may take the server hours."""
    with open_bulk(source, canonical) as server:
        capability = server.capability
    yield from _offered(capability)
    offered = source.level in capability.exports
    yield Check("$export", State.OK if offered else State.WARNING,
                f"{'' if offered else 'not '}advertised for level = \"{source.level}\"",
                "" if offered else "some servers export without saying so; else choose another level or fhir_server")
    yield Check("what would be read", State.INFO, "not known before an export",
                "hpd-etl extract exports; hpd-etl doctor with fhir_files on its folder tells what was read")


def _offered(capability: Capability) -> Iterator[Check]:
    yield Check("server", State.OK, f"{capability.software}, FHIR {capability.version}")
    services = ", ".join(capability.security) or "none named"
    yield Check("security", State.INFO, f"services: {services}")
    exports = ", ".join(capability.exports)
    yield Check("bulk export", State.INFO, f"advertised: {exports}" if exports else "not advertised")


def _mode(mode: Mode) -> Iterator[Check]:
    for why in mode.why:
        yield Check("search mode", State.OK, why)
    if not mode.post:
        yield Check("addresses", State.WARNING, "ids of patients stand in addresses, and so in logs on the way",
                    "have POST searches allowed, or see who reads those logs")


def _complete(used: dict[str, Any]) -> Iterator[Check]:
    """What is proven: the counts of server and slices, and what cannot be asked here."""
    for kind, count in used["slices"].items():
        expected = "not counted" if count["uncounted"] else f"{count['expected']} counted"
        told = f"{count['fetched']} fetched, {expected} by the server, in {count['slices']} slices"
        failed = count["not_proven"]
        yield Check(f"search of {kind}", State.WARNING if failed else State.OK,
                    f"{told}; {failed} not proven complete" if failed else told)
    for what, follows in used["left_out"].items():
        yield Check(f"not asked: {what}", State.WARNING if "?" in what else State.INFO, follows)
    patients = used["incomplete_patients"]
    if patients:
        yield Check("incomplete", State.WARNING, f"of {patients} patients not everything can be proven to be read",
                    "they get no verdict; run again, or look why their searches fail")
    if used["references_to_nowhere"]:
        told = ", ".join(f"{number} to {kind}" for kind, number in used["references_to_nowhere"].items())
        yield Check("references to nowhere", State.WARNING, told, "what they point to is not on the server")
