"""Frames of counts that expectations look at: a row counts many persons or rows, and has a name that may be said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from hpd_etl.grouping import count, point_key, point_of, sorted_codes
from hpd_etl.schema import DATE_OF, ScanRole

if TYPE_CHECKING:
    from hpd_etl.schema import Timeline

Aggregate: TypeAlias = "Callable[[Timeline], pd.DataFrame]"
_REFUSED = list(ScanRole).index(ScanRole.REFUSED)


def windows(timeline: Timeline) -> pd.DataFrame:
    """By window set the shares of all treated who have a scan in each window, and in all three."""
    chosen = timeline.scan_choices
    [window], names = sorted_codes(chosen["window_set"])
    [person], _ = sorted_codes(chosen["person_id"])
    treated, role, n = max(len(timeline.index), 1), chosen["role"].cat.codes.to_numpy(), len(names)
    used = role != _REFUSED
    each = {str(name): count(window[role == code], n) for code, name in enumerate(ScanRole) if code != _REFUSED}
    keys, scans = np.unique(point_key(window, person)[used], return_counts=True)
    each["all_three"] = count(point_of(keys[scans == len(each)])[0], n)
    return pd.DataFrame({"name": names.to_pylist(), **{name: found / treated for name, found in each.items()}})


def refused(timeline: Timeline) -> pd.DataFrame:
    """By table the share of rows that were refused, of those refused and kept."""
    lost = timeline.rejections["table"].value_counts()
    kept = {name: len(getattr(timeline, name)) for name in ("persons", *DATE_OF)}
    shares = {name: lost.get(name, 0) / (lost.get(name, 0) + n) for name, n in kept.items() if lost.get(name, 0) + n}
    return pd.DataFrame({"name": list(shares), "refused": np.array(list(shares.values()), dtype=np.float64)})


AGGREGATES: Mapping[str, Aggregate] = {"windows": windows, "refused": refused}
"""By name; an expectation asks for one with `meta.frame`."""
