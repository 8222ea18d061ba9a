"""Singavi 2017: progression, a growth rate at least doubled, and a burden up by at least half.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """From 20 % to 50 %: the burden is half as large again, and that is enough; the rate alone would do with 40 %.

    From 30 % to 60 % it is the growth rate that is just doubled.
    """
    course("""
        person | -90 | 0  | 90  | sld_change_pct | tgr_ratio | singavi2017 | champiat2017
        just   | 50  | 60 | 90  | 50             | 2.50      | HPD         | HPD
        less   | 50  | 60 | 89  | 48.33          | 2.42      | NOT_HPD     | HPD
        double | 50  | 65 | 104 | 60             | 2.00      | HPD         | HPD
        slower | 50  | 65 | 103 | 58.46          | 1.95      | NOT_HPD     | NOT_HPD
    """, definition="singavi2017", study={"criteria": {"month_days": 30}})


def test_each_leaf_decides(spec):
    """Progression, burden and growth rate are all needed."""
    spec("singavi2017", """
        person  | response_first | sld_change_pct | tgr_pre | tgr_post | verdict       | reason
        all     | PD             | 50             | 10      | 20       | HPD           |
        stable  | SD             | 50             | 10      | 20       | NOT_HPD       |
        unknown | NE             | 50             | 10      | 20       | NOT_EVALUABLE | response_unknown
        little  | PD             | 49.9           | 10      | 20       | NOT_HPD       |
        slow    | PD             | 50             | 10      | 19.9     | NOT_HPD       |
        onset   | PD             | 50             | -10     | 20       | NOT_EVALUABLE | pre_growth_nonpositive
        onset_2 | PD             | 49             | -10     | 20       | NOT_HPD       |
    """)


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets."""
    course("""
        person  | doses      | -90 | 0  | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60 | 90              | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |    | 90              | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60 | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
    """, definition="singavi2017", study={"criteria": {"month_days": 30}})
