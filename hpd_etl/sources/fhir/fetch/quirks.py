"""How a server wants to be asked: declared profiles, and what a look at this one showed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hpd_etl.fhir_http import PASSING, HttpError
from hpd_etl.sources.fhir.fetch.capability import Capability, look

if TYPE_CHECKING:
    from collections.abc import Callable

    from hpd_etl.fhir_http import Response, Session

_NOBODY = ("_id", "hpd-etl-probe")
"""What a probe asks for: an id that nothing bears."""
_EVENT_DATES = {
    "Observation": "date", "Procedure": "date", "DiagnosticReport": "date", "Encounter": "date",
    "ImagingStudy": "started", "Condition": "recorded-date", "MedicationAdministration": "effective-time",
    "MedicationStatement": "effective", "MedicationDispense": "whenhandedover", "MedicationRequest": "authoredon",
}
"""The parameter that finds a type by the day of what happened."""


class Quirks(msgspec.Struct, frozen=True):
    """One profile of `quirks.toml`, where every field is explained."""

    name: str
    software: tuple[str, ...]
    persons: int
    codes: int
    cap: int
    post: bool
    count: bool
    by_code: bool
    whole_hospital: bool
    exclusive: tuple[tuple[str, ...], ...]
    unions: dict[str, tuple[str, ...]] = {}


@cache
def profiles() -> dict[str, Quirks]:
    """All profiles by name."""
    declared = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {name: msgspec.convert({**declared["generic"], **own, "name": name}, Quirks)
            for name, own in declared.items()}


@dataclass(frozen=True)
class Mode:
    """How this server is asked, and why so."""

    quirks: Quirks
    capability: Capability
    post: bool
    count: bool
    why: tuple[str, ...]

    def date_parameter(self, kind: str, beside: tuple[str, ...] = ()) -> str | None:
        """The parameter that slices a search in time, allowed beside those it has; None where there is none."""
        for name in (_EVENT_DATES.get(kind), "_lastUpdated"):
            if name and self.capability.searches(kind, name) and not self._excluded({name, *beside}):
                return name
        return None

    def _excluded(self, names: set[str]) -> bool:
        return any(names.issuperset(group) for group in self.quirks.exclusive)

    def told(self) -> dict[str, Any]:
        """The mode, for the manifest."""
        return {"profile": self.quirks.name, "search": "POST" if self.post else "GET",
                "count": "_summary=count" if self.count else "none", "why": list(self.why)}


def choose(session: Session, named: str = "auto") -> Mode:
    """Look at the server, try what matters on an id that nothing bears, and say why the mode is as it is."""
    capability = look(session)
    quirks, why = _profile(named, capability)
    post, why_post = _post(session, quirks)
    count, why_count = _count(session, quirks)
    return Mode(quirks, capability, post, count, (why, why_post, why_count))


def _profile(named: str, capability: Capability) -> tuple[Quirks, str]:
    known = profiles()
    if named != "auto":
        return known[named], f"profile {named}: site.toml says so"
    software = capability.software.lower()
    for quirks in known.values():
        if software.startswith(quirks.software):
            return quirks, f"profile {quirks.name}: the software is {capability.software}"
    return known["generic"], f"profile generic: no other is known for {capability.software}"


def _post(session: Session, quirks: Quirks) -> tuple[bool, str]:
    """A server that ignores the form would answer with everybody, so nobody must come back."""
    if not quirks.post:
        return False, f"GET: profile {quirks.name}; ids of patients stand in addresses"
    try:
        answer = _searched(session.post("Patient/_search", [_NOBODY, ("_count", "1")]))
    except HttpError as error:
        return False, f"GET: POST was answered with {error.status}; ids of patients stand in addresses"
    if answer is None or answer.entry:
        return False, "GET: the form of a POST was not heeded; ids of patients stand in addresses"
    return True, "POST: tried, so that no id stands in an address"


def _count(session: Session, quirks: Quirks) -> tuple[bool, str]:
    if not quirks.count:
        return False, f"no counts: profile {quirks.name}; a search is complete when it has no further page"
    try:
        answer = _searched(session.get("Patient", [_NOBODY, ("_summary", "count")]))
    except HttpError as error:
        return False, f"no counts: _summary=count was answered with {error.status}"
    if answer is None or answer.total != 0:
        return False, "no counts: _summary=count gave none"
    return True, "counts: _summary=count was tried; what is fetched is held against it"


def understood(session: Session, kind: str, condition: tuple[str, str]) -> bool:
    """Whether a search heeds this condition, tried on an id that nothing bears; a server may refuse, or ignore, it."""
    return _answered(lambda: session.get(kind, [_NOBODY, condition], {"Prefer": "handling=strict"})) is not None


def finds(session: Session, mode: Mode, kind: str, condition: tuple[str, str]) -> bool:
    """Whether a search finds anything; yes, where it is not answered."""
    found = _tried(session, mode, kind, [condition, ("_count", "1")])
    return found is None or bool(found.total or found.entry)


def counted(session: Session, mode: Mode, kind: str) -> int | None:
    """How many resources of a type there are, as far as the server tells."""
    found = _tried(session, mode, kind, [("_summary", "count") if mode.count else ("_count", "1")])
    return found.total if found else None


def _tried(session: Session, mode: Mode, kind: str, asked: list[tuple[str, str]]) -> _Searched | None:
    return _answered(lambda: session.post(f"{kind}/_search", asked) if mode.post else session.get(kind, asked))


def _answered(ask: Callable[[], Response]) -> _Searched | None:
    """What a search gives; None where it is refused."""
    try:
        return _searched(ask())
    except HttpError as error:
        if error.status in PASSING:
            raise
        return None


class _Searched(msgspec.Struct, tag_field="resourceType", tag="Bundle"):
    total: int | None = None
    entry: tuple[msgspec.Raw, ...] = ()


def _searched(response: Response) -> _Searched | None:
    try:
        return msgspec.json.decode(response.body, type=_Searched)
    except msgspec.DecodeError:
        return None
