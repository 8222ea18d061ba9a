"""Growth before against growth on treatment, and the burden at the three scans."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from hpd_etl.report.by_verdict import MOST_DRAWN
from hpd_etl.report.content import Figure, Story
from hpd_etl.report.drawing.growth import bars_of_zones, binned, step_of
from hpd_etl.report.sections import growth
from hpd_etl.report.sections.growth import acceleration, relative_burden, zone_names, zones
from tests.report import drawings


@pytest.fixture(scope="module")
def parts(facts):
    """The parts of the section by name."""
    return {part.key: part for part in growth.section(facts).parts}


@pytest.mark.parametrize(("pre", "post", "asked", "zone"), [
    (5.0, 10.0, (">=", 2.0), "accelerated: 2 times or more"),
    (5.0, 10.0, (">", 2.0), "as fast or faster, up to 2 times"),
    (5.0, 10.1, (">", 2.0), "accelerated: more than 2 times"),
    (5.0, 9.9, (">=", 2.0), "as fast or faster, below 2 times"),
    (5.0, 5.0, (">=", 2.0), "as fast or faster, below 2 times"),
    (5.0, 4.9, (">=", 2.0), "slower than before"),
    (5.0, 0.0, (">=", 2.0), "grew, then did not"),
    (5.0, -20.0, (">=", 2.0), "grew, then did not"),
    (0.0, 1.0, (">=", 2.0), "grew only on treatment"),
    (-5.0, 1.0, (">=", 2.0), "grew only on treatment"),
    (-5.0, -15.0, (">=", 2.0), "grew neither before nor on it"),
    (np.nan, 15.0, (">=", 2.0), "not known"),
    (5.0, np.nan, (">=", 2.0), "not known"),
])
def test_zones(pre, post, asked, zone):
    """A ratio is read only where there was growth before: three times a shrinkage is no acceleration."""
    ratio = post / pre if pre > 0 else np.nan
    [place] = zones(pd.DataFrame({"tgk_pre": [pre], "tgk_post": [post], "tgk_ratio": [ratio]}), *asked)
    assert zone_names(*asked)[place] == zone


def test_a_definition_draws_its_own_line(facts):
    """The acceleration that a definition asks for, is that of its zones; twice where it asks for none."""
    asked = {each.id: acceleration(each) for each in facts.definitions}
    assert {name: asked[name] for name in ("saada2017", "kimcg2021_hcc", "atezbev2023_4x", "matos2020")} == {
        "saada2017": (">=", 2), "kimcg2021_hcc": (">=", 4), "atezbev2023_4x": (">", 4), "matos2020": (">=", 2)}


def test_everybody_is_in_one_zone(facts, parts):
    """Persons of the zones, counted one by one, and all of the cohort."""
    own = facts.labels.labels
    verdict = {row["person_id"]: row["verdict"] for row in own[
        (own["definition_id"] == "ji2019") & (own["cohort"] == facts.cohort)].to_dict("records")}
    words = {"HPD": "HPD", "NOT_HPD": "not HPD", "NOT_EVALUABLE": "not evaluable"}
    counted = Counter()
    for row in facts.labels.metrics.to_dict("records"):
        if row["measure_set"] != "irRECIST/study/new/sld" or row["person_id"] not in verdict:
            continue
        pre, post = row["tgk_pre"], row["tgk_post"]
        if pd.isna(pre) or pd.isna(post):
            zone = "not known"
        elif pre <= 0:
            zone = "grew only on treatment" if post > 0 else "grew neither before nor on it"
        elif post <= 0:
            zone = "grew, then did not"
        elif post >= 2 * pre * (1 - 1e-9):
            zone = "accelerated: 2 times or more"
        else:
            zone = "slower than before" if post < pre * (1 - 1e-9) else "as fast or faster, below 2 times"
        counted[zone, words[verdict[row["person_id"]]]] += 1
    frame = parts["growth-zones-ji2019"].frame
    found = {(row["zone"], row["verdict"]): row["persons"] for row in frame.to_dict("records")}
    assert {key: count for key, count in found.items() if count} == dict(counted)
    assert len(counted) > 5
    for each in facts.definitions:
        frame = parts[f"growth-zones-{each.id.replace('_', '-')}"].frame
        assert frame["persons"].sum() == len(facts.people)
        assert frame.groupby("verdict")["share"].sum().round(2).isin([0, 1]).all()


def test_quartiles_of_the_burden():
    """Four hyperprogressors at 50, 100, 150 and 200 % of baseline: quartiles 87.5, 125 and 162.5 %; a burden that is
    not known, or nothing at baseline, is counted out of the scan and out of nothing else."""
    verdicts = pd.Series(["HPD"] * 6 + ["not HPD"], dtype="string")
    metrics = pd.DataFrame({"s_pre_mm": [80.0] * 6 + [pd.NA], "s0_mm": [100.0] * 5 + [0.0, 40.0],
                            "s_post_mm": [50.0, 100.0, 150.0, 200.0, pd.NA, 30.0, 20.0]}).astype("Float64")
    frame = relative_burden(verdicts, metrics).set_index(["verdict", "scan"])
    told = frame.loc[("HPD", "first evaluation")]
    assert (told["verdict_persons"], told["persons"]) == (6, 4)
    assert list(told[["lower_pct", "median_pct", "upper_pct"]]) == [87.5, 125.0, 162.5]
    assert list(told[["lower_mm", "median_mm", "upper_mm"]]) == [87.5, 125.0, 162.5]
    assert frame.loc[("HPD", "pre-baseline"), "median_pct"] == 80.0
    assert frame.loc[("HPD", "baseline"), "persons"] == 5
    assert frame.loc[("not HPD", "first evaluation"), "median_pct"] == 50.0
    assert frame.loc[("not HPD", "pre-baseline")].isna()["median_pct"]
    assert frame.loc[("not evaluable", "baseline"), "persons"] == 0


def test_each_hyperprogressor_has_a_line(facts, parts):
    """The burdens of each hyperprogressor stand at the days between their scans, under a name that is no id."""
    frame = parts["burden-patients-saada2017"].frame
    labels, metrics = facts.labels.labels, facts.labels.metrics
    hyper = labels[(labels["definition_id"] == "saada2017") & (labels["verdict"] == "HPD") &
                   (labels["cohort"] == facts.cohort)]["person_id"]
    place = {person: number for number, person in enumerate(facts.timeline.index["person_id"], 1)}
    expected = {}
    for row in metrics[metrics["measure_set"] == "RECIST1.1/study/targets/sld"].to_dict("records"):
        if row["person_id"] in set(hyper):
            expected[f"P{place[row['person_id']]:03}"] = [
                (-row["dt_pre_days"], row["s_pre_mm"]), (0, row["s0_mm"]), (row["dt_post_days"], row["s_post_mm"])]
    found = {name: list(zip(own["baseline_day"], own["burden_mm"], strict=True))
             for name, own in frame.groupby("patient")}
    assert found == expected


def test_what_shows_patients_says_so(facts, parts):
    """Parts with a row a patient are for a local report, bear pseudonyms, and no part bears an id or a date.

    Of a definition with a small group all parts are for a local report.
    """
    ids = set(facts.timeline.index["person_id"])
    small = {part.definition for part in parts.values() if part.title == "A small group"}
    for part in parts.values():
        if isinstance(part, Story):
            assert part.patients or part.title == "A small group"
            continue
        assert part.patients == ("patient" in part.frame or part.definition in small)
        assert not any(ids & set(part.frame[name].dropna()) for name in part.frame.select_dtypes("string"))
        assert part.frame.select_dtypes("datetime").empty
        assert part.patients or "persons" in part.counts
    assert facts.pseudonyms.is_unique


def test_many_patients_are_counted_in_cells(facts, monkeypatch):
    """Above the most patients that are drawn one by one, a figure counts them in cells, and nobody is lost."""
    monkeypatch.setattr(growth, "MOST_PATIENTS", 100)
    parts = {part.key: part for part in growth.section(facts).parts}
    plane = parts["growth-plane-saada2017"]
    assert "growth-patients-saada2017" not in parts
    assert isinstance(plane, Figure)
    assert not plane.patients
    metrics = facts.metrics_of(next(each for each in facts.definitions if each.id == "saada2017"))
    assert plane.frame["persons"].sum() == (metrics["tgk_pre"].notna() & metrics["tgk_post"].notna()).sum()
    assert len(plane.frame) <= 3 * 64


def test_the_page_stays_small(parts):
    """Patients are drawn one by one for the first definitions, up to a number in all; the others say so."""
    lines = [part for key, part in parts.items() if key.startswith("growth-patients")]
    assert 1000 < sum(len(part.frame) for part in lines) <= MOST_DRAWN
    assert len([key for key in parts if key.startswith("growth-counted")]) >= 35 - len(lines)


def test_cells_are_few_and_hold_what_lies_beyond():
    """Of 0 to 99 and one far off: a step of 20; 37 lies in the cell of 20, the one far off in the outermost cell."""
    values = np.array([*range(100), 5000.0])
    step = step_of(values)
    cells = binned(values, step)
    assert step == 20
    assert cells[37] == 20
    assert cells[-1] == cells[99] == 80


def test_a_bar_of_a_hidden_count_says_that_it_is_hidden():
    """And never that there are 0; where really nobody is, there is no bar."""
    frame = pd.DataFrame({"zone": ["slower than before"] * 3, "verdict": ["HPD", "not HPD", "not evaluable"],
                          "persons": pd.array([None, 40, 0], "Int64")})
    assert drawings.said(drawings.of(drawings.figure(bars_of_zones, frame))) == [
        "slower than before, HPD: hidden", "slower than before, not HPD: 40"]
