"""One patient, one definition: requirements first, then three-valued logic among the leaves.

Written from the science notes to be obvious, not fast; shares no code with `timeline` or `criteria`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from math import inf

from hpd_etl.config import Study, Windows
from hpd_etl.criteria.flags import FLAGS
from hpd_etl.schema import Reason
from tests.reference.admission import Refusal, admitted
from tests.reference.definitions import OF_SUMS, Definition, named
from tests.reference.growth import flat
from tests.reference.metrics import Measures, Value
from tests.reference.patient import Patient
from tests.reference.rules import leaves, needed, truth
from tests.reference.scans import IRRC, RECIST, Caps, Choice, choose
from tests.reference.sums import Sums, local_therapy
from tests.reference.time_points import Course, TimePoint, course
from tests.reference.treatment import Treatment, treatment
from tests.reference.worlds import CONTRADICTIONS, worlds

ORDER = [str(reason) for reason in Reason]
MONTHS = (Fraction(28), Fraction(30), Fraction(487, 16))
DEFINITIONS = ("champiat2017", "saada2017", "kato2017", "ferrara2018", "ji2019")
SHOWN = ("tgk_pre", "tgk_post", "tgk_ratio", "tgr_pre", "tgr_post", "tgr_ratio", "tgr_delta", "pace_ratio",
         "sld_change_pct")
"""What stands in every measure set; other metrics are worked out where the rule names them."""
BURDENS = {"sld": ("s_pre_mm", "s0_mm", "s_post_mm"), "volume": ("v_pre_mm3", "v0_mm3", "v_post_mm3"),
           "spd": ("a_pre_mm2", "a0_mm2", "a_post_mm2")}
OF_BURDEN = {"node_short_axis_missing", "local_therapy", "lesion_set_mismatch", "zero_baseline", "zero_prebaseline"}
"""Why a burden is missing or cannot be grown from: what makes a required sum a requirement that is not met."""


@dataclass(frozen=True)
class Outcome:
    """What this engine says of one person under one definition."""

    definition: str
    cohort: str
    verdict: str
    primary_reason: str | None
    reasons: tuple[str, ...]
    pre: date | None
    baseline: date | None
    post: date | None
    metrics: dict[str, float | None]
    response_first: str | None
    ttf: tuple[int | None, int | None]
    confirmation: str
    flags: tuple[str, ...]
    days_differ: bool = False
    """The scans are not the same on every day that a partial date may be."""
    day_0_lost: bool = False
    """A dose that was refused may be the first one."""


def outcomes(patient: Patient, study: Study, definitions: tuple[str, ...] = DEFINITIONS) -> list[Outcome]:
    """The outcome of each definition; none where no dose is left to count from."""
    return agreed([_certain(world, study, definitions) for world in worlds(patient)])


def earlier_dose(refusals: list[Refusal], index_date: date) -> str | None:
    """A8: whether a refused dose names an earlier day, or none; one whose dates contradict others is doubtful."""
    earlier = {refusal.reason for refusal in refusals
               if refusal.table == "doses" and (refusal.first is None or refusal.first < index_date)}
    return None if not earlier else "doubtful" if earlier <= set(CONTRADICTIONS) else "possible"


def agreed(worlds_outcomes: list[list[Outcome]]) -> list[Outcome]:
    """B12: of each definition what all worlds say."""
    return [_one_of_all(list(same)) for same in zip(*worlds_outcomes, strict=True)]


def _one_of_all(outcomes: list[Outcome]) -> Outcome:
    first = next((each for each in outcomes if each.day_0_lost), outcomes[0])
    if len(outcomes) == 1 or first.day_0_lost:
        return first

    def common(values: list[object], otherwise: object = None) -> object:
        return values[0] if all(value == values[0] for value in values) else otherwise

    verdict = common([each.verdict for each in outcomes], "NOT_EVALUABLE")
    reasons = set.intersection(*(set(each.reasons) for each in outcomes)) if verdict == "NOT_EVALUABLE" else set()
    if len({(each.verdict, each.primary_reason) for each in outcomes}) > 1 and verdict == "NOT_EVALUABLE":
        reasons.add("imprecise_date")
    ordered = tuple(sorted(reasons, key=ORDER.index))
    upper = [each.ttf[1] for each in outcomes]
    return replace(
        first, baseline=first.baseline if all(each.baseline for each in outcomes) else None,
        verdict=verdict, primary_reason=ordered[0] if ordered else None, reasons=ordered,
        metrics={name: common([each.metrics[name] for each in outcomes]) for name in first.metrics},
        response_first=common([each.response_first for each in outcomes]),
        ttf=(min(each.ttf[0] for each in outcomes), None if None in upper else max(upper)),
        confirmation=common([each.confirmation for each in outcomes], "unresolved") if verdict == "HPD"
        else "not_applicable",
        flags=tuple(sorted({flag for each in outcomes for flag in each.flags})),
        days_differ=len({(each.pre, each.baseline, each.post) for each in outcomes}) > 1,
    )


def _certain(patient: Patient, study: Study, definitions: tuple[str, ...]) -> list[Outcome]:
    """The outcomes of a patient whose every date is a day; what definitions share is made once."""
    patient, refusals = admitted(patient)
    treated = treatment(patient, study)
    if treated is None:
        return []
    followed = Followed(patient, study, treated, course(patient, treated.index_date, study), {})
    earlier = earlier_dose(refusals, treated.index_date) if "earlier_dose_refused" in FLAGS else None
    made = [followed.outcome(named(name)) for name in definitions]
    if earlier is None:
        return made
    if earlier == "doubtful":
        return [replace(each, flags=tuple(sorted({*each.flags, "earlier_dose_refused"}))) for each in made]
    certain = ("extraction_incomplete",) if patient.is_complete is False else ()
    return [replace(each, verdict="NOT_EVALUABLE", primary_reason=(*certain, "imprecise_date")[0], baseline=None,
                    reasons=(*certain, "imprecise_date"), ttf=(None, None), confirmation="not_applicable",
                    flags=("earlier_dose_refused",), days_differ=True, day_0_lost=True) for each in made]


@dataclass(frozen=True)
class Followed:
    """One patient around the first dose."""

    patient: Patient
    study: Study
    treated: Treatment
    course: Course
    made: dict[object, object]
    """What was already worked out, by what it was worked out for."""

    def outcome(self, definition: Definition) -> Outcome:
        """What becomes of this patient under one definition."""
        windows = Windows.model_validate({**self.study.windows.model_dump(), **definition.windows})
        uses_pre = definition.uses_pre if definition.variant == "intersection" else None
        key = (definition.framework, repr(windows), definition.with_new, uses_pre)
        if key not in self.made:
            self.made[key] = self._measures(definition, windows)
        return Judged(self, self.made[key], definition).outcome

    def sums(self, windows: Windows, caps: Caps) -> Sums:
        """The burdens at the scans and targets of these windows."""
        key = (repr(windows), caps)
        if key not in self.made:
            choice = choose(self.course, self.study, windows, caps)
            local = local_therapy(self.patient, self.course, choice, self.treated.index_date)
            self.made[key] = Sums(self.patient, self.course, self.study, choice, local)
        return self.made[key]

    def _measures(self, definition: Definition, windows: Windows) -> Measures:
        sums = self.sums(windows, IRRC if definition.framework == "irRC" else RECIST)
        choice, absent = sums.choice, {"pre": set(), "baseline": set(), "post": set()}
        if choice.baseline is None:
            absent["baseline"] = {"no_measurable_disease" if choice.baseline_window_seen else "no_baseline_scan"}
        elif choice.pre is None:
            absent["pre"] = {"no_prebaseline_scan"}
        if choice.post is None:
            absent["post"] = {_why_no_post(self.treated, choice, windows.post_to_day)}
        return Measures(sums, self.study, self.treated, definition,
                        {scan: frozenset(why) for scan, why in absent.items()})


def _why_no_post(treated: Treatment, choice: Choice, last_day: int) -> str:
    """D1: an early drop-out only where nobody looked at all."""
    if choice.post_window_seen:
        return "no_post_scan"
    if treated.death_day is not None and treated.death_day <= last_day:
        return "early_dropout_death"
    if treated.stop_day is not None and treated.stop_day <= last_day:
        if treated.stop_reason == "progression":
            return "early_dropout_progression"
        if treated.stop_reason == "toxicity":
            return "early_dropout_toxicity"
    if treated.ttf_max is not None and treated.ttf_max <= last_day:
        return "early_dropout_other"
    return "no_post_scan"


@dataclass(frozen=True)
class Judged:
    """One definition asked of one patient."""

    followed: Followed
    measures: Measures
    definition: Definition

    @property
    def outcome(self) -> Outcome:
        study, treated, choice = self.followed.study, self.followed.treated, self.measures.sums.choice
        month = Fraction(study.criteria.month_days)
        state, pseudo = self.measures.second_look
        verdict, reasons = self._verdict(month, state)
        flags = {"pseudoprogression"} if pseudo else set()
        if any(self._verdict(other, state)[0] != verdict for other in MONTHS):
            flags.add("month_sensitive")
        if "pre_baseline" in self.definition.requires:
            flags |= self._growth_flags(month)
        ordered = tuple(sorted(reasons, key=ORDER.index))
        return Outcome(
            self.definition.id, treated.cohort, verdict, ordered[0] if ordered else None, ordered,
            _date(treated, choice.pre), _date(treated, choice.baseline), _date(treated, choice.post),
            self._shown(month),
            self.measures.response, (treated.ttf_min, treated.ttf_max),
            state if verdict == "HPD" else "not_applicable", tuple(sorted(flags)),
        )

    def _verdict(self, month: Fraction, state: str) -> tuple[str, set[str]]:
        """Section 0, then what the next scan says where the definition waits for it (D5)."""
        answer = truth(self.definition.rule, lambda leaf: self.measures.truth(leaf, month))
        unmet = self._unmet(month)
        if unmet or answer is None:
            return "NOT_EVALUABLE", unmet | {
                reason for leaf in leaves(self.definition.rule) if self.measures.truth(leaf, month) is None
                for reason in self.measures.why(leaf, month)}
        if not answer:
            return "NOT_HPD", set()
        if self.definition.variant == "confirmed" and state != "confirmed":
            return ("NOT_HPD", set()) if state == "refuted" else ("NOT_EVALUABLE", {"unconfirmed"})
        return "HPD", set()

    def _unmet(self, month: Fraction) -> set[str]:
        """Section 0.1: what the definition requires and this person lacks."""
        followed, absent = self.followed, self.measures.absent
        unmet: set[str] = set()
        if followed.patient.is_complete is False:
            unmet.add("extraction_incomplete")
        if followed.treated.lookback_days < followed.study.index.lookback_days:
            unmet.add("short_lookback")
        for requirement, scan in (("baseline", "baseline"), ("first_evaluation", "post"), ("pre_baseline", "pre")):
            if requirement in self.definition.requires:
                unmet |= absent[scan]
        counts = OF_BURDEN | ({"pre_growth_nonpositive"}
                              if followed.study.criteria.pre_growth_nonpositive == "exclude" else set())
        for leaf in needed(self.definition.rule):
            if leaf.metric in OF_SUMS:
                unmet |= self.measures.value(leaf.metric, month).reasons & counts
        return unmet

    def _growth_flags(self, month: Fraction) -> set[str]:
        growth, flags = self.measures.growth("sld", month), set()
        known = None not in (growth.s_pre, growth.s0, growth.s_post)
        if known and flat(self.followed.study, growth) and growth.s_post > growth.s0:
            flags.add("growth_onset")
        if growth.s0 == 0 and growth.s_post is not None and growth.s_post > 0:
            flags.add("suspected_hpd_no_baseline_disease")
        return flags

    def _shown(self, month: Fraction) -> dict[str, float | None]:
        """The metrics of lengths, those that the rule names, and the burdens by every ruler that it uses."""
        names = {*SHOWN, *(leaf.metric for leaf in leaves(self.definition.rule))} - {"response_first", "ttf_months"}
        made = {name: _number(self.measures.value(name, month)) for name in sorted(names)}
        for ruler, burdens in BURDENS.items():
            if ruler == "sld" or any(name.startswith(ruler) for name in names):
                growth = self.measures.growth(ruler, month)
                made |= dict(zip(burdens, map(_float, (growth.s_pre, growth.s0, growth.s_post)), strict=True))
        return made


def _number(value: Value) -> float | None:
    """The number, where it is one."""
    return _float(value.low) if value.low is not None and value.low == value.high else None


def _float(value: Fraction | float | None) -> float | None:
    """As a number of 64 bits; what none of them holds is infinite."""
    try:
        return None if value is None else float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _date(treated: Treatment, point: TimePoint | None) -> date | None:
    return None if point is None else treated.index_date + timedelta(days=point.day)
