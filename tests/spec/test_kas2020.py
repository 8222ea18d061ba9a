"""Kas 2020: progression, and a growth rate more than 100 points per month higher than before.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """20 % before: 121.7 % is more than 100 points above, 120 % is not, and Ferrara's 50 points are half of it."""
    course("""
        person | -90 | 0  | 90  | tgr_delta | kas2020 | ferrara2018
        just   | 50  | 60 | 133 | 101.67    | HPD     | HPD
        equal  | 50  | 60 | 132 | 100.00    | NOT_HPD | HPD
        half   | 50  | 60 | 102 | 50.00     | NOT_HPD | NOT_HPD
    """, definition="kas2020", study={"criteria": {"month_days": 30}})


def test_each_leaf_decides(spec):
    """Progression is needed, and growth on treatment; an unknown response leaves open what the growth does not."""
    spec("kas2020", """
        person    | response_first | tgr_pre | tgr_post | verdict       | reason
        above     | PD             | 10      | 110.1    | HPD           |
        exactly   | PD             | 10      | 110      | NOT_HPD       |
        onset     | PD             | -60     | 41       | HPD           |
        stable    | SD             | 10      | 150      | NOT_HPD       |
        unknown   | NE             | 10      | 150      | NOT_EVALUABLE | response_unknown
        slow      | NE             | 10      | 50       | NOT_HPD       |
        shrinking | PD             | -150    | -1       | NOT_HPD       |
    """)


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets."""
    course("""
        person  | doses      | -90 | 0  | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60 | 133             | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |    | 133             | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60 | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
    """, definition="kas2020", study={"criteria": {"month_days": 30}})
