"""Forty-five patients, three pages of twenty: what the tests of paging and of sessions search for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.fhir.wire import Fault, status

if TYPE_CHECKING:
    from collections.abc import Iterable

SEARCH = [("identifier", "urn:hpd-etl:session|ward"), ("_count", "20")]
IDS = {f"session-{number}" for number in range(45)}
PATIENTS = [{"resourceType": "Patient", "id": each,
             "identifier": [{"system": "urn:hpd-etl:session", "value": "ward"}]} for each in sorted(IDS)]


def ids(pages: Iterable[bytes]) -> list[str]:
    """The ids in the pages of a search."""
    return [entry["resource"]["id"] for page in pages for entry in json.loads(page).get("entry", [])]


def answered(body: object) -> Fault:
    """A fault that answers with a body of its own."""
    return status(200, {"Content-Type": "application/fhir+json"}, json.dumps(body).encode())


def bundle(*links: str) -> dict[str, Any]:
    """An empty page with these next links."""
    return {"resourceType": "Bundle", "type": "searchset",
            "link": [{"relation": "self", "url": "x"}, *({"relation": "next", "url": link} for link in links)]}
