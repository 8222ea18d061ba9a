"""Kim Y 2019: treatment failed within two months, growth kinetics at least doubled, volume up by at least half."""


def test_the_border(course):
    """After 10 mm, 20 mm in the same time are enough; the volume more than doubles then, as (80/60)^3 is 2.37.

    From 100 mm on it is the volume that decides: 1.14^3 is 1.48 and 1.15^3 is 1.52.
    """
    course("""
        person | doses | -56 | 0   | 56  | tgk_ratio | volume_change_pct | verdict
        just   | 0, 60 | 50  | 60  | 80  | 2         | 137.0             | HPD
        less   | 0, 60 | 50  | 60  | 79  | 1.9       | 128.3             | NOT_HPD
        late   | 0, 61 | 50  | 60  | 80  | 2         | 137.0             | NOT_HPD
        volume | 0, 60 | 95  | 100 | 115 | 3         | 52.1              | HPD
        less_v | 0, 60 | 95  | 100 | 114 | 2.8       | 48.2              | NOT_HPD
    """, definition="kimy2019")


def test_recorded_volumes_count_before_diameters(course):
    """From 1000 to 1500 mm3 is half as much again."""
    course("""
        person | doses | -56    | 0       | 56      | volume_change_pct | verdict
        just   | 0, 60 | 50=900 | 60=1000 | 80=1500 | 50                | HPD
        less   | 0, 60 | 50=900 | 60=1000 | 80=1499 | 49.9              | NOT_HPD
    """, definition="kimy2019")


def test_each_leaf_decides(spec):
    """All are needed; two months are not less than two months, twice and half are enough."""
    spec("kimy2019", """
        person    | ttf_months | tgk_pre | tgk_post | volume_change_pct | verdict       | reason
        all       | 1.9        | 5       | 10       | 50                | HPD           |
        two       | 2          | 5       | 10       | 50                | NOT_HPD       |
        slow      | 1.9        | 5       | 9.9      | 50                | NOT_HPD       |
        little    | 1.9        | 5       | 10       | 49.9              | NOT_HPD       |
        censored  | 1..        | 5       | 10       | 50                | NOT_EVALUABLE | ttf_unknown
        onset     | 1          | -5      | 10       | 50                | NOT_EVALUABLE | pre_growth_nonpositive
        onset_two | 2          | -5      | 10       | 50                | NOT_HPD       |
    """)


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets, and a burden at baseline, of which the volume is a percentage."""
    course("""
        person  | doses      | -56    | 0    | 56              | verdict       | reason
        no_pre  | 0, 90, 180 |        | 60   | 80              | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50     |      | 80              | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50     | 60   |                 | NOT_EVALUABLE | no_post_scan
        dropped | 0, 40      | 50     | 60   |                 | NOT_EVALUABLE | early_dropout_other
        unseen  | 0, 40      | 50     | 60   | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
        gone    | 0, 40      | 50     | gone | 80              | NOT_EVALUABLE | zero_baseline
        absent  | 0, 40      | absent | 20   | 60              | HPD           | rule_met
    """, definition="kimy2019")
