"""Lesions and studies that are taken for others: sizes exchanged, one study under two ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpd_etl.grouping import encoded
from hpd_etl.quality.suspicions.facts import none, rows

if TYPE_CHECKING:
    from hpd_etl.grouping import Bools, Ints
    from hpd_etl.quality.suspicions.facts import Facts, Sizes

SAME = 1.1
"""Sizes within 10 % may be one lesion, measured again."""
APART = 1.3
"""Two lesions can be told apart by their sizes where one is at least 30 % larger."""


def exchanged(facts: Facts) -> pd.DataFrame:
    """Two lesions each of which has, at the next scan, the size that the other had; the later row of either."""
    sizes = facts.sizes
    changed = np.flatnonzero(sizes.follows & (np.abs(np.log(sizes.step)) >= np.log(APART / SAME)))
    then = pd.DataFrame({"at": changed, "scan": sizes.scan[changed],
                         "before_day": sizes.day[changed - 1], "before": sizes.mm[changed - 1],
                         "now": sizes.mm[changed]})
    pairs = then.merge(then, on=["scan", "before_day"], suffixes=("", "_of_other"))
    pairs = pairs[pairs["at"] < pairs["at_of_other"]]
    same = np.log(SAME)
    swapped = (np.abs(np.log(pairs["now"] / pairs["before_of_other"])) <= same) \
        & (np.abs(np.log(pairs["now_of_other"] / pairs["before"])) <= same) \
        & (np.abs(np.log(pairs["before"] / pairs["before_of_other"])) >= np.log(APART))
    found = pairs[swapped].sort_values(["at", "at_of_other", "scan"])
    once = found.drop_duplicates(["at", "at_of_other"])
    return rows("lesions", facts.timeline.lesions, sizes.row[_not_back(sizes, once["at"].to_numpy(np.int64))])


def _not_back(sizes: Sizes, at: Ints) -> Ints:
    """Without the exchange back that follows an exchange of one scan."""
    marked = np.zeros(len(sizes.row), dtype=np.bool_)
    marked[at] = True
    previous = np.append(False, marked[:-1])[:len(marked)] & sizes.follows
    return np.flatnonzero(marked & ~previous)


def study_twice(facts: Facts) -> pd.DataFrame:
    """A day with two studies of one modality and every size twice: one study under two ids; the second of them."""
    scans = facts.timeline.scans
    if len(np.unique(days := facts.points(scans))) == len(days):
        return none("scans", scans)
    told = pd.DataFrame({"scan": days, "modality": scans["modality"].astype("string[pyarrow]"),
                         "study": scans["study_uid"].astype("string[pyarrow]")})
    several = told.groupby(["scan", "modality"], dropna=False)["study"].transform("nunique") > 1
    doubled = told["scan"].isin(np.concatenate([_told_twice(facts), _under_two_lesions(facts)]))
    known = told[several & doubled].drop_duplicates(["scan", "study"])
    second = known[known.groupby("scan").cumcount() == 1]
    return rows("scans", scans, second.index.to_numpy(np.int64))


def lesions_twice(facts: Facts) -> pd.DataFrame:
    """A day on which every size stands under two lesions of one organ, and one study; its first lesion row."""
    sizes = facts.sizes
    studies = np.unique(facts.points(facts.timeline.scans)[study_twice(facts).index.to_numpy(np.int64)])
    doubled = np.setdiff1d(_under_two_lesions(facts), studies)
    at = np.flatnonzero(np.isin(sizes.scan, doubled))
    _, first = np.unique(sizes.scan[at], return_index=True)
    return rows("lesions", facts.timeline.lesions, sizes.row[at[first]])


def _told_twice(facts: Facts) -> Ints:
    """Days on which every measured lesion has more source rows than sizes."""
    lesions, sizes = facts.timeline.lesions, facts.sizes
    known = lesions[["diameter_mm", "perpendicular_mm", "volume_mm3"]].notna().sum(axis=1).to_numpy(np.int64)
    sources = lesions["source_id"].astype("string[pyarrow]").str.count(";").fillna(0).to_numpy(np.int64) + 1
    return _days_of_all(sizes, (sources > known)[sizes.row])


def _under_two_lesions(facts: Facts) -> Ints:
    """Days on which every size stands under more than one lesion of an organ."""
    sizes = facts.sizes
    codes, _ = encoded(facts.timeline.lesions["organ"])
    scan, organ = sizes.scan, codes[sizes.row]
    order = np.lexsort((organ, sizes.mm, scan))
    like_before = np.zeros(len(order), dtype=np.bool_)
    like_before[1:] = np.logical_and.reduce([
        each[order][1:] == each[order][:-1] for each in (scan, sizes.mm, organ)])
    twice = np.empty(len(order), dtype=np.bool_)
    twice[order] = like_before | np.append(like_before[1:], False)[:len(order)]
    return _days_of_all(sizes, twice)


def _days_of_all(sizes: Sizes, marked: Bools) -> Ints:
    """The days on which all sizes are marked."""
    return np.setdiff1d(sizes.scan, sizes.scan[~marked])
