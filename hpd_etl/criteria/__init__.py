"""Label: every person under every definition, with the reason and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpd_etl.config import Study
from hpd_etl.criteria import frames
from hpd_etl.criteria.again import Lines
from hpd_etl.criteria.assessing import assess
from hpd_etl.criteria.courses import Courses
from hpd_etl.criteria.definition import Definition, parse, window_sets
from hpd_etl.criteria.foreseeing import foreseeable, foreseen, lacking
from hpd_etl.criteria.judging import Judged, judge
from hpd_etl.criteria.metrics import Measured
from hpd_etl.criteria.verdicts import NOT_EVALUABLE
from hpd_etl.grouping import NO_DAY, Ints, days
from hpd_etl.schema import Labels, Timeline

__all__ = [
    "Definition",
    "Lines",
    "assess",
    "foreseeable",
    "foreseen_reasons",
    "label",
    "parse",
    "unmet_requirements",
    "verdicts_of",
    "window_sets",
]


def label(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> Labels:
    """The labels of all persons of the timeline under all definitions; pure, additive over persons."""
    shown = judge(timeline, definitions, study)
    if timeline.courses is None:
        return _labels(timeline, shown, shown.outcomes, shown.metrics, shown.evidence, shown.burden)
    courses = Courses.of(timeline, timeline.courses)
    tried = judge(timeline.courses, definitions, study)
    index_day = courses.agreed(days(timeline.index["index_date"]), days(timeline.courses.index["index_date"]), NO_DAY)
    metrics = {name: courses.measured(one, tried.metrics[name]) for name, one in shown.metrics.items()}
    outcomes = [
        _settled(courses, *both, metrics[both[0].definition.measure_set], index_day)
        for both in zip(shown.outcomes, tried.outcomes, strict=True)
    ]
    settled = replace(timeline, index=courses.index(timeline.index, timeline.courses.index))
    evidence = courses.rows_of_any(shown.evidence, tried.evidence)
    burden = courses.rows_of_all(shown.burden, tried.burden)
    return _labels(settled, shown, outcomes, metrics, evidence, burden)


def verdicts_of(
    timeline: Timeline, definitions: Sequence[Definition], study: Study, lines: Lines | None = None
) -> NDArray[np.int8]:
    """The verdicts of `label` alone, as codes, by definition and person; `lines` where only sizes are others."""
    own = (None, None) if lines is None else lines.measured(timeline)
    shown = judge(timeline, definitions, study, own[0]).verdicts
    if timeline.courses is not None:
        courses = Courses.of(timeline, timeline.courses)
        tried = judge(timeline.courses, definitions, study, own[1]).verdicts
        shown = [courses.verdicts(*both) for both in zip(shown, tried, strict=True)]
    return np.stack([each.verdict for each in shown])


def _settled(
    courses: Courses, shown: frames.Outcome, tried: frames.Outcome, measured: Measured, index_day: Ints
) -> frames.Outcome:
    """What one definition makes of every person, where their courses agree."""
    verdicts = courses.verdicts(shown.verdicts, tried.verdicts)
    decided = courses.agreed(shown.decided, tried.decided, NO_DAY)
    return frames.Outcome(
        shown.definition,
        verdicts,
        measured,
        courses.confirmation(shown.confirmation, tried.confirmation),
        np.where(verdicts.verdict == NOT_EVALUABLE, index_day, decided),
        courses.flags(shown.flags, tried.flags),
    )


def _labels(
    timeline: Timeline,
    judged: Judged,
    outcomes: Sequence[frames.Outcome],
    metrics: Mapping[str, Measured],
    evidence: pd.DataFrame,
    burden: pd.DataFrame,
) -> Labels:
    return Labels.of(
        {
            "labels": frames.labels_frame(timeline, judged.people, outcomes, judged.study),
            "metrics": frames.metrics_frame(timeline, judged.people, metrics),
            "evidence": evidence,
            "burden": burden,
        }
    )


def unmet_requirements(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> pd.DataFrame:
    """What each person lacks of what each definition requires, before any label.

    Columns person_id, cohort, definition_id, primary_reason, reasons; `<NA>` where nothing is lacking.
    """
    found = lacking(timeline, definitions, study, sums=False)
    if timeline.courses is not None:
        courses = Courses.of(timeline, timeline.courses)
        tried = lacking(timeline.courses, definitions, study, sums=False)
        found = {name: courses.lacking(shown, tried[name]) for name, shown in found.items()}
    return frames.unmet_frame(timeline, found)


def foreseen_reasons(timeline: Timeline, definitions: Sequence[Definition], study: Study) -> pd.DataFrame:
    """The frame of `unmet_requirements` with all that shows before a label: also sums that a rule cannot do without.

    It says the same as the labels in the reasons that are `foreseeable` for a definition.
    """
    return frames.unmet_frame(timeline, foreseen(timeline, definitions, study))
