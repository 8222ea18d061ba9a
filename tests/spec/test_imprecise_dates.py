"""Partial dates (B12): a date known to the month or the year is an interval, never its first day.

Every day of the interval is tried; a label stands only where each of them gives it. The months are -61..-32
(2019-11), -31..-1 (2019-12), 0..30 (2020-01), 31..59 (2020-02), 60..90 (2020-03), 91..120 (2020-04) and
121..151 (2020-05). `courses` is how many combinations of days are possible.
"""


def test_a_label_stands_where_every_day_gives_it(course):
    """Growth before is 10 mm in 56 d, so twice that needs 15 mm in 41 d and 25 mm in 69 d.

    A number on which the days differ is not known.
    """
    course("""
        person  | -66 | -10 | 2020-02 | verdict       | reason                | imprecise_date | s_post_mm | tgk_post
        fast    | 50  | 60  | 85      | HPD           | rule_met              | yes            | 85        |
        earlier | 50  | 60  | 84      | NOT_EVALUABLE | imprecise_date        | yes            | 84        |
        later   | 50  | 60  | 75      | NOT_EVALUABLE | imprecise_date        | yes            | 75        |
        slow    | 50  | 60  | 74      | NOT_HPD       | tgk_ratio_not_reached | yes            | 74        |
        stable  | 50  | 60  | 60      | NOT_HPD       | post_nonpositive      | yes            | 60        | 0.0
    """)


def test_a_negative_stands_whichever_leaf_fails(course):
    """Below 50 % and 2.0 at every day, or only below one of both: NOT_HPD is NOT_HPD, and all that may fail is said.

    +57 % and a pace of (34/60) / (10/50) = 2.8 at equal gaps are met, +33 % is not: its pace of 1.67 at equal gaps is
    2.3 in 41 d. Two months are 60.875 days; a dose on day 120 is 120 days after the first, so of the next line.
    """
    course("""
        person | -66 | -10 | 46 | 2020-02 | doses          | verdict       | reasons
        ended  | 50  | 60  | 94 |         | 0, 2020-02     | HPD           | rule_met
        across | 50  | 60  | 94 |         | 0, 2020-03     | NOT_EVALUABLE | imprecise_date
        later  | 50  | 60  | 94 |         | 0, 50, 2020-04 | NOT_HPD       | treatment_went_on
        gap    | 50  | 60  | 94 |         | 0, 2020-04     | NOT_EVALUABLE | imprecise_date
        either | 50  | 60  |    | 80      | 0              | NOT_HPD       | change_not_reached;pace_ratio_not_reached
    """, definition="kato2017")


def test_windows_are_kept_on_every_day(course):
    """Baseline is looked for from day -42 on, the scan before it 14 to 180 days earlier, an evaluation to day 120."""
    course("""
        person      | 2019-06 | -66 | 2019-11 | 2019-12 | -10 | 2020-04 | 2020-05 | verdict       | reason
        last_month  |         | 50  |         |         | 60  | 120     |         | HPD           | rule_met
        next_month  |         | 50  |         |         | 60  |         | 120     | NOT_EVALUABLE | early_dropout_other
        december    |         | 50  |         | 60      |     | 200     |         | HPD           | rule_met
        november    |         | 50  | 60      |         |     | 200     |         | NOT_EVALUABLE | imprecise_date
        june        | 50      |     |         |         | 60  | 200     |         | NOT_EVALUABLE | imprecise_date
        no_baseline |         |     |         |         |     | 200     |         | NOT_EVALUABLE | no_baseline_scan
    """)


def test_what_is_dated_alike_shares_its_day(course):
    """All of one examination has one unknown day; a month more is another, and so is a dose of that month."""
    course("""
        person   | -66         | -10         | 2020-02                  | 2020-03 | doses      | courses | reason
        together | 50, lung 10 | 60, lung 20 | 80, lung 60, SLD 140     |         | 0          | 29      | rule_met
        response | 50          | 60          | 120, RECIST PD           |         | 0          | 29      | rule_met
        two      | 50          | 60          | 120                      | 130     | 0          | 899     | rule_met
        dose     | 50          | 60          | 120                      |         | 0, 2020-02 | 841     | rule_met
    """)


def test_too_many_courses_are_not_tried(course):
    """More than 1,000 combinations: nothing is said, whatever they would give."""
    course("""
        person | 2019-10 | 2019-12 | 2020-02 | verdict       | reason         | courses | s0_mm
        all    | 50      | 60      | 600     | NOT_EVALUABLE | imprecise_date | 0       |
    """)


def test_the_first_dose(course):
    """Kinetics count from scan to scan: the month of the first dose matters only where a window or its end does."""
    course("""
        person   | -66 | -10 | 46  | 110 | doses         | verdict       | reason         | courses
        kinetics | 50  | 60  | 120 |     | 2020-01, 100  | HPD           | rule_met       | 31
        baseline | 50  | 60  | 120 |     | 2020-02, 100  | NOT_EVALUABLE | imprecise_date | 29
        late     | 50  | 60  |     | 200 | 2020-01       | HPD           | rule_met       | 31
        year     | 50  | 60  | 120 |     | 2020-??       | NOT_EVALUABLE | imprecise_date | 366
    """)


def test_therapies_count_by_their_order_alone(course):
    """A therapy of some day of a year without another event is one course; only days at which its order changes count.

    Two drugs of earlier years and 365 x 365 days are one course. A drug of February, after the last dose of day 14,
    ends the treatment; one of January may have begun before it.
    """
    course("""
        person | doses | followup | therapies                                                  | ttf  | courses
        before | 0, 14 | 0..70    | systemic docetaxel 2018-??, systemic carboplatin 2017-??   | 14.. | 1
        after  | 0, 14 | 0..70    | systemic docetaxel 2020-02                                 | 14   | 1
        across | 0, 14 | 0..70    | systemic docetaxel 2020-01                                 | 14.. | 4
    """)


def test_death(course):
    """The month of death decides only where a window ends in it: nobody examined, treatment over after the first day.

    With an evaluation up to day 84 a death in March may have come before it or after.
    """
    course("""
        person   | -66 | -10 | death   | verdict       | reason
        february | 50  | 60  | 2020-02 | NOT_EVALUABLE | early_dropout_death
        march    | 50  | 60  | 2020-03 | NOT_EVALUABLE | imprecise_date
        april    | 50  | 60  | 2020-04 | NOT_EVALUABLE | early_dropout_other
        known    | 50  | 60  | 84      | NOT_EVALUABLE | early_dropout_death
    """, study={"windows": {"post_to_day": 84}})


def test_a_day_that_contradicts_the_record_is_not_the_day(course):
    """Who was scanned on day 46 did not die before it in February; who was said to die in January contradicts it.

    A dose of January that ended on day 10 began before; nothing is refused only because a day is unknown.
    """
    course("""
        person | -66 | -10 | 46  | doses          | death   | verdict       | rejected              | courses
        after  | 50  | 60  | 120 | 0              | 2020-02 | HPD           |                       | 2
        before | 50  | 60  | 120 | 0              | 2020-01 | NOT_EVALUABLE | 1 lesions after_death | 2
        ended  | 50  | 60  | 120 | 2020-01..10    |         | HPD           |                       | 11
        both   | 50  | 60  | 120 | 2020-01..2020-01 |       | HPD           |                       | 496
    """)


def test_what_no_label_looks_at_does_not_count(course):
    """The birth, and with every date known nothing is imprecise: no courses, no flag."""
    course("""
        person | -66 | -10 | 46  | birth   | verdict | courses | flags
        known  | 50  | 60  | 120 | -20000  | HPD     |         | lesions_complete;targets_recorded
        born   | 50  | 60  | 120 | 1960-?? | HPD     |         | lesions_complete;targets_recorded
    """)


def test_a_response_stands_where_every_day_gives_it(assess):
    """A visit on which the days disagree is not shown; the best response is, and its day where all days give it.

    Of day 56 a scan of March is 4 to 34 days away, so it may confirm a response or not; one of April does. In February
    disease may be stable too early to count. Too many courses say nothing.
    """
    assess("RECIST1.1", """
        person  | -10 | 56 | 2020-03 | 2020-04 | responses | confirmed | best | best_day | best_confirmed | from_day
        exact   | 100 | 60 |         |         | PR        | -         | PR   | 56       | SD             | 56
        either  | 100 | 60 | 60      |         |           |           | PR   | 56       | NE             |
        sure    | 100 | 60 |         | 60      | PR        | yes       | PR   | 56       | PR             | 56
        dayless | 100 |    | 100     |         |           |           | SD   |          | SD             |
    """)
    assess("RECIST1.1", """
        person  | -10 | 2020-02 | 2020-03 | 2020-04 | responses | best | best_confirmed
        early   | 100 | 100     |         |         |           | NE   | NE
        untried | 100 | 60      | 60      | 60      |           | NE   | NE
    """)
