"""The funnel loses nobody, whatever splits it, and says the same before the labels as after."""

from __future__ import annotations

from itertools import chain

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpd_etl import criteria, library, quality
from hpd_etl.config import Study
from hpd_etl.quality.funnel import by_cohort, by_stratum
from hpd_etl.quality.strata import strata_of
from hpd_etl.schema import CHECKPOINT_COHORT, STRATA, Labels, Reason, Records, Timeline
from hpd_etl.timeline import align
from tests.laws.cohorts import numbers, records
from tests.laws.outcomes import tried
from tests.quality.test_quality import SEED, labels_of

EVERYTHING = Study.model_validate({
    "id": "s", "comparators": [{"cohort": "chemotherapy", "agents": {"docetaxel": {}, "irinotecan": {}}}],
    "criteria": {"use": ["published", "ji2019_intersection", "lorusso2019_confirmed", "kato2017_irrc_intersection"]}})


def last_remaining(found: pd.DataFrame) -> dict[str, int]:
    """How many are left after each step of the only funnel in the frame."""
    return found.groupby("step", sort=False, observed=True)["remaining"].last().to_dict()


def left(found: pd.DataFrame) -> dict[str, int]:
    """How many left for each reason."""
    rows = found[found["left"] > 0]
    return dict(zip(rows["reason"], rows["left"], strict=True))


# --- counts -----------------------------------------------------------------------------------


def test_steps_hold_every_reason_once_in_its_order() -> None:
    """The order of the funnel is the order in which a primary reason is chosen."""
    assert list(chain.from_iterable(quality.STEPS.values())) == list(Reason)


def test_seed_study_loses_8_then_12_of_45() -> None:
    """The attrition of Ji 2019 comes out as printed: 45, 37, 25."""
    found = quality.funnel(labels_of(SEED))
    assert last_remaining(found) == {
        "treated": 45, "enough look-back": 45, "baseline, measurable disease": 45, "first evaluation": 37,
        "pre-baseline": 25, "same lesions": 25, "metrics defined": 25, "evaluable": 25}
    assert left(found) == {"early_dropout_death": 5, "early_dropout_progression": 3, "no_prebaseline_scan": 12}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(Reason)), st.integers(0, 9)), max_size=8), st.integers(0, 9))
def test_funnel_adds_up_to_everybody(lost: list[tuple[Reason, int]], evaluable: int) -> None:
    """Whoever was treated either left at one step or is evaluable."""
    groups = [("NOT_EVALUABLE", str(reason), n) for reason, n in lost] + [("NOT_HPD", None, evaluable)]
    found = quality.funnel(labels_of(groups))
    treated = sum(n for _, n in lost) + evaluable
    if treated:
        assert found["left"].sum() + found["remaining"].iloc[-1] == treated
        assert found["remaining"].iloc[-1] == evaluable
        assert found["remaining"].is_monotonic_decreasing


def test_cohorts_and_definitions_have_funnels_of_their_own() -> None:
    """A comparator cohort never dilutes the attrition or the rate of the checkpoint cohort."""
    one = labels_of([("HPD", None, 2)])
    other = labels_of([("NOT_EVALUABLE", "no_post_scan", 3)], "kato2017", "chemotherapy")
    both = Labels.of({"labels": pd.concat([one.labels, other.labels])})
    last = quality.funnel(both).groupby(["cohort", "definition_id"])["remaining"].last().to_dict()
    assert last == {(CHECKPOINT_COHORT, "ji2019"): 2, ("chemotherapy", "kato2017"): 0}


def test_a_reason_without_a_step_is_refused() -> None:
    """A reason that the funnel does not know would make people vanish, so it raises."""
    with pytest.raises(ValueError, match="without a step"):
        quality.funnel(labels_of([("NOT_EVALUABLE", "bad_weather", 1)]))


def test_further_reasons_are_kept_beside_the_first() -> None:
    """Who lacks three things leaves once, at the first of them, and is counted among all who have each of the three."""
    people = pd.DataFrame({
        "person_id": ["a", "b", "c"], "cohort": CHECKPOINT_COHORT, "definition_id": "ji2019",
        "reasons": ["no_baseline_scan;no_post_scan;lesion_set_mismatch", "no_post_scan", None]})
    found = by_cohort(by_stratum(people.astype("string")))
    assert found[found["having"] > 0][["step", "reason", "left", "having", "remaining"]].to_numpy().tolist() == [
        ["baseline, measurable disease", "no_baseline_scan", 1, 1, 2], ["first evaluation", "no_post_scan", 1, 2, 1],
        ["same lesions", "lesion_set_mismatch", 0, 1, 1]]


# --- before and after the labels --------------------------------------------------------------


@tried
@given(numbers)
def test_before_the_labels_the_funnel_says_what_it_says_after(cohort: list[int]) -> None:
    """Every step that `validate` shows is, row by row, the one that the labels give, in every stratum.

    Also of those with partial dates, of rules that can do without a scan, and of variants with targets of their own.
    """
    definitions = library.chosen(EVERYTHING)
    timeline = align(records(cohort), EVERYTHING, criteria.window_sets(definitions, EVERYTHING))
    before = quality.foreseen(timeline, definitions, EVERYTHING)
    after = quality.attrition(timeline, criteria.label(timeline, definitions, EVERYTHING)).funnel
    steps = ["by", "stratum", "cohort", "definition_id", "step"]
    shared = after.merge(before[steps].drop_duplicates(), on=steps)
    pd.testing.assert_frame_equal(shared, before, check_dtype=False)
    _assert_partition(before)
    _assert_partition(after)
    one_each = after.drop_duplicates(steps[:4])
    assert len(one_each[one_each["by"] == "run"]) == len(definitions)


def _assert_partition(found: pd.DataFrame) -> None:
    """Whatever splits the treated, what the parts say adds up to what is said of the run."""
    run = _of_everybody(found[found["by"] == "run"])
    for kind in STRATA[1:]:
        pd.testing.assert_frame_equal(_of_everybody(found[found["by"] == kind]), run, obj=kind)


def _of_everybody(parts: pd.DataFrame) -> pd.DataFrame:
    """Who left and who has each reason, and how many are left in the end of each step, over all parts."""
    keys = ["definition_id", "step"]
    reasons = parts.dropna(subset="reason").groupby([*keys, "reason"], observed=True)[["left", "having"]].sum()
    strata = ["stratum", "cohort", *keys]
    last = parts.groupby(strata, dropna=False, observed=True, sort=False)["remaining"].last().reset_index()
    remaining = last.groupby(keys, observed=True)["remaining"].sum()
    return reasons.astype("Int64").reset_index().merge(remaining.astype("Int64").reset_index(), how="outer", on=keys)


@pytest.mark.parametrize(("name", "last"), [
    ("ji2019", "same lesions"), ("kimcg2019_ttf", "same lesions"), ("lorusso2019", "pre-baseline"),
    ("wangx2023", "enough look-back"), ("gandara2021_fp", "enough look-back"),
])
def test_steps_that_only_the_rule_decides_are_not_foretold(name: str, last: str) -> None:
    """Up to the same lesions where all must hold; less where a rule may be met without a scan or a sum."""
    asked = Study.model_validate({"id": "s", "criteria": {"use": [name]}})
    definitions = library.chosen(asked)
    timeline = align(records(range(3)), asked, criteria.window_sets(definitions, asked))
    assert quality.foreseen(timeline, definitions, asked)["step"].iloc[-1] == last


# --- strata -----------------------------------------------------------------------------------


def given_timeline() -> Timeline:
    """Five patients: two agents on one day, two primary sites, no site, a second drug later, a year without a day."""
    doses = pd.DataFrame([
        ("a", "nivolumab", "2019-12-31", None, "drug_exposure:1"),
        ("a", "ipilimumab", "2019-12-31", None, "drug_era:2"),
        ("b", "nivolumab", "2020-01-01", None, "drug_exposure:3"),
        ("b", "pembrolizumab", "2020-02-01", None, "drug_exposure:4"),
        ("c", "nivolumab", "2020-01-01", None, "drug_exposure:5"),
        ("d", "nivolumab", "2020-06-01", "month", "4711"),
        ("e", "nivolumab", "2019-12-01", "month", "MedicationAdministration:x/_history/1"),
        ("e", "nivolumab", "2020-01-03", None, "MedicationAdministration:y/_history/1"),
    ], columns=["person_id", "agent", "start_date", "date_precision", "source_id"]).assign(kind="administration")
    sites = pd.DataFrame([("a", "lung"), ("a", "lung"), ("b", "lung"), ("b", "skin"), ("c", "kidney")],
                         columns=["person_id", "value_code"])
    persons = pd.DataFrame({"person_id": list("abcde")})
    return align(Records.of({
        "persons": persons, "doses": doses.assign(end_date=doses["start_date"].where(doses["date_precision"].isna())),
        "followup": persons.assign(start_date="2015-01-01", end_date="2022-01-01", source_id="observation_period:1"),
        "findings": sites.assign(finding="primary_site", assessed_on="2019-01-01", source_id="condition_occurrence:1"),
    }), Study(id="s"), criteria.window_sets((), Study(id="s")))


def test_who_belongs_to_which_stratum() -> None:
    """Agents of the first day and of the line, one primary site, the year, and the table that gives the first dose.

    Of two sites neither is chosen; a source row of a form nobody knows shows no table, and never its id.
    """
    made = strata_of(given_timeline()).set_index("person_id").astype("string").fillna("-")
    assert made[["agent", "regimen", "year", "source", "primary_site"]].to_dict("index") == {
        "a": {"agent": "ipilimumab+nivolumab", "regimen": "ipilimumab+nivolumab", "year": "2019",
              "source": "drug_era+drug_exposure", "primary_site": "lung"},
        "b": {"agent": "nivolumab", "regimen": "nivolumab+pembrolizumab", "year": "2020", "source": "drug_exposure",
              "primary_site": "several"},
        "c": {"agent": "nivolumab", "regimen": "nivolumab", "year": "2020", "source": "drug_exposure",
              "primary_site": "kidney"},
        "d": {"agent": "nivolumab", "regimen": "nivolumab", "year": "2020", "source": "-", "primary_site": "-"},
        "e": {"agent": "nivolumab", "regimen": "nivolumab", "year": "2019", "source": "MedicationAdministration",
              "primary_site": "-"},
    }


def test_what_is_not_recorded_is_a_row_of_its_own() -> None:
    """The two without a primary site are the last stratum, and none of the five is lost."""
    timeline = given_timeline()
    people = pd.DataFrame({"person_id": list("abcde"), "cohort": CHECKPOINT_COHORT, "definition_id": "ji2019",
                           "reasons": None}).astype("string")
    found = by_stratum(people, strata_of(timeline))
    sites = found[(found["by"] == "primary_site") & (found["step"] == "treated")]
    assert list(zip(sites["stratum"].fillna("-"), sites["remaining"], strict=True)) == [
        ("kidney", 1), ("lung", 1), ("several", 1), ("-", 2)]
