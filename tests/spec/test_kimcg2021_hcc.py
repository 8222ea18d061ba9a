"""Kim CG 2021, hepatocellular carcinoma: kinetics and rate at least fourfold, rate up by at least 40 points.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """From 20 % to 80 % is fourfold and 60 points more, 48 mm after 10 mm more than fourfold.

    From 10 % to 50 % it is the 40 points that are just reached.
    """
    course("""
        person | -90 | 0   | 90  | tgk_ratio | tgr_ratio | tgr_delta | verdict
        just   | 50  | 60  | 108 | 4.8       | 4.00      | 60        | HPD
        less   | 50  | 60  | 107 | 4.7       | 3.92      | 58.3      | NOT_HPD
        points | 100 | 110 | 165 | 5.5       | 5.00      | 40        | HPD
        fewer  | 100 | 110 | 164 | 5.4       | 4.91      | 39.1      | NOT_HPD
    """, definition="kimcg2021_hcc", study={"criteria": {"month_days": 30}})


def test_each_leaf_decides(spec):
    """All three are needed, each with equality; without growth before treatment both ratios are unknown."""
    spec("kimcg2021_hcc", """
        person    | tgk_pre | tgk_post | tgr_pre | tgr_post | tgr_delta | verdict       | reason
        all       | 2       | 8        | 10      | 50       | 40        | HPD           |
        kinetics  | 2       | 7.9      | 10      | 50       | 40        | NOT_HPD       |
        rate      | 2       | 8        | 20      | 79       | 59        | NOT_HPD       |
        points    | 2       | 8        | 9       | 48.9     | 39.9      | NOT_HPD       |
        onset     | -2      | 8        | -10     | 50       | 60        | NOT_EVALUABLE | pre_growth_nonpositive
        onset_low | -2      | 1        | -10     | 5        | 15        | NOT_HPD       |
    """)


def test_what_it_cannot_do_without(course):
    """Three scans of the same targets, and a burden above zero at the first two."""
    course("""
        person  | doses      | -90    | 0    | 90              | verdict       | reason
        no_pre  | 0, 90, 180 |        | 60   | 108             | NOT_EVALUABLE | no_prebaseline_scan
        no_base | 0, 90, 180 | 50     |      | 108             | NOT_EVALUABLE | no_baseline_scan
        no_post | 0, 90, 180 | 50     | 60   |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 90, 180 | 50     | 60   | NE, new lung 12 | NOT_EVALUABLE | lesion_set_mismatch
        none    | 0, 90, 180 | absent | 60   | 108             | NOT_EVALUABLE | zero_prebaseline
        gone    | 0, 90, 180 | 50     | gone | 108             | NOT_EVALUABLE | zero_baseline
    """, definition="kimcg2021_hcc", study={"criteria": {"month_days": 30}})
