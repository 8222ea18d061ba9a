"""Which stratum a person belongs to: agents, primary site, calendar year and source of the first dose.

What is not recorded, or differs between the possible courses of a person with partial dates, is missing and never
guessed: in every count these persons are a row of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from hpd_etl.grouping import encoded, highest, lowest, named, positions, sorted_codes, text

if TYPE_CHECKING:
    from hpd_etl.schema import Timeline

SEVERAL = "several"
"""Stands for a person with more than one primary site or histology: which one was treated nobody says."""
_NONE = -1
_TABLE = re.compile(r"[A-Za-z_]+")


def strata_of(timeline: Timeline) -> pd.DataFrame:
    """Columns person_id, agent, regimen, year, source, primary_site; one row a treated person.

    `source` is the table or the type of resource that gives the first dose, as `drug_exposure`.
    """
    made = _of_first_dose(timeline.index)
    if timeline.courses is not None:
        made = made.assign(**_agreed(timeline.index, timeline.courses.index, made))
    return made.assign(primary_site=only(timeline, "primary_site"))


def _of_first_dose(index: pd.DataFrame) -> pd.DataFrame:
    year = index["index_date"].dt.year.astype("string[pyarrow]")
    return pd.DataFrame({"person_id": index["person_id"], "agent": index["index_agent"], "regimen": index["regimen"],
                         "year": year, "source": _tables(index["source_id"])})


def _tables(source_ids: pd.Series[str]) -> pd.Series[str]:
    """The tables of ids `table:id;table:id`, each once, joined by +; never an id."""
    codes, names = encoded(pd.Series(pd.arrays.ArrowStringArray(
        pc.replace_substring_regex(text(source_ids), ":[^;]*", ":"))))
    return named(codes, [_of_ids(name) for name in names.to_pylist()])


def _of_ids(name: str) -> str | None:
    tables = {each.removesuffix(":") for each in name.split(";") if each.endswith(":")}
    return "+".join(sorted(filter(_TABLE.fullmatch, tables))) or None


def _agreed(index: pd.DataFrame, courses: pd.DataFrame, shown: pd.DataFrame) -> dict[str, pd.Series[str]]:
    """What all possible courses of a person say; missing where they differ or are too many to try."""
    number = index["courses"].to_numpy(np.int64, na_value=-1)
    owner = positions(courses["course_of"], text(index["person_id"]))
    tried, n = _of_first_dose(courses), len(index)
    agreed: dict[str, pd.Series[str]] = {}
    for name in ("agent", "regimen", "year", "source"):
        [own, other], names = sorted_codes(shown[name], tried[name])
        low, high = lowest(owner, other, n, _NONE), highest(owner, other, n, _NONE)
        settled = np.where(low == high, low, _NONE)
        agreed[name] = named(np.where(number > 0, settled, np.where(number == 0, _NONE, own)), names)
    return agreed


def only(timeline: Timeline, finding: str) -> pd.Series[str]:
    """What is recorded of this finding of each treated person, at any time, where it is one thing; else `several`."""
    rows = timeline.findings
    rows = rows[(rows["finding"] == finding).to_numpy(np.bool_, na_value=False) & rows["value_code"].notna()]
    person, n = positions(rows["person_id"], text(timeline.index["person_id"])), len(timeline.index)
    [code], names = sorted_codes(rows["value_code"])
    treated = person >= 0
    low = lowest(person[treated], code[treated], n, _NONE)
    one = low == highest(person[treated], code[treated], n, _NONE)
    return named(np.where(one, low, len(names)), [*names.to_pylist(), SEVERAL])
