"""A narrative for each hyperprogressor, from the data alone."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from hpd_etl.report.sections import narratives

SENTENCE = re.compile(r"pre-baseline (\S+) mm \(day (-?\d+)\), baseline (\S+) mm \(day (-?\d+)\), "
                      r"first evaluation (\S+) mm \(day (\d+)\)")


@pytest.fixture(scope="module")
def stories(facts):
    """The narratives of one definition by pseudonym."""
    one = replace(facts, definitions=tuple(each for each in facts.definitions if each.id == "saada2017"))
    return {story.title: story for story in narratives.section(one).parts}


@pytest.fixture(scope="module")
def hyper(facts):
    """Who is hyperprogressor under it, by pseudonym."""
    labels = facts.labels.labels
    rows = labels[(labels["definition_id"] == "saada2017") & (labels["cohort"] == facts.cohort)
                  & (labels["verdict"] == "HPD")]
    order = list(facts.timeline.index["person_id"])
    return {f"P{order.index(person) + 1:03}": person for person in rows["person_id"]}


def test_each_hyperprogressor_has_one(stories, hyper):
    """Hyperprogressors and nobody else, under a pseudonym, in a local report only."""
    assert set(stories) == set(hyper)
    assert all(story.patients for story in stories.values())


def test_burdens_and_days_are_those_of_the_scans(facts, stories, hyper):
    """The three sums are those of the targets at the chosen scans, lesion by lesion, the days those of the scans."""
    timeline = facts.timeline
    chosen = {(row["person_id"], row["role"]): row["days_from_index"]
              for row in timeline.scan_choices.to_dict("records") if row["window_set"] == "study"}
    targets = {(row["person_id"], row["lesion_id"]) for row in timeline.targets.to_dict("records")
               if row["window_set"] == "study"}
    sums = {}
    for row in timeline.lesions.to_dict("records"):
        if (row["person_id"], row["lesion_id"]) in targets and row["status"] == "measured":
            key = row["person_id"], row["days_from_index"]
            sums[key] = sums.get(key, 0.0) + row["diameter_mm"]
    compared = 0
    for name, person in hyper.items():
        found = [float(number) for number in SENTENCE.search(stories[name].paragraphs[1]).groups()]
        days = [chosen[person, role] for role in ("pre", "baseline", "post")]
        assert found[1::2] == days
        expected = [sums.get((person, day)) for day in days]
        if None not in expected and found[0] > 0:
            assert found[0::2] == pytest.approx(expected, rel=1e-3)
            compared += 1
    assert compared > 50


def test_growth_is_told_with_its_formula(stories):
    """Of sums of 50, 55, 110 mm in steps of 56 days, growth of 2.718 and 29.89 mm a month, eleven times as fast."""
    told = next(story.paragraphs[2] for story in stories.values() if "pre-baseline 50 mm" in story.paragraphs[1]
                and "first evaluation 110 mm (day 49)" in story.paragraphs[1])
    assert "tgk_pre = (S0 - S_pre) / months between = 2.718 mm/month" in told
    assert "tgk_post = (S_post - S0) / months between = 29.89 mm/month" in told
    assert "tgk_ratio = tgk_post / tgk_pre = 11;" in told or "tgk_ratio = tgk_post / tgk_pre = 11." in told


def test_what_is_missing_is_called_not_recorded(facts, stories, hyper):
    """Histology, death and sex: told where the data have them, and not recorded where they have not."""
    findings = facts.timeline.findings
    with_histology = set(findings[findings["finding"] == "histology"]["person_id"])
    died = facts.timeline.index.set_index("person_id")["death_day"]
    seen = set()
    for name, person in hyper.items():
        who, after = stories[name].paragraphs[0], stories[name].paragraphs[3]
        assert ("histology not recorded" in who) == (person not in with_histology)
        assert ("Death: not recorded" in after) == pd.isna(died[person])
        if not pd.isna(died[person]):
            assert f"Died on day {died[person]}." in after
        seen |= {person in with_histology, str(pd.isna(died[person]))}
    assert seen == {True, False, "True", "False"}


def test_no_date_and_no_id_is_told(facts, stories):
    """Neither an identifier nor a calendar date stands in a narrative."""
    told = " ".join(text for story in stories.values() for text in story.paragraphs)
    assert not re.search(r"\b(19|20)\d\d-", told)
    assert not {word.strip(".,;()") for word in told.split()} & {
        person for person in facts.timeline.index["person_id"] if len(person) > 3}


def test_what_does_not_fit_is_counted(facts, monkeypatch):
    """Where the page is full, how many are left out stands in the place of the narratives, and counts add up."""
    monkeypatch.setattr(narratives, "MOST", 30)
    two = tuple(each for each in facts.definitions if each.id in ("saada2017", "ji2019"))
    parts = narratives.section(replace(facts, definitions=two)).parts
    for each in two:
        own = [part for part in parts if part.definition == each.id]
        [left_out] = [part for part in own if part.key.startswith("narratives-left-out")]
        number = int(left_out.paragraphs[0].split()[0])
        assert len(own) - 1 == 30
        assert number + 30 == (facts.verdicts_of(each) == "HPD").sum()
