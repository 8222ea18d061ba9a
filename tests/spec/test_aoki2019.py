"""Aoki 2019: a growth rate more than doubled, whatever the response.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """From 20 % to 41.7 % is more than double; exactly double, 40 %, is not enough here, and is elsewhere."""
    course("""
        person | -90 | 0  | 90 | tgr_ratio | aoki2019 | hagi2020 | sasaki2019
        just   | 50  | 60 | 85 | 2.08      | HPD      | HPD      | HPD
        equal  | 50  | 60 | 84 | 2.00      | NOT_HPD  | NOT_HPD  | HPD
        less   | 50  | 60 | 83 | 1.92      | NOT_HPD  | NOT_HPD  | NOT_HPD
    """, definition="aoki2019", study={"criteria": {"month_days": 30}})


def test_progression_is_not_asked_for(course):
    """1 % and then 3 % is stable disease, and more than double."""
    course("""
        person | -90 | 0   | 90     | response_first | aoki2019 | aoki2019_require_pd
        stable | 100 | 101 | 104.03 | SD             | HPD      | NOT_HPD
    """, definition="aoki2019", study={"criteria": {"month_days": 30}})


def test_growth_before_treatment_must_be_positive_for_a_ratio(spec):
    """Growth from rest or from shrinkage has no ratio; what shrinks on treatment needs none."""
    spec("aoki2019", """
        person         | tgr_pre | tgr_post | verdict       | reason
        onset          | -10     | 30       | NOT_EVALUABLE | pre_growth_nonpositive
        from_rest      | 0       | 30       | NOT_EVALUABLE | pre_growth_nonpositive
        both_shrinking | -10     | -30      | NOT_HPD       |
        stands_still   | 10      | 0        | NOT_HPD       |
    """)


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets."""
    course("""
        person  | doses      | -90 | 0  | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60 | 85              | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |    | 85              | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60 | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
    """, definition="aoki2019", study={"criteria": {"month_days": 30}})
