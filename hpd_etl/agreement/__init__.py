"""Agreement: how far the definitions agree on the same persons, cohort by cohort.

Two definitions are compared on the persons whom both can judge: who is evaluable by one alone is counted and compared
by none. A rule that several papers state is one rule, and what defines no hyperprogression stands apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl import quality
from hpd_etl.agreement.overlaps import labelled, labelled_counts, overlaps
from hpd_etl.agreement.pairs import pairs
from hpd_etl.agreement.ratings import counted, ratings
from hpd_etl.schema import Agreement

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from hpd_etl.criteria.definition import Definition
    from hpd_etl.schema import Labels

__all__ = ["compare"]


def compare(labels: Labels, definitions: Sequence[Definition]) -> Agreement:
    """The agreement of these definitions on the persons of these labels; pure."""
    cohorts = ratings(labels.labels, definitions)
    return Agreement.of({
        "pairs": pairs(cohorts),
        "agreement_rates": _rates(labels, definitions),
        "labelled": labelled(cohorts),
        "labelled_counts": labelled_counts(cohorts),
        "overlaps": overlaps(cohorts),
    })


def _rates(labels: Labels, definitions: Sequence[Definition]) -> pd.DataFrame:
    """The rates of every definition, also of those that share a rule."""
    rates, first = quality.rates(labels), counted(definitions)
    counted_as = {each.id: first[each.rule_id].id for each in definitions}
    defines = {each.id: each.hpd for each in definitions}
    names = rates["definition_id"]
    return rates.assign(counted_as=names.map(counted_as), hyperprogression=names.map(defines).astype("boolean"))
