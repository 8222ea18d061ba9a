"""Time points and which of them are pre-baseline, baseline and first evaluation; ambiguities B0-B5, C14."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.config import Windows
from hpd_etl.grouping import NO_DAY, Bools, Ints, any_of, count, distinct, highest, lowest
from hpd_etl.schema import SCAN_CHOICES, ScanRole
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
    earlier = any_of(rows.lesion, rows.seen & (rows.day <= base), rows.lesions)
    new = rows.seen & (rows.point >= 0) & (rows.counts_as_new & ~earlier)[rows.lesion]
    return any_of(rows.point, new, len(points))


def _merged(by_lesions: Choice, by_sums: Choice, points: Points, rows: Sightings) -> Choice:
    """Recorded sums where no target row stands at any of the three scans (ambiguity C14)."""
    target_row = rows.assessed & rows.called_target[rows.lesion] & (rows.point >= 0)
    has_target_row = any_of(rows.point, target_row, len(points))
    scans = np.stack([by_sums.pre, by_sums.baseline, by_sums.post])
    mixed = (has_target_row[np.maximum(scans, 0)] & (scans >= 0)).any(axis=0)
    use_sums = (by_lesions.baseline < 0) & (by_sums.baseline >= 0) & ~mixed
    kept = by_lesions.target_lesions[~use_sums[owners(rows)[by_lesions.target_lesions]]]
    return Choice(
        np.where(use_sums, by_sums.pre, by_lesions.pre),
        np.where(use_sums, by_sums.baseline, by_lesions.baseline),
        np.where(use_sums, by_sums.post, by_lesions.post),
        kept,
        by_lesions.uncapped,
        np.where(use_sums[points.person], by_sums.n_targets, by_lesions.n_targets),
    )


def reasons_of(points: Points, choice: Choice, windows: Windows) -> tuple[Ints, list[str], Ints, Ints]:
    """Why each point is used or refused: its role, all reasons, the place of its own, and days out of the window."""
    person, day, targets = points.person, points.day, choice.n_targets
    here = np.arange(len(points))
    base_day = points.day_of(choice.baseline)[person]
    has_base = base_day != NO_DAY
    gap = np.where(has_base, base_day - day, 0)
    last_baseline_day = windows.baseline_to_day + windows.baseline_grace_days
    before = np.where(has_base, day <= base_day, day <= last_baseline_day)
    late = has_base & ~before & (day <= last_baseline_day)
    pre_from = NO_DAY if windows.pre_from_day is None else windows.pre_from_day
    pre = choice.pre[person]
    fewer = (pre >= 0) & (targets < targets[pre])
    anyway = np.ones(len(points), dtype=np.bool_)
    early, with_base = before & ~has_base, before & has_base
    cases: list[tuple[str, Bools, Ints | int]] = [
        ("latest_with_most_baseline_targets", here == pre, 0),
        ("latest_with_most_targets", here == choice.baseline[person], 0),
        ("first_in_window", here == choice.post[person], 0),
        ("not_measured", ~points.assessed, 0),
        ("before_baseline_window", early & (day < windows.baseline_from_day), windows.baseline_from_day - day),
        ("too_close_to_baseline", with_base & (gap < windows.pre_min_gap_days), windows.pre_min_gap_days - gap),
        ("too_long_before_baseline", with_base & (gap > windows.pre_max_gap_days), gap - windows.pre_max_gap_days),
        ("before_pre_window", with_base & (day < pre_from), pre_from - day),
        ("no_target_assessed", early | ((with_base | late) & (targets == 0)), 0),
        ("fewer_targets_assessed", late | (before & fewer), 0),
        ("earlier_than_chosen", before, 0),
        ("before_first_evaluation_window", day < windows.post_from_day, windows.post_from_day - day),
        ("after_first_evaluation_window", day > windows.post_to_day, day - windows.post_to_day),
        ("after_first_evaluation", (choice.post >= 0)[person] & (here > choice.post[person]), 0),
        ("nothing_assessed", anyway, 0),
    ]
    conditions = [condition for _, condition, _ in cases]
    code = np.select(conditions, range(len(cases)))
    out = np.select(conditions, [np.broadcast_to(days_out, len(points)) for _, _, days_out in cases])
    return np.minimum(code, _REFUSED), [reason for reason, _, _ in cases], code, out


_REFUSED = SCAN_CHOICES["role"].values.index(ScanRole.REFUSED)
