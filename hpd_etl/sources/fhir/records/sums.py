"""Recorded sums over target lesions, from Observations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpd_etl.schema import TUMOUR_SUMS
from hpd_etl.sources.assessments import sum_rows
from hpd_etl.sources.fhir.records.admission import Admission
from hpd_etl.sources.fhir.records.examinations import Examinations
from hpd_etl.sources.fhir.records.meanings import Meanings
from hpd_etl.sources.fhir.records.observations import dated, told, told_rows
from hpd_etl.sources.fhir.records.sizes import SizeReader
from hpd_etl.sources.meanings import SUMS

if TYPE_CHECKING:
    import pandas as pd

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir.decode.resources import Selection
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.examinations import When
    from hpd_etl.sources.fhir.records.observations import Told
    from hpd_etl.sources.fhir.records.reading import Reading

_COUNTED = "Observation sums"


def selection(study: Study, source: FhirReading, tokens: Tokens) -> Selection:
    """What can tell a sum."""
    return Meanings(source.mapping, tokens).selection(*SUMS)


def tumour_sums(reading: Reading) -> pd.DataFrame:
    """Recorded sums, on the day of the examination."""
    admission, examinations = Admission(reading, TUMOUR_SUMS.name, _COUNTED), Examinations(reading)

    def when(each: Told) -> When:
        return examinations.scan_day(each.context, examinations.examined(each.context, each.person))

    found, days = dated(told(reading, SUMS, admission), when, admission)
    admission.settle()
    rows = reading.ledger.read(told_rows(reading, _COUNTED, found, days))
    kind = np.array([SUMS.index(each.meaning.kind) for each in found], dtype=np.int64)
    return sum_rows(rows, "day", kind, SizeReader(reading).read(found, kind), reading.ledger)
