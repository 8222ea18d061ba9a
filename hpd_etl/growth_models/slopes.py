"""The slope of a series of sums: least squares, and Theil-Sen, which one odd scan does not turn.

Sen PK. J Am Stat Assoc 1968;63:1379, for the interval of the second.
"""

from __future__ import annotations

from dataclasses import dataclass

from hpd_etl.grouping import Floats

FEWEST_FOR_RANKS = 5
"""With fewer scans, no two-sided interval of 95 % follows from ranks: 2 / 4! is more than 0.05, 2 / 5! is less."""


@dataclass(frozen=True)
class Slope:
    """A slope with the bounds of its 95 % interval, and why something of it is missing."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    absent: str | None = None


def slopes(at: Floats, sizes: Floats) -> dict[str, Slope]:
    """Both slopes of sizes over time, in mm a unit of `at`; times are distinct."""
    if len(at) < 2:
        few = Slope(absent="fewer_than_two_scans")
        return {"slope": few, "theil_sen": few}
    return {"slope": _least_squares(at, sizes), "theil_sen": _theil_sen(at, sizes)}


def _least_squares(at: Floats, sizes: Floats) -> Slope:
    from scipy.stats import linregress, t

    line = linregress(at, sizes)
    if len(at) < 3:
        return Slope(float(line.slope), absent="fewer_than_three_scans")
    reach = float(t.ppf(0.975, len(at) - 2) * line.stderr)
    return Slope(float(line.slope), float(line.slope) - reach, float(line.slope) + reach)


def _theil_sen(at: Floats, sizes: Floats) -> Slope:
    from scipy.stats import theilslopes

    found = theilslopes(sizes, at, alpha=0.95)
    if len(at) < FEWEST_FOR_RANKS:
        return Slope(float(found.slope), absent="fewer_than_five_scans")
    return Slope(float(found.slope), float(found.low_slope), float(found.high_slope))
