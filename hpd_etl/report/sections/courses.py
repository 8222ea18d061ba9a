"""What became of the burden and of the treatment: waterfall, spider and swimmer, of patients and of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hpd_etl.criteria.rules import at_least, at_most
from hpd_etl.grouping import numbers
from hpd_etl.report.by_verdict import (
    MOST_PATIENTS,
    NOT_DRAWN,
    Room,
    codes,
    counted,
    persons_and_share,
    persons_at,
    quartiles,
    warned,
)
from hpd_etl.report.change import STATES, Changes, changes, states
from hpd_etl.report.compared import shared
from hpd_etl.report.content import Figure, Listing, Method, Part, Section, Story, slug
from hpd_etl.report.drawing import courses as charts
from hpd_etl.report.drawing.verdicts import ORDER

if TYPE_CHECKING:
    from hpd_etl.criteria.definition import Definition
    from hpd_etl.grouping import Floats, Ints
    from hpd_etl.report.facts import Facts

BANDS: Final = ("-30 or less", "-30 to 0", "0 to 20", "20 to 50", "50 to 100", "100 or more", "not known")
"""Of the change from baseline, in percent."""
MONTHS: Final = 12
"""As far as changes are told."""
ON_TREATMENT: Final = (1, 3, 6, 12, 24)
"""The months after which it is told who is on treatment."""
_PROGRESSED: Final = ("PD", "iUPD", "iCPD")

CHANGE: Final = Method(
    "change", "Change of the burden",
    "Percent of the burden at the baseline scan of the definition, from the sums of the run (with measurable new "
    "lesions where the definition counts them). Best: the lowest at any scan after the first dose, up to the begin of "
    "another systemic therapy, not only up to progression. First: the definition's own change at its first evaluation. "
    "Who has no sum at baseline or after it is “not known”. A scan without one of the lesions has no sum.")
BY_MONTH: Final = Method(
    "change-by-month", "Change by month",
    "Of each person the last known change within half a month before and after; nobody's change is carried forward or "
    "interpolated, so that the persons differ from month to month, and who progressed is scanned no more. Quartiles "
    "with linear interpolation (NumPy).")
TREATMENT: Final = Method(
    "on-treatment", "Time on treatment",
    "On the last day of so many months after the first dose: died; on treatment, that is before the earliest possible "
    "end of treatment; off treatment; treatment not known, between the earliest and the latest possible end or beyond "
    "a censored one; not followed any more. Nothing is estimated for who is not followed: for survival see the curves.")


def section(facts: Facts) -> Section:
    """Courses of burden and treatment after the first dose."""
    made: dict[tuple[str, bool], Changes] = {}
    stood = [states(facts.people, month * facts.study.criteria.month_days) for month in ON_TREATMENT]
    parts: list[Part] = []
    room = Room(MOST_PATIENTS)
    for each in facts.definitions:
        asked = each.window_set, each.new_lesions_in_sum
        if asked not in made:
            made[asked] = changes(facts, each)
        parts += shared(facts, each, "courses", _of_all(facts, each, made[asked], stood))
        if len(facts.people) and room.takes(len(facts.people)):
            parts += _of_patients(facts, each, made[asked])
        elif len(facts.people):
            parts.append(Story(key=f"courses-counted-{slug(each.id)}", title="Waterfall, spider and swimmer",
                               patients=True, definition=each.id, cohort=facts.cohort, paragraphs=(NOT_DRAWN,)))
    return Section("courses", "Courses of burden and treatment",
                   "What became of the tumours and of the treatment after the first dose? Who is not scanned any more "
                   "is seldom who does well: later months show fewer and other persons.", tuple(parts))


def _of_all(facts: Facts, definition: Definition, found: Changes, stood: list[Ints]) -> Iterator[Part]:
    verdicts = facts.verdicts_of(definition)
    yield _waterfall(facts, definition, verdicts, *_best_and_first(facts, definition, found))
    yield _ribbons(facts, definition, verdicts, found.by_month(facts.study.criteria.month_days))
    yield _on_treatment(facts, definition, verdicts, stood)


def _of_patients(facts: Facts, definition: Definition, found: Changes) -> Iterator[Part]:
    verdicts = facts.verdicts_of(definition)
    best, first = _best_and_first(facts, definition, found)
    if not (np.isnan(best) & np.isnan(first)).all():
        yield _each_change(facts, definition, verdicts, best, first)
    if len(found.person):
        yield _spider(facts, definition, verdicts, found)
    yield _swimmer(facts, definition, verdicts)


def _best_and_first(facts: Facts, definition: Definition, found: Changes) -> tuple[Floats, Floats]:
    return found.best(len(facts.people)), numbers(facts.metrics_of(definition)["sld_change_pct"])


# --- of all -----------------------------------------------------------------------------------


def bands(percent: Floats) -> Ints:
    """For each change the place in `BANDS`."""
    cases = [np.isnan(percent), at_most(percent, -30.0), ~at_least(percent, 0.0), ~at_least(percent, 20.0),
             ~at_least(percent, 50.0), ~at_least(percent, 100.0)]
    return np.select(cases, [6, 0, 1, 2, 3, 4], default=5)


def _waterfall(facts: Facts, definition: Definition, verdicts: pd.Series[str], best: Floats, first: Floats) -> Figure:
    frames = [counted(bands(percent), BANDS, verdicts, "change").assign(which=which)
              for which, percent in (("best change", best), ("at the first evaluation", first))]
    frame = pd.concat(frames, ignore_index=True)[["which", "change", "verdict", "persons", "share"]]
    return Figure(
        key=f"changes-{slug(definition.id)}", title="Change of the burden from baseline, counted",
        notes=("-30 and 20 % are the bounds of response and progression by RECIST 1.1; a change on a bound from 0 on "
               "belongs to the band that it begins.", "Where no bar stands there is nobody, or the count is hidden.",
               *warned(verdicts)),
        methods=(CHANGE,), definition=definition.id, cohort=facts.cohort, frame=frame,
        labels={"which": "at", "change": "change from baseline", "share": "share of the verdict"}, counts=("persons",),
        within=("which", "verdict"), also_within=("which", "change"), derived=("share",), draw=charts.bars_of_bands,
        alt="Bars: share of each verdict by change of the burden from baseline, at best and at the first evaluation.")


def _ribbons(facts: Facts, definition: Definition, verdicts: pd.Series[str], monthly: Changes) -> Figure:
    return Figure(
        key=f"change-by-month-{slug(definition.id)}", title="Change of the burden by month, median and quartiles",
        notes=("Who had no scan in a month is not in it; a month of hidden counts is passed over.", *warned(verdicts)),
        methods=(CHANGE, BY_MONTH),
        definition=definition.id, cohort=facts.cohort, frame=by_month(verdicts, monthly),
        labels={"month": "month after the first dose", "verdict_persons": "persons of the verdict",
                "persons": "with a known change", "lower_pct": "lower quartile, %", "median_pct": "median, %",
                "upper_pct": "upper quartile, %"},
        counts=("persons",), also_within=("month",), parts_of={"persons": "verdict_persons"},
        told=("verdict_persons",), derived=("lower_pct", "median_pct", "upper_pct"),
        draw=charts.ribbons,
        alt="Median and quartiles of the change of the burden from baseline, month by month, by verdict.")


def by_month(verdicts: pd.Series[str], monthly: Changes) -> pd.DataFrame:
    """Quartiles of the change in each month after the first dose by verdict, and of how many."""
    verdict = codes(verdicts)
    lines = []
    for place, name in enumerate(ORDER):
        own, total = verdict[monthly.person] == place, int((verdict == place).sum())
        for month in range(MONTHS + 1):
            values = monthly.percent[own & (monthly.day == month)]
            if len(values):
                lines.append((name, month, total, len(values), *quartiles(values)))
    kinds = {"verdict_persons": "Int64", "persons": "Int64", **dict.fromkeys(_QUARTILES, "Float64")}
    return pd.DataFrame(lines, columns=["verdict", "month", *kinds]).astype(kinds)


def _on_treatment(facts: Facts, definition: Definition, verdicts: pd.Series[str],
                  stood: Sequence[Ints]) -> Listing:
    verdict, n = codes(verdicts), len(STATES)
    counts = np.stack([persons_at(places, n, verdict) for places in stood])
    frame = pd.DataFrame({
        "verdict": ORDER * (n * len(stood)), "month": np.repeat(ON_TREATMENT, n * len(ORDER)),
        "state": np.tile(np.repeat(STATES, len(ORDER)), len(stood)),
        **persons_and_share(counts, counts[0].sum(axis=0))})
    frame["place"] = np.tile(np.arange(len(ORDER)), n * len(stood))
    frame = frame[frame["persons"] > 0].sort_values(["place", "month"], kind="stable", ignore_index=True)
    return Listing(
        key=f"on-treatment-{slug(definition.id)}", title="Where the treatment stood, month by month",
        heading="verdict",
        notes=("Shares of all persons of the verdict.", *warned(verdicts)), methods=(TREATMENT,),
        definition=definition.id, cohort=facts.cohort, frame=frame.drop(columns="place"),
        labels={"month": "months after the first dose", "share": "share of the verdict"}, counts=("persons",),
        within=("verdict", "month"), also_within=("month", "state"), derived=("share",), percent=("share",))


# --- of patients ------------------------------------------------------------------------------


def _each_change(facts: Facts, definition: Definition, verdicts: pd.Series[str], best: Floats,
                 first: Floats) -> Figure:
    names = facts.pseudonyms.reindex(verdicts.index)
    frame = pd.DataFrame({"patient": names.array, "verdict": verdicts.array, "best_pct": best.round(2),
                          "first_pct": first.round(2)}).astype({"best_pct": "Float64", "first_pct": "Float64"})
    frame = frame[frame["best_pct"].notna() | frame["first_pct"].notna()]
    frame = frame.sort_values(["best_pct", "patient"], ascending=[False, True], ignore_index=True)
    return Figure(
        key=f"waterfall-{slug(definition.id)}", title="Waterfall: best change of each patient", patients=True,
        wide=True,
        notes=("A bar is the best change, a dash the change at the first evaluation; above 150 % drawn at the edge.",),
        methods=(CHANGE,), definition=definition.id, cohort=facts.cohort, frame=frame,
        labels={"best_pct": "best change, %", "first_pct": "change at the first evaluation, %"}, draw=charts.waterfall,
        alt="Waterfall: the best change of the burden of each patient, from most growth to most shrinkage.")


def _spider(facts: Facts, definition: Definition, verdicts: pd.Series[str], found: Changes) -> Figure:
    names = facts.pseudonyms.reindex(verdicts.index).to_numpy()
    frame = pd.DataFrame({"patient": names[found.person], "verdict": verdicts.to_numpy()[found.person],
                          "day": found.day, "change_pct": found.percent.round(2)})
    return Figure(
        key=f"spider-{slug(definition.id)}", title="Spider: change of each patient over time", patients=True,
        wide=True,
        notes=("Each line begins at 0 % on the day of the first dose; above 300 % drawn at the edge.",),
        methods=(CHANGE,), definition=definition.id, cohort=facts.cohort, frame=frame,
        labels={"day": "days from the first dose", "change_pct": "change from baseline, %"},
        alt="Spider: the change of the burden of each patient from baseline over time, a line a patient.",
        draw=partial(charts.spider, month_days=facts.study.criteria.month_days))


def _swimmer(facts: Facts, definition: Definition, verdicts: pd.Series[str]) -> Figure:
    people = facts.people
    ongoing = people["ttf_max_days"].isna()
    frame = pd.DataFrame({
        "patient": facts.pseudonyms.reindex(verdicts.index).array, "verdict": verdicts.array,
        "treated_days": people["ttf_min_days"].array, "ended_by": people["ttf_basis"].astype("string").array,
        "ongoing": ongoing.array, "progression_day": _progressions(facts, definition).array,
        "death_day": people["death_day"].array, "followed_days": people["followup_end_day"].array})
    frame["verdict"] = pd.Categorical(frame["verdict"], categories=ORDER)
    frame = frame.sort_values(["verdict", "treated_days", "patient"], ascending=[True, False, True], ignore_index=True)
    frame["verdict"] = frame["verdict"].astype("string")
    return Figure(
        key=f"swimmer-{slug(definition.id)}", title="Swimmer: treatment of each patient", patients=True, wide=True,
        notes=(f"Progression: the first at a scan after the first dose by {_framework(facts, definition)}, where "
               "the run assessed it.", "An arrow: no end of treatment is known."),
        methods=(TREATMENT,), definition=definition.id, cohort=facts.cohort, frame=frame,
        labels={"treated_days": "days on treatment", "ended_by": "ended by", "ongoing": "no end known",
                "progression_day": "day of progression", "death_day": "day of death",
                "followed_days": "last day followed"},
        alt="Swimmer: time on treatment of each patient, with progression, death and treatment that goes on.",
        draw=partial(charts.swimmer, month_days=facts.study.criteria.month_days))


def _framework(facts: Facts, definition: Definition) -> str:
    """The definition's own criteria where the run assessed by them, else the first of the study."""
    known = facts.study.responses.frameworks
    return definition.framework if definition.framework in known else known[0]


def _progressions(facts: Facts, definition: Definition) -> pd.Series[int]:
    """Day of the first progression after the first dose that the run assessed; <NA> where there is none."""
    rows = facts.labels.assessments
    own = rows["framework"].eq(_framework(facts, definition)) & rows["response"].isin(_PROGRESSED)
    own &= rows["days_from_index"].gt(0)
    rows = rows[own.to_numpy(np.bool_, na_value=False)]
    return rows.groupby("person_id", observed=True)["days_from_index"].min().reindex(facts.people.index)


_QUARTILES: Final = ("lower_pct", "median_pct", "upper_pct")
