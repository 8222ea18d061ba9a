"""Every published worked case is either asserted here or named with the reason why it cannot be yet."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.published.cases import DEFINITIONS, NOT_APPLIED, ROWS

LAST_ROW = 404
APPLIED = {
    "analytic_golden": {"tgk_pre", "tgk_post", "tgkr", "tgr_pre", "tgr_post", "tgrr", "dtgr", "recist_pd", "label"},
    "patients": {"pct_increase_from_baseline", "months_first_scan_from_start", "tgkr_at_least", "s_post_over_s0",
                 "matos_pct_ge_40",
                 "kato_burden_gt_50pct_vs_baseline", "first_scan_lt_2_months", "progression_pace_ratio",
                 "implied_pre_pct_change", "implied_max_pre_growth"},
    "bounds": {"tgk_post_pct_S0_per_month_upper", "tgr_post_pct_per_month_upper", "tgr_misprinted"},
    "cohorts": {"n_total", "n_early_dropout_before_first_scan", "n_no_prebaseline_ct", "n_evaluable", "n_hpd",
                "hpd_rate_evaluable_pct", "hpd_rate_all_pct", "n_PD", "n_SD", "n_PR", "hpd_rate_pct",
                "pct_increase_min", "pct_increase_max"},
    "vectors": {"target_response", "response"},
    "tables": {"p_printed", "p_exact", "p_chi_square"},
}


def _numbers(spans: str) -> list[int]:
    made = []
    for text in spans.split():
        first, _, last = text.partition("-")
        made += range(int(first), int(last or first) + 1)
    return made


def test_every_row_is_applied_or_named():
    """Each of the 404 rows stands once: with its value, or under the reason why it is not applied."""
    found = Counter([row.row_id for row in ROWS])
    for spans in NOT_APPLIED.values():
        found.update(_numbers(spans))
    assert found == dict.fromkeys(range(1, LAST_ROW + 1), 1)


def test_every_quantity_has_its_test():
    """No quantity stands in the file that no test of this folder reads."""
    assert {row.quantity for row in ROWS} == set.union(*APPLIED.values())


@pytest.mark.parametrize("row", [row for row in ROWS if row.quantity == "hpd_rate_pct"], ids=lambda row: row.definition)
def test_the_published_rates_of_the_shipped_definitions(row):
    """What a definition says of its own cohort is the rate that was printed."""
    published = DEFINITIONS[row.definition].published
    assert 100 * published["hpd"] / published["evaluable"] == pytest.approx(row.number, abs=row.close)


@pytest.mark.parametrize(("case_id", "definition"), [("ji-cohort", "ji2019"), ("kato-cohort", "kato2017")])
def test_the_published_counts_of_the_shipped_definitions(case_id, definition):
    """What a definition says of its own cohort are the counts that were printed."""
    said = {row.quantity: row.number for row in ROWS if row.case_id == case_id}
    published = DEFINITIONS[definition].published
    assert published["hpd"] == said["n_hpd"]
    assert published.get("treated", published["evaluable"]) == said["n_total"]
    assert published["evaluable"] == said.get("n_evaluable", said["n_total"])
