"""The people of the cohort by their verdict under one definition, and by what is known of them before treatment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Final

import numpy as np

from hpd_etl import grouping
from hpd_etl.report.content import Part, Story, slug
from hpd_etl.report.people import Characteristic, characteristics, people, verdict_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hpd_etl.criteria.definition import Definition
    from hpd_etl.grouping import Floats, Ints
    from hpd_etl.report.facts import Facts

GROUPS: Final = ("hpd", "not_hpd", "not_evaluable")
"""The columns of the verdicts, in the order of `VERDICTS`."""
ALL: Final = "all"
"""The column of everybody: the same under every definition, so that a count is hidden together with another one."""
COUNTS: Final = (ALL, *GROUPS)
NOT_RECORDED: Final = "not recorded"
_FEW: Final = ("Fewer than {least} persons are HPD, not HPD or not evaluable by this definition. What compares such "
               "groups is shown in the local report alone.")


@dataclass(frozen=True, eq=False)
class Compared:
    """The people under one definition."""

    facts: Facts
    definition: Definition
    asked: tuple[Characteristic, ...]
    columns: Mapping[str, Ints | Floats]
    """By characteristic: codes of its levels, or numbers."""

    @cached_property
    def group(self) -> Ints:
        """The place of everybody's verdict in `GROUPS`."""
        return verdict_places(self.facts, self.definition)

    @cached_property
    def persons(self) -> list[int]:
        """How many have each verdict."""
        return [int(n) for n in np.bincount(self.group, minlength=len(GROUPS))]

    def of_kind(self, *, coded: bool) -> list[Characteristic]:
        """The characteristics that are categories, or those that are numbers."""
        return [each for each in self.asked if bool(each.levels) is coded]

    def counted(self, each: Characteristic) -> Ints:
        """Persons by level, the last row those of whom it is not recorded, and by verdict."""
        codes, n = self.columns[each.key].astype(np.int64), len(each.levels)
        place = np.where(codes < 0, n, codes) * len(GROUPS) + self.group
        return np.bincount(place, minlength=(n + 1) * len(GROUPS)).reshape(n + 1, len(GROUPS))

    def rows(self, each: Characteristic) -> Iterator[tuple[str, list[int]]]:
        """The levels with their persons by verdict; "not recorded" where there is somebody."""
        for level, persons in zip((*each.levels, NOT_RECORDED), self.counted(each).tolist(), strict=True):
            if level != NOT_RECORDED or any(persons):
                yield level.replace("_", " "), persons

    def values(self, each: Characteristic) -> list[Floats]:
        """The numbers of each verdict, as far as they are recorded."""
        values = self.columns[each.key].astype(np.float64)
        return [values[(self.group == place) & ~np.isnan(values)] for place in range(len(GROUPS))]


def by_definition(facts: Facts) -> Iterator[Compared]:
    """The people under each definition."""
    known = people(facts)
    asked = characteristics(known)
    columns = {each.key: each.codes(known) if each.levels else grouping.numbers(known[each.key]) for each in asked}
    for definition in facts.definitions:
        yield Compared(facts, definition, asked, columns)


def shared(facts: Facts, definition: Definition, about: str, parts: Iterator[Part]) -> Iterator[Part]:
    """The parts of a section about one definition, for the site's own eyes alone where a group is small.

    The sizes of the other groups, which any comparison shows, would tell how small it is; and what is true of all of a
    small group is told by a single row, also where its count is hidden.
    """
    least = ceil(facts.study.report.min_cell.value)
    persons = np.bincount(verdict_places(facts, definition), minlength=len(GROUPS))
    if not ((persons > 0) & (persons < least)).any():
        yield from parts
        return
    yield Story(key=f"{about}-few-{slug(definition.id)}", title="A small group", definition=definition.id,
                cohort=facts.cohort, paragraphs=(_FEW.format(least=least),))
    for part in parts:
        yield replace(part, patients=True)
