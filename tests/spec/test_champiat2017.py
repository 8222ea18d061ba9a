"""Champiat 2017: progression at the first evaluation, and a growth rate at least doubled."""


def test_the_border(course):
    """With scans 90 days apart and months of 30 a rate is the percentage of growth: from 20 % to 40 %.

    2 % and then 5.9 % is almost threefold and stable disease.
    """
    course("""
        person | -90 | 0  | 90 | tgr_ratio | response_first | champiat2017 | kanjanapan2019 | sasaki2019
        just   | 50  | 60 | 84 | 2.00      | PD             | HPD          | HPD            | HPD
        less   | 50  | 60 | 83 | 1.92      | PD             | NOT_HPD      | NOT_HPD        | NOT_HPD
        stable | 50  | 51 | 54 | 2.94      | SD             | NOT_HPD      | NOT_HPD        | HPD
    """, definition="champiat2017", study={"criteria": {"month_days": 30}})


def test_growth_rate_at_least_doubled(spec):
    """With progression, twice the growth rate is enough and any less is not."""
    spec("champiat2017", """
        person      | response_first | tgr_pre | tgr_post | verdict
        fast        | PD             | 10      | 25       | HPD
        just_double | PD             | 10      | 20       | HPD
        slow        | PD             | 10      | 19.9     | NOT_HPD
        unchanged   | PD             | 10      | 0        | NOT_HPD
        shrinking   | PD             | 10      | -40      | NOT_HPD
    """)


def test_progression_is_needed(spec):
    """Faster growth without progression is no hyperprogression; an unknown response decides nothing alone."""
    spec("champiat2017", """
        person         | response_first | tgr_pre | tgr_post | verdict       | reason
        stable         | SD             | 1       | 5        | NOT_HPD       |
        partial        | PR             | 1       | 5        | NOT_HPD       |
        unknown        | NE             | 1       | 5        | NOT_EVALUABLE | response_unknown
        unknown_slow   | NE             | 10      | 15       | NOT_HPD       |
        unknown_shrink | NE             | 10      | -15      | NOT_HPD       |
    """)


def test_growth_before_treatment_must_be_positive_for_a_ratio(spec):
    """Without growth before treatment the ratio is unknown; what fails otherwise stays a NOT_HPD."""
    spec("champiat2017", """
        person          | response_first | tgr_pre | tgr_post | verdict       | reason
        onset           | PD             | -10     | 30       | NOT_EVALUABLE | pre_growth_nonpositive
        onset_from_rest | PD             | 0       | 30       | NOT_EVALUABLE | pre_growth_nonpositive
        onset_stable    | SD             | -10     | 30       | NOT_HPD       |
        both_shrinking  | PD             | -10     | -30      | NOT_HPD       |
        onset_unknown   | NE             | -10     | 30       | NOT_EVALUABLE | pre_growth_nonpositive
    """)


def test_no_scan_before_baseline_no_verdict(spec):
    """Who was not scanned before baseline gets no verdict, whatever the response: nobody knows the growth before."""
    spec("champiat2017", """
        person        | response_first | tgr_pre | tgr_post | lacking             | verdict       | reason
        explosive     | PD             |         | 140      | no_prebaseline_scan | NOT_EVALUABLE | no_prebaseline_scan
        steady        | SD             |         | 0        | no_prebaseline_scan | NOT_EVALUABLE | no_prebaseline_scan
        regressing    | PR             |         | -55      | no_prebaseline_scan | NOT_EVALUABLE | no_prebaseline_scan
        lesion_missed | SD             |         | 2.5      |                     | NOT_EVALUABLE | lesion_set_mismatch
    """)
