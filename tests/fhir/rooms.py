"""A room of its own for each test on a server that is not ours: `--fhir-url`.

What a test stores gets an id that nobody else has and a tag, every search is asked with that tag, and what comes back
has neither; so a server that holds the data of others looks empty, and theirs are never touched. In the end all that
was stored is deleted by its id.
"""

from __future__ import annotations

import http.client
import json
import re
import secrets
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from tests.fhir.wire import Answer, Asked, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
_TAGS = "urn:hpd-etl:tests"
_IS_NO_ID = re.compile(r"(_(?!id$).*|.*code|category|identifier|date|status|.*[:.].*)$")
"""Parameters whose values are no ids of resources."""
_OUTSIDE = ("#", "urn:")


class Room(Wire):
    """Looks like an empty server under `/fhir`."""

    def __init__(self, server: str) -> None:
        super().__init__(server)
        self._server_base, self.url = server.rstrip("/"), f"{self.origin}/fhir"
        self._tag = secrets.token_hex(6)
        self._mark = f"r{self._tag}-"
        self._kept: dict[tuple[str, str], None] = {}

    def forward(self, asked: Asked) -> Answer:
        """The answer of the server, to what was asked in this room."""
        path, _, query = asked.path.removeprefix("/fhir").partition("?")
        if path == "/metadata" or not asked.path.startswith("/fhir"):
            return self._outward(self._sent(asked, path, query))
        steps = [step for step in path.split("/") if step]
        is_search = steps[:1] != [] and (len(steps) == 1 or steps[1] == "_search") and asked.method in ("GET", "POST")
        if is_search and steps[-1] == "_search":
            asked = replace_body(asked, self._narrowed(asked.body.decode()).encode())
        elif is_search and asked.method == "GET":
            query = self._narrowed(query)
        elif asked.body:
            asked = replace_body(asked, json.dumps(self._resource(json.loads(asked.body))).encode())
        if len(steps) > 1 and not steps[1].startswith(("_", "$")):
            steps[1] = self._mark + steps[1]
        answer = self._sent(asked, "/".join(["", *steps]), query)
        if asked.method in ("PUT", "POST") and answer.status < 300 and not is_search:
            self._kept |= dict.fromkeys(_stored(asked, steps))
        return self._outward(answer)

    def clear(self) -> list[str]:
        """Delete all that was stored here, what refers to others first; the types of what the server kept."""
        for _ in range(5):
            for kind, key in reversed(list(self._kept)):
                asked = Asked("DELETE", "", {}, b"")
                if self._sent(asked, f"/{kind}/{key}", "").status in (200, 202, 204, 404, 410):
                    del self._kept[kind, key]
        return sorted({kind for kind, _ in self._kept})

    def _sent(self, asked: Asked, path: str, query: str) -> Answer:
        target = urlsplit(self._server_base)
        address = target.path + path + f"?{query}" * bool(query)
        return super().forward(asked._replace(path=address or "/"))

    # --- on the way in ------------------------------------------------------------------------

    def _narrowed(self, query: str) -> str:
        """The search among what is in this room."""
        given = [(name, value if _IS_NO_ID.match(name) else ",".join(map(self._reference, value.split(","))))
                 for name, value in parse_qsl(query, keep_blank_values=True)]
        ours = ("_tag", f"{_TAGS}|{self._tag}")
        return urlencode(given if ours in given else [*given, ours], quote_via=quote)

    def _reference(self, written: str) -> str:
        """A reference or an id with our mark; what lies outside stays."""
        if not written or written.startswith(_OUTSIDE) or self._mark in written:
            return written
        written = written.replace(self.url, self._server_base)
        head, slash, tail = written.partition("/_history/")
        before, cut, key = head.rpartition("/")
        return f"{before}{cut}{self._mark}{key}{slash}{tail}"

    def _resource(self, given: Json) -> Json:
        """A resource, or all in a Bundle, under ids of this room and with its tag."""
        if given.get("resourceType") == "Bundle":
            return given | {"entry": [self._entry(each) for each in given.get("entry", [])]}
        made: Json = self._renamed(given)
        meta = made.get("meta", {})
        tags = [*meta.get("tag", []), {"system": _TAGS, "code": self._tag}]
        return made | {"id": self._mark + given["id"], "meta": meta | {"tag": tags}}

    def _entry(self, entry: Json) -> Json:
        address = {"url": self._reference(entry["request"]["url"])}
        full = {"fullUrl": self._reference(entry["fullUrl"])} if "fullUrl" in entry else {}
        return entry | full | {"resource": self._resource(entry["resource"]), "request": entry["request"] | address}

    def _renamed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._renamed(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {name: self._reference(each) if name == "reference" and isinstance(each, str) else self._renamed(each)
                for name, each in value.items()}

    # --- on the way out -----------------------------------------------------------------------

    def _outward(self, answer: Answer) -> Answer:
        """What the server says, with our address, without our mark and our tag."""
        def told(text: str) -> str:
            path = urlsplit(self._server_base).path
            return text.replace(self.origin + path, self.url).replace(self._mark, "") if path else \
                text.replace(self.origin, self.url).replace(self._mark, "")

        body = told(answer.body.decode("utf-8", "surrogateescape"))
        if self._tag in body:
            with suppress(json.JSONDecodeError):
                body = json.dumps(_without(json.loads(body), self._tag), separators=(",", ":"), ensure_ascii=False)
        headers = {name: told(value) for name, value in answer.headers.items()}
        return replace(answer, headers=headers, body=body.encode("utf-8", "surrogateescape"))


def replace_body(asked: Asked, body: bytes) -> Asked:
    """The request with another body."""
    return asked._replace(body=body)


def _stored(asked: Asked, steps: list[str]) -> Iterator[tuple[str, str]]:
    """Type and id of what a request stored."""
    if asked.method == "PUT":
        yield steps[0], steps[1]
    elif not steps:
        for entry in json.loads(asked.body)["entry"]:
            yield entry["resource"]["resourceType"], entry["resource"]["id"]


def _without(value: Any, tag: str) -> Any:
    """The same without the tag."""
    if isinstance(value, list):
        return [_without(each, tag) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: _without(each, tag) for name, each in value.items()}
    if "tag" in made and isinstance(made["tag"], list):
        made["tag"] = [each for each in made["tag"] if each.get("code") != tag]
        if not made["tag"]:
            del made["tag"]
    return made


class Rooms:
    """Rooms on one server; each looks like an empty server."""

    def __init__(self, server: str) -> None:
        self._server, self._rooms = server, list[Room]()

    def open(self) -> str:
        """The base address of a new room."""
        room = Room(self._server)
        self._rooms.append(room)
        return room.url

    def close(self) -> list[str]:
        """Delete what is in all rooms; the types of what the server did not give up."""
        left = {kind for room in self._rooms for kind in room.clear()}
        for room in self._rooms:
            room.close()
        return sorted(left)

    def lacks(self) -> str | None:
        """Why the tests cannot keep to themselves on this server; None where they can."""
        base = self.open()
        statement = _asked("GET", f"{base}/metadata")[1]
        rest = next(iter(statement.get("rest", [])), {})
        if "transaction" not in [each.get("code") for each in rest.get("interaction", [])]:
            return "states no transactions"
        status, _ = _asked("PUT", f"{base}/Patient/probe", {"resourceType": "Patient", "id": "probe"})
        if status >= 300:
            return f"keeps nothing under an id that its client gives ({status})"
        found = [_asked("GET", f"{each}/Patient?_summary=count")[1].get("total") for each in (base, self.open())]
        return None if found == [1, 0] else "does not search by _tag"


def _asked(method: str, url: str, body: Json | None = None) -> tuple[int, Json]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request(method, f"{parts.path}?{parts.query}", None if body is None else json.dumps(body),
                       {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    with suppress(json.JSONDecodeError):
        return answer.status, json.loads(text)
    return answer.status, {}
