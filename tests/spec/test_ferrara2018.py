"""Ferrara 2018: progression, and a growth rate more than 50 points per month higher than before."""


def test_the_border(course):
    """With scans 90 days apart and months of 30 a rate is the percentage of growth: more than 70 % after 20 %.

    Exactly 50 points more are not enough; half the size and then 2 % more differ by 52, in stable disease.
    """
    course("""
        person | -90 | 0  | 90  | tgr_delta | response_first | verdict
        just   | 50  | 60 | 103 | 51.67     | PD             | HPD
        equal  | 50  | 60 | 102 | 50.00     | PD             | NOT_HPD
        turned | 100 | 50 | 51  | 52        | SD             | NOT_HPD
    """, definition="ferrara2018", study={"criteria": {"month_days": 30}})


def test_difference_above_fifty_points(spec):
    """More than 50 points are needed; 50 are not enough, nor is the same difference without progression."""
    spec("ferrara2018", """
        person      | response_first | tgr_pre | tgr_post | verdict       | reason
        above       | PD             | 10      | 60.1     | HPD           |
        exactly     | PD             | 10      | 60       | NOT_HPD       |
        below       | PD             | 10      | 59.9     | NOT_HPD       |
        stable      | SD             | 10      | 90       | NOT_HPD       |
        no_response | NE             | 10      | 90       | NOT_EVALUABLE | response_unknown
    """)


def test_a_difference_needs_no_growth_before(spec):
    """The difference is defined for a tumour that shrank before; but it must grow on treatment."""
    spec("ferrara2018", """
        person        | response_first | tgr_pre | tgr_post | verdict
        onset         | PD             | -29     | 85       | HPD
        from_rest     | PD             | 0       | 49       | NOT_HPD
        less_shrink   | PD             | -80     | -20      | NOT_HPD
        stops_to_fall | PD             | -60     | 0        | NOT_HPD
    """)


def test_requirements_come_first(spec):
    """Who lacks a scan is not evaluable, whatever the response says."""
    spec("ferrara2018", """
        person  | response_first | tgr_pre | tgr_post | lacking             | verdict       | reason
        no_pre  | SD             |         | 3        | no_prebaseline_scan | NOT_EVALUABLE | no_prebaseline_scan
        no_post |                | 10      |          | no_post_scan        | NOT_EVALUABLE | no_post_scan
    """)
