"""Ji 2019: the five hyperprogressors, the two pseudoprogressors, and who of 45 could be evaluated."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from hpd_etl import quality
from hpd_etl.config import MONTH_DAYS
from hpd_etl.criteria import growth
from tests.published.cases import DEFINITIONS, ROWS, STUDY, at_days, courses, metrics, of_case, verdicts

HYPERPROGRESSORS = [f"ji-{number}" for number in range(1, 6)]
WITH_NEW_LESIONS = {"ji-1", "ji-2", "ji-3", "ji-5"}
DT_PRE_MONTHS = 2
COHORT = of_case("ji-cohort")


# --- the five hyperprogressors ----------------------------------------------------------------


def _hyperprogressor(case_id: str) -> dict[str, str]:
    """95 mm two months before, 100 mm at baseline, and the printed increase; as new lesions where some were seen.

    Treatment stops at the first evaluation, so that the burden alone decides under Kato 2017.
    """
    said = of_case(case_id)
    increase = said["pct_increase_from_baseline"].number
    post = _evaluated(case_id)
    after = f"100, new lung {increase / 2}, new bone {increase / 2}" if case_id in WITH_NEW_LESIONS else (
        f"{100 + increase}")
    return {"person": case_id, "-61": "95", "0": "100", str(post): after, "doses": f"0..{post} progression"}


def _evaluated(case_id: str) -> int:
    return round(of_case(case_id)["months_first_scan_from_start"].number * MONTH_DAYS)


@pytest.fixture(scope="module")
def hyperprogressors():
    """The five of them, labelled."""
    return courses([_hyperprogressor(case_id) for case_id in HYPERPROGRESSORS])


@pytest.mark.parametrize("case_id", HYPERPROGRESSORS)
def test_the_five_are_hyperprogressors(case_id, hyperprogressors):
    """With the printed increase, new lesions in the burden, each is HPD by Ji 2019 with at least twice the growth."""
    said, (_, labels) = of_case(case_id), hyperprogressors
    found = metrics(labels, "ji2019")[case_id]
    increase, times = said["pct_increase_from_baseline"], said["s_post_over_s0"]
    assert found["sld_change_pct"] == pytest.approx(increase.number, abs=increase.close)
    assert found["s_post_mm"] / found["s0_mm"] == pytest.approx(times.number, abs=times.close)
    assert found["tgk_ratio"] >= said["tgkr_at_least"].number
    assert verdicts(labels)[case_id, "ji2019"]["verdict"] == said["tgkr_at_least"].label


@pytest.mark.parametrize("case_id", HYPERPROGRESSORS)
def test_kato_asks_for_half_as_much_again(case_id, hyperprogressors):
    """Under Kato 2017 they are HPD too, but for the fourth, whose 44 % are not enough."""
    said, (_, labels) = of_case(case_id), hyperprogressors
    enough = verdicts(labels)[case_id, "kato2017"]["verdict"] == "HPD"
    assert str(enough) == said["kato_burden_gt_50pct_vs_baseline"].value
    assert enough or verdicts(labels)[case_id, "kato2017"]["reasons"] == "change_not_reached"


@pytest.mark.parametrize("case_id", HYPERPROGRESSORS)
def test_matos_asks_for_forty_percent(case_id):
    """Were the printed increase one of targets alone, each would be HPD by Matos 2020, by its 40 %."""
    said, post = of_case(case_id), _evaluated(case_id)
    grown = 100 + said["pct_increase_from_baseline"].number
    _, labels = courses([{"person": case_id, **at_days((0, post), (100, grown))}])
    enough = metrics(labels, "matos2020")[case_id]["sld_change_pct"] >= 40
    assert str(enough) == said["matos_pct_ge_40"].value
    assert verdicts(labels)[case_id, "matos2020"]["verdict"] == "HPD"


@pytest.mark.parametrize("case_id", HYPERPROGRESSORS)
def test_the_first_scan_is_the_first_evaluation(case_id, hyperprogressors):
    """The scan that many months after the start, to the day, is the first evaluation, and within two months."""
    said, (timeline, _) = of_case(case_id), hyperprogressors
    chosen = timeline.scan_choices.query("person_id == @case_id and role == 'post'")
    months = int(chosen["days_from_index"].iloc[0]) / MONTH_DAYS
    printed = said["months_first_scan_from_start"]
    assert months == pytest.approx(printed.number, abs=printed.close + 0.5 / MONTH_DAYS)
    assert str(months < 2) == said["first_scan_lt_2_months"].value


@pytest.mark.parametrize("case_id", HYPERPROGRESSORS)
def test_how_much_growth_before_would_be_too_much(case_id):
    """The growth is doubled up to the implied growth before treatment, and not above it."""
    said = of_case(case_id)
    limit, months = said["implied_max_pre_growth"], said["months_first_scan_from_start"].number
    after = np.array([1 + said["pct_increase_from_baseline"].number / 100])
    twice = said["tgkr_at_least"].number

    def ratio(pre_growth: float) -> float:
        one, before, dt_pre = np.array([1.0]), np.array([1 - pre_growth]), np.array([DT_PRE_MONTHS * MONTH_DAYS])
        return float(growth.tgk_ratio(before, one, after, dt_pre, np.array([months * MONTH_DAYS]))[0])

    assert ratio(limit.number - limit.close) >= twice > ratio(limit.number + limit.close)


@pytest.mark.parametrize("case_id", HYPERPROGRESSORS)
def test_growth_is_at_most_what_counting_from_the_start_gives(case_id):
    """From the start of treatment to the first scan, the upper bounds of both rates come out."""
    said = of_case(case_id)
    one, after = np.array([1.0]), np.array([1 + said["pct_increase_from_baseline"].number / 100])
    days = np.array([said["months_first_scan_from_start"].number * MONTH_DAYS])
    kinetics, rate = said["tgk_post_pct_S0_per_month_upper"], said["tgr_post_pct_per_month_upper"]
    assert 100 * growth.tgk(one, after, days, MONTH_DAYS)[0] == pytest.approx(kinetics.number, abs=kinetics.close)
    assert growth.tgr(one, after, days, MONTH_DAYS)[0] == pytest.approx(rate.number, abs=2 * rate.close)


@pytest.mark.parametrize("case_id", HYPERPROGRESSORS)
def test_the_misprinted_rate_is_not_given(case_id, hyperprogressors):
    """The rate printed in Table 2, which lost its exponential, is what no metric equals."""
    said = of_case(case_id)
    times, months = 1 + said["pct_increase_from_baseline"].number / 100, said["months_first_scan_from_start"].number
    misprinted = said["tgr_misprinted"].number
    assert 100 * (3 * np.log(times) / months - 1) == pytest.approx(misprinted, abs=0.01)
    right = growth.tgr(np.array([1.0]), np.array([times]), np.array([months * MONTH_DAYS]), MONTH_DAYS)[0]
    assert right > misprinted + 100
    assert metrics(hyperprogressors[1], "ji2019")[case_id]["tgr_post"] > misprinted + 100


# --- the two pseudoprogressors ----------------------------------------------------------------

PSEUDOPROGRESSORS = {
    "ji-pseudo-1": at_days((-61, -1, 59, 100), (70, 100, 150.1, 105)),
    "ji-pseudo-2": at_days((-29, -1, 56, 100), (10, 100, 120, 105)),
}


@pytest.mark.parametrize("case_id", PSEUDOPROGRESSORS)
def test_pseudoprogressors_are_no_hyperprogressors(case_id):
    """Progression at the first evaluation, with the printed ratio, that the second does not show: NOT_HPD, flagged."""
    printed = of_case(case_id)["tgkr"]
    _, labels = courses([{"person": case_id, **PSEUDOPROGRESSORS[case_id]}])
    found, made = metrics(labels, "ji2019")[case_id], verdicts(labels)[case_id, "ji2019"]
    assert found["response_first"] == "PD"
    assert found["tgk_ratio"] == pytest.approx(printed.number, abs=printed.close)
    assert made["verdict"] == printed.label
    assert "pseudoprogression" in str(made["flags"]).split(";")


# --- attrition --------------------------------------------------------------------------------


def _cohort() -> list[dict[str, str]]:
    """45 patients: 8 stop before a scan, 12 have no earlier scan, 25 are evaluable as they were printed."""
    dropouts = [{"-60": "50", "-1": "60", "doses": f"0..20 {why}"} for why in ("progression", "toxicity") * 4]
    no_earlier = [{"-1": "60", "55": "80"}] * int(COHORT["n_no_prebaseline_ct"].number)
    hpd = [{"-61": "95", "-1": "100", "55": "140"}] * int(COHORT["n_hpd"].number)
    progressive = [{"-61": "70", "-1": "100", "55": "130"}] * int(COHORT["n_PD"].number - COHORT["n_hpd"].number)
    stable = [{"-61": "90", "-1": "100", "55": "105"}] * int(COHORT["n_SD"].number)
    partial = [{"-61": "90", "-1": "100", "55": "60"}] * int(COHORT["n_PR"].number)
    everyone = [*dropouts, *no_earlier, *hpd, *progressive, *stable, *partial]
    return [{"person": f"p{number:02d}", **patient} for number, patient in enumerate(everyone)]


def test_attrition():
    """Of 45 treated 8 drop out early and 12 lack an earlier scan, known before any label; 5 of 25 and of 45 are HPD."""
    printed = {name: row.number for name, row in COHORT.items()}
    timeline, labels = courses(_cohort())
    steps = quality.funnel(labels).query("definition_id == 'ji2019'")
    before = quality.foreseen(timeline, [DEFINITIONS["ji2019"]], STUDY).query("by == 'run'")
    assert list(before.groupby("step", sort=False, observed=True)["remaining"].min()) == [
        *[printed["n_total"]] * 3, printed["n_total"] - printed["n_early_dropout_before_first_scan"],
        *[printed["n_evaluable"]] * 2]
    remaining = steps.groupby("step", sort=False)["remaining"].min()
    assert remaining["treated"] == printed["n_total"]
    assert remaining["first evaluation"] == printed["n_total"] - printed["n_early_dropout_before_first_scan"]
    assert remaining["pre-baseline"] == remaining["evaluable"] == printed["n_evaluable"]
    left = steps[steps["left"] > 0].set_index("reason")["left"]
    assert dict(left) == {"early_dropout_progression": 4, "early_dropout_toxicity": 4,
                          "no_prebaseline_scan": printed["n_no_prebaseline_ct"]}
    rates = quality.rates(labels).set_index("definition_id").loc["ji2019"]
    assert rates["hpd"] == printed["n_hpd"]
    for denominator, name in (("evaluable", "hpd_rate_evaluable_pct"), ("treated", "hpd_rate_all_pct")):
        assert 100 * rates[f"rate_of_{denominator}"] == pytest.approx(printed[name], abs=COHORT[name].close)
    evaluable = {person for (person, name), row in verdicts(labels).items()
                 if name == "ji2019" and row["verdict"] != "NOT_EVALUABLE"}
    responses = Counter(row["response_first"] for person, row in metrics(labels, "ji2019").items()
                        if person in evaluable)
    assert responses == {code: printed[f"n_{code}"] for code in ("PD", "SD", "PR")}
    assert len(evaluable) == printed["n_evaluable"]


def test_every_case_has_its_test():
    """No case of this paper stands in the file that no test here reads; its tables are those of `test_tables.py`."""
    cases = {row.case_id for row in ROWS if row.case_id.startswith("ji-") and not row.counts}
    assert cases == {*HYPERPROGRESSORS, *PSEUDOPROGRESSORS, "ji-cohort"}
