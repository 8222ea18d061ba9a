"""The tables `assessments` and `best_response`, from the arrays of one set of criteria."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.config import Study
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.courses import Courses
from hpd_etl.criteria.response import Response
from hpd_etl.criteria.response.best import UNKNOWN, Best, best, confirmations
from hpd_etl.criteria.response.frameworks import CODES, FRAMEWORKS, IUPD, NE
from hpd_etl.grouping import NO_DAY, Floats, Ints, category, coded, dates, days, floats, integers
from hpd_etl.schema import ASSESSMENTS, BEST_RESPONSE, Timeline

_UNITS = ASSESSMENTS["burden_unit"].values


@dataclass(frozen=True)
class Assessed:
    """What one set of criteria says of all persons, with the windows of one window set."""

    framework: str
    window_set: str
    line: Course
    response: Response
    confirmed: Ints
    best: Best
    best_confirmed: Best


def assessed(line: Course, response: Response, framework: str, window_set: str, study: Study) -> Assessed:
    """The responses with their confirmations and the best of them."""
    confirmed = confirmations(line, response, study)
    both = (best(line, response, confirmed, study, confirm=confirm) for confirm in (False, True))
    return Assessed(framework, window_set, line, response, confirmed, *both)


def response_tables(timeline: Timeline, made: Sequence[Assessed], study: Study) -> dict[str, pd.DataFrame]:
    """Both tables, by name."""
    window_sets = sorted({one.window_set for one in made})
    assessments = [_assessments(timeline, one, window_sets, study) for one in made]
    best_responses = [_best(one, window_sets) for one in made]
    return {
        ASSESSMENTS.name: pd.concat(assessments, ignore_index=True),
        BEST_RESPONSE.name: pd.concat(best_responses, ignore_index=True),
    }


def settled_tables(
    courses: Courses,
    shown: tuple[Timeline, Sequence[Assessed]],
    tried: tuple[Timeline, Sequence[Assessed]],
    study: Study,
) -> dict[str, pd.DataFrame]:
    """Both tables of persons of whom not all dates are known: what all their possible courses say."""
    agreed = [_agreed(courses, *both) for both in zip(shown[1], tried[1], strict=True)]
    own, theirs = response_tables(shown[0], agreed, study), response_tables(*tried, study)
    return own | {ASSESSMENTS.name: courses.rows_of_all(own[ASSESSMENTS.name], theirs[ASSESSMENTS.name])}


def _agreed(courses: Courses, shown: Assessed, tried: Assessed) -> Assessed:
    def settled(own: Best, theirs: Best) -> Best:
        code = courses.agreed(own.code, theirs.code, NE)
        return Best(code, np.where(code == NE, NO_DAY, courses.agreed(own.day, theirs.day, NO_DAY)))

    return replace(
        shown,
        best=settled(shown.best, tried.best),
        best_confirmed=settled(shown.best_confirmed, tried.best_confirmed),
    )


def _assessments(timeline: Timeline, one: Assessed, window_sets: list[str], study: Study) -> pd.DataFrame:
    """The `assessments` rows: the time points on study at which a lesion, a sum or a response was recorded."""
    response, line = one.response, one.line
    examined = np.zeros(line.points + 1, dtype=np.bool_)
    examined[line.row_point] = True
    told = examined[:-1] | response.known | (response.derived != NE) | (response.named >= 0)
    shown = np.flatnonzero(response.on_study & told)
    person, day = line.person[shown], line.scans.day[shown]
    answers = {
        "target": response.target,
        "non_target": response.non_target,
        "derived": response.derived,
        "recorded": response.named,
        "response": response.assessed,
    }
    waits = _waits_from(line, response)[shown]
    unit = _UNITS.index(response.framework.unit)
    return ASSESSMENTS.frame(
        {
            "person_id": coded(person, line.ids),
            **_of(one, window_sets, len(shown)),
            "scan_date": dates(days(timeline.index["index_date"])[person] + day),
            "days_from_index": integers(day),
            **{name: category(code[shown], CODES) for name, code in answers.items()},
            "new_lesion": _flags(response.new_lesion[shown]),
            "baseline_burden": floats(response.baseline[person]),
            "nadir_burden": floats(response.nadir[shown]),
            "burden": floats(_known(response)[shown]),
            "burden_unit": category(np.full(len(shown), unit), _UNITS),
            "confirmed": _flags(one.confirmed[shown]),
            "confirm_from_day": _later(waits, study.responses.confirm_from_days),
            "confirm_to_day": _later(waits, study.responses.confirm_to_days),
        }
    )


def _of(one: Assessed, window_sets: list[str], n: int) -> dict[str, pd.Series[str]]:
    """What all rows of one part have in common; all parts with the same dictionaries, which then join quickly."""
    names = list(FRAMEWORKS)
    return {
        "framework": coded(np.full(n, names.index(one.framework)), pa.array(names)),
        "window_set": coded(np.full(n, window_sets.index(one.window_set)), pa.array(window_sets)),
    }


def _known(response: Response) -> Floats:
    return np.where(response.known, response.burden, np.nan)


def _waits_from(line: Course, response: Response) -> Ints:
    """The day of the progression that waits for confirmation; `NO_DAY` where none does."""
    if response.pending is None:
        return np.full(line.points, NO_DAY)
    since = response.pending.since
    return np.where((since >= 0) & (response.assessed == IUPD), line.scans.day[since], NO_DAY)


def _later(day: Ints, more: int) -> pd.Series[int]:
    return integers(np.where(day == NO_DAY, NO_DAY, day + more))


def _flags(values: Ints) -> pd.Series[bool]:
    return pd.Series(pd.arrays.BooleanArray(values == 1, values == UNKNOWN))


def _best(one: Assessed, window_sets: list[str]) -> pd.DataFrame:
    """The `best_response` rows: every person has one."""
    n = one.line.persons
    return BEST_RESPONSE.frame(
        {
            "person_id": coded(np.arange(n), one.line.ids),
            **_of(one, window_sets, n),
            "best": category(one.best.code, CODES),
            "best_day": integers(one.best.day),
            "best_confirmed": category(one.best_confirmed.code, CODES),
            "best_confirmed_day": integers(one.best_confirmed.day),
        }
    )
