"""To come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl.schema import TUMOUR_SUMS
from hpd_etl.sources.fhir_resources import Selection

if TYPE_CHECKING:
    import pandas as pd

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir_codes import Tokens
    from hpd_etl.sources.fhir_reading import Reading


def selection(study: Study, source: FhirReading, tokens: Tokens) -> Selection:
    """To come."""
    return Selection(frozenset(), {})


def tumour_sums(reading: Reading, treated: frozenset[str]) -> pd.DataFrame:
    """To come."""
    return TUMOUR_SUMS.frame()
