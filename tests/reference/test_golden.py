"""The slow engine alone against published arithmetic, so that it may judge the fast one."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from hpd_etl.config import Study
from tests.reference.engine import outcomes
from tests.reference.growth import Growth, printed_rate, volume_rate
from tests.reference.patient import patients_of, records_of, with_sources
from tests.reference.patients import three_scans
from tests.reference.responses import is_progression

GOLDEN = list(csv.DictReader((Path(__file__).parent / "golden.csv").open()))
NAMES = {"tgk_pre": "tgk_pre", "tgk_post": "tgk_post", "tgkr": "tgk_ratio", "tgr_pre": "tgr_pre",
         "tgr_post": "tgr_post", "tgrr": "tgr_ratio", "dtgr": "tgr_delta"}


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["case_id"])
def test_slow_metrics_are_the_published_ones(case):
    """Every growth metric of the golden timelines comes out to four digits."""
    growth = Growth(*(Fraction(case[name]) for name in ("s_pre_mm", "s0_mm", "s_post_mm")),
                    Fraction(case["dt_pre_days"]), Fraction(case["dt_post_days"]), Fraction(487, 16))
    for published, name in NAMES.items():
        value = getattr(growth, name)
        if case[published]:
            assert float(value) == pytest.approx(float(case[published]), abs=1e-4)


@pytest.mark.parametrize("case", [case for case in GOLDEN if "." not in case["dt_post_days"]],
                         ids=lambda case: case["case_id"])
def test_slow_labels_are_the_published_ones(case):
    """Every label of the golden timelines comes out, with its reason where it is not evaluable."""
    patient = three_scans(case["case_id"], *(float(case[name]) for name in ("s_pre_mm", "s0_mm", "s_post_mm")),
                          int(case["dt_pre_days"]), int(case["dt_post_days"]))
    found = {outcome.definition: outcome for outcome in outcomes(patient, Study(id="golden"))}
    for definition in ("saada2017", "champiat2017", "ferrara2018"):
        verdict, _, reason = case[definition].rstrip(")").partition("(")
        outcome = found[definition]
        assert outcome.verdict == verdict, definition
        if verdict == "NOT_EVALUABLE":
            assert outcome.primary_reason == reason
    assert found["ji2019"].verdict == found["saada2017"].verdict


@pytest.mark.parametrize(("nadir", "now", "progression"), [
    (50, 60, True), (20, 24, False), (25, 30, True), (26, 31, False), (100, 70, False), (100, "119.9", False),
    (63, 65, False), (40, 50, True), (0, 12, True), (0, 0, False),
])
def test_progression_needs_a_fifth_and_five_millimetres(nadir, now, progression):
    """RECIST progression is counted from the nadir, both limits included."""
    assert is_progression(Fraction(now), Fraction(nadir)) is progression


@pytest.mark.parametrize("month", [28, 30, Fraction(487, 16)])
@pytest.mark.parametrize(("earlier", "later", "days"), [(100, 100, 30), (100, 144, 42), (10, 1, 7), (1, 500, 1)])
def test_the_misprinted_rate_is_never_right(earlier, later, days, month):
    """exp(x) > x for every x, so the formula that lost its exp is always too small."""
    right = volume_rate(Fraction(earlier), Fraction(later), days, Fraction(month))
    assert printed_rate(Fraction(earlier), Fraction(later), days, Fraction(month)) < right


def test_a_patient_survives_the_way_through_records():
    """Rows written into `Records` and read back are the same rows."""
    patient = with_sources(three_scans("p", 50, 60, 80, 56, 56))
    assert patients_of(records_of([patient])) == [patient]
