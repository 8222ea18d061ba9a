"""How the burden of each person changed since baseline, and where their treatment stood: from the run's own figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.grouping import NO_DAY, lowest, numbers, positions, text
from hpd_etl.growth_models.series import switched
from hpd_etl.schema import ScanRole

if TYPE_CHECKING:
    from hpd_etl.criteria.definition import Definition
    from hpd_etl.grouping import Floats, Ints
    from hpd_etl.report.facts import Facts

STATES: Final = ("on treatment", "off treatment", "treatment not known", "not followed any more", "died")
"""Where a person may be on a day, in the order of every legend."""


@dataclass(frozen=True)
class Changes:
    """Scans after the first dose with a known change, sorted by person and day."""

    person: Ints
    """Place among `Facts.people`."""
    day: Ints
    """Days from the first dose."""
    percent: Floats
    """Change of the burden in percent of baseline."""

    def best(self, n: int) -> Floats:
        """The lowest change of each of `n` persons; NaN where none is known."""
        found = np.full(n, np.inf)
        np.minimum.at(found, self.person, self.percent)
        return np.where(np.isinf(found), np.nan, found)

    def by_month(self, month_days: float) -> Changes:
        """The last known change of each person in each month; `day` is then the month."""
        month = np.rint(self.day / month_days).astype(np.int64)
        last = np.ones(len(month), dtype=np.bool_)
        last[:-1] = (self.person[1:] != self.person[:-1]) | (month[1:] != month[:-1])
        return Changes(self.person[last], month[last], self.percent[last])


def changes(facts: Facts, definition: Definition) -> Changes:
    """Changes in the sum that the definition counts, until another systemic therapy began."""
    ids = text(facts.people["person_id"]).cast(pa.large_string())
    rows = facts.labels.burden
    rows = rows[rows["window_set"].eq(definition.window_set).to_numpy(np.bool_, na_value=False)]
    person, day = positions(rows["person_id"], ids), rows["days_from_index"].to_numpy(np.int64)
    size = numbers(rows["sld_mm"])
    if definition.new_lesions_in_sum:
        size = size + numbers(rows["new_mm"])
    base_day = _baseline_day(facts, definition, ids)
    base = np.full(len(ids), np.nan)
    is_base = (person >= 0) & (day == base_day[person])
    base[person[is_base]] = size[is_base]
    everybody = text(facts.timeline.index["person_id"]).cast(pa.large_string())
    until = switched(facts.timeline, everybody)[positions(facts.people["person_id"], everybody)]
    used = (person >= 0) & (day > 0) & (base[person] > 0) & ~np.isnan(size)
    used &= (until[person] == NO_DAY) | (day <= until[person])
    order = np.lexsort((day[used], person[used]))
    person, day, size = person[used][order], day[used][order], size[used][order]
    return Changes(person, day, 100 * (size / base[person] - 1))


def _baseline_day(facts: Facts, definition: Definition, ids: pa.Array) -> Ints:
    chosen = facts.timeline.scan_choices
    own = chosen["role"].eq(ScanRole.BASELINE) & chosen["window_set"].eq(definition.window_set)
    chosen = chosen[own.to_numpy(np.bool_, na_value=False)]
    person = positions(chosen["person_id"], ids)
    known = person >= 0
    return lowest(person[known], chosen["days_from_index"].to_numpy(np.int64)[known], len(ids), NO_DAY)


def states(people: pd.DataFrame, day: float) -> Ints:
    """For each person the place in `STATES` on this day.

    Who died after the day was alive on it, also where the follow-up ended before.
    """
    least, most, death, end = (numbers(people[name].astype("Float64")) for name in (
        "ttf_min_days", "ttf_max_days", "death_day", "followup_end_day"))
    alive = (death > day) | (end >= day)
    cases = [death <= day, least > day, alive & (most <= day), alive]
    return np.select(cases, [4, 0, 1, 2], default=3)
