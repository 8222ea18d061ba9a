"""How a request is let in: a header that stays, or a token that is renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from hpd_etl.config import revealed
from hpd_etl.errors import ConfigurationError
from hpd_etl.fhir_http.smart import TOKEN, Tokens

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from hpd_etl.config import FhirAccess
    from hpd_etl.fhir_http.channel import Channel


class Bearer(httpx2.Auth):
    """A token that the site was given."""

    def __init__(self, token: str) -> None:
        if not TOKEN.fullmatch(token):
            raise ConfigurationError("the token of the access holds characters that no token has")
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """The request with the token."""
        request.headers["Authorization"] = self._header
        yield request


class Renewed(httpx2.Auth):
    """A token of SMART Backend Services; a request refused with 401 is sent once more with a new one."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """The request with a token that is still good, and again with the next where the server says it is not."""
        token = self._tokens.current()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = f"Bearer {self._tokens.after(token)}"
            yield request


def authorisation(access: FhirAccess, scopes: Sequence[str], channel: Channel) -> httpx2.Auth | None:
    """What every request to this server bears; None where everybody is let in."""
    match access.auth:
        case "none":
            return None
        case "bearer":
            return Bearer(revealed(access.token or ""))
        case "basic":
            return httpx2.BasicAuth(access.user or "", revealed(access.password or ""))
        case "smart":
            return Renewed(Tokens(access, scopes, channel))
