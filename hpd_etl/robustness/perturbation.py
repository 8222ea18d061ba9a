"""The probability that a verdict stands when every diameter is read again with an error.

The scans and the targets stay as chosen; what was not measured stays too: 0 mm, too small, a status without a size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hpd_etl.config import Study
from hpd_etl.criteria import Definition, Lines, verdicts_of
from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.criteria.rules import Leaf, leaves
from hpd_etl.grouping import Bools, Ints, floats, integers
from hpd_etl.robustness.errors import STANDARD_DEVIATION, Remeasured
from hpd_etl.robustness.verdicts import given, of_labels
from hpd_etl.schema import LABELS, PERTURBATION, Labels, Timeline, Verdict

STANDS = 0.90
"""A verdict that stands in a smaller fraction of the draws is fragile."""
_HPD, _NOT_EVALUABLE = (LABELS["verdict"].values.index(name) for name in (Verdict.HPD, Verdict.NOT_EVALUABLE))


def perturb(
    timeline: Timeline,
    labels: Labels,
    definitions: Sequence[Definition],
    study: Study,
    *,
    sd: float | None = None,
) -> pd.DataFrame:
    """The table `perturbation`; `sd` is the standard deviation of an error, else that of the study.

    A NOT_EVALUABLE label has no `p_hpd`, whatever its draws say: missing is never negative. A draw in which an
    evaluable label is not evaluable counts as one, not as negative: `p_not_evaluable`.
    """
    asked, before = study.sensitivity, given(labels)
    remeasured = Remeasured.of(timeline, asked.seed, STANDARD_DEVIATION[asked.error] if sd is None else sd)
    lines = Lines.of(timeline, definitions, study)
    hpd, undecided, stands = (np.zeros(len(before), dtype=np.int64) for _ in range(3))
    for draw in range(asked.draws):
        found = verdicts_of(remeasured.draw(draw), definitions, study, lines)
        after = of_labels(found, labels, timeline, definitions)
        hpd += after == _HPD
        undecided += after == _NOT_EVALUABLE
        stands += after == before
    known = ~_without_error(timeline, labels, definitions)
    return _frame(labels, asked.draws, known, known & (before != _NOT_EVALUABLE), (hpd, undecided, stands))


def _frame(labels: Labels, draws: int, known: Bools, evaluable: Bools, counts: tuple[Ints, Ints, Ints]) -> pd.DataFrame:
    hpd, undecided, stands = (count / draws for count in counts)
    fragile = pd.Series(stands < STANDS, dtype="boolean")
    return PERTURBATION.frame(
        labels.labels[["person_id", "cohort", "definition_id", "verdict"]].assign(
            p_hpd=floats(np.where(evaluable, hpd, np.nan)),
            p_not_evaluable=floats(np.where(evaluable, undecided, np.nan)),
            p_stands=floats(np.where(known, stands, np.nan)),
            draws=integers(np.full(len(known), draws)),
            fragile=fragile.mask(~known),
        )
    )


def _without_error(timeline: Timeline, labels: Labels, definitions: Sequence[Definition]) -> Bools:
    """The labels that rest on a recorded sum or on recorded volumes, whose errors are not known."""
    of_sizes = [each.id for each in definitions if any(_rests_on_sizes(leaf) for leaf in leaves(each.rule))]
    of_volumes = [each.id for each in definitions if "volume" in each.rulers]
    segmented = timeline.lesions.loc[timeline.lesions["volume_mm3"].notna(), "person_id"]
    given_labels = labels.labels
    by_sum = given_labels["definition_id"].isin(of_sizes) & _flagged(given_labels, "sum_recorded")
    by_volume = given_labels["definition_id"].isin(of_volumes) & ~_flagged(given_labels, "volume_from_diameter")
    return np.asarray(by_sum | (by_volume & given_labels["person_id"].isin(segmented)), dtype=np.bool_)


def _rests_on_sizes(leaf: Leaf) -> bool:
    source = METRIC_SOURCES[leaf.metric]
    return bool(source.codes) or source.unit not in ("", "months")


def _flagged(labels: pd.DataFrame, flag: str) -> pd.Series[bool]:
    told = ";" + labels["flags"].astype("string[pyarrow]").fillna("") + ";"
    return told.str.contains(f";{flag};", regex=False)
