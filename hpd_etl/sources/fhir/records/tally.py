"""What becomes of resources that were kept while they were collected, told to the ledger in one go."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from hpd_etl.sources.fhir.decode.shapes import Resource
    from hpd_etl.sources.ledger import Ledger
    from hpd_etl.sources.refused_codes import Code


class Tally:
    """Resources that are refused or ignored after all, each counted under its type."""

    def __init__(self) -> None:
        self._refused: defaultdict[tuple[str, str, str], list[tuple[str, str | None]]] = defaultdict(list)
        self._starts: defaultdict[tuple[str, str, str], list[date | None]] = defaultdict(list)
        self._told: defaultdict[tuple[str, str, str], list[Code | None]] = defaultdict(list)
        self._ignored: Counter[tuple[str, str]] = Counter()

    def refuse(self, table: str, resource: Resource, person: str | None, reason: str,
               start: date | None = None, told: Code | None = None) -> None:
        """It is not in Records; `start` is the earliest day that a dose names, `told` the code that nobody knows."""
        key = table, resource.type_name, reason
        self._refused[key].append((resource.source_id, person))
        self._starts[key].append(start)
        self._told[key].append(told)

    def ignore(self, resource: Resource, why: str) -> None:
        """It has nothing to tell, or concerns nobody treated."""
        self._ignored[resource.type_name, why] += 1

    def settle(self, ledger: Ledger) -> None:
        """Tell the ledger, which counted them as kept."""
        for key, found in self._refused.items():
            table, kind, reason = key
            ledger.count(kind, kept=-len(found))
            ledger.refuse_found(table, kind, found, reason, starts=self._starts[key], told=self._told[key])
        for (kind, why), number in self._ignored.items():
            ledger.count(kind, kept=-number, ignored={why: number})
