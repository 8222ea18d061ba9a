"""Best overall response, and which responses a later assessment confirms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpd_etl.config import Study
from hpd_etl.criteria.course import Course
from hpd_etl.criteria.response import Response
from hpd_etl.criteria.response.frameworks import CR, ICPD, IUPD, NE, NON_CR_NON_PD, PD, PR, SD
from hpd_etl.criteria.response.visits import visits
from hpd_etl.grouping import NO_DAY, Bools, Ints

UNKNOWN, REFUTED, CONFIRMED = -1, 0, 1
_RANK = np.array([{CR: 6, PR: 5, SD: 4, NON_CR_NON_PD: 3, PD: 2, ICPD: 2, IUPD: 1, NE: 0}[code] for code in range(8)])


@dataclass(frozen=True)
class Best:
    """By person: the best response, not evaluable where there is none, and the day it was reached."""

    code: Ints
    day: Ints


def confirmations(line: Course, response: Response, study: Study) -> Ints:
    """Whether the next assessments, up to one far enough away, say the same or better of a response or progression.

    `UNKNOWN` where no such assessment exists, or the response needs none.
    """
    code, least, most = response.assessed, study.responses.confirm_from_days, _last_day(response, study)
    asked = [CR, PR, PD] if response.framework.confirmed_pd else [CR, PR]
    found = np.full(line.points, UNKNOWN)
    open_at = np.flatnonzero(response.on_study & np.isin(code, asked))
    step = 0
    while len(open_at):
        step += 1
        later = open_at + step
        same = later < line.points
        open_at, later = open_at[same], later[same]
        same = line.person[later] == line.person[open_at]
        open_at, later = open_at[same], later[same]
        holds = (code[later] == code[open_at]) | ((code[open_at] == PR) & (code[later] == CR))
        fails = ~holds & (code[later] != NE)
        days = line.scans.day[later] - line.scans.day[open_at]
        confirms = holds & (days >= least) & (days <= np.where(code[open_at] == PD, most, days))
        found[open_at[fails]] = REFUTED
        found[open_at[confirms]] = CONFIRMED
        open_at = open_at[~fails & ~confirms]
    if response.pending is not None:
        since, outcome = response.pending.since, response.pending.outcome
        waits = (code == IUPD) & (since >= 0)
        found[waits] = outcome[since[waits]]
        found[code == ICPD] = CONFIRMED
    return found


def _last_day(response: Response, study: Study) -> float:
    """Up to how many days after it a progression may be confirmed."""
    limit = study.responses.irrecist_confirm_to_days
    return np.inf if limit is None or response.framework.by_area else limit


def best(line: Course, response: Response, confirmed: Ints, study: Study, *, confirm: bool) -> Best:
    """The best response up to progression; with `confirm`, one that is not confirmed counts as stable disease.

    Stable disease counts from the study's day on. By iRECIST only a confirmed progression ends the search; where
    progression itself must be confirmed, one that is not says nothing.
    """
    code, day = response.assessed, line.scans.day
    needs = confirm & np.isin(code, [CR, PR])
    counted = np.where(needs & (confirmed != CONFIRMED), SD, code)
    if confirm and response.framework.confirmed_pd:
        counted = np.where((counted == PD) & (confirmed != CONFIRMED), NE, counted)
    early = np.isin(counted, [SD, NON_CR_NON_PD]) & (day < study.responses.stable_from_day)
    counted = np.where(early | ~response.on_study, NE, counted)
    ends: Bools = np.isin(counted, [PD, ICPD])
    found = Best(np.full(line.persons, NE), np.full(line.persons, NO_DAY))
    over = np.zeros(line.persons, dtype=np.bool_)
    for at in visits(line):
        who = line.person[at]
        better = ~over[who] & (_RANK[counted[at]] > _RANK[found.code[who]])
        found.code[who[better]] = counted[at[better]]
        found.day[who[better]] = day[at[better]]
        over[who] |= ends[at]
    return found
