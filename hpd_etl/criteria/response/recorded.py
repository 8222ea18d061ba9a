"""Responses that somebody recorded, at the time points they belong to (ambiguity C14)."""

from __future__ import annotations

import numpy as np

from hpd_etl.criteria.course import Course
from hpd_etl.criteria.response.frameworks import CODES, NONE, WORST_FIRST, Framework
from hpd_etl.grouping import Ints, lookup, lowest, point_key, positions
from hpd_etl.schema import Timeline


def recorded(line: Course, timeline: Timeline, framework: Framework, scope: str) -> Ints:
    """The recorded response of a scope at each time point; of several the worst; `NONE` where none or not evaluable."""
    rows = timeline.responses
    if not len(rows):
        return np.full(line.points, NONE)
    of_scope = (rows["scope"].fillna("overall") == scope).to_numpy(np.bool_)
    chosen = rows.loc[of_scope & rows["framework"].isin(framework.accepted).to_numpy(np.bool_)]
    if not len(chosen):
        return np.full(line.points, NONE)
    code = chosen["response"].cat.codes.to_numpy().astype(np.int64)
    keys = point_key(positions(chosen["person_id"], line.ids), chosen["days_from_index"].to_numpy(np.int64))
    at = lookup(keys, point_key(line.person, line.scans.day))
    rank = np.full(len(CODES), NONE)
    rank[list(WORST_FIRST)] = np.arange(len(WORST_FIRST))
    judged = (code >= 0) & (at >= 0) & (rank[code] >= 0)
    worst = lowest(at[judged], rank[code[judged]], line.points, NONE)
    return np.where(worst < 0, NONE, np.array(WORST_FIRST)[worst])
