"""Local therapy (C4): a target in a treated organ is not assessed from that day on."""


def test_from_the_day_after_the_prebaseline_scan_to_the_first_evaluation(course):
    """Radiation of the liver counts after the pre-baseline scan (day -66) and up to the first evaluation (day 46)."""
    course("""
        person       | -66 | -10 | 46 | therapies           | s_pre_mm | s0_mm | s_post_mm | reason
        none         | 50  | 60  | 80 |                     | 50       | 60    | 80        | rule_met
        same_day_pre | 50  | 60  | 80 | radiation liver -66 | 50       | 60    | 80        | rule_met
        day_after    | 50  | 60  | 80 | radiation liver -65 | 50       |       |           | local_therapy
        baseline_day | 50  | 60  | 80 | radiation liver -10 | 50       |       |           | local_therapy
        on_treatment | 50  | 60  | 80 | radiation liver 20  | 50       | 60    |           | local_therapy
        same_day     | 50  | 60  | 80 | radiation liver 46  | 50       | 60    |           | local_therapy
        day_later    | 50  | 60  | 80 | radiation liver 47  | 50       | 60    | 80        | rule_met
    """)


def test_which_therapy_and_which_organ(course):
    """Radiation, surgery and local therapy count in the target's organ, however it is spelled; drugs do not."""
    course("""
        person      | -66 | -10 | 46 | therapies                    | s_post_mm | local_therapy_organ_unknown
        surgery     | 50  | 60  | 80 | surgery liver 20             |           |
        ablation    | 50  | 60  | 80 | local liver 20               |           |
        capital     | 50  | 60  | 80 | surgery Liver 20             |           |
        other_organ | 50  | 60  | 80 | radiation bone 20            | 80        |
        drug        | 50  | 60  | 80 | systemic docetaxel 20        | 80        |
        somewhere   | 50  | 60  | 80 | radiation ? 20               | 80        | yes
        two         | 50  | 60  | 80 | local bone 5, local liver 20 |           |
    """)


def test_a_target_without_an_organ_is_only_flagged(course):
    """If nobody knows where the target lies, nothing is guessed."""
    course("""
        person  | -66         | -10         | 46          | therapies          | s_post_mm | local_therapy_organ_unknown
        nowhere | unplaced 50 | unplaced 60 | unplaced 80 | radiation liver 20 | 80        | yes
    """)


def test_the_other_targets_stand_but_the_sum_is_missing(course):
    """One treated target leaves the sum missing; progression may still be called from the others (C2).

    Without the liver 130 mm of lung against the full sum of 100 mm is +30 % and +30 mm.
    """
    course("""
        person   | -66         | -10         | 46           | therapies          | s_post_mm | response_first
        lung     | 50, lung 30 | 60, lung 40 | 20, lung 130 | radiation liver 20 |           | PD
        lung_110 | 50, lung 30 | 60, lung 40 | 20, lung 110 | radiation liver 20 |           | NE
    """)


def test_without_a_prebaseline_scan_it_counts_from_the_baseline_scan(course):
    """Treatment before the baseline scan is then of no concern to response, later treatment is."""
    course("""
        person | -10 | 46 | therapies           | s0_mm | s_post_mm | response_first
        before | 60  | 80 | radiation liver -12 | 60    | 80        | PD
        after  | 60  | 80 | radiation liver -9  | 60    |           | NE
    """)
