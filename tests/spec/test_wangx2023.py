"""Wang 2023: growth rate or growth kinetics at least doubled, or treatment failed within two months.

Scans lie 90 days apart and a month is taken for 30, so that a growth rate is the percentage that the sum grows by.
"""


def test_the_border(course):
    """After 10 mm, 20 mm are enough; so is treatment that ended on day 60, two months, whatever the growth."""
    course("""
        person | doses | -90 | 0  | 90 | tgk_ratio | tgr_ratio | verdict
        just   | 0, 61 | 50  | 60 | 80 | 2         | 1.67      | HPD
        less   | 0, 61 | 50  | 60 | 79 | 1.9       | 1.58      | NOT_HPD
        failed | 0, 60 | 50  | 60 | 79 | 1.9       | 1.58      | HPD
        shrunk | 0, 60 | 50  | 60 | 20 | -4        | -3.33     | HPD
    """, definition="wangx2023", study={"criteria": {"month_days": 30}})


def test_any_arm_is_enough(spec):
    """Each of the three alone, each with equality."""
    spec("wangx2023", """
        person  | tgr_post | tgr_ratio | tgk_post | tgk_ratio | ttf_months | verdict
        rate    | 30       | 2         | 5        | 1.9       | 2.1        | HPD
        growth  | 30       | 1.9       | 5        | 2         | 2.1        | HPD
        failure | 30       | 1.9       | 5        | 1.9       | 2          | HPD
        none    | 30       | 1.9       | 5        | 1.9       | 2.1        | NOT_HPD
        falling | -30      | 2         | -5       | 2         | 2.1        | NOT_HPD
    """)


def test_nothing_is_required(course):
    """Failure within two months needs no scan; without it all arms must be false, and one that is unknown is not."""
    course("""
        person   | doses      | followup  | -90 | 0  | 90 | verdict       | reason
        no_pre   | 0, 60      | -365..365 |     | 60 | 80 | HPD           | rule_met
        late_pre | 0, 61      | -365..365 |     | 60 | 80 | NOT_EVALUABLE | no_prebaseline_scan
        no_base  | 0, 60      | -365..365 | 50  |    | 80 | HPD           | rule_met
        no_post  | 0, 60      | -365..365 | 50  | 60 |    | HPD           | rule_met
        late     | 0, 90, 180 | -365..365 | 50  | 60 |    | NOT_EVALUABLE | no_post_scan
        onset    | 0, 61      | -365..365 | 60  | 60 | 80 | NOT_EVALUABLE | pre_growth_nonpositive
        shrunk   | 0, 61      | -365..365 |     | 60 | 50 | NOT_HPD       | post_nonpositive
        censored | 0, 50      | -365..100 | 50  | 60 | 79 | NOT_EVALUABLE | ttf_unknown
        grows    | 0, 50      | -365..100 | 50  | 60 | 80 | HPD           | rule_met
    """, definition="wangx2023", study={"criteria": {"month_days": 30}})
