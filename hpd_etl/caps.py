"""How many lesions enter a sum: in all, of one organ, and of the skin; ambiguity C12."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.grouping import Bools, Ints, rank_in_group

SKIN = ("cutaneous", "skin")
"""Organs that a cap of the skin counts, as the timeline names them."""


@dataclass(frozen=True)
class Caps:
    """How many lesions the criteria allow: in all, of one organ, and of the skin where that counts for itself."""

    most: int
    per_organ: int
    of_skin: int | None
    by_area: bool
    """Measurable is what reaches 5 x 5 mm, whatever it is."""

    def allowed(self, group: Ints, organ: Ints, on_skin: Bools) -> Bools:
        """Which lesions are allowed, given in the order in which they are preferred; each group has its own caps."""
        span = int(organ.max(initial=0)) + 1
        found = _place(group * span + organ) < self.per_organ
        apart = on_skin & (self.of_skin is not None)
        most = np.where(apart, self.of_skin or 0, self.most)
        found[found] = _place((group * 2 + apart)[found]) < most[found]
        return found


CAPS = {"RECIST1.1": Caps(5, 2, None, by_area=False), "irRC": Caps(10, 5, 5, by_area=True)}
"""By the criteria that state them."""


def _place(groups: Ints) -> Ints:
    """0, 1, 2 ... within each group, in the order given."""
    by_group = np.argsort(groups, kind="stable")
    place = np.empty(len(groups), dtype=np.int64)
    place[by_group] = rank_in_group(groups[by_group])
    return place
