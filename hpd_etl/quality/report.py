"""What `validate` found; counts only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from hpd_etl.expectations import CheckResult
    from hpd_etl.quality.profile import Profile

PARTS = ("rejections", "ignored", "scans", "drift", "ledger", "suspicions")
"""The frames of a report that are shown as they are."""


@dataclass(frozen=True)
class QualityReport:
    """What `validate` found; counts only. The columns of the frames are those of `published.Content`.

    `persons` by cohort; `rows` kept by table; `rejections`, `ignored` and `scans` counted; `funnel` as the function of
    that name, as far as it shows before a label exists, and `strata` the same of the run and of all that splits it.
    `profile` stands in a file of its own.
    """

    persons: dict[str, int]
    rows: dict[str, int]
    rejected_fraction: float
    rejections: pd.DataFrame
    scans: pd.DataFrame
    funnel: pd.DataFrame
    strata: pd.DataFrame
    checks: tuple[CheckResult, ...]
    drift: pd.DataFrame = field(default_factory=pd.DataFrame)
    ignored: pd.DataFrame = field(default_factory=pd.DataFrame)
    ledger: pd.DataFrame = field(default_factory=pd.DataFrame)
    suspicions: pd.DataFrame = field(default_factory=pd.DataFrame)
    profile: Profile = field(default_factory=dict)
