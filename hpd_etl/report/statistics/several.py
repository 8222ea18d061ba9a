"""What many tests at once do to each p."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Final

import numpy as np

from hpd_etl.report.content import Method

if TYPE_CHECKING:
    from hpd_etl.grouping import Floats

METHOD: Final = Method(
    "several", "Many tests at once",
    "Each p stands as it is, beside it adjusted for all tests of the same table: by Holm 1979, which bounds the chance "
    "of any false finding, and by Benjamini and Hochberg 1995, which bounds the expected share of false ones among "
    "the findings (statsmodels). Nothing is adjusted across definitions, which look at the same persons.")


def adjusted(p: Floats, method: str) -> Floats:
    """The p-values adjusted by `holm` or `fdr_bh`; NaN, which was not tested, stays NaN and does not count."""
    from statsmodels.stats.multitest import multipletests

    tested = ~np.isnan(p)
    found = np.full(len(p), np.nan)
    if tested.any():
        gc.freeze()  # Holm's collects garbage on every call: a tenth of a second for a large run
        try:
            found[tested] = multipletests(p[tested], method=method)[1]
        finally:
            gc.unfreeze()
    return found
