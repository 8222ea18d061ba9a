"""A page of a search: a Bundle that is whole, and where the next one is."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from hpd_etl.fhir_http.answers import LostError, Response


class Page(NamedTuple):
    """A Bundle as it came, and the address of the next one as the server wrote it."""

    body: bytes
    following: str | None


class _Link(msgspec.Struct):
    relation: str | None = None
    url: str | None = None


class _Bundle(msgspec.Struct, tag_field="resourceType", tag="Bundle"):
    link: list[_Link] = []


def page(response: Response) -> Page:
    """The page in an answer; raises LostError where it is no whole Bundle, because the next attempt may give one."""
    try:
        bundle = msgspec.json.decode(response.body, type=_Bundle)
    except msgspec.DecodeError as error:
        raise LostError("a page of a search is no whole Bundle") from error
    return Page(response.body, next((link.url for link in bundle.link if link.relation == "next"), None))
