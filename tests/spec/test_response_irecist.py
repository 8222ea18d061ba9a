"""iRECIST: a progression is unconfirmed (iUPD) until a later scan confirms it (iCPD) or the bar is reset."""


def test_a_further_increase_of_5_mm_confirms(assess):
    """Counted from the unconfirmed progression on, also over several scans: +4 mm and then +2 mm reach it."""
    assess("iRECIST", """
        person     | -10 | 28  | 56    | 84  | responses      | confirmed   | best
        five       | 100 | 120 | 125   |     | iUPD iCPD      | yes yes     | iCPD
        four       | 100 | 120 | 124.9 |     | iUPD iUPD      | - -         | iUPD
        cumulative | 100 | 120 | 124   | 126 | iUPD iUPD iCPD | yes yes yes | iCPD
        unchanged  | 100 | 120 | 120   | 120 | iUPD iUPD iUPD | - - -       | iUPD
        alone      | 100 | 120 |       |     | iUPD           | -           | iUPD
        never      | 100 | 119 | 119   |     | SD SD          | - -         | SD
        at_last    | 100 | 120 | 130   | 60  | iUPD iCPD iCPD | yes yes yes | iCPD
    """)


def test_shrinking_resets_the_bar(assess):
    """After stable disease or a response progression must occur anew, against the nadir, before it can be confirmed."""
    assess("iRECIST", """
        person  | -10 | 28  | 56   | 84 | 112 | responses         | confirmed     | best
        stable  | 100 | 120 | 110  |    |     | iUPD SD           | no -          | SD
        partial | 100 | 120 | 60   | 65 |     | iUPD PR PR        | no yes -      | PR
        again   | 100 | 120 | 60   | 72 |     | iUPD PR iUPD      | no no -       | PR
        twice   | 100 | 120 | 60   | 72 | 77  | iUPD PR iUPD iCPD | no no yes yes | PR
        all     | 100 | 120 | gone |    |     | iUPD CR           | no -          | CR
    """)


def test_a_scan_within_four_weeks_confirms_nothing(assess):
    """A reset it may bring; what it shows counts when the next scan does; the window is four to eight weeks."""
    assess("iRECIST", """
        person    | -10 | 28  | 55               | 56  | 84  | responses      | windows
        too_soon  | 100 | 120 | 140              |     |     | iUPD iUPD      | 56..84 56..84
        in_time   | 100 | 120 |                  | 140 |     | iUPD iCPD      | 56..84 -
        next_scan | 100 | 120 | 124              |     | 125 | iUPD iUPD iCPD | 56..84 56..84 -
        reset     | 100 | 120 | 100              | 120 |     | iUPD SD iUPD   | 56..84 - 84..112
        new_too   | 100 | 120 | 120, new lung 12 |     |     | iUPD iUPD      | 56..84 56..84
    """)


def test_a_scan_after_the_window_confirms_unless_the_study_forbids(assess):
    """The growth is there, only seen late; a study may hold to the letter."""
    late = """
        person | -10 | 28  | 85  | responses
        late   | 100 | 120 | 130 | iUPD {}
    """
    assess("iRECIST", late.format("iCPD"))
    strict = {"frameworks": ["iRECIST"], "late_scan_confirms": False}
    assess("iRECIST", late.format("iUPD"), study={"responses": strict})
    assess("iRECIST", late.replace("| 85 ", "| 84 ").format("iCPD"), study={"responses": strict})


def test_new_lesions_confirm_by_size_or_number(assess):
    """They are in no sum: 5 mm more of those measured like targets, any growth of another, or one more.

    Measured like targets are five of 10 mm, two an organ.
    """
    assess("iRECIST", """
        person    | -10 | 28                            | 56                       | responses | burdens
        present   | 100 | 100, new lung 12              | 100, lung 12             | iUPD iUPD | 100 100
        four      | 100 | 100, new lung 12              | 100, lung 16             | iUPD iUPD | 100 100
        five      | 100 | 100, new lung 12              | 100, lung 17             | iUPD iCPD | 100 100
        together  | 100 | 100, new lung 12, new bone 12 | 100, lung 14, bone 15    | iUPD iCPD | 100 100
        offset    | 100 | 100, new lung 12, new bone 20 | 100, lung 18, bone 16    | iUPD iUPD | 100 100
        one_gone  | 100 | 100, new lung 12, new bone 12 | 100, lung 18, bone gone  | iUPD iUPD | 100 100
        small     | 100 | 100, new lung 8               | 100, lung 9              | iUPD iCPD | 100 100
        small_too | 100 | 100, new lung 8               | 100, lung 8              | iUPD iUPD | 100 100
        another   | 100 | 100, new lung 12              | 100, lung 12, new bone 6 | iUPD iCPD | 100 100
        gone      | 100 | 100, new lung 12              | 100, lung gone           | iUPD SD   | 100 100
        shrinks   | 100 | 100, new lung 12              | 60, lung 12              | iUPD iUPD | 100 60
    """)


def test_only_two_new_lesions_of_an_organ_are_measured_like_targets(assess):
    """The largest of those that are measurable when first seen; of another any growth counts.

    Lymph nodes are one organ, and what has no organ is one of its own; on a plain film 12 mm are not measurable.
    """
    assess("iRECIST", """
        person  | -10 | 28                                           | 56                               | responses
        second  | 100 | 100, new lung 30, new lung2 20               | 100, lung 30, lung2 24           | iUPD iUPD
        third   | 100 | 100, new lung 12, new lung2 20, new lung3 30 | 100, lung 13, lung2 20, lung3 30 | iUPD iCPD
        largest | 100 | 100, new lung 12, new lung2 20, new lung3 30 | 100, lung 12, lung2 20, lung3 34 | iUPD iUPD
        beside  | 100 | 100, new lung 30, new lung2 20, new lung3 12 | 100, lung 30, lung2 24, lung3 12 | iUPD iUPD
    """)
    assess("iRECIST", """
        person   | -10 | 28                                                     | 56              | responses
        nodes    | 9   | 9, new a_node 20, new b_node 19, new c_node 18         | 9, c_node 19    | iUPD iCPD
        small    | 9   | 9, new a_node 12                                       | 9, a_node 13    | iUPD iCPD
        normal   | 9   | 9, new a_node 15                                       | 9, a_node 19    | iUPD iUPD
        film     | 9   | 9, new a 12 by CR                                      | 9, a 13 by CR   | iUPD iCPD
        scanner  | 9   | 9, new a 12 by CT                                      | 9, a 13 by CT   | iUPD iUPD
        unplaced | 9   | 9, new unplaced 20, new unplaced2 19, new unplaced3 18 | 9, unplaced3 19 | iUPD iUPD
    """)


def test_only_five_new_lesions_are_measured_like_targets(assess):
    """In all organs together; those that came earlier are first, also where they were gone in between."""
    assess("iRECIST", """
        person | -10 | 28                                                            | 56      | responses
        fifth  | 9   | 9, new a 20, new b 19, new c 18, new d 17, new e 16, new f 15 | 9, e 17 | iUPD iUPD
        sixth  | 9   | 9, new a 20, new b 19, new c 18, new d 17, new e 16, new f 15 | 9, f 16 | iUPD iCPD
    """)
    assess("iRECIST", """
        person  | -10 | 28                     | 56                 | 84                 | 112      | responses
        earlier | 9   | 9, new a 12, new a2 11 | 9, a gone, a2 gone | 9, a 12, new a3 30 | 9, a3 31 | iUPD SD iUPD iCPD
    """)


def test_what_is_small_when_first_seen_is_not_measured_like_a_target(assess):
    """Not even if it is large enough when it is counted: 8 to 12 mm are any growth, though a scan too soon saw 12."""
    assess("iRECIST", """
        person | -10 | 28              | 42           | 56           | responses
        grew   | 100 | 100, new lung 8 | 100, lung 12 | 100, lung 12 | iUPD iUPD iCPD
    """)


def test_progression_of_something_else_confirms(assess):
    """A category that had not progressed is further progression, however small."""
    assess("iRECIST", """
        person      | -10                  | 28                    | 56                               | responses
        new_then    | 100, other bone seen | 120, other bone seen  | 120, other bone seen, new lung 6 | iUPD iCPD
        other_then  | 100, other bone seen | 120, other bone seen  | 120, other bone worse            | iUPD iCPD
        target_then | 100, other bone seen | 100, other bone worse | 120, other bone worse            | iUPD iCPD
    """)
    assess("iRECIST", """
        person | -10                  | 28                  | 56                   | 84                   | responses
        creeps | 100, other bone seen | 50, other bone seen | 58, other bone worse | 61, other bone worse | PR iUPD iCPD
    """)


def test_non_targets_confirm_by_any_further_increase(assess):
    """A larger one, or another that has progressed; that it is still called progressed is no further increase."""
    assess("iRECIST", """
        person  | -10                  | 28                       | 56                       | responses
        larger  | 100, other bone 20   | 100, other bone 30 worse | 100, other bone 31       | iUPD iCPD
        equal   | 100, other bone 20   | 100, other bone 30 worse | 100, other bone 30 worse | iUPD iUPD
        smaller | 100, other bone 20   | 100, other bone 30 worse | 100, other bone 29       | iUPD SD
        still   | 100, other bone seen | 100, other bone worse    | 100, other bone worse    | iUPD iUPD
        better  | 100, other bone seen | 100, other bone worse    | 100, other bone seen     | iUPD SD
        target  | 100, other bone 20   | 100, other bone 30 worse | 103, other bone 30 worse | iUPD iUPD
    """)
    assess("iRECIST", """
        person  | -10                      | 28                           | 56                               | responses
        another | 50, other a 9, other b 9 | 50, other a worse            | 50, other a worse, other b worse | iUPD iCPD
        seen    | 50, other a 9, other b 9 | 50, other a worse, other b 9 | 50, other a worse, other b worse | iUPD iCPD
    """)


def test_a_scan_that_cannot_be_assessed_leaves_it_waiting(assess):
    """It neither confirms nor resets; a recorded answer stands where lesions do not tell."""
    assess("iRECIST", """
        person | -10         | 28           | 56           | 84           | responses    | recorded
        missed | 100, lung 9 | 120, lung 11 | 120, lung NE | 130, lung 11 | iUPD NE iCPD | - - -
    """)
    assess("iRECIST", """
        person  | -10         | 46                         | 84                         | responses | recorded
        unknown | 100, lung 9 | 100, lung NE, iRECIST iUPD | 100, lung NE, iRECIST iCPD | iUPD iCPD | iUPD iCPD
    """)


def test_the_sum_that_a_progression_is_counted_from(assess):
    """Where a target was not assessed at the unconfirmed progression it is the first known sum after it."""
    assess("iRECIST", """
        person | -10         | 28           | 56          | 84          | 112         | responses
        later  | 100, lung 9 | 131, lung NE | 131, lung 9 | 136, lung 9 |             | iUPD iUPD iCPD
        short  | 100, lung 9 | 131, lung NE | 131, lung 9 | 135, lung 9 | 136, lung 9 | iUPD iUPD iUPD iCPD
    """)


def test_what_comes_back_after_a_complete_response_waits_too(assess):
    """Of the targets 5 mm more confirm it, of the others any increase; what comes back later is progression of its own.

    A node of 10 mm is back, but only 14 mm are 20 % and 5 mm above the 9 mm of the nadir: no category that is new.
    """
    assess("iRECIST", """
        person | -10              | 28                    | 56                    | 84                    | responses
        target | 50               | gone                  | 3                     | 8                     | CR iUPD iCPD
        node   | node 16          | node 9                | node 10               | node 14               | CR iUPD iUPD
        other  | 50, other bone 9 | gone, other bone gone | gone, other bone 9    | gone, other bone 10   | CR iUPD iCPD
        both   | 50, other bone 9 | gone, other bone gone | 3, other bone gone    | 3, other bone seen    | CR iUPD iCPD
        then   | 50, other bone 9 | gone, other bone gone | gone, other bone seen | 3, other bone seen    | CR iUPD iCPD
        still  | 50, other bone 9 | gone, other bone gone | gone, other bone seen | gone, other bone seen | CR iUPD iUPD
    """)
