"""Lo Russo 2019: progression, and at least three of five signs; no scan before baseline is needed."""


def test_the_border(course):
    """Failure on day 60, the burden up by half and a lesion in another organ are three; each is lost by one step.

    ECOG is known and unchanged, two new lesions of the organ of the target are not there: the other signs are false.
    """
    course("""
        person | doses | 0          | 30     | 56              | castello2020 | verdict
        just   | 0, 60 | 50, ECOG 1 | ECOG 1 | 75, new lung 12 | HPD          | HPD
        late   | 0, 61 | 50, ECOG 1 | ECOG 1 | 75, new lung 12 | NOT_HPD      | NOT_HPD
        less   | 0, 60 | 50, ECOG 1 | ECOG 1 | 74, new lung 12 | NOT_HPD      | NOT_HPD
        beside | 0, 60 | 50, ECOG 1 | ECOG 1 | 75              | NOT_HPD      | NOT_HPD
    """, definition="lorusso2019")


def test_each_sign(course):
    """Any three of the five make it: two new lesions in an organ that had one, a new organ, an ECOG that got worse.

    ECOG counts from 2 on, and only if it is above that before treatment.
    """
    course("""
        person       | doses | 0          | 30     | 56                                         | verdict
        involved     | 0, 60 | 50, ECOG 1 | ECOG 1 | 75, new liver2 12, new liver3 9            | HPD
        one          | 0, 60 | 50, ECOG 1 | ECOG 1 | 75, new liver2 12                          | NOT_HPD
        ecog         | 0, 60 | 50, ECOG 1 | ECOG 2 | 75                                         | HPD
        ecog_low     | 0, 60 | 50, ECOG 0 | ECOG 1 | 75                                         | NOT_HPD
        ecog_as_was  | 0, 60 | 50, ECOG 2 | ECOG 2 | 75                                         | NOT_HPD
        the_other_3  | 0, 61 | 50, ECOG 1 | ECOG 2 | 60, new liver2 9, new liver3 9, new bone 9 | HPD
        two_of_these | 0, 61 | 50, ECOG 1 | ECOG 1 | 60, new liver2 9, new liver3 9, new bone 9 | NOT_HPD
    """, definition="lorusso2019")


def test_progression_is_needed(spec):
    """Four signs without progression are nothing; ECOG, the fifth, is not known here."""
    spec("lorusso2019", """
        person | response_first | ttf_months | sld_change_pct | new_lesions_involved | organs_spread | verdict
        four   | PD             | 1          | 60             | 2                    | 1             | HPD
        stable | SD             | 1          | 60             | 2                    | 1             | NOT_HPD
        open   | NE             | 1          | 60             | 2                    | 1             | NOT_EVALUABLE
        none   | NE             | 2          | 49             | 1                    | 0             | NOT_HPD
    """)


def test_signs_that_are_not_known(course):
    """An unknown sign decides nothing where three are there or cannot be reached; else it leaves the label open."""
    course("""
        person   | doses | followup  | 0          | 30     | 56                  | verdict       | reason
        three    | 0, 60 | -365..365 | 50         |        | 75, new lung 12     | HPD           | rule_met
        open     | 0, 61 | -365..365 | 50         |        | 75, new lung 12     | NOT_EVALUABLE | finding_unknown
        out      | 0, 61 | -365..365 | 50         |        | 75                  | NOT_HPD       | treatment_went_on
        censored | 0, 50 | -365..100 | 50, ECOG 1 | ECOG 1 | 75, new lung 12     | NOT_EVALUABLE | ttf_unknown
        unplaced | 0, 61 | -365..365 | 50, ECOG 1 | ECOG 2 | 75, new unplaced 12 | NOT_EVALUABLE | finding_unknown
    """, definition="lorusso2019")


def test_what_it_cannot_do_without(course):
    """Baseline and first evaluation; the targets themselves are one sign of five."""
    course("""
        person  | doses      | -56 | 0          | 30     | 56              | verdict       | reason
        no_base | 0, 60      | 50  | ECOG 1     | ECOG 2 | 75, new lung 12 | NOT_EVALUABLE | no_baseline_scan
        dropped | 0, 60      | 50  | 50, ECOG 1 | ECOG 2 |                 | NOT_EVALUABLE | early_dropout_other
        no_post | 0, 90, 180 | 50  | 50, ECOG 1 | ECOG 2 |                 | NOT_EVALUABLE | no_post_scan
        unseen  | 0, 60      | 50  | 50, ECOG 1 | ECOG 2 | NE, new lung 12 | HPD           | rule_met
    """, definition="lorusso2019")
