"""Kim CG 2019, growth kinetics: at least doubled, between scans of the twelve weeks before and after the first dose."""


def test_the_border(course):
    """After 10 mm, 20 mm in the same time are enough and 19 mm are not."""
    course("""
        person | -84 | 0  | 84 | tgk_ratio | verdict
        just   | 50  | 60 | 80 | 2         | HPD
        less   | 50  | 60 | 79 | 1.9       | NOT_HPD
        shrunk | 50  | 60 | 50 | -1        | NOT_HPD
    """, definition="kimcg2019_tgk")


def test_twelve_weeks_on_either_side(course):
    """Day 84 counts and day 85 does not: it leaves the scan missing, it is no negative; other definitions go on."""
    course("""
        person | doses      | -85 | -84 | 0  | 84 | 85 | pre | post | kimcg2019_tgk | reason              | saada2017
        within | 0, 90, 180 |     | 50  | 60 | 80 |    | -84 | 84   | HPD           | rule_met            | HPD
        before | 0, 90, 180 | 50  |     | 60 | 80 |    |     | 84   | NOT_EVALUABLE | no_prebaseline_scan | HPD
        after  | 0, 90, 180 |     | 50  | 60 |    | 81 | -84 |      | NOT_EVALUABLE | no_post_scan        | HPD
    """, definition="kimcg2019_tgk")


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets, and growth before treatment; progression is not asked for."""
    course("""
        person  | doses      | -84 | 0   | 84              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60  | 80              | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |     | 80              | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60  |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60  | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
        onset   | 0, 90, 180 | 60  | 60  | 80              | NOT_EVALUABLE | pre_growth_nonpositive
        stable  | 0, 90, 180 | 100 | 101 | 103             | HPD           | rule_met
    """, definition="kimcg2019_tgk")
