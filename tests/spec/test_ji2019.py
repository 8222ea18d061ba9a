"""Ji 2019: growth kinetics at least doubled, with measurable new lesions in the burden."""


def test_the_border(course):
    """65 mm and a new 15 mm are 80 mm, 20 mm after 10 mm in the same time; Saada-Bouzid sees 5 mm of the target."""
    course("""
        person | -90 | 0  | 90              | s_post_mm | tgk_ratio | ji2019  | saada2017
        just   | 50  | 60 | 65, new lung 15 | 80        | 2         | HPD     | NOT_HPD
        less   | 50  | 60 | 65, new lung 14 | 79        | 1.9       | NOT_HPD | NOT_HPD
        alone  | 50  | 60 | 80              | 80        | 2         | HPD     | HPD
    """, definition="ji2019")


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets; a new lesion makes up for none of it."""
    course("""
        person  | doses      | -90 | 0  | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |     | 60 | 65, new lung 15 | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50  |    | 65, new lung 15 | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50  | 60 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50  | 60 | NE, new lung 90 | NOT_EVALUABLE | lesion_set_mismatch
    """, definition="ji2019")


def test_growth_kinetics_at_least_doubled(spec):
    """Twice as many millimetres per month are enough."""
    spec("ji2019", """
        person    | tgk_pre | tgk_post | verdict       | reason
        double    | 4       | 8        | HPD           |
        less      | 4       | 7.9      | NOT_HPD       |
        shrinking | 4       | -8       | NOT_HPD       |
        onset     | -4      | 8        | NOT_EVALUABLE | pre_growth_nonpositive
    """)


def test_pseudoprogression_ratios_of_the_paper_are_not_hyperprogression(spec):
    """The two patients whose progression turned stable had ratios of 1.67 and 0.11."""
    spec("ji2019", """
        person  | tgk_ratio | tgk_post | verdict
        one     | 1.67      | 5        | NOT_HPD
        another | 0.11      | 1        | NOT_HPD
    """)


def test_measurable_new_lesions_are_growth(course):
    """New lesions from 10 mm on (nodes from 15 mm on) join the burden of Ji and Kato, not that of Saada-Bouzid.

    Targets 50, 60, 65 mm at equal gaps: ratio 5/10. With a new 15 mm lesion 80 mm: ratio 20/10.
    """
    course("""
        person     | -66 | -10 | 46                          | s_post_mm | tgk_ratio | ji2019        | saada2017
        none       | 50  | 60  | 65                          | 65        | 0.5       | NOT_HPD       | NOT_HPD
        large      | 50  | 60  | 65, new lung 15             | 80        | 2         | HPD           | NOT_HPD
        less       | 50  | 60  | 65, new lung 14             | 79        | 1.9       | NOT_HPD       | NOT_HPD
        small      | 50  | 60  | 65, new lung 9.9            | 65        | 0.5       | NOT_HPD       | NOT_HPD
        two_small  | 50  | 60  | 65, new lung 9, new lung2 9 | 65        | 0.5       | NOT_HPD       | NOT_HPD
        ten        | 50  | 60  | 65, new lung 10             | 75        | 1.5       | NOT_HPD       | NOT_HPD
        node_15    | 50  | 60  | 65, new node 15             | 80        | 2         | HPD           | NOT_HPD
        node_14    | 50  | 60  | 65, new node 14             | 65        | 0.5       | NOT_HPD       | NOT_HPD
        unmeasured | 50  | 60  | 65, new lung seen           | 65        | 0.5       | NOT_HPD       | NOT_HPD
        missed     | 50  | 60  | NE, new lung 80             |           |           | NOT_EVALUABLE | NOT_EVALUABLE
    """, definition="ji2019")
