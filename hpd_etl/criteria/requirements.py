"""What a definition requires before its rule is asked, and why a person lacks it; ambiguities section 0, D1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hpd_etl.config import Study, Windows
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.reasons import BIT
from hpd_etl.grouping import NO_DAY, Bools, Ints, any_of
from hpd_etl.schema import INDEX, Reason

_STOPS = INDEX["stop_reason"].values


def unmet(line: Course, windows: Windows, study: Study) -> Mapping[str, Ints]:
    """By requirement the reason bits of each person; 0 where it is met. `index` holds for every definition."""
    short = line.people.lookback_days < study.index.lookback_days
    in_baseline = _examined(line, windows.baseline_from_day, windows.baseline_to_day + windows.baseline_grace_days)
    no_baseline = np.where(in_baseline, BIT[Reason.NO_MEASURABLE_DISEASE], BIT[Reason.NO_BASELINE_SCAN])
    has_baseline = line.scans.baseline >= 0
    return {
        "index": np.where(line.people.partly_read, BIT[Reason.EXTRACTION_INCOMPLETE], 0)
        | np.where(short, BIT[Reason.SHORT_LOOKBACK], 0),
        "baseline": np.where(has_baseline, 0, no_baseline),
        "first_evaluation": np.where(line.scans.post >= 0, 0, _without_evaluation(line, windows)),
        "pre_baseline": np.where((line.scans.pre >= 0) | ~has_baseline, 0, BIT[Reason.NO_PREBASELINE_SCAN]),
    }


def _examined(line: Course, first_day: int, last_day: int) -> Bools:
    within = (line.scans.day >= first_day) & (line.scans.day <= last_day)
    return any_of(line.person, within, line.persons)


def _without_evaluation(line: Course, windows: Windows) -> Ints:
    """Early drop-out by death, progression, toxicity or another end of treatment; else no scan was made."""
    people, last = line.people, windows.post_to_day

    def by_last_day(day: Ints) -> Bools:
        return np.asarray((day != NO_DAY) & (day <= last))

    stopped = by_last_day(people.stop_day)
    reasons = [
        Reason.EARLY_DROPOUT_DEATH,
        Reason.EARLY_DROPOUT_PROGRESSION,
        Reason.EARLY_DROPOUT_TOXICITY,
        Reason.EARLY_DROPOUT_OTHER,
    ]
    conditions = [
        by_last_day(people.death_day),
        stopped & (people.stop_reason == _STOPS.index("progression")),
        stopped & (people.stop_reason == _STOPS.index("toxicity")),
        by_last_day(people.ttf_max_days),
    ]
    why = np.select(conditions, [BIT[reason] for reason in reasons], BIT[Reason.NO_POST_SCAN])
    return np.where(_examined(line, windows.post_from_day, last), BIT[Reason.NO_POST_SCAN], why)
