"""What the next scan said of a first progression, and what becomes of the rates where HPD waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hpd_etl.report.content import Figure, Listing, Method, Section
from hpd_etl.report.drawing.outcomes import outcome_chart
from hpd_etl.report.sections import rates
from hpd_etl.schema import LABELS, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.grouping import Bools, Ints
    from hpd_etl.report.facts import Facts

CONFIRMATION: Final = Method(
    "confirmation", "Confirmation of a first progression",
    "A progression at the first evaluation is confirmed by progression, and refuted by its absence, at the next "
    "assessed scan at least 28 days later and before any other systemic therapy. Provisional: the next scan is still "
    "to come. Unresolved: there will be none. Not applicable: HPD without a progression at the first evaluation. A "
    "variant `_confirmed` keeps HPD where it is confirmed, calls it not HPD where it is refuted, and else not "
    "evaluable; the rate of those who wait is computed here from the same labels.")
STATES: Final = tuple(LABELS["confirmation"].values)
_FLAG: Final = "pseudoprogression"
_SUMS: Final = rates.SUMS | dict.fromkeys(STATES, "hpd") | {
    "refuted_not_hpd": "not_hpd", "refuted_not_evaluable": "not_evaluable"}
_COUNTS: Final = ("hpd", *STATES, "not_hpd", "refuted_not_hpd", "evaluable", "not_evaluable", "refuted_not_evaluable",
                  "treated")
_RATES: Final = ("rate", "rate_confirmed")
_LABELS: Final = {
    "definition_id": "definition", "hpd": "HPD", "not_applicable": "HPD, nothing to confirm",
    "provisional": "HPD, next scan to come", "confirmed": "HPD, confirmed", "refuted": "HPD, refuted",
    "unresolved": "HPD, unresolved", "not_hpd": "not HPD", "refuted_not_hpd": "not HPD, progression refuted",
    "not_evaluable": "not evaluable", "refuted_not_evaluable": "not evaluable, progression refuted",
    "rate": "HPD of evaluable", "rate_confirmed": "HPD of evaluable, where it waits for confirmation",
}


def section(facts: Facts) -> Section:
    """The outcomes of first progressions under each definition."""
    frame = outcomes(facts)
    notes = ("An HPD label stands as published, whatever the next scan says, unless the definition is a variant "
             "`_confirmed`; who waits for a scan is then not evaluable, never not HPD.",)
    common: dict[str, Any] = {
        "methods": (CONFIRMATION,), "cohort": facts.cohort, "frame": frame, "labels": _LABELS, "counts": _COUNTS,
        "parts_of": _SUMS, "told": rates.TOLD, "derived": _RATES}
    figure = Figure(key="pseudoprogression", title="What the next scan said of those who are HPD", notes=notes,
                    draw=outcome_chart, alt="A bar a definition: its HPD labels by what the next scan said. The "
                    "numbers stand in the table.", **common)
    table = Listing(key="pseudoprogression-numbers", title="Outcomes of first progressions", percent=_RATES, **common)
    return Section("pseudoprogression", "Pseudoprogression",
                   "How many hyperprogressors had a first progression that the next scan confirmed, and how many one "
                   "that it refuted. Whoever died or changed treatment before it has no next scan.", (figure, table))


def outcomes(facts: Facts) -> pd.DataFrame:
    """A row a definition: HPD by the state of confirmation, and whose progression was refuted among the others."""
    own = facts.labels.labels[facts.labels.labels["cohort"] == facts.cohort]
    order = [each.id for each in facts.definitions]
    definition = pd.Index(order).get_indexer(pd.Index(own["definition_id"].astype(object)))
    states, verdicts = _codes(own["confirmation"], STATES), _codes(own["verdict"], list(Verdict))
    refuted = _flagged(own["flags"])

    def counted(which: Bools) -> Ints:
        return np.bincount(definition[which & (definition >= 0)], minlength=len(order))

    hpd, not_hpd, undecided = (verdicts == place for place in range(len(Verdict)))
    columns = {state: counted(hpd & (states == place)) for place, state in enumerate(STATES)}
    columns |= {"refuted_not_hpd": counted(not_hpd & refuted), "refuted_not_evaluable": counted(undecided & refuted)}
    judged = rates.judged(facts).reindex(order).reset_index(drop=True)
    frame = pd.DataFrame(columns).join(judged)[list(_COUNTS)].astype("Int64")
    waited = frame["confirmed"] + frame["refuted"] + frame["not_hpd"]
    frame["rate"] = _rate(frame["hpd"], frame["evaluable"])
    frame["rate_confirmed"] = _rate(frame["confirmed"], waited)
    frame.insert(0, "definition_id", order)
    return frame


def _rate(part: pd.Series[int], whole: pd.Series[int]) -> pd.Series[float]:
    return (part / whole.mask(whole == 0)).astype("Float64")


def _codes(column: pd.Series[str], names: Sequence[str]) -> Ints:
    return np.asarray(pd.Categorical(column, categories=[str(name) for name in names]).codes)


def _flagged(flags: pd.Series[str]) -> Bools:
    """Whose flags name the pseudoprogression; looked up once for flags that many share."""
    kinds = flags.astype("category").cat
    there = np.array([_FLAG in str(kind).split(";") for kind in kinds.categories] + [False])
    return np.asarray(there[kinds.codes.to_numpy()])
