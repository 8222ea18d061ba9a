"""Named variants of a definition: what one decision that papers leave open changes."""


def test_confirmed_waits_for_the_next_scan(course):
    """Confirmed HPD stays, refuted is none, all other HPD is unconfirmed; what was no HPD stays as it was."""
    course("""
        person   | -66 | -10   | 46  | 74 | death | saada2017     | verdict       | reason
        grows    | 50  | 60    | 80  | 90 |       | HPD           | HPD           | rule_met
        less     | 50  | 60    | 80  | 61 |       | HPD           | NOT_HPD       | progression_refuted
        followed | 50  | 60    | 80  |    |       | HPD           | NOT_EVALUABLE | unconfirmed
        dead     | 50  | 60    | 80  |    | 60    | HPD           | NOT_EVALUABLE | unconfirmed
        stable   | 100 | 100.1 | 101 | 90 |       | HPD           | NOT_EVALUABLE | unconfirmed
        slow     | 50  | 60    | 70  | 61 |       | NOT_HPD       | NOT_HPD       | tgk_ratio_not_reached
        no_pre   |     | 60    | 80  | 61 |       | NOT_EVALUABLE | NOT_EVALUABLE | no_prebaseline_scan
    """, "saada2017_confirmed")


def test_a_confirmed_verdict_is_decided_by_the_scan_it_waited_for(course):
    """The deciding day is that of the confirming or refuting scan; without one it is as for the definition itself."""
    course("""
        person | -66 | -10 | 46 | 74 | verdict | decided
        grows  | 50  | 60  | 80 | 90 | HPD     | 74
        less   | 50  | 60  | 80 | 61 | NOT_HPD | 74
        slow   | 50  | 60  | 70 | 61 | NOT_HPD | 46
    """, "saada2017_confirmed")


def test_require_pd_asks_for_progression_at_the_first_evaluation(course):
    """Growth that RECIST calls stable is HPD literally and none where progression is asked for."""
    course("""
        person | -66 | -10   | 46  | saada2017 | verdict | reason
        tiny   | 100 | 100.1 | 101 | HPD       | NOT_HPD | response_not_reached
        fast   | 50  | 60    | 80  | HPD       | HPD     | rule_met
    """, "saada2017_require_pd")


def test_fast_progression_is_marked_as_no_hyperprogression(course):
    """A rule that compares with nothing before treatment carries a flag, whatever its verdict."""
    course("""
        person | -10 | 46 | verdict       | not_hyperprogression
        fast   | 60  | 90 | HPD           | yes
        slow   | 60  | 89 | NOT_HPD       | yes
        unseen | 60  |    | NOT_EVALUABLE | yes
    """, "auc_fp")
