"""Requirements first (section 0): who lacks what a definition requires is not evaluable, whatever the rule says."""


def test_every_definition_needs_its_three_scans(course):
    """Stable disease without a pre-baseline scan is no negative, under none of the five."""
    course("""
        person      | -66 | -10 | 46 | champiat2017  | saada2017     | kato2017      | ferrara2018   | ji2019
        all_three   | 50  | 60  | 61 | NOT_HPD       | NOT_HPD       | NOT_HPD       | NOT_HPD       | NOT_HPD
        no_pre      |     | 60  | 61 | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE
        no_post     | 50  | 60  |    | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE
        no_baseline | 50  |     | 61 | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE | NOT_EVALUABLE
    """)


def test_one_primary_reason_in_the_order_of_the_funnel(course):
    """Look-back, baseline, first evaluation, pre-baseline, lesions; all others are kept, without piling up.

    Without a baseline nothing is said of the scan before it; a metric without its scan names the scan.
    """
    course("""
        person        | -66        | -10         | 46 | reason              | reasons
        nothing       |            |             |    | no_baseline_scan    | no_baseline_scan;early_dropout_other
        only_post     |            |             | 61 | no_baseline_scan    | no_baseline_scan
        only_baseline |            | 60          |    | early_dropout_other | early_dropout_other;no_prebaseline_scan
        no_pre        |            | 60          | 61 | no_prebaseline_scan | no_prebaseline_scan
        missed        | 50, lung 9 | 60, lung 20 | 80 | lesion_set_mismatch | lesion_set_mismatch
        no_pre_missed |            | 60, lung 20 | 80 | no_prebaseline_scan | no_prebaseline_scan;lesion_set_mismatch
    """)


def test_a_missing_sum_is_required_too(course):
    """A growth leaf within `all` needs its sums: progression fails, and yet the label is open (Champiat)."""
    course("""
        person | -66         | -10         | 46          | response_first | verdict       | reason
        stable | 50          | 60, lung 20 | 60, lung 20 | SD             | NOT_EVALUABLE | lesion_set_mismatch
        whole  | 50, lung 10 | 60, lung 20 | 60, lung 20 | SD             | NOT_HPD       | response_not_reached
    """, definition="champiat2017")


def test_look_back(course):
    """Who was under observation for less than the study asks for is not evaluable; unknown observation is none."""
    course("""
        person  | -66 | -10 | 46 | followup | verdict       | reason
        enough  | 50  | 60  | 80 | -90..365 | HPD           | rule_met
        short   | 50  | 60  | 80 | -89..365 | NOT_EVALUABLE | short_lookback
        unknown | 50  | 60  | 80 |          | NOT_EVALUABLE | short_lookback
    """, study={"index": {"lookback_days": 90}})


def test_a_person_not_wholly_read(course):
    """Where not everything of a person could be fetched, nothing is said under any definition, and that comes first."""
    course("""
        person | -66 | -10 | 46 | read | verdict       | reasons                                   | kato2017
        whole  | 50  | 60  | 80 |      | HPD           | rule_met                                  | NOT_HPD
        part   | 50  | 60  | 80 | part | NOT_EVALUABLE | extraction_incomplete                     | NOT_EVALUABLE
        no_pre |     | 60  | 80 | part | NOT_EVALUABLE | extraction_incomplete;no_prebaseline_scan | NOT_EVALUABLE
    """)


def test_reasons_of_a_negative_are_the_leaves_that_failed(course):
    """In the order of the rule; the first is the primary one. 100, 105, 102 mm shrinks on treatment."""
    course("""
        person  | -66 | -10 | 46  | verdict | reasons
        shrinks | 100 | 105 | 102 | NOT_HPD | response_not_reached;post_nonpositive;tgr_ratio_not_reached
    """, definition="champiat2017")
