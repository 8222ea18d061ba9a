"""How often a verdict stands when every size is read again with an error."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from hpd_etl import robustness
from hpd_etl.robustness import perturbation
from hpd_etl.robustness.copies import copies
from hpd_etl.robustness.errors import Remeasured, normal
from tests.laws.cohorts import records
from tests.reference.patient import Lesion, Patient, TumourSum, records_of
from tests.robustness.given import SCANS, START, labelled, patient, perturbed, study

COPIES, DRAWS = 400, 10
"""So many patients alike, each with errors of their own: as good as 4,000 draws of one."""
FAR = patient("far", 20, 40, 200)


def of_a_month(one: Patient, scan: int) -> Patient:
    """The patient, where of one scan only the month is known."""
    return replace(one, lesions=[
        replace(each, scan_date=each.scan_date.replace(day=1), date_precision="month") if place == scan else each
        for place, each in enumerate(one.lesions)])


SOME = (patient("border", 20, 40, 80), patient("near", 20, 40, 100), patient("slow", 40, 41, 80),
        of_a_month(patient("month", 20, 40, 110), 2), of_a_month(patient("pre", 20, 40, 110), 0))
"""Near the borders of their verdicts, with courses and without."""


def alike(*sizes: float, **sensitivity: object) -> pd.Series[float]:
    """The mean fractions of many patients with these sizes."""
    found = perturbed([patient(f"p{copy}", *sizes) for copy in range(COPIES)], study(draws=DRAWS, **sensitivity))
    assert found["verdict"].eq("HPD").all()
    return found[["p_hpd", "p_not_evaluable", "p_stands"]].mean()


def test_a_verdict_far_from_the_border_always_stands():
    """Growth eight times as fast, and a tumour that shrinks to a quarter, are no matter of 8.6 %."""
    found = perturbed([FAR, patient("less", 20, 40, 10)], study(draws=100)).xs("saada2017", level=1)
    assert found["p_stands"].tolist() == [1.0, 1.0]
    assert found["p_hpd"].to_dict() == {"far": 1.0, "less": 0.0}
    assert found["fragile"].tolist() == [False, False]


def test_on_the_border_it_is_one_half():
    """20, 40, 80 mm: HPD is S_post - 3 S0 + 2 S_pre >= 0, which is above as often as below; to 4 standard errors."""
    found = alike(20, 40, 80)
    assert found["p_hpd"] == found["p_stands"] == pytest.approx(0.5, abs=4 * 0.5 / 4000**0.5)
    assert perturbed([patient("border", 20, 40, 80)], study(draws=50))["fragile"].all()


@pytest.mark.parametrize(("error", "expected"), [("between_readers", 0.9254), ("one_reader", 0.9790)])
def test_near_the_border_it_is_what_the_normal_distribution_says(error, expected):
    """20, 40, 100 mm: 20 mm above the border, against sd x sqrt(100^2 + 9 x 40^2 + 4 x 20^2) = sd x 161.2 mm.

    20 / (0.086 x 161.2) = 1.442 and 20 / (0.061 x 161.2) = 2.034 standard deviations: tables say 0.9254 and 0.9790.
    """
    standard_error = (expected * (1 - expected) / 4000) ** 0.5
    assert alike(20, 40, 100, error=error)["p_hpd"] == pytest.approx(expected, abs=4 * standard_error)


def test_without_an_error_every_verdict_stands():
    """Sizes read again without an error give the labels again, whoever the patients are and by whatever rule."""
    asked = study(("published", "ji2019_confirmed", "saada2017_intersection"), draws=2)
    timeline, labels, definitions = labelled(records(range(60)), asked)
    made = robustness.perturb(timeline, labels, definitions, asked, sd=0.0)
    known = made[made["p_stands"].notna()]
    assert len(known)
    assert known["p_stands"].eq(1.0).all()
    evaluable = known[known["p_hpd"].notna()]
    assert evaluable["p_hpd"].eq(evaluable["verdict"].eq("HPD").astype(float)).all()


def test_a_label_that_is_not_evaluable_has_no_probability_of_hpd():
    """Missing is never negative: there is no p_hpd, and what no size decides stands in every draw."""
    one = perturbed([patient("no_pre", 40, 200, days=SCANS[1:])], study(draws=20)).iloc[0]
    assert one["verdict"] == "NOT_EVALUABLE"
    assert pd.isna(one["p_hpd"])
    assert pd.isna(one["p_not_evaluable"])
    assert one["p_stands"] == 1.0


def test_draws_that_cannot_be_evaluated_are_not_negative():
    """40, 41, 80 mm: in 42 % of the draws nothing grew before, and the three fractions add up to one.

    S0 - S_pre is 1 mm, its standard deviation 0.086 sqrt(40^2 + 41^2) = 4.93 mm: below 0 with probability 0.4196.
    """
    found = alike(40, 41, 80)
    assert found["p_not_evaluable"] == pytest.approx(0.4196, abs=4 * 0.4935 / 4000**0.5)
    assert found["p_hpd"] == found["p_stands"] < 1 - found["p_not_evaluable"] + 1e-9


def test_of_a_recorded_sum_no_error_is_known():
    """Who has recorded sums instead of lesions has no probability: it is <NA>, not guessed from the sum."""
    sums = [TumourSum(START + timedelta(days=day), "SLD", size, f"s:{day}")
            for day, size in zip(SCANS, (20.0, 40.0, 200.0), strict=True)]
    one = perturbed([patient("sums", days=(), tumour_sums=sums)], study(draws=5)).iloc[0]
    assert one["verdict"] == "HPD"
    assert one[["p_hpd", "p_not_evaluable", "p_stands", "fragile"]].isna().all()
    assert one["draws"] == 5


def test_of_a_segmented_volume_no_error_is_known():
    """Volumes from diameters err with them; recorded ones are not read again and give no fractions."""
    segmented = replace(FAR, person_id="segmented", lesions=[
        replace(each, volume_mm3=each.diameter_mm**3, source_id=f"segmented:{place}")
        for place, each in enumerate(FAR.lesions)])
    found = perturbed([FAR, segmented], study(("kimcg2019_tgr", "saada2017"), draws=5))["p_hpd"]
    assert pd.isna(found["segmented", "kimcg2019_tgr"])
    assert found.drop(("segmented", "kimcg2019_tgr")).eq(1.0).all()


def test_what_was_not_measured_stays():
    """0 mm, too small, and statuses without size are not read again; no size falls below 0, all are rounded to 1e-6."""
    others = [Lesion("b", START, "target", "too_small", 5.0, "lung", source_id="b"),
              Lesion("c", START, "target", "disappeared", 0.0, "skin", source_id="c"),
              Lesion("d", START, "non_target", "present", None, "bone", source_id="d")]
    with_others = replace(FAR, lesions=[*FAR.lesions, *others])
    timeline, _, _ = labelled(records_of([with_others]), study())
    kept = timeline.lesions["lesion_id"].isin(["b", "c", "d"]).to_numpy()
    for draw in range(40):
        again = Remeasured.of(timeline, 1, 2.0).draw(draw).lesions
        pd.testing.assert_frame_equal(again[kept], timeline.lesions[kept])
        sizes = again.loc[~kept, "diameter_mm"].to_numpy(float)
        assert (sizes >= 0).all()
        assert (sizes == np.round(sizes, 6)).all()
        assert not np.isin(sizes[sizes > 0], timeline.lesions.loc[~kept, "diameter_mm"]).any()


def test_both_diameters_are_read_with_errors_of_their_own():
    """The longest diameter and the one perpendicular to it do not err together; a volume is not read again."""
    wide = replace(FAR, lesions=[replace(each, perpendicular_mm=each.diameter_mm, volume_mm3=1.0)
                                 for each in FAR.lesions])
    timeline, _, _ = labelled(records_of([wide]), study())
    again = Remeasured.of(timeline, 0, 0.086).draw(0).lesions
    assert (again["diameter_mm"] != again["perpendicular_mm"]).all()
    assert again["volume_mm3"].eq(1.0).all()


def test_errors_are_standard_normal_and_independent():
    """Of 200 sizes x 500 draws: mean 0, variance 1, 5 % beyond 1.96, no neighbours correlate; to 4 standard errors."""
    keys = np.arange(200, dtype=np.uint64)
    drawn = np.stack([normal(keys, draw) for draw in range(500)])
    assert abs(drawn.mean()) < 4 / 1e5**0.5
    assert abs(drawn.var() - 1) < 4 * (2 / 1e5) ** 0.5
    assert abs((np.abs(drawn) > 1.959964).mean() - 0.05) < 4 * (0.05 * 0.95 / 1e5) ** 0.5
    assert abs((drawn[1:] * drawn[:-1]).mean()) < 4 / 1e5**0.5
    assert abs((drawn[:, 1:] * drawn[:, :-1]).mean()) < 4 / 1e5**0.5


def test_possible_courses_share_their_errors():
    """A scan of which only the month is known was read once: its sizes are the same on each day that it may be."""
    timeline, _, _ = labelled(records_of([of_a_month(FAR, 2)]), study())
    assert timeline.courses is not None
    assert len(timeline.courses.index) > 1
    again = Remeasured.of(timeline, 0, 0.086).draw(3)
    for table in (again.courses.lesions, again.lesions):
        assert table.groupby("source_id")["diameter_mm"].nunique().eq(1).all()
    sizes = [dict(zip(table["source_id"], table["diameter_mm"], strict=True))
             for table in (again.courses.lesions, again.lesions)]
    assert sizes[0] == sizes[1]


def test_a_partial_date_is_tried_in_every_draw():
    """HPD whatever the day and whatever the reader: it stands in all draws, over all courses."""
    one = perturbed([of_a_month(FAR, 2)], study(draws=50)).iloc[0]
    assert (one["verdict"], one["p_stands"]) == ("HPD", 1.0)


def test_the_draws_of_a_seed_are_what_they_were():
    """Written down when each draw was judged on its own: seed 5, 100 draws, with partial dates and without."""
    found = perturbed(SOME, study(("saada2017", "champiat2017"), draws=100, seed=5))
    told = found[["p_hpd", "p_not_evaluable", "p_stands"]].astype(object).where(found["p_hpd"].notna(), None)
    told["p_stands"] = found["p_stands"]
    assert {key: tuple(row) for key, *row in told.itertuples()} == {
        ("border", "champiat2017"): (0.04, 0.0, 0.96),
        ("border", "saada2017"): (0.45, 0.0, 0.45),
        ("month", "champiat2017"): (None, None, 0.57),
        ("month", "saada2017"): (1.0, 0.0, 1.0),
        ("near", "champiat2017"): (0.27, 0.0, 0.73),
        ("near", "saada2017"): (0.9, 0.0, 0.9),
        ("pre", "champiat2017"): (0.04, 0.53, 0.43),
        ("pre", "saada2017"): (None, None, 0.64),
        ("slow", "champiat2017"): (0.64, 0.35, 0.64),
        ("slow", "saada2017"): (0.64, 0.35, 0.64),
    }


@pytest.mark.parametrize("persons", [1, 200, 500])
def test_how_many_draws_are_judged_at_once_says_nothing(persons, monkeypatch):
    """One draw at a time, a few, or all: the same fractions, the last round filled or not."""
    asked = study(("saada2017", "champiat2017"), draws=11, seed=5)
    expected = perturbed(SOME, asked)
    monkeypatch.setattr(perturbation, "PERSONS", persons)
    pd.testing.assert_frame_equal(perturbed(SOME, asked), expected)


def test_it_is_told_how_far_it_is(monkeypatch):
    """At most ten times, and at the end that all is done."""
    monkeypatch.setattr(perturbation, "PERSONS", 1)
    asked, heard = study(draws=25), list[str]()
    timeline, labels, definitions = labelled(records_of([FAR]), asked)
    robustness.perturb(timeline, labels, definitions, asked, told=heard.append)
    assert len(heard) == 10
    assert heard[-1] == "25 of 25 draws"


def test_a_copy_is_the_person_again_under_another_name():
    """Three copies hold three times the rows, copy after copy in the old order; what differs are the names alone."""
    timeline, _, _ = labelled(records_of(SOME), study())
    for once, thrice in ((timeline, copies(timeline, 3)), (timeline.courses, copies(timeline, 3).courses)):
        assert thrice.index["person_id"].is_unique
        assert thrice.index["person_id"].is_monotonic_increasing
        for table, frame in once:
            names = [name for name in ("person_id", "course_of") if name in frame and table.name != "rejections"]
            copied, n = getattr(thrice, table.name), len(frame)
            assert len(copied) == (0 if table.name == "rejections" else 3 * n)
            for start in range(0, len(copied), n or 1):
                copy = copied.iloc[start : start + n].reset_index(drop=True)
                pd.testing.assert_frame_equal(copy.drop(columns=names), frame.drop(columns=names))
                for name in names:
                    assert copy[name].str.split("\x1f").str[-1].fillna("").tolist() == frame[name].fillna("").tolist()
