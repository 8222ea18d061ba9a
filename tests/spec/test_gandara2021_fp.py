"""Gandara 2021, fast progression: half as much again within six weeks, or death of progression within twelve unseen.

It is no hyperprogression; `HPD` stands for what the definition defines, and the label says so.
"""


def test_the_border(course):
    """From 50 mm 75 mm are half as much again, on day 42 the last; a later scan tells neither this nor that."""
    course("""
        person | doses      | 0  | 42 | 43 | sld_change_pct | verdict       | reason             | not_hyperprogression
        just   | 0, 90, 180 | 50 | 75 |    | 50             | HPD           | rule_met           | yes
        less   | 0, 90, 180 | 50 | 74 |    | 48             | NOT_HPD       | change_not_reached | yes
        after  | 0, 90, 180 | 50 |    | 75 |                | NOT_EVALUABLE | no_post_scan       | yes
    """, definition="gandara2021_fp")


def test_death_of_progression_before_anybody_looked(course):
    """On day 84 at the latest, of cancer, and without an examination after the first dose."""
    course("""
        person  | 0  | 30   | death | cause | verdict
        early   | 50 |      | 84    | C34   | HPD
        later   | 50 |      | 85    | C34   | NOT_EVALUABLE
        heart   | 50 |      | 84    | I21   | NOT_EVALUABLE
        seen    | 50 | scan | 84    | C34   | NOT_EVALUABLE
        smaller | 50 | 40   | 84    | C34   | NOT_HPD
        unknown | 50 |      | 84    |       | NOT_EVALUABLE
    """, definition="gandara2021_fp")


def test_nothing_is_required(course):
    """One true arm is enough, even without any scan; a negative asks both to be false."""
    course("""
        person  | doses      | 0    | 42              | death | cause | verdict       | reason
        no_base | 0, 90, 180 |      |                 | 60    | C34   | HPD           | rule_met
        no_scan | 0, 90, 180 |      | 75              |       |       | NOT_EVALUABLE | no_baseline_scan
        unseen  | 0, 90, 180 | 50   | NE, new lung 12 |       |       | NOT_EVALUABLE | lesion_set_mismatch
        gone    | 0, 90, 180 | gone | 20              |       |       | NOT_EVALUABLE | zero_baseline
    """, definition="gandara2021_fp")
