"""The pages of one search: which resources they hold, each once, and whether the server says that some are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from hpd_etl.errors import SourceError


class IncompleteError(SourceError):
    """A search that ended without giving all it should."""


class Key(NamedTuple):
    """Which resource, in which version."""

    kind: str
    id: str
    version: str | None


@dataclass
class Pages:
    """What the pages of a search for one type hold; what was only included is left."""

    kind: str
    found: dict[Key, bytes] = field(default_factory=dict)
    total: int | None = None
    """How many the server says there are, if it does."""
    repeated: int = 0
    """Resources that came more than once."""

    def take(self, body: bytes) -> None:
        """Take a page; raises IncompleteError where the server reports an error in it."""
        try:
            page = _PAGE.decode(body)
        except msgspec.DecodeError as error:
            raise IncompleteError("a page of a search is no Bundle of resources") from error
        self.total = self.total if page.total is None else page.total
        for entry in page.entry:
            self._take(entry)

    def _take(self, entry: _Entry) -> None:
        try:
            met = _MET.decode(entry.resource)
        except msgspec.DecodeError:
            met = _Met(self.kind)
        if met.resource_type == "OperationOutcome":
            if any(issue.severity in ("fatal", "error") for issue in met.issue):
                raise IncompleteError("the server reported an error within a page of a search")
        elif met.resource_type == self.kind and (entry.search is None or entry.search.mode in (None, "match")):
            key = Key(self.kind, met.id or f"?{len(self.found)}", met.meta.version_id if met.meta else None)
            self.repeated += key in self.found
            self.found[key] = bytes(entry.resource)


def total(body: bytes) -> int | None:
    """How many a Bundle says there are."""
    try:
        return _PAGE.decode(body).total
    except msgspec.DecodeError:
        return None


class _Meta(msgspec.Struct, rename="camel", gc=False):
    version_id: str | None = None


class _Issue(msgspec.Struct, gc=False):
    severity: str | None = None


class _Met(msgspec.Struct, rename="camel", gc=False):
    resource_type: str
    id: str | None = None
    meta: _Meta | None = None
    issue: tuple[_Issue, ...] = ()


class _Search(msgspec.Struct, gc=False):
    mode: str | None = None


class _Entry(msgspec.Struct, gc=False):
    resource: msgspec.Raw = msgspec.Raw(b"{}")
    search: _Search | None = None


class _Page(msgspec.Struct, gc=False, tag_field="resourceType", tag="Bundle"):
    total: int | None = None
    entry: tuple[_Entry, ...] = ()


_PAGE, _MET = msgspec.json.Decoder(_Page), msgspec.json.Decoder(_Met)
