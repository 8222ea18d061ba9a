"""What was recorded beside what follows from the lesions: sums and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpd_etl import criteria
from hpd_etl.grouping import count, flags, lookup, numbers, total
from hpd_etl.quality.suspicions.facts import none, rows
from hpd_etl.schema import Timeline

if TYPE_CHECKING:
    from hpd_etl.quality.suspicions.facts import Facts

ROUNDING_MM = 1.0
"""Sizes may have been rounded to whole millimetres before they were added: so much for each lesion."""
NEAR_DAYS = 30
"""A response is said of an examination in the weeks before it."""


def sum_unlike_lesions(facts: Facts) -> pd.DataFrame:
    """A recorded sum of diameters that is not the sum of the target lesions measured on that day."""
    lesions, sums = facts.timeline.lesions, facts.timeline.tumour_sums
    if sums.empty:
        return none("tumour_sums", sums)
    person, lesion = facts.codes
    target = flags(lesions["role"].eq("target"))
    mm = numbers(lesions["diameter_mm"])
    days, scan = np.unique(facts.points(lesions), return_inverse=True)
    n, unknown = count(scan[target], len(days)), count(scan[target & np.isnan(mm)], len(days))
    added = total(scan[target], np.nan_to_num(mm[target]), len(days))
    _, one_each = np.unique(lesion[target], return_index=True)
    of_person = count(person[target][one_each], len(facts.persons))
    at = lookup(facts.points(sums), days)
    all_there = (at >= 0) & (n[at] > 0) & (unknown[at] == 0) & (n[at] == of_person[facts.of_person(sums)])
    differs = np.abs(numbers(sums["value"]) - added[at]) > ROUNDING_MM * np.maximum(n[at], 1)
    diameters = flags(sums["kind"].eq("SLD"))
    return rows("tumour_sums", sums, diameters & all_there & differs)


def response_unlike_lesions(facts: Facts) -> pd.DataFrame:
    """A recorded response other than the one that follows from lesions and sums, where one follows."""
    responses = facts.timeline.responses
    own = _with_responses(facts.timeline)
    if responses.empty or own.index.empty:
        return none("responses", responses)
    found = criteria.assess(own, facts.study)["assessments"]
    derived, recorded = (found[name].astype("string[pyarrow]") for name in ("derived", "recorded"))
    differing = found[(recorded != derived).fillna(False) & derived.ne("NE").fillna(False)]
    keys = _answers(differing, facts, "recorded")
    asked = responses[responses["scope"].eq("overall").fillna(False)]
    known = pd.MultiIndex.from_frame(_answers(asked, facts, "response")).isin(pd.MultiIndex.from_frame(keys))
    return rows("responses", asked, known)


def _answers(frame: pd.DataFrame, facts: Facts, column: str) -> pd.DataFrame:
    return pd.DataFrame({"person": facts.of_person(frame), "day": frame["days_from_index"].to_numpy(np.int64),
                         "answer": frame[column].astype("string[pyarrow]").to_numpy(object)})


def _with_responses(timeline: Timeline) -> Timeline:
    """The persons of whom a response is recorded and all dates are known to the day."""
    named = timeline.responses["person_id"].astype("string[pyarrow]").unique()
    exact = timeline.index.loc[timeline.index["courses"].isna(), "person_id"].astype("string[pyarrow]")
    chosen = exact[exact.isin(named)]
    return Timeline.of({table.name: frame[frame["person_id"].astype("string[pyarrow]").isin(chosen)]
                        for table, frame in timeline})


def response_without_scan(facts: Facts) -> pd.DataFrame:
    """A recorded response with no examination within thirty days of it."""
    responses = facts.timeline.responses
    examined = np.unique(np.concatenate([
        facts.points(getattr(facts.timeline, name)) for name in ("scans", "lesions", "tumour_sums")]))
    keys = facts.points(responses)
    padded = np.concatenate([[np.iinfo(np.int64).min // 2], examined, [np.iinfo(np.int64).max // 2]])
    after = np.searchsorted(padded, keys)
    far = np.minimum(keys - padded[after - 1], padded[after] - keys) > NEAR_DAYS
    judged = responses["response"].ne("NE").fillna(False).to_numpy(np.bool_)
    return rows("responses", responses, far & judged)
