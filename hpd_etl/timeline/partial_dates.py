"""Dates that are known only to the month or the year, and the days that they may be; ambiguity B12.

A partial date is an interval, never its first day. Rows of one person whose partial dates are written alike, of one
examination or of one kind of treatment, share their day. Therapies and death are only ever compared with other dates,
so of their intervals only the days are tried at which the order among the person's dates changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from math import inf, prod
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.grouping import NO_DAY, Bools, days, flags, positions
from hpd_etl.schema import Records

MAX_COURSES = 1000
"""With more courses a person's labels are not tried: NOT_EVALUABLE(imprecise_date)."""


class Dated(NamedTuple):
    """A date column, and what it dates: partial dates of one kind that are written alike share their day."""

    table: str
    column: str
    precision: str
    kind: str


DATED = (
    Dated("persons", "death_date", "death_precision", "death"),
    Dated("doses", "start_date", "date_precision", "dose"),
    Dated("doses", "end_date", "end_precision", "end of dose"),
    Dated("therapies", "start_date", "date_precision", "therapy"),
    Dated("therapies", "end_date", "end_precision", "end of therapy"),
    Dated("scans", "scan_date", "date_precision", "examination"),
    Dated("lesions", "scan_date", "date_precision", "examination"),
    Dated("tumour_sums", "scan_date", "date_precision", "examination"),
    Dated("responses", "assessed_on", "date_precision", "examination"),
)


_BY_ORDER = ("death", "therapy", "end of therapy")


class Partial(NamedTuple):
    """A date of one person that is known to lie between two days, both included."""

    kind: str
    first: int
    last: int


def partial_dates(records: Records) -> dict[str, list[Partial]]:
    """The partial dates of each person that a label may depend on, in a fixed order; nobody in nearly all sources."""
    found: dict[str, set[Partial]] = {}
    for dated in DATED:
        for _, person, interval in intervals(getattr(records, dated.table), dated):
            found.setdefault(person, set()).add(interval)
    if not found:
        return {}
    treated = set(records.doses["person_id"].unique()) & set(records.persons["person_id"].unique())
    return {person: sorted(found[person]) for person in sorted(treated & set(found))}


def intervals(frame: pd.DataFrame, dated: Dated) -> Iterator[tuple[int, str, Partial]]:
    """Row, person and interval of each partial date of a column."""
    rows = np.flatnonzero(is_partial(frame, dated))
    if not len(rows):
        return
    own = frame.iloc[rows]
    first = own[dated.column].to_numpy("datetime64[D]")
    month, year = ((first.astype(f"datetime64[{unit}]") + 1).astype(first.dtype) for unit in "MY")
    last = np.where(own[dated.precision] == "month", month, year) - 1
    bounds = zip(first.astype(np.int64), last.astype(np.int64), strict=True)
    for row, person, (earliest, latest) in zip(rows, own["person_id"], bounds, strict=True):
        yield int(row), str(person), Partial(dated.kind, int(earliest), int(latest))


def is_partial(frame: pd.DataFrame, dated: Dated) -> Bools:
    """The rows whose date in this column is known only to the month or the year."""
    partial = np.asarray(frame[dated.precision].cat.codes.to_numpy() >= 0)
    return partial & frame[dated.column].notna().to_numpy() if partial.any() else partial


def combinations(unknown: Sequence[Partial], known: KnownDays, latest: Collection[int]) -> list[tuple[int, ...]]:
    """The days of each course, the earliest first; none where they are too many."""
    every = {each: range(each.first, each.last + 1) for each in unknown if not known.decide_by_order(each)}
    if prod(map(len, every.values())) > MAX_COURSES:
        return []
    turns = {*known.every, *chain.from_iterable(every.values())}
    first_doses = {*known.doses, *chain.from_iterable(tried for each, tried in every.items() if each.kind == "dose")}
    turns |= {day + offset for day in first_doses for offset in latest}
    options = [every[each] if each in every else _turning(each, turns) for each in unknown]
    return list(product(*options)) if prod(map(len, options)) <= MAX_COURSES else []


def _turning(each: Partial, turns: Collection[int]) -> list[int]:
    """The days of an interval at which the order changes, from its first day on."""
    near = {each.first, *(day for turn in turns for day in (turn, turn + 1))}
    return sorted(day for day in near if each.first <= day <= each.last)


@dataclass
class KnownDays:
    """What is known to the day of one person."""

    every: set[int] = field(default_factory=set)
    doses: set[int] = field(default_factory=set)
    """First days of doses."""
    dosed_until: float = -inf
    """Last day of a record of doses; infinite where it has no end or a partial one."""

    def decide_by_order(self, each: Partial) -> bool:
        """Only the order of this date among the others matters; of a death that ends a record of doses also the day."""
        return each.kind in _BY_ORDER and not (each.kind == "death" and self.dosed_until > each.first)


def known_days(records: Records, persons: Collection[str]) -> dict[str, KnownDays]:
    """What is known to the day of these persons."""
    names = pa.array(list(persons), pa.string())
    partial = {(dated.table, dated.column): dated for dated in DATED}
    found = {name: KnownDays() for name in persons}
    for table, frame in records:
        own = frame.loc[positions(frame["person_id"], names) >= 0]
        for column in own.select_dtypes("datetime64").columns:
            dated = partial.get((table.name, column))
            unknown = is_partial(own, dated) if dated else np.zeros(len(own), dtype=np.bool_)
            for person, day, is_unknown in zip(own["person_id"], days(own[column]), unknown, strict=True):
                if day != NO_DAY and not is_unknown:
                    found[person].every.add(int(day))
                    if (table.name, column) == ("doses", "start_date"):
                        found[person].doses.add(int(day))
    _add_ends(found, records.doses.loc[positions(records.doses["person_id"], names) >= 0])
    return found


def _add_ends(found: dict[str, KnownDays], doses: pd.DataFrame) -> None:
    lasting = flags(doses["is_open"]) | doses["end_precision"].notna().to_numpy()
    for person, end, endless in zip(doses["person_id"], days(doses["end_date"]), lasting, strict=True):
        found[person].dosed_until = max(found[person].dosed_until, inf if endless else float(end))
