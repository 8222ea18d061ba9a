"""iRECIST: a first progression is unconfirmed until a later assessment confirms it, or the bar is reset.

Seymour 2017, Lancet Oncol 18:e143. Increases count from the unconfirmed progression on, also where an assessment
in between showed none; what the paper leaves open is decided in `docs/decisions.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.config import Study
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.response.frameworks import ICPD, IUPD, NE, PD
from hpd_etl.criteria.response.growing import Growing, growing
from hpd_etl.criteria.response.visits import visits
from hpd_etl.criteria.rules import at_least
from hpd_etl.grouping import Bools, Floats, Ints, any_of

FURTHER_MM = 5.0
"""Least further increase of the targets, and of the new lesions measured like targets."""
NOBODY = -1


@dataclass(frozen=True)
class Events:
    """What RECIST 1.1 sees at each time point, and in which lesions."""

    followed: Bools
    code: Ints
    targets: Bools
    non_targets: Bools
    new: Bools
    burden: Floats
    """NaN where a target is missing."""

    def at(self, points: Ints) -> Bools:
        """The three categories of these time points, a row each."""
        return np.stack([self.targets[points], self.non_targets[points], self.new[points]])


@dataclass(frozen=True)
class Pending:
    """What became of unconfirmed progressions."""

    since: Ints
    """By time point: the one at which the progression that it belongs to began; -1 for none."""
    outcome: Ints
    """By that time point: 1 confirmed, 0 the bar was reset, -1 neither yet."""


@dataclass
class _State:
    """By person: the unconfirmed progression that is waiting, as of the visit looked at."""

    since: Ints
    categories: Bools
    burden: Floats
    confirmed: Bools


def confirmed(line: Course, events: Events, study: Study) -> tuple[Ints, Pending]:
    """The responses with iUPD and iCPD for PD, visit by visit of those who ever progress."""
    code = np.where(events.code == PD, IUPD, events.code)
    since, outcome = np.full(line.points, NOBODY), np.full(line.points, -1)
    concerned = any_of(line.person, events.followed & (events.code == PD), line.persons)
    n = line.persons
    state = _State(np.full(n, NOBODY), np.zeros((3, n), np.bool_), np.full(n, np.nan), np.zeros(n, np.bool_))
    grows = growing(line, concerned) if concerned.any() else None
    for every in visits(line, concerned):
        at = every[events.followed[every]]
        if grows is not None:
            _step(line, events, study, state, grows, at, (code, since, outcome))
    return code, Pending(since, outcome)


def _step(
    line: Course,
    events: Events,
    study: Study,
    state: _State,
    grows: Growing,
    at: Ints,
    written: tuple[Ints, Ints, Ints],
) -> None:
    """One visit: confirm what waits, else reset it, else let it wait; a new progression begins to wait."""
    code, since, outcome = written
    who, waited = line.person[at], state.since[line.person[at]]
    waits = (waited != NOBODY) & ~state.confirmed[who]
    days = line.scans.day[at] - line.scans.day[waited]
    in_time = waits & (days >= study.responses.confirm_from_days)
    if not study.responses.late_scan_confirms:
        in_time &= days <= study.responses.confirm_to_days
    confirms = in_time & _further(line, events, state, grows, at, who, waited)
    resets = waits & ~confirms & (events.code[at] != PD) & (events.code[at] != NE)
    begins = ~waits & ~state.confirmed[who] & (events.code[at] == PD)

    code[at[confirms | (state.confirmed[who] & (events.code[at] != NE))]] = ICPD
    since[at[waits]] = waited[waits]
    since[at[begins]] = at[begins]
    outcome[waited[confirms]] = 1
    outcome[waited[resets]] = 0
    state.confirmed[who[confirms]] = True
    state.since[who[resets]] = NOBODY
    state.since[who[begins]] = at[begins]
    state.categories[:, who[begins]] = events.at(at[begins])
    state.burden[who[begins]] = events.burden[at[begins]]
    unknown = waits & np.isnan(state.burden[who])
    state.burden[who[unknown]] = events.burden[at[unknown]]


def _further(line: Course, events: Events, state: _State, grows: Growing, at: Ints, who: Ints, waited: Ints) -> Bools:
    """More of what progressed, or progression of something that had not."""
    targets, others, new = state.categories[:, who]
    now = events.at(at)
    more = grows.since(line, at, waited)
    another = (now & ~state.categories[:, who]).any(axis=0)
    grown = targets & at_least(events.burden[at] - state.burden[who], FURTHER_MM)
    new_grown = at_least(more.new_targets_mm, FURTHER_MM) | more.new_others | more.additional
    return np.asarray(another | grown | (others & more.non_targets) | (new & new_grown))
