"""Courses of burden and treatment: counted for all, drawn for few."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from statistics import median

import numpy as np
import pandas as pd
import pytest

from hpd_etl.report.change import STATES, Changes, changes, states
from hpd_etl.report.drawing import courses as charts
from hpd_etl.report.drawing import growth
from hpd_etl.report.sections import courses
from hpd_etl.report.sections.courses import BANDS, bands, by_month
from tests.report import drawings

NA = pd.NA


@pytest.fixture(scope="module")
def parts(facts):
    """The parts of the section by name."""
    return {part.key: part for part in courses.section(facts).parts}


@pytest.fixture(scope="module")
def of_patients(facts):
    """The same for one definition, with a lane for everybody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(courses, "MOST_PATIENTS", 1000)
        section = courses.section(replace(facts, definitions=(named(facts, "saada2017"),)))
    return {part.key: part for part in section.parts}


def named(facts, name):
    """The definition of this name."""
    return next(each for each in facts.definitions if each.id == name)


@pytest.mark.parametrize(("percent", "band"), [
    (-100.0, "-30 or less"), (-30.0, "-30 or less"), (-29.9, "-30 to 0"), (0.0, "0 to 20"), (19.99, "0 to 20"),
    (20.0, "20 to 50"), (50.0, "50 to 100"), (99.0, "50 to 100"), (100.0, "100 or more"), (900.0, "100 or more"),
    (np.nan, "not known"),
])
def test_bands_begin_where_the_criteria_do(percent, band):
    """-30 % is a response, 20 % a progression, and both are in the band beyond their bound."""
    assert BANDS[bands(np.array([percent]))[0]] == band


@pytest.mark.parametrize(("least", "most", "death", "end", "state"), [
    (120, 120, NA, 400, "on treatment"),
    (100, 100, NA, 400, "off treatment"),
    (50, 50, 400, 90, "off treatment"),
    (50, NA, NA, 400, "treatment not known"),
    (50, 150, NA, 400, "treatment not known"),
    (50, 50, NA, 99, "not followed any more"),
    (50, NA, NA, NA, "not followed any more"),
    (50, 50, 100, 100, "died"),
    (150, NA, 100, 100, "died"),
])
def test_where_a_person_is_on_day_100(least, most, death, end, state):
    """Who is dead is dead; who dies later is alive; who is neither seen nor known to be treated is not followed."""
    person = pd.DataFrame({"ttf_min_days": [least], "ttf_max_days": [most], "death_day": [death],
                           "followup_end_day": [end]}).astype("Int64")
    assert STATES[states(person, 100)[0]] == state


def slow(facts, definition, *, new):
    """Change by person and day, one row of the burden after the other."""
    roles = {(row["person_id"], row["days_from_index"]) for row in facts.timeline.scan_choices.to_dict("records")
             if row["window_set"] == definition.window_set and row["role"] == "baseline"}
    given, later = defaultdict(set), {}
    therapies = facts.timeline.therapies.to_dict("records")
    for row in therapies:
        if row["kind"] == "systemic" and row["days_from_index"] <= 0:
            given[row["person_id"]].add(str(row["agent"]))
    for row in therapies:
        person, day = row["person_id"], row["days_from_index"]
        if row["kind"] == "systemic" and day > 0 and str(row["agent"]) not in given[person]:
            later[person] = min(day, later.get(person, day))
    rows = [row for row in facts.labels.burden.to_dict("records") if row["window_set"] == definition.window_set
            and row["person_id"] in facts.people.index]
    size = {(row["person_id"], row["days_from_index"]): float(row["sld_mm"]) + (float(row["new_mm"]) if new else 0)
            for row in rows if not pd.isna(row["sld_mm"]) and not (new and pd.isna(row["new_mm"]))}
    base = {person: size[person, day] for person, day in roles if (person, day) in size}
    return {(person, day): 100 * (mm - base[person]) / base[person] for (person, day), mm in size.items()
            if day > 0 and base.get(person, 0) > 0 and day <= later.get(person, day)}


@pytest.mark.parametrize(("name", "new"), [("saada2017", False), ("ji2019", True)])
def test_changes_are_those_of_the_burden(facts, name, new):
    """Scan by scan the change from baseline, new lesions added where the definition adds them, until another drug."""
    definition = named(facts, name)
    expected = slow(facts, definition, new=new)
    found = changes(facts, definition)
    ids = list(facts.people["person_id"])
    assert {(ids[person], day): percent for person, day, percent in
            zip(found.person, found.day, found.percent, strict=True)} == pytest.approx(expected)
    best = {}
    for (person, _), percent in expected.items():
        best[person] = min(percent, best.get(person, percent))
    told = {person: percent for person, percent in zip(ids, found.best(len(ids)), strict=True) if percent == percent}
    assert told == pytest.approx(best)


def test_a_month_holds_the_last_scan_of_each_person():
    """Scans on days 20, 40 and 44 are of months 1, 1 and 1; of two persons the quartiles are of the last of each."""
    found = Changes(np.array([0, 0, 0, 1, 1]), np.array([20, 40, 44, 30, 60]), np.array([5.0, 7.0, 10.0, 30.0, 50.0]))
    frame = by_month(pd.Series(["HPD", "HPD", "HPD"], dtype="string"), found.by_month(30.4375))
    assert frame.to_dict("records") == [
        {"verdict": "HPD", "month": 1, "verdict_persons": 3, "persons": 2, "lower_pct": 15.0, "median_pct": 20.0,
         "upper_pct": 25.0},
        {"verdict": "HPD", "month": 2, "verdict_persons": 3, "persons": 1, "lower_pct": 50.0, "median_pct": 50.0,
         "upper_pct": 50.0}]


def test_a_point_says_its_quartiles_in_words():
    """What a pointer shows and a voice reads is a sentence, with none of the drawing's own names."""
    rows = [("HPD", 1, 15.0, 20.0, 25.0), ("not HPD", 2, -31.4, -20.0, 5.0)]
    frame = pd.DataFrame(rows, columns=["verdict", "month", "lower_pct", "median_pct", "upper_pct"])
    assert drawings.said(drawings.of(drawings.figure(charts.ribbons, frame))) == [
        "HPD, month 1: median 20 %, quartiles 15 to 25 %", "not HPD, month 2: median -20 %, quartiles -31 to 5 %"]
    scans = frame.assign(scan=["baseline", "first evaluation"])
    assert drawings.said(drawings.of(drawings.figure(growth.relative, scans))) == [
        "HPD, baseline: median 20 %, quartiles 15 to 25 %",
        "not HPD, first evaluation: median -20 %, quartiles -31 to 5 %"]


def test_everybody_is_counted_once(facts, parts):
    """In each figure of counts the persons of a verdict add up to all of it, at each scan and in each month."""
    for each in facts.definitions:
        of = facts.verdicts_of(each).value_counts()
        name = each.id.replace("_", "-")
        for part, by in ((parts[f"changes-{name}"], "which"), (parts[f"on-treatment-{name}"], "month")):
            total = part.frame.groupby(["verdict", by])["persons"].sum()
            assert all(count == of.get(verdict, 0) for (verdict, _), count in total.items())
        is_small = any(0 < count < 5 for count in of)
        assert all(parts[f"{kind}-{name}"].patients == is_small
                   for kind in ("changes", "change-by-month", "on-treatment"))


def test_medians_by_month_are_those_of_a_slow_count(facts, parts):
    """Median change in the second month of those who are not hyperprogressors."""
    verdicts = facts.verdicts_of(named(facts, "saada2017"))
    last = {}
    for (person, day), percent in sorted(slow(facts, named(facts, "saada2017"), new=False).items()):
        if round(day / facts.study.criteria.month_days) == 2 and verdicts[person] == "not HPD":
            last[person] = percent
    frame = parts["change-by-month-saada2017"].frame
    row = frame[(frame["verdict"] == "not HPD") & (frame["month"] == 2)].iloc[0]
    assert row["persons"] == len(last) > 50
    assert row["median_pct"] == pytest.approx(median(last.values()), abs=0.01)


def test_a_lane_for_every_patient(facts, of_patients):
    """The swimmer has everybody with the first progression that the run assessed, the waterfall who has a change, from
    the highest to the lowest; all by pseudonym."""
    first = {}
    for row in facts.labels.assessments.to_dict("records"):
        if row["framework"] == "RECIST1.1" and row["response"] == "PD" and row["days_from_index"] > 0:
            name = facts.pseudonyms[row["person_id"]]
            first[name] = min(row["days_from_index"], first.get(name, 10**6))
    lanes = of_patients["swimmer-saada2017"].frame
    assert set(lanes["patient"]) == set(facts.pseudonyms[facts.people.index])
    assert dict(lanes.dropna(subset=["progression_day"])[["patient", "progression_day"]].to_numpy()) == {
        name: day for name, day in first.items() if name in set(lanes["patient"])}
    best = of_patients["waterfall-saada2017"].frame["best_pct"].dropna()
    assert best.is_monotonic_decreasing
    assert len(best) == len({person for person, _ in slow(facts, named(facts, "saada2017"), new=False)})
    assert all(part.patients for key, part in of_patients.items() if key.startswith(("swim", "spid", "waterf")))


def test_many_patients_have_no_lanes(facts, parts):
    """Above the most that is drawn one by one no lanes are drawn, and a local report says so."""
    assert len(facts.people) > courses.MOST_PATIENTS
    assert not any(key.startswith(("swimmer", "spider", "waterfall")) for key in parts)
    assert parts["courses-counted-saada2017"].patients
