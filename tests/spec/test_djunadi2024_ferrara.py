"""Djunadi 2024 after Ferrara: progression, growth rate up by more than 50 points, measurable new lesions in the sum.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """88 mm and a new 15 mm are 103 mm, 71.7 % after 20 %; 102 mm are exactly 50 points more and not enough."""
    course("""
        person | -90 | 0  | 90              | s_post_mm | tgr_delta | djunadi2024_ferrara | ferrara2018
        just   | 50  | 60 | 88, new lung 15 | 103       | 51.67     | HPD                 | NOT_HPD
        equal  | 50  | 60 | 88, new lung 14 | 102       | 50.00     | NOT_HPD             | NOT_HPD
        alone  | 50  | 60 | 103             | 103       | 51.67     | HPD                 | HPD
    """, definition="djunadi2024_ferrara", study={"criteria": {"month_days": 30}})


def test_which_new_lesions_are_added(course):
    """From 10 mm on, nodes from 15 mm on; a smaller one is progression and no growth."""
    course("""
        person  | -90 | 0  | 90               | s_post_mm | response_first | verdict
        ten     | 50  | 60 | 93, new lung 10  | 103       | PD             | HPD
        small   | 50  | 60 | 94, new lung 9.9 | 94        | PD             | NOT_HPD
        node    | 50  | 60 | 88, new node 15  | 103       | PD             | HPD
        node_14 | 50  | 60 | 89, new node 14  | 89        | PD             | NOT_HPD
    """, definition="djunadi2024_ferrara", study={"criteria": {"month_days": 30}})


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets; a difference needs no growth before treatment."""
    course("""
        person  | doses      | -90 | 0    | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60   | 88, new lung 15 | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |      | 88, new lung 15 | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60   |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60   | NE, new lung 90 | NOT_EVALUABLE | lesion_set_mismatch
        gone    | 0, 90, 180 | 50  | gone | 88, new lung 15 | NOT_EVALUABLE | zero_baseline
        onset   | 0, 90, 180 | 60  | 60   | 88, new lung 15 | HPD           | rule_met
    """, definition="djunadi2024_ferrara", study={"criteria": {"month_days": 30}})
