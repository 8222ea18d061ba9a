"""Which resources can be relied on, and what becomes of the others on their way into a table."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hpd_etl.sources.fhir.decode.shapes import Observation
from hpd_etl.sources.fhir.records.events import Event, Statuses, is_realised
from hpd_etl.sources.fhir.records.row_codes import of_status
from hpd_etl.sources.fhir.records.standing import changed_meaning

if TYPE_CHECKING:
    from hpd_etl.sources.fhir.decode.shapes import Resource
    from hpd_etl.sources.fhir.records.reading import Reading
    from hpd_etl.sources.refused_codes import Code

WITHDRAWN = "entered_in_error"


def unreliable(event: Event, statuses: Statuses) -> str | None:
    """Why what the resource tells is not to be relied on; None where it is."""
    if changed := changed_meaning(event):
        return changed
    if isinstance(event, Observation) and any(part.modifier_extension for part in event.component):
        return "modifier_extension"
    status = statuses.of(event)
    if status is None:
        return "status_unknown"
    if status == "entered-in-error":
        return WITHDRAWN
    return None if is_realised(event, status) else "not_final"


class Admission:
    """Lets resources into a table of Records, and collects what is refused until `settle` tells the ledger.

    Their persons are known and treated: the others were taken out before.
    """

    def __init__(self, reading: Reading, table: str, counted: str) -> None:
        self.counted = counted
        self.statuses = Statuses(reading.source.mapping.event_statuses)
        self._table, self._ledger = table, reading.ledger
        self._found: dict[tuple[str, bool], list[tuple[str, str | None]]] = defaultdict(list)
        self._told: dict[tuple[str, bool], list[Code | None]] = defaultdict(list)

    def admits(self, event: Event, person: str) -> bool:
        """Whether the event can be relied on; it is refused if not."""
        reason = unreliable(event, self.statuses)
        if reason is not None:
            self.refuse(event, person, reason)
        return reason is None

    def refuse(self, resource: Resource, person: str, reason: str, told: Code | None = None) -> None:
        """It is not in Records; `told` is the code that nobody knows."""
        self._ledger.count(self.counted, read=1)
        self._collect((reason, False), resource, person, told)

    def note(self, resource: Resource, person: str, reason: str, told: Code | None = None) -> None:
        """It is in Records, without what the reason stands for; said once of a resource."""
        if (resource.source_id, person) not in self._found[reason, True][-1:]:
            self._collect((reason, True), resource, person, told)

    def _collect(self, key: tuple[str, bool], resource: Resource, person: str, told: Code | None) -> None:
        self._found[key].append((resource.source_id, person))
        self._told[key].append(of_status(resource) if key[0] == "status_unknown" else told)

    def keep(self) -> None:
        """It is in Records."""
        self._ledger.count(self.counted, read=1, kept=1)

    def ignore(self, why: str) -> None:
        """It says that there is nothing to tell."""
        self._ledger.count(self.counted, read=1, ignored={why: 1})

    def settle(self) -> None:
        """Tell the ledger what was refused, in one go for each reason."""
        for (reason, also_kept), found in self._found.items():
            self._ledger.refuse_found(self._table, self.counted, found, reason, also_kept=also_kept,
                                      told=self._told[reason, also_kept])
