"""The named variant `intersection`: sums over the baseline targets that have a value at all scans the rule looks at."""


def test_a_target_that_is_missed_once_is_left_out(course):
    """Growth is that of the others; of two targets a and b, a alone grows 10 mm, then 20 mm in equal times."""
    course("""
        person | -70       | -10       | 50         | saada2017     | s_pre_mm | s0_mm | s_post_mm | verdict
        whole  | a 50, b 9 | a 60, b 9 | a 80, b 9  | HPD           | 59       | 69    | 89        | HPD
        missed | a 50, b 9 | a 60, b 9 | a 80, b NE | NOT_EVALUABLE | 50       | 60    | 80        | HPD
        no_row | a 50      | a 60, b 9 | a 80, b 5  | NOT_EVALUABLE | 50       | 60    | 80        | HPD
        slow   | a 50      | a 60, b 9 | a 79, b 5  | NOT_EVALUABLE | 50       | 60    | 79        | NOT_HPD
    """, "saada2017_intersection")


def test_nothing_in_common(course):
    """Without a common target the sums do not compare, even where sums are recorded too."""
    course("""
        person  | -70         | -10                | 50                | verdict       | reason
        nothing | b 9         | a 60, b NE         | a 80, b 9         | NOT_EVALUABLE | lesion_set_mismatch
        sums    | b 9, SLD 50 | a 60, b NE, SLD 60 | a 80, b 9, SLD 80 | NOT_EVALUABLE | lesion_set_mismatch
        only    | SLD 50      | SLD 60             | SLD 80            | HPD           | rule_met
        no_pre  |             | a 60               | a 80              | NOT_EVALUABLE | no_prebaseline_scan
    """, "saada2017_intersection")


def test_response_is_that_of_all_targets(course):
    """Champiat asks for progression: of 60 and 40 mm to 62 and 40 mm is none, whatever one target did before."""
    course("""
        person | -70      | -10               | 50                | response_first | s0_mm | verdict
        stable | liver 59 | liver 60, lung 40 | liver 65, lung 40 | SD             | 60    | NOT_HPD
        grows  | liver 59 | liver 60, lung 40 | liver 85, lung 40 | PD             | 60    | HPD
    """, "champiat2017_intersection")


def test_only_the_scans_that_the_rule_looks_at(course):
    """Lo Russo looks at baseline and first evaluation: a target unseen before does not leave the sum."""
    course("""
        person | -70      | -10               | 50                | s0_mm | s_post_mm | sld_change_pct
        unseen | liver 59 | liver 60, lung 40 | liver 65, lung 40 | 100   | 105       | 5
        missed | liver 59 | liver 60, lung 40 | liver 66, lung NE | 60    | 66        | 10
    """, "lorusso2019_intersection")


def test_products_need_both_diameters_of_a_common_target(course):
    """By irRC a target without its second diameter at one of the scans is left out."""
    course("""
        person | doses | -70              | -10           | 50               | a0_mm2 | spd_change_pct
        one    | 0, 40 | a 50x40, b 20x20 | a 60x40, b 20 | a 75x50, b 20x20 | 2400   | 56.25
    """, "kato2017_irrc_intersection")
