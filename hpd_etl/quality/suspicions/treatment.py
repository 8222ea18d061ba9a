"""Doses and scans in an order that treatment does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpd_etl.grouping import any_of, days, point_key
from hpd_etl.quality.suspicions.facts import day_of, rows

if TYPE_CHECKING:
    import pandas as pd

    from hpd_etl.quality.suspicions.facts import Facts

LATE_BASELINE_DAYS = 14
"""A scan so soon after the first dose was meant to be the baseline, or its date or that of the dose is wrong."""


def baseline_after_dose(facts: Facts) -> pd.DataFrame:
    """Whose only scan near the first dose is one shortly after it; the first lesion row of that scan."""
    lesions, windows = facts.timeline.lesions, facts.study.windows
    n = len(facts.persons)
    before = np.zeros(n, dtype=np.bool_)
    for frame in (lesions, facts.timeline.scans, facts.timeline.tumour_sums):
        day = day_of(frame)
        near = (day >= windows.baseline_from_day) & (day <= windows.baseline_to_day + windows.baseline_grace_days)
        before |= any_of(facts.of_person(frame), near, n)
    sizes = facts.sizes
    late = np.flatnonzero((sizes.day > 0) & (sizes.day <= LATE_BASELINE_DAYS) & ~before[sizes.person])
    order = late[np.argsort(sizes.scan[late], kind="stable")]
    _, first = np.unique(sizes.person[order], return_index=True)
    return rows("lesions", lesions, sizes.row[order[first]])


def dose_unobserved(facts: Facts) -> pd.DataFrame:
    """A dose on a day on which the person was not under observation, where any observation is recorded."""
    doses, followup = facts.timeline.doses, facts.timeline.followup
    person, day = facts.of_person(doses), days(doses["start_date"])
    owner, start, end = facts.of_person(followup), days(followup["start_date"]), days(followup["end_date"])
    order = np.argsort(point_key(owner, start), kind="stable")
    owner, start = owner[order], start[order]
    until = np.maximum.accumulate(point_key(owner, end[order]))
    at = np.searchsorted(point_key(owner, start), point_key(person, day), side="right") - 1
    holds = (at >= 0) & (np.append(owner, -1)[at] == person) & (np.append(until, 0)[at] >= point_key(person, day))
    watched = any_of(owner, np.ones(len(owner), dtype=np.bool_), len(facts.persons))
    return rows("doses", doses, watched[person] & ~holds)
