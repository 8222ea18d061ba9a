"""Kim CG 2019, time to treatment failure: less than two months, of those examined before and on treatment."""


def test_the_border(course):
    """Two months are 60.875 days: a last dose on day 60 is earlier, one on day 61 is not; sizes decide nothing."""
    course("""
        person | doses | 0  | 56 | ttf | verdict | reason
        just   | 0, 60 | 60 | 66 | 60  | HPD     | rule_met
        later  | 0, 61 | 60 | 66 | 61  | NOT_HPD | treatment_went_on
        shrunk | 0, 60 | 60 | 20 | 60  | HPD     | rule_met
        grew   | 0, 61 | 60 | 99 | 61  | NOT_HPD | treatment_went_on
    """, definition="kimcg2019_ttf")


def test_time_to_failure_may_be_an_interval(spec):
    """An interval on one side of two months decides, one across them does not; two months themselves are no failure."""
    spec("kimcg2019_ttf", """
        person   | ttf_months | verdict       | reason
        exactly  | 2          | NOT_HPD       |
        early    | 0.5..1.9   | HPD           |
        late     | 2..6       | NOT_HPD       |
        across   | 1..3       | NOT_EVALUABLE | ttf_unknown
        censored | 1..        | NOT_EVALUABLE | ttf_unknown
    """)


def test_what_it_cannot_do_without(course):
    """Baseline and first evaluation, but no scan before and no burden; and knowing when treatment ended."""
    course("""
        person   | doses      | followup | -84 | 0  | 56              | verdict       | reason
        no_pre   | 0, 60      | 0..365   |     | 60 | 66              | HPD           | rule_met
        no_base  | 0, 60      | 0..365   | 50  |    | 66              | NOT_EVALUABLE | no_baseline_scan
        dropped  | 0, 60      | 0..365   | 50  | 60 |                 | NOT_EVALUABLE | early_dropout_other
        no_post  | 0, 90, 180 | 0..365   | 50  | 60 |                 | NOT_EVALUABLE | no_post_scan
        censored | 0, 60      | 0..100   | 50  | 60 | 66              | NOT_EVALUABLE | ttf_unknown
        unseen   | 0, 60      | 0..365   | 50  | 60 | NE, new lung 12 | HPD           | rule_met
    """, definition="kimcg2019_ttf", study={"index": {"lookback_days": 0}})
