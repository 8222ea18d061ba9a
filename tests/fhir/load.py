"""Put resources on a server, in transactions."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import httpx2
import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable


def load(base: str, resources: Iterable[dict[str, Any]], headers: dict[str, str] | None = None) -> None:
    """PUT every resource under its own id."""
    sent = {"content-type": "application/fhir+json", **(headers or {})}
    with httpx2.Client(headers=sent, timeout=120) as client:
        left = iter(resources)
        while part := list(islice(left, 500)):
            entries = [{"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
                       for each in part]
            client.post(base, content=orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
                        ).raise_for_status()
