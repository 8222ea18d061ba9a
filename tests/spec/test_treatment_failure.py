"""Time to treatment failure (D4a): from the first dose to the last one of the line, once the end is certain."""


def test_a_gap_of_120_days_ends_the_treatment(course):
    """The last dose is the end if 120 days under observation follow without one; before that nothing is certain."""
    course("""
        person       | doses      | followup  | ttf   | ttf_basis
        watched_119  | 0, 14, 28  | -365..147 | 28..  | censored
        watched_120  | 0, 14, 28  | -365..148 | 28    | gap
        line_two     | 0, 14, 134 | -365..140 | 14    | gap
        same_line    | 0, 14, 133 | -365..140 | 133.. | censored
        longer       | 0, 14, 133 | -365..253 | 133   | gap
        one_dose     | 0          | -365..365 | 0     | gap
        not_followed | 0, 14      |           | 14..  | censored
    """)


def test_the_study_sets_the_gap(course):
    """A line ends where `ttf_gap_days` pass without a dose."""
    course("""
        person | doses | followup | ttf  | ttf_basis
        sixty  | 0, 14 | 0..74    | 14   | gap
        less   | 0, 14 | 0..73    | 14.. | censored
    """, study={"index": {"ttf_gap_days": 60}})


def test_a_recorded_stop(course):
    """A stop for whatever reason gives its date exactly, unless a dose starts later or treatment is still going on."""
    course("""
        person      | doses                                        | followup | ttf  | ttf_basis | stop_reason
        toxicity    | 0..40 toxicity                               | 0..50    | 40   | stop      | toxicity
        completed   | 0..40 completed                              | 0..50    | 40   | stop      | completed
        resumed     | 0..40 toxicity, 50                           | 0..60    | 50.. | censored  |
        last_stops  | 0, 14, 28 progression                        | 0..50    | 28   | stop      | progression
        second      | 0..40 ipilimumab toxicity, 0..90 progression | 0..95    | 90   | stop      | progression
        other_open  | 0..40 ipilimumab toxicity, 0..               | 0..60    | 60.. | open      |
        only_an_end | 0..40                                        | 0..50    | 0..  | censored  |
    """)


def test_one_drug_may_stop_while_another_goes_on(course):
    """A stop of ipilimumab says nothing while a record of nivolumab reaches beyond it: Kato cannot be decided."""
    course("""
        person  | -66 | -10 | 46 | doses                             | ttf    | ttf_basis | verdict
        goes_on | 50  | 60  | 96 | 0..40 ipilimumab toxicity, 0..200 | 0..200 | gap       | NOT_EVALUABLE
        ended   | 50  | 60  | 96 | 0..40 ipilimumab toxicity, 0..40  | 40     | stop      | HPD
        doses   | 50  | 60  | 96 | 0..40 ipilimumab toxicity, 0, 28  | 40     | stop      | HPD
        later   | 50  | 60  | 96 | 0..40 ipilimumab toxicity, 0, 63  | 63     | gap       | NOT_HPD
    """, definition="kato2017")


def test_a_statement_that_is_going_on_covers_the_follow_up(course):
    """Treatment recorded as active without an end is censored at the end of follow-up, and never has a gap.

    It cannot outlast the person: death ends it, and it went on as long as anybody looked.
    """
    course("""
        person   | doses                | followup  | death | ttf     | ttf_basis
        open     | 0..                  | 0..100    |       | 100..   | open
        later    | 0, 21..              | 0..100    |       | 100..   | open
        long     | 0.., 200             | 0..300    |       | 300..   | open
        nobody   | 0..                  |           |       | 0..     | open
        died     | 0..                  | 0..40     | 40    | 40      | death
        lost     | 0..                  | 0..30     | 40    | 30..40  | death
        another  | 0.., 0..20 ipilimumab | 0..40    | 40    | 40      | death
    """)


def test_death_bounds_a_record_that_ends_later(course):
    """The end of a record that lies after death says no more than that treatment went on until then."""
    course("""
        person | doses  | followup | death | ttf   | ttf_basis
        after  | 0..100 | 0..40    | 40    | 0..40 | death
        before | 0..30  | 0..40    | 40    | 0..30 | death
    """)


def test_death_or_another_therapy_ends_the_treatment(course):
    """Either makes the last dose the end, however soon after it."""
    course("""
        person      | doses | death | followup | therapies                                     | ttf  | ttf_basis
        dead        | 0, 14 | 30    | 0..30    |                                               | 14   | death
        treated     | 0, 14 |       | 0..70    | systemic docetaxel 60                         | 14   | therapy
        day_after   | 0, 14 |       | 0..70    | systemic docetaxel 15                         | 14   | therapy
        same_day    | 0, 14 |       | 0..70    | systemic docetaxel 14                         | 14.. | censored
        partner     | 0, 14 |       | 0..70    | systemic docetaxel 0, systemic docetaxel 60   | 14.. | censored
        before      | 0, 14 |       | 0..70    | systemic docetaxel -90, systemic docetaxel 60 | 14.. | censored
        replaced    | 0, 14 |       | 0..70    | systemic docetaxel 0, systemic paclitaxel 60  | 14   | therapy
        uncoded     | 0, 14 |       | 0..70    | systemic ? 60                                 | 14   | therapy
        uncoded_two | 0, 14 |       | 0..70    | systemic ? 0, systemic ? 60                   | 14.. | censored
        radiation   | 0, 14 |       | 0..70    | radiation bone 60                             | 14.. | censored
    """)


def test_a_long_record_leaves_an_interval(course):
    """The last dose lies somewhere between the start and the end of one record, a later line shows that it ended."""
    course("""
        person    | doses       | followup  | ttf    | ttf_basis
        ended     | 0..100      | -365..220 | 0..100 | gap
        watched   | 0..100      | -365..219 | 0..    | censored
        line_two  | 0..100, 220 | -365..230 | 0..100 | gap
        same_line | 0..100, 219 | -365..230 | 219..  | censored
    """)


def test_kato_decides_where_the_interval_allows_it(course):
    """Two months are 60.875 days: an interval below is true, above false, across or censored before it unknown.

    Burden 50, 60, 96 mm at equal gaps: +60 %, pace (36/60) / (10/50) = 3.
    """
    course("""
        person      | -66 | -10 | 46 | doses     | followup | ttf    | verdict       | reason
        early       | 50  | 60  | 96 | 0, 60     | 0..365   | 60     | HPD           | rule_met
        late        | 50  | 60  | 96 | 0, 61     | 0..365   | 61     | NOT_HPD       | treatment_went_on
        below       | 50  | 60  | 96 | 0..60     | 0..365   | 0..60  | HPD           | rule_met
        across      | 50  | 60  | 96 | 0..61     | 0..365   | 0..61  | NOT_EVALUABLE | ttf_unknown
        above       | 50  | 60  | 96 | 0, 61..90 | 0..365   | 61..90 | NOT_HPD       | treatment_went_on
        censored    | 50  | 60  | 96 | 0, 28     | 0..80    | 28..   | NOT_EVALUABLE | ttf_unknown
        long_enough | 50  | 60  | 96 | 0, 70     | 0..80    | 70..   | NOT_HPD       | treatment_went_on
        slow        | 50  | 60  | 66 | 0, 28     | 0..80    | 28..   | NOT_HPD       | change_not_reached
    """, definition="kato2017")


def test_the_first_line(course):
    """Consecutive doses are one line whatever the agent; agents of the first day and of the line are named in order."""
    course("""
        person      | doses                         | index_agent          | regimen                 | ttf
        one         | 0, 14                         | nivolumab            | nivolumab               | 14
        combination | 0 nivolumab, 0 ipilimumab, 21 | ipilimumab+nivolumab | ipilimumab+nivolumab    | 21
        switch      | 0, 14, 28 pembrolizumab       | nivolumab            | nivolumab+pembrolizumab | 28
        second_line | 0, 14, 200 pembrolizumab      | nivolumab            | nivolumab               | 14
    """)
