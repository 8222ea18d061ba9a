"""Lahmar 2016: a growth rate more than 50 points per month higher than before, whatever the response.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """20 % before: 71.7 % is more than 50 points above, 70 % is not."""
    course("""
        person | -90 | 0  | 90  | tgr_delta | verdict
        just   | 50  | 60 | 103 | 51.67     | HPD
        equal  | 50  | 60 | 102 | 50.00     | NOT_HPD
        stays  | 50  | 60 | 60  | -20       | NOT_HPD
    """, definition="lahmar2016", study={"criteria": {"month_days": 30}})


def test_progression_is_not_asked_for(course):
    """A tumour that halved and then grew by 2 % differs by 52 points: not so where progression is asked for."""
    course("""
        person  | -90 | 0  | 90 | tgr_delta | lahmar2016 | lahmar2016_require_pd | ferrara2018
        turned  | 100 | 50 | 51 | 52        | HPD        | NOT_HPD               | NOT_HPD
        falling | 100 | 40 | 39 | 57.5      | NOT_HPD    | NOT_HPD               | NOT_HPD
    """, definition="lahmar2016", study={"criteria": {"month_days": 30}})


def test_what_it_cannot_do_without(course):
    """A difference needs both growth rates, hence three scans and a burden above zero at the first two."""
    course("""
        person  | doses      | -90    | 0    | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |        | 60   | 103             | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50     |      | 103             | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50     | 60   |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50     | 60   | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
        none    | 0, 90, 180 | absent | 60   | 103             | NOT_EVALUABLE | zero_prebaseline
        gone    | 0, 90, 180 | 50     | gone | 103             | NOT_EVALUABLE | zero_baseline
    """, definition="lahmar2016", study={"criteria": {"month_days": 30}})
