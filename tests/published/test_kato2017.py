"""The six hyperprogressors of Kato 2017: their printed increases and paces, in courses that have them."""

from __future__ import annotations

import pytest

from tests.published.cases import ROWS, at_days, courses, metrics, of_case, verdicts

DAYS = (-60, 0, 55)
GAP = DAYS[1] - DAYS[0]
SPAN = DAYS[2] - DAYS[1]
PACES = [row for row in ROWS if row.quantity == "progression_pace_ratio"]
LEAST, MOST = (of_case("kato-mdm2")[f"pct_increase_{end}"] for end in ("min", "max"))
EGFR = {case_id: of_case(case_id) for case_id in ("kato-egfr-1", "kato-egfr-2")}


def _course(increase_pct: float, pre_pct: float) -> dict[str, str]:
    """100 mm at baseline, so many % more after it, so many % less per equal time before it; stopped at the scan."""
    before = 100 / (1 + pre_pct / 100 * GAP / SPAN)
    return at_days(DAYS, (round(before, 4), 100.0, 100 + increase_pct)) | {"doses": f"0..{DAYS[2]} progression"}


@pytest.fixture(scope="module")
def labels():
    """All of them: each printed pace with the least and the largest printed increase, and the two as printed."""
    made = {f"{row.case_id} {increase.quantity}": _course(increase.number, increase.number / row.number)
            for row in PACES for increase in (LEAST, MOST)}
    for case_id, said in EGFR.items():
        made[case_id] = _course(said["pct_increase_from_baseline"].number, said["implied_pre_pct_change"].number)
    return courses([{"person": person, **course} for person, course in made.items()])[1]


@pytest.mark.parametrize("increase", [LEAST, MOST], ids=lambda row: row.quantity)
@pytest.mark.parametrize("row", PACES, ids=lambda row: row.case_id)
def test_the_printed_paces(row, increase, labels):
    """With the least and the largest increase that was printed, each printed pace comes out and is HPD."""
    person = f"{row.case_id} {increase.quantity}"
    found = metrics(labels, "kato2017")[person]
    assert found["pace_ratio"] == pytest.approx(row.number, abs=row.close)
    assert found["sld_change_pct"] == pytest.approx(increase.number, abs=increase.close)
    assert verdicts(labels)[person, "kato2017"]["verdict"] == row.label


@pytest.mark.parametrize("case_id", EGFR)
def test_the_patients_with_egfr_alterations(case_id, labels):
    """The growth before treatment that is implied by increase and pace gives that pace, and HPD."""
    said = EGFR[case_id]
    increase, pace = said["pct_increase_from_baseline"], said["progression_pace_ratio"]
    found = metrics(labels, "kato2017")[case_id]
    assert found["pace_ratio"] == pytest.approx(pace.number, abs=pace.close)
    assert found["sld_change_pct"] == pytest.approx(increase.number, abs=increase.close)
    assert verdicts(labels)[case_id, "kato2017"]["verdict"] == increase.label == pace.label
    assert "pre_growth_below_measurement_error" in str(verdicts(labels)[case_id, "kato2017"]["flags"])
