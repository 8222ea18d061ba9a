"""The flags a label may carry: nothing that changes a verdict, all that a careful reader should know."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hpd_etl.grouping import Bools, Ints, bits

FLAGS: Mapping[str, str] = {
    "baseline_older_than_28_days": "the baseline scan lies more than 28 days before the first dose",
    "earlier_dose_refused": "an earlier or undated dose was refused, so that the first one may not be the first",
    "early_first_evaluation": "the first evaluation lies less than 14 days after the first dose",
    "first_seen_late": "a lesion seen first at the first evaluation is not called new by the source and not counted",
    "growth_onset": "growth on treatment where there was none before it",
    "imprecise_date": "a date that matters is not known to the day; a verdict holds on all its days",
    "lesions_complete": "that there is no new lesion follows only from there being no row of one",
    "local_therapy_elsewhere": "a local therapy between the scans was to an organ in which no target lies, by its name",
    "local_therapy_organ_unknown": "a local therapy fell between the scans; its organ, or that of a target, is unknown",
    "modality_changed": "the targets were examined by another modality at one of the scans",
    "month_sensitive": "the verdict would be another with a month of 28, 30 or 30.4375 days",
    "not_hyperprogression": "the rule is one of fast progression, which is no hyperprogression",
    "pre_growth_below_measurement_error": "the burden changed by less than 5 mm before treatment",
    "prior_checkpoint_inhibitor": "a checkpoint inhibitor that the study leaves out was given before",
    "pseudoprogression": "the next scan did not show the progression any more",
    "reader_changed": "the targets were measured by another reader at one of the scans",
    "reference_on_treatment": "another systemic therapy was given between the pre-baseline and the baseline scan",
    "response_recorded": "the response at the first evaluation is the recorded one, not derived from lesions",
    "same_day_baseline": "the baseline scan is of the day of the first dose",
    "sum_recorded": "the burden is a recorded sum, not one of lesions",
    "suspected_hpd_no_baseline_disease": "disease at the first evaluation where the burden at baseline was 0",
    "targets_derived": "the source calls no lesion a target; they were chosen by the rules of RECIST",
    "targets_recorded": "the targets are those of the source",
    "uncapped_source": "the source has more targets than RECIST allows; the largest of them are used",
    "volume_from_diameter": "a volume of a target is not recorded at a scan that is used; all are those of spheres",
}
"""Name -> what it means."""

BIT = {name: np.int64(1 << place) for place, name in enumerate(FLAGS)}

OF_DATES = BIT["imprecise_date"] | BIT["earlier_dose_refused"]
"""Flags that say which dates are not known, not what follows on each possible day."""


def marked(flags: Mapping[str, Bools]) -> Ints:
    """Flags as bits of one number a person."""
    made: Ints = np.bitwise_or.reduce([bits(where, BIT[name]) for name, where in flags.items()])
    return made
