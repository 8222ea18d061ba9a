"""Rows and studies that belong together (B7, B7a): one row a lesion and day, one time point a round of imaging."""


def test_two_values_for_one_lesion_and_day(course):
    """Two values that differ are both refused and the lesion is not assessed that day; two equal ones are one."""
    course("""
        person      | -66 | -10             | 46 | s0_mm | rejected                           | reason
        equal       | 50  | 60, 60          | 80 | 60    |                                    | rule_met
        rounding    | 50  | 60, 60.00000001 | 80 | 60    |                                    | rule_met
        differ      | 50  | 60, 61          | 80 |       | 2 lesions conflicting_measurements | no_measurable_disease
        beside_none | 50  | 60, NE          | 80 | 60    |                                    | rule_met
        beside_zero | 50  | 60, gone        | 80 |       | 2 lesions conflicting_measurements | no_measurable_disease
    """)


def test_a_conflict_spares_the_other_lesions(course):
    """A conflict at the first evaluation leaves that sum missing, and the other lesion still dates the time point."""
    course("""
        person | -66         | -10         | 46                   | post | s0_mm | s_post_mm | reason
        one    | 30, lung 20 | 35, lung 25 | liver 50, 70, lung 9 | 46   | 60    |           | lesion_set_mismatch
    """)


def test_studies_of_a_few_days_are_one_time_point(course):
    """Parts of the body examined within seven days of the first study are one time point with its date."""
    course("""
        person     | -10         | 40          | 42              | 47      | 48      | post | s_post_mm
        same_day   | 30, lung 20 | 40, lung 25 |                 |         |         | 40   | 65
        two_days   | 30, lung 20 | 40          | lung 25         |         |         | 40   | 65
        seven_days | 30, lung 20 | 40          |                 | lung 25 |         | 40   | 65
        eight_days | 30, lung 20 | 40          |                 |         | lung 25 | 40   |
        from_first | 30, lung 20 | 40          | other bone seen |         | lung 25 | 40   |
    """)


def test_a_lesion_that_repeats_opens_the_next_time_point(course):
    """A lesion is assessed once in a time point; rows that say only `not assessed` hinder nothing and date nothing."""
    course("""
        person       | -10         | 38 | 40 | 42          | post | s_post_mm | refused
        repeats      | 30, lung 20 |    | 40 | 41, lung 25 | 40   |           | 42 after_first_evaluation
        not_assessed | 30, lung 20 |    | 40 | NE, lung 25 | 40   | 65        |
        undated      | 30, lung 20 | NE | 40 | lung 25     | 40   | 65        | 38 not_measured
    """)


def test_no_time_point_across_the_first_dose(course):
    """Day 0 lies before treatment; what was seen from day 1 on is never merged with what was seen up to day 0."""
    course("""
        person   | -3 | 0       | 2       | baseline | post | s0_mm | s_post_mm
        before   | 30 | lung 20 |         | -3       |      | 50    |
        across   | 30 |         | lung 20 | -3       |      | 30    |
        day_zero |    | 30      | lung 20 | 0        |      | 30    |
    """)


def test_the_study_sets_how_near_studies_are(course):
    """With `merge_days = 0` every day is a time point of its own."""
    course("""
        person   | -10         | 40 | 41      | post | s_post_mm
        two_days | 30, lung 20 | 40 | lung 25 | 40   |
    """, study={"lesions": {"merge_days": 0}})
