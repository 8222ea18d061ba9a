"""Kato 2017 by irRC: the rule of Kato on the sum of products of diameters, new lesions included."""


def test_the_border(course):
    """From 60 x 40 mm the product must grow by more than half: 60 x 60 mm is half, 61 x 60 mm is more.

    It grew by 20 % before, so that the pace, 50 % in the same time, is more than double. By diameters it is +1.7 %.
    """
    course("""
        person | doses | -56   | 0     | 56    | a_post_mm2 | spd_change_pct | spd_pace_ratio | kato2017_irrc | kato2017
        just   | 0, 60 | 50x40 | 60x40 | 61x60 | 3660       | 52.5           | 2.6            | HPD           | NOT_HPD
        equal  | 0, 60 | 50x40 | 60x40 | 60x60 | 3600       | 50             | 2.5            | NOT_HPD       | NOT_HPD
        late   | 0, 61 | 50x40 | 60x40 | 61x60 | 3660       | 52.5           | 2.6            | NOT_HPD       | NOT_HPD
        pace   | 0, 60 | 40x40 | 60x40 | 80x60 | 4800       | 100            | 2              | NOT_HPD       | NOT_HPD
        faster | 0, 60 | 40x40 | 60x40 | 81x60 | 4860       | 102.5          | 2.05           | HPD           | NOT_HPD
    """, definition="kato2017_irrc")


def test_new_lesions_from_five_by_five(course):
    """A product of 1260 mm2 that is new counts as growth from 2400 to 3660 mm2, and 24 mm2 more do from 5 x 5 mm on."""
    course("""
        person   | doses | -56   | 0     | 56                                    | a_post_mm2 | verdict
        new      | 0, 60 | 50x40 | 60x40 | 60x40, new lung 42x30                 | 3660       | HPD
        smaller  | 0, 60 | 50x40 | 60x40 | 60x40, new lung 40x30                 | 3600       | NOT_HPD
        and_more | 0, 60 | 50x40 | 60x40 | 60x40, new lung 40x30, new lung2 5x5  | 3625       | HPD
        too_thin | 0, 60 | 50x40 | 60x40 | 60x40, new lung 40x30, new lung2 90x4 | 3600       | NOT_HPD
    """, definition="kato2017_irrc")


def test_what_it_cannot_do_without(course):
    """Three scans with both diameters of every target, growth before treatment, and the end of treatment."""
    course("""
        person   | doses      | followup  | -56   | 0     | 56    | verdict       | reason
        no_pre   | 0, 60      | -365..365 |       | 60x40 | 61x60 | NOT_EVALUABLE | no_prebaseline_scan
        no_base  | 0, 60      | -365..365 | 50x40 |       | 61x60 | NOT_EVALUABLE | no_baseline_scan
        no_post  | 0, 90, 180 | -365..365 | 50x40 | 60x40 |       | NOT_EVALUABLE | no_post_scan
        one_way  | 0, 60      | -365..365 | 50x40 | 60x40 | 61    | NOT_EVALUABLE | lesion_set_mismatch
        onset    | 0, 60      | -365..365 | 60x40 | 60x40 | 61x60 | NOT_EVALUABLE | pre_growth_nonpositive
        censored | 0, 60      | -365..100 | 50x40 | 60x40 | 61x60 | NOT_EVALUABLE | ttf_unknown
        slow     | 0, 60      | -365..100 | 50x40 | 60x40 | 60x60 | NOT_HPD       | spd_change_not_reached
    """, definition="kato2017_irrc")
