"""Djunadi 2024 after Champiat: progression, growth rate at least doubled, measurable new lesions in the sum.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """69 mm and a new 15 mm are 84 mm, 40 % after 20 %; Champiat sees 15 % of the targets alone."""
    course("""
        person | -90 | 0  | 90              | s_post_mm | tgr_ratio | djunadi2024_champiat | champiat2017
        just   | 50  | 60 | 69, new lung 15 | 84        | 2.00      | HPD                  | NOT_HPD
        less   | 50  | 60 | 69, new lung 14 | 83        | 1.92      | NOT_HPD              | NOT_HPD
        alone  | 50  | 60 | 84              | 84        | 2.00      | HPD                  | HPD
    """, definition="djunadi2024_champiat", study={"criteria": {"month_days": 30}})


def test_which_new_lesions_are_added(course):
    """From 10 mm on, nodes from 15 mm on; a smaller one is progression and no growth."""
    course("""
        person  | -90 | 0  | 90                | s_post_mm | response_first | verdict
        ten     | 50  | 60 | 74, new lung 10   | 84        | PD             | HPD
        small   | 50  | 60 | 74, new lung 9.9  | 74        | PD             | NOT_HPD
        node    | 50  | 60 | 69, new node 15   | 84        | PD             | HPD
        node_14 | 50  | 60 | 70, new node 14   | 70        | PD             | NOT_HPD
        seen    | 50  | 60 | 84, new lung seen | 84        | PD             | HPD
    """, definition="djunadi2024_champiat", study={"criteria": {"month_days": 30}})


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets, and growth before treatment; a new lesion makes up for none of it."""
    course("""
        person  | doses      | -90 | 0  | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60 | 69, new lung 15 | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |    | 69, new lung 15 | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60 | NE, new lung 90 | NOT_EVALUABLE | lesion_set_mismatch
        onset   | 0, 90, 180 | 60  | 60 | 69, new lung 15 | NOT_EVALUABLE | pre_growth_nonpositive
    """, definition="djunadi2024_champiat", study={"criteria": {"month_days": 30}})
