"""One patient, one definition: requirements first, then three-valued logic among the leaves.

Written from the science notes to be obvious, not fast; shares no code with `timeline` or `criteria`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import inf

from hpd_etl.config import Study, Windows
from hpd_etl.schema import Reason
from tests.reference.admission import admitted
from tests.reference.burden import Burden, at_least, local_therapy
from tests.reference.confirmation import second_look
from tests.reference.growth import SHOWN, Growth
from tests.reference.patient import Patient
from tests.reference.scans import Choice, choose
from tests.reference.time_points import RELATIVE, Course, TimePoint, course
from tests.reference.treatment import Treatment, treatment
from tests.reference.worlds import worlds

ORDER = [str(reason) for reason in Reason]
MONTHS = (Fraction(28), Fraction(30), Fraction(487, 16))
TTF_MONTHS = 2
DEFINITIONS = ("champiat2017", "saada2017", "kato2017", "ferrara2018", "ji2019")
WITH_NEW = ("kato2017", "ji2019")
"""Judged by irRECIST: measurable new lesions are part of the burden."""
FROM_ZERO_ALLOWED = ("saada2017", "ji2019")
"""Slopes are defined at 0 mm; rates, paces and percentages are not (A5, A6)."""


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
    sums: tuple[Fraction | None, Fraction | None, Fraction | None]
    metrics: dict[str, float | None]
    response_first: str | None
    ttf: tuple[int, int | None]
    confirmation: str
    flags: tuple[str, ...]
    days_differ: bool = False
    """The scans are not the same on every day that a partial date may be."""


def outcomes(patient: Patient, study: Study, definitions: tuple[str, ...] = DEFINITIONS,
             windows: Windows | None = None) -> list[Outcome]:
    """The outcome of each definition; none where no dose is left to count from."""
    return agreed([_certain(world, study, definitions, windows) for world in worlds(patient)])


def _certain(patient: Patient, study: Study, definitions: tuple[str, ...], windows: Windows | None) -> list[Outcome]:
    """The outcomes of a patient whose every date is a day."""
    patient, _ = admitted(patient)
    treated = treatment(patient, study)
    if treated is None:
        return []
    seen = course(patient, treated.index_date, study)
    choice = choose(seen, study, windows or study.windows)
    return [_outcome(patient, study, treated, seen, choice, windows or study.windows, definition)
            for definition in definitions]


def agreed(worlds_outcomes: list[list[Outcome]]) -> list[Outcome]:
    """B12: of each definition what all worlds say."""
    return [_one_of_all(list(same)) for same in zip(*worlds_outcomes, strict=True)]


def _one_of_all(outcomes: list[Outcome]) -> Outcome:
    first = outcomes[0]
    if len(outcomes) == 1:
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
        sums=tuple(common([each.sums[place] for each in outcomes]) for place in range(3)),
        metrics={name: common([each.metrics[name] for each in outcomes]) for name in first.metrics},
        response_first=common([each.response_first for each in outcomes]),
        ttf=(min(each.ttf[0] for each in outcomes), None if None in upper else max(upper)),
        confirmation=common([each.confirmation for each in outcomes], "unresolved") if verdict == "HPD"
        else "not_applicable",
        flags=tuple(sorted({flag for each in outcomes for flag in each.flags})),
        days_differ=len({(each.pre, each.baseline, each.post) for each in outcomes}) > 1,
    )


def _outcome(patient: Patient, study: Study, treated: Treatment, seen: Course, choice: Choice, windows: Windows,
             definition: str) -> Outcome:
    burden = Burden(patient, seen, study, choice, definition in WITH_NEW,
                    local_therapy(patient, seen, choice, treated.index_date))
    month = Fraction(study.criteria.month_days)
    growth = _growth(burden, month)
    response = burden.response(choice.post) if choice.post else None
    unmet = _unmet(study, treated, choice, windows, burden, growth, definition)

    def judged(of: Growth) -> tuple[str, set[str]]:
        leaves = _leaves(study, treated, of, response, choice.post is not None, definition)
        unknown = {reason for truth, reason in leaves if truth is None and reason}
        if unmet:
            return "NOT_EVALUABLE", unmet | unknown
        if any(truth is False for truth, _ in leaves):
            return "NOT_HPD", set()
        return ("NOT_EVALUABLE", unknown) if unknown else ("HPD", set())

    verdict, reasons = judged(growth)
    verdicts = {verdict} | {judged(replace(growth, month=other))[0] for other in MONTHS}
    state, pseudo = second_look(burden, treated, response)
    flags = set()
    if len(verdicts) > 1:
        flags.add("month_sensitive")
    if pseudo:
        flags.add("pseudoprogression")
    if growth.tgk_pre is not None and growth.tgk_post is not None and flat(study, growth) and growth.tgk_post > 0:
        flags.add("growth_onset")
    if growth.s0 == 0 and growth.s_post is not None and growth.s_post > 0:
        flags.add("suspected_hpd_no_baseline_disease")
    ordered = tuple(sorted(reasons, key=ORDER.index))
    values = _shown(study, growth)
    return Outcome(
        definition, treated.cohort, verdict, ordered[0] if ordered else None, ordered,
        _date(treated, choice.pre), _date(treated, choice.baseline), _date(treated, choice.post),
        (growth.s_pre, growth.s0, growth.s_post),
        {name: None if value is None else float(value) for name, value in values.items()},
        response, (treated.ttf_min, treated.ttf_max), state if verdict == "HPD" else "not_applicable",
        tuple(sorted(flags)),
    )


def _shown(study: Study, growth: Growth) -> dict[str, Fraction | Decimal | float | None]:
    """The metrics by name; ratios under the study's policy for no growth before treatment."""
    values = {name: getattr(growth, name) for name in SHOWN}
    if growth.s_pre is None or growth.s0 is None or not flat(study, growth):
        return values
    onset = growth.s_post is not None and growth.s_post > growth.s0
    unbounded = onset and study.criteria.pre_growth_nonpositive == "positive_post_is_hpd"
    for name in ("tgk_ratio", "tgr_ratio", "pace_ratio"):
        from_zero = name != "tgk_ratio" and 0 in (growth.s_pre, growth.s0)
        values[name] = inf if unbounded and not from_zero else None
    return values


def _growth(burden: Burden, month: Fraction) -> Growth:
    choice = burden.choice
    s_pre = burden.total(choice.pre).value if choice.pre else None
    s0 = burden.total(choice.baseline).value if choice.baseline else None
    s_post = burden.total(choice.post).value if choice.post and choice.baseline else None
    dt_pre = choice.baseline.day - choice.pre.day if choice.baseline and choice.pre else None
    dt_post = choice.post.day - choice.baseline.day if choice.baseline and choice.post else None
    return Growth(s_pre, s0, s_post, dt_pre, dt_post, month)


def _unmet(study: Study, treated: Treatment, choice: Choice, windows: Windows, burden: Burden, growth: Growth,
           definition: str) -> set[str]:
    """Section 0.1: what the definition requires and this person lacks; all five require the same scans."""
    unmet: set[str] = set()
    if burden.patient.is_complete is False:
        unmet.add("extraction_incomplete")
    if treated.lookback_days < study.index.lookback_days:
        unmet.add("short_lookback")
    if choice.baseline is None:
        unmet.add("no_measurable_disease" if choice.baseline_window_seen else "no_baseline_scan")
    if choice.post is None:
        unmet.add(_why_no_post(treated, choice, windows.post_to_day))
    if choice.pre is None and choice.baseline is not None:
        unmet.add("no_prebaseline_scan")
    if choice.baseline is not None:
        for point in (choice.pre, choice.baseline, choice.post):
            if point is not None:
                unmet |= burden.total(point).reasons
    if definition not in FROM_ZERO_ALLOWED:
        if growth.s0 == 0:
            unmet.add("zero_baseline")
        elif growth.s_pre == 0 and growth.s0 is not None:
            unmet.add("zero_prebaseline")
    if study.criteria.pre_growth_nonpositive == "exclude" and definition != "ferrara2018" \
            and growth.s_pre is not None and growth.s0 is not None and flat(study, growth):
        unmet.add("pre_growth_nonpositive")
    return unmet


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


def _leaves(study: Study, treated: Treatment, growth: Growth, response: str | None, post: bool,
            definition: str) -> list[tuple[bool | None, str]]:
    """The leaves of the rule: true, false or unknown; an unknown one with its reason, none where a sum is missing."""
    leaves: list[tuple[bool | None, str]] = []
    if definition in ("champiat2017", "ferrara2018"):
        leaves.append((None if response is None else response == "PD", "response_unknown" if post else ""))
    leaves.append((None if growth.tgk_post is None else growth.tgk_post > 0, ""))
    if definition != "ferrara2018":
        leaves.append(_ratio_leaf(study, growth, definition))
    if definition == "ferrara2018":
        leaves.append((None if growth.tgr_delta is None else _above(growth.tgr_delta, 50), ""))
    if definition == "kato2017":
        leaves.append((None if growth.sld_change_pct is None else _above(growth.sld_change_pct, 50), ""))
        leaves.append((_ttf_below(treated, TTF_MONTHS * growth.month), "ttf_unknown"))
    return leaves


def _ratio_leaf(study: Study, growth: Growth, definition: str) -> tuple[bool | None, str]:
    """A1: without growth before treatment there is nothing to compare with."""
    if growth.s_pre is not None and growth.s0 is not None and flat(study, growth):
        onset = growth.s_post is not None and growth.s_post > growth.s0
        if onset and study.criteria.pre_growth_nonpositive == "positive_post_is_hpd":
            return True, ""
        return None, "pre_growth_nonpositive"
    ratio = {"champiat2017": growth.tgr_ratio, "kato2017": growth.pace_ratio}.get(definition, growth.tgk_ratio)
    if ratio is None:
        return None, ""
    return (_above(ratio, 2) if definition == "kato2017" else _reaches(ratio, 2)), ""


def flat(study: Study, growth: Growth) -> bool:
    """No growth before treatment, or less than the study counts as growth."""
    grown = growth.s0 - growth.s_pre
    return grown <= 0 or abs(grown) < Fraction(study.criteria.min_pre_change_mm)


def _ttf_below(treated: Treatment, limit: Fraction) -> bool | None:
    if at_least(Fraction(treated.ttf_min), limit):
        return False
    if treated.ttf_max is not None and not at_least(Fraction(treated.ttf_max), limit):
        return True
    return None


def _reaches(value: Fraction | Decimal, limit: int) -> bool:
    return _exact(value) > limit or _equals(value, limit)


def _above(value: Fraction | Decimal, limit: int) -> bool:
    return _exact(value) > limit and not _equals(value, limit)


def _equals(value: Fraction | Decimal, limit: int) -> bool:
    return abs(_exact(value) - limit) <= RELATIVE * limit


def _exact(value: Fraction | Decimal) -> Fraction:
    return Fraction(value)


def _date(treated: Treatment, point: TimePoint | None) -> date | None:
    return None if point is None else treated.index_date + timedelta(days=point.day)
