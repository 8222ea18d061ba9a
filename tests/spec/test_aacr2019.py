"""AACR 2019: treatment failed within two months, pace at least doubled, burden doubled since the pre-baseline scan."""


def test_the_border(course):
    """From 50 mm before baseline 100 mm are just double; the pace is then 67 % after 20 %.

    With 50 and 75 mm the pace decides: 100 % after 50 % is 150 mm.
    """
    course("""
        person | doses | -56 | 0  | 56  | sld_change_from_pre_pct | pace_ratio | verdict
        just   | 0, 60 | 50  | 60 | 100 | 100                     | 3.33       | HPD
        less   | 0, 60 | 50  | 60 | 99  | 98                      | 3.25       | NOT_HPD
        late   | 0, 61 | 50  | 60 | 100 | 100                     | 3.33       | NOT_HPD
        pace   | 0, 60 | 50  | 75 | 150 | 200                     | 2          | HPD
        slower | 0, 60 | 50  | 75 | 149 | 198                     | 1.97       | NOT_HPD
    """, definition="aacr2019")


def test_each_leaf_decides(spec):
    """All are needed, each with equality but for the two months."""
    spec("aacr2019", """
        person    | ttf_months | tgk_post | pace_ratio | sld_change_from_pre_pct | verdict       | reason
        all       | 1.9        | 5        | 2          | 100                     | HPD           |
        two       | 2          | 5        | 2          | 100                     | NOT_HPD       |
        slow      | 1.9        | 5        | 1.9        | 100                     | NOT_HPD       |
        little    | 1.9        | 5        | 2          | 99                      | NOT_HPD       |
        shrinking | 1.9        | -5       | 2          | 100                     | NOT_HPD       |
        censored  | 1..        | 5        | 2          | 100                     | NOT_EVALUABLE | ttf_unknown
    """)


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets, a burden above zero at the first two, and growth between them."""
    course("""
        person  | doses      | -56    | 0    | 56              | verdict       | reason
        no_pre  | 0, 60      |        | 60   | 100             | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 60      | 50     |      | 100             | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50     | 60   |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 60      | 50     | 60   | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
        none    | 0, 60      | absent | 60   | 100             | NOT_EVALUABLE | zero_prebaseline
        gone    | 0, 60      | 50     | gone | 100             | NOT_EVALUABLE | zero_baseline
        onset   | 0, 60      | 50     | 50   | 100             | NOT_EVALUABLE | pre_growth_nonpositive
        slow    | 0, 60      | 50     | 50   | 99              | NOT_HPD       | change_from_pre_not_reached
    """, definition="aacr2019")
