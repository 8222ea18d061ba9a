"""The funnel: who is left after each step, and why the others are not."""

from __future__ import annotations

import pandas as pd

from hpd_etl.quality.counts import tally
from hpd_etl.schema import Labels, Reason, Verdict

STEPS: dict[str, tuple[Reason, ...]] = {
    "treated": (),
    "enough look-back": (Reason.EXTRACTION_INCOMPLETE, Reason.SHORT_LOOKBACK),
    "baseline, measurable disease": (Reason.NO_BASELINE_SCAN, Reason.NO_MEASURABLE_DISEASE),
    "first evaluation": (
        Reason.EARLY_DROPOUT_DEATH, Reason.EARLY_DROPOUT_PROGRESSION, Reason.EARLY_DROPOUT_TOXICITY,
        Reason.EARLY_DROPOUT_OTHER, Reason.NO_POST_SCAN,
    ),
    "pre-baseline": (Reason.NO_PREBASELINE_SCAN, Reason.IMPRECISE_DATE),
    "same lesions": (Reason.NODE_SHORT_AXIS_MISSING, Reason.LOCAL_THERAPY, Reason.LESION_SET_MISMATCH),
    "metrics defined": (
        Reason.ZERO_BASELINE, Reason.ZERO_PREBASELINE, Reason.PRE_GROWTH_NONPOSITIVE, Reason.RESPONSE_UNKNOWN,
        Reason.TTF_UNKNOWN, Reason.FINDING_UNKNOWN,
    ),
    "evaluable": (Reason.UNCONFIRMED,),
}
"""The steps of the funnel and the reasons for leaving at each; together they hold every reason, in its order."""

_NEED_BURDENS = ("same lesions", "metrics defined", "evaluable")
_FUNNEL_COLUMNS = ["cohort", "definition_id", "step", "reason", "left", "remaining"]


def funnel(labels: Labels) -> pd.DataFrame:
    """Who is left after each step, per cohort and definition.

    Columns cohort, definition_id, step, reason, left, remaining. A step has one row a reason for which
    somebody left, or one row with left 0; `remaining` is what is left after the row. Per cohort and
    definition `left` and the last `remaining` add up to all who were treated.
    """
    frame = labels.labels
    return _funnel(frame, frame["primary_reason"].where(frame["verdict"].eq(Verdict.NOT_EVALUABLE)))


def _funnel(people: pd.DataFrame, primary: pd.Series[str]) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    for (cohort, definition), own in tally(people, primary).items():
        if unknown := set(own) - {"", *Reason}:
            raise ValueError(f"reasons without a step in the funnel: {sorted(unknown)}")
        remaining = sum(own.values())
        for step, reasons in STEPS.items():
            leaving = [(str(reason), own[reason]) for reason in reasons if reason in own]
            for reason, left in leaving or [("", 0)]:
                remaining -= left
                rows.append((cohort, definition, step, reason or None, left, remaining))
    return pd.DataFrame(rows, columns=_FUNNEL_COLUMNS)


def foreseen(unmet: pd.DataFrame) -> pd.DataFrame:
    """The funnel without the last steps where nothing can be said of them before the burdens are summed."""
    found = _funnel(unmet, unmet["primary_reason"])
    return found[~found["step"].isin(_NEED_BURDENS) | found["reason"].notna()].reset_index(drop=True)
