"""Other readings of the same rules, one parameter at a time: what papers leave open and studies do not agree on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from pydantic import ValidationError

from hpd_etl.config import Study, Windows
from hpd_etl.criteria import Definition
from hpd_etl.criteria.definition import STUDY_WINDOWS
from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.criteria.rules import Leaf, Node, Rule
from hpd_etl.grouping import NO_DAY, Ints, integers, positions, text
from hpd_etl.schema import INDEX, ScanRole, Timeline

_SWAPPED = {">=": ">", ">": ">=", "<=": "<", "<": "<="}
_POLICIES = ("not_evaluable", "positive_post_is_hpd", "exclude")
_LAST_DOSE_DECIDES = ("death", "therapy", "gap", "censored")


@dataclass(frozen=True)
class Reading:
    """One parameter with one other value."""

    parameter: str
    value: str
    study: Study
    definitions: Sequence[Definition]
    aligns: bool = False
    """Scans or lines of treatment are chosen otherwise: the records have to be aligned again."""
    retold: Callable[[Timeline], Timeline] | None = None
    """What becomes of the timeline, where it need not be aligned again."""


def readings(definitions: Sequence[Definition], study: Study) -> Iterator[Reading]:
    """Every reading that the study asks for and that is not its own."""
    asked, criteria = study.sensitivity, study.criteria
    for month in asked.month_days:
        if month != criteria.month_days:
            yield Reading("month_days", f"{month:g}", _but(study, "criteria", month_days=month), definitions)
    yield Reading("strictness", "swapped", study, [_strictness_swapped(each) for each in definitions])
    for name, windows in _other_windows(study):
        yield Reading("windows", name, study.model_copy(update={"windows": windows}), definitions, aligns=True)
    for gap in asked.ttf_gap_days:
        if gap != study.index.ttf_gap_days:
            yield Reading("ttf_gap_days", str(gap), _but(study, "index", ttf_gap_days=gap), definitions, aligns=True)
    for name in asked.ttf_readings:
        yield Reading("ttf_reading", name, study, definitions, retold=_TTF_READINGS[name](asked.dose_interval_days))
    for policy in _POLICIES:
        if policy != criteria.pre_growth_nonpositive:
            changed = _but(study, "criteria", pre_growth_nonpositive=policy)
            yield Reading("pre_growth_nonpositive", policy, changed, definitions)


def _other_windows(study: Study) -> Iterator[tuple[str, Windows]]:
    """The windows that are tried; a default that the study's own rule out is not."""
    for name, stated in study.sensitivity.windows.items():
        with suppress(ValidationError):
            if (windows := study.windows.but(stated)) != study.windows:
                yield name, windows


def _but(study: Study, part: str, **changes: object) -> Study:
    """The study with something else in one of its parts."""
    return study.model_copy(update={part: getattr(study, part).model_copy(update=changes)})


# --- thresholds -------------------------------------------------------------------------------


def _strictness_swapped(definition: Definition) -> Definition:
    return replace(definition, rule=_swapped(definition.rule))


def _swapped(rule: Rule) -> Rule:
    """`>=` for `>` and the other way round; counts, codes and the question whether something grew stay as they are."""
    if isinstance(rule, Node):
        return replace(rule, parts=tuple(_swapped(part) for part in rule.parts))
    return replace(rule, sign=_SWAPPED[rule.sign]) if _is_threshold(rule) else rule


def _is_threshold(leaf: Leaf) -> bool:
    return bool(METRIC_SOURCES[leaf.metric].unit) and leaf.value != 0


# --- time to treatment failure ----------------------------------------------------------------


def _from_baseline_scan(_interval: int) -> Callable[[Timeline], Timeline]:
    """Counted from the baseline scan of the study's windows, where there is one."""

    def told(timeline: Timeline) -> Timeline:
        choices = timeline.scan_choices
        chosen = (choices["window_set"] == STUDY_WINDOWS) & (choices["role"] == ScanRole.BASELINE)
        baseline = choices.loc[chosen.to_numpy(np.bool_, na_value=False)]
        since = np.zeros(len(timeline.index), dtype=np.int64)
        person = positions(baseline["person_id"], text(timeline.index["person_id"]))
        since[person] = baseline["days_from_index"].to_numpy(np.int64)
        least, most = _ttf(timeline)
        return _with_ttf(timeline, _later(least, -since), _later(most, -since))

    return lambda timeline: _also_of_courses(timeline, told)


def _with_last_interval(interval: int) -> Callable[[Timeline], Timeline]:
    """Until the dose after the last would have been due, but not beyond death or follow-up; a recorded stop stays."""

    def told(timeline: Timeline) -> Timeline:
        index = timeline.index
        least, most = _ttf(timeline)
        bases = [INDEX["ttf_basis"].values.index(name) for name in _LAST_DOSE_DECIDES]
        decides = np.isin(index["ttf_basis"].cat.codes.to_numpy(), bases)
        death, watched = _day(timeline, "death_day"), _day(timeline, "followup_end_day")
        last = np.minimum(np.where(death == NO_DAY, _NEVER, death), np.where(watched == NO_DAY, _NEVER, watched))

        def prolonged(day: Ints, of: Ints) -> Ints:
            return np.where(decides & of, np.maximum(day, np.minimum(_later(day, interval), last)), day)

        since_last_dose = least == _day(timeline, "last_dose_day")
        return _with_ttf(timeline, prolonged(least, since_last_dose), prolonged(most, most != NO_DAY))

    return lambda timeline: _also_of_courses(timeline, told)


_NEVER = int(np.iinfo(np.int64).max)
_TTF_READINGS = {"from_baseline_scan": _from_baseline_scan, "with_last_interval": _with_last_interval}


def _also_of_courses(timeline: Timeline, told: Callable[[Timeline], Timeline]) -> Timeline:
    return replace(told(timeline), courses=None if timeline.courses is None else told(timeline.courses))


def _day(timeline: Timeline, column: str) -> Ints:
    return np.asarray(timeline.index[column].to_numpy(np.int64, na_value=NO_DAY))


def _ttf(timeline: Timeline) -> tuple[Ints, Ints]:
    return _day(timeline, "ttf_min_days"), _day(timeline, "ttf_max_days")


def _later(day: Ints, by: Ints | int) -> Ints:
    return np.where(day == NO_DAY, NO_DAY, day + by)


def _with_ttf(timeline: Timeline, least: Ints, most: Ints) -> Timeline:
    told = {"ttf_min_days": integers(least), "ttf_max_days": integers(most)}
    return replace(timeline, index=timeline.index.assign(**told))
