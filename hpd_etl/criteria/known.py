"""A number of each person that may be known only to lie between two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.criteria.reasons import BIT
from hpd_etl.grouping import Bools, Floats, Ints
from hpd_etl.schema import Reason


@dataclass(frozen=True)
class Known:
    """At least, at most, and as reason bits why it is not known exactly."""

    low: Floats
    high: Floats
    """The same array as `low` where every number is known exactly or not at all."""
    why: Ints

    @classmethod
    def exactly(cls, values: Floats, why: Ints) -> Known:
        """Numbers that are missing where there is a reason."""
        known = np.where(why == 0, values, np.nan)
        return cls(known, known, why)

    @classmethod
    def between(cls, low: Ints | Floats, high: Ints | Floats, absent: Ints, untold: Bools, reason: Reason) -> Known:
        """Numbers that are missing where something is absent or untold, and else lie between these."""
        hidden = (absent != 0) | untold
        least, most = (np.where(hidden, np.nan, bound) for bound in (low, high))
        open_ended = least < most
        why = np.where(absent != 0, absent, np.where(untold | open_ended, BIT[reason], 0))
        return cls(least, most if open_ended.any() else least, why)
