"""The profile of a run says nothing of one person, and what changed since the run before is found."""

from __future__ import annotations

import json
from functools import cache

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpd_etl import assets, expectations
from hpd_etl.quality import profile
from hpd_etl.schema import Timeline
from tests.quality.hospital import aligned, each, put, rows, scaled, without


@cache
def good() -> profile.Profile:
    """The profile of the hospital as one would wish it."""
    return profile.of(aligned())


def lesions(n: int, **columns: object) -> profile.Profile:
    """The profile of the lesions of so many persons."""
    frame = rows(lesion_id="a", **columns).head(n)
    return profile.of(Timeline.of({"lesions": frame}))["lesions"]["columns"]


def test_a_share_has_ten_persons_behind_it() -> None:
    """Nine of twenty have a rare organ: it is not named, and its share is not."""
    organs = ["liver"] * 11 + ["rare"] * 9
    assert lesions(20, organ=organs)["organ"] == {"missing": 0.0, "shares": {"liver": 0.55}}


def test_a_quantile_has_ten_persons_on_either_side() -> None:
    """Of the sizes 10.25 to 29.25 the median is told, in two digits; the tenths, with two persons beyond, are not."""
    sizes = [10.25 + n for n in range(20)]
    assert lesions(20, diameter_mm=sizes)["diameter_mm"] == {"missing": 0.0, "quantiles": {"p50": 20.0}}
    assert lesions(19, diameter_mm=[*sizes[:19], None])["diameter_mm"]["quantiles"] == {"p50": 19.0}
    assert lesions(18, diameter_mm=[*sizes[:18], None, None])["diameter_mm"]["quantiles"] == {}


def test_rows_of_one_person_are_one_person() -> None:
    """A thousand rows of one person are told by their number and by what is missing, and by no value."""
    frame = pd.DataFrame({"person_id": ["a"] * 1000, "lesion_id": "x", "organ": "liver", "diameter_mm": 31.0})
    found = profile.of(Timeline.of({"lesions": frame}))["lesions"]
    assert (found["rows"], found["persons"]) == (1000, 1)
    assert found["columns"]["organ"]["shares"] == found["columns"]["diameter_mm"]["quantiles"] == {}


def test_no_person_no_day_and_no_reader_is_in_a_profile() -> None:
    """Identifiers, texts, dates and who read the scans stay where they are, however many persons share them."""
    told = json.dumps(profile.of(aligned(put("lesions", reader="Dr Roentgen"))))
    assert not any(secret in told for secret in ("person-47", "measurement:", "2019", "1955", "Roentgen"))


def test_words_that_somebody_typed_are_told_as_one() -> None:
    """Twenty answers in two texts, and no text: a name may be that of several patients."""
    typed = pd.DataFrame({"person_id": [f"p{n}" for n in range(40)], "finding": "msi",
                          "value_code": ["Ada Okonkwo"] * 12 + ["see Dr Okonkwo"] * 8 + ["LOINC:LA6577-6"] * 20})
    told = profile.of(Timeline.of({"findings": typed}))["findings"]["columns"]
    assert told["value_code"]["shares"] == {"(text)": 0.5, "LOINC:LA6577-6": 0.5}


def test_nothing_changed_between_two_equal_runs() -> None:
    """A ratio of 1, a difference of 0."""
    found = profile.changes(good(), json.loads(json.dumps(good())))
    assert set(found.loc[found["kind"].isin(("rows", "persons")), "change"]) == {1.0}
    assert set(found.loc[~found["kind"].isin(("rows", "persons")), "change"]) == {0.0}
    assert set(found["kind"]) == {"rows", "persons", "missing", "share", "quantile"}


def test_changes_are_as_counted_by_hand() -> None:
    """A third of the scans is gone, all persons are female, sizes are half of what they were."""
    now = aligned(each(without("scans", lambda frame: frame["study_uid"] == "1.2.-60"), put("persons", sex="female"),
                       put("lesions", diameter_mm=scaled("diameter_mm", 0.5))))
    found = profile.changes(good(), profile.of(now)).set_index(["table", "column", "measure"])
    assert found.loc[("scans", "", "rows"), ["before", "now"]].tolist() == [60, 40]
    assert found.loc[("scans", "", "rows"), "change"] == pytest.approx(2 / 3)
    assert found.loc[("persons", "sex", "share of female"), ["before", "now", "change"]].tolist() == [0.5, 1.0, 0.5]
    assert found.loc[("persons", "sex", "share of male"), "change"] == -0.5
    before = good()["lesions"]["columns"]["diameter_mm"]["quantiles"]
    half = found.loc[("lesions", "diameter_mm", "p50")]
    assert half["change"] == pytest.approx((half["now"] - half["before"]) / (before["p90"] - before["p10"]))
    assert half["now"] == pytest.approx(half["before"] / 2, rel=0.05)


def test_a_table_of_a_few_persons_has_no_drift() -> None:
    """One person with a finding today and none yesterday is no change of the source."""
    one = profile.of(Timeline.of({"findings": pd.DataFrame({"person_id": ["a"], "finding": ["ecog"]})}))
    none = profile.of(Timeline.of({}))
    assert profile.changes(one, none).empty
    assert profile.changes(none, one).empty


def test_drift_names_what_changed_and_how_gravely() -> None:
    """The report holds the changes that were not expected, with the severity of their expectation, and no others."""
    changed = profile.of(aligned(put("persons", sex="female")))
    suites = [suite for suite in expectations.read_suites(assets.expectation_files()) if suite["name"] == "drift"]
    since = profile.changes(good(), changed)
    found = profile.drift(since, expectations.check(Timeline.of({}), suites, since))
    assert found[["table", "column", "measure", "change", "severity"]].to_numpy().tolist() == [
        ["persons", "sex", "share of female", 0.5, "warning"], ["persons", "sex", "share of male", -0.5, "warning"]]
    assert profile.drift(None, ()).columns.tolist() == found.columns.tolist()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 14), st.floats(0, 400), st.sampled_from(["liver", "lung"])), max_size=60))
def test_a_profile_does_not_tell_who_is_in_it(given_rows: list[tuple[int, float, str]]) -> None:
    """Other names of the same persons, and their rows in another order, give the same profile."""
    frame = pd.DataFrame(given_rows, columns=["person", "diameter_mm", "organ"]).assign(lesion_id="x")
    one = frame.assign(person_id=frame["person"].map("p{}".format)).drop(columns="person")
    other = frame.assign(person_id=frame["person"].map(lambda n: f"q{99 - n}")).drop(columns="person").iloc[::-1]
    assert profile.of(Timeline.of({"lesions": one})) == profile.of(Timeline.of({"lesions": other}))
