"""The probability that a verdict stands when every diameter is read again with an error.

The scans and the targets stay as chosen; what was not measured stays too: 0 mm, too small, a status without a size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpd_etl.config import Study
from hpd_etl.criteria import Definition, Lines, verdicts_of
from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.criteria.rules import Leaf, leaves
from hpd_etl.grouping import Bools, Ints, floats, integers
from hpd_etl.robustness.copies import copies
from hpd_etl.robustness.errors import STANDARD_DEVIATION, Remeasured
from hpd_etl.robustness.verdicts import given, of_labels
from hpd_etl.schema import LABELS, PERTURBATION, Labels, Timeline, Verdict

STANDS = 0.90
"""A verdict that stands in a smaller fraction of the draws is fragile."""
PERSONS = 20_000
"""So many persons, and possible courses of persons, are judged at a time: those of several draws where they are fewer.

A call costs much and a person little; memory depends on it, no count does.
"""
_TOLD = 10
"""At most so often it is told how far it is."""
_HPD, _NOT_EVALUABLE = (LABELS["verdict"].values.index(name) for name in (Verdict.HPD, Verdict.NOT_EVALUABLE))


def perturb(
    timeline: Timeline,
    labels: Labels,
    definitions: Sequence[Definition],
    study: Study,
    *,
    sd: float | None = None,
    told: Callable[[str], None] = lambda so_far: None,
) -> pd.DataFrame:
    """The table `perturbation`; `sd` is the standard deviation of an error, else that of the study.

    A NOT_EVALUABLE label has no `p_hpd`, whatever its draws say: missing is never negative. A draw in which an
    evaluable label is not evaluable counts as one, not as negative: `p_not_evaluable`. `told` hears how far it is.
    """
    asked, before = study.sensitivity, given(labels)
    remeasured = Remeasured.of(timeline, asked.seed, STANDARD_DEVIATION[asked.error] if sd is None else sd)
    hpd, undecided, stands = (np.zeros(len(before), dtype=np.int64) for _ in range(3))
    done = 0
    for found in _drawn(remeasured, definitions, study):
        after = of_labels(found, labels, timeline, definitions)
        hpd += (after == _HPD).sum(axis=1)
        undecided += (after == _NOT_EVALUABLE).sum(axis=1)
        stands += (after == before[:, np.newaxis]).sum(axis=1)
        earlier, done = done, done + after.shape[1]
        if done * _TOLD // asked.draws > earlier * _TOLD // asked.draws:
            told(f"{done:,} of {asked.draws:,} draws")
    known = ~_without_error(timeline, labels, definitions)
    return _frame(labels, asked.draws, known, known & (before != _NOT_EVALUABLE), (hpd, undecided, stands))


def _drawn(remeasured: Remeasured, definitions: Sequence[Definition], study: Study) -> Iterator[NDArray[np.generic]]:
    """The verdicts of some draws at a time, by definition, draw and person; what no size decides is made once."""
    timeline, draws = remeasured.timeline, study.sensitivity.draws
    judged = sum(len(each.index) for each in (timeline, timeline.courses) if each is not None)
    rounds = ceil(draws / max(1, PERSONS // max(judged, 1)))
    times = ceil(draws / rounds)
    copied = copies(timeline, times)
    lines = Lines.of(copied, definitions, study)
    for start in range(0, draws, times):
        found = verdicts_of(remeasured.drawn(range(start, start + times), copied), definitions, study, lines)
        yield found.reshape(len(definitions), times, len(timeline.index))[:, : draws - start]


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
