"""Fast progression in urothelial carcinoma: half as much again within twelve weeks.

It is no hyperprogression; `HPD` stands for what the definition defines, and the label says so.
"""


def test_the_border(course):
    """From 50 mm 75 mm are half as much again, and that is enough."""
    course("""
        person | 0  | 84 | sld_change_pct | verdict | reason             | not_hyperprogression
        just   | 50 | 75 | 50             | HPD     | rule_met           | yes
        less   | 50 | 74 | 48             | NOT_HPD | change_not_reached | yes
    """, definition="auc_fp")


def test_twelve_weeks(course):
    """An evaluation on day 85 is none: not evaluable, and no negative."""
    course("""
        person | doses      | 0  | 42 | 84 | 85 | post | verdict       | reason
        last   | 0, 90, 180 | 50 |    | 75 |    | 84   | HPD           | rule_met
        after  | 0, 90, 180 | 50 |    |    | 75 |      | NOT_EVALUABLE | no_post_scan
        first  | 0, 90, 180 | 50 | 60 | 75 |    | 42   | NOT_HPD       | change_not_reached
    """, definition="auc_fp")


def test_what_it_cannot_do_without(course):
    """Baseline and first evaluation of the same targets; a scan before is not needed."""
    course("""
        person  | doses      | -56 | 0    | 84              | verdict       | reason
        no_base | 0, 90, 180 | 50  |      | 75              | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 50   |                 | NOT_EVALUABLE | no_post_scan
        dropped | 0, 40      | 50  | 50   |                 | NOT_EVALUABLE | early_dropout_other
        unseen  | 0, 90, 180 | 50  | 50   | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
        gone    | 0, 90, 180 | 50  | gone | 75              | NOT_EVALUABLE | zero_baseline
    """, definition="auc_fp")
