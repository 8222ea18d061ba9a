"""Pseudoprogression (D5): what the next scan, 28 days or more after the first evaluation, says of a progression.

All patients here have 50, 60, 80 mm at equal gaps: HPD with progression at the first evaluation on day 46.
"""


def test_the_next_sum_confirms_or_refutes(course):
    """20 % above baseline (72 mm) or a further new lesion confirms; less refutes, and is a pseudoprogression."""
    course("""
        person      | -66 | -10 | 46              | 74              | 110 | confirmation | pseudoprogression
        grows       | 50  | 60  | 80              | 90              |     | confirmed    |
        limit       | 50  | 60  | 80              | 72              |     | confirmed    |
        less        | 50  | 60  | 80              | 71.9            |     | refuted      | yes
        further_new | 50  | 60  | 80              | 61, new lung 12 |     | confirmed    |
        same_new    | 50  | 60  | 80, new lung 12 | 61, lung 12     |     | refuted      | yes
        next_counts | 50  | 60  | 80              | 61              | 100 | refuted      | yes
    """)


def test_a_new_lesion_that_may_be_there_refutes_nothing(course):
    """Where nobody knows of a further new lesion, the sum can confirm, or a recorded response decides."""
    course("""
        person  | -66 | -10 | 46              | 74                         | confirmation | pseudoprogression
        unknown | 50  | 60  | 80              | 61, new lung NE            | unresolved   |
        written | 50  | 60  | 80              | 61, new lung NE, RECIST SD | refuted      | yes
        grows   | 50  | 60  | 80              | 90, new lung NE            | confirmed    |
        known   | 50  | 60  | 80, new lung 12 | 61, new lung NE            | refuted      | yes
    """)
    course("""
        person | -66 | -10 | 46              | 74              | confirmation
        silent | 50  | 60  | 80              | 61              | unresolved
        grows  | 50  | 60  | 80              | 90              | confirmed
        known  | 50  | 60  | 80, new lung 12 | 61, new lung 14 | unresolved
    """, study={"lesions": {"no_row_means_no_new_lesion": False}})


def test_a_burden_with_a_new_lesion_that_nobody_looked_at_refutes_nothing(course):
    """Where new lesions are in the sum, one that was there and is not assessed, or has no row, leaves it unknown."""
    course("""
        person   | -66 | -10 | 46              | 74                | confirmation | pseudoprogression
        unseen   | 50  | 60  | 80, new lung 12 | 61, new lung NE   | unresolved   |
        no_row   | 50  | 60  | 80, new lung 12 | 61                | unresolved   |
        gone     | 50  | 60  | 80, new lung 12 | 61, new lung gone | refuted      | yes
        smaller  | 50  | 60  | 80, new lung 12 | 61, new lung 10   | refuted      | yes
        grows    | 50  | 60  | 80, new lung 12 | 72, new lung NE   | confirmed    |
        recorded | 50  | 60  | 80, new lung 12 | 61, irRECIST SD   | refuted      | yes
    """, definition="ji2019")


def test_the_next_scan_lies_at_least_28_days_later(course):
    """A scan after 27 days neither confirms nor refutes."""
    course("""
        person   | -66 | -10 | 46 | 73 | 80 | confirmation | pseudoprogression
        too_soon | 50  | 60  | 80 | 61 |    | provisional  |
        later    | 50  | 60  | 80 | 61 | 90 | confirmed    |
        refuted  | 50  | 60  | 80 | 90 | 61 | refuted      | yes
    """)


def test_who_is_waited_for(course):
    """Without a next scan it is provisional in follow-up, unresolved after death, another therapy or its end."""
    course("""
        person     | -66 | -10 | 46 | death | followup  | therapies             | confirmation
        followed   | 50  | 60  | 80 |       | -365..365 |                       | provisional
        to_the_day | 50  | 60  | 80 |       | -365..74  |                       | provisional
        lost       | 50  | 60  | 80 |       | -365..73  |                       | unresolved
        dead       | 50  | 60  | 80 | 200   | -365..200 |                       | unresolved
        treated    | 50  | 60  | 80 |       | -365..365 | systemic docetaxel 60 | unresolved
    """)


def test_another_systemic_therapy_comes_first(course):
    """A scan after the start of a drug not given before says nothing of this treatment."""
    course("""
        person   | -66 | -10 | 46 | 74 | therapies                                    | confirmation
        before   | 50  | 60  | 80 | 61 | systemic docetaxel 73                        | unresolved
        same_day | 50  | 60  | 80 | 61 | systemic docetaxel 74                        | refuted
        partner  | 50  | 60  | 80 | 61 | systemic docetaxel 10, systemic docetaxel 60 | refuted
        beam     | 50  | 60  | 80 | 61 | radiation bone 60                            | refuted
    """)


def test_a_recorded_response_answers_where_the_sum_cannot(course):
    """Its own sum decides; where that is incomplete the recorded response does, and without one nothing is known."""
    course("""
        person     | -66         | -10         | 46          | 74                     | confirmation
        incomplete | 30, lung 20 | 35, lung 25 | 45, lung 35 | 30                     | unresolved
        progresses | 30, lung 20 | 35, lung 25 | 45, lung 35 | 30, RECIST PD          | confirmed
        stable     | 30, lung 20 | 35, lung 25 | 45, lung 35 | 30, RECIST SD          | refuted
        sum_first  | 30, lung 20 | 35, lung 25 | 45, lung 35 | 30, lung 20, RECIST PD | refuted
    """)


def test_the_state_belongs_to_an_hpd_the_flag_to_any_progression(course):
    """A progression that is no HPD has no state of its own but may be a pseudoprogression; no progression has neither.

    40, 60, 75 mm: +25 %, and a ratio of 15/20. 100, 100.1, 101 mm: HPD literally, without progression.
    """
    course("""
        person | -66 | -10   | 46  | 74  | verdict | response_first | confirmation   | pseudoprogression
        slow   | 40  | 60    | 75  | 60  | NOT_HPD | PD             | not_applicable | yes
        stable | 100 | 100.1 | 101 | 100 | HPD     | SD             | not_applicable |
        fast   | 50  | 60    | 80  | 60  | HPD     | PD             | refuted        | yes
    """)


def test_the_verdict_is_never_revoked(course):
    """A refuted progression keeps its literal verdict."""
    course("""
        person  | -66 | -10 | 46 | 74 | verdict | reason   | confirmation
        refuted | 50  | 60  | 80 | 60 | HPD     | rule_met | refuted
    """)
