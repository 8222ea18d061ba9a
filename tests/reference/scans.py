"""B1, B4, B5, C1, C5, C12, C13: the target set, and which time points are pre, baseline and post."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hpd_etl.config import Study, Windows
from tests.reference.time_points import Course, Seen, TimePoint

LONG_AXIS = Fraction(10)
SHORT_AXIS = Fraction(15)
ON_FILM = Fraction(20)
FIVE = Fraction(5)


@dataclass(frozen=True)
class Caps:
    """How many targets a framework allows in all, of one organ, and of the skin apart from all others."""

    most: int
    per_organ: int
    of_skin: int | None
    by_area: bool
    """Measurable is what has 5 x 5 mm, whatever it is."""


RECIST, IRRC = Caps(5, 2, None, False), Caps(10, 5, 5, True)
SKIN = ("skin", "cutaneous")


@dataclass(frozen=True)
class Choice:
    """The chosen time points; `mode` is where the sums come from."""

    baseline: TimePoint | None
    pre: TimePoint | None
    post: TimePoint | None
    targets: tuple[str, ...]
    origin: str | None
    mode: str
    baseline_window_seen: bool
    """The baseline window holds a time point or another examination."""
    post_window_seen: bool


def choose(course: Course, study: Study, windows: Windows, caps: Caps = RECIST) -> Choice:
    """The scans of one window set, from target rows where there are any, else from recorded sums."""
    low, high = windows.baseline_from_day, windows.baseline_to_day + windows.baseline_grace_days
    candidates = [point for point in course.points if low <= point.day <= high]
    recorded = _recorded_targets(course)
    if study.lesions.targets == "recorded":
        origin = "recorded"
    elif study.lesions.targets == "derived":
        origin = "derived"
    else:
        origin = "recorded" if recorded else "derived"

    best: TimePoint | None = None
    best_set: tuple[str, ...] = ()
    best_count = 0
    for point in candidates:
        if origin == "recorded":
            targets = _recorded_set(course, recorded, point, caps)
        else:
            targets = _derived_set(course, point, caps)
        count = sum(1 for lesion in targets if _assessed(point, lesion))
        if count >= 1 and count >= best_count:
            best, best_set, best_count = point, targets, count
    mode = "lesions"
    if best is None:
        with_sum = [point for point in candidates if point.sld is not None]
        if with_sum:
            best, mode = with_sum[-1], "sums"
    if best is None:
        mode, origin = "none", None
    pre = _pre(course, windows, best, best_set, mode)
    post = _post(course, study, windows, best, best_set, mode)
    if mode == "sums" and any(
            _assessed(point, lesion) for point in (pre, best, post) if point for lesion in recorded):
        best, pre, mode = None, None, "none"
        post = _post(course, study, windows, best, best_set, mode)
    return Choice(
        best, pre, post, best_set, origin, mode,
        any(low <= day <= high for day in course.examined_days),
        any(windows.post_from_day <= day <= windows.post_to_day for day in course.examined_days),
    )


def new_lesions(course: Course, study: Study, baseline: TimePoint | None, at: TimePoint, *,
                gone_too: bool = False) -> list[str]:
    """C5: lesions visible at this time point (or assessed and gone), new, and not seen at or before baseline.

    Without a baseline they count from the first dose.
    """
    return [lesion for lesion in emerging(course, baseline, at, gone_too=gone_too)
            if study.lesions.new_lesions == "first_seen" or any(role == "new" for _, role in course.called[lesion])]


def emerging(course: Course, baseline: TimePoint | None, at: TimePoint, *, gone_too: bool = False) -> list[str]:
    """Lesions visible at this time point that nobody saw at or before baseline, whatever they are called."""
    limit = baseline.day if baseline is not None else 0
    found: list[str] = []
    if at.day <= limit:
        return found
    for lesion, seen in at.seen.items():
        if not (seen.visible or (gone_too and seen.assessed and seen.status != "not_yet_present")):
            continue
        before = any(point.day <= limit and lesion in point.seen and point.seen[lesion].assessed
                     and point.seen[lesion].status != "not_yet_present" for point in course.points)
        if not before:
            found.append(lesion)
    return sorted(found)


def measurable(course: Course, lesion: str, seen: Seen) -> bool:
    """Long axis of 10 mm, short axis of a node of 15 mm, 20 mm on a plain film, with A10's tolerance."""
    if seen.size is None:
        return False
    least = ON_FILM if seen.film else SHORT_AXIS if course.anatomy[lesion].is_node else LONG_AXIS
    return seen.size >= least - Fraction(1, 10**9) * least


def five_by_five(seen: Seen) -> bool:
    """irRC: measurable from 5 x 5 mm on."""
    return all(side is not None and side >= FIVE - Fraction(1, 10**9) * FIVE for side in (seen.size, seen.across))


def _recorded_targets(course: Course) -> list[str]:
    """Lesions called target on or before the first dose."""
    return sorted(lesion for lesion, calls in course.called.items()
                  if any(role == "target" and day <= 0 for day, role in calls))


def _recorded_set(course: Course, recorded: list[str], baseline: TimePoint, caps: Caps) -> tuple[str, ...]:
    """C1: the targets assessed at baseline, capped, and those lost there: valued before and after, or refused."""
    members, lost = [], []
    for lesion in recorded:
        if lesion in baseline.seen:
            (members if _assessed(baseline, lesion) else lost).append(lesion)
            continue
        before = any(point.day < baseline.day and _valued(point, lesion) for point in course.points)
        after = any(point.day > baseline.day and _valued(point, lesion) for point in course.points)
        if before and after:
            lost.append(lesion)
    return tuple(sorted([*_capped(course, members, baseline, caps), *lost]))


def _derived_set(course: Course, point: TimePoint, caps: Caps) -> tuple[str, ...]:
    """C13: the largest measured measurable lesions that nobody calls non-target."""
    members = []
    for lesion, seen in point.seen.items():
        called_non_target = any(role == "non_target" for _, role in course.called[lesion])
        large = five_by_five(seen) if caps.by_area else measurable(course, lesion, seen)
        if seen.status == "measured" and large and not called_non_target:
            members.append(lesion)
    return _capped(course, members, point, caps)


def _capped(course: Course, members: list[str], point: TimePoint, caps: Caps) -> tuple[str, ...]:
    """C12: at most five, two an organ, the largest first; ties by organ, then by the earliest difference."""
    days = [other.day for other in course.points]

    def size(day: int, lesion: str) -> Fraction:
        there = next(other for other in course.points if other.day == day)
        seen = there.seen.get(lesion)
        return Fraction(-1) if seen is None or seen.size is None else seen.size

    def rank(lesion: str) -> tuple[object, ...]:
        organ = course.anatomy[lesion].organ
        return (-size(point.day, lesion), organ is None, organ or "",
                [-size(day, lesion) for day in sorted(days) if day != point.day])

    return tuple(sorted(within(course, sorted(members, key=rank), caps)))


def within(course: Course, preferred: list[str], caps: Caps) -> list[str]:
    """The lesions that the caps allow, the preferred ones first."""
    chosen: list[str] = []
    for lesion in preferred:
        organ = _cap_organ(course, lesion)
        skin = caps.of_skin is not None and organ in SKIN
        alike = [other for other in chosen if (_cap_organ(course, other) in SKIN and caps.of_skin is not None) == skin]
        if len(alike) < (caps.of_skin if skin else caps.most) \
                and sum(_cap_organ(course, other) == organ for other in chosen) < caps.per_organ:
            chosen.append(lesion)
    return chosen


def _cap_organ(course: Course, lesion: str) -> str:
    """All nodes are one organ; a lesion without an organ is an organ of its own."""
    anatomy = course.anatomy[lesion]
    if anatomy.is_node:
        return "organ: nodes"
    return anatomy.organ if anatomy.organ is not None else f"lesion: {lesion}"


def _pre(course: Course, windows: Windows, baseline: TimePoint | None, targets: tuple[str, ...],
         mode: str) -> TimePoint | None:
    """B4: of the time points in the pre window those with the most baseline targets, of these the last."""
    if baseline is None:
        return None
    best, best_count = None, 0
    for point in course.points:
        gap = baseline.day - point.day
        if not windows.pre_min_gap_days <= gap <= windows.pre_max_gap_days:
            continue
        if windows.pre_from_day is not None and point.day < windows.pre_from_day:
            continue
        if mode == "sums":
            count = 1 if point.sld is not None else 0
        else:
            count = sum(1 for lesion in targets if _assessed(point, lesion))
        if count >= 1 and count >= best_count:
            best, best_count = point, count
    return best


def _post(course: Course, study: Study, windows: Windows, baseline: TimePoint | None, targets: tuple[str, ...],
          mode: str) -> TimePoint | None:
    """B5: the first time point in the post window at which anything that matters was assessed."""
    for point in course.points:
        if baseline is not None and point.day <= baseline.day:
            continue
        if windows.post_from_day <= point.day <= windows.post_to_day \
                and evaluable(course, study, baseline, targets, mode, point):
            return point
    return None


def evaluable(course: Course, study: Study, baseline: TimePoint | None, targets: tuple[str, ...], mode: str,
              point: TimePoint) -> bool:
    """At least one target, new lesion or response assessed; a recorded sum where sums are used.

    Without a baseline nobody knows the targets: there anything that was assessed counts.
    """
    if baseline is None:
        return bool(point.study_days) or any(row.response not in (None, "NE") for _, row in point.responses)
    if any(_assessed(point, lesion) for lesion in targets):
        return True
    if mode == "sums" and point.sld is not None:
        return True
    if any(row.response not in (None, "NE") for _, row in point.responses):
        return True
    return bool(new_lesions(course, study, baseline, point, gone_too=True))


def _assessed(point: TimePoint, lesion: str) -> bool:
    return lesion in point.seen and point.seen[lesion].assessed


def _valued(point: TimePoint, lesion: str) -> bool:
    return lesion in point.seen and point.seen[lesion].size is not None
