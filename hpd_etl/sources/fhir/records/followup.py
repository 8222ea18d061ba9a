"""The period in which a person was seen: by contacts, and by everything that is known of them (D4a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.grouping import NO_DAY, Ints, dates, days, highest, lowest, named, positions, text
from hpd_etl.schema import DATE_OF, FOLLOWUP
from hpd_etl.sources.fhir.decode.shapes import Encounter
from hpd_etl.sources.fhir.records.dates import Day
from hpd_etl.sources.fhir.records.events import Statuses, is_realised, spans
from hpd_etl.sources.fhir.records.frames import dates_of, texts
from hpd_etl.sources.fhir.records.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from hpd_etl.grouping import Bools
    from hpd_etl.sources.fhir.records.reading import Reading


def followup(reading: Reading, people: pd.DataFrame, tables: Mapping[str, pd.DataFrame], today: date) -> pd.DataFrame:
    """One period a person: from the first to the last day of an Encounter or of anything in Records.

    Only days that are known to the day, have come and lie within the person's life.
    """
    ids, n = text(people["person_id"]), len(people)
    parts = [_contacts(reading, today), *_days(tables)]
    person = np.concatenate([positions(part["person_id"], ids) for part in parts])
    day = np.concatenate([days(part["day"]) for part in parts])
    source = pa.concat_arrays([text(part["source_id"]).cast(pa.large_string()) for part in parts])
    lived = _lived(people, person, day, today)
    person, day, source = person[lived], day[lived], source.filter(pa.array(lived))
    first, last = lowest(person, day, n, NO_DAY), highest(person, day, n, NO_DAY)
    seen = np.flatnonzero(first != NO_DAY)
    sources = zip(_sources(person, day == first[person], source, n), _sources(person, day == last[person], source, n),
                  strict=True)
    return FOLLOWUP.frame(pd.DataFrame({
        "person_id": named(seen, ids), "start_date": dates(first[seen]), "end_date": dates(last[seen]),
        "source_id": texts([";".join(sorted({one, other})) for one, other in sources if one and other])}))


def _lived(people: pd.DataFrame, person: Ints, day: Ints, today: date) -> Bools:
    """Days that have come, in a life; of a death that is known to the month any day may be the last."""
    death, precision = people["death_date"], people["death_precision"]
    latest = days(death.mask(precision == "month", death + pd.offsets.MonthEnd()).mask(
        precision == "year", death + pd.offsets.YearEnd()))
    now = np.datetime64(today, "D").astype(np.int64)
    last = np.where((latest == NO_DAY) | (latest > now), now, latest)
    return np.asarray((day != NO_DAY) & (day >= days(people["born_from"])[person]) & (day <= last[person]), np.bool_)


def _sources(person: Ints, marked: Bools, source: pa.Array, n: int) -> list[str | None]:
    """The first by name of the sources of the marked days of each person."""
    found: list[str | None] = [None] * n
    for each, name in zip(person[marked].tolist(), source.filter(pa.array(marked)).to_pylist(), strict=True):
        found[each] = min(found[each] or name, name)
    return found


def _contacts(reading: Reading, today: date) -> pd.DataFrame:
    """The days of the Encounters that took place."""
    statuses = Statuses(reading.source.mapping.event_statuses)
    rows: list[tuple[str, str, Day]] = []
    tally = Tally()
    for encounter in reading.resources.of(Encounter):
        person, status = reading.person(encounter), statuses.of(encounter)
        if status is not None and not is_realised(encounter, status):
            tally.ignore(encounter, "not_realised")
            continue
        reason, found = _days_of(encounter, status, today)
        if not found:
            tally.refuse(FOLLOWUP.name, encounter, person, reason)
        rows += [(person, encounter.source_id, day) for day in found]
    tally.settle(reading.ledger)
    exact = [day if day.precision is None else None for _, _, day in rows]
    return pd.DataFrame({"person_id": texts([row[0] for row in rows]), "source_id": texts([row[1] for row in rows]),
                         "day": dates_of(exact)})


def _days_of(encounter: Encounter, status: str | None, today: date) -> tuple[str, list[Day]]:
    """The days on which it began and ended, or why they cannot be read."""
    if status is None:
        return "status_unknown", []
    try:
        return "no_date", [day for span in spans(encounter, status, today) for day in (span.start, span.end) if day]
    except ValueError:
        return "date_impossible", []


def _days(tables: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """The days of the rows of Records."""
    for name, frame in tables.items():
        ends = [("end_date", "end_precision")] if "end_date" in frame else []
        for column, precision in [(DATE_OF[name], "date_precision"), *ends]:
            exact = frame[column].where(frame[precision].isna())
            yield pd.DataFrame({"person_id": frame["person_id"], "source_id": frame["source_id"], "day": exact})
