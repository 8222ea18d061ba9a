"""Djunadi 2024 after Saada-Bouzid: growth kinetics at least doubled, measurable new lesions in the sum."""


def test_the_border(course):
    """65 mm and a new 15 mm are 80 mm, 20 mm after 10 mm; Saada-Bouzid sees 5 mm of the targets alone."""
    course("""
        person | -90 | 0  | 90              | s_post_mm | tgk_ratio | djunadi2024_saada | saada2017
        just   | 50  | 60 | 65, new lung 15 | 80        | 2         | HPD               | NOT_HPD
        less   | 50  | 60 | 65, new lung 14 | 79        | 1.9       | NOT_HPD           | NOT_HPD
        alone  | 50  | 60 | 80              | 80        | 2         | HPD               | HPD
    """, definition="djunadi2024_saada")


def test_which_new_lesions_are_added(course):
    """From 10 mm on, nodes from 15 mm on, however many there are; what was only seen has no size."""
    course("""
        person  | -90 | 0  | 90                                          | s_post_mm | verdict
        ten     | 50  | 60 | 70, new lung 10                             | 80        | HPD
        small   | 50  | 60 | 71, new lung 9.9                            | 71        | NOT_HPD
        node    | 50  | 60 | 65, new node 15                             | 80        | HPD
        node_14 | 50  | 60 | 70, new node 14                             | 70        | NOT_HPD
        seen    | 50  | 60 | 79, new lung seen                           | 79        | NOT_HPD
        many    | 50  | 60 | 50, new lung 10, new lung2 10, new lung3 10 | 80        | HPD
        shrinks | 50  | 60 | 40, new lung 12                             | 52        | NOT_HPD
    """, definition="djunadi2024_saada")


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets, and growth before treatment; a new lesion makes up for none of it."""
    course("""
        person  | doses      | -90 | 0  | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60 | 65, new lung 15 | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |    | 65, new lung 15 | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60 | NE, new lung 90 | NOT_EVALUABLE | lesion_set_mismatch
        onset   | 0, 90, 180 | 60  | 60 | 65, new lung 15 | NOT_EVALUABLE | pre_growth_nonpositive
    """, definition="djunadi2024_saada")
