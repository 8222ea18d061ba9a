"""Do two groups differ in a number: which test is chosen, its p, and what describes a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hpd_etl.report.content import Method
from hpd_etl.report.statistics.counts import UNTESTED, Tested

if TYPE_CHECKING:
    from hpd_etl.grouping import Floats

MEANS: Final = 30
"""Persons in each group from which on means are compared."""
WELCH: Final = "Welch's t-test"
EXACT_RANKS: Final = "Mann-Whitney test, exact"
RANKS: Final = "Mann-Whitney test"
_FEW = 50

METHOD: Final = Method(
    "numbers", "Tests of numbers",
    f"Two-sided. An age is compared by Welch's t-test where both groups have at least {MEANS} persons of whom it is "
    "recorded, and by the Mann-Whitney test else; all other numbers are counts, scores or percentages, which are "
    f"skewed, and are always compared by the Mann-Whitney test: exactly where both groups together have fewer than "
    f"{_FEW} persons and no two values are the same, else by the normal approximation with corrections for ties and "
    "continuity (SciPy). The rule looks at the kind of number and the size of the groups, never at p.")


def compared(first: Floats, second: Floats, *, symmetric: bool) -> Tested:
    """The test of two groups, without missing values; `symmetric` where a mean describes it."""
    if min(len(first), len(second)) < 2:
        return Tested(f"{UNTESTED}: recorded of fewer than two in one of the groups")
    everybody = np.concatenate([first, second])
    if everybody.min() == everybody.max():
        return Tested(f"{UNTESTED}: all are the same")
    from scipy.stats import mannwhitneyu, ttest_ind

    if symmetric and min(len(first), len(second)) >= MEANS:
        return Tested(WELCH, float(ttest_ind(first, second, equal_var=False).pvalue))
    exact = len(everybody) < _FEW and len(np.unique(everybody)) == len(everybody)
    p = float(mannwhitneyu(first, second, method="exact" if exact else "asymptotic").pvalue)
    return Tested(EXACT_RANKS if exact else RANKS, p)


def quartiles(values: Floats) -> tuple[float | None, float | None, float | None]:
    """Median, first and third quartile; None of nobody."""
    if not len(values):
        return None, None, None
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    return middle, low, high
