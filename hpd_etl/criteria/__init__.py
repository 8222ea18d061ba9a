"""Label: every person under every definition, with the reason and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpd_etl.config import Study
from hpd_etl.criteria import frames
from hpd_etl.criteria.burden import Burden, burden
from hpd_etl.criteria.course import Course, course
from hpd_etl.criteria.definition import Definition, parse, window_sets
from hpd_etl.criteria.metrics import GROWTH_FLAGS, MONTH_METRICS, Measured, measure, observe
from hpd_etl.criteria.pseudoprogression import Confirmation, confirm
from hpd_etl.criteria.requirements import unmet
from hpd_etl.criteria.response import Response, respond
from hpd_etl.criteria.rules import leaves
from hpd_etl.criteria.verdicts import decide
from hpd_etl.grouping import Bools, Ints
from hpd_etl.schema import Labels, Timeline

__all__ = ["Definition", "label", "parse", "unmet_requirements", "window_sets"]

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


def label(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> Labels:
    """The labels of all persons of the timeline under all definitions; pure, additive over persons."""
    followed = {name: _followed(timeline, name, study, definitions) for name in _by(definitions, "window_set")}
    measured = {
        group[0].measure_set: _measure_set(timeline, followed[group[0].window_set], group, study)
        for group in _by(definitions, "measure_set").values()
    }
    names = list(measured)
    post = {name: one.followed.line.scans.post for name, one in measured.items()}
    return Labels.of(
        {
            "labels": frames.labels_frame(
                timeline, [_outcome(measured[each.measure_set], each, study) for each in definitions], study
            ),
            "metrics": frames.metrics_frame(timeline, {name: one.measured for name, one in measured.items()}, post),
            "evidence": _stacked(
                [
                    frames.evidence_frame(
                        timeline, one.followed.line, one.followed.sums, one.response, one.confirmation, name, names
                    )
                    for name, one in measured.items()
                ]
            ),
            "burden": _stacked(
                [frames.burden_frame(timeline, one.line, one.sums, name) for name, one in followed.items()]
            ),
        }
    )


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def unmet_requirements(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> pd.DataFrame:
    """What each person lacks of what each definition requires, before any label.

    Columns person_id, cohort, definition_id, primary_reason, reasons; `<NA>` where nothing is lacking.
    """
    lacking = {}
    for name, group in _by(definitions, "window_set").items():
        one = _followed(timeline, name, study, definitions)
        for each in group:
            lacking[each.id] = np.bitwise_or.reduce([one.unmet["index"], *(one.unmet[need] for need in each.requires)])
    return frames.unmet_frame(timeline, lacking)


def _by(definitions: Sequence[Definition], attribute: str) -> dict[str, list[Definition]]:
    groups: dict[str, list[Definition]] = {}
    for definition in definitions:
        groups.setdefault(getattr(definition, attribute), []).append(definition)
    return groups


def _followed(timeline: Timeline, window_set: str, study: Study, definitions: Sequence[Definition]) -> _Followed:
    line = course(timeline, window_set, study)
    return _Followed(
        line, burden(line, timeline), unmet(line, timeline, window_sets(definitions, study)[window_set], study)
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


def _outcome(measures: _MeasureSet, definition: Definition, study: Study) -> frames.Outcome:
    unmet_bits = measures.followed.unmet
    verdicts = decide(definition, measures.measured, unmet_bits, study)
    sensitive: Bools = np.zeros(len(verdicts.verdict), dtype=np.bool_)
    if MONTH_METRICS & {leaf.metric for leaf in leaves(definition.rule)}:
        for other in measures.by_month:
            sensitive |= decide(definition, other, unmet_bits, study).verdict != verdicts.verdict
    flags = {**measures.flags, "month_sensitive": sensitive}
    if "pre_baseline" not in definition.requires:
        flags = {name: marked for name, marked in flags.items() if name not in GROWTH_FLAGS}
    scans = measures.followed.line.scans
    return frames.Outcome(
        definition, verdicts, measures.measured, measures.confirmation, scans.day_of(scans.post), flags
    )
