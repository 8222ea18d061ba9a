"""SMART Backend Services: where tokens are given, what is asked for, and a token that is renewed in time."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import msgspec

from hpd_etl.config.site import is_private
from hpd_etl.errors import AccessError
from hpd_etl.fhir_http import answers, keys
from hpd_etl.fhir_http.answers import HttpError, Response
from hpd_etl.fhir_http.retries import PASSING, RenewalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.config import FhirAccess
    from hpd_etl.fhir_http.channel import Channel

WELL_KNOWN = ".well-known/smart-configuration"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_NEWER = {"read": "rs", "write": "cu"}
"""Version 2 of the scopes; nothing is ever deleted."""
_RIGHTS = {"read": "rs", "write": "cud", "*": "cruds"}
"""What version 1 of the scopes means in letters of version 2."""
_AHEAD_SECONDS = 60
"""A token is renewed so long before it expires, but not before three quarters of its life."""
_REMEDIES = {
    "invalid_scope": "scopes in site.toml have to be among those the client is registered for",
    "unauthorized_client": "the client has to be registered for the grant client_credentials",
    "unsupported_grant_type": "the server has no SMART Backend Services: another auth",
    "invalid_request": "token_url may be the endpoint of something else than SMART Backend Services",
}
TOKEN = re.compile(r"[!-~]+")
"""What can be sent as a token."""
_ERROR = re.compile(r"[a-z_]{1,40}")


class Discovered(msgspec.Struct):
    """What a server says about its tokens."""

    token_endpoint: str = ""
    capabilities: list[str] = []
    token_endpoint_auth_signing_alg_values_supported: list[str] = []


class Token(NamedTuple):
    """Leave to act for a while."""

    value: str
    scopes: tuple[str, ...]
    """Those granted, as far as the server told."""
    good_until: float
    """Moment of the monotonic clock from which a new one is asked for."""


class _Granted(msgspec.Struct):
    access_token: str
    token_type: str = ""
    expires_in: float | None = None
    scope: str = ""


class _Refused(msgspec.Struct):
    error: str = ""
    error_description: str = ""


class TokenRefusedError(AccessError):
    """The token endpoint said no; `code` is that of OAuth, or the status."""

    def __init__(self, response: Response, signed: str) -> None:
        self.headers = response.headers
        self.code, said = _told(response, signed)
        super().__init__(f"no token was given: {self.code}{said and f', {said}'}",
                         remedy=_REMEDIES.get(self.code, "hpd-etl auth check goes through the usual causes"))


class Tokens:
    """The token of a session: asked for when first needed, renewed before it expires. Safe for threads."""

    def __init__(self, access: FhirAccess, scopes: Sequence[str], channel: Channel) -> None:
        self._access = access
        self._scopes = scopes
        self._channel = channel
        self._key = keys.read(access)
        self._lock = threading.Lock()
        self._discovered: Discovered | None = None
        self._token: Token | None = None
        self._known = False

    def current(self) -> str:
        """A token that is still good."""
        with self._lock:
            if self._token is None or time.monotonic() >= self._token.good_until:
                self._token = self._asked()
            return self._token.value

    def after(self, refused: str) -> str:
        """The token that follows a refused one; another thread may have it already."""
        with self._lock:
            if self._token is None or self._token.value == refused:
                self._token = None
                self._token = self._asked()
            return self._token.value

    def _asked(self) -> Token:
        if self._discovered is None:
            self._discovered = discover(self._access, self._channel)
        scopes = asked_scopes(self._access, self._scopes, self._discovered)
        try:
            token = ask(self._access, self._key, self._discovered.token_endpoint, scopes, self._channel)
        except AccessError as error:
            if not self._known:
                raise
            raise RenewalError(str(error), remedy=error.remedy) from error
        self._known = True
        return token


def discover(access: FhirAccess, channel: Channel) -> Discovered:
    """What the server says of its tokens; only the endpoint where site.toml names it."""
    if access.token_url:
        return Discovered(access.token_url)
    response = channel.answer("GET", f"{channel.base}/{WELL_KNOWN}", headers={"Accept": "application/json"})
    if response.status in PASSING:
        raise HttpError("discovery of the token endpoint", response)
    remedy = "token_url names the token endpoint where the server does not"
    if response.status >= 400:
        raise AccessError(f"the server has no {WELL_KNOWN} ({response.status})", remedy=remedy)
    try:
        found = msgspec.json.decode(response.body, type=Discovered)
    except msgspec.DecodeError as error:
        raise AccessError(f"{WELL_KNOWN} of the server cannot be read", remedy=remedy) from error
    if not is_private(found.token_endpoint):
        raise AccessError(f"{WELL_KNOWN} of the server names no token endpoint with https", remedy=remedy)
    return found


def asked_scopes(access: FhirAccess, least: Sequence[str], found: Discovered) -> tuple[str, ...]:
    """Those of site.toml, else the least; `.rs` for `.read` only where the server knows no other spelling."""
    if access.scopes:
        return access.scopes
    newer = "permission-v2" in found.capabilities and "permission-v1" not in found.capabilities
    return tuple(dict.fromkeys(_newer(scope) if newer else scope for scope in least))


def _newer(scope: str) -> str:
    what, _, right = scope.rpartition(".")
    return f"{what}.{_NEWER.get(right, right)}"


def covers(granted: str, asked: str) -> bool:
    """Whether a granted scope holds what was asked, in whichever of the two spellings."""
    given, wanted = _parts(granted), _parts(asked)
    return given[0] == wanted[0] and given[1] in ("*", wanted[1]) and set(wanted[2]) <= set(given[2])


def _parts(scope: str) -> tuple[str, str, str]:
    context, _, rest = scope.partition("/")
    kind, _, right = rest.rpartition(".")
    return context, kind, _RIGHTS.get(right, right)


def ask(access: FhirAccess, key: keys.Key, token_url: str, scopes: Sequence[str], channel: Channel) -> Token:
    """A token from the endpoint; raises AccessError where it is refused."""
    signed = keys.assertion(key, access.client_id or "", token_url)
    form = {"grant_type": "client_credentials", "scope": " ".join(scopes), "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": signed}
    began = time.monotonic()
    response = channel.answer("POST", token_url, body=urlencode(form).encode(), headers={
        "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"})
    if response.status in PASSING:
        raise HttpError("the token endpoint", response)
    if response.status >= 400:
        raise TokenRefusedError(response, signed)
    return _token(response, began)


def _told(response: Response, signed: str) -> tuple[str, str]:
    """Code and words of a refusal; without the assertion, should it be among them."""
    try:
        told = msgspec.json.decode(response.body, type=_Refused)
    except msgspec.DecodeError:
        return str(response.status), ""
    said = told.error_description
    for part in (signed, *signed.split(".")):
        said = said.replace(part, "…")
    said = "".join(mark for mark in said if mark.isprintable())[:200]
    return (told.error if _ERROR.fullmatch(told.error) else str(response.status)), said


def _token(response: Response, began: float) -> Token:
    try:
        given = msgspec.json.decode(response.body, type=_Granted)
    except msgspec.DecodeError as error:
        raise answers.LostError("the token endpoint answered without a token") from error
    if given.token_type.lower() != "bearer" or not TOKEN.fullmatch(given.access_token):
        raise AccessError("the token endpoint gave a token that is no bearer token")
    life = given.expires_in
    good = float("inf") if life is None else began + max(life - _AHEAD_SECONDS, life * 3 / 4)
    return Token(given.access_token, tuple(given.scope.split()), good)
