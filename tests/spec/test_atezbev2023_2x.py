"""Atezolizumab and bevacizumab 2023: growth rate or growth kinetics more than doubled.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """After 10 mm, 21 mm are more than double, though the rate, 35 % after 20 %, is not: one of them is enough."""
    course("""
        person | -90 | 0  | 90 | tgk_ratio | tgr_ratio | verdict
        just   | 50  | 60 | 81 | 2.1       | 1.75      | HPD
        equal  | 50  | 60 | 80 | 2         | 1.67      | NOT_HPD
        both   | 50  | 60 | 85 | 2.5       | 2.08      | HPD
    """, definition="atezbev2023_2x", study={"criteria": {"month_days": 30}})


def test_either_arm_is_enough(spec):
    """Each arm alone, and growth on treatment in each."""
    spec("atezbev2023_2x", """
        person    | tgr_post | tgr_ratio | tgk_post | tgk_ratio | verdict
        rate      | 30       | 2.1       | 5        | 1.9       | HPD
        kinetics  | 30       | 1.9       | 5        | 2.1       | HPD
        neither   | 30       | 2         | 5        | 2         | NOT_HPD
        shrinking | -30      | 2.1       | -5       | 2.1       | NOT_HPD
    """)


def test_an_arm_that_is_not_known(course):
    """Where nothing was there before, the rate is unknown: kinetics alone make it, and their lack proves nothing."""
    course("""
        person | -90    | 0  | 90 | tgk_ratio | verdict       | reason
        absent | absent | 20 | 61 | 2.05      | HPD           | rule_met
        less   | absent | 20 | 60 | 2         | NOT_EVALUABLE | zero_prebaseline
        shrunk | absent | 20 | 10 | -0.5      | NOT_HPD       | post_nonpositive
    """, definition="atezbev2023_2x", study={"criteria": {"month_days": 30}})


def test_what_it_cannot_do_without(course):
    """Three scans; growth that no arm knows leaves it open."""
    course("""
        person  | doses      | -90 | 0  | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60 | 81              | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |    | 81              | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60 | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
        onset   | 0, 90, 180 | 60  | 60 | 81              | NOT_EVALUABLE | pre_growth_nonpositive
    """, definition="atezbev2023_2x", study={"criteria": {"month_days": 30}})
