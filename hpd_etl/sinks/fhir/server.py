"""Labels on a FHIR server: found by their code, put under ids of their own, in transactions where it has them.

A server has no lock: one writer at a time is for the site to see to. Two that meet are noticed by the version each
of them wants to replace, and one of them ends with exit code 7; running again goes on from what is there.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson

from hpd_etl.errors import SourceError, WriteBackError
from hpd_etl.fhir_http import GONE, PASSING, HttpError, connect
from hpd_etl.fhir_http.statement import stated
from hpd_etl.sinks.fhir import terms
from hpd_etl.sinks.fhir.comparison import DEVICE, LABEL, PROVENANCE, Write, arrived
from hpd_etl.sinks.fhir.sink import FhirLabelSink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hpd_etl.config import FhirServerSink, Site
    from hpd_etl.fhir_http import Session
    from hpd_etl.sinks.fhir.label_resources import Resource

SCOPES = tuple(f"system/{kind}.{right}" for kind in (DEVICE, LABEL, PROVENANCE) for right in ("read", "write"))
_PAGE, _IDS = 500, 100
_CONFLICTS = (409, 412)


@contextmanager
def open_server_sink(site: Site, sink: FhirServerSink, *, strict: bool = False) -> Iterator[FhirLabelSink]:
    """The server, asked what it can do; raises AccessError, SourceError, UnsupportedVersionError or WriteBackError."""
    with connect(sink.access, SCOPES) as session:
        transactions = _can_keep_labels(session)
        store = ServerStore(session, site.canonical, sink.bundle_size if transactions else 0)
        yield FhirLabelSink(store, site, sink, strict=strict)


def _can_keep_labels(session: Session) -> bool:
    """Whether the server has transactions; raises where it cannot keep labels at all."""
    rest = stated(session, "sink.access.url").server
    kinds = {each.type: each for each in rest.resource}
    for kind in (LABEL, PROVENANCE, DEVICE):
        if kinds and (kind not in kinds or kinds[kind].update_create is False):
            raise WriteBackError(f"the server keeps no {kind} under an id that its client gives",
                                 remedy='permit it there, or write files: kind = "fhir_files"')
    return any(each.code == "transaction" for each in rest.interaction)


class ServerStore:
    """The resources of a server; `bundle_size` 0 puts them one by one."""

    def __init__(self, session: Session, canonical: str, bundle_size: int) -> None:
        self.base = f"{session.base}/"
        self._session, self._bundle_size = session, bundle_size
        self._code = f"{terms.system(canonical, 'hpd-observation')}|{terms.LABEL}"

    def labels(self) -> Iterator[Resource]:
        """Every label on the server; raises SourceError where it counts more than it gives."""
        seen, total = 0, None
        for bundle in self._found_by_code():
            total = bundle.get("total", total)
            for resource in _matches(bundle, LABEL):
                seen += 1
                yield resource
        if total is not None and seen < total:
            raise SourceError(f"the server counts {total} labels and gave {seen}",
                              remedy="run again; while it is written to, a search is not complete")

    def _found_by_code(self) -> Iterator[Resource]:
        try:
            for page in self._session.pages(LABEL, [("code", self._code), ("_count", str(_PAGE))]):
                yield orjson.loads(page)
        except HttpError as error:
            if error.status in PASSING:
                raise
            raise WriteBackError(f"the server cannot search Observations by their code ({error}), so that labels which "
                                 "are no longer given would stay there",
                                 remedy='permit it there, or write files: kind = "fhir_files"') from error

    def named(self, kind: str, names: Sequence[str], *, surely: bool = False) -> Iterator[Resource]:
        """The resources with these ids, asked for in a form, so that no id stands in a log.

        Some servers find a resource only a while after it was written: `surely` asks for what was not found itself.
        """
        for start in range(0, len(names), _IDS):
            left = dict.fromkeys(names[start:start + _IDS])
            for page in self._session.pages(kind, [("_id", ",".join(left)), ("_count", str(_IDS))], post=True):
                for resource in _matches(orjson.loads(page), kind):
                    left.pop(resource["id"], None)
                    yield resource
            for name in left if surely else ():
                yield from self._read(kind, name)

    def _read(self, kind: str, name: str) -> Iterator[Resource]:
        try:
            yield orjson.loads(self._session.get(f"{kind}/{name}").body)
        except HttpError as error:
            if error.status not in GONE:
                raise

    def write(self, groups: Iterable[list[Write]]) -> None:
        """Put the groups, as many in a transaction as it may hold; raises WriteBackError where one is refused."""
        written = 0
        for some in self._packed(groups):
            try:
                self._send(some)
            except HttpError as error:
                self._settle(error, some, written)
            written += len(some)

    def _packed(self, groups: Iterable[list[Write]]) -> Iterator[list[Write]]:
        """Whole groups, up to the size of a bundle."""
        packed: list[Write] = []
        for group in groups:
            if packed and len(packed) + len(group) > self._bundle_size:
                yield packed
                packed = []
            packed += group
        if packed:
            yield packed

    def _send(self, some: list[Write]) -> None:
        """PUT is the same however often it is sent, so a lost answer is no reason to stop."""
        if self._bundle_size:
            self._session.send("POST", self._session.base, orjson.dumps(bundle_of(some, self.base)), again=True)
            return
        for resource, replaces in some:
            headers = {} if replaces is None else {"If-Match": f'W/"{replaces}"'}
            self._session.send("PUT", f"{resource['resourceType']}/{resource['id']}", orjson.dumps(resource), headers,
                               again=True)

    def _settle(self, error: HttpError, some: list[Write], written: int) -> None:
        """Go on where a conflict is with our own writing, whose answer was lost; else say what became of it."""
        if error.status in PASSING:
            raise error
        if error.status in _CONFLICTS and self._are_there(some):
            return
        told = "holds other versions of our resources than it did before" if error.status in _CONFLICTS else \
            "refuses our resources"
        raise WriteBackError(f"the server {told} ({error}); {written} resources had been written",
                             remedy="see that nobody else writes labels there, and run again; it goes on from "
                                    "what is there") from error

    def _are_there(self, some: list[Write]) -> bool:
        left = {(each.resource["resourceType"], each.resource["id"]): each.resource for each in some}
        for kind in (DEVICE, LABEL, PROVENANCE):
            for held in self.named(kind, [name for of, name in left if of == kind], surely=True):
                if (wanted := left.get((kind, held["id"]))) and arrived(held, wanted, self.base):
                    del left[kind, held["id"]]
        return not left


def bundle_of(some: Sequence[Write], base: str) -> Resource:
    """A transaction that puts these resources."""
    entries = []
    for resource, replaces in some:
        address = f"{resource['resourceType']}/{resource['id']}"
        request = {"method": "PUT", "url": address}
        if replaces is not None:
            request["ifMatch"] = f'W/"{replaces}"'
        entries.append({"fullUrl": base + address, "resource": resource, "request": request})
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _matches(bundle: Resource, kind: str) -> Iterator[Resource]:
    """The resources that were asked for, without what the server has to say about the search."""
    return (entry["resource"] for entry in bundle.get("entry", ())
            if entry.get("resource", {}).get("resourceType") == kind)
