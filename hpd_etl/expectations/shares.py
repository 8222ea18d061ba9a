"""Frames of counts that expectations look at: a row counts many persons or rows, and has a name that may be said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from hpd_etl.criteria.definition import STUDY_WINDOWS
from hpd_etl.grouping import sorted_codes
from hpd_etl.schema import DATE_OF, ScanRole

if TYPE_CHECKING:
    from hpd_etl.schema import Timeline

Aggregate: TypeAlias = "Callable[[Timeline], pd.DataFrame]"


def windows(timeline: Timeline) -> pd.DataFrame:
    """Of all treated the shares who have a scan in each of the study's own windows, and in all three.

    Narrower windows of a definition hold fewer scans because it says so, and its funnel tells how many. Without scans
    there is no row.
    """
    chosen = timeline.scan_choices[timeline.scan_choices["window_set"] == STUDY_WINDOWS]
    used, treated = chosen[chosen["role"] != ScanRole.REFUSED], max(len(timeline.index), 1)
    [person], _ = sorted_codes(used["person_id"])
    each = {str(name): int((used["role"] == name).sum()) for name in ScanRole if name != ScanRole.REFUSED}
    each["all_three"] = int((np.bincount(person) == len(each)).sum())
    found = pd.DataFrame({"name": [STUDY_WINDOWS], **{name: [n / treated] for name, n in each.items()}})
    return found if len(chosen) else found.iloc[:0]


def refused(timeline: Timeline) -> pd.DataFrame:
    """By table the share of rows that were refused, of those refused and kept."""
    lost = timeline.rejections["table"].value_counts()
    kept = {name: len(getattr(timeline, name)) for name in ("persons", *DATE_OF)}
    shares = {name: lost.get(name, 0) / (lost.get(name, 0) + n) for name, n in kept.items() if lost.get(name, 0) + n}
    return pd.DataFrame({"name": list(shares), "refused": np.array(list(shares.values()), dtype=np.float64)})


AGGREGATES: Mapping[str, Aggregate] = {"windows": windows, "refused": refused}
"""By name; an expectation asks for one with `meta.frame`."""
