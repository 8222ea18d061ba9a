"""A proxy on loopback that spoils what goes over the wire; nothing of ours and nothing of the server is replaced.

::

    with wired(fhir_server) as wire:                      # or the fixture `wire`
        wire.on("GET .*Observation", status(500), at=range(1, 3))          # the first two, then as it is
        wire.on("GET .*_offset=20", status(410))                           # always
        wire.on("POST .*Patient/_search", status(429, {"Retry-After": "1"}), at=1)
        wire.on("GET .*_offset=40", linked(lambda url: None))              # a next link that is missing
        session = connect(FhirAccess(url=wire.url), [])
        ...
        assert [asked.path for asked in wire.asked] == [...]

A rule is a regular expression on `METHOD path?query`, what to do, and at which of the requests it fits (the first is
1; all if not given); the first rule that applies is taken. Addresses of the server in answers become those of the
wire, but for the token endpoint. What to do is any function of an Exchange; those that are often needed stand below.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_HOP = {"connection", "transfer-encoding", "content-length", "host", "keep-alive", "accept-encoding", "date", "server"}


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    """With its query, verbatim."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Exchange:
    """A request, the way to the server and the way back."""

    asked: Asked
    forward: Callable[[], Answer]
    """What the server answers, with the addresses of the wire."""
    send: Callable[[Answer], None]
    connection: socket.socket
    previous: Answer | None
    """What was sent last, before this request."""


Fault = Callable[[Exchange], None]


@dataclass
class Rule:
    """What is done to some requests."""

    pattern: re.Pattern[str]
    fault: Fault
    at: Container[int] | None
    met: int = 0

    def applies(self, line: str) -> bool:
        """Whether this request is one of those; counts it."""
        if not self.pattern.match(line):
            return False
        self.met += 1
        return self.at is None or self.met in self.at


class Wire:
    """The proxy in front of a server, or, without one, a host that knows nothing."""

    def __init__(self, upstream: str | None, tls: ssl.SSLContext | None = None) -> None:
        self.upstream = upstream and origin(upstream)
        self.asked: list[Asked] = []
        self.previous: Answer | None = None
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.origin = f"{'https' if tls else 'http'}://localhost:{self._server.server_port}"
        self.url = self.origin + urlsplit(upstream or "").path
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def on(self, pattern: str, fault: Fault, at: int | Container[int] | None = None) -> None:
        """Do this to the requests that fit, or only to the one or those `at` these numbers."""
        self._rules.append(Rule(re.compile(pattern), fault, {at} if isinstance(at, int) else at))

    @property
    def authorisations(self) -> list[str]:
        """The Authorization headers that came to the FHIR endpoint, in order; empty where there was none."""
        return [asked.headers.get("authorization", "") for asked in self.asked
                if asked.path.startswith("/fhir/") and ".well-known" not in asked.path]

    def forget(self) -> None:
        """No rules, and nothing asked yet."""
        self.asked.clear()
        self._rules.clear()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def fault(self, asked: Asked) -> Fault:
        """What is to be done to this request."""
        with self._lock:
            self.asked.append(asked)
            fitting = [rule.fault for rule in self._rules if rule.applies(f"{asked.method} {asked.path}")]
        return fitting[0] if fitting else passed

    def forward(self, asked: Asked) -> Answer:
        """The answer of the server, with our address in place of its own."""
        if self.upstream is None:
            return Answer(404)
        kind = http.client.HTTPSConnection if self.upstream.startswith("https") else http.client.HTTPConnection
        connection = kind(urlsplit(self.upstream).netloc, timeout=60)
        headers = {name: value for name, value in asked.headers.items() if name not in _HOP}
        connection.request(asked.method, asked.path, asked.body or None, headers)
        response = connection.getresponse()
        body, kept = response.read(), {name: value for name, value in response.getheaders() if name.lower() not in _HOP}
        connection.close()
        if ".well-known" not in asked.path:
            body = body.replace(self.upstream.encode(), self.origin.encode())
            kept = {name: value.replace(self.upstream, self.origin) for name, value in kept.items()}
        return Answer(response.status, kept, body)


def origin(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _handler(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, ValueError):  # the other side has gone, or we made it go
                self.close_connection = True

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            wire.fault(asked)(Exchange(asked, lambda: wire.forward(asked), self.send, self.connection, wire.previous))

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

        def send(self, answer: Answer) -> None:
            wire.previous = answer
            self.send_response_only(answer.status)
            usual = {"Date": self.date_time_string(), "Content-Length": str(len(answer.body))}
            for name, value in {**usual, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def wired(upstream: str | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Wire]:
    """A wire to a server for as long as the block lasts; without a server, another host that answers 404."""
    wire = Wire(upstream, tls)
    try:
        yield wire
    finally:
        wire.close()


# --- what can be done to a request ------------------------------------------------------------


def passed(exchange: Exchange) -> None:
    """Nothing."""
    exchange.send(exchange.forward())


def status(code: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Fault:
    """Another answer; the server is not asked."""
    return lambda exchange: exchange.send(Answer(code, headers or {}, body))


def redirected(to: str, code: int = 307) -> Fault:
    """To another address, which may be on another host."""
    return status(code, {"Location": to})


def changed(change: Callable[[bytes], bytes]) -> Fault:
    """The body of the answer, changed; its length is right."""

    def fault(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.send(replace(answer, body=change(answer.body)))

    return fault


def saying(**members: Any) -> Fault:
    """The answer, a JSON object, says this, whatever the server says."""
    return changed(lambda body: json.dumps(json.loads(body) | members).encode())


def linked(change: Callable[[str], str | None], relation: str = "next") -> Fault:
    """The `next` link of a Bundle, rewritten, repeated, or gone where `change` gives None."""

    def relink(body: bytes) -> bytes:
        bundle = json.loads(body)
        links = [(link["relation"], change(link["url"]) if link["relation"] == relation else link["url"])
                 for link in bundle.get("link", [])]
        bundle["link"] = [{"relation": name, "url": url} for name, url in links if url is not None]
        return json.dumps(bundle).encode()

    return changed(relink)


def truncated(exchange: Exchange) -> None:
    """Half of the body, then the connection ends although more was announced."""
    answer = exchange.forward()
    exchange.send(replace(answer, headers={**answer.headers, "Content-Length": str(len(answer.body))},
                          body=answer.body[:len(answer.body) // 2]))
    exchange.connection.shutdown(socket.SHUT_RDWR)


def reset(exchange: Exchange) -> None:
    """The connection is torn down without an answer."""
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.connection.close()
    raise ConnectionResetError


def replayed(exchange: Exchange) -> None:
    """What was sent last is sent once more, whatever was asked for."""
    assert exchange.previous
    exchange.send(exchange.previous)


def trickled(seconds: float) -> Fault:
    """The body byte for byte, with a pause before each."""

    def fault(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.send(replace(answer, headers={**answer.headers, "Content-Length": str(len(answer.body))}, body=b""))
        for byte in answer.body:
            time.sleep(seconds)
            exchange.connection.sendall(bytes([byte]))

    return fault


def delayed(seconds: float) -> Fault:
    """The answer, late."""

    def fault(exchange: Exchange) -> None:
        time.sleep(seconds)
        passed(exchange)

    return fault
