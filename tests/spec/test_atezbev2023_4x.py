"""Atezolizumab and bevacizumab 2023, strict: growth rate or growth kinetics more than fourfold.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """After 10 mm, 41 mm are more than fourfold and 40 mm are not; more than double they are all."""
    course("""
        person | -90 | 0  | 90  | tgk_ratio | tgr_ratio | atezbev2023_4x | atezbev2023_2x
        just   | 50  | 60 | 101 | 4.1       | 3.42      | HPD            | HPD
        equal  | 50  | 60 | 100 | 4         | 3.33      | NOT_HPD        | HPD
        double | 50  | 60 | 81  | 2.1       | 1.75      | NOT_HPD        | HPD
    """, definition="atezbev2023_4x", study={"criteria": {"month_days": 30}})


def test_either_arm_is_enough(spec):
    """Each arm alone, and growth on treatment in each."""
    spec("atezbev2023_4x", """
        person    | tgr_post | tgr_ratio | tgk_post | tgk_ratio | verdict
        rate      | 30       | 4.1       | 5        | 3.9       | HPD
        kinetics  | 30       | 3.9       | 5        | 4.1       | HPD
        neither   | 30       | 4         | 5        | 4         | NOT_HPD
        shrinking | -30      | 4.1       | -5       | 4.1       | NOT_HPD
    """)


def test_what_it_cannot_do_without(course):
    """Three scans; where nothing was there before, kinetics alone make it, and their lack proves nothing."""
    course("""
        person  | doses      | -90    | 0  | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |        | 60 | 101             | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50     |    | 101             | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50     | 60 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50     | 60 | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
        absent  | 0, 90, 180 | absent | 20 | 101             | HPD           | rule_met
        less    | 0, 90, 180 | absent | 20 | 100             | NOT_EVALUABLE | zero_prebaseline
    """, definition="atezbev2023_4x", study={"criteria": {"month_days": 30}})
