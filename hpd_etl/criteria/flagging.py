"""Which flags a label carries that no metric decides; what they mean stands in `flags`."""

from __future__ import annotations

import numpy as np

from hpd_etl.config import Study
from hpd_etl.criteria.burden import Burden
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.flags import BIT
from hpd_etl.criteria.observed import Observed
from hpd_etl.criteria.pseudoprogression import Confirmation
from hpd_etl.criteria.response import Response
from hpd_etl.criteria.rules import at_least
from hpd_etl.grouping import NO_DAY, Bools, Ints, any_of, encoded, highest, lowest
from hpd_etl.schema import Timeline

_EARLY_EVALUATION_DAY = 14
_OLD_BASELINE_DAY = -28
_MEASUREMENT_ERROR_MM = 5.0
OF_PRE_GROWTH = (
    BIT["growth_onset"] | BIT["pre_growth_below_measurement_error"] | BIT["suspected_hpd_no_baseline_disease"]
)
"""Flags of interest only where a definition looks at growth before treatment."""


def flags_of(
    timeline: Timeline,
    line: Course,
    sums: Burden,
    response: Response,
    confirmation: Confirmation,
    study: Study,
) -> dict[str, Bools]:
    """What a careful reader should know of each label."""
    scans, people = line.scans, line.people
    base, post = scans.baseline_day, scans.post_day
    complete = line.shows_any & ~line.shows_new & study.lesions.no_row_means_no_new_lesion
    return {
        "same_day_baseline": base == 0,
        "baseline_older_than_28_days": (base != NO_DAY) & (base < _OLD_BASELINE_DAY),
        "early_first_evaluation": (post != NO_DAY) & (post < _EARLY_EVALUATION_DAY),
        "targets_recorded": line.targets_recorded,
        "uncapped_source": line.targets_uncapped & line.targets_recorded,
        "targets_derived": (sums.set_size > 0) & ~line.targets_recorded,
        "sum_recorded": _marked_at(sums.recorded, scans.baseline),
        "response_recorded": _marked_at(response.recorded, scans.post),
        "imprecise_date": people.imprecise,
        "earlier_dose_refused": people.earlier_dose,
        "lesions_complete": _marked_at(complete, scans.post),
        "first_seen_late": _marked_at(line.shows_late, scans.post),
        "pseudoprogression": confirmation.pseudoprogression,
        "local_therapy_organ_unknown": line.organ_unknown,
        "local_therapy_elsewhere": line.local_elsewhere,
        "prior_checkpoint_inhibitor": people.prior_checkpoint_day != NO_DAY,
        "reference_on_treatment": _on_treatment(line),
        "modality_changed": _changed(timeline, line, "modality"),
        "reader_changed": _changed(timeline, line, "reader"),
    }


def _marked_at(marked: Bools, scan: Ints) -> Bools:
    return (scan >= 0) & marked[scan] if len(marked) else np.zeros(len(scan), dtype=np.bool_)


def _on_treatment(line: Course) -> Bools:
    """Another systemic therapy was going on between the pre-baseline and the baseline scan (ambiguity B9)."""
    given, person = line.therapies, line.therapies.person
    first, last = line.scans.pre_day[person], line.scans.baseline_day[person]
    meanwhile = (first != NO_DAY) & (given.day <= last) & (given.last_day >= first)
    return any_of(person, given.systemic & meanwhile, line.persons)


def _changed(timeline: Timeline, line: Course, column: str) -> Bools:
    """Target lesions were examined differently at the three scans (ambiguity C10)."""
    if not timeline.lesions[column].notna().any():
        return np.zeros(line.persons, dtype=np.bool_)
    code, _ = encoded(timeline.lesions[column])
    used = np.flatnonzero(line.is_target & (code >= 0) & (line.row_point >= 0))
    person, point = line.row_person[used], line.row_point[used]
    looked_at = np.any([point == scan[person] for scan in line.scans.by_name.values()], axis=0)
    person, code = person[looked_at], code[used[looked_at]]
    return np.asarray(lowest(person, code, line.persons, -1) != highest(person, code, line.persons, -1))


def flags_of_growth(seen: Observed, study: Study) -> dict[str, Bools]:
    """What the burdens at the three scans show beside their metrics."""
    at = seen.by_ruler["sld"]
    grown = at.base - at.pre
    flat = (grown <= 0) | (np.abs(grown) < study.criteria.min_pre_change_mm)
    return {
        "growth_onset": flat & (at.post > at.base),
        "pre_growth_below_measurement_error": ~np.isnan(grown) & ~at_least(np.abs(grown), _MEASUREMENT_ERROR_MM),
        "suspected_hpd_no_baseline_disease": (at.base == 0) & (at.post > 0),
        "volume_from_diameter": seen.spherical,
    }
