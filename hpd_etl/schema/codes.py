"""The closed lists of codes: verdicts, reasons, what is seen of a lesion, what a scan is used for."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """The three truths of a label."""

    HPD = "HPD"
    NOT_HPD = "NOT_HPD"
    NOT_EVALUABLE = "NOT_EVALUABLE"


class Reason(StrEnum):
    """Why a label cannot be given; in the order in which the primary reason is chosen.

    """

    EXTRACTION_INCOMPLETE = "extraction_incomplete"
    SHORT_LOOKBACK = "short_lookback"
    NO_BASELINE_SCAN = "no_baseline_scan"
    NO_MEASURABLE_DISEASE = "no_measurable_disease"
    EARLY_DROPOUT_DEATH = "early_dropout_death"
    EARLY_DROPOUT_PROGRESSION = "early_dropout_progression"
    EARLY_DROPOUT_TOXICITY = "early_dropout_toxicity"
    EARLY_DROPOUT_OTHER = "early_dropout_other"
    NO_POST_SCAN = "no_post_scan"
    NO_PREBASELINE_SCAN = "no_prebaseline_scan"
    IMPRECISE_DATE = "imprecise_date"
    NODE_SHORT_AXIS_MISSING = "node_short_axis_missing"
    LOCAL_THERAPY = "local_therapy"
    LESION_SET_MISMATCH = "lesion_set_mismatch"
    ZERO_BASELINE = "zero_baseline"
    ZERO_PREBASELINE = "zero_prebaseline"
    PRE_GROWTH_NONPOSITIVE = "pre_growth_nonpositive"
    RESPONSE_UNKNOWN = "response_unknown"
    TTF_UNKNOWN = "ttf_unknown"
    FINDING_UNKNOWN = "finding_unknown"
    UNCONFIRMED = "unconfirmed"


class LesionStatus(StrEnum):
    """What was seen of a lesion at a scan."""

    MEASURED = "measured"
    PRESENT = "present"
    PROGRESSED = "progressed"
    TOO_SMALL = "too_small"
    DISAPPEARED = "disappeared"
    NOT_YET_PRESENT = "not_yet_present"
    NOT_ASSESSED = "not_assessed"


class LesionRole(StrEnum):
    """What the source calls a lesion."""

    TARGET = "target"
    NON_TARGET = "non_target"
    NEW = "new"
    UNSTATED = "unstated"


class ScanRole(StrEnum):
    """What a scan is used for."""

    PRE = "pre"
    BASELINE = "baseline"
    POST = "post"
    REFUSED = "refused"


CHECKPOINT_COHORT = "checkpoint_inhibitor"

INTENDED_USE = "Research use only; not for the care of an individual patient"
"""Stands in every label written back, in the description of every cohort and beside the label files."""
