"""The value of a size, whatever it was read from: a number in mm, mm2 or mm3, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpd_etl import codes, units
from hpd_etl.errors import ConfigurationError
from hpd_etl.grouping import Bools, Floats, Ints
from hpd_etl.schema import LESIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUSES = LESIONS["status"].values
GONE = [STATUSES.index("disappeared"), STATUSES.index("not_yet_present")]
DIMENSIONS = (units.LENGTH, units.AREA, units.VOLUME)
PROBLEMS = ("no_value", "not_a_number", "unit_missing", "unit_unknown", "unit_of_other_dimension", "unit_conflict",
            "inexact_size", "number_and_status", "dimension_unknown")


@dataclass(frozen=True)
class Sizes:
    """Values in mm, mm2 or mm3 (NaN where there is none), statuses (-1: none), and why a value is refused."""

    value: Floats
    """Rounded to 1e-6 (ambiguity A10)."""
    status: Ints
    """Position in STATUSES."""
    problem: Ints
    """Position in PROBLEMS; -1 where the row can be read."""


@dataclass(frozen=True)
class Recorded:
    """What stands in every row where a size is expected."""

    value: Floats
    """The number; NaN where there is none, or where it is none."""
    stated: Bools
    """Something stands where the number belongs."""
    said: Ints
    """Status that a text, a code or a reason for an absent value tells; -1 where none does."""
    factor: Floats
    """From the unit to mm, mm2 or mm3; NaN where it is not known."""
    dimension: Ints
    """Of the unit, as a position in DIMENSIONS; -1 unknown, beyond them none of the three."""
    unit_given: Bools
    unit_differs: Bools
    """The unit is recorded twice, and differently."""
    below: Bools
    """The number is an upper bound: too small to measure."""
    bound: Bools
    """It is another bound."""


def judged(recorded: Recorded, dimension: Ints) -> Sizes:
    """The sizes of these rows; `dimension` is the position in DIMENSIONS that each must have.

    A status in place of the number stands (C3), and so does an upper bound, which says that the
    lesion is too small to measure.
    """
    stated, below, value = recorded.stated, recorded.below, recorded.value
    status = np.where(stated, -1, recorded.said)
    denied = (recorded.said == STATUSES.index("not_assessed")) | (np.isin(recorded.said, GONE) & (value > 0))
    status = np.where(stated & below, STATUSES.index("too_small"), status)
    numeric = stated & ~below
    with np.errstate(over="ignore", invalid="ignore"):
        converted = np.round(value * recorded.factor, 6)
    problem = np.select(
        [~stated & (status < 0), numeric & np.isnan(value), numeric & ~recorded.unit_given,
         numeric & (recorded.dimension < 0), numeric & (recorded.dimension != dimension),
         numeric & recorded.unit_differs, numeric & recorded.bound, numeric & denied],
        range(8), default=-1)
    return Sizes(np.where(numeric & (problem < 0), converted, np.nan), status, problem)


def status_words(own: Mapping[str, str]) -> dict[str, int]:
    """Upper-case text -> position in STATUSES, shipped and of the site."""
    for key, status in own.items():
        if status not in STATUSES:
            raise ConfigurationError(f"mapping.statuses: {key!r} = {status!r} is none of {', '.join(STATUSES)}")
    known = codes.lesion_statuses("text") | {key.strip().upper(): status for key, status in own.items()}
    return {text: STATUSES.index(status) for text, status in known.items()}


def dimension_of(unit: units.Unit) -> int:
    """The position of a unit's dimension in DIMENSIONS; beyond them where it is another."""
    return DIMENSIONS.index(unit.dimension) if unit.dimension in DIMENSIONS else len(DIMENSIONS)
