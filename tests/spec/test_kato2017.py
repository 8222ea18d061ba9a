"""Kato 2017: treatment failed within two months, burden up by more than half, pace more than doubled."""


def test_the_border(course):
    """From 60 mm 90 mm are half as much again, and not more than half; the pace is 50 % after 20 % in the same time.

    With 50 and 65 mm it is the pace that decides: 60 % after 30 % is double, and not more than double.
    """
    course("""
        person | doses | -56 | 0  | 56  | sld_change_pct | pace_ratio | kamada2019 | verdict
        just   | 0, 60 | 50  | 60 | 91  | 51.7           | 2.58       | HPD        | HPD
        equal  | 0, 60 | 50  | 60 | 90  | 50             | 2.50       | NOT_HPD    | NOT_HPD
        late   | 0, 61 | 50  | 60 | 91  | 51.7           | 2.58       | NOT_HPD    | NOT_HPD
        pace   | 0, 60 | 50  | 65 | 104 | 60             | 2.00       | NOT_HPD    | NOT_HPD
        faster | 0, 60 | 50  | 65 | 105 | 61.5           | 2.05       | HPD        | HPD
    """, definition="kato2017")


def test_all_three_are_needed(spec):
    """Each of the three leaves decides against hyperprogression alone, and each threshold itself is not enough."""
    spec("kato2017", """
        person      | ttf_months | sld_change_pct | pace_ratio | verdict
        all_three   | 1.5        | 80             | 3          | HPD
        two_months  | 2          | 80             | 3          | NOT_HPD
        half_more   | 1.5        | 50             | 3          | NOT_HPD
        just_double | 1.5        | 80             | 2          | NOT_HPD
        barely_all  | 1.99       | 50.1           | 2.01       | HPD
        none        | 9          | 3              | 0.5        | NOT_HPD
    """)


def test_time_to_failure_may_be_an_interval(spec):
    """A time known to lie below two months is true, above false; an interval across them is unknown."""
    spec("kato2017", """
        person           | ttf_months | sld_change_pct | pace_ratio | verdict       | reason
        surely_early     | 0.5..1.9   | 80             | 3          | HPD           |
        surely_late      | 2..6       | 80             | 3          | NOT_HPD       |
        either           | 1..3       | 80             | 3          | NOT_EVALUABLE | ttf_unknown
        censored_early   | 1..        | 80             | 3          | NOT_EVALUABLE | ttf_unknown
        censored_late    | 2..        | 80             | 3          | NOT_HPD       |
        unknown_but_slow | 1..        | 80             | 1          | NOT_HPD       |
        unknown          |            | 80             | 3          | NOT_EVALUABLE | ttf_unknown
    """)


def test_growth_before_treatment_and_missing_sums(spec):
    """Without growth before treatment the pace is unknown; without a sum the label is open, however long treated."""
    spec("kato2017", """
        person        | ttf_months | sld_change_pct | lacking                | verdict       | reason
        onset         | 1          | 80             | pre_growth_nonpositive | NOT_EVALUABLE | pre_growth_nonpositive
        onset_long    | 9          | 80             | pre_growth_nonpositive | NOT_HPD       |
        no_pre_long   | 9          | 80             | no_prebaseline_scan    | NOT_EVALUABLE | no_prebaseline_scan
        lesion_missed | 9          |                |                        | NOT_EVALUABLE | lesion_set_mismatch
        zero_before   | 9          | 80             | zero_prebaseline       | NOT_EVALUABLE | zero_prebaseline
    """)
