"""All that is known of the persons of a timeline under some definitions, before it becomes tables; all of it made once.

Definitions that share windows share burdens, those that share a framework too share responses, and those of one measure
set share metrics: thirty definitions measure a person a handful of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from hpd_etl.config import Study
from hpd_etl.criteria import frames
from hpd_etl.criteria.burden import Burden, at_other_scans, burden
from hpd_etl.criteria.clinical import Grades, early_progression_death, grades, performance
from hpd_etl.criteria.course import Course, course_by_window_set
from hpd_etl.criteria.definition import Definition, window_sets
from hpd_etl.criteria.flagging import OF_PRE_GROWTH, flags_of, flags_of_growth
from hpd_etl.criteria.flags import BIT, marked
from hpd_etl.criteria.known import Known
from hpd_etl.criteria.lineage import Lineage, Rested, evidence_frame
from hpd_etl.criteria.metrics import MONTH_METRICS, NUMERIC, Measured, depends_on_month, measure
from hpd_etl.criteria.observed import Observed, new_lesions_of, observe
from hpd_etl.criteria.pseudoprogression import Confirmation, confirm
from hpd_etl.criteria.requirements import unmet
from hpd_etl.criteria.response import Response, respond
from hpd_etl.criteria.rulers import areas, common
from hpd_etl.criteria.rules import leaves
from hpd_etl.criteria.spread import Organs, organs_at_baseline
from hpd_etl.criteria.verdicts import (
    HPD,
    NOT_EVALUABLE,
    Verdicts,
    after_confirmation,
    confirmed,
    decide,
    decide_again,
    refuted,
)
from hpd_etl.grouping import NO_DAY, Bools, Ints, bits, dictionary, text
from hpd_etl.schema import Timeline

MONTHS = (28.0, 30.0, 30.4375)
"""Lengths of a month that papers may have meant; a label that depends on it is flagged (ambiguity A9)."""


@dataclass(frozen=True)
class Followed:
    """One window set of the timeline with its burdens, and what each person lacks."""

    line: Course
    sums: Burden
    unmet: Mapping[str, Ints]
    like: Followed | None
    """An earlier window set that chose another scan and nothing else."""

    @cached_property
    def organs(self) -> Organs:
        """Those with lesions at baseline."""
        return organs_at_baseline(self.line) if self.like is None else self.like.organs

    @cached_property
    def new_lesions(self) -> dict[str, Known]:
        """Those of the first evaluation."""
        return new_lesions_of(self.sums, self.organs, self.unmet)


@dataclass(frozen=True, eq=False)
class Responded:
    """What one framework makes of a window set, and what a careful reader should know of it."""

    timeline: Timeline
    study: Study
    followed: Followed
    response: Response
    confirmation: Confirmation

    @cached_property
    def flags(self) -> Ints:
        """Those that no metric decides."""
        line, sums = self.followed.line, self.followed.sums
        return marked(flags_of(self.timeline, line, sums, self.response, self.confirmation, self.study))


@dataclass(frozen=True)
class MeasureSet:
    """What one framework, window set, new-lesion rule and choice of rulers make of the timeline."""

    responded: Responded
    seen: Observed
    """What the metrics are made of: of the common targets alone in a variant that asks for them."""
    clinical: _Clinical
    named: frozenset[str]
    """The metrics that its rules name."""

    @cached_property
    def measured(self) -> Measured:
        """The metrics by the study's month."""
        return self._measured(self.clinical.study.criteria.month_days)

    @cached_property
    def flags(self) -> Ints:
        """Those of the burdens."""
        return marked(flags_of_growth(self.seen, self.clinical.study))

    @cached_property
    def by_month(self) -> tuple[Measured, ...]:
        """What its rules name and months change, with months of other lengths."""
        own, named = self.clinical.study.criteria.month_days, self.named & MONTH_METRICS
        return tuple(self._measured(month, named) for month in MONTHS if month != own)

    def _measured(self, month_days: float, names: frozenset[str] = NUMERIC) -> Measured:
        grades = self.clinical.performance(month_days)
        return measure(self.seen, grades, self.clinical.study, month_days, names)


@dataclass(frozen=True)
class Judged:
    """All of it, with the outcome of each definition."""

    timeline: Timeline
    study: Study
    definitions: Sequence[Definition]
    followed: Mapping[str, Followed]
    measured: Mapping[str, MeasureSet]

    @cached_property
    def people(self) -> pd.CategoricalDtype:
        """All persons as the dictionary of every table."""
        return dictionary(text(self.timeline.index["person_id"]))

    @cached_property
    def verdicts(self) -> list[Verdicts]:
        """By definition, and nothing but them: what labels hold beside is made where it is asked for."""
        made = {rule: self._verdicts(each) for rule, each in self._rules.items()}
        return [made[each.rule_id] for each in self.definitions]

    def _verdicts(self, definition: Definition) -> Verdicts:
        of = self.measured[definition.measure_set]
        return _verdicts(definition, of, of.measured, self.study)

    @property
    def _rules(self) -> dict[str, Definition]:
        """One definition of each rule: several may state it."""
        return {each.rule_id: each for each in self.definitions}

    @cached_property
    def outcomes(self) -> list[frames.Outcome]:
        """By definition."""
        verdicts = dict(zip((each.rule_id for each in self.definitions), self.verdicts, strict=True))
        made = {
            rule: _outcome(self.measured[each.measure_set], each, verdicts[rule], self.study)
            for rule, each in self._rules.items()
        }
        return [replace(made[each.rule_id], definition=each) for each in self.definitions]

    @property
    def rulers(self) -> dict[str, set[str]]:
        """By window set: the burdens that a rule asks for."""
        grouped = by(self.definitions, "window_set").items()
        return {name: {ruler for each in group for ruler in each.rulers} for name, group in grouped}

    @property
    def metrics(self) -> dict[str, Measured]:
        """The metrics of each measure set."""
        return {name: one.measured for name, one in self.measured.items()}

    @property
    def evidence(self) -> pd.DataFrame:
        """The source rows that the labels rest on."""
        lineage = Lineage(self.timeline, next(iter(self.followed.values())).line)
        read = {
            of: lineage.scans(of.followed.line, of.followed.sums, of.response, of.confirmation)
            for of in {one.responded: None for one in self.measured.values()}
        }
        rested = {
            name: [*lineage.doses, *read[one.responded], *one.clinical.rested(one.named, lineage)]
            for name, one in self.measured.items()
        }
        return evidence_frame(rested, self.people)

    @property
    def burden(self) -> pd.DataFrame:
        """The burden at the time points of each window set."""
        sums = {name: one.sums for name, one in self.followed.items()}
        return frames.burden_frame(self.timeline, self.people, sums, self.rulers)


def judge(
    timeline: Timeline, definitions: Sequence[Definition], study: Study, lines: Mapping[str, Course] | None = None
) -> Judged:
    """What each definition makes of every person; `lines` are its window sets where they are known already."""
    followed = follow(timeline, definitions, study, lines)
    responded = _responded(timeline, definitions, followed, study)
    clinical = _Clinical(timeline, next(iter(followed.values())).line, study)
    measured = {
        name: _measure_set(clinical, responded[group[0].framework, group[0].window_set], group)
        for name, group in by(definitions, "measure_set").items()
    }
    return Judged(timeline, study, definitions, followed, measured)


def by(definitions: Sequence[Definition], attribute: str) -> dict[str, list[Definition]]:
    """The definitions that have each value of an attribute."""
    groups: dict[str, list[Definition]] = {}
    for definition in definitions:
        groups.setdefault(getattr(definition, attribute), []).append(definition)
    return groups


def lines(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> dict[str, Course]:
    """The arrays of each window set that is used."""
    return course_by_window_set(timeline, by(definitions, "window_set"), study)


def follow(
    timeline: Timeline, definitions: Sequence[Definition], study: Study, known: Mapping[str, Course] | None = None
) -> dict[str, Followed]:
    """Each window set with its burdens; those of an earlier one where only other scans were chosen."""
    windows = window_sets(definitions, study)
    made: dict[str, Followed] = {}
    for name, line in (lines(timeline, definitions, study) if known is None else known).items():
        like = next((one for one in made.values() if one.line.same_burdens(line)), None)
        sums = burden(line, timeline, study) if like is None else at_other_scans(like.sums, line)
        made[name] = Followed(line, sums, unmet(line, windows[name], study), like)
    return made


def _responded(
    timeline: Timeline, definitions: Iterable[Definition], followed: Mapping[str, Followed], study: Study
) -> dict[tuple[str, str], Responded]:
    made: dict[tuple[str, str], Responded] = {}
    for framework, window_set in dict.fromkeys((each.framework, each.window_set) for each in definitions):
        one = followed[window_set]
        alike = (
            each.response
            for (name, _), each in made.items()
            if name == framework and each.followed.sums.targets_mm is one.sums.targets_mm
        )
        response = next(alike, None) or respond(one.line, one.sums, timeline, framework, study)
        confirmation = confirm(one.line, one.sums, response)
        made[framework, window_set] = Responded(timeline, study, one, response, confirmation)
    return made


class _Clinical:
    """What no scan of a window set changes, made once for each length of a month."""

    def __init__(self, timeline: Timeline, line: Course, study: Study) -> None:
        self.timeline, self.study, self._line = timeline, study, line
        self.death = {"early_progression_death": early_progression_death(timeline, line, study)}
        self._performance: dict[float, dict[str, Known]] = {}

    @cached_property
    def _grades(self) -> Grades:
        return grades(self.timeline, self._line)

    def rested(self, named: frozenset[str], lineage: Lineage) -> list[Rested]:
        """The grades that were looked at, where one of these metrics asks for them."""
        if not named & {"ecog_worst", "ecog_rise"}:
            return []
        return [lineage.findings(self._grades.counted(self.study, self.study.criteria.month_days).row)]

    def performance(self, month_days: float) -> dict[str, Known]:
        """ECOG in the first two of such months."""
        if month_days not in self._performance:
            self._performance[month_days] = performance(self._grades, self._line.persons, self.study, month_days)
        return self._performance[month_days]


def _measure_set(clinical: _Clinical, of: Responded, group: Sequence[Definition]) -> MeasureSet:
    first, followed = group[0], of.followed
    seen = observe(
        burden_for(first, followed, clinical.timeline, clinical.study),
        of.response,
        followed.unmet,
        followed.new_lesions | clinical.death,
        rulers=first.rulers,
        new_lesions=first.new_lesions_in_sum,
    )
    named = frozenset(leaf.metric for each in group for leaf in leaves(each.rule))
    return MeasureSet(of, seen, clinical, named)


def burden_for(definition: Definition, followed: Followed, timeline: Timeline, study: Study) -> Burden:
    """The burden that a definition measures: that of its window set, or of the common targets alone."""
    if not definition.common_targets:
        return followed.sums
    line = followed.sums.line
    values = areas(line) if "spd" in definition.rulers else line.size
    return burden(common(line, values, pre=definition.looks_before), timeline, study)


def _verdicts(definition: Definition, measures: MeasureSet, measured: Measured, study: Study) -> Verdicts:
    of = measures.responded
    return confirmed(definition, decide(definition, measured, of.followed.unmet, study), of.confirmation.state)


def _outcome(measures: MeasureSet, definition: Definition, verdicts: Verdicts, study: Study) -> frames.Outcome:
    of = measures.responded
    sensitive: Bools = np.zeros(len(verdicts.verdict), dtype=np.bool_)
    if any(map(depends_on_month, leaves(definition.rule))):
        for other in measures.by_month:
            verdict = decide_again(definition, measures.measured, other, of.followed.unmet, study)
            sensitive |= after_confirmation(definition, verdict, of.confirmation.state) != verdicts.verdict
    flags = of.flags | measures.flags | bits(sensitive, BIT["month_sensitive"])
    if "pre_baseline" not in definition.requires:
        flags &= ~OF_PRE_GROWTH
    if not definition.hpd:
        flags |= BIT["not_hyperprogression"]
    decided = _decided(of, definition, verdicts)
    return frames.Outcome(definition, verdicts, measures.measured, of.confirmation, decided, flags)


def _decided(of: Responded, definition: Definition, verdicts: Verdicts) -> Ints:
    """Day of the assessment that decides: the first evaluation, or the scan that a confirmed progression waited for."""
    scans, index_day = of.followed.line.scans, of.followed.line.people.index_day
    day = scans.post_day
    if definition.variant == "confirmed":
        later = scans.day_of(of.confirmation.point)
        waited = (verdicts.verdict == HPD) | refuted(definition, verdicts)
        day = np.where(waited & (later != NO_DAY), later, day)
    return np.where((verdicts.verdict != NOT_EVALUABLE) & (day != NO_DAY), index_day + day, index_day)
