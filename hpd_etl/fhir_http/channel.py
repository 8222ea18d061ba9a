"""One request and the whole of its answer; the only place that knows the faults of the HTTP library.

Redirects are followed here, one by one, because what we are let in with must not go along to
another origin: neither a token nor a client certificate nor a cookie.
"""

from __future__ import annotations

import functools
import logging
import re
import ssl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2

from hpd_etl import __version__
from hpd_etl.errors import AccessError, ConfigurationError, SourceError
from hpd_etl.fhir_http import answers
from hpd_etl.fhir_http.answers import LostError, Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hpd_etl.config import FhirAccess

_HOPS = 5
_SLOWEST = 1024
"""Bytes a second, averaged; less than that over the longest wait is no answer."""

_PATH = re.compile(r"[a-z]+://[^/?#]*(?P<path>[!-\"$-~]*)(#.*)?$", re.IGNORECASE)

for _name in ("httpx2", "httpcore2"):  # they write addresses to the log, and an address can name a patient
    logging.getLogger(_name).setLevel(logging.WARNING)


class Channel:
    """Requests to one server, and to others only as a stranger. Safe for threads."""

    def __init__(self, access: FhirAccess) -> None:
        self.base = access.url.rstrip("/")
        self._origin = httpx2.URL(access.url).origin
        self._known = {self._origin, httpx2.URL(access.token_url or access.url).origin}
        self._patience = access.timeout_seconds
        self._client = _client(access, known=True)
        self._stranger = _client(access, known=False)

    def close(self) -> None:
        """Give all connections back."""
        self._client.close()
        self._stranger.close()

    def is_ours(self, address: str) -> bool:
        """Whether an address has scheme, host and port of the server."""
        try:
            return httpx2.URL(address).origin == self._origin
        except httpx2.InvalidURL:
            return False

    def answer(self, method: str, address: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None,
               auth: httpx2.Auth | None = None) -> Response:
        """The whole answer, also one that says no."""
        with self.opened(method, address, body=body, headers=headers, auth=auth) as response:
            return Response(response.status_code, dict(response.headers), b"".join(self.chunks(response)))

    @contextmanager
    def opened(self, method: str, address: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None,
               auth: httpx2.Auth | None = None, abroad: bool = False) -> Iterator[httpx2.Response]:
        """An answer whose body is still to be read; `abroad` allows to be redirected to another origin."""
        asked = answers.asked(method, address, self.base)
        with _faults(asked):
            request = self._client.build_request(method, address, content=body, headers=dict(headers or {}),
                                                 extensions=_verbatim(address))
            response = self._followed(request, auth, asked, abroad=abroad)
            try:
                yield response
            finally:
                response.close()

    def chunks(self, response: httpx2.Response) -> Iterator[bytes]:
        """The body as it comes, decompressed; raises LostError where it only trickles."""
        began = time.monotonic()
        for chunk in response.iter_bytes():
            yield chunk
            waited = time.monotonic() - began
            if waited > self._patience and response.num_bytes_downloaded < _SLOWEST * waited:
                raise LostError("the server sends its answer too slowly")

    def _followed(self, request: httpx2.Request, auth: httpx2.Auth | None, asked: str, *,
                  abroad: bool) -> httpx2.Response:
        for _ in range(_HOPS):
            ours = request.url.origin == self._origin
            client = self._client if request.url.origin in self._known else self._stranger
            response = client.send(request, stream=True, auth=auth if ours else None)
            if not response.has_redirect_location:
                return response
            response.close()
            request = self._next_hop(request, response, asked, abroad=abroad)
        raise SourceError(f"{asked}: redirected more than {_HOPS} times")

    def _next_hop(self, request: httpx2.Request, response: httpx2.Response, asked: str, *,
                  abroad: bool) -> httpx2.Request:
        following = response.next_request
        if following is None or following.method != request.method:
            raise SourceError(f"{asked}: the server redirects ({response.status_code}) in a way that would drop "
                              "what was asked", remedy="give the address it redirects to as url")
        if following.url.origin != self._origin and not abroad:
            raise SourceError(f"{asked}: the server redirects to another host, which is not followed",
                              remedy="give the address it redirects to as url, if that is the server meant")
        following.extensions.pop("target", None)
        for name in ("Authorization", "Cookie"):
            following.headers.pop(name, None)
        return following


def _verbatim(address: str) -> dict[str, bytes]:
    """Path and query exactly as written, where they can be sent so; the library would escape some characters anew."""
    found = _PATH.match(address)
    if found is None or not found["path"]:
        return {}
    return {"target": found["path"].encode() if found["path"].startswith("/") else b"/" + found["path"].encode()}


def _client(access: FhirAccess, *, known: bool) -> httpx2.Client:
    agent = {"User-Agent": f"hpd-etl/{__version__}", "Accept": "application/fhir+json",
             "Cache-Control": "no-cache"}  # servers answer a search that they have answered before from memory
    return httpx2.Client(verify=_tls(access, known=known), timeout=access.timeout_seconds, headers=agent)


def _tls(access: FhirAccess, *, known: bool) -> ssl.SSLContext:
    """Whom we trust, and, to the server itself, who we are."""
    certificate = access.certificate if known else None
    if not (access.authority or certificate):
        return _public()
    context = httpx2.create_ssl_context()
    try:
        if access.authority:
            context.load_verify_locations(access.authority)
        if certificate:
            context.load_cert_chain(certificate, access.certificate_key, password="")
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError("certificate, certificate_key or authority of the access cannot be read",
                                 remedy="they are PEM files without a passphrase, and the key fits the certificate",
                                 ) from error
    return context


@functools.cache
def _public() -> ssl.SSLContext:
    """Trust in the authorities this computer trusts; reading them takes a tenth of a second."""
    return httpx2.create_ssl_context()


@contextmanager
def _faults(asked: str) -> Iterator[None]:
    """Faults of the library as ours; its texts are left out, they may hold an address or a header."""
    try:
        yield
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise SourceError(f"{asked}: not an address that can be asked") from error
    except httpx2.RequestError as error:
        if _handshake_failed(error):
            raise AccessError(f"{asked}: no trust between this computer and the server (TLS)",
                              remedy="authority names who signed the server's certificate, certificate who we are",
                              ) from error
        raise LostError(f"{asked}: {_kind(error)}") from error


def _kind(error: httpx2.RequestError) -> str:
    match error:
        case httpx2.ConnectError() | httpx2.ConnectTimeout():
            return "the server cannot be reached"
        case httpx2.TimeoutException():
            return "the server did not answer in time"
        case _:
            return "the answer broke off"


def _handshake_failed(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError) and "CERT" in f"{error.reason}{type(error).__name__}".upper():
            return True
        if isinstance(error, ssl.SSLError) and "ALERT" in str(error.reason):
            return True
        error = error.__cause__ or error.__context__
    return False
