"""What can be said of a person with partial dates: what every possible course says; ambiguity B12.

The courses are labelled like persons of their own. Here they become one: a verdict stands where all give it, a
number where all give the same, a flag where any has it; else `imprecise_date`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.criteria.flags import OF_DATES
from hpd_etl.criteria.metrics import INTERVALS, Measured
from hpd_etl.criteria.pseudoprogression import NOT_APPLICABLE, UNRESOLVED, Confirmation
from hpd_etl.criteria.reasons import BIT, lowest_bit
from hpd_etl.criteria.response import NE
from hpd_etl.criteria.verdicts import NOT_EVALUABLE, Verdicts
from hpd_etl.grouping import Bools, Floats, Ints, count, highest, integers, lowest, named, positions, text
from hpd_etl.schema import Reason, Timeline

_IMPRECISE = BIT[Reason.IMPRECISE_DATE]
_CERTAIN = BIT[Reason.EXTRACTION_INCOMPLETE]
"""Reasons that no date decides."""


@dataclass(frozen=True)
class Courses:
    """Whose the possible courses are."""

    owner: Ints
    """By course: its person."""
    several: Bools
    """By person: there are courses."""
    untried: Bools
    """By person: there are too many."""
    people: pa.Array
    """The identifiers of the persons, and of the courses."""
    names: pa.Array

    @classmethod
    def of(cls, timeline: Timeline, courses: Timeline) -> Courses:
        """The courses of this timeline's persons."""
        number = timeline.index["courses"].to_numpy(np.int64, na_value=-1)
        people, names = text(timeline.index["person_id"]), text(courses.index["person_id"])
        return cls(positions(courses.index["course_of"], people), number > 0, number == 0, people, names)

    @property
    def persons(self) -> int:
        """How many persons there are, with courses or without."""
        return len(self.several)

    def every(self, bits: Ints) -> Ints:
        """The bits that all courses of a person have."""
        found = np.full(self.persons, -1, dtype=np.int64)
        np.bitwise_and.at(found, self.owner, bits)
        return found

    def some(self, bits: Ints) -> Ints:
        """The bits that any course of a person has."""
        found = np.zeros(self.persons, dtype=np.int64)
        np.bitwise_or.at(found, self.owner, bits)
        return found

    def alike(self, values: Ints) -> Bools:
        """The persons whose courses all have the same value."""
        n = self.persons
        return np.asarray(lowest(self.owner, values, n, 0) == highest(self.owner, values, n, 0))

    def agreed(self, shown: Ints, values: Ints, otherwise: int) -> Ints:
        """The value of each person: of one with courses the one that all have, else `otherwise`."""
        found = np.where(self.alike(values), lowest(self.owner, values, self.persons, otherwise), otherwise)
        return np.where(self.several, found, np.where(self.untried, otherwise, shown))

    def bounds(self, shown: tuple[Floats, Floats], values: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        """The interval of each person: of one with courses that of all; NaN where any is missing."""
        low, high = np.full(self.persons, np.inf), np.full(self.persons, -np.inf)
        with np.errstate(invalid="ignore"):
            np.minimum.at(low, self.owner, values[0])
            np.maximum.at(high, self.owner, values[1])
        return self._of_several(shown[0], low), self._of_several(shown[1], high)

    def _of_several(self, shown: Floats, settled: Floats) -> Floats:
        return np.where(self.several, settled, np.where(self.untried, np.nan, shown))

    def number(self, shown: Floats, values: Floats) -> Floats:
        """The number of each person: of one with courses the one that all have, else NaN."""
        low, high = self.bounds((shown, shown), (values, values))
        return np.where(low == high, low, np.nan)

    def lacking(self, shown: Ints, tried: Ints) -> Ints:
        """What each person lacks, as reason bits: what is lacking in every course, and the date where they differ."""
        differing = np.where(self.alike(lowest_bit(tried)), 0, _IMPRECISE)
        untried = np.where(self.untried, (shown & _CERTAIN) | _IMPRECISE, shown)
        return np.where(self.several, self.every(tried) | differing, untried)

    def verdicts(self, shown: Verdicts, tried: Verdicts) -> Verdicts:
        """The verdict that all courses give; else NOT_EVALUABLE with what all lack, and the imprecise date."""
        verdict = self.agreed(shown.verdict.astype(np.int64), tried.verdict.astype(np.int64), NOT_EVALUABLE)
        differing = np.where(self.alike(tried.verdict.astype(np.int64)), 0, _IMPRECISE)
        reasons = self.lacking(shown.reasons, tried.reasons) | np.where(self.several, differing, 0)
        failed = np.where(self.several, self.some(tried.failed), np.where(self.untried, 0, shown.failed))
        return Verdicts(verdict.astype(np.int8), reasons, failed)

    def measured(self, shown: Measured, tried: Measured) -> Measured:
        """The metrics on which all courses agree; the others are missing because of the date."""
        low, high, missing = {}, {}, {}
        for name, values in shown.low.items():
            both = self.bounds((values, shown.high[name]), (tried.low[name], tried.high[name]))
            exact = both[0] == both[1]
            known = np.ones(self.persons, np.bool_) if name in (*INTERVALS, "ttf_months") else exact
            low[name], high[name] = (np.where(known, bound, np.nan) for bound in both)
            unknown = np.isnan(low[name]) if name == "ttf_months" else ~exact
            missing[name] = self._missing(shown.missing[name], tried.missing[name], unknown)
        missing |= {name: shown.missing[name] for name in shown.unasked}
        response = self.agreed(shown.response, tried.response, NE)
        missing["response_first"] = self._missing(
            shown.missing["response_first"], tried.missing["response_first"], response == NE
        )
        return Measured(
            low,
            high,
            missing,
            response,
            {name: self.number(values, tried.sums[name]) for name, values in shown.sums.items()},
            self.number(shown.dt_pre, tried.dt_pre),
            self.number(shown.dt_post, tried.dt_post),
            shown.unasked,
        )

    def _missing(self, shown: Ints, tried: Ints, unknown: Bools) -> Ints:
        """Why a metric is missing: why it is in all courses, else because of the date."""
        every = self.every(tried)
        found = np.where(unknown & (every == 0), _IMPRECISE, every)
        return np.where(self.several, found, np.where(self.untried, _IMPRECISE, shown))

    def confirmation(self, shown: Confirmation, tried: Confirmation) -> Confirmation:
        """The state that all courses have, else unresolved."""
        state = self.agreed(shown.state, tried.state, UNRESOLVED)
        return Confirmation(np.where(self.untried, NOT_APPLICABLE, state), shown.point)

    def flags(self, shown: Ints, tried: Ints) -> Ints:
        """The flags that any course has; those that say which dates are not known stay."""
        of_any = np.where(self.several, self.some(tried), np.where(self.untried, 0, shown))
        return np.asarray(of_any | (shown & OF_DATES))

    def index(self, shown: pd.DataFrame, tried: pd.DataFrame) -> pd.DataFrame:
        """The `index` with the time to treatment failure as the interval that holds those of all courses."""
        bounds = self.bounds(_ttf(shown), _ttf(tried))
        known = [np.isfinite(bound) for bound in bounds]
        least, most = (
            integers(np.where(at, bound, 0).astype(np.int64), at) for at, bound in zip(known, bounds, strict=True)
        )
        return shown.assign(ttf_min_days=least, ttf_max_days=most)

    def rows_of_any(self, shown: pd.DataFrame, tried: pd.DataFrame) -> pd.DataFrame:
        """The rows that any course of a person has."""
        return self._joined(shown, ~self.several, self._renamed(tried).drop_duplicates())

    def rows_of_all(self, shown: pd.DataFrame, tried: pd.DataFrame) -> pd.DataFrame:
        """The rows that all courses of a person have."""
        renamed = self._renamed(tried)
        times = renamed.groupby(list(renamed.columns), dropna=False, sort=False)["person_id"].transform("size")
        courses = count(self.owner, self.persons)[positions(renamed["person_id"], self.people)]
        of_all = renamed.loc[times.to_numpy(np.int64) == courses].drop_duplicates()
        return self._joined(shown, ~self.several & ~self.untried, of_all)

    def _renamed(self, tried: pd.DataFrame) -> pd.DataFrame:
        """The rows of courses as rows of their persons."""
        course = positions(tried["person_id"], self.names)
        return _plain(tried).assign(person_id=named(self.owner[course], self.people).set_axis(tried.index))

    def _joined(self, shown: pd.DataFrame, own: Bools, settled: pd.DataFrame) -> pd.DataFrame:
        """The rows of the persons who have their own, and of the others what is settled."""
        kept = shown.loc[own[positions(shown["person_id"], self.people)]]
        return pd.concat([_plain(kept), _plain(settled)], ignore_index=True)


def _ttf(index: pd.DataFrame) -> tuple[Floats, Floats]:
    least, most = index["ttf_min_days"], index["ttf_max_days"]
    return least.to_numpy(np.float64, na_value=np.nan), most.to_numpy(np.float64, na_value=np.inf)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame without dictionaries, which differ from frame to frame."""
    repeated = [name for name, kind in frame.dtypes.items() if isinstance(kind, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(repeated, "string[pyarrow]"))
