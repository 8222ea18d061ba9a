"""Why a server gives no token: what was sent, beside what the server has to hold for it."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from hpd_etl.check import Check, State
from hpd_etl.fhir_http.keys import thumbprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hpd_etl.config import FhirAccess
    from hpd_etl.fhir_http.keys import Key
    from hpd_etl.fhir_http.smart import Discovered

_SKEW_SECONDS = 30


def of_invalid_client(access: FhirAccess, key: Key, found: Discovered, headers: Mapping[str, str]) -> Iterator[Check]:
    """The usual causes, each with what was sent; a warning where it is likely the one."""
    yield Check("client", State.INFO, f"iss and sub are {access.client_id}", "registered under this id?")
    yield Check("key", State.INFO, f"{key.algorithm}, thumbprint {thumbprint(key.secret.public_key())}",
                "is its public half registered for the client, and read by the server since?")
    yield _kid(key)
    yield Check("aud", State.INFO, f"aud is {found.token_endpoint}",
                "does the server know its token endpoint by this address? token_url sets another")
    yield _algorithm(key, found)
    yield clock(headers)


def clock(headers: Mapping[str, str]) -> Check:
    """How far the clock of the server, as it tells it, is from ours: iat and exp are read by it."""
    try:
        ahead = round(parsedate_to_datetime(headers.get("date", "")).timestamp() - time.time())
    except ValueError:
        return Check("clock", State.INFO, "the server does not tell its time")
    if abs(ahead) <= _SKEW_SECONDS:
        return Check("clock", State.OK, f"the clocks agree to {_SKEW_SECONDS} s")
    return Check("clock", State.WARNING, f"the server's clock is {abs(ahead)} s {'ahead' if ahead > 0 else 'behind'}",
                 "iat or exp of the assertion may lie outside what the server takes: set the clock by a time server")


def _kid(key: Key) -> Check:
    if key.name:
        return Check("kid", State.INFO, f"kid is {key.name}", "is the key registered under this name? key_id sets it")
    return Check("kid", State.WARNING, "no kid is sent", "key_id is the name under which the key is registered")


def _algorithm(key: Key, found: Discovered) -> Check:
    taken = found.token_endpoint_auth_signing_alg_values_supported
    if taken and key.algorithm not in taken:
        return Check("algorithm", State.WARNING, f"signed with {key.algorithm}; the server takes {', '.join(taken)}",
                     "algorithm, and a key of that kind")
    return Check("algorithm", State.INFO, f"signed with {key.algorithm}", "registered for this algorithm?")
