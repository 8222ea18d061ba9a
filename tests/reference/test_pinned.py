"""Every way in which the engines once disagreed, as its smallest patient, with what is right by hand."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from hpd_etl.config import Study
from tests.reference.compare import differences, known, run, variants
from tests.reference.patient import Dose, Lesion, Patient, Period
from tests.reference.patients import on, seen

STUDY = Study(id="pinned")


def _patient(*lesions: Lesion) -> Patient:
    """50, 60 and 80 mm at equal gaps of 56 days, and these rows beside them."""
    target = [seen(day, size) for day, size in ((-66, 50), (-10, 60), (46, 80))]
    return Patient("p", followup=[Period(on(-400), on(400))], doses=[Dose("nivolumab", on(0))],
                   lesions=[*target, *lesions])


def _row(lesion: str, day: int, status: str, role: str = "new", **sizes: object) -> Lesion:
    return Lesion(lesion, on(day), role, status, **sizes)


ASKED_BEFORE = _patient(_row("N1", -1, "not_assessed"))
CONFLICTING_THEN_SEEN = _patient(
    *(_row("N1", 41, "measured", diameter_mm=size, organ="lung") for size in (20.0, 30.0)),
    _row("N1", 46, "measured", diameter_mm=20.0, organ="lung"))
NO_VOLUME_LEFT = replace(_patient(
    _row("T1", 46, "disappeared", "target"), _row("T1", 46, "measured", "target", volume_mm3=0.0)))
NO_VOLUME_LEFT = replace(NO_VOLUME_LEFT, lesions=[row for row in NO_VOLUME_LEFT.lesions if row.diameter_mm != 80])
NOWHERE_BEFORE = _patient(_row("N1", 46, "measured", diameter_mm=12.0))
NOWHERE_BEFORE = replace(NOWHERE_BEFORE, lesions=[
    replace(row, diameter_mm=0.0) if row.lesion_id == "T1" else row for row in NOWHERE_BEFORE.lesions])
TWO_NOWHERE = replace(NOWHERE_BEFORE, lesions=[
    *NOWHERE_BEFORE.lesions, _row("N2", 46, "measured", diameter_mm=15.0)])
ROUNDED_AWAY = _patient(_row("L2", -10, "measured", "non_target", diameter_mm=12.0),
                        _row("L2", 46, "progressed", "non_target"),
                        _row("L2", 46, "measured", "non_target", diameter_mm=1e-8))
TOO_SMALL_AND_THERE = _patient(*(_row("N1", 46, status) for status in ("too_small", "present")))
TOO_SMALL_AND_THERE = replace(TOO_SMALL_AND_THERE, lesions=[
    replace(row, perpendicular_mm=row.diameter_mm) for row in TOO_SMALL_AND_THERE.lesions])
JUST_AT_500 = _patient(*(_row("T2", day, "measured", "target", diameter_mm=500.00000001, organ="lung")
                         for day in (-66, -10, 46)))
IN_A_DAY = replace(_patient(), lesions=[seen(day, size) for day, size in ((-66, 0.05), (0, 0.1), (1, 500))])
ASKED_LATER = _patient(_row("U1", 50, "not_assessed"))


@pytest.mark.parametrize(("middle", "verdict"), [(0.1, "NOT_HPD"), (0.05, "HPD")])
def test_of_two_rates_that_no_number_holds_the_faster_is_known(middle, verdict):
    """To 500 mm within two days: by 10,000 and 5,000 fold the rate halves at least, by 5,000 and 10,000 it doubles."""
    study = Study(id="pinned", windows={"pre_min_gap_days": 1})
    patient = replace(_patient(), lesions=[seen(day, size) for day, size in ((-1, 1e-5), (0, middle), (1, 500))])
    assert not differences([patient], study, known())
    _, labels = run([patient], study, ("champiat2017", "ferrara2018"))
    assert set(labels.labels["verdict"]) == {verdict}
    assert labels.metrics.loc[0, ["tgr_pre", "tgr_post"]].tolist() == [inf, inf]


@pytest.mark.parametrize(("patient", "definition", "metric", "value"), [
    (ASKED_BEFORE, "ji2019", "s0_mm", 60),
    (CONFLICTING_THEN_SEEN, "ji2019", "s_post_mm", 100),
    (NO_VOLUME_LEFT, "saada2017", "s_post_mm", 0),
    (NOWHERE_BEFORE, "lorusso2019", "organs_spread", 1),
    (TWO_NOWHERE, "lorusso2019", "organs_spread", None),
    (ROUNDED_AWAY, "champiat2017", "response_first", "PD"),
    (TOO_SMALL_AND_THERE, "kato2017_irrc", "a_post_mm2", 6400),
    (ASKED_LATER, "ji2019", "s_post_mm", None),
    (JUST_AT_500, "saada2017", "s_post_mm", 580),
    (IN_A_DAY, "champiat2017", "tgr_post", inf),
], ids=("asked_before_treatment", "sizes_conflict_then_seen", "volume_of_0", "nothing_involved", "perhaps_one_organ",
        "rounded_to_0", "too_small_and_present", "asked_days_after_the_scan",
        "500_mm_when_rounded", "a_rate_that_no_number_holds"))
def test_the_engines_agree_by_hand(patient, definition, metric, value):
    """Both engines say the same of the patient under all definitions and some variants, and it is this."""
    assert not differences([patient], STUDY, (*known(), *variants()[::9]))
    _, labels = run([patient], STUDY, (definition,))
    [found] = labels.metrics[metric].astype(object).where(labels.metrics[metric].notna(), None)
    assert found == value
