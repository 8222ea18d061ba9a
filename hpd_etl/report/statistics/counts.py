"""Do two groups differ in how often each category occurs: which test is chosen, and its p."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hpd_etl.report.content import Method

if TYPE_CHECKING:
    from hpd_etl.grouping import Floats, Ints

EXACT_TABLES: Final = 50_000
"""So many tables with the same margins are counted one by one; of more the exact test is approximated."""
DRAWN: Final = 9_999
"""Tables drawn where the exact test is simulated."""
EXPECTED: Final = 5
_TIE = 1e-9

FISHER: Final = "Fisher's exact test"
FREEMAN_HALTON: Final = "Fisher-Freeman-Halton exact test"
CHI_SQUARE: Final = "chi-square test"
SIMULATED: Final = "Fisher-Freeman-Halton test, simulated"
UNTESTED: Final = "not tested"

METHOD: Final = Method(
    "categories", "Tests of categories",
    "Two-sided; persons without the finding are not part of it. Two categories: Fisher's exact test (SciPy). More: the "
    "Fisher-Freeman-Halton exact test, summing the probabilities of all tables with the same margins that are no more "
    f"likely than the one found, counted one by one up to {EXACT_TABLES:,} tables. Beyond that: Pearson's chi-square "
    "without correction (SciPy) where no expected count is below 1 and at least four of five are 5 or more "
    f"(Cochran 1954); else the exact test is simulated with {DRAWN:,} tables drawn with the study's seed (SciPy), and "
    "the standard error of its p is shown. Which one was used stands beside each p; none is chosen by its p.",
    "Of the eight p-values of categories in Ji 2019 (doi:10.1186/s12885-019-5921-9; grade S: its counts and p-values "
    "were read) these tests reproduce seven from the printed counts. The eighth, 0.749 for metastatic sites, follows "
    "from the printed counts by none of them.")


@dataclass(frozen=True)
class Tested:
    """What was tested, and how."""

    test: str
    p: float | None = None
    error: float | None = None
    """Standard error of a simulated p."""

    def __str__(self) -> str:
        return self.test if self.error is None else f"{self.test} (standard error {self.error:.4f})"


def compared(counts: Ints, *, exact_tables: int = EXACT_TABLES, seed: int = 0) -> Tested:
    """The test of these counts, a row a category and a column a group; categories that nobody has do not count."""
    counts = counts[counts.sum(axis=1) > 0]
    if not counts.size or not counts.sum(axis=0).all():
        return Tested(f"{UNTESTED}: recorded of nobody in one of the groups")
    if len(counts) == 1:
        return Tested(f"{UNTESTED}: all are the same")
    if len(counts) == 2:
        from scipy.stats import fisher_exact

        return Tested(FISHER, float(fisher_exact(counts).pvalue))
    if tables(counts) <= exact_tables:
        return Tested(FREEMAN_HALTON, freeman_halton(counts))
    if is_expected(counts):
        return Tested(CHI_SQUARE, chi_square(counts))
    return _simulated(counts, seed)


def tables(counts: Ints) -> float:
    """How many tables of two columns have the margins of this one."""
    ways = np.zeros(int(counts[:, 0].sum()) + 1)
    ways[0] = 1
    for total in counts.sum(axis=1).tolist():
        ways = np.cumsum(ways)
        ways[total + 1 :] -= ways[: -total - 1].copy()
    return float(ways[-1])


def freeman_halton(counts: Ints) -> float:
    """The exact two-sided p of a table of two columns, by the probability of each table with its margins."""
    totals = counts.sum(axis=1)
    of_row = [_log_choices(int(total)) for total in totals]
    seen = sum(float(chances[own]) for chances, own in zip(of_row, counts[:, 0].tolist(), strict=True))
    wanted, room = int(counts[:, 0].sum()), int(totals.sum())
    sums, chances = np.zeros(1, dtype=np.int64), np.zeros(1)
    for row in np.argsort(-totals, kind="stable").tolist():
        room -= int(totals[row])
        own = np.arange(int(totals[row]) + 1)
        sums, chances = (sums[:, None] + own).ravel(), (chances[:, None] + of_row[row]).ravel()
        possible = (sums <= wanted) & (sums + room >= wanted)
        sums, chances = sums[possible], chances[possible]
    all_of_them = float(_log_choices(int(totals.sum()))[wanted])
    return min(float(np.exp(chances[chances <= seen + _TIE] - all_of_them).sum()), 1.0)


def _log_choices(n: int) -> Floats:
    """The logarithms of n over 0, 1 ... n."""
    from scipy.special import gammaln

    k = np.arange(n + 1)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)


def chi_square(counts: Ints) -> float:
    """Pearson's p without correction."""
    from scipy.stats import chi2_contingency

    return float(chi2_contingency(counts, correction=False).pvalue)


def is_expected(counts: Ints) -> bool:
    """Whether chi-square may be used: no expected count below 1, and four of five at least 5 (Cochran 1954)."""
    from scipy.stats.contingency import expected_freq

    expected = expected_freq(counts)
    return bool(expected.min() >= 1 and (expected >= EXPECTED).mean() >= 0.8)


def _simulated(counts: Ints, seed: int) -> Tested:
    """The share of drawn tables that are no likelier; SciPy's own simulation fails of a hundred thousand persons."""
    from scipy.stats import random_table

    margins = random_table(counts.sum(axis=1), counts.sum(axis=0), seed=np.random.default_rng(seed))
    as_far = margins.logpmf(margins.rvs(DRAWN)) <= margins.logpmf(counts) + _TIE
    p = float((as_far.sum() + 1) / (DRAWN + 1))
    return Tested(SIMULATED, p, float(np.sqrt(p * (1 - p) / DRAWN)))
