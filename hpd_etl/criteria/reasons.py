"""Reasons as bits of one number a person, so that sets of reasons are joined without strings."""

from __future__ import annotations

import numpy as np

from hpd_etl.grouping import Ints
from hpd_etl.schema import Reason

NAMES = [str(reason) for reason in Reason]
"""In the order of the enumeration: the lowest bit is the primary reason."""

PROGRESSION_REFUTED = "progression_refuted"
"""Why a definition that waits for the next scan gives NOT_HPD where that scan refutes the progression (D5)."""

BIT = {reason: np.int64(1 << place) for place, reason in enumerate(Reason)}


def lowest_bit(masks: Ints) -> Ints:
    """The primary reason of each set."""
    return np.asarray(masks & -masks, dtype=np.int64)
