"""Time points and which of them are pre-baseline, baseline and first evaluation; ambiguities B0-B5, C14."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.config import Windows
from hpd_etl.grouping import NO_DAY, Bools, Ints, any_of, count, distinct, highest, lowest
from hpd_etl.timeline.targets import Sightings, largest, lost_targets, owners

NONE = -1


@dataclass(frozen=True)
class Points:
    """All days with an examination, sorted by person and day; days count from the first dose."""

    person: Ints
    day: Ints
    has_lesion: Bools
    """At least one lesion was assessed."""
    has_sum: Bools
    """A sum of longest diameters is recorded."""
    has_response: Bools
    assessed: Bools
    """A time point; the others are examinations without a measurement."""

    def __len__(self) -> int:
        return len(self.person)

    def day_of(self, scan: Ints) -> Ints:
        """The day of each person's point; `NO_DAY` for none."""
        return np.where(scan >= 0, self.day[scan], NO_DAY) if len(self) else np.full(len(scan), NO_DAY)


@dataclass(frozen=True)
class Choice:
    """The three scans of each person (index of the point, -1 for none) and the targets followed through them."""

    pre: Ints
    baseline: Ints
    post: Ints
    target_lesions: Ints
    uncapped: Bools
    """By point: the source has more targets than the caps allow."""
    n_targets: Ints
    """By point: targets of the set assessed at it; before the set is known, candidates."""


def choose(points: Points, rows: Sightings, windows: Windows, persons: int) -> Choice:
    """The scans of one window set, first from target lesions, then from recorded sums."""
    by_lesions = _choose(points, rows, windows, persons, sums=False)
    if not points.has_sum.any():
        return by_lesions
    by_sums = _choose(points, rows, windows, persons, sums=True)
    return _merged(by_lesions, by_sums, points, rows)


def _choose(points: Points, rows: Sightings, windows: Windows, persons: int, *, sums: bool) -> Choice:
    n = len(points)
    last_baseline_day = windows.baseline_to_day + windows.baseline_grace_days
    in_baseline = points.assessed & (points.day >= windows.baseline_from_day) & (points.day <= last_baseline_day)
    if sums:
        candidates, uncapped = np.zeros(0, dtype=np.int64), np.zeros(n, dtype=np.bool_)
        n_candidates = points.has_sum.astype(np.int64)
    else:
        of_point = rows.point >= 0
        eligible = np.flatnonzero(of_point & rows.may_be_target & in_baseline[np.maximum(rows.point, 0)])
        candidates, over = largest(rows, eligible)
        uncapped = np.zeros(n, dtype=np.bool_)
        uncapped[: len(over)] = over
        n_candidates = count(rows.point[candidates], n)
    baseline = _most_then_last(points, in_baseline, n_candidates, persons)
    baseline_day = points.day_of(baseline)

    targets = rows.lesion[candidates[rows.point[candidates] == baseline[rows.person[candidates]]]]
    if not sums:
        targets = np.concatenate([targets, lost_targets(rows, baseline, baseline_day)])
    is_target = np.zeros(rows.lesions, dtype=np.bool_)
    is_target[targets] = True
    assessed_target = rows.assessed & is_target[rows.lesion] & (rows.point >= 0)
    n_targets = points.has_sum.astype(np.int64) if sums else count(rows.point[assessed_target], n)

    base = baseline_day[points.person]
    gap = base - points.day
    in_pre = (base != NO_DAY) & (gap >= windows.pre_min_gap_days) & (gap <= windows.pre_max_gap_days)
    if windows.pre_from_day is not None:
        in_pre &= points.day >= windows.pre_from_day
    pre = _most_then_last(points, in_pre, n_targets, persons)

    counts = (
        points.has_response
        | (n_targets > 0)
        | _shows_new_lesion(points, rows, baseline_day)
        | (points.assessed & (base == NO_DAY))
    )
    in_post = (points.day >= windows.post_from_day) & (points.day <= windows.post_to_day) & (points.day > base)
    post = lowest(points.person[in_post & counts], np.flatnonzero(in_post & counts), persons, NONE)
    return Choice(pre, baseline, post, distinct(targets), uncapped, n_targets)


def _most_then_last(points: Points, within: Bools, targets: Ints, persons: int) -> Ints:
    """Of each person's points within the window those with the most targets (at least one), of these the last."""
    at = np.flatnonzero(within & (targets > 0))
    best = highest(points.person[at], targets[at] * len(points) + at, persons, NONE)
    return np.where(best == NONE, NONE, best % max(len(points), 1))


def _shows_new_lesion(points: Points, rows: Sightings, baseline_day: Ints) -> Bools:
    """Points at which a new lesion is seen that was not seen at or before baseline (ambiguity C5)."""
    base = baseline_day[rows.person]
    earlier = any_of(rows.lesion, rows.seen & (rows.day <= np.where(base == NO_DAY, 0, base)), rows.lesions)
    new = rows.seen & (rows.point >= 0) & (rows.counts_as_new & ~earlier)[rows.lesion]
    return any_of(rows.point, new, len(points))


def _merged(by_lesions: Choice, by_sums: Choice, points: Points, rows: Sightings) -> Choice:
    """Recorded sums where no target row stands at any of the three scans (ambiguity C14)."""
    target_row = rows.assessed & rows.called_target[rows.lesion] & (rows.point >= 0)
    has_target_row = any_of(rows.point, target_row, len(points))
    scans = np.stack([by_sums.pre, by_sums.baseline, by_sums.post])
    mixed = (has_target_row[np.maximum(scans, 0)] & (scans >= 0)).any(axis=0)
    use_sums = (by_lesions.baseline < 0) & (by_sums.baseline >= 0) & ~mixed
    of_sums = use_sums[points.person]
    kept = by_lesions.target_lesions[~use_sums[owners(rows)[by_lesions.target_lesions]]]
    return Choice(
        np.where(use_sums, by_sums.pre, by_lesions.pre),
        np.where(use_sums, by_sums.baseline, by_lesions.baseline),
        np.where(use_sums, by_sums.post, by_lesions.post),
        kept,
        by_lesions.uncapped & ~of_sums,
        np.where(of_sums, by_sums.n_targets, by_lesions.n_targets),
    )


def explain(points: Points, choice: Choice, windows: Windows) -> tuple[Ints, list[str], Ints, Ints]:
    """For each point its role (pre, baseline, post, refused), the code and text of its reason, and days out of window.

    Returns roles, the reason texts, reason codes and days out.
    """
    person, day = points.person, points.day
    here = np.arange(len(points))
    base_day = points.day_of(choice.baseline)[person]
    has_base = base_day != NO_DAY
    gap = np.where(has_base, base_day - day, 0)
    last_baseline_day = windows.baseline_to_day + windows.baseline_grace_days
    before = np.where(has_base, day <= base_day, day <= last_baseline_day)
    late_baseline = has_base & (day > base_day) & (day <= last_baseline_day)
    pre_start = windows.pre_from_day if windows.pre_from_day is not None else NO_DAY
    early = before & ~has_base & (day < windows.baseline_from_day)
    post_taken = (choice.post >= 0)[person] & (here > choice.post[person])
    texts = [
        "latest_with_most_baseline_targets",
        "latest_with_most_targets",
        "first_in_window",
        "not_measured",
        "before_baseline_window",
        "no_target_assessed",
        "too_close_to_baseline",
        "too_long_before_baseline",
        "before_pre_window",
        "fewer_targets_assessed",
        "earlier_than_chosen",
        "before_first_evaluation_window",
        "after_first_evaluation_window",
        "after_first_evaluation",
        "nothing_assessed",
    ]
    pre_few = choice.n_targets < choice.n_targets[np.maximum(choice.pre[person], 0)]
    conditions = [
        here == choice.pre[person],
        here == choice.baseline[person],
        here == choice.post[person],
        ~points.assessed,
        early,
        (before & ~has_base) | (late_baseline & (choice.n_targets == 0)),
        before & (gap < windows.pre_min_gap_days),
        before & (gap > windows.pre_max_gap_days),
        before & (day < pre_start),
        late_baseline,
        before & (choice.n_targets > 0) & ~pre_few,
        ~before & (day < windows.post_from_day),
        day > windows.post_to_day,
        post_taken,
    ]
    codes = np.select(conditions, range(len(conditions)), len(texts) - 1)
    codes = np.where(before & (codes == len(texts) - 1), np.where(choice.n_targets > 0, 9, 5), codes)
    out = np.select(
        [codes == 4, codes == 6, codes == 7, codes == 8, codes == 11, codes == 12],
        [
            windows.baseline_from_day - day,
            windows.pre_min_gap_days - gap,
            gap - windows.pre_max_gap_days,
            pre_start - day,
            windows.post_from_day - day,
            day - windows.post_to_day,
        ],
        0,
    )
    return np.minimum(codes, 3), texts, codes, out
