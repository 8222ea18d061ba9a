"""Two rules on the same persons: the fourfold table, positive agreement, Jaccard and Cohen's kappa.

Intervals are 95 %. Jaccard: exact (Clopper and Pearson, Biometrika 1934), the persons HPD by both among those HPD by
either. Positive agreement is 2J / (1 + J), which grows with J, so its bounds are those of Jaccard transformed. Kappa:
for large numbers (Fleiss, Cohen and Everitt, Psychol Bull 1969), cut at -1 and 1; none where both agree on everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpd_etl.grouping import Bools, Floats, Ints
from hpd_etl.schema import PAIRS

if TYPE_CHECKING:
    from hpd_etl.agreement.ratings import Ratings

_BLOCK = 1 << 18
_FEW_PERSONS, _FEW_OF_A_KIND = 30, 5


def pairs(cohorts: Sequence[Ratings]) -> pd.DataFrame:
    """Every two rules of every cohort."""
    parts = [_pairs(one) for one in cohorts]
    return PAIRS.frame(pd.concat(parts, ignore_index=True) if parts else None)


def _pairs(one: Ratings) -> pd.DataFrame:
    places = np.array(list(combinations(range(len(one.rules)), 2)), dtype=np.int64).reshape(-1, 2)
    first, second = places[:, 0], places[:, 1]
    rules = np.array(one.rules, dtype=object)
    counts = _counts(one, first, second)
    both, alone = counts["both_hpd"], counts["first_hpd_only"] + counts["second_hpd_only"]
    jaccard = _jaccard(both, both + alone)
    kappa = _kappa(*(counts[name] for name in ("both_hpd", "first_hpd_only", "second_hpd_only", "neither_hpd")))
    estimates = {
        **{f"positive_agreement{bound}": 2 * value / (1 + value) for bound, value in jaccard.items()},
        **{f"jaccard{bound}": value for bound, value in jaccard.items()},
        **{f"kappa{bound}": value for bound, value in kappa.items()},
    }
    return PAIRS.frame({
        "cohort": pd.Series([one.cohort] * len(first), dtype="string"),
        "first": rules[first], "second": rules[second],
        "both_hyperprogression": one.hyperprogression[first] & one.hyperprogression[second],
        **counts,
        **{name: pd.array(values, dtype="Float64") for name, values in estimates.items()},
        "small": _small(counts),
        "missing": _missing(counts["n_both"], jaccard[""], kappa[""], kappa["_low"]),
    })


def _counts(one: Ratings, first: Ints, second: Ints) -> dict[str, Ints]:
    """The columns that count persons, one value a pair."""
    hpd, evaluable = one.hpd, one.evaluable
    both, judged = _together(hpd, hpd), _together(evaluable, evaluable)
    hpd_of_judged = _together(hpd, evaluable)  # HPD by the row's rule, evaluable by the column's
    by_rule, n = np.diagonal(judged), len(evaluable)
    n_both, both_hpd = judged[first, second], both[first, second]
    first_hpd, second_hpd = hpd_of_judged[first, second], hpd_of_judged[second, first]
    return {
        "n_both": n_both,
        "n_first_only": by_rule[first] - n_both,
        "n_second_only": by_rule[second] - n_both,
        "n_neither": n - by_rule[first] - by_rule[second] + n_both,
        "both_hpd": both_hpd,
        "first_hpd_only": first_hpd - both_hpd,
        "second_hpd_only": second_hpd - both_hpd,
        "neither_hpd": n_both - first_hpd - second_hpd + both_hpd,
    }


def _together(left: Bools, right: Bools) -> Ints:
    """How many persons are marked in each column of the left and each of the right; exact in 32 bits a block."""
    total = np.zeros((left.shape[1], right.shape[1]), dtype=np.int64)
    for start in range(0, len(left), _BLOCK):
        block = slice(start, start + _BLOCK)
        total += (left[block].T.astype(np.float32) @ right[block].astype(np.float32)).astype(np.int64)
    return total


def _jaccard(both: Ints, either: Ints) -> dict[str, Floats]:
    from statsmodels.stats.proportion import proportion_confint

    known = either > 0
    values = {bound: np.full(len(both), np.nan) for bound in ("", "_low", "_high")}
    values[""][known] = both[known] / either[known]
    if known.any():
        low, high = proportion_confint(both[known], either[known], alpha=0.05, method="beta")
        values["_low"][known], values["_high"][known] = low, high
    return values


def _kappa(both: Ints, first: Ints, second: Ints, neither: Ints) -> dict[str, Floats]:
    """Kappa and its bounds; NaN where one rule calls everybody the same, bounds NaN where both agree on everybody."""
    from statsmodels.stats.inter_rater import cohens_kappa

    values = {bound: np.full(len(both), np.nan) for bound in ("", "_low", "_high")}
    n = both + first + second + neither
    hpd = (both + first, both + second)
    varied = np.all([(one > 0) & (one < n) for one in hpd], axis=0)
    for place in np.flatnonzero(varied):
        found = cohens_kappa([[both[place], first[place]], [second[place], neither[place]]])
        values[""][place] = found.kappa
        if first[place] + second[place]:
            values["_low"][place] = max(found.kappa_low, -1.0)
            values["_high"][place] = min(found.kappa_upp, 1.0)
    return values


def _small(counts: Mapping[str, Ints]) -> Bools:
    n, both = counts["n_both"], counts["both_hpd"]
    called = (both + counts["first_hpd_only"], both + counts["second_hpd_only"])
    rare = np.any([(hpd < _FEW_OF_A_KIND) | (n - hpd < _FEW_OF_A_KIND) for hpd in called], axis=0)
    return np.asarray((n < _FEW_PERSONS) | rare, dtype=np.bool_)


def _missing(n: Ints, jaccard: Floats, kappa: Floats, kappa_low: Floats) -> list[str | None]:
    """Why a coefficient or an interval of a pair is <NA>.

    `nobody_evaluable_by_both`; `nobody_hpd` by either; `one_calls_all_alike`: chance alone then agrees as often as the
    two do, whatever the other says; `full_agreement`, where the variance for large numbers is 0.
    """
    reasons = []
    for people, jaccard_, kappa_, low in zip(n, jaccard, kappa, kappa_low, strict=True):
        absent = {name: "nobody_hpd" for name in ("positive_agreement", "jaccard") if np.isnan(jaccard_)}
        if np.isnan(kappa_):
            absent["kappa"] = "one_calls_all_alike"
        elif np.isnan(low):
            absent["kappa_interval"] = "full_agreement"
        if not people:
            absent = dict.fromkeys(absent, "nobody_evaluable_by_both")
        reasons.append(";".join(f"{name}={why}" for name, why in absent.items()) or None)
    return reasons
