"""C2, C4, C5, C8, C11, C14: what the targets and the new lesions of a time point add up to, by three rulers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from hpd_etl.config import Study
from tests.reference.scans import IRRC, RECIST, Caps, Choice, emerging, five_by_five, measurable, new_lesions, within
from tests.reference.time_points import RELATIVE, TOO_SMALL, Course, Seen, TimePoint, millimetres

if TYPE_CHECKING:
    from datetime import date

    from tests.reference.patient import Patient

PI = Fraction(Decimal("3.14159265358979323846264338327950288419716939937510"))


def reaches(value: Fraction, limit: Fraction) -> bool:
    """`value >= limit`, equal within 1e-9 of the limit (A10)."""
    return value > limit or abs(value - limit) <= RELATIVE * abs(limit)


@dataclass(frozen=True)
class Total:
    """A sum at one time point; where it is not known, why, and what the assessed targets alone give."""

    value: Fraction | None
    part: Fraction
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sums:
    """Everything needed to sum at the time points of one choice of scans."""

    patient: Patient
    course: Course
    study: Study
    choice: Choice
    treated_from: dict[str, int]
    """target -> the first day of local therapy to its organ between the scans (C4)."""

    def total(self, point: TimePoint, with_new: bool, ruler: str = "sld",
              among: tuple[str, ...] | None = None) -> Total:
        """Targets at this time point, plus measurable new lesions where they are added."""
        targets = self.targets(point, ruler, among)
        if not with_new or point.day <= (0 if self.choice.baseline is None else self.choice.baseline.day):
            return targets
        reasons = targets.reasons
        added = self.new_sum(point, ruler)
        unmeasured = added is None or (ruler == "spd" and bool(self.half_measured(point)))
        if self.new_unsure(point) or self.lost(point) or unmeasured:
            reasons, added = reasons | {"lesion_set_mismatch"}, added or Fraction(0)
        value = None if targets.value is None or reasons else targets.value + added
        return Total(value, targets.part + added, reasons)

    def targets(self, point: TimePoint, ruler: str = "sld", among: tuple[str, ...] | None = None) -> Total:
        """The sum of the target set; a target that nobody assessed makes it unknown."""
        if not self.choice.targets:
            sld = point.sld if ruler == "sld" else None
            missing = frozenset() if sld is not None else frozenset({"lesion_set_mismatch"})
            return Total(sld, sld or Fraction(0), missing)
        if among is not None and not among:
            return Total(None, Fraction(0), frozenset({"lesion_set_mismatch"}))
        part, reasons = Fraction(0), set()
        counted = self.choice.targets if among is None else among
        segmented = ruler == "volume" and self.segmented(counted)
        for lesion in counted:
            size, why = self.size(point, lesion, "segmented" if segmented else ruler)
            part += size or 0
            reasons |= {why} if size is None else set()
        return Total(None if reasons else millimetres(part), millimetres(part), frozenset(reasons))

    def size(self, point: TimePoint, lesion: str, ruler: str = "sld") -> tuple[Fraction | None, str]:
        """One target's length, area or volume at this time point, or why it is not known."""
        seen = point.seen.get(lesion)
        if self.treated_by(point, lesion):
            return None, "local_therapy"
        if seen is None or not seen.assessed:
            return None, "lesion_set_mismatch"
        node = self.course.anatomy[lesion].is_node
        if ruler == "segmented":
            return volume_of(seen), "lesion_set_mismatch"
        if seen.size is None:
            return None, "node_short_axis_missing" if node else "lesion_set_mismatch"
        made = {"sld": seen.size, "spd": area_of(seen), "volume": PI / 6 * seen.size**3}[ruler]
        return made, "lesion_set_mismatch"

    def segmented(self, targets: tuple[str, ...]) -> bool:
        """C11: the volume of every target was recorded at every scan that was chosen."""
        scans = [point for point in (self.choice.pre, self.choice.baseline, self.choice.post) if point is not None]
        return all(lesion in point.seen and volume_of(point.seen[lesion]) is not None
                   and not self.treated_by(point, lesion) for point in scans for lesion in targets)

    def treated_by(self, point: TimePoint, lesion: str) -> bool:
        """C4: from a local therapy on the lesion counts as not assessed."""
        return lesion in self.treated_from and point.day >= self.treated_from[lesion]

    def common(self, scans: list[TimePoint], ruler: str) -> tuple[str, ...]:
        """The targets that have a length (an area, where areas are asked for) at all of these scans."""
        return tuple(lesion for lesion in self.choice.targets
                     if all(self.size(point, lesion, ruler)[0] is not None for point in scans))

    def new(self, point: TimePoint) -> list[str]:
        """New lesions visible at this time point."""
        found = new_lesions(self.course, self.study, self.choice.baseline, point)
        return [lesion for lesion in found if lesion not in self.choice.targets]

    def new_sum(self, point: TimePoint, ruler: str = "sld") -> Fraction | None:
        """The sum over the measurable ones, the largest where there are more than are counted."""
        sizes = {lesion: area_of(point.seen[lesion]) if ruler == "spd" else point.seen[lesion].size
                 for lesion in self.measurable_new(point, ruler)}
        uncapped = Caps(10**6, 10**6, None, False)
        caps = IRRC if ruler == "spd" else RECIST if self.study.criteria.new_lesion_cap else uncapped
        counted = within(self.course, sorted(sizes, key=lambda lesion: -sizes[lesion]), caps)
        if ruler != "volume":
            return millimetres(sum(sizes[lesion] for lesion in counted))
        volumes = [volume_of(point.seen[lesion]) if self.segmented(self.choice.targets) else PI / 6 * sizes[lesion]**3
                   for lesion in counted]
        return None if None in volumes else millimetres(sum(volumes))

    def measurable_new(self, point: TimePoint, ruler: str = "sld") -> list[str]:
        """By their length; where areas are summed, of 5 x 5 mm."""
        if ruler == "spd":
            return [lesion for lesion in self.new(point) if five_by_five(point.seen[lesion])]
        return [lesion for lesion in self.new(point) if measurable(self.course, lesion, point.seen[lesion])]

    def half_measured(self, point: TimePoint) -> list[str]:
        """New lesions of at least 5 mm whose other diameter nobody measured: their area is not known."""
        seen = [(lesion, point.seen[lesion]) for lesion in self.new(point)]
        return [lesion for lesion, now in seen if now.status != "too_small" and now.size is not None
                and now.across is None and reaches(now.size, TOO_SMALL)]

    def new_unknown(self, point: TimePoint) -> bool:
        """The study denies that no row means no new lesion: beside one that is seen there may be another."""
        return not self.study.lesions.no_row_means_no_new_lesion and point.day > self._limit

    def new_unassessed(self, point: TimePoint) -> set[str]:
        """The lesions called new that are not assessed here, and that nobody saw up to the baseline."""
        limit = self._limit
        return {lesion for lesion, seen in (point.unanswered | point.seen).items()
                if point.day > limit and not seen.assessed and lesion not in self.choice.targets
                and self._called_new(lesion) and not self._seen_until(lesion, limit)}

    def new_open(self, point: TimePoint) -> bool:
        """Whether there is a lesion that nobody saw before is not known."""
        return self.new_unknown(point) or any(not self._seen_until(lesion, point.day)
                                              for lesion in self.new_unassessed(point))

    def new_unsure(self, point: TimePoint) -> bool:
        """How many new lesions there are is not known: one may be another, or one seen before is not assessed."""
        return self.new_unknown(point) or bool(self.new_unassessed(point))

    def lost(self, point: TimePoint) -> bool:
        """A new lesion that was not gone when somebody last looked has no row here."""
        earlier = [visit for visit in self.course.points if self._limit < visit.day < point.day]
        for lesion in {lesion for visit in earlier for lesion in self.new(visit)}:
            last = [visit for visit in earlier if lesion in visit.seen or lesion in visit.unanswered][-1]
            now = last.seen.get(lesion)
            gone = now is not None and now.assessed and (now.size == 0 or now.status == "not_yet_present")
            if not gone and lesion not in point.seen and lesion not in point.unanswered:
                return True
        return False

    @property
    def _limit(self) -> int:
        return self.choice.baseline.day if self.choice.baseline is not None else 0

    def _called_new(self, lesion: str) -> bool:
        called = any(role == "new" for _, role in self.course.called[lesion])
        return called or self.study.lesions.new_lesions == "first_seen"

    def _seen_until(self, lesion: str, day: int) -> bool:
        return any(visit.day <= day and lesion in visit.seen and visit.seen[lesion].assessed
                   and visit.seen[lesion].status != "not_yet_present" for visit in self.course.points)

    def first_seen_late(self, point: TimePoint) -> list[str]:
        """Lesions nobody saw at or before baseline, whatever they are called, those that are gone included."""
        return emerging(self.course, self.choice.baseline, point, gone_too=True)


def area_of(seen: Seen) -> Fraction | None:
    """The product of the two diameters; 0 for what is gone, 5 x 5 mm for what is too small."""
    if seen.size == 0:
        return Fraction(0)
    if seen.status == "too_small" and seen.across is None:
        return TOO_SMALL * TOO_SMALL
    return None if seen.size is None or seen.across is None else seen.size * seen.across


def volume_of(seen: Seen) -> Fraction | None:
    """The segmented volume; 0 for what is gone, a sphere of 5 mm for what is too small."""
    if seen.volume is not None:
        return seen.volume
    if seen.size == 0:
        return Fraction(0)
    return PI / 6 * TOO_SMALL**3 if seen.status == "too_small" else None


def local_therapy(patient: Patient, course: Course, choice: Choice, index_date: date) -> dict[str, int]:
    """C4: targets in an organ treated after the first and up to the last of the three scans."""
    if choice.baseline is None or choice.post is None:
        return {}
    start = min(point.day for point in (choice.pre, choice.baseline) if point is not None)
    found: dict[str, int] = {}
    for therapy in patient.therapies:
        if therapy.kind not in ("radiation", "surgery", "local") or not therapy.organ:
            continue
        day = (therapy.start_date - index_date).days
        if not start < day <= choice.post.day:
            continue
        for lesion in choice.targets:
            if course.anatomy[lesion].organ == therapy.organ.casefold():
                found[lesion] = min(found.get(lesion, day), day)
    return found
