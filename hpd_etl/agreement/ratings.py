"""What every rule says of every person of a cohort: the arrays that agreement is counted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.criteria.definition import Definition
from hpd_etl.grouping import Bools, Ints, encoded, positions
from hpd_etl.schema import Verdict


@dataclass(frozen=True)
class Ratings:
    """One cohort: persons down, rules across; a rule that several ids share stands once, under the first of them."""

    cohort: str
    persons: pa.Array
    rules: tuple[str, ...]
    hyperprogression: Bools
    """By rule: it defines hyperprogression."""
    hpd: Bools
    evaluable: Bools

    def of_hyperprogression(self) -> Ratings:
        """The rules that define hyperprogression."""
        kept = self.hyperprogression
        rules = tuple(rule for rule, is_kept in zip(self.rules, kept, strict=True) if is_kept)
        return Ratings(self.cohort, self.persons, rules, kept[kept], self.hpd[:, kept], self.evaluable[:, kept])


def counted(definitions: Sequence[Definition]) -> dict[str, Definition]:
    """By rule, the first definition that states it: the one under which the rule is counted."""
    found: dict[str, Definition] = {}
    for each in definitions:
        found.setdefault(each.rule_id, each)
    return found


def ratings(labels: pd.DataFrame, definitions: Sequence[Definition]) -> list[Ratings]:
    """The ratings of each cohort, by its name; who has no label under a rule is not evaluable by it."""
    rules = tuple(counted(definitions).values())
    names = tuple(rule.id for rule in rules)
    defines = np.array([rule.hpd for rule in rules], dtype=np.bool_)
    place, verdict = positions(labels["definition_id"], pa.array(names, pa.large_string())), labels["verdict"]
    cohort, cohorts = encoded(labels["cohort"])
    person, persons = encoded(labels["person_id"])
    said = {each: verdict.eq(str(each)).to_numpy(np.bool_, na_value=False) for each in (Verdict.HPD, Verdict.NOT_HPD)}
    found = []
    for name, number in sorted((name, number) for number, name in enumerate(cohorts.to_pylist())):
        own = (cohort == number) & (place >= 0)
        who = np.unique(person[own])
        row = np.searchsorted(who, person)
        hpd, not_hpd = (_table(row[own & marked], place[own & marked], len(who), len(rules))
                        for marked in said.values())
        if len(who):
            found.append(Ratings(name, persons.take(pa.array(who)), names, defines, hpd, hpd | not_hpd))
    return found


def _table(rows: Ints, columns: Ints, n_rows: int, n_columns: int) -> Bools:
    table = np.zeros((n_rows, n_columns), dtype=np.bool_)
    table[rows, columns] = True
    return table
