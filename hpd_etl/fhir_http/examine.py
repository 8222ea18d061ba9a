"""Whether a FHIR server lets us in, one step after the other; each says what worked, the last what did not."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jwt

from hpd_etl.check import Check, State
from hpd_etl.errors import AccessError, HpdEtlError
from hpd_etl.fhir_http import answers, causes, keys, smart, statement
from hpd_etl.fhir_http.access import authorisation
from hpd_etl.fhir_http.channel import Channel

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping, Sequence

    import httpx2

    from hpd_etl.config import FhirAccess
    from hpd_etl.fhir_http.answers import Response


@dataclass
class _Look:
    """A server, and what the steps so far have found."""

    access: FhirAccess
    least: Sequence[str]
    channel: Channel
    headers: Mapping[str, str] = field(default_factory=dict)
    found: smart.Discovered = field(default_factory=smart.Discovered)
    key: keys.Key | None = None
    scopes: tuple[str, ...] = ()
    token: smart.Token | None = None

    @cached_property
    def auth(self) -> httpx2.Auth | None:
        """What a request bears; made once, so that one token serves all."""
        return authorisation(self.access, self.least, self.channel)


def examine(access: FhirAccess, scopes: Sequence[str]) -> Iterator[Check]:
    """The steps of being let in, up to the first that fails; nothing is tried twice, nothing is changed."""
    try:
        channel = Channel(access.model_copy(update={"attempts": 1}))
    except HpdEtlError as error:
        yield Check.failed("certificate", error)
        return
    look = _Look(access, scopes, channel)
    with closing(channel):
        for name, step in {**_REACH, **(_SMART if access.auth == "smart" else {}), **_READ}.items():
            try:
                yield from step(look)
            except HpdEtlError as error:
                yield from _failed(look, name, error)
                return


def _failed(look: _Look, name: str, error: HpdEtlError) -> Iterator[Check]:
    failed = Check.failed(name, error)
    if look.key and isinstance(error, smart.TokenRefusedError) and error.code == "invalid_client":
        yield replace(failed, remedy="one of the lines below is not as the server has it")
        for cause in causes.of_invalid_client(look.access, look.key, look.found, error.headers):
            yield replace(cause, name=f"cause: {cause.name}")
    elif isinstance(error, AccessError) and name in _READ:
        yield replace(failed, remedy=_REFUSED[look.access.auth])
    else:
        yield failed


# --- the way there ----------------------------------------------------------------------------


def _reach(look: _Look) -> Iterator[Check]:
    where = f"{look.channel.base}/metadata"
    with look.channel.opened("GET", where) as response:
        look.headers = dict(response.headers)
        tls = response.extensions["network_stream"].get_extra_info("ssl_object")
    yield Check("reach", State.OK, f"{urlsplit(where).netloc} answers ({response.status_code})")
    if look.access.auth == "smart":
        yield causes.clock(look.headers)
    yield _certificate(look.access, tls)


def _certificate(access: FhirAccess, tls: ssl.SSLObject | None) -> Check:
    if tls is None:
        return Check("certificate", State.INFO, "http: nobody proves who they are, everybody can read along")
    until = (tls.getpeercert() or {}).get("notAfter", "?")
    ours = "ours is shown where it is asked for" if access.certificate else "we show none"
    return Check("certificate", State.OK, f"the server's is trusted, until {until}; {ours}")


# --- SMART Backend Services -------------------------------------------------------------------


def _discovery(look: _Look) -> Iterator[Check]:
    look.found = smart.discover(look.access, look.channel)
    by = "token_url" if look.access.token_url else smart.WELL_KNOWN
    yield Check("discovery", State.OK, f"{by} names {look.found.token_endpoint}")
    taken = look.found.token_endpoint_auth_signing_alg_values_supported
    if taken and look.access.algorithm not in taken:
        yield Check("algorithm", State.WARNING, f"the server says that it takes {', '.join(taken)}",
                    f"algorithm is {look.access.algorithm}")


def _key(look: _Look) -> Iterator[Check]:
    look.key = keys.read(look.access)
    thumbprint = keys.thumbprint(look.key.secret.public_key())
    told = f"{look.key.algorithm}, kid {look.key.name or 'not set'}, thumbprint {thumbprint}"
    yield Check("key", State.OK if look.key.name else State.WARNING, told,
                "" if look.key.name else "key_id is the name under which the key is registered")


def _assertion(look: _Look) -> Iterator[Check]:
    assert look.key  # noqa: S101 - read by the step before
    signed = keys.assertion(look.key, look.access.client_id or "", look.found.token_endpoint)
    header, claims = jwt.get_unverified_header(signed), jwt.decode(signed, options={"verify_signature": False})
    yield Check("assertion", State.OK, f"signed; header {', '.join(sorted(header))}; claims {', '.join(claims)}")


def _token(look: _Look) -> Iterator[Check]:
    assert look.key  # noqa: S101 - read by a step before
    look.scopes = smart.asked_scopes(look.access, look.least, look.found)
    look.token = smart.ask(look.access, look.key, look.found.token_endpoint, look.scopes, look.channel)
    life = look.token.good_until - time.monotonic()
    told = f"will be renewed every {life:.0f} s" if life < float("inf") else "how long it lasts is not said"
    yield Check("token", State.OK, f"given; {told}")


def _scopes(look: _Look) -> Iterator[Check]:
    assert look.token  # noqa: S101 - given in the step before
    asked = f"{len(look.scopes)} asked for"
    if not look.token.scopes:
        yield Check("scopes", State.INFO, f"{asked}; the server does not say which it granted")
        return
    missing = [each for each in look.scopes if not any(smart.covers(given, each) for given in look.token.scopes)]
    if missing:
        yield Check("scopes", State.WARNING, f"{asked}, not granted: {', '.join(missing)}",
                    "a run that needs them will be refused: have the client registered for them")
    else:
        yield Check("scopes", State.OK, f"{asked}, all granted")


# --- reading ----------------------------------------------------------------------------------


def _metadata(look: _Look) -> Iterator[Check]:
    told = statement.read_statement(_asked(look, "metadata").body)
    if told is None:
        yield Check("metadata", State.WARNING, "no CapabilityStatement in JSON", "is url the base address?")
        return
    yield Check("metadata", State.OK, f"FHIR {told.fhir_version or '?'}, {told.software_named()}")


def _search(look: _Look) -> Iterator[Check]:
    """One search, because metadata are open to everybody on most servers."""
    readable = (scope.removesuffix(".read").rpartition("/")[2] for scope in look.least if scope.endswith(".read"))
    kind = next(readable, "Patient")
    try:
        _asked(look, f"{kind}?_summary=count")
    except answers.HttpError as error:
        yield Check("search", State.INFO, f"let in, but counting {kind} is answered with {error.status}")
        return
    yield Check("search", State.OK, f"let in: {kind} can be searched")


def _asked(look: _Look, what: str) -> Response:
    where = f"{look.channel.base}/{what}"
    response = look.channel.answer("GET", where, auth=look.auth)
    if response.status >= 400:
        raise answers.refusal(answers.asked("GET", where, look.channel.base), response)
    return response


_REFUSED = {"none": "the server wants a login: set access.auth",
            "bearer": "access.token is wrong, expired or may not read",
            "basic": "access.user or access.password is wrong, or may not read",
            "smart": "the client is known, but may not read: ask for the scope at the server"}
"""What stands behind a 401 or 403, once the server is reached."""

_REACH = {"reach": _reach}
_SMART = {"discovery": _discovery, "key": _key, "assertion": _assertion, "token": _token, "scopes": _scopes}
_READ = {"metadata": _metadata, "search": _search}
