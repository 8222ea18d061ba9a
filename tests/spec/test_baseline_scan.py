"""The baseline scan (B0, B1): in its window the time point with the most targets, of these the last."""


def test_baseline_window(course):
    """Baseline lies 42 to 0 days before the first dose; outside, the distance to the window is noted."""
    course("""
        person    | -43 | -42 | -29 | 0  | 1  | baseline | refused                      | reason
        too_early | 50  |     |     |    |    |          | -43 before_baseline_window 1 | no_baseline_scan
        first_day |     | 50  |     |    | 51 | -42      |                              | no_prebaseline_scan
        last_day  |     |     |     | 50 | 51 | 0        |                              | no_prebaseline_scan
        too_late  |     |     |     |    | 50 |          |                              | no_baseline_scan
        two       |     | 50  | 52  |    | 51 | -29      | -42 too_close_to_baseline 1  | no_prebaseline_scan
    """)


def test_what_a_careful_reader_is_told_of_the_baseline(course):
    """A scan on the day of the first dose counts as before it; one older than 28 days is old. Both are flagged."""
    course("""
        person | -29 | -28 | 0  | baseline | same_day_baseline | baseline_older_than_28_days
        old    | 50  |     |    | -29      |                   | yes
        fair   |     | 50  |    | -28      |                   |
        same   |     |     | 50 | 0        | yes               |
    """)


def test_days_of_grace(course):
    """With `baseline_grace_days = 3` a scan up to the third day of treatment is a baseline."""
    course("""
        person | 2                   | 3               | 4  | 40 | baseline | post | refused
        second | 50                  |                 |    | 60 | 2        | 40   |
        third  |                     | 50              |    | 60 | 3        | 40   |
        fourth |                     |                 | 50 | 60 |          | 4    | 40 after_first_evaluation
        beside | 50, other bone seen | other bone seen |    | 60 | 2        | 40   | 3 no_target_assessed
    """, study={"windows": {"baseline_grace_days": 3}})


def test_most_targets_then_the_last(course):
    """The most complete time point is taken, of equals the last; a target counts if it was assessed at all."""
    course("""
        person       | -30         | -10            | baseline | pre | refused
        equal        | 30, lung 20 | 32, lung 21    | -10      | -30 |
        fuller_first | 30, lung 20 | liver 32       | -30      |     | -10 fewer_targets_assessed
        not_assessed | 30, lung 20 | 32, lung NE    | -30      |     | -10 fewer_targets_assessed
        too_small    | 30, lung 20 | 32, lung small | -10      | -30 |
        gone         | 30, lung 20 | 32, lung gone  | -10      | -30 |
        unsized      | 30, lung 20 | 32, lung seen  | -10      | -30 |
        empty        | 30, lung 20 | scan           | -30      |     | -10 not_measured
    """)


def test_completeness_is_counted_after_the_caps(course):
    """Six targets count as five, so that the later scan with five is as complete."""
    course("""
        person | -20                                      | -3                                | baseline
        six    | a1 30, b1 30, c1 30, d1 30, e1 30, f1 30 | a1 31, b1 31, c1 31, d1 31, e1 31 | -3
        four   | a1 30, b1 30, c1 30, d1 30, e1 30, f1 30 | a1 31, b1 31, c1 31, d1 31        | -20
        organ  | liver 30, liver2 30, liver3 30           | liver 31, liver2 31               | -3
    """)


def test_no_scan_or_no_disease(course):
    """An empty window lacks a scan; a window with an examination, measured or not, lacks measurable disease."""
    course("""
        person       | -10             | 40 | baseline | reason
        nothing      |                 | 50 |          | no_baseline_scan
        unmeasured   | scan            | 50 |          | no_measurable_disease
        not_assessed | NE              | 50 |          | no_measurable_disease
        non_target   | other bone seen | 50 |          | no_measurable_disease
        small_only   | plain lung 9    | 50 |          | no_measurable_disease
        products     | SPD 900         | 50 |          | no_measurable_disease
    """)


def test_a_scan_on_a_border_of_the_window_lies_within(course):
    """On day -42 and on day 0 it is what was not assessed that refuses a scan, not the day."""
    course("""
        person | -42             | 0               | baseline | refused
        first  | other bone seen |                 |          | -42 no_target_assessed
        last   |                 | other bone seen |          | 0 no_target_assessed
    """)


def test_who_was_never_examined(course):
    """Where there is no scan at all there is nothing to choose and nothing to refuse."""
    course("""
        person | pre | baseline | post | refused | targets | reason
        nobody |     |          |      |         |         | no_baseline_scan
    """)
