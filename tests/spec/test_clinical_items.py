"""What lies beside the sums: organs of new lesions and ECOG (Lo Russo), death of progression (Gandara)."""


def test_new_lesions_of_involved_organs_and_of_others(course):
    """Of the involved organs the one with most new lesions counts; nodes together are an organ, wherever they lie.

    Organs are called a, b and c, their lesions a, a2 ...
    """
    course("""
        person   | -10                | 50                                        | new_lesions_involved | organs_spread
        none     | a 50               | a 60                                      | 0                    | 0
        two      | a 50               | a 60, new a2 12, new a3 9                 | 2                    | 0
        spread   | a 50               | a 60, new b 12, new c seen                | 0                    | 2
        both     | a 50               | a 60, new a2 12, new b 12                 | 1                    | 1
        apart    | a 50, b 20         | a 60, b 20, new a2 9, new b2 9            | 1                    | 0
        nodes    | a 50, node 20      | a 60, node 20, new node2 16, new node3 16 | 2                    | 0
        first    | a 50               | a 60, new node2 16, new node3 16          | 0                    | 1
        other    | a 50, other b seen | a 60, new b2 12                           | 1                    | 0
        was_gone | a 50, b gone       | a 60, new b2 12                           | 0                    | 1
    """, definition="lorusso2019")


def test_organs_that_are_not_known_make_an_interval(course):
    """A lesion without an organ may lie in any; one that was there before and not looked at may be there still."""
    course("""
        person | -10              | 50                                   | bounds
        one    | a 50             | a 60, new unplaced 12                | new_lesions_involved=0..1;organs_spread=0..1
        beside | a 50             | a 60, new a2 12, new unplaced 12     | new_lesions_involved=1..2;organs_spread=0..1
        base   | a 50, unplaced 9 | a 60, unplaced 9, new b 12           | new_lesions_involved=0..1;organs_spread=0..1
        two    | a 50, unplaced 9 | a 60, unplaced 9, new b 12, new c 12 | new_lesions_involved=0..1;organs_spread=1..2
    """, definition="lorusso2019")
    course("""
        person | -70  | -10        | 50              | bounds
        unseen | b 20 | a 50, b NE | a 60, new b2 12 | new_lesions_involved=0..1;organs_spread=0..1
        known  | b 20 | a 50, b 20 | a 60, new b2 12 |
    """, definition="lorusso2019")


def test_where_nobody_can_tell_of_new_lesions(course):
    """Without an answer at the first evaluation, or without a lesion at baseline to compare organs with."""
    course("""
        person   | -10      | 50                    | new_lesions_involved | organs_spread | reason
        unstated | liver 50 | liver 60, new lung NE |                      |               | lesion_set_mismatch
        sums     | SLD 50   | SLD 60, new lung 12   |                      |               | finding_unknown
        none     | SLD 50   | SLD 60                | 0                    | 0             | change_not_reached
    """, definition="lorusso2019")


def test_ecog_of_the_first_two_months(course):
    """The worst from day 1 to day 60 (2 x 30.4375 days), and how much worse that is than the last one up to day 0.

    Of several on one day the worst counts.
    """
    course("""
        person   | -20    | -10 | 0              | 1      | 30             | 60     | 61     | ecog_worst | ecog_rise
        rises    | ECOG 0 | 50  | ECOG 1         | ECOG 1 | ECOG 3         | ECOG 2 | ECOG 4 | 3          | 2
        late     |        | 50  | ECOG 1         |        |                |        | ECOG 4 |            |
        last_day | ECOG 1 | 50  |                |        |                | ECOG 2 |        | 2          | 1
        better   |        | 50  | ECOG 2         |        | ECOG 1         |        |        | 1          | -1
        twice    |        | 50  | ECOG 1, ECOG 2 |        | ECOG 3, ECOG 2 |        |        | 3          | 1
    """, definition="lorusso2019")


def test_how_far_back_the_ecog_before_treatment_is_looked_for(course):
    """90 days, unless the study says otherwise."""
    patients = """
        person  | -91    | -90    | -10 | 30     | ecog_worst | ecog_rise
        in_time |        | ECOG 1 | 50  | ECOG 2 | 2          | 1
        too_old | ECOG 1 |        | 50  | ECOG 2 | 2          | {older}
    """
    course(patients.format(older=""), definition="lorusso2019")
    course(patients.format(older="1"), definition="lorusso2019", study={"criteria": {"ecog_lookback_days": 91}})


def test_ecog_dated_to_the_month(course):
    """A month that lies wholly in the window counts as a whole; one that may reach out of it makes an interval.

    Day 0 is the first of January, so that January is days 0 to 30, February 31 to 59 and March 60 to 90.
    """
    course("""
        person | -10        | 0      | 20     | 2020-01 | 2020-02 | 2020-03 | ecog_rise | bounds
        inside | 50         | ECOG 0 |        |         | ECOG 2  |         | 2         |
        maybe  | 50         | ECOG 0 | ECOG 1 |         |         | ECOG 2  |           | ecog_rise=1..2;ecog_worst=1..2
        less   | 50         | ECOG 0 | ECOG 2 |         |         | ECOG 1  | 2         |
        before | 50, ECOG 0 |        | ECOG 2 | ECOG 1  |         |         |           | ecog_rise=1..2
    """, definition="lorusso2019")


def test_ecog_may_depend_on_the_month(course):
    """Day 58 lies in two months of 30 or 30.4375 days, not of 28; three of the five items are met with it."""
    course("""
        person | -10 | 0      | 50                      | 58     | followup  | doses | verdict | month_sensitive
        near   | 20  | ECOG 0 | 40, new lung 12         | ECOG 2 | -365..365 | 0, 90 | HPD     | yes
        early  | 20  | ECOG 0 | 40, new lung 12, ECOG 2 |        | -365..365 | 0, 90 | HPD     |
    """, definition="lorusso2019")


def test_three_of_five_items_decide_whatever_the_others_are(course):
    """Treatment failed, burden up by half, two new lesions of an organ, a new organ, ECOG worse: three are enough, and
    three that cannot be met are too."""
    course("""
        person   | doses | -10 | 0      | 30     | 50                   | verdict       | reason
        three    | 0, 40 | 20  |        |        | 40, new lung 12      | HPD           | rule_met
        two_open | 0, 90 | 20  |        |        | 40, new lung 12      | NOT_EVALUABLE | finding_unknown
        two      | 0, 90 | 20  | ECOG 0 | ECOG 1 | 40, new lung 12      | NOT_HPD       | treatment_went_on
        one_open | 0, 90 | 20  |        |        | 40                   | NOT_HPD       | treatment_went_on
        four     | 0, 90 | 20  | ECOG 0 | ECOG 2 | 40, new lung 12      | HPD           | rule_met
        stable   | 0, 40 | 20  | ECOG 0 | ECOG 2 | 22                   | NOT_HPD       | response_not_reached
        unplaced | 0, 90 | 20  | ECOG 0 | ECOG 2 | 40, new unplaced1 12 | NOT_EVALUABLE | finding_unknown
        either   | 0, 40 | 20  | ECOG 0 | ECOG 2 | 40, new unplaced1 12 | HPD           | rule_met
    """, definition="lorusso2019")


def test_death_of_progression_before_anybody_looked(course):
    """Within 84 days and without an examination after the first dose.

    Another cause, an examination or living on rule it out; a cause that nobody coded leaves it open.
    """
    course("""
        person    | -10 | 20   | death | cause   | followup  | early_progression_death | verdict
        early     | 50  |      | 50    | C34.1   | -365..365 | 1                       | HPD
        concept   | 50  |      | 50    | 443392  | -365..365 | 1                       | HPD
        last_day  | 50  |      | 84    | c61     | -365..365 | 1                       | HPD
        day_after | 50  |      | 85    | C34.1   | -365..365 | 0                       | NOT_EVALUABLE
        looked_at | 50  | scan | 50    | C34.1   | -365..365 | 0                       | NOT_EVALUABLE
        heart     | 50  |      | 50    | I21.9   | -365..365 | 0                       | NOT_EVALUABLE
        other_id  | 50  |      | 50    | 4433921 | -365..365 | 0                       | NOT_EVALUABLE
        uncoded   | 50  |      | 50    |         | -365..365 |                         | NOT_EVALUABLE
        alive     | 50  |      |       |         | -365..85  | 0                       | NOT_EVALUABLE
        lost      | 50  |      |       |         | -365..84  |                         | NOT_EVALUABLE
        measured  | 50  | 76   |       |         | -365..84  | 0                       | HPD
        slower    | 50  | 70   |       |         | -365..84  | 0                       | NOT_HPD
    """, definition="gandara2021_fp")


def test_death_known_to_the_month(course):
    """March 2020 is days 60 to 90, so that it may lie after day 84; February may not."""
    course("""
        person   | -10 | death   | cause | early_progression_death | verdict
        february | 50  | 2020-02 | C34   | 1                       | HPD
        march    | 50  | 2020-03 | C34   |                         | NOT_EVALUABLE
    """, definition="gandara2021_fp")


def test_the_study_says_which_deaths_are_progression(course):
    """Codes that begin with one of these, whatever their case; a concept id stands for itself alone."""
    course("""
        person  | -10 | death | cause   | early_progression_death
        coded   | 50  | 50    | d43.2   | 1
        concept | 50  | 50    | 317302  | 1
        longer  | 50  | 50    | 3173021 | 0
        default | 50  | 50    | C34     | 0
    """, definition="gandara2021_fp", study={"criteria": {"progression_deaths": ["D43", "317302"]}})
