"""Which resources are about treated persons and can be relied on; what becomes of the others."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hpd_etl.sources.fhir_events import Event, Statuses, is_realised
from hpd_etl.sources.fhir_shapes import Observation

if TYPE_CHECKING:
    from collections.abc import Collection

    from hpd_etl.sources.fhir_reading import Reading
    from hpd_etl.sources.fhir_shapes import Reference, Resource

WITHDRAWN = "entered-in-error"


def unreliable(event: Event, statuses: Statuses) -> str | None:
    """Why what the resource tells is not to be relied on; None where it is."""
    if event.modifier_extension or (isinstance(event, Observation)
                                    and any(part.modifier_extension for part in event.component)):
        return "modifier_extension"
    status = statuses.of(event)
    if status is None:
        return "status_unknown"
    if status == WITHDRAWN:
        return "entered_in_error"
    return None if is_realised(event, status) else "not_final"


class Admission:
    """Lets resources into a table of Records, and collects what is refused until `settle` tells the ledger."""

    def __init__(self, reading: Reading, treated: Collection[str], table: str, counted: str) -> None:
        self.counted = counted
        self.statuses = Statuses(reading.source.mapping.event_statuses)
        self._reading, self._treated, self._table = reading, treated, table
        self._found: dict[tuple[str, bool], list[tuple[str, str | None]]] = defaultdict(list)

    def person(self, resource: Resource, subject: Reference | None, reason: str | None = None) -> str | None:
        """The treated person whom a resource is about; None where it is not let in, for `reason` or another."""
        person = self._reading.subjects.person(subject)
        if person is not None and person not in self._treated:
            self._reading.ledger.count(self.counted, read=1, ignored=1)
            return None
        if reason is None and person is not None:
            return person
        self.refuse(resource, person, reason if person and reason else "subject_unknown")
        return None

    def event(self, event: Event, subject: Reference | None) -> str | None:
        """The treated person of an event that can be relied on."""
        return self.person(event, subject, unreliable(event, self.statuses))

    def refuse(self, resource: Resource, person: str | None, reason: str) -> None:
        """It is not in Records."""
        self._reading.ledger.count(self.counted, read=1)
        self._found[reason, False].append((resource.source_id, person))

    def note(self, resource: Resource, person: str | None, reason: str) -> None:
        """It is in Records, without what the reason stands for; said once of a resource."""
        told = self._found[reason, True]
        if (resource.source_id, person) not in told[-1:]:
            told.append((resource.source_id, person))

    def keep(self) -> None:
        """It is in Records, as one row."""
        self._reading.ledger.count(self.counted, read=1, kept=1)

    def ignore(self) -> None:
        """It says that there is nothing to tell."""
        self._reading.ledger.count(self.counted, read=1, ignored=1)

    def settle(self) -> None:
        """Tell the ledger what was refused, in one go for each reason."""
        for (reason, also_kept), found in self._found.items():
            self._reading.ledger.refuse_found(self._table, self.counted, found, reason, also_kept=also_kept)
