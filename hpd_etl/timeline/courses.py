"""Every possible course of those some of whose dates are known only to the month or the year; ambiguity B12.

Each combination of the days that the partial dates of a person may have is a course. A course is aligned like a
person of its own, as persons do not touch each other; a label stands only where all courses agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.config import EARLY_DEATH_DAYS, Windows
from hpd_etl.grouping import Bools, Ints, any_of, count, dates, days, integers, lowest, named, positions, rank_in_group
from hpd_etl.schema import Records, Timeline
from hpd_etl.timeline.partial_dates import (
    DATED,
    Dated,
    Partial,
    combinations,
    intervals,
    known_days,
    partial_dates,
)

_IMPOSSIBLE = ("before_birth", "after_death", "end_before_start")
"""What no possible course has more often than another: a day that contradicts the rest of the record is not the day."""


_LATE_IF_UNTRIED = ("death", "end of dose", "end of therapy")


@dataclass(frozen=True)
class Courses:
    """Courses of persons with partial dates, those of one person side by side."""

    partial: Mapping[str, list[Partial]]
    owners: list[str]
    """The persons who have courses."""
    owner: Ints
    """By course: its person, as a position in `owners`."""
    number: Ints
    """By course: 0, 1, 2 ... within its person."""
    start: Ints
    """By course: where its days begin in `days`."""
    days: Ints
    """For each course the day of each partial date of its person."""

    @classmethod
    def of(cls, partial: Mapping[str, list[Partial]], chosen: Mapping[str, Sequence[Sequence[int]]]) -> Courses:
        """The chosen days of each person as courses."""
        owners = [name for name, courses in chosen.items() if courses]
        counts = np.array([len(chosen[name]) for name in owners], dtype=np.int64)
        owner = np.repeat(np.arange(len(owners)), counts)
        lengths = np.array([len(partial[name]) for name in owners], dtype=np.int64)[owner]
        flat = np.fromiter(chain.from_iterable(chain.from_iterable(chosen[name] for name in owners)), np.int64)
        return cls(partial, owners, owner, rank_in_group(owner), np.cumsum(lengths) - lengths, flat)

    @classmethod
    def to_try(cls, records: Records, partial: Mapping[str, list[Partial]], windows: Iterable[Windows]) -> Courses:
        """Every course of each person who has at most `MAX_COURSES` of them."""
        latest = {EARLY_DEATH_DAYS, *(each.post_to_day for each in windows)}
        known = known_days(records, partial)
        return cls.of(partial, {name: combinations(own, known[name], latest) for name, own in partial.items()})

    @property
    def names(self) -> pa.Array:
        """A person identifier for each course."""
        told = zip(self.owner, self.number, strict=True)
        return pa.array([f"{self.owners[owner]}/{number:04d}" for owner, number in told], pa.string())

    def records(self, records: Records) -> Records:
        """The records of every course, as those of so many persons."""
        first = np.searchsorted(self.owner, np.arange(len(self.owners)))
        counts = count(self.owner, len(self.owners))
        frames = {}
        for table, frame in records:
            owner = positions(frame["person_id"], pa.array(self.owners, pa.string()))
            own = np.flatnonzero(owner >= 0)
            row = np.repeat(own, counts[owner[own]])
            course = first[owner[row]] + rank_in_group(np.repeat(np.arange(len(own)), counts[owner[own]]))
            made = self._dated(table.name, frame, row, course)
            frames[table.name] = made.reset_index(drop=True).assign(person_id=named(course, self.names))
        return Records.of(frames)

    def filled(self, records: Records) -> Records:
        """The records with the days of the one course of each person in place of their partial dates."""
        owners = pa.array(self.owners, pa.string())
        return Records.of(
            {
                table.name: self._dated(table.name, frame, np.arange(len(frame)), positions(frame["person_id"], owners))
                for table, frame in records
            }
        )

    def _dated(self, table: str, frame: pd.DataFrame, row: Ints, course: Ints) -> pd.DataFrame:
        """These rows with the days of their courses; -1 is no course."""
        made = frame.iloc[row]
        for dated in (each for each in DATED if each.table == table):
            slot = self._slots(frame, dated)[row]
            unknown = np.flatnonzero((slot >= 0) & (course >= 0))
            if len(unknown):
                day = days(made[dated.column])
                day[unknown] = self.days[self.start[course[unknown]] + slot[unknown]]
                made = made.assign(**{dated.column: dates(day).set_axis(made.index)})
        return made

    def _slots(self, frame: pd.DataFrame, dated: Dated) -> Ints:
        """Which partial date of its person each row has; -1 for none."""
        slots = np.full(len(frame), -1, dtype=np.int64)
        for row, person, interval in intervals(frame, dated):
            if interval in (own := self.partial.get(person, [])):
                slots[row] = own.index(interval)
        return slots

    def possible(self, refused: pd.DataFrame) -> tuple[Bools, Ints]:
        """Which courses are possible, and the one of each person to show: of those with the fewest refusals the first.

        A course is not possible if more of its rows than of another's are dated before birth, after death or before
        their own start.
        """
        n = len(self.owner)
        course = positions(refused["person_id"], self.names)
        impossible = refused["reason"].isin(_IMPOSSIBLE).to_numpy(np.bool_)
        wrong = count(course[(course >= 0) & impossible], n)
        possible = wrong == lowest(self.owner, wrong, len(self.owners), 0)[self.owner]
        rank = np.where(possible, count(course[course >= 0], n), len(refused) + 1) * n + np.arange(n)
        return possible, lowest(self.owner, rank, len(self.owners), 0) % max(n, 1)

    def only(self, shown: Ints) -> Courses:
        """One course of each person: the shown one, and of those with too many the days that contradict least."""
        last = np.append(self.start, len(self.days))
        chosen = {
            name: [self.days[last[at] : last[at + 1]].tolist()] for name, at in zip(self.owners, shown, strict=True)
        }
        untried = {
            name: [[each.last if each.kind in _LATE_IF_UNTRIED else each.first for each in own]]
            for name, own in self.partial.items()
            if name not in chosen
        }
        return Courses.of(self.partial, {**chosen, **untried})


def align_courses(records: Records, windows: Iterable[Windows], align: Callable[[Records], Timeline]) -> Timeline:
    """The timeline of these records, with that of every possible course where dates are partial.

    A person of whom a refused dose may be the first has more possible days than can be tried: none is.
    """
    partial = partial_dates(records)
    plain = None if partial else align(records)
    if plain is not None and not _lost(plain.index).any():
        return plain
    courses = Courses.to_try(records, partial, windows)
    tried = align(courses.records(records))
    possible, shown = courses.possible(tried.rejections)
    timeline = plain or align(courses.only(shown).filled(records))
    course = positions(tried.index["person_id"], courses.names)
    possible &= ~any_of(courses.owner[course], _lost(tried.index), len(courses.owners))[courses.owner]
    counts = count(courses.owner[possible], len(courses.owners))
    return replace(
        timeline,
        index=timeline.index.assign(courses=_counts(timeline.index, courses, counts)),
        courses=_of_possible(tried, courses, possible, counts),
    )


def _lost(index: pd.DataFrame) -> Bools:
    """Whose first dose may be one that was refused."""
    return np.asarray(index["earlier_dose"].eq("possible").to_numpy(np.bool_, na_value=False))


def _counts(index: pd.DataFrame, courses: Courses, counts: Ints) -> pd.Series[int]:
    """How many courses are possible; 0 where they are too many to try, `<NA>` where no date is partial."""
    tried = positions(index["person_id"], pa.array(courses.owners, pa.string()))
    partial = positions(index["person_id"], pa.array(list(courses.partial), pa.string())) >= 0
    return integers(np.append(counts, 0)[tried], partial | _lost(index))


def _of_possible(tried: Timeline, courses: Courses, possible: Bools, counts: Ints) -> Timeline:
    """The timeline of the possible courses; each says whose it is. What is refused stands with the person."""
    names = courses.names
    course = positions(tried.index["person_id"], names)
    index = tried.index.assign(
        courses=integers(counts[courses.owner[course]]), course_of=named(courses.owner[course], courses.owners)
    )
    frames = {table.name: frame for table, frame in replace(tried, index=index)}
    kept = {name: frame.loc[possible[positions(frame["person_id"], names)]] for name, frame in frames.items()}
    return Timeline.of({**kept, "rejections": frames["rejections"].iloc[:0]})
