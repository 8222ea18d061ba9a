"""The first dose: cohort, first line of treatment, and how long it went on.

Sources: the notes on treatment failure and on the first line are ambiguities D4a and D8 of
`docs/decisions.md`; day 0 is the day of the first dose.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.config import Study
from hpd_etl.grouping import (
    NO_DAY,
    Bools,
    Ints,
    any_of,
    category,
    dates,
    days,
    dictionary,
    distinct,
    first_of_group,
    flags,
    highest,
    integers,
    joined,
    lowest,
    named,
    positions,
    sorted_codes,
    stable_order,
    strings,
    text,
)
from hpd_etl.schema import CHECKPOINT_COHORT, FOLLOWUP, INDEX, THERAPIES
from hpd_etl.timeline.refusals import Refusals

_FOREVER = np.int64(1 << 23)
_LEFT_OUT = 1
_STOPS = INDEX["stop_reason"].values
_BASES = INDEX["ttf_basis"].values
_BASIS = {name: code for code, name in enumerate(_BASES)}


@dataclass(frozen=True)
class Persons:
    """The treated persons in the order of their identifiers, and what bounds their records."""

    frame: pd.DataFrame
    ids: pa.Array
    birth: Ints
    death: Ints

    @classmethod
    def of(cls, persons: pd.DataFrame) -> Persons:
        """The persons of the `persons` table."""
        ordered = persons.sort_values("person_id", ignore_index=True)
        return cls(ordered, text(ordered["person_id"]), _earliest(ordered), days(ordered["death_date"]))

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def names(self) -> pd.CategoricalDtype:
        """Their identifiers as the dictionary of all columns."""
        return dictionary(self.ids)

    def place(self, table: str, frame: pd.DataFrame, date: str, refusals: Refusals) -> Placed:
        """The rows that a known, living person can have had on a known day; the others are refused (ambiguity A8)."""
        rows = Placed(frame, positions(frame["person_id"], self.ids), days(frame[date]))
        rows = rows.kept(table, rows.person < 0, "unknown_person", refusals)
        rows = rows.kept(table, rows.day == NO_DAY, "date_missing", refusals)
        if "end_date" in frame:
            ends = rows.days("end_date")
            rows = rows.kept(table, (ends != NO_DAY) & (ends < rows.day), "end_before_start", refusals)
        return rows if table == FOLLOWUP.name else self._within_life(table, rows, refusals)

    def _within_life(self, table: str, rows: Placed, refusals: Refusals) -> Placed:
        birth = self.birth[rows.person]
        rows = rows.kept(table, (birth != NO_DAY) & (rows.day < birth), "before_birth", refusals)
        death = self.death[rows.person]
        return rows.kept(table, (death != NO_DAY) & (rows.day > death), "after_death", refusals)


def _earliest(persons: pd.DataFrame) -> Ints:
    """The day of birth, or the earliest that it can have been."""
    exact, from_day = days(persons["birth_date"]), days(persons["born_from"])
    return np.where(exact == NO_DAY, from_day, exact)


@dataclass(frozen=True)
class Placed:
    """Rows of a table with the code of their person and their day."""

    frame: pd.DataFrame
    person: Ints
    day: Ints

    def __len__(self) -> int:
        return len(self.person)

    def kept(self, table: str, refused: Bools, reason: str, refusals: Refusals) -> Placed:
        """The rows that are not refused."""
        refusals.refuse(table, self.frame, refused, reason)
        return self.where(~refused) if refused.any() else self

    def where(self, marked: Bools) -> Placed:
        """The marked rows."""
        return Placed(self.frame.loc[marked], self.person[marked], self.day[marked])

    def days(self, column: str) -> Ints:
        """The days of another date column."""
        return days(self.frame[column])


@dataclass(frozen=True)
class _Line:
    """The doses of every person's first line, sorted by person and day."""

    person: Ints
    start: Ints
    end: Ints
    agent: Ints
    is_open: Bools
    stop: Ints
    source_id: pa.Array


def absent(rows: Placed, column: str) -> Bools:
    """Rows without a value in a column."""
    return rows.frame[column].isna().to_numpy(np.bool_)


def by_cohort(doses: Placed, therapies: Placed, n: int, study: Study) -> tuple[Ints, Placed, Placed, Placed]:
    """Each person's cohort (-1 for none), the doses of its drugs, all else they were given as therapies, and of that
    the checkpoint inhibitors that the study leaves out.
    """
    [agent], agents = sorted_codes(doses.frame["agent"])
    rank = _ranks(agents, study)[agent]
    first = lowest(doses.person, rank, n, _LEFT_OUT)
    cohort = np.where(first == _LEFT_OUT, -1, np.where(first > _LEFT_OUT, first - 1, first))
    own = (rank == first[doses.person]) & (rank != _LEFT_OUT)
    left_out = doses.where(rank == _LEFT_OUT)
    if own.all():
        return cohort, doses, therapies, left_out
    other = doses.where(~own)
    moved = THERAPIES.frame(
        other.frame[[name for name in THERAPIES.names if name in other.frame and name != "kind"]].assign(
            kind="systemic"
        )
    )
    plain = {column.name: column.dtype for column in THERAPIES.columns}
    frame = pd.concat([therapies.frame.astype(plain), moved.astype(plain)], ignore_index=True)
    person, day = np.concatenate([therapies.person, other.person]), np.concatenate([therapies.day, other.day])
    return cohort, doses.where(own), Placed(frame, person, day), left_out


def first_lines(
    persons: Persons,
    cohort: Ints,
    doses: Placed,
    left_out: Placed,
    followup: Placed,
    therapies: Placed,
    study: Study,
) -> pd.DataFrame:
    """The `index` table: one row a person who has a usable dose, in the order of `persons`."""
    n = len(persons)
    [agent, other], agents = sorted_codes(doses.frame["agent"], therapies.frame["agent"])
    line, has_later_line = _first_line(doses, agent, study.index.ttf_gap_days, n)

    first = lowest(line.person, line.start, n, NO_DAY)
    observed_from, observed_to = _observed(followup, first)
    systemic = (therapies.frame["kind"] == "systemic").to_numpy(np.bool_, na_value=False)
    next_therapy = _later_therapies(
        therapies.person[systemic], other[systemic], therapies.day[systemic], highest(line.person, line.end, n, NO_DAY)
    )
    failure = _time_to_failure(line, first, persons.death, observed_to, next_therapy, has_later_line, study)

    treated = np.flatnonzero(cohort >= 0)
    names = [CHECKPOINT_COHORT, *(comparator.cohort for comparator in study.comparators)]
    at_first = line.start == first[line.person]
    lookback = np.where(observed_from == NO_DAY, NO_DAY, first - observed_from)
    earlier = left_out.day < first[left_out.person]
    prior = highest(left_out.person[earlier], left_out.day[earlier], n, NO_DAY)
    begins_next = systemic & (therapies.day == next_therapy[therapies.person])
    return INDEX.frame(
        {
            "person_id": named(treated, persons.ids),
            "cohort": named(cohort[treated], names),
            "index_date": dates(first[treated]),
            "index_agent": _agents(line, at_first, agents, treated),
            "regimen": _agents(line, np.ones_like(at_first), agents, treated),
            "line": np.ones(len(treated), dtype=np.int64),
            "lookback_days": integers(lookback[treated]),
            "prior_checkpoint_day": integers(_since(first, prior)[treated]),
            "death_day": integers(_since(first, persons.death)[treated]),
            "followup_end_day": integers(_since(first, observed_to)[treated]),
            **{column: values.iloc[treated].reset_index(drop=True) for column, values in failure.items()},
            "source_id": strings(joined(line.source_id.filter(pa.array(at_first)), line.person[at_first])),
            "end_source_id": _ending(line, therapies.where(begins_next), n),
        }
    )


def _ending(line: _Line, next_therapy: Placed, n: int) -> pd.Series[str]:
    """The source rows that say when the first line ended: its last records, and the therapy that followed."""
    last = line.start == highest(line.person, line.start, n, NO_DAY)[line.person]
    last |= line.end == highest(line.person, line.end, n, NO_DAY)[line.person]
    person = np.concatenate([line.person[last], next_therapy.person])
    source = pa.concat_arrays(
        [
            line.source_id.filter(pa.array(last)).cast(pa.large_string()),
            text(next_therapy.frame["source_id"]).cast(pa.large_string()),
        ]
    )
    order = stable_order(person)
    return strings(joined(source.take(pa.array(order)), person[order]))


def _ranks(agents: pa.Array, study: Study) -> Ints:
    """What decides the cohort: an index drug, then a checkpoint inhibitor left out, then comparators in their order.

    Who was given a checkpoint inhibitor that the study leaves out, and no index drug, belongs to no cohort.
    """
    ranks = [_LEFT_OUT if study.index.agents and name not in study.index.agents else 0 for name in agents.to_pylist()]
    for place, comparator in reversed(list(enumerate(study.comparators, start=_LEFT_OUT + 1))):
        ranks = [
            place if name in comparator.agents else rank for name, rank in zip(agents.to_pylist(), ranks, strict=True)
        ]
    return np.array([*ranks, 0], dtype=np.int64)


def _first_line(doses: Placed, agent: Ints, gap: int, n: int) -> tuple[_Line, Bools]:
    """The doses up to the first gap of `gap` days without one; and whether a dose follows it."""
    person, start, written_end = doses.person, doses.day, doses.days("end_date")
    end = np.maximum(np.where(written_end == NO_DAY, start, written_end), start)
    is_open = flags(doses.frame["is_open"]) & (written_end == NO_DAY) & doses.frame["stop_reason"].isna().to_numpy()
    order = np.lexsort((end, start, person))
    person, start, end = person[order], start[order], end[order]
    lift = person * (_FOREVER << 1)
    covered = np.maximum.accumulate(np.where(is_open[order], _FOREVER, end) + lift) - lift
    first = first_of_group(person)
    gaps = np.zeros(len(order), dtype=np.bool_)
    gaps[1:] = ~first[1:] & (start[1:] - covered[:-1] >= gap)
    begins_later_line = lowest(person[gaps], np.flatnonzero(gaps), n, len(order))
    kept = np.arange(len(order)) < begins_later_line[person]
    stop = doses.frame["stop_reason"].cat.codes.to_numpy().astype(np.int64)[order]
    source = text(doses.frame["source_id"]).take(pa.array(order[kept]))
    line = _Line(person[kept], start[kept], end[kept], agent[order][kept], is_open[order][kept], stop[kept], source)
    return line, any_of(person, gaps, n)


def _observed(followup: Placed, first: Ints) -> tuple[Ints, Ints]:
    """First and last day of the follow-up that holds the first dose."""
    person, start, end, n = followup.person, followup.day, followup.days("end_date"), len(first)
    holds = (start <= first[person]) & (first[person] <= end)
    return lowest(person[holds], start[holds], n, NO_DAY), highest(person[holds], end[holds], n, NO_DAY)


def _later_therapies(person: Ints, agent: Ints, start: Ints, last_dose: Ints) -> Ints:
    """First day of another systemic therapy whose agent was never given up to the last dose; `NO_DAY` if none."""
    drug, code = np.unique(person * (1 << 32) + agent + 1, return_inverse=True)
    begun = lowest(code, start, len(drug), NO_DAY)
    owner = drug >> 32
    new = (last_dose[owner] != NO_DAY) & (begun > last_dose[owner])
    return lowest(owner[new], begun[new], len(last_dose), NO_DAY)


def _time_to_failure(
    line: _Line, first: Ints, death: Ints, observed_to: Ints, therapy: Ints, later_line: Bools, study: Study
) -> dict[str, pd.Series[int] | pd.Series[str]]:
    """When treatment failed, as an interval of days: ambiguity D4a."""
    n = len(first)
    last_start, last_end = highest(line.person, line.start, n, NO_DAY), highest(line.person, line.end, n, NO_DAY)
    is_open = any_of(line.person, line.is_open, n)
    stops = (line.stop >= 0) & (line.end >= last_end[line.person]) & ~is_open[line.person]
    stop = highest(line.person[stops], line.end[stops], n, NO_DAY)
    why = stops & (line.end == stop[line.person])
    stop_reason = lowest(line.person[why], line.stop[why], n, -1)

    idle = (observed_to != NO_DAY) & (observed_to - last_end >= study.index.ttf_gap_days)
    died, treated = death != NO_DAY, therapy != NO_DAY
    found = [stop != NO_DAY, is_open & ~died, died, treated, later_line | idle]
    basis = np.select(found, [_BASIS[name] for name in ("stop", "open", "death", "therapy", "gap")], _BASIS["censored"])
    covered = np.where(died, np.minimum(observed_to, death), observed_to)
    least = np.where(basis == _BASIS["stop"], stop, np.where(is_open, np.maximum(covered, last_start), last_start))
    ended = np.where(died & is_open, death, np.where(died, np.minimum(last_end, death), last_end))
    most = np.where(basis == _BASIS["stop"], stop, np.where(basis < _BASIS["open"], ended, NO_DAY))
    return {
        "last_dose_day": integers(_since(first, last_start)),
        "ttf_min_days": integers(_since(first, least)),
        "ttf_max_days": integers(_since(first, most)),
        "ttf_basis": category(basis, _BASES),
        "stop_reason": category(stop_reason, _STOPS),
        "stop_day": integers(_since(first, stop)),
    }


def _since(first: Ints, day: Ints) -> Ints:
    return np.where((day == NO_DAY) | (first == NO_DAY), NO_DAY, day - first)


def _agents(line: _Line, chosen: Bools, agents: pa.Array, treated: Ints) -> pd.Series[str]:
    """The agents of the chosen doses of each person, sorted and joined by +."""
    pairs = distinct(line.person[chosen] * (1 << 32) + line.agent[chosen])
    owner, agent = pairs >> 32, pairs & 0xFFFFFFFF
    starts = np.append(np.flatnonzero(first_of_group(owner)), len(owner))
    lists = pa.ListArray.from_arrays(pa.array(starts, pa.int32()), agents.take(pa.array(agent)).cast(pa.string()))
    return named(np.arange(len(treated)), pa.compute.binary_join(lists, "+"))
