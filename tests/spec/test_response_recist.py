"""Assessments by RECIST 1.1: every visit on treatment, what each part of it says, and the best of them."""


def test_progression_from_the_nadir_outranks_a_response(assess):
    """Sums of 165, 63 and 65 mm remain a partial response; 100, 40 and 50 mm are progression."""
    assess("RECIST1.1", """
        person      | -10 | 28    | 56    | 84    | responses | burdens
        still       | 165 | 63    | 65    |       | PR PR     | 63 65
        outranks    | 100 | 40    | 50    |       | PR PD     | 40 50
        limits      | 25  | 30    |       |       | PD        | 30
        four_mm     | 20  | 24    |       |       | SD        | 24
        under_fifth | 26  | 31    |       |       | SD        | 31
        a_fifth     | 50  | 60    |       |       | PD        | 60
        partial     | 100 | 70    | 70.1  | 119.9 | PR SD PD  | 70 70.1 119.9
        below_fifth | 100 | 119.9 |       |       | SD        | 119.9
        nothing     | 50  | gone  | 3     |       | CR PD     | 0 3
        small       | 50  | 20    | small | 10    | PR PR PD  | 20 5 10
        up_and_down | 100 | 125   | 100   | 70    | PD SD PR  | 125 100 70
    """)


def test_a_node_below_10_mm_is_normal(assess):
    """16 to 9 mm is a complete response although the sum is 9 mm; at 10 mm it is none."""
    assess("RECIST1.1", """
        person | -10         | 46           | targets | responses | burdens
        normal | node 16     | node 9       | CR      | CR        | 9
        large  | node 16     | node 10      | PR      | PR        | 10
        beside | node 16, 20 | node 9, gone | CR      | CR        | 9
        left   | node 16, 20 | node 9, 5    | PR      | PR        | 14
    """)


def test_the_published_table_of_overall_responses(assess):
    """Targets, non-targets and new lesions, and what they make together; the last where there are no targets."""
    assess("RECIST1.1", """
        person    | -10                          | 46                              | targets | others  | new | responses
        cr_cr     | 100, other bone seen         | gone, other bone gone           | CR      | CR      | no  | CR
        cr_left   | 100, other bone seen         | gone, other bone seen           | CR      | neither | no  | PR
        cr_missed | 100, other bone seen         | gone, other bone NE             | CR      | NE      | no  | PR
        cr_alone  | 100                          | gone                            | CR      | -       | no  | CR
        pr_left   | 100, other bone seen         | 60, other bone seen             | PR      | neither | no  | PR
        pr_missed | 100, other bone seen         | 60                              | PR      | NE      | no  | PR
        sd_left   | 100, other bone seen         | 100, other bone seen            | SD      | neither | no  | SD
        ne_left   | 100, lung 9, other bone seen | 100, lung NE, other bone seen   | NE      | neither | no  | NE
        pd        | 100, other bone seen         | 130, other bone gone            | PD      | CR      | no  | PD
        worse     | 100, other bone seen         | 60, other bone worse            | PR      | PD      | no  | PD
        recorded  | 100, other bone seen         | 60, other bone NE, nontarget PD | PR      | PD      | no  | PD
        new       | 100                          | gone, new lung 12               | CR      | -       | yes | PD
        new_ne    | 100, lung 9                  | 100, lung NE, new lung2 12      | NE      | -       | yes | PD
        open      | 100                          | 60, new lung NE                 | PR      | -       | -   | NE
        missed_pd | 100, lung 9                  | 131, lung NE                    | PD      | -       | no  | PD
    """)


def test_disease_without_targets(assess):
    """Where nothing is measurable the other lesions answer: all gone, progressed, neither, or not all looked at."""
    assess("RECIST1.1", """
        person  | -10                        | 46                                 | targets | others  | responses
        gone    | other a seen, other b seen | other a gone, other b gone         | -       | CR      | CR
        left    | other a seen, other b seen | other a gone, other b seen         | -       | neither | neither
        worse   | other a seen, other b seen | other a worse, other b seen        | -       | PD      | PD
        missed  | other a seen, other b seen | other a gone, RECIST NE            | -       | NE      | NE
        new     | other a seen               | other a seen, new lung 12          | -       | neither | PD
        written | other a seen, other b seen | other a seen, RECIST NON_CR_NON_PD | -       | NE      | neither
    """)


def test_the_baseline_of_disease_without_targets(assess):
    """The last scan of the baseline window that shows a lesion, if it shows all that were seen up to then.

    Who had others, targets perhaps, cannot be judged; the window is -42 to 0.
    """
    assess("RECIST1.1", """
        person  | -43       | -42       | -10                     | 46           | others | responses
        later   |           | other a 9 | other a 9, other b 9    | other a gone | NE     | NE
        fewer   |           | other a 9 | other b 9               | other b gone | -      | NE
        outside | other a 9 |           |                         | other a gone | -      | NE
        first   |           | other a 9 |                         | other a gone | CR     | CR
        before  | other a 9 |           | other a 9               | other a gone | CR     | CR
        target  | 50        |           | other b 9               | other b gone | -      | NE
        gone    |           | other a 9 | other a gone, other b 9 | other b gone | -      | NE
        missed  |           | other b 9 | other b 9, other a NE   | other b gone | NE     | NE
        nothing |           | other b 9 | other b NE              | other b gone | CR     | CR
        vanish  |           | other b 9 | other b gone            | other b gone | CR     | CR
    """)
    assess("RECIST1.1", """
        person  | -10       | 0         | 1         | 46           | others | responses
        last    |           | other a 9 |           | other a gone | CR     | CR
        again   | other a 9 | other a 9 |           | other a gone | CR     | CR
        treated |           |           | other a 9 | other a gone | - -    | NE NE
    """)
    assess("RECIST1.1", """
        person | 5            | 8            | 46           | others | responses
        grace  | other a seen |              | other a gone | CR     | CR
        late   |              | other a seen | other a gone | - -    | NE NE
    """, study={"windows": {"baseline_grace_days": 7}})


def test_what_comes_back_after_a_complete_response_is_progression(assess):
    """A lesion that is seen again is none by itself, but it is once nothing had been left."""
    assess("RECIST1.1", """
        person    | -10                  | 28                    | 56                    | responses
        not_all   | 100, other bone seen | 100, other bone gone  | 100, other bone seen  | SD SD
        all_gone  | 100, other bone seen | gone, other bone gone | gone, other bone seen | CR PD
        by_node   | node 16, 20          | node 9, gone          | node 9, 2             | CR PD
        node_back | node 16              | node 9                | node 10               | CR PD
        still     | node 16              | node 9                | node 9.5              | CR CR
    """)


def test_a_complete_response_that_was_recorded_is_not_refuted_on_its_own_day(assess):
    """What the same scan still shows did not come back; what a later one shows did."""
    assess("RECIST1.1", """
        person | -10         | 28                     | 56          | recorded | responses
        same   | 100, lung 9 | 50, lung NE, RECIST CR | 50, lung NE | CR -     | CR PD
        denied | 100, lung 9 | 50, lung 9, RECIST CR  | 50, lung 9  | CR -     | PR PR
    """)


def test_response_begins_after_baseline_and_after_the_first_dose(assess):
    """The visits of day -3 and 0 have fewer targets and are no baseline, hence neither a response nor a nadir."""
    assess("RECIST1.1", """
        person | -10         | -3  | 0  | 1            | 28          | responses | nadirs
        before | 100, lung 9 | 130 | 20 |              | 100, lung 9 | SD        | 109
        day_1  | 100, lung 9 |     |    | 100, lung 40 | 100, lung 9 | PD SD     | 109 109
    """)
    assess("RECIST1.1", """
        person | -10 | 5  | 28 | responses | nadirs
        late   | 100 | 60 | 72 | PD        | 60
    """, study={"windows": {"baseline_grace_days": 7}})


def test_where_a_target_is_missing_at_baseline_progression_is_counted_from_the_first_whole_sum(assess):
    """There is no nadir before it, and no response without a baseline."""
    assess("RECIST1.1", """
        person | -10          | 28          | 56          | 84          | targets  | nadirs    | burdens
        lost   | 100, lung NE | 100, lung 9 | 122, lung 9 | 121, lung 9 | NE PD NE | - 109 109 | 109 131 130
    """)


def test_best_response_with_and_without_confirmation(assess):
    """A response counts confirmed if the next assessments, 28 days on or more, say the same; else it is stable disease.

    Nothing after progression counts; stable disease counts from day 42 on.
    """
    assess("RECIST1.1", """
        person    | -10 | 28  | 42 | 56   | 84 | responses | confirmed | best | best_day | best_confirmed | from_day
        confirmed | 100 | 60  |    | 60   |    | PR PR     | yes -     | PR   | 28       | PR             | 28
        too_soon  | 100 | 60  | 60 |      |    | PR PR     | - -       | PR   | 28       | SD             | 42
        later     | 100 | 60  | 60 | 60   |    | PR PR PR  | yes - -   | PR   | 28       | PR             | 28
        lost      | 100 | 60  |    | 90   |    | PR PD     | no -      | PR   | 28       | PD             | 56
        better    | 100 | 60  |    | gone |    | PR CR     | yes -     | CR   | 56       | PR             | 28
        between   | 100 | 60  | 71 | 60   |    | PR SD PR  | no - -    | PR   | 28       | SD             | 42
        last      | 100 |     |    |      | 60 | PR        | -         | PR   | 84       | SD             | 84
        stable    | 100 | 100 |    | 100  |    | SD SD     | - -       | SD   | 56       | SD             | 56
        early     | 100 | 100 |    |      |    | SD        | -         | NE   |          | NE             |
        early_pd  | 100 | 100 |    | 130  |    | SD PD     | - -       | PD   | 56       | PD             | 56
        after     | 100 | 130 |    | 60   | 60 | PD PR PR  | - yes -   | PD   | 28       | PD             | 28
        nobody    | 100 |     |    |      |    |           |           | NE   |          | NE             |
    """)


def test_the_study_sets_the_time_of_confirmation_and_of_stable_disease(assess):
    """Both are asked for by protocols in different lengths."""
    assess("RECIST1.1", """
        person   | -10 | 28  | 42 | best | best_confirmed
        too_soon | 100 | 60  | 60 | PR   | PR
        early    | 100 | 100 |    | SD   | SD
    """, study={"responses": {"frameworks": ["RECIST1.1"], "confirm_from_days": 14, "stable_from_day": 28}})


def test_recorded_responses_stand_beside_the_derived(assess):
    """The derived one counts; where it cannot be told the recorded one does, and both are kept."""
    assess("RECIST1.1", """
        person   | -10         | 46                               | derived | recorded | responses
        agree    | 100         | 130, RECIST PD                   | PD      | PD       | PD
        differ   | 100         | 100, some PD                     | SD      | PD       | SD
        unknown  | 100, lung 9 | 100, lung NE, RECIST SD          | NE      | SD       | SD
        alone    | 100         | RECIST PR                        | NE      | PR       | PR
        of_other | 100         | 130, iRECIST iUPD                | PD      | -        | PD
        worst    | 100, lung 9 | 100, lung NE, RECIST SD, some PD | NE      | PD       | PD
    """)


def test_of_several_recorded_responses_the_worst_stands(assess):
    """Not evaluable says nothing beside another answer, nor alone."""
    assess("RECIST1.1", """
        person  | -10         | 46                                          | recorded | responses
        partial | 100, lung 9 | 100, lung NE, RECIST CR, some PR            | PR       | PR
        neither | 100, lung 9 | 100, lung NE, RECIST PR, some NON_CR_NON_PD | neither  | neither
        stable  | 100, lung 9 | 100, lung NE, RECIST NE, some SD            | SD       | SD
        unknown | 100, lung 9 | 100, lung NE, RECIST NE                     | -        | NE
    """)


def test_what_cannot_be_assessed_is_passed_over(assess):
    """Between a response and its confirmation it says nothing; alone it confirms nothing."""
    assess("RECIST1.1", """
        person | -10         | 28         | 42          | 56          | responses | confirmed | best | best_confirmed
        passed | 100, lung 9 | 60, lung 9 | 60, lung NE | 60, lung 9  | PR NE PR  | yes - -   | PR   | PR
        silent | 100, lung 9 | 60, lung 9 |             | 60, lung NE | PR NE     | - -       | PR   | NE
    """)


def test_best_response_without_targets(assess):
    """Neither gone nor progressed counts as late as stable disease does, and beside it a confirmed disappearance."""
    assess("RECIST1.1", """
        person | -10          | 28           | 56            | best          | best_day | best_confirmed | from_day
        early  | other a seen | other a seen |               | NE            |          | NE             |
        late   | other a seen | other a seen | other a seen  | NON_CR_NON_PD | 56       | NON_CR_NON_PD  | 56
        worse  | other a seen | other a seen | other a worse | PD            | 56       | PD             | 56
        gone   | other a seen | other a gone | other a gone  | CR            | 28       | CR             | 28
    """)


def test_a_visit_is_shown_if_something_was_recorded(assess):
    """An examination of which nothing is known is none; of recorded sums only a progression can be told (C14)."""
    assess("RECIST1.1", """
        person | -10     | 28     | 56           | responses | burdens
        scan   | 100     | 100    | scan         | SD        | 100
        sums   | SLD 100 | SLD 60 | SLD 130      | NE PD     | 60 130
        answer | 100     | 100    | RECIST SD    | SD SD     | 100 -
        gone   | 100     | 100    | RECIST CR    | SD CR     | 100 -
        worse  | 100     | 100    | nontarget PD | SD PD     | 100 -
    """)


def test_what_became_of_other_lesions(assess):
    """All of them gone, one still there, or not all assessed; a node is gone below 10 mm, and what was gone is none.

    One that was not assessed at baseline is followed all the same; one that is first seen later, and not called new, is
    neither followed nor progression.
    """
    assess("RECIST1.1", """
        person    | -10                             | 46                                | others  | responses
        node_gone | 100, other node 12              | 100, other node 9.9               | CR      | SD
        node_left | 100, other node 12              | 100, other node 10                | neither | SD
        all_gone  | 100, other a seen, other b seen | 100, other a gone, other b gone   | CR      | SD
        one_left  | 100, other a seen, other b seen | 100, other a gone, other b seen   | neither | SD
        one_lost  | 100, other a seen, other b seen | 100, other a gone, other b NE     | NE      | SD
        no_row    | 100, other a seen, other b seen | 100, other b gone                 | NE      | SD
        before    | 100, other a gone               | 100, other a gone                 | -       | SD
        unknown   | 100, other a NE                 | 100, other a seen                 | neither | SD
        late      | 100                             | 100, other a seen                 | -       | SD
        late_pd   | 100                             | 100, other a worse                | -       | SD
        late_too  | 100, other a seen               | 100, other a NE, other b seen     | NE      | SD
        beside    | 100, other a seen               | gone, other a gone, other b worse | CR      | CR
    """)


def test_what_was_recorded_of_other_lesions(assess):
    """It stands where no lesion says it, and progression always; less or the same of them is neither."""
    assess("RECIST1.1", """
        person  | -10               | 46                               | others  | responses
        partial | 100, other a seen | gone, other a NE, nontarget PR   | neither | PR
        stable  | 100, other a seen | gone, other a NE, nontarget SD   | neither | PR
        gone    | 100, other a seen | gone, other a NE, nontarget CR   | CR      | CR
        nothing | 100               | gone, nontarget SD               | neither | PR
        seen    | 100, other a seen | gone, other a seen, nontarget CR | neither | PR
        worse   | 100, other a seen | gone, other a gone, nontarget PD | PD      | PD
    """)
