"""The first line of the index drugs: cohort, day 0, follow-up and time to treatment failure (D4a)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hpd_etl.config import Study
from hpd_etl.schema import CHECKPOINT_COHORT
from tests.reference.patient import Dose, Patient

STOP_RANK = ["progression", "toxicity", "completed", "death", "other"]


@dataclass(frozen=True)
class Treatment:
    """Day numbers count from the first dose; `None` is "not known", for `ttf_max` "no upper bound"."""

    cohort: str
    index_date: date
    death_day: int | None
    followup_end_day: int | None
    lookback_days: int
    ttf_min: int
    ttf_max: int | None
    ttf_basis: str
    stop_day: int | None
    stop_reason: str | None
    other_systemic_days: tuple[int, ...]
    """First days of agents that are no index drug of this person's cohort."""


def treatment(patient: Patient, study: Study) -> Treatment | None:
    """The treatment of this person, or nothing where no dose is left."""
    cohort, agents = _cohort(patient, study)
    if cohort is None:
        return None
    doses = sorted((dose for dose in patient.doses if agents(dose.agent)), key=lambda dose: dose.start_date)
    line, next_line = _first_line(doses, study.index.ttf_gap_days)
    index_date = line[0].start_date
    day = _day_counter(index_date)

    first_seen = _first_systemic(patient, agents)
    latest_start = max(day(dose.start_date) for dose in line)
    latest_end = max(day(dose.end_date or dose.start_date) for dose in line)
    holding = [period for period in patient.followup
               if period.start_date <= index_date and (period.end_date is None or index_date <= period.end_date)]
    ends = [day(period.end_date) for period in holding if period.end_date is not None]
    followup_end = max(ends) if ends else None
    lookback = max((day(index_date) - day(period.start_date) for period in holding), default=0)
    death_day = None if patient.death_date is None else day(patient.death_date)

    open_ended = any(_open(dose) for dose in line)
    stop = None if open_ended else _counting_stop(line, latest_end, day)
    after = [first for first in (day(when) for when in first_seen.values()) if first > latest_end]
    followed_by_gap = next_line or (
        followup_end is not None and followup_end - latest_end >= study.index.ttf_gap_days)
    if stop is not None:
        bounds: tuple[int, int | None, str] = (stop[0], stop[0], "stop")
    elif open_ended and death_day is None:
        bounds = (max(latest_start, followup_end if followup_end is not None else latest_start), None, "open")
    elif open_ended:
        watched = latest_start if followup_end is None else min(followup_end, death_day)
        bounds = (max(latest_start, watched), death_day, "death")
    elif death_day is not None:
        bounds = (latest_start, min(latest_end, death_day), "death")
    elif after:
        bounds = (latest_start, latest_end, "therapy")
    elif followed_by_gap:
        bounds = (latest_start, latest_end, "gap")
    else:
        bounds = (latest_start, None, "censored")
    return Treatment(
        cohort=cohort, index_date=index_date, death_day=death_day, followup_end_day=followup_end,
        lookback_days=lookback, ttf_min=bounds[0], ttf_max=bounds[1], ttf_basis=bounds[2],
        stop_day=stop[0] if stop else None, stop_reason=stop[1] if stop else None,
        other_systemic_days=tuple(sorted(day(when) for when in first_seen.values())),
    )


def _cohort(patient: Patient, study: Study):
    """Checkpoint if ever given one, else the first comparator in the study's order."""
    comparator_agents = {agent for comparator in study.comparators for agent in comparator.agents}
    given = {dose.agent for dose in patient.doses}
    if given - comparator_agents:
        return CHECKPOINT_COHORT, lambda agent: agent not in comparator_agents
    for comparator in study.comparators:
        if given & set(comparator.agents):
            return comparator.cohort, lambda agent, of=frozenset(comparator.agents): agent in of
    return None, None


def _first_line(doses: list[Dose], gap_days: int) -> tuple[list[Dose], bool]:
    """The doses up to the first gap, and whether another line follows it; an open statement has no gap after it."""
    line = [doses[0]]
    latest = doses[0].end_date or doses[0].start_date
    for dose in doses[1:]:
        if (dose.start_date - latest).days >= gap_days and not any(_open(given) for given in line):
            return line, True
        line.append(dose)
        latest = max(latest, dose.end_date or dose.start_date)
    return line, False


def _open(dose: Dose) -> bool:
    """A statement still active, without an end: the treatment goes on while other drugs may stop."""
    return bool(dose.is_open) and dose.end_date is None and dose.stop_reason is None


def _counting_stop(line: list[Dose], latest_end: int, day) -> tuple[int, str] | None:
    """The last recorded stop that no record of the line outlasts: ipilimumab may stop while nivolumab goes on."""
    stops = []
    for dose in line:
        if dose.stop_reason is not None:
            when = day(dose.end_date or dose.start_date)
            if when >= latest_end:
                stops.append((when, dose.stop_reason))
    if not stops:
        return None
    last = max(when for when, _ in stops)
    return last, min((reason for when, reason in stops if when == last), key=STOP_RANK.index)


def _first_systemic(patient: Patient, is_index_agent) -> dict[str, date]:
    """Every agent that is no index drug of the cohort, and the day it was first recorded."""
    first: dict[str, date] = {}
    for therapy in patient.therapies:
        if therapy.kind == "systemic":
            agent = therapy.agent or "an agent nobody named"
            first[agent] = min(first.get(agent, therapy.start_date), therapy.start_date)
    for dose in patient.doses:
        if not is_index_agent(dose.agent):
            first[dose.agent] = min(first.get(dose.agent, dose.start_date), dose.start_date)
    return first


def _day_counter(index_date: date):
    return lambda when: (when - index_date).days
