"""What a FHIR server answered, and what of it may be told: status and codes, never its words or an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hpd_etl.errors import AccessError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSED = (401, 403)
GONE = (404, 410)
"""It is not there, or no longer."""
_NOT_THERE = {"GET metadata": "check access.url: it must be the base address of a FHIR server",
              "GET Group/$export": "check source.group"}
"""What is asked first -> what to look at where that is not there."""
_CODE = re.compile(r"[a-z-]{1,40}")
_TYPE = re.compile(r"[A-Z][A-Za-z]{2,39}|\$[a-z-]{2,40}|metadata|\.well-known")
_OPERATION = re.compile(r"\$[a-z-]{2,40}|_search|_history|smart-configuration")


class Response(NamedTuple):
    """A whole answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpError(SourceError):
    """An answer that says no; `codes` are those of its OperationOutcome, whose words may tell of a patient."""

    def __init__(self, asked: str, response: Response) -> None:
        self.status = response.status
        self.headers = response.headers
        self.codes = outcome_codes(response.body)
        super().__init__(f"{asked}: the server answered {_with_codes(response.status, self.codes)}",
                         remedy=_NOT_THERE.get(asked, "") if response.status in GONE else "")


class LostError(SourceError):
    """No answer, or not the whole of one; asking again may help."""


class ExpiredPageError(SourceError):
    """The server has forgotten the search that a next page belongs to; the search has to start again."""


class _Issue(msgspec.Struct):
    code: str | None = None


class _Outcome(msgspec.Struct):
    issue: list[_Issue] = []


def outcome_codes(body: bytes) -> tuple[str, ...]:
    """The issue codes of an OperationOutcome, each once; none where the body is something else."""
    try:
        issues = msgspec.json.decode(body, type=_Outcome).issue
    except msgspec.DecodeError:
        return ()
    return tuple(dict.fromkeys(each.code for each in issues if each.code and _CODE.fullmatch(each.code)))


def refusal(asked: str, response: Response) -> SourceError | AccessError:
    """The error that an answer of 400 and above is."""
    if response.status not in REFUSED:
        return HttpError(asked, response)
    told = _with_codes(response.status, outcome_codes(response.body))
    return AccessError(f"{asked}: access was refused ({told})", remedy="hpd-etl auth check says which step fails")


def asked(method: str, address: str, base: str) -> str:
    """What may be told of a request: type and operation at their places in the address; no id, parameter or host."""
    if not address.startswith(base):
        return f"{method} beside the FHIR base"
    parts = address.split("?")[0].removeprefix(base).strip("/").split("/")
    told = [part for place, part in enumerate(parts) if (_OPERATION if place else _TYPE).fullmatch(part)]
    return f"{method} {'/'.join(told) or 'the FHIR base'}"


def _with_codes(status: int, codes: tuple[str, ...]) -> str:
    return f"{status} {', '.join(codes)}".strip()
