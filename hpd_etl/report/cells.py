"""Small counts of persons are hidden before anything is drawn, with what would tell them.

Hidden are the counts from 1 to below the limit; 0 is shown, for it tells of nobody. Then so many others that no hidden
count follows from what is shown: rows `within` a group add up to a total that may be known, a part and its rest to the
whole, and parts that always make up their whole to the whole. A count does not follow where another table of whole
numbers, none below zero, would show the same; that is looked for by moving persons from cell to cell, one at a time.
All that is hidden looks alike: a count that was hidden for the sake of another does not say so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from hpd_etl.report.content import Listing, Report, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy.typing as npt

    Bools: TypeAlias = npt.NDArray[np.bool_]
    Integers: TypeAlias = npt.NDArray[np.integer[Any]]

_TRIES = 2_000
"""So many moves are tried to find another table; where none is found in them, more is hidden."""
_UNKNOWN = -1
"""Stands for a count that is missing: nobody can subtract it."""


def shareable(report: Report) -> Report:
    """The report without single patients; its counts are hidden below `min_cell` where they are shown."""
    parts = ((section, tuple(each for each in section.parts if not each.patients)) for section in report.sections)
    return replace(report, sections=tuple(replace(section, parts=kept) for section, kept in parts if kept))


def hidden(rows: Rows, min_cell: int) -> pd.DataFrame:
    """The rows with small counts, and what tells them, <NA>."""
    counting = _counting(rows)
    if min_cell <= 1 or not counting or rows.frame.empty:
        return rows.frame
    unseen = _unseen(rows, min_cell)
    if not unseen.any():
        return rows.frame
    shown = rows.frame.copy()
    for place, name in enumerate(counting):
        shown[name] = shown[name].astype("Int64").mask(unseen[:, place])
    of_row, groups = unseen.any(axis=1), _groups(rows, rows.within)
    of_group = np.isin(groups, groups[of_row])
    fractions = rows.percent if isinstance(rows, Listing) else ()
    for name in rows.derived:
        own = of_row if name in fractions else of_group
        shown[name] = shown[name].convert_dtypes().mask(pd.Series(own, shown.index))
    return shown


def _counting(rows: Rows) -> list[str]:
    """The columns that count persons; a whole of which another is a part is one of them."""
    return list(dict.fromkeys([*rows.counts, *rows.parts_of.keys(), *rows.parts_of.values()]))


def _groups(rows: Rows, within: tuple[str, ...]) -> Integers:
    """The number of each row's group; without groups, of the row."""
    if not within:
        return np.arange(len(rows.frame))
    groups = np.zeros(len(rows.frame), np.intp)
    for name in within:
        own, values = pd.factorize(rows.frame[name], use_na_sentinel=False)
        groups = groups * len(values) + own
    return groups


def _unseen(rows: Rows, min_cell: int) -> Bools:
    """Which counts are hidden, a row each and a column each of `counts`."""
    counts = np.column_stack([rows.frame[name].astype("Int64").to_numpy(np.int64, na_value=_UNKNOWN)
                              for name in _counting(rows)])
    small: Bools = (counts >= 1) & (counts < min_cell)
    if rows.whole_rows:
        return np.broadcast_to(np.any(small, axis=1, keepdims=True), small.shape)
    told = [place for place, name in enumerate(_counting(rows)) if name in rows.told]
    if told:  # by their own sums alone, so that no other table hides others of them
        small[:, told] |= _unseen(replace(rows, counts=rows.told, parts_of={}, told=()), min_cell)
    rests = _rests(counts, rows)
    if not small.any() and not any(((rest >= 1) & (rest < min_cell)).any() for _, _, rest in rests):
        return small
    sums = _Sums.of(counts, rows, rests)
    sums.shown = {row * counts.shape[1] + place for row in range(len(counts)) for place in told}
    sums.unknown |= (cells := set(np.flatnonzero(small).tolist()))
    sums.protect([*sorted(cells), *sums.small_rests(min_cell)])
    unseen = np.zeros(counts.size, np.bool_)
    unseen[[each for each in sums.unknown if each < counts.size]] = True
    return unseen.reshape(counts.shape)


def _rests(counts: Integers, rows: Rows) -> list[tuple[int, int, Integers]]:
    """For each part its place, that of its whole, and how many of the whole are not of the part."""
    place = {name: number for number, name in enumerate(_counting(rows))}
    pairs = [(place[part], place[whole]) for part, whole in rows.parts_of.items()]
    known = [(counts[:, part] >= 0) & (counts[:, whole] >= 0) for part, whole in pairs]
    return [(part, whole, np.where(both, counts[:, whole] - counts[:, part], _UNKNOWN))
            for (part, whole), both in zip(pairs, known, strict=True)]


@dataclass
class _Sums:
    """Which cells add up to what is known, and which of them nobody is told."""

    value: list[int]
    """Of every cell, row by row; then of every rest."""
    equations: list[dict[int, int]]
    """Cells and their signs; the sum of each is known."""
    of_cell: Mapping[int, list[int]]
    """The equations of a cell."""
    unknown: set[int]
    n_cells: int
    shown: set[int] = field(default_factory=set)
    """Those that are not hidden for the sake of others."""

    @classmethod
    def of(cls, counts: Integers, rows: Rows, rests: list[tuple[int, int, Integers]]) -> _Sums:
        """All sums that somebody may know of these counts; the rests are told nowhere."""
        value, width = counts.ravel().tolist(), counts.shape[1]
        equations = list(_columns(counts, rows)) + list(_partitions(counts, rests))
        for part, whole, rest in rests:
            for row in np.flatnonzero(rest >= 0).tolist():
                equations.append({row * width + part: 1, len(value): 1, row * width + whole: -1})
                value.append(int(rest[row]))
        of_cell = defaultdict(list)
        for number, equation in enumerate(equations):
            for cell in equation:
                of_cell[cell].append(number)
        return cls(value, equations, of_cell, set(range(counts.size, len(value))), counts.size)

    def small_rests(self, min_cell: int) -> list[int]:
        """The rests that are small themselves."""
        return [cell for cell in range(self.n_cells, len(self.value)) if 1 <= self.value[cell] < min_cell]

    def protect(self, cells: Iterable[int]) -> None:
        """Hide more, until none of these cells follows from what is shown."""
        for cell in cells:
            while not self._ambiguous(cell) and (other := self._next(cell)) is not None:
                self.unknown.add(other)

    def _next(self, cell: int) -> int | None:
        """The cell to hide beside this one, nobody last: where it is told by a sum alone, where others are hidden
        already, and the smallest."""
        reached = self._reached(cell)
        alone = [each for each in reached if self._unknown_in(each) == 1]
        for near in (set(alone) & set(self.of_cell[cell]), alone, self.of_cell[cell], reached):
            beside = {other for number in near for other in self.equations[number]
                      if other not in self.unknown and other < self.n_cells and other not in self.shown}
            if beside:
                return min(beside, key=lambda each: (self.value[each] == 0, self._alone(each), self.value[each], each))
        return None

    def _reached(self, cell: int) -> list[int]:
        """The equations that hidden cells link to this one."""
        found, waiting = list(self.of_cell[cell]), list(self.of_cell[cell])
        while waiting:
            for other in self.unknown & self.equations[waiting.pop()].keys():
                further = [each for each in self.of_cell[other] if each not in found]
                found += further
                waiting += further
        return found

    def _unknown_in(self, number: int) -> int:
        return len(self.unknown & self.equations[number].keys())

    def _alone(self, cell: int) -> int:
        """In how many of its equations nothing is hidden yet."""
        return sum(self._unknown_in(number) == 0 for number in self.of_cell[cell])

    def _ambiguous(self, cell: int) -> bool:
        """Whether another table that shows the same has another number in this cell."""
        if not self.of_cell.get(cell):
            return True
        return any(self.value[cell] + by >= 0 and self._moved({cell: by}, self._changed({}, cell, by), [_TRIES])
                   for by in (1, -1))

    def _changed(self, open_: Mapping[int, int], cell: int, by: int) -> dict[int, int]:
        """The equations that do not add up after one more cell has changed, and by how much."""
        sums = dict(open_)
        for number in self.of_cell[cell]:
            sums[number] = sums.get(number, 0) + by * self.equations[number][cell]
            if not sums[number]:
                del sums[number]
        return sums

    def _moved(self, moves: dict[int, int], open_: dict[int, int], left: list[int]) -> bool:
        """Whether the equations that are open can be closed by changing further unknown cells by one."""
        if not open_:
            return True
        number, wrong = next(iter(open_.items()))
        for cell, sign in self.equations[number].items():
            by = -sign if wrong > 0 else sign
            if cell in moves or cell not in self.unknown or self.value[cell] + by < 0:
                continue
            left[0] -= 1
            if left[0] < 0:
                return False
            if self._moved({**moves, cell: by}, self._changed(open_, cell, by), left):
                return True
        return False


def _columns(counts: Integers, rows: Rows) -> Iterator[dict[int, int]]:
    """The rows of a group, column by column; a group of one row adds up to nothing but itself."""
    width, together = counts.shape[1], defaultdict(list)
    for number, within in enumerate(filter(None, (rows.within, rows.also_within))):
        for row, group in enumerate(_groups(rows, within).tolist()):
            together[number, group].append(row)
    for own, place in product(together.values(), range(width)):
        known = [row for row in own if counts[row, place] >= 0]
        if len(known) > 1:
            yield {row * width + place: 1 for row in known}


def _partitions(counts: Integers, rests: list[tuple[int, int, Integers]]) -> Iterator[dict[int, int]]:
    """The parts that make up their whole in every row."""
    width, parts_of = counts.shape[1], defaultdict(list)
    for part, whole, _ in rests:
        parts_of[whole].append(part)
    for whole, parts in parts_of.items():
        known = (counts[:, [whole, *parts]] >= 0).all(axis=1)
        if len(parts) > 1 and (counts[known][:, parts].sum(axis=1) == counts[known, whole]).all():
            for row in np.flatnonzero(known).tolist():
                yield {row * width + whole: -1} | {row * width + part: 1 for part in parts}
