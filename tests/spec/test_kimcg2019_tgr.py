"""Kim CG 2019, growth rate of volumes: at least doubled, scans within twelve weeks of the first dose.

Scans lie 84 days apart and a month is taken for 28, so that the rate of one sphere is the percentage that its diameter
grows by.
"""


def test_the_border(course):
    """From 20 % to 40 % is enough, and any less is not."""
    course("""
        person | -84 | 0  | 84 | volume_tgr_ratio | verdict
        just   | 50  | 60 | 84 | 2.00             | HPD
        less   | 50  | 60 | 83 | 1.92             | NOT_HPD
        shrunk | 50  | 60 | 50 | -0.83            | NOT_HPD
    """, definition="kimcg2019_tgr", study={"criteria": {"month_days": 28}})


def test_volumes_are_summed_and_not_diameters(course):
    """10, 20 and 30 mm beside 40 mm: cubes 65, 72 and 91 thousand, a monthly 3.5 % and then 8.1 %.

    The sums of diameters 50, 60 and 70 mm grow by 20 % and then by 16.7 %.
    """
    course("""
        person | -84               | 0                 | 84                | volume_tgr_ratio | verdict | sasaki2019
        beside | liver 40, lung 10 | liver 40, lung 20 | liver 40, lung 30 | 2.34             | HPD     | NOT_HPD
    """, definition="kimcg2019_tgr", study={"criteria": {"month_days": 28}})


def test_recorded_volumes_count_before_diameters(course):
    """1.1 and 1.2 to the third power: 1000, 1331 and 2300 mm3 are a monthly 10 % and 20 %, whatever the diameters."""
    course("""
        person | -84     | 0       | 84      | volume_tgr_pre | verdict
        just   | 50=1000 | 50=1331 | 50=2300 | 10.00          | HPD
        less   | 50=1000 | 50=1331 | 90=2299 | 10.00          | NOT_HPD
    """, definition="kimcg2019_tgr", study={"criteria": {"month_days": 28}})


def test_what_it_cannot_do_without(course):
    """Three scans within the twelve weeks, volumes of the same targets, and growth before treatment."""
    course("""
        person  | doses      | -85 | -84    | 0    | 84              | 85 | verdict       | reason
        no_pre  | 0, 90, 180 |     |        | 60   | 84              |    | NOT_EVALUABLE | no_prebaseline_scan
        before  | 0, 90, 180 | 50  |        | 60   | 84              |    | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 |     | 50     |      | 84              |    | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 |     | 50     | 60   |                 |    | NOT_EVALUABLE | no_post_scan
        after   | 0, 90, 180 |     | 50     | 60   |                 | 84 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 |     | 50     | 60   | NE, new lung 12 |    | NOT_EVALUABLE | lesion_set_mismatch
        none    | 0, 90, 180 |     | absent | 60   | 84              |    | NOT_EVALUABLE | zero_prebaseline
        gone    | 0, 90, 180 |     | 50     | gone | 84              |    | NOT_EVALUABLE | zero_baseline
        onset   | 0, 90, 180 |     | 60     | 60   | 84              |    | NOT_EVALUABLE | pre_growth_nonpositive
    """, definition="kimcg2019_tgr")
