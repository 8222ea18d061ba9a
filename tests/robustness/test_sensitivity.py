"""Which labels flip under another reading of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hpd_etl import robustness
from hpd_etl.config import Study
from hpd_etl.criteria import label
from hpd_etl.library import chosen
from hpd_etl.robustness.readings import readings
from hpd_etl.schema import Sensitivity
from tests.laws.cohorts import records
from tests.reference.patient import Dose
from tests.robustness.given import START, flipped, labelled, patient, study

ALL = ("champiat2017", "saada2017", "kato2017", "ferrara2018", "ji2019")


def told(patients, use: str, **sensitivity: object) -> set[tuple[str, str, str, str]]:
    """The flips of these patients: parameter, value, from and to."""
    found = flipped(patients, study((use,), **sensitivity)).flipped
    return {tuple(map(str, row)) for row in
            found[["parameter", "value", "from_verdict", "to_verdict"]].itertuples(index=False)}


def test_the_length_of_a_month_can_flip_a_difference_of_growth_rates():
    """30, 30, 39.9 mm, 60 days apart: 49.1, 53.4, 54.3 points a month of 28, 30, 30.4375 days, and 50 are asked.

    Nothing grew before; (39.9 / 30)^3 = 2.3526, to the power 28/60, 30/60 and 30.4375/60. Progression by 33 %.
    """
    assert told([patient("m", 30, 30, 39.9)], "ferrara2018") >= {("month_days", "28", "HPD", "NOT_HPD")}
    assert ("month_days", "30") not in {row[:2] for row in told([patient("m", 30, 30, 39.9)], "ferrara2018")}


def test_strictness_flips_only_who_is_on_the_border():
    """20, 40, 80 mm is a ratio of exactly 2: HPD for >= 2, not for > 2; 20, 40, 81 mm is above it by any sign."""
    assert ("strictness", "swapped", "HPD", "NOT_HPD") in told([patient("b", 20, 40, 80)], "saada2017")
    assert "strictness" not in {row[0] for row in told([patient("a", 20, 40, 81)], "saada2017")}


def test_strictness_does_not_touch_the_question_whether_something_grew():
    """No growth on treatment is never HPD: `> 0` is no threshold of a paper and is not swapped."""
    assert "strictness" not in {row[0] for row in told([patient("z", 30, 40, 40)], "saada2017")}


@pytest.mark.parametrize(("name", "days"), [
    ("baseline_28", (-80, -29, 30)), ("pre_84", (-85, 0, 60)), ("post_84", (-60, 0, 85))])
def test_a_narrower_window_takes_the_scan_and_with_it_the_label(name, days):
    """A scan one day outside the narrower window is refused: the label becomes NOT_EVALUABLE by that window alone."""
    found = told([patient("w", 20, 40, 200, days=days)], "saada2017")
    assert {row[1:] for row in found if row[0] == "windows"} == {(name, "HPD", "NOT_EVALUABLE")}


def test_a_shorter_gap_ends_the_line_earlier():
    """Doses on day 0 and day 70: one line with gaps of 120 and 90 days, at most 50 days long with one of 60 days.

    Kato asks for a failure within 60.875 days; the line of day 0 alone failed on day 0.
    """
    one = patient("g", 20, 40, 200)
    twice = replace(one, doses=[*one.doses, Dose("nivolumab", START + timedelta(days=70), source_id="second")])
    found = told([twice], "kato2017")
    assert ("ttf_gap_days", "60", "NOT_HPD", "HPD") in found
    assert "90" not in {row[1] for row in found if row[0] == "ttf_gap_days"}


def test_failure_counted_from_the_baseline_scan_comes_later():
    """Last dose on day 50, baseline scan on day -20: 50 days from the first dose, 70 from the scan, and Kato asks for
    less than 60.875. With the interval of 21 days that the last dose covers it is 71."""
    one = patient("f", 20, 40, 200, days=(-80, -20, 40))
    treated = replace(one, doses=[*one.doses, Dose("nivolumab", START + timedelta(days=50), source_id="second")])
    assert {row for row in told([treated], "kato2017") if row[0] == "ttf_reading"} == {
        ("ttf_reading", "from_baseline_scan", "HPD", "NOT_HPD"),
        ("ttf_reading", "with_last_interval", "HPD", "NOT_HPD")}


def test_a_recorded_stop_is_the_end_whatever_the_interval():
    """Who is recorded as stopped on day 50 stopped on day 50; a death on day 55 is the end of the interval."""
    one = patient("s", 20, 40, 200)
    stopped = Dose("nivolumab", START, START + timedelta(days=50), stop_reason="toxicity", source_id="stopped")
    assert "with_last_interval" not in {row[1] for row in told([replace(one, doses=[stopped])], "kato2017")}
    last = Dose("nivolumab", START + timedelta(days=50), source_id="second")
    died = replace(patient("d", 20, 40, 200, days=(-60, 0, 54)), doses=[*one.doses, last],
                   death_date=START + timedelta(days=55))
    assert "with_last_interval" not in {row[1] for row in told([died], "kato2017")}


def test_the_policies_for_no_growth_before_are_other_readings():
    """40, 40, 80 mm: not evaluable as such, HPD where growth from nothing counts, and lacking where it is excluded."""
    assert {row for row in told([patient("p", 40, 40, 80)], "saada2017") if row[0] == "pre_growth_nonpositive"} == {
        ("pre_growth_nonpositive", "positive_post_is_hpd", "NOT_EVALUABLE", "HPD")}


def test_the_study_asks_which_readings():
    """An own list of windows, months and gaps is what is tried; the study's own reading is none."""
    asked = Study.model_validate({"id": "own", "sensitivity": {
        "month_days": [29, 30.4375], "ttf_gap_days": [120], "ttf_readings": [],
        "windows": {"early": {"post_to_day": 60}, "same": {"post_to_day": 120}}}})
    assert [(each.parameter, each.value) for each in readings(chosen(asked), asked)] == [
        ("month_days", "29"), ("strictness", "swapped"), ("windows", "early"),
        ("pre_growth_nonpositive", "positive_post_is_hpd"), ("pre_growth_nonpositive", "exclude")]


def test_every_reading_adds_up_to_all_labels():
    """Nobody is lost: under each reading the labels of each definition are those of everybody treated."""
    asked = Study.model_validate({"id": "sums", "criteria": {"use": ALL}, "comparators": [
        {"cohort": "chemotherapy", "agents": {"docetaxel": {}, "irinotecan": {}}}]})
    there = records(range(80))
    timeline, labels, definitions = labelled(there, asked)
    found = Sensitivity.of(robustness.flips(there, timeline, labels, definitions, asked))
    before = labels.labels.groupby(["definition_id", "cohort", "verdict"], observed=True).size()
    for _, own in found.flips.groupby(["parameter", "value"], observed=True):
        counted = own.groupby(["definition_id", "cohort", "from_verdict"], observed=True)["n"].sum()
        assert counted.to_dict() == before.to_dict()
    moved = found.flips[found.flips["from_verdict"].astype(str) != found.flips["to_verdict"].astype(str)]
    assert moved["n"].sum() == len(found.flipped)


def test_a_flip_is_what_the_study_would_have_been_told():
    """Labelled with that month and that policy from the start, everybody has the verdict that `flipped` names."""
    there, asked = records(range(80)), study(ALL)
    timeline, labels, definitions = labelled(there, asked)
    found = robustness.flips(there, timeline, labels, definitions, asked)["flipped"]
    for parameter, value in (("month_days", 28.0), ("pre_growth_nonpositive", "exclude")):
        other = asked.model_copy(update={"criteria": asked.criteria.model_copy(update={parameter: value})})
        verdicts = label(timeline, definitions, other).labels["verdict"].astype(str)
        flips = labels.labels.assign(to=verdicts)[labels.labels["verdict"].astype(str) != verdicts]
        named = found[(found["parameter"] == parameter) & (found["value"] == (f"{value:g}" if value == 28 else value))]
        assert set(zip(flips["person_id"], flips["definition_id"], flips["to"], strict=True)) == set(
            zip(named["person_id"], named["definition_id"], named["to_verdict"].astype(str), strict=True))
