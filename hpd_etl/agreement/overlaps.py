"""Who is HPD by how many rules of hyperprogression, and by exactly which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpd_etl.grouping import Bools, Ints
from hpd_etl.schema import LABELLED, LABELLED_COUNTS, OVERLAPS

if TYPE_CHECKING:
    from hpd_etl.agreement.ratings import Ratings


def labelled(cohorts: Sequence[Ratings]) -> pd.DataFrame:
    """Every person with the rules by which they are HPD, of those that could say."""
    parts = []
    for one in (each.of_hyperprogression() for each in cohorts):
        names, code = _combinations(one)
        parts.append(pd.DataFrame({
            "person_id": one.persons.to_pandas(), "cohort": one.cohort, "n_hpd": one.hpd.sum(axis=1),
            "n_evaluable": one.evaluable.sum(axis=1), "definitions": np.array(names, dtype=object)[code],
        }))
    return LABELLED.frame(pd.concat(parts, ignore_index=True) if parts else None)


def labelled_counts(cohorts: Sequence[Ratings]) -> pd.DataFrame:
    """How many persons are HPD by k of the m rules that could say."""
    rows = []
    for one in (each.of_hyperprogression() for each in cohorts):
        found, persons = np.unique(np.column_stack([one.evaluable.sum(axis=1), one.hpd.sum(axis=1)]), axis=0,
                                   return_counts=True)
        rows += [(one.cohort, k, m, n) for (m, k), n in zip(found.tolist(), persons.tolist(), strict=True)]
    return LABELLED_COUNTS.frame(pd.DataFrame(rows, columns=LABELLED_COUNTS.names))


def overlaps(cohorts: Sequence[Ratings]) -> pd.DataFrame:
    """The exact combinations of rules, the most frequent first."""
    rows = []
    for one in (each.of_hyperprogression() for each in cohorts):
        names, code = _combinations(one)
        persons = np.bincount(code, minlength=len(names))
        judging = one.evaluable[:, one.evaluable.any(axis=0)]
        complete = np.bincount(code[judging.all(axis=1)], minlength=len(names))
        sizes = [name.count(";") + 1 if name else 0 for name in names]
        order = sorted(range(len(names)), key=lambda place: (-persons[place], sizes[place], names[place] or ""))
        rows += [(one.cohort, names[place], sizes[place], int(persons[place]), int(complete[place]))
                 for place in order]
    return OVERLAPS.frame(pd.DataFrame(rows, columns=OVERLAPS.names))


def _combinations(one: Ratings) -> tuple[list[str | None], Ints]:
    """The distinct sets of rules by which somebody is HPD, and each person's."""
    code = np.zeros(len(one.hpd), dtype=np.int64)
    for eight in np.packbits(one.hpd, axis=1).T:  # rules by eights, so that no number overflows however many there are
        code = pd.factorize(code * 256 + eight)[0]
    examples = one.hpd[~pd.Series(code).duplicated().to_numpy()]
    return [_spelled(one.rules, row) for row in examples], np.asarray(code, dtype=np.int64)


def _spelled(rules: Sequence[str], marked: Bools) -> str | None:
    return ";".join(rule for rule, is_marked in zip(rules, marked, strict=True) if is_marked) or None
