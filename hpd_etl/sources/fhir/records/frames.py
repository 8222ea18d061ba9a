"""What was found resource by resource, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.grouping import category, strings
from hpd_etl.schema.tables import PRECISION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.sources.fhir.records.dates import Day


def texts(values: Sequence[str | None]) -> pd.Series[str]:
    """Texts; None is missing."""
    return strings(pa.array(values, pa.string()))


def dates_of(days: Sequence[Day | None]) -> pd.Series[pd.Timestamp]:
    """The first day possible of each."""
    values = pa.array([each.first if each else None for each in days], pa.date32())
    return pd.Series(values.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False))


def precisions_of(days: Sequence[Day | None]) -> pd.Series[str]:
    """How exactly each is known."""
    codes = [PRECISION.index(each.precision) if each and each.precision else -1 for each in days]
    return category(np.array(codes, dtype=np.int64), PRECISION)
