"""Which labels flip under another reading: from which verdict to which, whose, and how many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hpd_etl.config import Study
from hpd_etl.criteria import Definition, verdicts_of, window_sets
from hpd_etl.grouping import Ints, category, coded, integers, repeated, sorted_codes
from hpd_etl.robustness.readings import Reading, readings
from hpd_etl.robustness.verdicts import given, of_labels
from hpd_etl.schema import FLIPPED, FLIPS, LABELS, PARAMETERS, Labels, Records, Timeline
from hpd_etl.timeline import align

_VERDICTS = LABELS["verdict"].values


def flips(
    records: Records, timeline: Timeline, labels: Labels, definitions: Sequence[Definition], study: Study
) -> dict[str, pd.DataFrame]:
    """The tables `flips` and `flipped`: what becomes of every label under every reading that the study asks for."""
    counted, named = [FLIPS.frame()], [FLIPPED.frame()]
    before = given(labels)
    for reading in readings(definitions, study):
        after = _read(reading, records, timeline, labels)
        counted.append(_counts(labels, reading, before, after))
        named.append(_flipped(labels, reading, before, after))
    return {"flips": _stacked(counted), "flipped": _stacked(named)}


def _read(reading: Reading, records: Records, timeline: Timeline, labels: Labels) -> Ints:
    """The verdict of every label under this reading, as a code."""
    if reading.aligns:
        timeline = align(records, reading.study, window_sets(reading.definitions, reading.study))
    elif reading.retold is not None:
        timeline = reading.retold(timeline)
    found = verdicts_of(timeline, reading.definitions, reading.study)
    return of_labels(found, labels, timeline, reading.definitions).astype(np.int64)


def _counts(labels: Labels, reading: Reading, before: Ints, after: Ints) -> pd.DataFrame:
    kinds = len(_VERDICTS)
    [cohort], cohorts = sorted_codes(labels.labels["cohort"])
    [definition], definitions = sorted_codes(labels.labels["definition_id"])
    key = ((definition * len(cohorts) + cohort) * kinds + before) * kinds + after
    found, n = np.unique(key, return_counts=True)
    group = found // kinds**2
    return FLIPS.frame(
        {
            "cohort": coded(group % max(len(cohorts), 1), cohorts),
            "definition_id": coded(group // max(len(cohorts), 1), definitions),
            **_of_reading(reading, len(found)),
            "from_verdict": category(found // kinds % kinds, _VERDICTS),
            "to_verdict": category(found % kinds, _VERDICTS),
            "n": integers(n.astype(np.int64)),
        }
    )


def _flipped(labels: Labels, reading: Reading, before: Ints, after: Ints) -> pd.DataFrame:
    at = np.flatnonzero(before != after)
    whose = labels.labels[["person_id", "cohort", "definition_id"]].iloc[at].reset_index(drop=True)
    return FLIPPED.frame(
        whose.assign(
            **_of_reading(reading, len(at)),
            from_verdict=category(before[at], _VERDICTS),
            to_verdict=category(after[at], _VERDICTS),
        )
    )


def _of_reading(reading: Reading, n: int) -> dict[str, pd.Series[str]]:
    parameter = np.full(n, PARAMETERS.index(reading.parameter))
    return {"parameter": category(parameter, PARAMETERS), "value": repeated([reading.value], n)}


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all parts, without dictionaries, which differ from part to part."""
    plain = {name: "string[pyarrow]" for name, kind in parts[0].dtypes.items() if kind == "string"}
    return pd.concat([part.astype(plain) for part in parts], ignore_index=True)
