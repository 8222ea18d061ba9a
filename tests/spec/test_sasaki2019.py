"""Sasaki 2019: a growth rate at least doubled, whatever the response.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """From 20 % to 40 % is enough, and any less is not; Champiat asks for progression besides, which is there."""
    course("""
        person | -90 | 0  | 90 | tgr_ratio | sasaki2019 | champiat2017 | aoki2019
        just   | 50  | 60 | 84 | 2.00      | HPD        | HPD          | NOT_HPD
        less   | 50  | 60 | 83 | 1.92      | NOT_HPD    | NOT_HPD      | NOT_HPD
    """, definition="sasaki2019", study={"criteria": {"month_days": 30}})


def test_progression_is_not_asked_for(course):
    """1 % and then 2 % is stable disease, and double."""
    course("""
        person | -90 | 0   | 90     | response_first | sasaki2019 | champiat2017
        stable | 100 | 101 | 103.02 | SD             | HPD        | NOT_HPD
    """, definition="sasaki2019", study={"criteria": {"month_days": 30}})


def test_the_diameter_is_taken_for_that_of_a_sphere(course):
    """50, 60 and 80 mm double the millimetres a month, not the rate: 33 % after 20 %."""
    course("""
        person | -90 | 0  | 90 | tgk_ratio | tgr_ratio | sasaki2019 | saada2017
        linear | 50  | 60 | 80 | 2         | 1.67      | NOT_HPD    | HPD
    """, definition="sasaki2019", study={"criteria": {"month_days": 30}})


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets, and growth before treatment."""
    course("""
        person  | doses      | -90 | 0  | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60 | 84              | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |    | 84              | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60 | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
        onset   | 0, 90, 180 | 60  | 60 | 84              | NOT_EVALUABLE | pre_growth_nonpositive
    """, definition="sasaki2019", study={"criteria": {"month_days": 30}})
