"""What passes by itself is tried again: busy servers, lost connections, answers that broke off."""

from __future__ import annotations

import logging
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

import stamina
from stamina.instrumentation import set_on_retry_hooks

from hpd_etl.errors import AccessError, HpdEtlError
from hpd_etl.fhir_http.answers import HttpError, LostError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stamina.instrumentation import RetryDetails

    from hpd_etl.config import FhirAccess

PASSING = frozenset({408, 429, 500, 502, 503, 504})
_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)


class RenewalError(AccessError):
    """A token was refused to a client that had one before: some servers do so in passing."""


def tried(access: FhirAccess, once: Callable[[], _T]) -> _T:
    """What `once` gives, asked again while its failure may pass; then the last failure, with the count of attempts."""

    def passing(error: Exception) -> bool | float:
        if not isinstance(error, (LostError, RenewalError, HttpError)):
            return False
        if not isinstance(error, HttpError):
            return True
        wanted = asked_to_wait(error.headers)
        return error.status in PASSING and (wanted is None or min(wanted, access.longest_wait_seconds))

    count = 0
    try:
        for attempt in stamina.retry_context(passing, attempts=access.attempts, timeout=None, wait_initial=0.5,
                                             wait_max=access.longest_wait_seconds):
            count = attempt.num
            with attempt:
                return once()
    except HpdEtlError as error:
        if count > 1:
            error.add_note(f"tried {count} times")
        raise
    raise AssertionError("an attempt returns or raises")


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait; a date counts from the server's own clock where it tells it."""
    wanted = headers.get("retry-after", "").strip()
    if wanted.isdecimal():
        return float(wanted)
    until = _moment(wanted)
    if until is None:
        return None
    return max(0.0, until - (_moment(headers.get("date", "")) or time.time()))


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None


def _said(details: RetryDetails) -> None:
    """A line for those who ask for them; the default of the library would be a warning without a cause."""
    _LOG.info("attempt %d failed, next in %.1f s: %s", details.retry_num, details.wait_for, details.caused_by)


set_on_retry_hooks((_said,))
