"""Growth (A1-A10): its formulas, its edges, and what the study may decide about them.

Scans lie 60 days apart unless said otherwise; a month has 30.4375 days. TGK is mm per month, TGR is
100 (exp(3 ln(S2/S1) / months) - 1) in % of volume per month.
"""


def test_growth_by_hand(course):
    """The worked timelines: 100, 120, 144 mm is constant TGR (1.2 cubed is 1.728 in 60 days) and TGK up by 1.2."""
    course("""
        person     | -70 | -10   | 50  | tgk_ratio | tgr_pre | tgr_post | saada2017 | champiat2017 | ferrara2018
        steady     | 100 | 120   | 144 | 1.2       | 31.98   | 31.98    | NOT_HPD   | NOT_HPD      | NOT_HPD
        literal    | 100 | 100.1 | 101 | 9.0       | 0.15    | 1.37     | HPD       | NOT_HPD      | NOT_HPD
        five_times | 48  | 50    | 60  | 5.0       | 6.41    | 31.98    | HPD       | HPD          | NOT_HPD
        four_mm    | 18  | 20    | 24  | 2.0       | 17.39   | 31.98    | HPD       | NOT_HPD      | NOT_HPD
        five_mm    | 24  | 25    | 30  | 5.0       | 6.41    | 31.98    | HPD       | HPD          | NOT_HPD
        shrinking  | 100 | 90    | 60  |           | -14.82  | -46.05   | NOT_HPD   | NOT_HPD      | NOT_HPD
    """)


def test_intervals_count_in_days(course):
    """From the baseline scan, not from the first dose: 90 and 30 days, 30 and 60 days, 42 and 42 days."""
    course("""
        person    | -100 | -52 | -40 | -10 | 20  | 32  | 50  | dt_pre_days | dt_post_days | tgk_ratio | tgr_ratio
        ninety    | 80   |     |     | 100 | 130 |     |     | 90          | 30           | 4.5       | 4.811046
        thirty    |      |     | 60  | 100 |     |     | 130 | 30          | 60           | 0.375     | 0.131421
        forty_two |      | 100 |     | 114 |     | 144 |     | 42          | 42           | 2.142857  | 2.00797
    """)


def test_ratios_of_whole_millimetres_are_exact(course):
    """20 mm after 10 mm in equal times is a ratio of 2, and 19 mm is not; decimals of a millimetre do not matter."""
    course("""
        person | -70  | -10  | 50   | saada2017
        double | 50   | 60   | 80   | HPD
        less   | 50   | 60   | 79   | NOT_HPD
        tenths | 10.1 | 20.2 | 40.4 | HPD
        thirds | 0.1  | 0.4  | 1    | HPD
    """)


def test_no_growth_before_treatment_leaves_ratios_unknown(course):
    """A tumour that shrank or stood still before has a difference but no ratio; growth that sets in is flagged."""
    course("""
        person      | -70 | -10 | 50  | saada2017     | champiat2017  | kato2017      | ferrara2018 | growth_onset
        onset       | 100 | 80  | 120 | NOT_EVALUABLE | NOT_EVALUABLE | NOT_HPD       | HPD         | yes
        rest        | 100 | 100 | 130 | NOT_EVALUABLE | NOT_EVALUABLE | NOT_HPD       | NOT_HPD     | yes
        large_onset | 100 | 80  | 121 | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | HPD         | yes
        small_onset | 100 | 80  | 90  | NOT_EVALUABLE | NOT_HPD       | NOT_HPD       | NOT_HPD     | yes
        shrinking   | 100 | 90  | 60  | NOT_HPD       | NOT_HPD       | NOT_HPD       | NOT_HPD     |
        still       | 100 | 100 | 100 | NOT_HPD       | NOT_HPD       | NOT_HPD       | NOT_HPD     |
    """)


def test_reasons_of_growth_that_is_not_positive(course):
    """Growth on treatment is asked first (A2); then growth before (A1, A3)."""
    course("""
        person | -70 | -10 | 50   | tgk_ratio | verdict       | reason
        onset  | 100 | 80  | 120  |           | NOT_EVALUABLE | pre_growth_nonpositive
        faster | 100 | 90  | 60   |           | NOT_HPD       | post_nonpositive
        grew   | 40  | 50  | 40   | -1        | NOT_HPD       | post_nonpositive
        gone   | 40  | 50  | gone | -5        | NOT_HPD       | post_nonpositive
    """)


def test_policy_that_growth_after_none_is_unbounded(course):
    """With `positive_post_is_hpd` growth after no growth meets every ratio; the other leaves decide as before."""
    course("""
        person      | -70 | -10 | 50  | saada2017 | champiat2017 | kato2017
        onset       | 100 | 80  | 121 | HPD       | HPD          | HPD
        rest        | 100 | 100 | 130 | HPD       | HPD          | NOT_HPD
        small_onset | 100 | 80  | 90  | HPD       | NOT_HPD      | NOT_HPD
        shrinking   | 100 | 90  | 60  | NOT_HPD   | NOT_HPD      | NOT_HPD
        double      | 50  | 60  | 80  | HPD       | NOT_HPD      | NOT_HPD
    """, study={"criteria": {"pre_growth_nonpositive": "positive_post_is_hpd"}})


def test_policy_that_no_growth_before_excludes(course):
    """With `exclude` growth before treatment is a requirement of every ratio, whatever the other leaves say."""
    course("""
        person      | -70 | -10 | 50  | saada2017     | champiat2017  | kato2017      | ferrara2018
        onset       | 100 | 80  | 120 | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | HPD
        small_onset | 100 | 80  | 90  | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | NOT_HPD
        shrinking   | 100 | 90  | 60  | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | NOT_HPD
        double      | 50  | 60  | 80  | HPD           | NOT_HPD       | NOT_HPD       | NOT_HPD
    """, study={"criteria": {"pre_growth_nonpositive": "exclude"}})


def test_tiny_growth_before_is_literal_and_flagged(course):
    """Less than 5 mm before treatment is within the error of measurement; the label stands, with a flag (A4)."""
    course("""
        person | -70 | -10   | 50  | verdict | pre_growth_below_measurement_error
        tenth  | 100 | 100.1 | 101 | HPD     | yes
        less   | 50  | 54.9  | 65  | HPD     | yes
        five   | 50  | 55    | 65  | HPD     |
    """)


def test_the_study_may_take_tiny_growth_for_none(course):
    """With `min_pre_change_mm = 5` a change of less than 5 mm before treatment is no growth."""
    course("""
        person | -70 | -10  | 50 | verdict       | reason                 | growth_onset
        less   | 50  | 54.9 | 65 | NOT_EVALUABLE | pre_growth_nonpositive | yes
        five   | 50  | 55   | 65 | HPD           | rule_met               |
    """, study={"criteria": {"min_pre_change_mm": 5}})


def test_nothing_at_baseline(course):
    """From 0 mm there is no percentage and no rate of volume; millimetres per month remain (A5)."""
    course("""
        person    | -70    | -10  | 50   | saada2017     | reason                 | suspected_hpd_no_baseline_disease
        relapse   | 10     | gone | 5    | NOT_EVALUABLE | pre_growth_nonpositive | yes
        first     | absent | gone | 5    | NOT_EVALUABLE | pre_growth_nonpositive | yes
        stays_off | 10     | gone | gone | NOT_HPD       | post_nonpositive       |
    """)


def test_rates_of_volume_need_disease_at_baseline(course):
    """The reason is the zero at baseline, even where nothing grew on treatment."""
    course("""
        person    | -70 | -10  | 50   | champiat2017  | kato2017      | ferrara2018   | reason
        relapse   | 10  | gone | 5    | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | zero_baseline
        stays_off | 10  | gone | gone | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | zero_baseline
    """, definition="champiat2017")


def test_nothing_before_baseline(course):
    """From 0 mm before baseline TGK is defined, 20 and 40 mm; rates of volume and the pace are not (A6)."""
    course("""
        person | -70    | -10 | 50 | tgk_ratio | saada2017 | champiat2017  | ferrara2018   | kato2017
        new    | absent | 20  | 60 | 2         | HPD       | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE
    """)
    course("""
        person | -70    | -10 | 50 | reason
        new    | absent | 20  | 60 | zero_prebaseline
    """, definition="kato2017")


def test_nothing_left_on_treatment(course):
    """A burden of 0 at the first evaluation is a growth rate of -100 % (A7)."""
    course("""
        person | -70 | -10 | 50   | tgr_post | sld_change_pct | response_first | verdict | reason
        gone   | 40  | 50  | gone | -100     | -100           | CR             | NOT_HPD | response_not_reached
    """, definition="champiat2017")


def test_a_label_that_depends_on_the_month_is_flagged(course):
    """60 days are two months of 30.4375 days, but not of 28 or 30; 55 days are less, 61 more, under each.

    Burden 50, 60, 96 mm at equal gaps.
    """
    course("""
        person    | -66 | -10 | 46 | doses | verdict | month_sensitive
        depends   | 50  | 60  | 96 | 0, 60 | HPD     | yes
        certainly | 50  | 60  | 96 | 0, 55 | HPD     |
        never     | 50  | 60  | 96 | 0, 61 | NOT_HPD |
    """, definition="kato2017")


def test_the_study_sets_the_length_of_a_month(course):
    """With 30 days, 60 days are not less than two months; still it would be otherwise with 30.4375."""
    course("""
        person  | -66 | -10 | 46 | doses | verdict | month_sensitive
        depends | 50  | 60  | 96 | 0, 60 | NOT_HPD | yes
    """, definition="kato2017", study={"criteria": {"month_days": 30}})


def test_differences_of_rates_depend_on_the_month_and_ratios_of_kinetics_do_not(course):
    """1.306 in 60 days is 50.12 % per 30.4375 days and 49.25 % per 30 days, around the 50 points of Ferrara."""
    course("""
        person | -70 | -10 | 50    | tgr_post | verdict | month_sensitive
        near   | 100 | 100 | 130.6 | 50.12    | HPD     | yes
        above  | 100 | 100 | 150   | 85.35    | HPD     |
    """, definition="ferrara2018")
