"""The first evaluation (B0, B5): the first time point after the first dose, never a later, better one."""


def test_window_of_the_first_evaluation(course):
    """It lies 1 to 120 days after the first dose; the patients here are treated for 300 days."""
    course("""
        person    | -10 | 1  | 120 | 121 | doses  | post | refused                             | early_first_evaluation
        first_day | 50  | 50 |     |     | 0..300 | 1    |                                     | yes
        last_day  | 50  |    | 50  |     | 0..300 | 120  |                                     |
        too_late  | 50  |    |     | 50  | 0..300 |      | 121 after_first_evaluation_window 1 |
        both      | 50  |    | 50  | 50  | 0..300 | 120  | 121 after_first_evaluation_window 1 |
    """)


def test_the_first_counts_even_where_a_later_one_is_better(course):
    """An incomplete first evaluation leaves growth unknown; it is not replaced by the complete one after it."""
    course("""
        person     | -66         | -10         | 20          | 46          | post | s_post_mm | reason
        complete   | 30, lung 20 | 35, lung 25 | 40, lung 40 | 90, lung 90 | 20   | 80        | rule_met
        incomplete | 30, lung 20 | 35, lung 25 | 40, lung NE | 90, lung 90 | 20   |           | lesion_set_mismatch
        one_row    | 30, lung 20 | 35, lung 25 | liver 40    | 90, lung 90 | 20   |           | lesion_set_mismatch
    """)


def test_what_makes_an_evaluation(course):
    """A target, a new lesion or a response assessed; not an examination alone, nor a non-target."""
    course("""
        person       | -10               | 20               | 46 | post | refused
        target       | 50                | 50               | 60 | 20   | 46 after_first_evaluation
        gone         | 50                | gone             | 60 | 20   | 46 after_first_evaluation
        new_lesion   | 50                | new lung 12      | 60 | 20   | 46 after_first_evaluation
        response     | 50                | RECIST SD        | 60 | 20   | 46 after_first_evaluation
        examination  | 50                | scan             | 60 | 46   | 20 not_measured
        not_assessed | 50                | NE               | 60 | 46   | 20 not_measured
        unjudged     | 50                | RECIST NE        | 60 | 46   | 20 not_measured
        non_target   | 50                | other bone worse | 60 | 46   | 20 nothing_assessed
        known_lesion | 50, plain lung 12 | new lung 12      | 60 | 46   | 20 nothing_assessed
    """)


def test_a_definition_may_look_later(course):
    """A scan before the window is passed over, with its distance to it."""
    course("""
        person | -10 | 20 | 46 | post | refused
        early  | 50  | 55 | 60 | 46   | 20 before_first_evaluation_window 10
    """, study={"windows": {"post_from_day": 30}})


def test_without_a_baseline_any_assessed_time_point_counts(course):
    """The early drop-out is judged by scans, not by what was measured on them."""
    course("""
        person     | 20              | post | reason
        target     | 50              | 20   | no_baseline_scan
        non_target | other bone seen | 20   | no_baseline_scan
        unmeasured | scan            |      | no_baseline_scan
    """)


def test_a_scan_on_a_border_of_the_evaluation_window_lies_within(course):
    """On day 1 and on day 120 it is what was not assessed that refuses a scan, not the day."""
    course("""
        person | -10 | 1               | 120             | post | refused
        first  | 50  | other bone seen |                 |      | 1 nothing_assessed
        last   | 50  |                 | other bone seen |      | 120 nothing_assessed
    """)


def test_the_first_scan_of_all_may_be_the_evaluation(course):
    """Without a baseline the first time point is the evaluation and the next comes after it."""
    course("""
        person | 20 | 46 | post | refused
        only   | 50 | 60 | 20   | 46 after_first_evaluation
    """)


def test_a_new_lesion_that_was_not_looked_at_makes_no_evaluation(course):
    """What is called new without being assessed shows nothing."""
    course("""
        person | -10                 | 20                           | 46 | post | refused
        only   | 50, other bone seen | other bone seen, new lung NE | 60 | 46   | 20 nothing_assessed
    """)


def test_what_is_first_seen_late_may_make_an_evaluation(course):
    """Where the study counts it as new, it is seen at a first evaluation."""
    course("""
        person | -10 | 20            | 46 | post
        only   | 50  | plain lung 12 | 60 | 20
    """, study={"lesions": {"new_lesions": "first_seen"}})
