"""Matos 2020: progression within eight weeks, 10 mm and 40 % more, or 20 % with new lesions in two organs."""


def test_the_border(course):
    """From 50 mm 70 mm are 40 % more; from 20 mm 30 mm are half as much again and just 10 mm."""
    course("""
        person | 0  | 56 | sld_change_mm | sld_change_pct | verdict | reason
        just   | 50 | 70 | 20            | 40             | HPD     | rule_met
        less   | 50 | 69 | 19            | 38             | NOT_HPD | change_not_reached
        ten    | 20 | 30 | 10            | 50             | HPD     | rule_met
        nine   | 20 | 29 | 9             | 45             | NOT_HPD | change_mm_not_reached
    """, definition="matos2020")


def test_with_new_lesions_in_two_organs_20_percent_are_enough(course):
    """Two organs, not two lesions of one; 10 mm are asked for all the same."""
    course("""
        person    | 0  | 56                             | sld_change_pct | new_organs | verdict
        two       | 50 | 60, new lung 12, new bone seen | 20             | 2          | HPD
        one_organ | 50 | 60, new lung 12, new lung2 12  | 20             | 1          | NOT_HPD
        less      | 50 | 59.9, new lung 12, new bone 12 | 19.8           | 2          | NOT_HPD
        nine      | 40 | 49, new lung 12, new bone 12   | 22.5           | 2          | NOT_HPD
        none      | 50 | 60                             | 20             | 0          | NOT_HPD
    """, definition="matos2020")


def test_eight_weeks(course):
    """An evaluation on day 57 is none: not evaluable, and no negative; earlier ones count."""
    course("""
        person | doses      | 0  | 40 | 56 | 57 | post | verdict       | reason
        last   | 0, 90, 180 | 50 |    | 70 |    | 56   | HPD           | rule_met
        after  | 0, 90, 180 | 50 |    |    | 70 |      | NOT_EVALUABLE | no_post_scan
        first  | 0, 90, 180 | 50 | 60 | 70 |    | 40   | NOT_HPD       | change_not_reached
    """, definition="matos2020")


def test_what_it_cannot_do_without(course):
    """Baseline and first evaluation of the same targets; a scan before is not needed."""
    course("""
        person  | doses      | -56 | 0    | 56              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 50   | 70              | HPD           | rule_met
        no_base | 0, 90, 180 | 50  |      | 70              | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 50   |                 | NOT_EVALUABLE | no_post_scan
        dropped | 0, 40      | 50  | 50   |                 | NOT_EVALUABLE | early_dropout_other
        unseen  | 0, 90, 180 | 50  | 50   | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
        gone    | 0, 90, 180 | 50  | gone | 70              | NOT_EVALUABLE | zero_baseline
    """, definition="matos2020")
