"""How many are HPD, of whom."""

from __future__ import annotations

import pandas as pd

from hpd_etl.quality.counts import tally
from hpd_etl.schema import Labels, Verdict


def rates(labels: Labels) -> pd.DataFrame:
    """How many are HPD, of the evaluable and of all treated, with exact 95 % intervals (Clopper-Pearson 1934).

    Columns cohort, definition_id, hyperprogression (False of a rule that defines none), hpd, evaluable, treated and,
    for both denominators, the rate and the bounds of its interval as fractions; <NA> where nobody is evaluable.
    """
    counts = tally(labels.labels, labels.labels["verdict"])
    counted = pd.DataFrame([
        (*key, own.get(Verdict.HPD, 0), own.get(Verdict.HPD, 0) + own.get(Verdict.NOT_HPD, 0), sum(own.values()))
        for key, own in counts.items()
    ], columns=["cohort", "definition_id", "hpd", "evaluable", "treated"])
    counted.insert(2, "hyperprogression", ~counted["definition_id"].isin(_no_hyperprogression(labels.labels)))
    for denominator in ("evaluable", "treated"):
        bounds = [exact_interval(int(k), int(n)) for k, n in zip(counted["hpd"], counted[denominator], strict=True)]
        for position, name in enumerate(("rate", "low", "high")):
            counted[f"{name}_of_{denominator}"] = pd.array([bound[position] for bound in bounds], dtype="Float64")
    return counted


def _no_hyperprogression(labels: pd.DataFrame) -> list[str]:
    """The definitions that define no hyperprogression, as a flag says on each of their labels."""
    one_each = labels.drop_duplicates("definition_id")
    return list(one_each.loc[one_each["flags"].str.contains("not_hyperprogression", na=False), "definition_id"])


def exact_interval(events: int, trials: int) -> tuple[float | None, float | None, float | None]:
    """Rate and exact two-sided 95 % bounds (Clopper-Pearson 1934); None of nobody."""
    from scipy.special import betaincinv

    if trials == 0:
        return None, None, None
    low = float(betaincinv(events, trials - events + 1, 0.025)) if events else 0.0
    high = float(betaincinv(events + 1, trials - events, 0.975)) if events < trials else 1.0
    return events / trials, low, high
