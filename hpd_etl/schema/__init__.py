"""The tables that travel from stage to stage; the only definition of their columns.

Frames, Parquet files, DDL, documentation and tests derive from the `Table` objects below. All
columns are nullable: an absent value is `<NA>`, never 0 or False. Identifiers are opaque strings.
Lengths are millimetres, days are whole calendar days; day 0 is the day of the first dose.
"""

from __future__ import annotations

from hpd_etl.schema.agreement import AGREEMENT_RATES, LABELLED, LABELLED_COUNTS, OVERLAPS, PAIRS
from hpd_etl.schema.bundles import (
    Agreement,
    Attrition,
    Bundle,
    Growth,
    Labels,
    Records,
    Sensitivity,
    Suspicions,
    Timeline,
)
from hpd_etl.schema.codes import (
    CHECKPOINT_COHORT,
    INTENDED_USE,
    LesionRole,
    LesionStatus,
    Reason,
    ScanRole,
    Verdict,
)
from hpd_etl.schema.columns import Column, Kind, Table
from hpd_etl.schema.funnel import FUNNEL, STRATA
from hpd_etl.schema.growth import GROWTH, GROWTH_MODELS
from hpd_etl.schema.responses import ASSESSMENTS, BEST_RESPONSE
from hpd_etl.schema.sensitivity import FLIPPED, FLIPS, PARAMETERS, PERTURBATION
from hpd_etl.schema.suspicions import SUSPICIONS
from hpd_etl.schema.tables import (
    BURDEN,
    DATE_OF,
    DOSES,
    EVIDENCE,
    FINDINGS,
    FOLLOWUP,
    INDEX,
    LABELS,
    LESIONS,
    METRICS,
    PERSONS,
    PRECISION,
    REJECTIONS,
    RESPONSES,
    SCAN_CHOICES,
    SCANS,
    TARGETS,
    THERAPIES,
    TUMOUR_SUMS,
    with_days,
)

__all__ = [
    "AGREEMENT_RATES",
    "ASSESSMENTS",
    "BEST_RESPONSE",
    "BURDEN",
    "CHECKPOINT_COHORT",
    "DATE_OF",
    "DOSES",
    "EVIDENCE",
    "FINDINGS",
    "FLIPPED",
    "FLIPS",
    "FOLLOWUP",
    "FUNNEL",
    "GROWTH",
    "GROWTH_MODELS",
    "INDEX",
    "INTENDED_USE",
    "LABELLED",
    "LABELLED_COUNTS",
    "LABELS",
    "LESIONS",
    "METRICS",
    "OVERLAPS",
    "PAIRS",
    "PARAMETERS",
    "PERSONS",
    "PERTURBATION",
    "PRECISION",
    "REJECTIONS",
    "RESPONSES",
    "SCANS",
    "SCAN_CHOICES",
    "STRATA",
    "SUSPICIONS",
    "TARGETS",
    "THERAPIES",
    "TUMOUR_SUMS",
    "Agreement",
    "Attrition",
    "Bundle",
    "Column",
    "Growth",
    "Kind",
    "Labels",
    "LesionRole",
    "LesionStatus",
    "Reason",
    "Records",
    "ScanRole",
    "Sensitivity",
    "Suspicions",
    "Table",
    "Timeline",
    "Verdict",
    "with_days",
]
