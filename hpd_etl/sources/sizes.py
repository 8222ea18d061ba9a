"""The value of a size, whatever it was read from: a number in mm, mm2 or mm3, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from hpd_etl import units
from hpd_etl.grouping import Floats, Ints
from hpd_etl.schema import LESIONS

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
