"""Saada-Bouzid 2017: growth kinetics, in mm per month, at least doubled; whatever the response."""


def test_the_border(course):
    """After 10 mm before treatment 20 mm in the same time are enough, and 19 mm are not, whatever the response."""
    course("""
        person | -90 | 0   | 90  | tgk_ratio | karabajakian2020 | economopoulou2021 | saada2017 | saada2017_require_pd
        just   | 50  | 60  | 80  | 2         | HPD              | HPD               | HPD       | HPD
        less   | 50  | 60  | 79  | 1.9       | NOT_HPD          | NOT_HPD           | NOT_HPD   | NOT_HPD
        stable | 100 | 101 | 103 | 2         | HPD              | HPD               | HPD       | NOT_HPD
    """, definition="saada2017")


def test_growth_kinetics_at_least_doubled(spec):
    """Twice as many millimetres per month are enough, and progression is not asked for."""
    spec("saada2017", """
        person       | response_first | tgk_pre | tgk_post | verdict
        double       | PD             | 5       | 10       | HPD
        less         | PD             | 5       | 9.99     | NOT_HPD
        stable       | SD             | 0.05    | 0.46     | HPD
        no_response  |                | 5       | 12       | HPD
        decelerating | PD             | 5       | 1        | NOT_HPD
    """)


def test_threshold_has_a_tolerance_for_the_arithmetic_only(spec):
    """A ratio that misses 2 by less than a billionth of it has reached it; a millionth is missed."""
    spec("saada2017", """
        person    | tgk_ratio   | tgk_post | verdict
        exact     | 2           | 10       | HPD
        rounding  | 1.999999999 | 10       | HPD
        too_small | 1.999998    | 10       | NOT_HPD
    """)


def test_growth_on_treatment_must_be_positive(spec):
    """-10 before and -30 on treatment have the ratio +3, and yet the tumour shrinks faster."""
    spec("saada2017", """
        person         | tgk_pre | tgk_post | tgk_ratio | verdict       | reason
        shrinks_faster | -10     | -30      | 3         | NOT_HPD       |
        shrinks        | -10     | -30      |           | NOT_HPD       |
        stands_still   | 5       | 0        |           | NOT_HPD       |
        onset          | -10     | 30       |           | NOT_EVALUABLE | pre_growth_nonpositive
        from_rest      | 0       | 30       |           | NOT_EVALUABLE | pre_growth_nonpositive
    """)


def test_a_missing_sum_is_required_even_where_another_leaf_fails(spec):
    """A growth that cannot be computed leaves the label open, although the tumour shrank on treatment."""
    spec("saada2017", """
        person        | tgk_pre | tgk_post | lacking             | verdict       | reason
        no_pre        |         | -5       | no_prebaseline_scan | NOT_EVALUABLE | no_prebaseline_scan
        no_post       | 5       |          | no_post_scan        | NOT_EVALUABLE | no_post_scan
        no_baseline   |         |          | no_baseline_scan    | NOT_EVALUABLE | no_baseline_scan
        lesion_missed |         | -5       |                     | NOT_EVALUABLE | lesion_set_mismatch
    """)
