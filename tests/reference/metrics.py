"""Every metric a rule may look at, as an interval (mostly a point) or the reasons why it is not known."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

from tests.reference.confirmation import second_look
from tests.reference.findings import early_progression_death, organs_of_new, performance, spread
from tests.reference.growth import Growth, flat, volume_change
from tests.reference.responses import Judge
from tests.reference.rules import Leaf, Truth, leaves
from tests.reference.time_points import RELATIVE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpd_etl.config import Study
    from tests.reference.definitions import Definition
    from tests.reference.sums import Sums, Total
    from tests.reference.time_points import TimePoint
    from tests.reference.treatment import Treatment

Number = Fraction | float
MADE_TOGETHER = {"volume": "volumes", "spd": "areas", "new": "new", "organs": "new", "ecog": "findings",
                 "early": "findings", "ttf": "ttf"}


@dataclass(frozen=True)
class Value:
    """A number known to lie between two; unknown where reasons are given and no bounds."""

    low: Number | None = None
    high: Number | None = None
    reasons: frozenset[str] = frozenset()

    @classmethod
    def of(cls, number: object, why: Iterable[str] = ()) -> Value:
        if number is None:
            return cls(reasons=frozenset(why))
        exact = number if number == inf else Fraction(number)
        return cls(exact, exact)


@dataclass(frozen=True)
class Measures:
    """The metrics of one person under one definition's scans, targets and lesions in the sum."""

    sums: Sums
    study: Study
    treated: Treatment
    definition: Definition
    absent: dict[str, frozenset[str]]
    """By scan (pre, baseline, post) why there is none."""
    made: dict[tuple[str, float], dict[str, Value]] = field(default_factory=dict)
    truths: dict[tuple[Leaf, float], Truth] = field(default_factory=dict)
    totals: dict[tuple[str, str], Total] = field(default_factory=dict)

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.sums, self.definition.framework)

    @cached_property
    def response(self) -> str | None:
        """The response at the first evaluation."""
        post = self.sums.choice.post
        return self.judge.response(post) if post is not None else None

    @cached_property
    def second_look(self) -> tuple[str, bool]:
        """What the next scan says of a progression at the first evaluation."""
        return second_look(self.judge, self.treated, self.response)

    @cached_property
    def scans(self) -> dict[str, TimePoint | None]:
        choice = self.sums.choice
        return {"pre": choice.pre, "baseline": choice.baseline, "post": choice.post}

    @cached_property
    def among(self) -> tuple[str, ...] | None:
        """The targets whose growth is measured, where those are not all of them."""
        if self.definition.variant != "intersection":
            return None
        used = [point for name, point in self.scans.items()
                if point is not None and (name != "pre" or self.definition.uses_pre)]
        by_area = any(leaf.metric.startswith("spd") for leaf in leaves(self.definition.rule))
        return self.sums.common(used, "spd" if by_area else "sld")

    def total(self, scan: str, ruler: str) -> Total | None:
        """The burden of the rule at one of the three scans; nothing without the scan or the targets of baseline."""
        point = self.scans[scan]
        if point is None or self.sums.choice.baseline is None:
            return None
        if (scan, ruler) not in self.totals:
            self.totals[scan, ruler] = self.sums.total(point, self.definition.with_new, ruler, self.among)
        return self.totals[scan, ruler]

    def growth(self, ruler: str, month: Fraction) -> Growth:
        totals = [self.total(scan, ruler) for scan in ("pre", "baseline", "post")]
        days = {name: None if point is None else point.day for name, point in self.scans.items()}
        base = days["baseline"]
        return Growth(*(None if total is None else total.value for total in totals),
                      None if base is None or days["pre"] is None else base - days["pre"],
                      None if base is None or days["post"] is None else days["post"] - base, month)

    def lacking(self, ruler: str) -> dict[str, frozenset[str]]:
        """Why the burden at each scan is not known."""
        totals = {scan: self.total(scan, ruler) for scan in self.scans}
        return {scan: self.absent[scan] if total is None else total.reasons for scan, total in totals.items()}

    def value(self, name: str, month: Fraction) -> Value:
        """One metric by its name; what is made together is made once."""
        group = MADE_TOGETHER.get(name.partition("_")[0], "lengths")
        key = (group, float(month))
        if key not in self.made:
            self.made[key] = getattr(self, group)(month)
        return self.made[key][name]

    def truth(self, leaf: Leaf, month: Fraction) -> Truth:
        """Whether a comparison holds: on the whole interval, nowhere on it, or unknown."""
        key = (leaf, float(month))
        if key not in self.truths:
            self.truths[key] = self._truth(leaf, month)
        return self.truths[key]

    def _truth(self, leaf: Leaf, month: Fraction) -> Truth:
        if leaf.metric == "response_first":
            return None if self.response is None else self.response == leaf.limit
        value = self.value(leaf.metric, month)
        if value.low is None:
            return None
        found = {holds(bound, leaf.sign, leaf.limit) for bound in (value.low, value.high)}
        return found.pop() if len(found) == 1 else None

    def why(self, leaf: Leaf, month: Fraction) -> frozenset[str]:
        """Why nobody can tell whether it holds."""
        if leaf.metric != "response_first":
            return self.value(leaf.metric, month).reasons
        return self.absent["post"] or frozenset({"response_unknown"})

    def lengths(self, month: Fraction) -> dict[str, Value]:
        """What is made of sums of diameters."""
        growth, why = self.growth("sld", month), self.lacking("sld")
        pre, base, post = why["pre"], why["baseline"], why["post"]
        s_pre, s0, s_post = growth.s_pre, growth.s0, growth.s_post
        zero_base = frozenset({"zero_baseline"} if s0 == 0 else ())
        zero_pre = frozenset({"zero_prebaseline"} if s_pre == 0 and s0 != 0 and s0 is not None else ())
        from_zero = frozenset({"zero_prebaseline"} if s_pre == 0 else ())
        zeros = zero_base | zero_pre
        made = {
            "tgk_pre": Value.of(growth.tgk_pre, pre | base), "tgk_post": Value.of(growth.tgk_post, base | post),
            "tgr_pre": Value.of(growth.tgr_pre, pre | base | from_zero),
            "tgr_post": Value.of(growth.tgr_post, base | post | zero_base),
            "tgr_delta": Value.of(growth.tgr_delta, pre | base | post | zeros),
            "sld_change_pct": Value.of(growth.change_pct, base | post | zero_base),
            "sld_change_mm": Value.of(None if None in (s0, s_post) else s_post - s0, base | post),
            "sld_change_from_pre_pct": Value.of(
                None if s_pre in (None, 0) or None in (s0, s_post) else 100 * (s_post - s_pre) / s_pre,
                pre | base | post | from_zero),
        }
        every = pre | base | post
        return made | {"tgk_ratio": self._ratio(growth, growth.tgk_ratio, every),
                       "tgr_ratio": self._ratio(growth, growth.tgr_ratio, every | zeros),
                       "pace_ratio": self._ratio(growth, growth.pace_ratio, every | zeros)}

    def volumes(self, month: Fraction) -> dict[str, Value]:
        """What is made of sums of volumes."""
        growth, why = self.growth("volume", month), self.lacking("volume")
        pre, base, post = why["pre"], why["baseline"], why["post"]
        zero_base = frozenset({"zero_baseline"} if growth.s0 == 0 else ())
        from_zero = frozenset({"zero_prebaseline"} if growth.s_pre == 0 else ())
        zero_pre = from_zero if growth.s0 not in (None, 0) else frozenset()
        before = volume_change(growth.s_pre, growth.s0, growth.dt_pre, month)
        after = volume_change(growth.s0, growth.s_post, growth.dt_post, month)
        ratio = None if None in (before, after) or before <= 0 else after / before
        return {"volume_tgr_pre": Value.of(before, pre | base | from_zero),
                "volume_tgr_post": Value.of(after, base | post | zero_base),
                "volume_tgr_ratio": self._ratio(growth, ratio, pre | base | post | zero_base | zero_pre, "volume"),
                "volume_change_pct": Value.of(growth.change_pct, base | post | zero_base)}

    def areas(self, month: Fraction) -> dict[str, Value]:
        """What is made of sums of products."""
        growth, why = self.growth("spd", month), self.lacking("spd")
        pre, base, post = why["pre"], why["baseline"], why["post"]
        zero_base = frozenset({"zero_baseline"} if growth.s0 == 0 else ())
        zero_pre = frozenset({"zero_prebaseline"} if growth.s_pre == 0 and growth.s0 not in (None, 0) else ())
        return {"spd_change_pct": Value.of(growth.change_pct, base | post | zero_base),
                "spd_pace_ratio": self._ratio(growth, growth.pace_ratio, pre | base | post | zero_base | zero_pre,
                                              "spd")}

    def _ratio(self, growth: Growth, ratio: object, why: frozenset[str], ruler: str = "sld") -> Value:
        """A1: without growth before treatment there is nothing to compare with, but for a policy."""
        if None in (growth.s_pre, growth.s0) or not flat(self.study, growth, ruler):
            return Value.of(ratio, why)
        if growth.s_post is not None and growth.s_post > growth.s0 \
                and self.study.criteria.pre_growth_nonpositive == "positive_post_is_hpd":
            return Value(reasons=why) if why else Value.of(inf)
        return Value(reasons=why | {"pre_growth_nonpositive"})

    def new(self, _month: Fraction) -> dict[str, Value]:
        """New lesions at the first evaluation: how many, in how many organs, and where."""
        post, names = self.scans["post"], ("new_lesions", "new_organs", "new_lesions_involved", "organs_spread")
        if post is None:
            return {name: Value(reasons=self.absent["post"]) for name in names}
        if self.sums.new_unsure(post) or self.sums.lost(post):
            why = frozenset({"lesion_set_mismatch"})
            return dict.fromkeys(names[:2], Value(reasons=why)) | dict.fromkeys(
                names[2:], Value(reasons=why | self.absent["baseline"]))
        unknown = frozenset({"finding_unknown"})
        involved = {name: Value(reasons=unknown) if bounds is None
                    else Value(*bounds, unknown if bounds[0] < bounds[1] else frozenset())
                    for name, bounds in spread(self.sums, post).items()}
        if self.absent["baseline"]:
            involved = dict.fromkeys(involved, Value(reasons=self.absent["baseline"]))
        return {"new_lesions": Value.of(len(self.sums.new(post))),
                "new_organs": Value.of(organs_of_new(self.sums, post)), **involved}

    def findings(self, month: Fraction) -> dict[str, Value]:
        """Performance status, and an early death of progression."""
        patient, unknown = self.sums.patient, ("finding_unknown",)
        ecog = performance(patient, self.study, self.treated.index_date, month)
        death = early_progression_death(patient, self.study, self.treated, self.sums.course)
        return {"ecog_worst": Value.of(ecog["ecog_worst"], unknown), "ecog_rise": Value.of(ecog["ecog_rise"], unknown),
                "early_progression_death": Value.of(death, unknown)}

    def ttf(self, month: Fraction) -> dict[str, Value]:
        """Time to treatment failure, mostly an interval."""
        last = self.treated.ttf_max
        point = frozenset() if last == self.treated.ttf_min else frozenset({"ttf_unknown"})
        return {"ttf_months": Value(self.treated.ttf_min / month, inf if last is None else last / month, point)}


def holds(value: Fraction | float, sign: str, limit: int) -> bool:
    """A10: what lies within 1e-9 of the limit is equal to it."""
    if value == inf:
        return sign in (">", ">=")
    equal = abs(value - limit) <= RELATIVE * abs(limit)
    return {">": value > limit and not equal, ">=": value > limit or equal,
            "<": value < limit and not equal, "<=": value < limit or equal}[sign]
