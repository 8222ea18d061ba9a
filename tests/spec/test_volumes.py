"""Volumes and products of diameters (C11): each lesion by itself, never the cube or the square of a sum.

Scans lie 60 days apart, a month has 30.4375 days. The volume of a sphere is pi/6 d^3: 10 mm are 523.6 mm3, 20 mm
4188.79, 30 mm 14137.17, 40 mm 33510.32.
"""


def test_volumes_of_each_lesion_are_not_the_cube_of_the_sum(course):
    """40 and 10 mm to 40 and 20 mm: the volume is 1.108 times as large, the cubed sum 1.728 times; with 20 and 20 mm
    to 30 and 20 mm it is 2.188 against 1.953."""
    course("""
        person | -70               | -10               | 50                | volume_change_pct | volume_tgr_post
        small  | liver 40, lung 9  | liver 40, lung 10 | liver 40, lung 20 | 10.77             | 5.33
        large  | liver 20, lung 18 | liver 20, lung 20 | liver 30, lung 20 | 118.75            | 48.75
    """, definition="kimy2019")


def test_growth_rates_of_volumes(course):
    """10 mm to 12 mm and to 20 mm: 100 (1.728^(1/m) - 1) and 100 (4.63^(1/m) - 1) in m = 60/30.4375 months."""
    course("""
        person | -70 | -10 | 50 | v0_mm3  | v_post_mm3 | volume_tgr_pre | volume_tgr_post | volume_tgr_ratio | verdict
        faster | 10  | 12  | 20 | 904.78  | 4188.79    | 31.98          | 117.58          | 3.68             | HPD
        same   | 10  | 20  | 40 | 4188.79 | 33510.32   | 187.16         | 187.16          | 1.00             | NOT_HPD
    """, definition="kimcg2019_tgr")


def test_recorded_volumes_count_where_all_targets_have_one(course):
    """Else all are those of spheres: 10 mm, 20 mm; what disappeared has none, and too small is a sphere of 5 mm."""
    course("""
        person   | -70                | -10                | 50              | v_pre_mm3 | v0_mm3  | v_post_mm3
        recorded | 10=400             | 10=500             | 20=3000         | 400       | 500     | 3000
        one_not  | 10=400             | 10                 | 20=3000         | 523.60    | 523.60  | 4188.79
        nowhere  | 10                 | 10                 | 20              | 523.60    | 523.60  | 4188.79
        gone     | 10=400             | 10=500             | gone            | 400       | 500     | 0
        small    | 10=400             | 10=500             | small           | 400       | 500     | 65.45
        two      | a 10=400, b 10=300 | a 10=500, b 10=300 | a 20=3000, b 20 | 1047.20   | 1047.20 | 8377.58
    """, definition="kimcg2019_tgr")


def test_a_missing_target_leaves_the_volume_missing(course):
    """Zero burdens and lack of growth are reasons of their own volumes, as they are of diameters."""
    course("""
        person  | -70              | -10               | 50                  | verdict       | reason
        unseen  | liver 20, lung 9 | liver 20, lung 20 | liver 30, lung NE   | NOT_EVALUABLE | lesion_set_mismatch
        node    | liver 20, node 9 | liver 20, node 20 | liver 30, node seen | NOT_EVALUABLE | node_short_axis_missing
        nothing | 20               | gone              | 20                  | NOT_EVALUABLE | zero_baseline
        new     | absent           | 20                | 40                  | NOT_EVALUABLE | zero_prebaseline
        onset   | 20               | 20                | 40                  | NOT_EVALUABLE | pre_growth_nonpositive
        shrunk  | 10               | 20                | 10                  | NOT_HPD       | post_nonpositive
    """, definition="kimcg2019_tgr")


def test_products_of_diameters(course):
    """60 x 40 mm to 75 x 50 mm is 2400 to 3750 mm2, 56.25 % more; the pace is that over the 20 % before."""
    course("""
        person | -70   | -10   | 50    | a_pre_mm2 | a0_mm2 | a_post_mm2 | spd_change_pct | spd_pace_ratio
        grows  | 50x40 | 60x40 | 75x50 | 2000      | 2400   | 3750       | 56.25          | 2.8125
        gone   | 50x40 | 60x40 | gone  | 2000      | 2400   | 0          | -100           | -5
        small  | 50x40 | 60x40 | small | 2000      | 2400   | 25         | -98.96         | -4.95
        across | 50x40 | 60    | 75x50 | 2000      |        | 3750       |                |
    """, definition="kato2017_irrc")


def test_new_lesions_in_the_sum_of_products(course):
    """From 5 x 5 mm on; one that may be measurable and has no second diameter leaves the sum missing."""
    course("""
        person   | doses | -70   | -10   | 50                    | a_post_mm2 | verdict       | reason
        enters   | 0, 40 | 50x40 | 60x40 | 60x40, new lung 40x35 | 3800       | HPD           | rule_met
        too_thin | 0, 40 | 50x40 | 60x40 | 60x40, new lung 40x4  | 2400       | NOT_HPD       | spd_change_not_reached
        five     | 0, 40 | 50x40 | 60x40 | 60x40, new lung 5x5   | 2425       | NOT_HPD       | spd_change_not_reached
        open     | 0, 40 | 50x40 | 60x40 | 60x40, new lung 40    |            | NOT_EVALUABLE | lesion_set_mismatch
        tiny     | 0, 40 | 50x40 | 60x40 | 60x40, new lung 4     | 2400       | NOT_HPD       | spd_change_not_reached
        seen     | 0, 40 | 50x40 | 60x40 | 60x40, new lung seen  | 2400       | NOT_HPD       | spd_change_not_reached
    """, definition="kato2017_irrc")


def test_what_no_rule_asks_for_is_not_made(course):
    """Volumes and products stay empty, without a reason, in the metrics of a definition that does not name them."""
    course("""
        person | -70   | -10   | 50    | v0_mm3 | a0_mm2 | missing
        grows  | 50x40 | 60x40 | 75x50 |        |        | ecog_rise=finding_unknown;ecog_worst=finding_unknown
    """, definition="saada2017")


def test_changes_of_diameters(course):
    """From baseline in mm, and from the pre-baseline scan in %: 50, 60, 90 mm are 30 mm and 80 %."""
    course("""
        person | -70    | -10 | 50 | sld_change_mm | sld_change_from_pre_pct
        grows  | 50     | 60  | 90 | 30            | 80
        less   | 50     | 60  | 45 | -15           | -10
        new    | absent | 60  | 90 | 30            |
        no_pre |        | 60  | 90 | 30            |
    """, definition="aacr2019")
