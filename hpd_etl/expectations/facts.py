"""Columns that expectations look at beside those of the tables: what two tables say together, in days or numbers.

Pure and vectorised; NaN where nothing can be said. Day counts leave out the days that are known only to the month or
the year.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from hpd_etl.config import MONTH_DAYS
from hpd_etl.grouping import (
    NO_DAY,
    Bools,
    Floats,
    Ints,
    any_of,
    days,
    distinct,
    flags,
    highest,
    lookup,
    lowest,
    numbers,
    point_key,
    point_of,
    positions,
    sorted_codes,
    text,
)
from hpd_etl.measurability import MEASURABLE_MM, MEASURABLE_NODE_MM, in_spheres
from hpd_etl.schema import DATE_OF, ScanRole

if TYPE_CHECKING:
    from hpd_etl.schema import Timeline

Fact: TypeAlias = "Callable[[People, pd.DataFrame], Floats]"
_ECOG_DAYS = 90
_YEAR_DAYS = 12 * MONTH_DAYS


class People:
    """The persons of a Timeline, by their place in `persons`, and what bounds their records."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self._ids = text(timeline.persons["person_id"])

    def __len__(self) -> int:
        return len(self._ids)

    def of(self, rows: pd.DataFrame) -> Ints:
        """The person of each row."""
        return positions(rows["person_id"], self._ids)

    @cached_property
    def death(self) -> Floats:
        """Day of death where it is known to the day."""
        return _exactly(self.timeline.persons, "death_date", "death_precision")

    @cached_property
    def birth(self) -> Floats:
        """Day of birth, or the earliest that it can have been."""
        told = known(days(self.timeline.persons["birth_date"]))
        return np.where(np.isnan(told), known(days(self.timeline.persons["born_from"])), told)

    @cached_property
    def first_dose(self) -> Floats:
        """Day 0."""
        return self._extreme(lowest, self.timeline.index, "index_date")

    @cached_property
    def observed(self) -> tuple[Floats, Floats]:
        """First and last day under observation, whatever lies between."""
        rows = self.timeline.followup
        return self._extreme(lowest, rows, "start_date"), self._extreme(highest, rows, "end_date")

    def _extreme(self, least_or_most: Callable[..., Ints], rows: pd.DataFrame, column: str) -> Floats:
        person, day = self.of(rows), days(rows[column])
        told = (person >= 0) & (day != NO_DAY)
        return known(least_or_most(person[told], day[told], len(self), NO_DAY))


def known(values: Ints) -> Floats:
    """Days as floats; NaN where unknown."""
    return np.where(values == NO_DAY, np.nan, values)


def _exactly(rows: pd.DataFrame, column: str, precision: str) -> Floats:
    day = known(days(rows[column]))
    return np.where(rows[precision].isna(), day, np.nan) if precision in rows else day


def _of(values: Floats, person: Ints) -> Floats:
    """The value of each row's person."""
    return np.append(values, np.nan)[person]


def _truth(holds: Bools, told: Bools) -> Floats:
    """1 or 0, and NaN where nothing is told."""
    return np.where(told, holds.astype(np.float64), np.nan)


# --- of several tables ------------------------------------------------------------------------


def _year(date: str, _people: People, rows: pd.DataFrame) -> Floats:
    return np.asarray(rows[date].dt.year, dtype=np.float64)


def _end_days_after_death(people: People, rows: pd.DataFrame) -> Floats:
    return _exactly(rows, "end_date", "end_precision") - _of(people.death, people.of(rows))


def _days_outside_followup(date: str, people: People, rows: pd.DataFrame) -> Floats:
    """How far from the days between the first and the last under observation."""
    person, day = people.of(rows), _exactly(rows, date, "date_precision")
    start, end = (_of(bound, person) for bound in people.observed)
    return np.maximum(np.maximum(start - day, day - end), 0)


# --- of one table -----------------------------------------------------------------------------


def _age_years(people: People, rows: pd.DataFrame) -> Floats:
    person = people.of(rows)
    return (_of(people.first_dose, person) - _of(people.birth, person)) / _YEAR_DAYS


def _start_days_before_birth(people: People, rows: pd.DataFrame) -> Floats:
    return _of(people.birth, people.of(rows)) - known(days(rows["start_date"]))


def _duration_days(_people: People, rows: pd.DataFrame) -> Floats:
    end = _exactly(rows, "end_date", "end_precision")
    return end - _exactly(rows, "start_date", "date_precision") + 1


def _report_delay_days(_people: People, rows: pd.DataFrame) -> Floats:
    return known(days(rows["reported_on"])) - _exactly(rows, "scan_date", "date_precision")


def _days_to_scan(people: People, rows: pd.DataFrame) -> Floats:
    """To the nearest imaging study of the person; NaN where the source records none of theirs."""
    scans = people.timeline.scans
    among = distinct(point_key(people.of(scans), days(scans["scan_date"])))
    if not len(among):
        return np.full(len(rows), np.nan)
    keys = point_key(people.of(rows), days(rows["scan_date"]))
    after = np.searchsorted(among, keys)
    later, earlier = among[np.minimum(after, len(among) - 1)], among[np.maximum(after - 1, 0)]
    near = np.minimum(_apart(keys, later), _apart(keys, earlier))
    return np.where(np.isinf(near), np.nan, near)


def _apart(keys: Ints, others: Ints) -> Floats:
    """Days between two keys of one person; infinite between persons."""
    same = point_of(keys)[0] == point_of(others)[0]
    return np.where(same, np.abs(keys - others).astype(np.float64), np.inf)


def _part_is_known(people: People, rows: pd.DataFrame) -> Floats:
    """Whether the lesion that this one split from or merged into is a lesion of the same person, and another one."""
    [own, whole], _ = sorted_codes(rows["lesion_id"], rows["part_of"])
    person = people.of(rows)
    there = lookup(point_key(person, whole), distinct(point_key(person, own))) >= 0
    return _truth(there & (own != whole), whole >= 0)


def _spheres(_people: People, rows: pd.DataFrame) -> Floats:
    return in_spheres(numbers(rows["volume_mm3"]), numbers(rows["diameter_mm"]))


def _is_whole_cm(_people: People, rows: pd.DataFrame) -> Floats:
    size = numbers(rows["diameter_mm"])
    return _truth(size % 10 == 0, size > 0)


def _is_progression(_people: People, rows: pd.DataFrame) -> Floats:
    """Of overall responses on treatment that were evaluable."""
    judged = rows["response"].isin(("CR", "PR", "SD", "PD", "iUPD", "iCPD")).to_numpy(np.bool_)
    of_treatment = (rows["scope"] == "overall").to_numpy(np.bool_) & (numbers(rows["days_from_index"]) > 0)
    return _truth(rows["response"].isin(("PD", "iUPD", "iCPD")).to_numpy(np.bool_), judged & of_treatment)


def _has_value(_people: People, rows: pd.DataFrame) -> Floats:
    return np.asarray(rows["value_number"].notna() | rows["value_code"].notna(), dtype=np.float64)


def _has_finding(finding: str, last_days: float, people: People, rows: pd.DataFrame) -> Floats:
    """Whether the finding was recorded in so many days up to the first dose."""
    found = people.timeline.findings
    day = numbers(found["days_from_index"])
    fits = (found["finding"] == finding).to_numpy(np.bool_, na_value=False) & (day <= 0) & (day >= -last_days)
    has = any_of(people.of(found), fits & (people.of(found) >= 0), len(people))
    return _of(has.astype(np.float64), people.of(rows))


def _is_unmeasured(_people: People, rows: pd.DataFrame) -> Floats:
    unmeasured = (rows["reason"] == "not_measured").to_numpy(np.bool_, na_value=False)
    return _truth(unmeasured, rows["reason"].notna().to_numpy())


def _over_measurable(people: People, rows: pd.DataFrame) -> Floats:
    """The size of a target at its baseline scan over the least that RECIST 1.1 measures, 10 mm or 15 mm for a node."""
    lesions, chosen = people.timeline.lesions, people.timeline.scan_choices
    chosen = chosen[(chosen["role"] == str(ScanRole.BASELINE)).fillna(False)]
    [target, lesion], _ = sorted_codes(rows["lesion_id"], lesions["lesion_id"])
    [of_target, of_choice], _ = sorted_codes(rows["window_set"], chosen["window_set"])
    baseline = pd.DataFrame({"person": people.of(chosen), "window": of_choice, "day": days(chosen["scan_date"])})
    least = np.where(flags(lesions["is_node"]), MEASURABLE_NODE_MM, MEASURABLE_MM)
    sizes = pd.DataFrame({"person": people.of(lesions), "lesion": lesion, "day": days(lesions["scan_date"]),
                          "ratio": numbers(lesions["diameter_mm"]) / least})
    targets = pd.DataFrame({"person": people.of(rows), "window": of_target, "lesion": target})
    at_baseline = targets.merge(baseline, "left", ["person", "window"])
    return at_baseline.merge(sizes, "left", ["person", "lesion", "day"])["ratio"].to_numpy(np.float64)


_OF_DATE = {name: {"year": partial(_year, date), "days_outside_followup": partial(_days_outside_followup, date)}
            for name, date in DATE_OF.items() if name != "followup"}
FACTS: Mapping[str, Mapping[str, Fact]] = {
    **_OF_DATE,
    "persons": {"age_years": _age_years},
    "followup": {"end_days_after_death": _end_days_after_death, "start_days_before_birth": _start_days_before_birth},
    "doses": {**_OF_DATE["doses"], "end_days_after_death": _end_days_after_death, "duration_days": _duration_days},
    "therapies": {**_OF_DATE["therapies"], "end_days_after_death": _end_days_after_death},
    "scans": {**_OF_DATE["scans"], "report_delay_days": _report_delay_days},
    "lesions": {**_OF_DATE["lesions"], "days_to_scan": _days_to_scan, "part_is_known": _part_is_known,
                "spheres": _spheres, "is_whole_cm": _is_whole_cm},
    "responses": {**_OF_DATE["responses"], "is_progression": _is_progression},
    "findings": {**_OF_DATE["findings"], "has_value": _has_value},
    "index": {"has_ecog": partial(_has_finding, "ecog", _ECOG_DAYS),
              "has_primary_site": partial(_has_finding, "primary_site", np.inf)},
    "scan_choices": {"is_unmeasured": _is_unmeasured},
    "targets": {"over_measurable": _over_measurable},
}
"""By table the columns that are derived, by name."""
