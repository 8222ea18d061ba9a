"""How long people lived, and how long treatment lasted, after it was known whether they are hyperprogressors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, product
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hpd_etl.config import EARLY_DEATH_DAYS
from hpd_etl.criteria.clinical import ECOG_MONTHS
from hpd_etl.criteria.rules import leaves
from hpd_etl.grouping import NO_DAY, days, select
from hpd_etl.report.compared import shared
from hpd_etl.report.content import Figure, Listing, Method, Part, Section, slug
from hpd_etl.report.drawing.curves import survival_chart
from hpd_etl.report.drawing.theme import VERDICTS
from hpd_etl.report.people import verdict_places
from hpd_etl.report.statistics.survival import METHOD, Times, crosses, log_rank, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hpd_etl.criteria.definition import Definition
    from hpd_etl.grouping import Bools, Ints
    from hpd_etl.report.facts import Facts

GROUPS: Final = tuple(VERDICTS.values())
COMPARED: Final = GROUPS[:2]
FEW: Final = 10
"""Below so many events in a group the part says that the numbers are small."""
_FATES: Final = (
    "in the comparison", "{event} up to the day on which the verdict was known", "not seen after that day",
    "follow-up not known", "no day on which the verdict was known", "not evaluable, so in no curve")
_CLINICAL: Final = ("ecog_worst", "ecog_rise")
_OUTCOMES: Final = ("ttf_months", "early_progression_death")
"""Metrics that are what the curves show."""

LANDMARK: Final = Method(
    "landmark", "When the clock starts",
    "On the day on which the verdict was known, so that nobody is given the time that had to be survived to get it: "
    "the day of the deciding evaluation, and where the rule looks at what happens up to a later day (treatment "
    f"failure, ECOG within {ECOG_MONTHS} months, death within {EARLY_DEATH_DAYS} days) not before that day. Who died, "
    "failed treatment or was last seen by then is in no curve and is counted; so is who is not evaluable. Death: the "
    "recorded day, the first possible one where only the month or the year is known; else seen up to the end of "
    "follow-up. Treatment failure: the last day on which it can have come where only a range is known; where it is "
    "open, treatment lasted at least to the first. Months have the length that the study gives them.")
CIRCULAR: Final = ("Circular: the rule of this definition itself looks at treatment failure or death, so that who is "
                   "HPD by it fares worse by construction. The curves do not show what hyperprogression does.")
SMALL: Final = "Small numbers: fewer than ten events in a group; curves, medians and p are rough."
NOT_PROPORTIONAL: Final = ("The curves cross: the log-rank test loses power, and no single ratio of hazards holds over "
                           "the whole time.")
_PLAIN: Final = "One test for each outcome and definition; p is not adjusted. The groups were not made by chance."
_STEPS: Final = ("Drawn in steps of at least {least} persons, at whole months: between two of them the curve came down "
                 "gradually, and what comes after the last one is not drawn.")
_ROUNDED: Final = ("Persons are rounded to the nearest {least} and curves to whole percent: exact numbers would tell "
                   "how few are not in the comparison. Estimates and tests are made from all persons.")
_LABELS: Final = {"at_risk": "at risk", "chi_square": "log-rank chi-square", "low": "from", "high": "to",
                  "median": "median, months", "is_crossing": "curves cross"}


def section(facts: Facts) -> Section:
    """What became of hyperprogressors."""
    parts = tuple(part for each in facts.definitions for part in shared(facts, each, "survival", _parts(facts, each)))
    return Section("survival", "Survival and time to treatment failure",
                   "Do hyperprogressors fare worse once they are known to be? A difference is no proof that "
                   "hyperprogression shortens life: whoever progresses fast is ill in other ways too.", parts)


@dataclass(frozen=True)
class Outcome:
    """What happens to everybody, in days from the first dose; `NO_DAY` where not known."""

    key: str
    title: str
    event: str
    """What is said of whom it happened to."""
    end: Ints
    """The day of the event, or the last day without it."""
    is_event: Bools


def outcomes(facts: Facts) -> tuple[Outcome, ...]:
    """Death, and failure of treatment."""
    names = ("death_day", "followup_end_day", "ttf_min_days", "ttf_max_days")
    death, followed, least, most = (facts.people[name].to_numpy(np.int64, na_value=NO_DAY) for name in names)
    died, failed = death != NO_DAY, most != NO_DAY
    return (Outcome("death", "Overall survival", "died", np.where(died, death, followed), died),
            Outcome("failure", "Time to treatment failure", "failed treatment", np.where(failed, most, least), failed))


def looks_ahead(definition: Definition, month_days: float) -> int:
    """The last day of treatment at which its rule looks beside the scans; 0 where it looks at none."""
    last = [0.0]
    for leaf in leaves(definition.rule):
        if leaf.metric == "ttf_months" and not isinstance(leaf.value, tuple):
            last.append(leaf.value * month_days)
        last += [ECOG_MONTHS * month_days] * (leaf.metric in _CLINICAL)
        last += [EARLY_DEATH_DAYS] * (leaf.metric == "early_progression_death")
    return ceil(max(last))


def is_circular(definition: Definition) -> bool:
    """Whether its rule looks at what the curves show."""
    return any(leaf.metric in _OUTCOMES for leaf in leaves(definition.rule))


@dataclass(frozen=True, eq=False)
class Followed:
    """The people after their verdict under one definition was known."""

    outcome: Outcome
    group: Ints
    """The place of everybody's verdict in `GROUPS`."""
    known_on: Ints
    """The day on which it was known; `NO_DAY` where no evaluation decided it."""
    month_days: float

    @cached_property
    def fate(self) -> Ints:
        """Why everybody is in a curve or in none, as a place in `_FATES`."""
        end, known = self.outcome.end, self.known_on
        return select([(self.group == len(COMPARED), 5), (known == NO_DAY, 4), (end == NO_DAY, 3),
                       ((end <= known) & self.outcome.is_event, 1), (end <= known, 2)], 0)

    def times(self, group: int) -> Times:
        """The months from then on of those who are compared."""
        own = (self.group == group) & (self.fate == 0)
        return Times((self.outcome.end - self.known_on)[own] / self.month_days, self.outcome.is_event[own])


def known_on(facts: Facts, definition: Definition) -> Ints:
    """The day on which everybody's verdict was known; `NO_DAY` where no evaluation decided it."""
    labels = facts.labels_of(definition)
    decided, first = days(labels["decided_on"]), days(labels["index_date"])
    ahead = looks_ahead(definition, facts.study.criteria.month_days)
    day = np.where((decided == NO_DAY) | (first == NO_DAY), 0, decided - first)
    return np.where((day <= 0) & (ahead == 0), NO_DAY, np.maximum(day, ahead))


def _parts(facts: Facts, definition: Definition) -> Iterator[Part]:
    group, known = verdict_places(facts, definition), known_on(facts, definition)
    followed = [Followed(each, group, known, facts.study.criteria.month_days) for each in outcomes(facts)]
    times = [{name: each.times(place) for place, name in enumerate(COMPARED)} for each in followed]
    common: dict[str, Any] = {"definition": definition.id, "cohort": facts.cohort, "methods": (LANDMARK, METHOD)}
    end, least = slug(definition.id), max(ceil(facts.study.report.min_cell.value), 1)
    notes = [_notes(definition, tuple(of.values())) for of in times]
    for coarse in (least, 1)[: 1 + (least > 1)]:
        name, said = ("", "") if coarse == least else ("-exact", ", exact")
        own = {**common, "patients": coarse != least}
        for each, of, told in zip(followed, times, notes, strict=True):
            if max(map(len, of.values())) >= coarse:
                yield _figure(f"survival-{each.outcome.key}{name}-{end}", each.outcome, of, coarse, told, said, own)
        yield Listing(
            key=f"survival-medians{name}-{end}", title=f"Medians and log-rank test{said}", heading="outcome",
            frame=_medians(followed, times, coarse), labels=_LABELS, counts=("persons", "events"), within=("outcome",),
            notes=(*dict.fromkeys(chain(*notes)), _PLAIN, *((_ROUNDED.format(least=coarse),) if coarse > 1 else ())),
            derived=("median", "low", "high", "chi_square", "p", "is_crossing"), **own)
    yield Listing(
        key=f"survival-fates-{end}", title="Who is in the comparison", heading="outcome", frame=_fates(followed),
        counts=("persons",), within=("outcome", "verdict"), **common)


def _notes(definition: Definition, groups: Sequence[Times]) -> tuple[str, ...]:
    """What must be known of the curves of an outcome."""
    few = any(group.is_event.sum() < FEW for group in groups)
    return (*((CIRCULAR,) if is_circular(definition) else ()), *((SMALL,) if few else ()),
            *((NOT_PROPORTIONAL,) if crosses(*groups) else ()))


def _figure(key: str, outcome: Outcome, times: Mapping[str, Times], least: int, notes: Sequence[str], said: str,
            common: Mapping[str, Any]) -> Figure:
    told = () if least == 1 else (_STEPS.format(least=least), _ROUNDED.format(least=least))
    return Figure(
        key=key, title=f"{outcome.title}{said}", notes=(*notes, *told), labels=_LABELS,
        frame=pd.concat([_curve(group, own, least) for group, own in times.items()], ignore_index=True),
        counts=("at_risk", "events", "censored"), derived=("survival", "low", "high"),
        alt=f"Curves of {outcome.title.lower()} of those who are HPD and of those who are not, from the day on which "
            "that was known, with intervals and numbers at risk.",
        draw=partial(survival_chart, since="Months since the verdict was known"), **common)


def _curve(group: str, times: Times, least: int) -> pd.DataFrame:
    """A row a step: what was left at that month, and what happened since the step before; of fewer none."""
    months = steps(times, least) if len(times) >= least else np.zeros(0, dtype=np.int64)
    events, censored = times.after(months.astype(np.float64))
    estimates = times.at(months.astype(np.float64)) if len(months) else (np.zeros(0),) * 3
    survival, low, high = (pd.array(each if least == 1 else each.round(2), dtype="Float64") for each in estimates)
    told = (len(times) - events - censored, np.diff(events, prepend=0), np.diff(censored, prepend=0))
    at_risk, happened, left = (pd.array(_rounded(each, least), dtype="Int64") for each in told)
    return pd.DataFrame({
        "group": pd.array([group] * len(months), dtype="string"), "month": pd.array(months, dtype="Int64"),
        "survival": survival, "low": low, "high": high, "at_risk": at_risk, "events": happened, "censored": left})


def _rounded(counts: Ints, least: int) -> Ints:
    """To the nearest multiple: what is left of a known number would tell how few were left out."""
    return (counts + least // 2) // least * least


def _medians(followed: Sequence[Followed], times: Sequence[Mapping[str, Times]], least: int) -> pd.DataFrame:
    """A row a group; the test stands in the first row of its outcome. Of fewer than `least` nothing is said."""
    rows: list[tuple[Any, ...]] = []
    for each, own in zip(followed, times, strict=True):
        told = min(map(len, own.values())) >= least
        chi_square, p = (log_rank(*own.values()) if told else None) or (None, None)
        test: tuple[Any, ...] = (chi_square, p, crosses(*own.values()) if told else None)
        for group, of in own.items():
            persons = _rounded(np.array([len(of), of.is_event.sum()]), least).tolist()
            median = of.median() if len(of) >= least else (None,) * 3
            rows.append((each.outcome.title, group, *persons,
                         *(None if value is None else round(value, 1) for value in median), *test))
            test = (None,) * 3
    kinds = {"outcome": "string", "verdict": "string", "persons": "Int64", "events": "Int64", "median": "Float64",
             "low": "Float64", "high": "Float64", "chi_square": "Float64", "p": "Float64", "is_crossing": "boolean"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def _fates(followed: Sequence[Followed]) -> pd.DataFrame:
    """Everybody of the cohort once for each outcome, also who is in no curve."""
    rows = []
    for each in followed:
        found = np.bincount(each.group * len(_FATES) + each.fate, minlength=len(GROUPS) * len(_FATES)).tolist()
        rows += [(each.outcome.title, group, fate.format(event=each.outcome.event), persons)
                 for (group, fate), persons in zip(product(GROUPS, _FATES), found, strict=True) if persons]
    kinds = {"outcome": "string", "verdict": "string", "fate": "string", "persons": "Int64"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)
