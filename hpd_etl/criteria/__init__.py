"""Label: every person under every definition, with the reason and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpd_etl.config import Study
from hpd_etl.criteria import frames
from hpd_etl.criteria.burden import Burden, burden
from hpd_etl.criteria.course import Course, course
from hpd_etl.criteria.courses import Courses
from hpd_etl.criteria.definition import Definition, assessed_sets, parse, window_sets
from hpd_etl.criteria.flags import OF_DATES
from hpd_etl.criteria.metrics import GROWTH_FLAGS, MONTH_METRICS, Measured, measure, observe
from hpd_etl.criteria.pseudoprogression import Confirmation, confirm
from hpd_etl.criteria.requirements import unmet
from hpd_etl.criteria.response import FRAMEWORKS, Response, respond
from hpd_etl.criteria.response.tables import Assessed, assessed, response_tables, settled_tables
from hpd_etl.criteria.rules import leaves
from hpd_etl.criteria.verdicts import HPD, NOT_EVALUABLE, Verdicts, confirmed, decide, refuted
from hpd_etl.grouping import NO_DAY, Bools, Ints, days
from hpd_etl.schema import Labels, Timeline

__all__ = ["Definition", "label", "parse", "unmet_requirements", "verdicts_of", "window_sets"]

MONTHS = (28.0, 30.0, 30.4375)
"""Lengths of a month that papers may have meant; a label that depends on it is flagged (ambiguity A9)."""


@dataclass(frozen=True)
class _Followed:
    """One window set of the timeline with its burdens, and what each person lacks."""

    line: Course
    sums: Burden
    unmet: Mapping[str, Ints]


@dataclass(frozen=True)
class _MeasureSet:
    """What one framework, window set and new-lesion rule make of the timeline."""

    name: str
    followed: _Followed
    response: Response
    confirmation: Confirmation
    measured: Measured
    by_month: tuple[Measured, ...]
    flags: Mapping[str, Bools]


@dataclass(frozen=True)
class _Judged:
    """All that is known of the persons of a timeline, before it becomes tables."""

    timeline: Timeline
    followed: Mapping[str, _Followed]
    measured: Mapping[str, _MeasureSet]
    outcomes: Sequence[frames.Outcome]

    def assessed(self, study: Study) -> list[Assessed]:
        """The responses by the study's criteria, with its windows; a definition's are used again."""
        made = []
        for framework, name in assessed_sets(study).items():
            one = self.followed[name]
            response = next(
                (
                    each.response
                    for each in self.measured.values()
                    if each.response.framework is FRAMEWORKS[framework] and each.followed is one
                ),
                None,
            ) or respond(one.line, one.sums, self.timeline, framework, study)
            made.append(assessed(one.line, response, framework, name, study))
        return made

    @property
    def metrics(self) -> dict[str, Measured]:
        """The metrics of each measure set."""
        return {name: one.measured for name, one in self.measured.items()}

    @property
    def evidence(self) -> pd.DataFrame:
        """The source rows that the labels rest on."""
        names = list(self.measured)
        return _stacked(
            [
                frames.evidence_frame(
                    self.timeline, one.followed.line, one.followed.sums, one.response, one.confirmation, name, names
                )
                for name, one in self.measured.items()
            ]
        )

    @property
    def burden(self) -> pd.DataFrame:
        """The burden at the time points of each window set."""
        return _stacked(
            [frames.burden_frame(self.timeline, one.line, one.sums, name) for name, one in self.followed.items()]
        )


def label(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> Labels:
    """The labels of all persons of the timeline under all definitions; pure, additive over persons."""
    shown = _judged(timeline, definitions, study)
    if timeline.courses is None:
        return _labels(
            timeline,
            shown.outcomes,
            shown.metrics,
            study,
            evidence=shown.evidence,
            burden=shown.burden,
            **response_tables(timeline, shown.assessed(study), study),
        )
    courses = Courses.of(timeline, timeline.courses)
    tried = _judged(timeline.courses, definitions, study)
    index_day = courses.agreed(days(timeline.index["index_date"]), days(timeline.courses.index["index_date"]), NO_DAY)
    metrics = {name: courses.measured(one, tried.metrics[name]) for name, one in shown.metrics.items()}
    outcomes = [
        _settled(courses, *both, metrics[both[0].definition.measure_set], index_day)
        for both in zip(shown.outcomes, tried.outcomes, strict=True)
    ]
    settled = replace(timeline, index=courses.index(timeline.index, timeline.courses.index))
    evidence = courses.rows_of_any(shown.evidence, tried.evidence)
    burden = courses.rows_of_all(shown.burden, tried.burden)
    both = ((timeline, shown.assessed(study)), (timeline.courses, tried.assessed(study)))
    responses = settled_tables(courses, *both, study)
    return _labels(settled, outcomes, metrics, study, evidence=evidence, burden=burden, **responses)


def verdicts_of(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> NDArray[np.int8]:
    """The verdicts of `label` alone, as codes, by definition and person."""
    shown = [each.verdicts for each in _judged(timeline, definitions, study).outcomes]
    if timeline.courses is not None:
        courses = Courses.of(timeline, timeline.courses)
        tried = [each.verdicts for each in _judged(timeline.courses, definitions, study).outcomes]
        shown = [courses.verdicts(*both) for both in zip(shown, tried, strict=True)]
    return np.stack([each.verdict for each in shown])


def _judged(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> _Judged:
    used = {*_by(definitions, "window_set"), *assessed_sets(study).values()}
    followed = {name: _followed(timeline, name, study, definitions) for name in sorted(used)}
    measured = {
        group[0].measure_set: _measure_set(timeline, followed[group[0].window_set], group, study)
        for group in _by(definitions, "measure_set").values()
    }
    outcomes = [_outcome(timeline, measured[each.measure_set], each, study) for each in definitions]
    return _Judged(timeline, followed, measured, outcomes)


def _settled(
    courses: Courses, shown: frames.Outcome, tried: frames.Outcome, measured: Measured, index_day: Ints
) -> frames.Outcome:
    """What one definition makes of every person, where their courses agree."""
    verdicts = courses.verdicts(shown.verdicts, tried.verdicts)
    decided = courses.agreed(shown.decided, tried.decided, NO_DAY)
    flags = courses.flags(shown.flags, tried.flags)
    return frames.Outcome(
        shown.definition,
        verdicts,
        measured,
        courses.confirmation(shown.confirmation, tried.confirmation),
        np.where(verdicts.verdict == NOT_EVALUABLE, index_day, decided),
        flags | {name: flags[name] | shown.flags[name] for name in OF_DATES},
    )


def _labels(
    timeline: Timeline,
    outcomes: Sequence[frames.Outcome],
    metrics: Mapping[str, Measured],
    study: Study,
    **tables: pd.DataFrame,
) -> Labels:
    return Labels.of(
        {
            "labels": frames.labels_frame(timeline, outcomes, study),
            "metrics": frames.metrics_frame(timeline, metrics),
            **tables,
        }
    )


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def unmet_requirements(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> pd.DataFrame:
    """What each person lacks of what each definition requires, before any label.

    Columns person_id, cohort, definition_id, primary_reason, reasons; `<NA>` where nothing is lacking.
    """
    lacking = _lacking(timeline, definitions, study)
    if timeline.courses is not None:
        courses = Courses.of(timeline, timeline.courses)
        tried = _lacking(timeline.courses, definitions, study)
        lacking = {name: courses.lacking(shown, tried[name]) for name, shown in lacking.items()}
    return frames.unmet_frame(timeline, lacking)


def _lacking(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> dict[str, Ints]:
    lacking = {}
    for name, group in _by(definitions, "window_set").items():
        one = _followed(timeline, name, study, definitions)
        for each in group:
            lacking[each.id] = np.bitwise_or.reduce([one.unmet["index"], *(one.unmet[need] for need in each.requires)])
    return lacking


def _by(definitions: Sequence[Definition], attribute: str) -> dict[str, list[Definition]]:
    groups: dict[str, list[Definition]] = {}
    for definition in definitions:
        groups.setdefault(getattr(definition, attribute), []).append(definition)
    return groups


def _followed(timeline: Timeline, window_set: str, study: Study, definitions: Sequence[Definition]) -> _Followed:
    line = course(timeline, window_set, study)
    return _Followed(
        line, burden(line, timeline, study), unmet(line, timeline, window_sets(definitions, study)[window_set], study)
    )


def _measure_set(timeline: Timeline, one: _Followed, group: Sequence[Definition], study: Study) -> _MeasureSet:
    first = group[0]
    response = respond(one.line, one.sums, timeline, first.framework, study)
    seen = observe(one.line, one.sums, response, timeline, one.unmet, new_lesions=first.new_lesions_in_sum)
    by_month = tuple(measure(seen, study, month) for month in (study.criteria.month_days, *_other_months(study)))
    confirmation = confirm(one.line, one.sums, response, timeline)
    flags = frames.flags_of(timeline, one.line, one.sums, response, confirmation, by_month[0], study)
    return _MeasureSet(first.measure_set, one, response, confirmation, by_month[0], by_month[1:], flags)


def _other_months(study: Study) -> Iterator[float]:
    return (month for month in MONTHS if month != study.criteria.month_days)


def _outcome(timeline: Timeline, measures: _MeasureSet, definition: Definition, study: Study) -> frames.Outcome:
    unmet_bits, state = measures.followed.unmet, measures.confirmation.state
    verdicts = confirmed(definition, decide(definition, measures.measured, unmet_bits, study), state)
    sensitive: Bools = np.zeros(len(verdicts.verdict), dtype=np.bool_)
    if MONTH_METRICS & {leaf.metric for leaf in leaves(definition.rule)}:
        for other in measures.by_month:
            tried = confirmed(definition, decide(definition, other, unmet_bits, study), state)
            sensitive |= tried.verdict != verdicts.verdict
    flags = {
        **measures.flags,
        "month_sensitive": sensitive,
        "not_hyperprogression": np.full(len(sensitive), not definition.hpd),
    }
    if "pre_baseline" not in definition.requires:
        flags = {name: marked for name, marked in flags.items() if name not in GROWTH_FLAGS}
    decided = _decided(timeline, measures, definition, verdicts)
    return frames.Outcome(definition, verdicts, measures.measured, measures.confirmation, decided, flags)


def _decided(timeline: Timeline, measures: _MeasureSet, definition: Definition, verdicts: Verdicts) -> Ints:
    """Day of the assessment that decides: the first evaluation, or the scan that a confirmed progression waited for."""
    scans, index_day = measures.followed.line.scans, days(timeline.index["index_date"])
    day = scans.day_of(scans.post)
    if definition.variant == "confirmed":
        later = scans.day_of(measures.confirmation.point)
        waited = (verdicts.verdict == HPD) | refuted(definition, verdicts)
        day = np.where(waited & (later != NO_DAY), later, day)
    return np.where((verdicts.verdict != NOT_EVALUABLE) & (day != NO_DAY), index_day + day, index_day)
