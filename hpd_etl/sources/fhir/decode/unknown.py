"""Codes that nobody knows: of resources that are left for their code and bear none of a terminology that is named.

They are counted by code and patient while everything is read, since who was treated is known only in the end.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import numpy as np

from hpd_etl.grouping import Ints
from hpd_etl.sources.fhir.decode.shapes import Reference
from hpd_etl.sources.refused_codes import TEXT, Code, Unread, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from hpd_etl.sources.fhir.decode.glance import Concept, Drug, Glance

_FOLD_FROM = 4_000_000
"""So many counts are folded into one a code and patient, so that memory stays flat."""


Borne: TypeAlias = tuple[str, str, str, bytes]
"""The type of a resource, the system and code that nobody knows, and whom it is about, as that is written."""


def borne(seen: Glance, concept: Concept | Drug, systems: Collection[str]) -> Borne | None:
    """The first code of a resource, else its words; None where it has neither, or bears a code of these systems."""
    first: tuple[str, str] | None = None
    for coding in concept.coding:
        system = coding.system if type(coding.system) is str else ""
        if system in systems:
            return None
        if first is None and coding.code:
            first = system, coding.code
    if first is None:
        if not concept.text:
            return None
        first = "", concept.text
    return seen.resource_type, *first, bytes(seen.subject)


def _whom(raw: bytes) -> Reference | None:
    try:
        return msgspec.json.decode(raw, type=Reference) if raw else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class Unknown:
    """How many resources bear which code that nobody knows, by whom they are about."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str, str], int] = {}
        self._people: dict[bytes, int] = {}
        self._pairs, self._rows = array("q"), array("q")

    def add(self, counted: Mapping[Borne, int]) -> None:
        """Take over what was counted."""
        for (kind, system, code, whom), rows in counted.items():
            at = self._codes.setdefault((kind, system.strip() or TEXT, " ".join(code.split())), len(self._codes))
            self._pairs.append(at << 32 | self._people.setdefault(whom, len(self._people)))
            self._rows.append(rows)
        if len(self._pairs) > _FOLD_FROM:
            folded, summed = self._folded()
            self._pairs, self._rows = array("q", folded.tolist()), array("q", summed.tolist())

    def _folded(self) -> tuple[Ints, Ints]:
        pairs, place = np.unique(np.asarray(self._pairs, dtype=np.int64), return_inverse=True)
        rows = np.bincount(place, weights=np.asarray(self._rows, dtype=np.float64), minlength=len(pairs))
        return pairs, rows.astype(np.int64)

    def of(self, person: Callable[[Reference | None], str | None], treated: Collection[str]) -> list[Unread]:
        """How often treated persons have each, the most frequent first."""
        if not self._codes:
            return []
        places = {name: place for place, name in enumerate(sorted(treated))}
        names = [person(_whom(raw)) for raw in self._people]
        owner = np.array([places.get(name or "", -1) for name in names], dtype=np.int64)
        pairs, rows = self._folded()
        code, who = pairs >> 32, owner[pairs & 0xFFFFFFFF]
        own = who >= 0
        total = np.bincount(code[own], weights=rows[own].astype(np.float64), minlength=len(self._codes))
        bearers = np.unique(code[own] * max(len(places), 1) + who[own]) // max(len(places), 1)
        persons = np.bincount(bearers, minlength=len(self._codes))
        found: dict[tuple[str, Code], list[int]] = {}
        for (kind, system, text), n, bore in zip(self._codes, total.tolist(), persons.tolist(), strict=True):
            if n and text:
                told = found.setdefault((kind, shown(Code(system, text), bore, of_field=system != TEXT)), [0, 0])
                told[0], told[1] = told[0] + int(n), told[1] + bore
        return sorted((Unread(table=kind, system=each.system, code=each.code, rows=n, persons=bore)
                       for (kind, each), (n, bore) in found.items()),
                      key=lambda each: (-each["rows"], each["table"], each["system"], each["code"]))
