"""Dates that cannot be right, or are those of something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpd_etl.grouping import NO_DAY, days
from hpd_etl.quality.suspicions.facts import none, rows
from hpd_etl.schema import DATE_OF

if TYPE_CHECKING:
    from hpd_etl.quality.suspicions.facts import Facts

OPEN_YEAR = 2099
"""A period that ends so late is open: 2099-12-31 and 9999-12-31 say that no end is known, not when the data end."""
OBSERVED_DAYS = 30
"""Observation may be closed at the end of the month; longer after death it says that the death is another person's."""


def scan_dated_by_report(facts: Facts) -> pd.DataFrame:
    """A scan that has its day from its report: no study tells, and a report is written later."""
    scans = facts.timeline.scans
    by_report = scans["date_from"].eq("report") | (
        scans["date_from"].eq("observation") & scans["reported_on"].eq(scans["scan_date"]))
    return rows("scans", scans, by_report.fillna(False).to_numpy(np.bool_))


def dose_after_death(facts: Facts) -> pd.DataFrame:
    """A dose that was refused because it is dated after death."""
    return _refused(facts, "after_death", doses=True)


def record_after_death(facts: Facts) -> pd.DataFrame:
    """Anything else that was refused because it is dated after death."""
    return _refused(facts, "after_death", doses=False)


def dose_before_birth(facts: Facts) -> pd.DataFrame:
    """A dose that was refused because it is dated before birth."""
    return _refused(facts, "before_birth", doses=True)


def record_before_birth(facts: Facts) -> pd.DataFrame:
    """Anything else that was refused because it is dated before birth."""
    return _refused(facts, "before_birth", doses=False)


def _refused(facts: Facts, reason: str, *, doses: bool) -> pd.DataFrame:
    refused = facts.timeline.rejections
    table = refused["table"].astype("string[pyarrow]")
    marked = refused["reason"].eq(reason) & (table.eq("doses") == doses)
    found = rows("", refused, marked.fillna(False).to_numpy(np.bool_))
    return found.assign(table=table.loc[found.index])


def observed_after_death(facts: Facts) -> pd.DataFrame:
    """A period under observation that goes on for more than thirty days after death."""
    followup, index = facts.timeline.followup, facts.timeline.index
    of = facts.of_person(index)
    death = np.full(len(facts.persons), NO_DAY)
    death[of] = index["death_day"].to_numpy(dtype=np.int64, na_value=NO_DAY) + np.where(
        index["death_day"].notna(), days(index["index_date"]), 0)
    own = death[facts.of_person(followup)]
    return rows("followup", followup, (own != NO_DAY) & (days(followup["end_date"]) > own + OBSERVED_DAYS))


def after_the_data_end(facts: Facts) -> pd.DataFrame:
    """A row dated after the last day on which anybody was under observation, open periods aside: a day to come."""
    ends = days(facts.timeline.followup["end_date"])
    closed = ends < np.datetime64(f"{OPEN_YEAR}-01-01", "D").astype(np.int64)
    last = int(ends[closed].max(initial=NO_DAY))
    if last == NO_DAY:
        return none("scans", facts.timeline.scans)
    tables = {name: getattr(facts.timeline, name) for name in DATE_OF if name != "followup"}
    return pd.concat([rows(name, frame, days(frame[DATE_OF[name]]) > last) for name, frame in tables.items()],
                     ignore_index=True)
