"""C2, C4, C5, C8, C14: sums of the chosen time points and the response at one of them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hpd_etl.config import Study
from tests.reference.patient import Patient
from tests.reference.scans import Choice, emerging, measurable, new_lesions
from tests.reference.time_points import RELATIVE, Course, TimePoint

NODE_NORMAL = Fraction(10)
PD_RISE, PD_MM, PR_FALL = Fraction(1, 5), Fraction(5), Fraction(3, 10)
WORSE = ("CR", "PR", "SD", "PD")


def at_least(value: Fraction, limit: Fraction) -> bool:
    """`value >= limit`, equal within 1e-9 of the limit (A10)."""
    return value > limit or abs(value - limit) <= RELATIVE * abs(limit)


@dataclass(frozen=True)
class Total:
    """A sum at one time point; where it is not known, why, and what the assessed targets alone give."""

    value: Fraction | None
    part: Fraction
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Burden:
    """Everything needed to sum and to respond under one framework."""

    patient: Patient
    course: Course
    study: Study
    choice: Choice
    with_new: bool
    treated_from: dict[str, int]
    """target -> the first day of local therapy to its organ between the scans (C4)."""

    def total(self, point: TimePoint) -> Total:
        """Targets at this time point, plus measurable new lesions where the framework adds them."""
        targets = self.targets(point)
        if not self.with_new or self.choice.baseline is None or point.day <= self.choice.baseline.day:
            return targets
        added = self.new_mm(point)
        reasons = targets.reasons
        if self.new_open(point):
            reasons = reasons | {"lesion_set_mismatch"}
        value = None if targets.value is None or reasons else targets.value + added
        return Total(value, targets.part + added, reasons)

    def targets(self, point: TimePoint) -> Total:
        """The sum of the target set; a target that nobody assessed makes it unknown."""
        if not self.choice.targets:
            sld = point.sld
            missing = frozenset() if sld is not None else frozenset({"lesion_set_mismatch"})
            return Total(sld, sld or Fraction(0), missing)
        part = Fraction(0)
        reasons = set()
        for lesion in self.choice.targets:
            seen = point.seen.get(lesion)
            treated = lesion in self.treated_from and point.day >= self.treated_from[lesion]
            if treated:
                reasons.add("local_therapy")
            elif seen is None or not seen.assessed:
                reasons.add("lesion_set_mismatch")
            elif seen.size is None:
                node = self.course.anatomy[lesion].is_node
                reasons.add("node_short_axis_missing" if node else "lesion_set_mismatch")
            else:
                part += seen.size
        return Total(None if reasons else part, part, frozenset(reasons))

    def new(self, point: TimePoint) -> list[str]:
        """New lesions visible at this time point."""
        found = new_lesions(self.course, self.study, self.choice.baseline, point)
        return [lesion for lesion in found if lesion not in self.choice.targets]

    def new_mm(self, point: TimePoint) -> Fraction:
        """The sum over the measurable ones."""
        sizes = [point.seen[lesion].size for lesion in self.new(point)]
        return sum((size for lesion, size in zip(self.new(point), sizes, strict=True)
                    if measurable(self.course, lesion, size) and size is not None), Fraction(0))

    def new_unknown(self, point: TimePoint) -> bool:
        """The study denies that no row means no new lesion, and no new lesion was seen."""
        return not self.study.lesions.no_row_means_no_new_lesion and not self.new(point)

    def new_unassessed(self, point: TimePoint) -> bool:
        """A lesion called new is not assessed here, and nobody saw it up to then."""
        limit = self.choice.baseline.day if self.choice.baseline is not None else 0
        return point.day > limit and any(
            not seen.assessed and lesion not in self.choice.targets and self._called_new(lesion)
            and not self._seen_until(lesion, point) for lesion, seen in point.seen.items())

    def new_open(self, point: TimePoint) -> bool:
        """How many new lesions there are is not known."""
        return self.new_unknown(point) or self.new_unassessed(point)

    def _called_new(self, lesion: str) -> bool:
        called = any(role == "new" for _, role in self.course.called[lesion])
        return called or self.study.lesions.new_lesions == "first_seen"

    def _seen_until(self, lesion: str, point: TimePoint) -> bool:
        return any(visit.day <= point.day and lesion in visit.seen and visit.seen[lesion].assessed
                   and visit.seen[lesion].status != "not_yet_present" for visit in self.course.points)

    def progressed(self, point: TimePoint) -> bool:
        """Unequivocal non-target progression, as recorded under this framework."""
        frameworks = ("irRECIST",) if self.with_new else ("RECIST1.1", "unstated")
        late = emerging(self.course, self.choice.baseline, point, gone_too=True)
        marked = any(seen.progressed for lesion, seen in point.seen.items()
                     if lesion not in self.choice.targets and lesion not in late)
        return marked or any(row.scope == "non_target" and row.response == "PD"
                             and row.framework in frameworks for _, row in point.responses)

    def response(self, point: TimePoint) -> str | None:
        """Derived, else recorded; `None` where neither is known."""
        return self.derived(point) or self.recorded(point)

    def derived(self, point: TimePoint) -> str | None:
        """CR, PR, SD or PD from lesions or sums; `None` where they do not decide."""
        baseline = self.choice.baseline
        if self.with_new:
            other_pd = self.study.criteria.irrecist_nontarget_pd and (
                self.progressed(point) or any(
                    not measurable(self.course, lesion, point.seen[lesion].size) for lesion in self.new(point)))
        else:
            other_pd = bool(self.new(point)) or self.progressed(point)
        if other_pd:
            return "PD"
        first = self.total(baseline).value if baseline is not None else None
        now = self.total(point)
        nadir = self._nadir(first, point)
        if nadir is not None and is_progression(now.part, nadir):
            return "PD"
        denied = self.new_open(point) and not self.with_new
        if first is None or now.value is None or self.choice.mode == "sums" or denied:
            return None
        if self._complete(point):
            return "CR" if self._rest_gone(point) else "PR"
        if now.value <= (1 - PR_FALL) * first * (1 + RELATIVE):
            return "PR"
        return "SD"

    def recorded(self, point: TimePoint) -> str | None:
        """The worst recorded overall response of this framework at this time point; unstated is RECIST 1.1."""
        frameworks = ("irRECIST",) if self.with_new else ("RECIST1.1", "unstated")
        found = [row.response for _, row in point.responses
                 if row.scope in ("overall", None) and row.framework in frameworks and row.response in WORSE]
        return max(found, key=WORSE.index, default=None)

    def _nadir(self, first: Fraction | None, point: TimePoint) -> Fraction | None:
        """The least known sum of baseline and the visits on study before this one; the true one is no larger."""
        known = [first]
        for visit in self.course.points:
            after_baseline = self.choice.baseline is None or self.choice.baseline.day < visit.day
            if after_baseline and 0 < visit.day < point.day:
                known.append(self.total(visit).value)
        return min((value for value in known if value is not None), default=None)

    def _complete(self, point: TimePoint) -> bool:
        """All non-nodal targets 0, every target node below 10 mm, no new lesion."""
        if self.new(point):
            return False
        for lesion in self.choice.targets:
            size = point.seen[lesion].size
            if size is None:
                return False
            gone = size < NODE_NORMAL if self.course.anatomy[lesion].is_node else size == 0
            if not gone:
                return False
        return True

    def _rest_gone(self, point: TimePoint) -> bool:
        """Every other lesion of baseline, unless gone by then, was looked for and is gone."""
        baseline = self.choice.baseline
        for lesion, before in baseline.seen.items() if baseline else ():
            if lesion in self.choice.targets or (before.assessed and not before.visible):
                continue
            now = point.seen.get(lesion)
            if now is None or now.size is None:
                return False
            if now.size >= NODE_NORMAL if self.course.anatomy[lesion].is_node else now.size > 0:
                return False
        return True


def is_progression(now: Fraction, nadir: Fraction) -> bool:
    """20 % and 5 mm above the nadir; after a nadir of 0 any disease."""
    if nadir == 0:
        return now > 0
    return at_least(now - nadir, PD_MM) and at_least((now - nadir) / nadir, PD_RISE)


def local_therapy(patient: Patient, course: Course, choice: Choice, index_date) -> dict[str, int]:
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
