"""What the Observations of treated persons tell, each with the panels around it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa

from hpd_etl.sources.fhir.decode.shapes import Component, Observation
from hpd_etl.sources.fhir.records.admission import WITHDRAWN, unreliable
from hpd_etl.sources.fhir.records.events import Statuses
from hpd_etl.sources.fhir.records.reading import rows_of
from hpd_etl.sources.fhir.records.row_codes import teller

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from hpd_etl.sources.columns import Rows
    from hpd_etl.sources.fhir.records.admission import Admission
    from hpd_etl.sources.fhir.records.dates import Day
    from hpd_etl.sources.fhir.records.examinations import When
    from hpd_etl.sources.fhir.records.reading import Reading
    from hpd_etl.sources.meanings import Meaning


class Told(msgspec.Struct, frozen=True, gc=False):
    """One thing that an Observation tells of a treated person."""

    observation: Observation
    person: str
    meaning: Meaning
    holder: Observation | Component
    """What bears the value."""
    context: tuple[Observation, ...]
    """The Observation, then the panels that hold it, the nearest first."""
    problem: str | None = None
    """Why it is not to be relied on; told only where that is more than nothing."""


class Panels:
    """Which Observations hold which as members; a panel that is not final, or about somebody else, tells nothing."""

    def __init__(self, reading: Reading) -> None:
        self._above: dict[str, list[Observation]] = defaultdict(list)
        statuses = Statuses(reading.source.mapping.event_statuses)
        for panel in reading.resources.of(Observation):
            if panel.has_member and unreliable(panel, statuses) is None:
                for member in panel.has_member:
                    held = reading.resources.find(member, Observation)
                    if held is not None and reading.person(held) == reading.person(panel):
                        self._above[str(held.id)].append(panel)

    def around(self, observation: Observation) -> tuple[Observation, ...]:
        """The Observation and all panels above it; one that holds itself is named once."""
        found = {observation.id: observation}
        waiting = [observation]
        while waiting:
            for panel in self._above.get(str(waiting.pop(0).id), ()):
                if panel.id not in found:
                    found[panel.id] = panel
                    waiting.append(panel)
        return tuple(found.values())


def told(reading: Reading, kinds: Sequence[str], admission: Admission, asked: Collection[str] = ()) -> list[Told]:
    """Everything of these kinds that is let in.

    Kinds that are `asked` are told with their problem where the Observation cannot be relied on: that somebody
    asked, and that the answer is not known, differs from no question at all.
    """
    panels = Panels(reading)
    found: list[Told] = []
    for observation in reading.observed(kinds):
        holders = reading.meanings.holders(observation, kinds)
        if not holders:
            continue
        context, person = panels.around(observation), reading.person(observation)
        problem = unreliable(observation, admission.statuses)
        if problem is not None:
            holders = [] if problem == WITHDRAWN else [each for each in holders if each[0].kind in asked]
            if not holders:
                admission.refuse(observation, person, problem)
        found += [Told(observation, person, meaning, holder, context, problem) for meaning, holder in holders]
    return found


def told_rows(reading: Reading, counted: str, found: Sequence[Told], days: Sequence[Day]) -> Rows:
    """What was told as rows, with the columns `day` and `precision`."""
    return rows_of(Observation.type_name, counted, {
        "person_id": [each.person for each in found], "source_id": [each.observation.source_id for each in found],
        "day": [day.first for day in days], "precision": [day.precision for day in days], "place": range(len(found)),
    }, {"day": pa.date32(), "precision": pa.string(), "place": pa.int64()}, teller(found, reading.tokens))


def dated(found: Iterable[Told], when: Callable[[Told], When], admission: Admission) -> tuple[list[Told], list[Day]]:
    """What was told on a known day, and those days; the rest is refused."""
    kept, days = [], []
    for each in found:
        day, problem = when(each)
        if day is None:
            admission.refuse(each.observation, each.person, problem or "no_date")
        else:
            kept.append(each)
            days.append(day)
    return kept, days
