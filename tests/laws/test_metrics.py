"""Laws of the metrics beside diameters: units, dates, order, and one new lesion more."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hpd_etl.config import Study
from hpd_etl.schema import Records
from tests.laws.outcomes import assert_same, changed, outcome, rows, tried
from tests.reference.generator import seeded_patients
from tests.reference.patient import records_of
from tests.spec import notation

STUDY = Study(id="metrics", criteria={"use": ["kimy2019", "kato2017_irrc", "lorusso2019", "gandara2021_fp"]})
POWERS = {"diameter_mm": 1, "perpendicular_mm": 1, "volume_mm3": 3}
RATIOS = ["volume_tgr_pre", "volume_tgr_post", "volume_tgr_ratio", "volume_change_pct", "spd_change_pct",
          "spd_pace_ratio", "sld_change_from_pre_pct"]
ORGANS = ["liver", "lung", "bone", "unplaced"]

sizes = st.one_of(st.just(""), st.just("gone"), st.just("small"), st.tuples(*[st.integers(20, 80)] * 2).map(
    lambda pair: f"{max(pair)}x{min(pair)}={max(pair) * min(pair) ** 2 / 2:g}"), st.integers(20, 80).map(str))
lesions = st.lists(st.tuples(st.sampled_from(ORGANS), sizes, sizes, sizes), min_size=1, max_size=3)
new = st.lists(st.tuples(st.sampled_from(ORGANS), st.sampled_from(["seen", "12", "9", "20x12", "9x9", "NE"])),
               max_size=9)
ecog = st.lists(st.tuples(st.sampled_from(["-20", "0", "20", "50"]), st.integers(0, 4)), max_size=3)
deaths, causes = st.sampled_from(["", "50", "70"]), st.sampled_from(["", "C34", "I21"])
patients = st.lists(st.tuples(lesions, new, ecog, deaths, causes), min_size=5, max_size=15)


def given_patients(drawn) -> Records:
    """Three scans on days -70, -10 and 50, with ECOG, and a death for some."""
    told = []
    for place, (targets, added, grades, death, cause) in enumerate(drawn):
        cells = {day: [] for day in ("-70", "-20", "-10", "0", "20", "50")}
        for number, (organ, *measured) in enumerate(targets):
            for day, size in zip(("-70", "-10", "50"), measured, strict=True):
                cells[day] += [f"{organ}{number} {size}"] if size else []
        cells["50"] += [f"new {organ}9{number} {size}" for number, (organ, size) in enumerate(added)]
        for day, grade in grades:
            cells[day].append(f"ECOG {grade}")
        told.append({"person": f"p{place:02d}", "death": death, "cause": cause if death else "",
                     **{day: ", ".join(held) for day, held in cells.items()}})
    return notation.records(told)


def of_each(labels, names):
    """These metrics by person and measure set."""
    return labels.metrics.set_index(["person_id", "measure_set"])[names].sort_index()


@tried
@given(patients, st.sampled_from([0.5, 2.0]))
def test_ratios_know_no_unit(drawn, times):
    """Diameters so many times larger, volumes by the cube of that: rates, ratios and percentages are the same.

    Too small to measure is 5 mm in every unit, so that such a lesion is taken for one of 20 mm here.
    """
    one = given_patients([([(organ, *("20" if size == "small" else size for size in seen)) for organ, *seen in targets],
                           [], *rest) for targets, _, *rest in drawn])
    other = changed(one, lambda name, frame: frame.assign(**{
        column: frame[column] * times**power for column, power in POWERS.items()}) if name == "lesions" else frame)
    study = STUDY.model_copy(update={"lesions": STUDY.lesions.model_copy(update={"targets": "recorded"})})
    before, after = (of_each(outcome(records, study)[1], RATIOS) for records in (one, other))
    pd.testing.assert_frame_equal(before, after, rtol=1e-5, atol=1e-5)


@tried
@given(patients, st.integers(-400, 400))
def test_days_count_from_the_first_dose_alone(drawn, days):
    """All dates so many days later: the same metrics and verdicts."""
    def shifted(name, frame):
        dates = frame.select_dtypes("datetime64").columns
        return frame.assign(**{column: frame[column] + timedelta(days=days) for column in dates})
    one = given_patients(drawn)
    before, after = (outcome(records, STUDY)[1] for records in (one, changed(one, shifted)))
    assert_same(*({"metrics": rows(each)["metrics"]} for each in (before, after)))
    assert before.labels["verdict"].tolist() == after.labels["verdict"].tolist()


@tried
@given(patients, st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(drawn, chance):
    """Rows in another order: the same metrics."""
    one = given_patients(drawn)
    other = changed(one, lambda _, frame: frame.sample(frac=1, random_state=chance.randrange(2**31)))
    before, after = (rows(outcome(records, STUDY)[1])["metrics"] for records in (one, other))
    assert_same({"metrics": before}, {"metrics": after})


@tried
@given(patients, st.sampled_from(ORGANS[:3]))
def test_a_new_lesion_more_is_never_less(drawn, organ):
    """With one more new lesion the counts of new lesions do not fall, nor does the sum of products that holds them."""
    names = ["new_lesions", "new_organs", "new_lesions_involved", "organs_spread", "a_post_mm2"]
    more = [(targets, [*added, (organ, "30x20")], *rest) for targets, added, *rest in drawn]
    before, after = (of_each(outcome(given_patients(each), STUDY)[1], names) for each in (drawn, more))
    known = before.notna() & after.notna()
    assert ((after >= before) | ~known).all(axis=None)
    assert (known["new_lesions"] == before["new_lesions"].notna()).all()


def test_new_lesions_in_the_sum_never_slow_the_growth():
    """At the same scans growth by Ji is at least that by Saada, and so is its ratio where there was growth before."""
    study = Study(id="sums", criteria={"use": ["saada2017", "ji2019"]})
    _, labels = outcome(records_of(seeded_patients(300, 5)), study)
    saada, ji = (labels.metrics[labels.metrics["measure_set"] == name].set_index("person_id") for name in (
        "RECIST1.1/study/targets/sld", "irRECIST/study/new/sld"))
    known = saada["tgk_post"].notna() & ji["tgk_post"].notna()
    assert (ji["tgk_post"] > saada["tgk_post"])[known].any()
    assert (ji["tgk_post"] >= saada["tgk_post"])[known].all()
    assert (ji["tgk_ratio"] >= saada["tgk_ratio"])[known & (saada["tgk_pre"] > 0)].all()
