"""The p-values of published tables, from their counts, by the tests of the report."""

from __future__ import annotations

import numpy as np
import pytest

from hpd_etl.report.statistics import counts
from tests.published.cases import ROWS

BY = {"p_printed": lambda table: counts.compared(table).p, "p_exact": counts.freeman_halton,
      "p_chi_square": counts.chi_square}


@pytest.mark.parametrize("row", [row for row in ROWS if row.quantity in BY],
                         ids=lambda row: f"{row.case_id}-{row.quantity}")
def test_a_published_table_has_its_p(row):
    """What Ji 2019 prints for seven of its eight categorical rows, and what was recomputed of others, follows from the
    counts by the test that the report chooses; 0.749 for metastatic sites does not, and is asserted nowhere.
    """
    assert BY[row.quantity](np.array(row.counts)) == pytest.approx(row.number, abs=row.close)


def test_castello():
    """More than two metastatic sites in 12 of 14 against 8 of 32: printed < .001, recomputed 0.0002 (grade V1)."""
    found = counts.compared(np.array([[12, 8], [2, 24]]))
    assert found.test == counts.FISHER
    assert round(found.p, 4) == 0.0002
