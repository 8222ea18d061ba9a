"""The growth rate printed in Table 2 of Ji 2019 lost its exponential and must never come out of here (E1)."""

from itertools import pairwise
from math import log

import pytest

from hpd_etl.config import Study
from hpd_etl.criteria import label, window_sets
from hpd_etl.library import everything
from hpd_etl.schema import METRICS
from hpd_etl.timeline import align

from . import notation

TABLE = """
    person    | -70 | -10 | 50
    unchanged | 60  | 60  | 60
    steady    | 100 | 120 | 144
    fast      | 50  | 60  | 80
    shrinking | 100 | 90  | 60
"""
MONTH = 30.4375


def test_an_unchanged_tumour_does_not_disappear(course):
    """The misprint, 100 (TG - 1) with TG = 3 ln(S2/S1) / months, would give -100 % for a tumour that stands still."""
    course("""
        person    | -70 | -10 | 50 | tgr_pre | tgr_post | tgr_delta
        unchanged | 60  | 60  | 60 | 0       | 0        | 0
    """)


@pytest.mark.parametrize("patient", notation.rows(TABLE), ids=lambda patient: patient["person"])
def test_no_metric_equals_the_misprinted_rate(patient):
    """Neither before nor on treatment does any number of any definition equal it."""
    study, definitions = Study(id="spec"), list(everything(None).values())
    windows = window_sets(definitions, study)
    metrics = label(align(notation.records([patient]), study, windows), definitions, study).metrics
    numeric = [column.name for column in METRICS.columns if column.kind == "number"]
    numbers = metrics[numeric].to_numpy(float, na_value=0)
    sizes = [float(patient[day]) for day in ("-70", "-10", "50")]
    for earlier, later in pairwise(sizes):
        misprinted = 100 * (3 * log(later / earlier) / (60 / MONTH) - 1)
        assert abs(numbers - misprinted).min() > 0.01
