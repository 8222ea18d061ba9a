"""The pre-baseline scan (B0, B4): in its window the one with the most baseline targets, of these the last."""


def test_prebaseline_window_is_counted_from_the_baseline_scan(course):
    """It lies 14 to 180 days before the baseline scan."""
    course("""
        person     | -191 | -190 | -24  | -23 | -10 | 40 | pre  | refused                         | dt_pre_days
        too_long   | 50   |      |      |     | 60  | 80 |      | -191 too_long_before_baseline 1 |
        longest    |      | 50   |      |     | 60  | 80 | -190 |                                 | 180
        shortest   |      |      | 50   |     | 60  | 80 | -24  |                                 | 14
        too_short  |      |      |      | 50  | 60  | 80 |      | -23 too_close_to_baseline 1     |
        unmeasured |      |      | scan |     | 60  | 80 |      | -24 not_measured                |
    """)


def test_most_baseline_targets_then_the_last(course):
    """Only targets of the baseline count; an unmeasured examination is passed over."""
    course("""
        person     | -100        | -60               | -10         | pre  | refused
        equal      | 30, lung 20 | 32, lung 21       | 40, lung 30 | -60  | -100 earlier_than_chosen
        fuller     | 30, lung 20 | liver 32          | 40, lung 30 | -100 | -60 fewer_targets_assessed
        others     | 30, lung 20 | liver 32, skin 50 | 40, lung 30 | -100 | -60 fewer_targets_assessed
        not_yet    | liver 30    | 32, lung absent   | 40, lung 30 | -60  | -100 fewer_targets_assessed
        unmeasured | liver 30    | scan              | 40, lung 30 | -100 | -60 not_measured
        none       |             | skin 20           | 40, lung 30 |      | -60 no_target_assessed
    """)


def test_window_counted_from_the_first_dose(course):
    """A definition or study may say how long before the first dose the pre-baseline scan may lie at most."""
    course("""
        person  | -85 | -84             | -10 | pre | refused
        inside  |     | 50              | 60  | -84 |
        outside | 50  |                 | 60  |     | -85 before_pre_window 1
        border  |     | other bone seen | 60  |     | -84 no_target_assessed
    """, study={"windows": {"pre_from_day": -84}})


def test_a_scan_on_a_border_of_the_prebaseline_window_lies_within(course):
    """180 and 14 days before baseline it is what was not assessed that refuses a scan, not the day."""
    course("""
        person | -190            | -24             | -10 | pre | refused
        first  | other bone seen |                 | 60  |     | -190 no_target_assessed
        last   |                 | other bone seen | 60  |     | -24 no_target_assessed
    """)


def test_the_first_scan_of_all_may_be_the_fullest(course):
    """A later scan with fewer of the targets is refused for that."""
    course("""
        person | -100        | -60      | -10         | pre  | refused
        only   | 30, lung 20 | liver 32 | 40, lung 30 | -100 | -60 fewer_targets_assessed
    """)
