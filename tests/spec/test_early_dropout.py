"""Early drop-out (D1): why there is no examination in the window of the first evaluation, day 1 to 120."""


def test_why_there_was_no_evaluation(course):
    """Death, then a stop for progression or toxicity, then any other end of treatment; else no scan was made."""
    course("""
        person       | -10 | doses              | death | followup | reason
        dead         | 60  | 0                  | 100   | 0..100   | early_dropout_death
        dead_last    | 60  | 0                  | 120   | 0..120   | early_dropout_death
        progression  | 60  | 0..40 progression  |       | 0..365   | early_dropout_progression
        toxicity     | 60  | 0..40 toxicity     |       | 0..365   | early_dropout_toxicity
        other        | 60  | 0..40 other        |       | 0..365   | early_dropout_other
        completed    | 60  | 0..40 completed    |       | 0..365   | early_dropout_other
        ended        | 60  | 0, 14              |       | 0..365   | early_dropout_other
        on_last_day  | 60  | 0, 60, 120         |       | 0..365   | early_dropout_other
        went_on      | 60  | 0, 60, 121         |       | 0..365   | no_post_scan
        stopped_late | 60  | 0..121 progression |       | 0..365   | no_post_scan
        going_on     | 60  | 0..                |       | 0..365   | no_post_scan
        not_followed | 60  | 0                  |       | 0..30    | no_post_scan
        both         | 60  | 0..40 progression  | 50    | 0..50    | early_dropout_death
    """)


def test_an_examination_without_a_measurement_is_no_drop_out(course):
    """Who was examined in the window stayed; what is missing is the measurement."""
    course("""
        person     | -10 | 40   | death | followup | reason
        unmeasured | 60  | scan | 100   | 0..100   | no_post_scan
        missed     | 60  | NE   | 100   | 0..100   | no_post_scan
        none       | 60  |      | 100   | 0..100   | early_dropout_death
    """)


def test_the_window_of_the_study_holds(course):
    """With a first evaluation up to day 60, an end of treatment on day 61 is none before it."""
    course("""
        person | -10 | doses          | reason
        early  | 60  | 0..60 toxicity | early_dropout_toxicity
        late   | 60  | 0..61 toxicity | no_post_scan
    """, study={"windows": {"post_to_day": 60}})
