"""Odds ratios: one factor at a time, and several together where there are events enough."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from hpd_etl.report.content import Method

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

    from hpd_etl.grouping import Bools, Floats

LARGE: Final = 20
"""Where every cell holds so many persons, the exact interval is approximated."""
EVENTS: Final = 5
"""HPD and not HPD that a model needs for each of its coefficients."""
EXACT: Final = "exact"
APPROXIMATE: Final = "normal approximation"

SINGLE: Final = Method(
    "odds", "Odds ratios of single factors",
    "Odds of HPD with the category over those with any other recorded one. Conditional maximum likelihood with the "
    f"exact 95 % interval (SciPy `odds_ratio`); where each of the four counts is {LARGE} or more, the sample odds "
    "ratio with the normal approximation of its logarithm (Woolf; statsmodels `Table2x2`), which then differs little. "
    "Which one stands beside it. Nothing is tested here: the tests are those of Table 1.")
FIRTH: Final = Method(
    "firth", "Several factors together",
    "Logistic regression with Firth's penalty, which stays finite where a factor separates the groups; 95 % intervals "
    "by profile penalised likelihood and p by penalised likelihood ratio (firthmodels; Firth 1993, Heinze and Schemper "
    "2002). Factors enter in a fixed order that looks at no label, as many as there are "
    f"{EVENTS} HPD and {EVENTS} not HPD for each. Only persons of whom all of them are recorded are in the model.")


@dataclass(frozen=True)
class Odds:
    """An odds ratio between its bounds; None where it is not defined."""

    ratio: float | None
    low: float | None
    high: float | None
    how: str


@lru_cache(maxsize=4096)  # definitions that agree ask for the same tables
def odds_ratio(hpd_with: int, not_with: int, hpd_without: int, not_without: int) -> Odds | None:
    """The odds ratio of a table; None where one of its rows or columns is empty. An infinite bound is infinite."""
    table = np.array([[hpd_with, not_with], [hpd_without, not_without]])
    if not (table.sum(axis=0).all() and table.sum(axis=1).all()):
        return None
    if table.min() >= LARGE:
        from statsmodels.stats.contingency_tables import Table2x2

        own = Table2x2(table)
        low, high = own.oddsratio_confint()
        return Odds(float(own.oddsratio), float(low), float(high), APPROXIMATE)
    from scipy.stats import contingency

    found = contingency.odds_ratio(table, kind="conditional")
    interval = found.confidence_interval(0.95)
    return Odds(float(found.statistic), float(interval.low), float(interval.high), EXACT)


@dataclass(frozen=True)
class Model:
    """Odds ratios of several factors together, in their order."""

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats


def firth(factors: Floats, is_hpd: Bools) -> Model | None:
    """Firth's logistic regression of a column a factor; None where it does not converge."""
    from firthmodels import FirthLogisticRegression

    n = factors.shape[1]
    rows, persons = np.unique(np.column_stack([factors, is_hpd]), axis=0, return_counts=True)
    model = FirthLogisticRegression(backend="numpy", max_iter=200, gtol=1e-6, xtol=1e-6)
    with _one_thread().limit(limits=1), warnings.catch_warnings():  # what does not converge is told by its numbers
        warnings.simplefilter("ignore")
        try:
            model.fit(rows[:, :n], rows[:, n].astype(np.int64), sample_weight=persons).lrt(list(range(n)))
            low, high = model.conf_int(method="pl", features=list(range(n)), max_iter=100)[:n].T
        except np.linalg.LinAlgError:
            return None
    found = (model.coef_, low, high, model.lrt_pvalues_[:n])
    if not (model.converged_ and np.isfinite(found).all()):
        return None
    ratio, low, high, p = found
    return Model(np.exp(ratio), np.exp(low), np.exp(high), p)


@cache
def _one_thread() -> ThreadpoolController:
    """Who keeps linear algebra to one thread: between several, a system of five equations takes ten times as long."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
