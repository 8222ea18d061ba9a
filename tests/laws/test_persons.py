"""Laws of whole cohorts: persons do not touch each other, and neither order nor calendar matters."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hpd_etl.config import Study
from hpd_etl.library import chosen, everything
from hpd_etl.quality import funnel, rates
from hpd_etl.schema import Records
from tests.laws.cohorts import numbers, records, studies
from tests.laws.outcomes import assert_same, changed, outcome, rows, tried

JI = everything(None)["ji2019"].measure_set


@tried
@given(numbers, st.integers(1, 2), studies)
def test_persons_do_not_touch_each_other(cohort, parts, study):
    """A cohort comes out as its two parts do, row by row in every table, also where a part is a single person."""
    one, other = (cohort[:1], cohort[1:]) if parts == 1 else (cohort[::2], cohort[1::2])
    apart = [rows(*outcome(records(part), study)) for part in (one, other)]
    together = rows(*outcome(records(cohort), study))
    assert_same(together, {name: sorted(apart[0][name] + apart[1][name]) for name in together})


@tried
@given(numbers, st.integers(0, 2**32 - 1), studies)
def test_the_order_of_rows_says_nothing(cohort, seed, study):
    """Rows of every table in any other order give the same rows."""
    there = records(cohort)
    shuffled = changed(there, lambda _, frame: frame.sample(frac=1, random_state=seed))
    assert_same(rows(*outcome(there, study)), rows(*outcome(shuffled, study)))


@tried
@given(numbers, studies)
def test_twice_is_once(cohort, study):
    """The same records give the same frames, in the same order, and are left as they were."""
    there, kept = records(cohort), records(cohort)
    first, second = outcome(there, study), outcome(there, study)
    for one, other in zip(first, second, strict=True):
        for (table, frame), (_, again) in zip(one, other, strict=True):
            pd.testing.assert_frame_equal(frame, again, obj=table.name)
    assert_same(rows(there), rows(kept))


@tried
@given(numbers, st.integers(-20_000, 4_000), studies)
def test_the_calendar_says_nothing(cohort, shift, study):
    """All dates later by as many days: the same rows, with their dates later by as many."""
    there = records(cohort)
    moved = outcome(changed(there, lambda _, frame: _later(frame, shift)), study)
    back = [type(bundle).of({table.name: _later(frame, -shift) for table, frame in bundle}) for bundle in moved]
    assert_same(rows(*outcome(there, study)), rows(*back))


def _later(frame: pd.DataFrame, shift: int) -> pd.DataFrame:
    dated = frame.select_dtypes("datetime64").columns
    return frame.assign(**{name: frame[name] + pd.Timedelta(days=shift) for name in dated})


@tried
@given(numbers, studies)
def test_everyone_has_one_label_a_definition(cohort, study):
    """Who has a first dose has one label under each definition, and all counts add up to them."""
    there = records(cohort)
    timeline, labels = outcome(there, study)
    made = labels.labels
    assert not made.duplicated(["person_id", "definition_id"]).any()
    assert set(made["definition_id"]) == {each.id for each in chosen(study)}
    for _, own in made.groupby("definition_id"):
        assert sorted(own["person_id"]) == sorted(timeline.index["person_id"])
    assert made["verdict"].notna().all()
    assert made["primary_reason"].notna().all()
    without_dose = timeline.rejections.query("table == 'persons' and reason == 'no_index_dose'")["person_id"]
    assert sorted([*timeline.index["person_id"], *without_dose]) == sorted(there.persons["person_id"])
    _assert_counts(labels, made)


def _assert_counts(labels, made: pd.DataFrame) -> None:
    keys = ["cohort", "definition_id"]
    text = made.assign(**{name: made[name].astype(str) for name in (*keys, "verdict")})
    treated = text.groupby(keys).size()
    steps = funnel(labels).groupby(keys, sort=False)
    evaluable = text[text["verdict"] != "NOT_EVALUABLE"].groupby(keys).size().reindex(treated.index, fill_value=0)
    assert (steps["left"].sum() + steps["remaining"].last()).to_dict() == treated.to_dict()
    assert steps["remaining"].last().to_dict() == evaluable.to_dict()
    counted = rates(labels).set_index(keys)
    assert counted["treated"].to_dict() == treated.to_dict()
    assert counted["evaluable"].to_dict() == evaluable.to_dict()


def test_nobody_is_nobody():
    """No records give no labels, and no error."""
    timeline, labels = outcome(Records.of({}), Study(id="laws"))
    assert all(not held for held in rows(timeline, labels).values())


@tried
@given(numbers, st.integers(10, 200), studies)
def test_a_new_lesion_never_slows_the_growth(cohort, size, study):
    """A measurable new lesion more at the first evaluation never lowers the growth under Ji 2019."""
    there = records(cohort)
    timeline, labels = outcome(there, study)
    posts = timeline.scan_choices.query("role == 'post' and window_set == 'study'")
    more = pd.DataFrame({
        "person_id": posts["person_id"].astype(str), "scan_date": posts["scan_date"], "lesion_id": "one more",
        "role": "new", "status": "measured", "diameter_mm": float(size), "organ": "skin", "is_node": False,
        "source_id": "one more:" + posts["person_id"].astype(str)})
    _, after = outcome(changed(there, lambda name, frame: _with(frame, more) if name == "lesions" else frame), study)
    before, after = (one.metrics.query("measure_set == @JI").set_index("person_id")["tgk_post"] for one in
                     (labels, after))
    known = before.dropna()
    assert len(known)
    assert (after[known.index] >= known).all(), list(known.index[~(after[known.index] >= known).fillna(False)])


def _with(frame: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    added = more.reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
    return pd.concat([frame, added], ignore_index=True)
