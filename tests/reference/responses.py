"""The response at one time point under each framework; a recorded one where lesions do not say."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from tests.reference.scans import measurable
from tests.reference.sums import Sums, Total, reaches
from tests.reference.time_points import RELATIVE, TimePoint

NODE_NORMAL = Fraction(10)
PD_RISE, PD_MM, PR_FALL = Fraction(1, 5), Fraction(5), Fraction(3, 10)
AREA_RISE, AREA_FALL = Fraction(1, 4), Fraction(1, 2)
WORSE = ("CR", "PR", "NON_CR_NON_PD", "SD", "PD")
PROGRESSIONS = ("PD", "iUPD", "iCPD")
RECORDED = {"RECIST1.1": ("RECIST1.1", "unstated"), "irRECIST": ("irRECIST",), "irRC": ("irRC",),
            "iRECIST": ("iRECIST",)}
"""Which recorded responses a framework accepts."""


@dataclass(frozen=True)
class Judge:
    """One framework, looking at one choice of scans."""

    sums: Sums
    framework: str

    @property
    def immune(self) -> bool:
        """Measurable new lesions enter the burden, and new lesions alone are no progression."""
        return self.framework in ("irRECIST", "irRC")

    @property
    def ruler(self) -> str:
        return "spd" if self.framework == "irRC" else "sld"

    def burden(self, point: TimePoint) -> Total:
        """What the framework counts at this time point."""
        return self.sums.total(point, self.immune, self.ruler)

    def risen(self, now: Fraction, least: Fraction) -> bool:
        """20 % and 5 mm above the nadir, by irRC 25 % of the area; after a nadir of 0 any disease."""
        if least == 0:
            return now > 0
        if self.framework == "irRC":
            return reaches((now - least) / least, AREA_RISE)
        return is_progression(now, least)

    def progressed(self, point: TimePoint) -> bool:
        """Unequivocal non-target progression, as recorded under this framework."""
        targets, late = self.sums.choice.targets, self.sums.first_seen_late(point)
        marked = any(seen.progressed for lesion, seen in point.seen.items()
                     if lesion not in targets and lesion not in late)
        return marked or any(row.scope == "non_target" and self.meant(row.response) == "PD"
                             and row.framework in RECORDED[self.framework] for _, row in point.responses)

    def meant(self, code: str | None) -> str | None:
        """A recorded response; a progression is one whether it was confirmed or not."""
        return "PD" if code in PROGRESSIONS else code

    @property
    def non_targets_count(self) -> bool:
        """Whether progression of non-targets is progression."""
        return not self.immune or (self.framework == "irRECIST" and self.sums.study.criteria.irrecist_nontarget_pd)

    def response(self, point: TimePoint) -> str | None:
        """Derived, else recorded; `None` where neither is known."""
        return self.derived(point) or self.recorded(point)

    def derived(self, point: TimePoint) -> str | None:
        """CR, PR, SD, PD or neither CR nor PD, from lesions or sums; `None` where they do not decide."""
        return "PD" if self._reappeared(point) else self._at_once(point)

    def _reappeared(self, point: TimePoint) -> bool:
        """Disease after a complete response is progression, unless immune criteria hold."""
        return bool(self.returned(point))

    def returned(self, point: TimePoint) -> set[str]:
        """What is back after a complete response: targets, non-targets."""
        if self.immune or not self.on_study(point):
            return set()
        complete = any(self._at_once(visit) == "CR" or (self._at_once(visit) is None and self.recorded(visit) == "CR")
                       for visit in self.sums.course.points if self.on_study(visit) and visit.day < point.day)
        sizes = [(lesion, self.sums.size(point, lesion)[0]) for lesion in self.sums.choice.targets]
        targets = any(size is not None and not self._gone(lesion, size) for lesion, size in sizes)
        others = "there" in self._others(point).values()
        return {name for name, back in (("targets", targets), ("non_targets", others)) if complete and back}

    def on_study(self, point: TimePoint) -> bool:
        """After the first dose and the time point that is counted from."""
        return point.day > 0 and (self.reference is None or point.day > self.reference.day)

    def _at_once(self, point: TimePoint) -> str | None:
        """The same, whatever was there before and came back."""
        if self._other_progression(point):
            return "PD"
        now, nadir = self.burden(point), self.nadir(point)
        if nadir is not None and self.risen(now.part, nadir):
            return "PD"
        unsure = self.sums.new_unsure(point) and not self.sums.new(point)
        first, denied = self.first, unsure and not self.immune
        if self.sums.choice.baseline is None and not self.immune and not denied:
            return self.others(point)
        if first is None or now.value is None or self.sums.choice.mode == "sums" or denied:
            return None
        if self._complete(point):
            return "CR" if self.others(point) in ("CR", "none") else "PR"
        fall = AREA_FALL if self.framework == "irRC" else PR_FALL
        return "PR" if now.value <= (1 - fall) * first * (1 + RELATIVE) else "SD"

    def _other_progression(self, point: TimePoint) -> bool:
        """A new lesion or non-targets that alone make a progression."""
        new = self.sums.new(point)
        if self.immune:
            too_little = [lesion for lesion in new
                          if not measurable(self.sums.course, lesion, point.seen[lesion])]
            return self.non_targets_count and (self.progressed(point) or bool(too_little))
        return bool(new) or self.progressed(point)

    def recorded(self, point: TimePoint) -> str | None:
        """The worst recorded overall response of this framework at this time point; unstated is RECIST 1.1."""
        found = [self.meant(row.response) for _, row in point.responses
                 if row.scope in ("overall", None) and row.framework in RECORDED[self.framework]]
        return max((code for code in found if code in WORSE), key=WORSE.index, default=None)

    @cached_property
    def first(self) -> Fraction | None:
        """The burden at baseline."""
        baseline = self.sums.choice.baseline
        return self.burden(baseline).value if baseline is not None else None

    def nadir(self, point: TimePoint) -> Fraction | None:
        """The least known burden of baseline and the visits on study before this one; the true one is no larger."""
        baseline = self.sums.choice.baseline
        earlier = [visit for visit in self.sums.course.points
                   if (baseline is None or baseline.day < visit.day) and 0 < visit.day < point.day]
        known = [self.first, *(self.burden(visit).value for visit in earlier)]
        return min((value for value in known if value is not None), default=None)

    def _complete(self, point: TimePoint) -> bool:
        """All targets gone, which a node is below 10 mm; under immune criteria no new lesion either."""
        if self.sums.new(point):
            return False
        sizes = [(lesion, point.seen[lesion].size) for lesion in self.sums.choice.targets]
        return all(size is not None and self._gone(lesion, size) for lesion, size in sizes)

    def _gone(self, lesion: str, size: Fraction) -> bool:
        """Nothing is left of it, or of a node less than 10 mm."""
        return not reaches(size, NODE_NORMAL) if self.sums.course.anatomy[lesion].is_node else size == 0

    @cached_property
    def reference(self) -> TimePoint | None:
        """Baseline; without one the last scan in its window that shows every lesion seen up to then, and no target."""
        if self.sums.choice.baseline is not None:
            return self.sums.choice.baseline
        windows = self.sums.study.windows
        last_day = windows.baseline_to_day + windows.baseline_grace_days
        before = [point for point in self.sums.course.points if point.day <= last_day]
        showing = [point for point in before if point.day >= windows.baseline_from_day and _present(point)]
        if not showing or not set().union(*map(_present, before)) <= _present(showing[-1]):
            return None
        return showing[-1]

    def _others(self, point: TimePoint) -> dict[str, str]:
        """What became of the lesions of baseline that are no targets: gone, there, or unknown."""
        found = {}
        for lesion, before in self.reference.seen.items() if self.reference else ():
            if lesion in self.sums.choice.targets or (before.assessed and not before.visible):
                continue
            now = point.seen.get(lesion)
            if now is None or not now.assessed:
                found[lesion] = "unknown"
            else:
                found[lesion] = "gone" if now.size is not None and self._gone(lesion, now.size) else "there"
        return found

    def others(self, point: TimePoint) -> str | None:
        """The response of the non-targets; where lesions do not tell, the recorded one; `none` where there are none."""
        if self.progressed(point):
            return "PD"
        fates = set(self._others(point).values())
        if fates == {"gone"}:
            return "CR"
        if fates and "unknown" not in fates:
            return "NON_CR_NON_PD"
        said = [self.meant(row.response) for _, row in point.responses
                if row.scope == "non_target" and row.framework in RECORDED[self.framework]]
        worst = max((code for code in said if code in WORSE), key=WORSE.index, default=None)
        if worst is not None:
            return "NON_CR_NON_PD" if worst in ("PR", "SD") else worst
        return None if fates or self.sums.choice.baseline is None else "none"


def _present(point: TimePoint) -> set[str]:
    """The lesions that are there."""
    return {lesion for lesion, seen in point.seen.items() if seen.assessed and seen.size != 0}


def is_progression(now: Fraction, nadir: Fraction) -> bool:
    """20 % and 5 mm above the nadir; after a nadir of 0 any disease."""
    if nadir == 0:
        return now > 0
    return reaches(now - nadir, PD_MM) and reaches((now - nadir) / nadir, PD_RISE)
