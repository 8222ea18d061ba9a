"""The sums of each person over time, parted at the baseline scan.

Of the study's own windows and targets. Left out are scans at which a target is unknown, and those after another
systemic therapy began; new lesions are in no sum. The baseline scan stands in both parts: growth begins at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hpd_etl.errors import ConfigurationError
from hpd_etl.grouping import NO_DAY, Bools, Floats, Ints, lowest, numbers, positions, sorted_codes, text
from hpd_etl.schema import Reason, ScanRole

if TYPE_CHECKING:
    from hpd_etl.schema import Labels, Timeline

WINDOWS = "study"


@dataclass(frozen=True)
class Series:
    """One person's usable sums; days count from the first dose."""

    before_days: Floats
    before_mm: Floats
    after_days: Floats
    after_mm: Floats
    left_out: int
    absent: str | None
    """Why nothing is estimated, though there may be scans."""


def series(timeline: Timeline, labels: Labels) -> Iterator[Series]:
    """One series a person of the timeline, in its order."""
    rows = labels.burden[labels.burden["window_set"].eq(WINDOWS).to_numpy(np.bool_, na_value=False)]
    if WINDOWS not in set(labels.metrics["measure_set"].str.split("/").str[1]) and len(labels.labels):
        raise ConfigurationError("no definition of this run uses the windows of the study, whose sums are modelled",
                                 remedy="add one that states no windows, such as saada2017, to criteria.use")
    ids = text(timeline.index["person_id"]).cast(pa.large_string())
    n, person = len(ids), positions(rows["person_id"], ids)
    day, size = rows["days_from_index"].to_numpy(np.int64), numbers(rows["sld_mm"])
    baseline, other = _baseline(timeline, ids), switched(timeline, ids)
    order = np.lexsort((day, person))
    person, day, size = person[order], day[order], size[order]
    usable = ~np.isnan(size) & ((other[person] == NO_DAY) | (day <= other[person]))
    ends = np.searchsorted(person, np.arange(n + 1))
    reasons = _reasons(timeline, labels, ids, baseline)
    for place in range(n):
        own = slice(ends[place], ends[place + 1])
        yield _parted(day[own], size[own], usable[own], int(baseline[place]), reasons[place])


def _parted(day: Ints, size: Floats, usable: Bools, baseline: int, absent: str | None) -> Series:
    kept_day, kept = day[usable].astype(np.float64), size[usable]
    before = kept_day <= baseline if baseline != NO_DAY else kept_day <= 0
    after = kept_day >= baseline if baseline != NO_DAY else kept_day > 0
    return Series(kept_day[before], kept[before], kept_day[after], kept[after], int((~usable).sum()),
                  absent or (None if (before & after).any() else str(Reason.LESION_SET_MISMATCH)))


def _baseline(timeline: Timeline, ids: pa.Array) -> Ints:
    chosen = timeline.scan_choices
    chosen = chosen[(chosen["role"].eq(ScanRole.BASELINE) & chosen["window_set"].eq(WINDOWS)).to_numpy(np.bool_)]
    return lowest(positions(chosen["person_id"], ids), chosen["days_from_index"].to_numpy(np.int64), len(ids), NO_DAY)


def switched(timeline: Timeline, ids: pa.Array) -> Ints:
    """First day after the first dose of a systemic therapy not given up to then (ambiguity D5)."""
    systemic = timeline.therapies[timeline.therapies["kind"].eq("systemic").to_numpy(np.bool_, na_value=False)]
    person, day = positions(systemic["person_id"], ids), systemic["days_from_index"].to_numpy(np.int64)
    [agent], names = sorted_codes(systemic["agent"])
    drugs, drug = np.unique(person * (len(names) + 1) + agent + 1, return_inverse=True)
    begun, owner = lowest(drug, day, len(drugs), NO_DAY), drugs // (len(names) + 1)
    return lowest(owner[begun > 0], begun[begun > 0], len(ids), NO_DAY)


def _reasons(timeline: Timeline, labels: Labels, ids: pa.Array, baseline: Ints) -> list[str | None]:
    """Why nothing may be estimated of a person: not all was read, a day is not known, nothing to start from."""
    reasons = np.full(len(ids), None, dtype=object)
    reasons[baseline == NO_DAY] = str(Reason.NO_BASELINE_SCAN)
    reasons[timeline.index["courses"].notna().to_numpy(np.bool_)] = str(Reason.IMPRECISE_DATE)
    incomplete = timeline.persons[timeline.persons["is_complete"].eq(False).to_numpy(np.bool_, na_value=False)]
    unread = positions(incomplete["person_id"], ids)
    reasons[unread[unread >= 0]] = str(Reason.EXTRACTION_INCOMPLETE)
    return list(reasons)
