"""What the next scan says about a first progression; ambiguities D5, D6.

A progression at the first evaluation is confirmed by progression, refuted by its absence at the next
assessed time point at least 28 days later and before any other systemic therapy. Progression is that of the
definition's framework, whose burden and limit count; a further new lesion confirms under each of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.criteria.burden import Burden
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.response import PD, Response
from hpd_etl.criteria.rules import at_least
from hpd_etl.grouping import NO_DAY, Bools, Ints, any_of, lowest, select
from hpd_etl.schema import LABELS

CONFIRMATION_DAYS = 28
STATES = LABELS["confirmation"].values
NOT_APPLICABLE, PROVISIONAL, CONFIRMED, REFUTED, UNRESOLVED = range(len(STATES))


@dataclass(frozen=True)
class Confirmation:
    """The state of each person's first progression, and the time point that decided it (-1 for none)."""

    state: Ints
    point: Ints

    @property
    def pseudoprogression(self) -> Bools:
        """Progression that the next scan did not show any more."""
        return np.asarray(self.state == REFUTED)


def confirm(line: Course, sums: Burden, response: Response) -> Confirmation:
    """The state of every first progression under one framework."""
    n, day = line.persons, line.scans.day
    post, post_day = line.scans.post, line.scans.post_day
    progression = (post >= 0) & (response.code[post] == PD) if len(day) else np.zeros(n, dtype=np.bool_)
    assessed = (sums.n_targets > 0) | (sums.n_new > 0) | sums.recorded
    assessed = assessed | (response.written >= 0) | response.non_target_pd
    first_possible = np.where(post_day == NO_DAY, np.iinfo(np.int64).max, post_day + CONFIRMATION_DAYS)
    later = assessed & (day >= first_possible[line.person])
    point = lowest(line.person[later], np.flatnonzero(later), n, -1)

    other = _other_therapy(line)
    next_day = line.scans.day_of(point)
    untreated = (point >= 0) & ((other == NO_DAY) | (other >= next_day))
    answer = _answer(line, sums, response, point, post)
    followup, alive = line.people.followup_end_day, line.people.death_day == NO_DAY
    waiting = (point < 0) & (other == NO_DAY) & alive & (followup != NO_DAY) & (followup >= first_possible)
    state = select([(untreated, answer), (waiting, PROVISIONAL)], UNRESOLVED)
    decided = np.where(progression & untreated, point, -1)
    return Confirmation(np.where(progression, state, NOT_APPLICABLE), decided)


def _answer(line: Course, sums: Burden, response: Response, point: Ints, post: Ints) -> Ints:
    """Confirmed or refuted by burden and new lesions where they tell, else by a recorded response, else unresolved."""
    if not line.points:
        return np.full(len(point), UNRESOLVED)
    base, now = response.baseline, response.burden[point]
    grown = np.where(base == 0, now > 0, at_least(now - base, response.framework.rise * base))
    further = _further_new(line, point, post) | response.non_target_pd[point]
    known = response.known[point] & sums.further_known[point] & ~np.isnan(base)
    written = response.written[point]
    return np.select(
        [grown | further, known, written == PD, written >= 0], [CONFIRMED, REFUTED, CONFIRMED, REFUTED], UNRESOLVED
    )


def _further_new(line: Course, point: Ints, post: Ints) -> Bools:
    """A new lesion at the later time point that was not seen up to the first evaluation."""
    new = line.new[line.row_point[line.new] >= 0]
    person, at, lesion = line.row_person[new], line.row_point[new], line.lesion[new]
    known = any_of(lesion, at <= post[person], line.lesions)
    return any_of(person, (at == point[person]) & ~known[lesion], line.persons)


def _other_therapy(line: Course) -> Ints:
    """First day after the first evaluation of a systemic therapy not given up to then."""
    (owner, begun), post_day = line.therapies.drugs, line.scans.post_day
    after = (post_day[owner] != NO_DAY) & (begun > post_day[owner])
    return lowest(owner[after], begun[after], line.persons, NO_DAY)
