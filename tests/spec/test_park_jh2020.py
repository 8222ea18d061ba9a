"""Park 2020: growth kinetics more than doubled, whatever the response."""


def test_the_border(course):
    """After 10 mm before treatment 21 mm in the same time are more than double; 20 mm are not, and are elsewhere."""
    course("""
        person | -90 | 0  | 90 | tgk_ratio | park_jh2020 | pla2023 | saada2017
        just   | 50  | 60 | 81 | 2.1       | HPD         | HPD     | HPD
        equal  | 50  | 60 | 80 | 2         | NOT_HPD     | NOT_HPD | HPD
        less   | 50  | 60 | 79 | 1.9       | NOT_HPD     | NOT_HPD | NOT_HPD
    """, definition="park_jh2020")


def test_progression_is_not_asked_for(course):
    """100, 101 and 104 mm is stable disease, and threefold."""
    course("""
        person | -90 | 0   | 90  | response_first | park_jh2020 | park_jh2020_require_pd
        stable | 100 | 101 | 104 | SD             | HPD         | NOT_HPD
    """, definition="park_jh2020")


def test_kinetics_need_no_burden_above_zero(course):
    """Millimetres a month are defined where nothing was there before; the ratio needs growth before treatment."""
    course("""
        person | -90    | 0    | 90 | verdict       | reason
        absent | absent | 20   | 61 | HPD           | rule_met
        gone   | 50     | gone | 61 | NOT_EVALUABLE | pre_growth_nonpositive
        rest   | 50     | 50   | 61 | NOT_EVALUABLE | pre_growth_nonpositive
        shrunk | 60     | 50   | 40 | NOT_HPD       | post_nonpositive
    """, definition="park_jh2020")


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets."""
    course("""
        person  | doses      | -90 | 0  | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60 | 81              | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |    | 81              | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60 | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
    """, definition="park_jh2020")
