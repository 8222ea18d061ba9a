"""The target set (C1, C2, C12, C13): the targets at baseline, five at most and two an organ."""


def test_each_target_needs_a_value_at_every_scan(course):
    """No row is not the same as no lesion: only what the source calls not yet present, gone or too small has a value.

    Sums of the second line: 50 + 0, 60 + 20, 80 + 60 mm; ratio 60/30 = 2.
    """
    course("""
        person  | -66             | -10         | 46             | s_pre_mm | s0_mm | s_post_mm | reason
        full    | 50, lung 10     | 60, lung 20 | 80, lung 60    | 60       | 80    | 140       | rule_met
        not_yet | 50, lung absent | 60, lung 20 | 80, lung 60    | 50       | 80    | 140       | rule_met
        no_pre  | 50              | 60, lung 20 | 80, lung 60    |          | 80    | 140       | lesion_set_mismatch
        no_post | 50, lung 10     | 60, lung 20 | 80             | 60       | 80    |           | lesion_set_mismatch
        gone    | 50, lung 10     | 60, lung 20 | 80, lung gone  | 60       | 80    | 80        | post_nonpositive
        small   | 50, lung 10     | 60, lung 20 | 80, lung small | 60       | 80    | 85        | tgk_ratio_not_reached
        no_size | 50, lung 10     | 60, lung 20 | 80, lung seen  | 60       | 80    |           | lesion_set_mismatch
        missed  | 50, lung NE     | 60, lung 20 | 80, lung 60    |          | 80    | 140       | lesion_set_mismatch
    """)


def test_targets_that_exist_only_before_baseline_are_ignored(course):
    """A lesion that was operated on long before belongs to no set; one with a size before and after baseline does."""
    course("""
        person     | -66           | -10 | 46            | targets    | s_pre_mm | s0_mm | reason
        only_pre   | 50, lung 40   | 60  | 80            | liver      | 50       | 60    | rule_met
        comes_back | 50, lung 40   | 60  | 80, lung 10   | liver lung | 90       |       | lesion_set_mismatch
        later_size | 50, lung seen | 60  | 80, lung 10   | liver      | 50       | 60    | rule_met
        no_size    | 50, lung seen | 60  | 80, lung seen | liver      | 50       | 60    | rule_met
        missed     | 50, lung 40   | 60  | 80, lung NE   | liver      | 50       | 60    | rule_met
    """)


def test_a_target_not_assessed_at_baseline_stays_in_the_set(course):
    """A row at baseline that says `not assessed`, or was refused, leaves the baseline sum missing."""
    course("""
        person       | -66         | -10                  | 46          | targets    | s0_mm | reason
        not_assessed | 50, lung 40 | 60, lung NE          | 80, lung 50 | liver lung |       | lesion_set_mismatch
        too_large    | 50, lung 40 | 60, lung 501         | 80, lung 50 | liver lung |       | lesion_set_mismatch
        only_then    | 50          | 60, lung NE          | 80          | liver lung |       | lesion_set_mismatch
        alone        |             | 60, lung NE          | 80          | liver lung |       | no_prebaseline_scan
        conflict     | 50, lung 40 | 60, lung 40, lung 45 | 80, lung 50 | liver lung |       | lesion_set_mismatch
    """)


def test_progression_may_be_called_from_the_assessed_targets_alone(course):
    """If they alone lie 20 % and 5 mm above the full sum it is progression; nothing else may be told (C2).

    The full sum at baseline is 60 + 40 = 100 mm.
    """
    course("""
        person    | -10         | 46           | response_first
        twenty    | 60, lung 40 | 120, lung NE | PD
        less      | 60, lung 40 | 119, lung NE | NE
        shrunk    | 60, lung 40 | 10, lung NE  | NE
        all_there | 60, lung 40 | 110, lung 10 | PD
        partial   | 60, lung 40 | 60, lung 10  | PR
    """)


def test_what_is_measured_on_a_plain_film_is_measurable_from_20_mm_on(course):
    """Whether it is to be a target that nobody named, or a new lesion in the sum of Ji; a node likewise."""
    course("""
        person  | -10                                   | targets
        film    | plain liver 30, plain lung 20 by CR   | liver lung
        below   | plain liver 30, plain lung 19.9 by CR | liver
        digital | plain liver 30, plain lung 19.9 by DX | liver
        scanner | plain liver 30, plain lung 10 by CT   | liver lung
        node    | plain liver 30, plain node 19 by DX   | liver
    """)
    course("""
        person | -66 | -10 | 46                       | s_post_mm
        film   | 50  | 60  | 80, new lung 20 by CR    | 100
        below  | 50  | 60  | 80, new lung 19.9 by CR  | 80
        ct     | 50  | 60  | 80, new lung 10 by CT    | 90
    """, definition="ji2019")


def test_five_targets_two_an_organ(course):
    """Of more recorded targets the largest are followed: five, two an organ; the others are in no sum."""
    course("""
        person | -10                                                                  | targets
        organ  | liver1 30, liver2 25, liver3 20                                      | liver1 liver2
        six    | bone 19, colon 18, kidney 17, liver 16, lung 15, skin 14             | bone colon kidney liver lung
        both   | liver1 30, liver2 25, liver3 20, bone 12, colon 11, lung 13, skin 10 | bone colon liver1 liver2 lung
        nodes  | node1 25, node2 24, node3 23, liver 11                               | liver node1 node2
        case   | liver1 30, Liver2 25, LIVER3 20                                      | Liver2 liver1
    """)


def test_more_targets_than_allowed_are_told(course):
    """Where the source has more targets at baseline than are followed, the label says so."""
    course("""
        person | -10                             | uncapped_source
        three  | liver1 30, liver2 25, liver3 20 | yes
        two    | liver1 30, liver2 25            |
    """)


def test_what_lies_nowhere_is_an_organ_of_its_own(course):
    """Lesions without an organ do not crowd each other out."""
    course("""
        person  | -10                                      | targets
        nowhere | unplaced1 30, unplaced2 25, unplaced3 20 | unplaced1 unplaced2 unplaced3
    """)


def test_what_lies_nowhere_is_never_in_a_named_organ(course):
    """A lesion without an organ takes no place of a named organ."""
    course("""
        person | -10                                         | targets
        beside | liver 40, unplaced 20, wrist1 30, wrist2 25 | liver unplaced wrist1 wrist2
    """)


def test_lymph_nodes_of_all_stations_are_one_organ(course):
    """Two lymph nodes in all, wherever they lie."""
    course("""
        person   | -10                                                  | targets
        stations | hilar_node 25, neck_node 24, groin_node 23, liver 11 | hilar_node liver neck_node
    """)
    course("""
        person | -10                        | targets
        beside | a_node 20, b_node 19, a 18 | a a_node b_node
    """)


def test_each_scan_has_its_own_caps(course):
    """What is counted at one scan takes no place at another: the last of the fullest scans is the baseline."""
    course("""
        person | -30                  | -10                  | baseline | targets
        twice  | liver1 30, liver2 25 | liver1 32, liver2 26 | -10      | liver1 liver2
    """)
    course("""
        person | -30                | -10                           | baseline | targets
        nodes  | node1 20, node2 18 | bone 12, liver1 30, liver2 25 | -10      | bone liver1 liver2
    """)
    course("""
        person | -40               | -36  | -32  | -28  | -24  | -20  | -10                         | targets
        many   | lung1 20, lung2 8 | scan | scan | scan | scan | scan | liver 30, lung1 20, lung2 8 | liver lung1 lung2
    """)


def test_equal_sizes_are_ordered_by_organ_name(course):
    """Of six lesions of 20 mm in six organs the one whose organ comes last in the alphabet is left out."""
    course("""
        person | -10                                                          | targets
        organs | skin 20, bone 20, colon 20, kidney 20, liver 20, lung 20     | bone colon kidney liver lung
        larger | skin 21, bone 20, colon 20, kidney 20, liver 20, lung 20     | bone colon kidney liver skin
        none   | unplaced 20, bone 20, colon 20, kidney 20, liver 20, lung 20 | bone colon kidney liver lung
    """)


def test_equal_sizes_in_one_organ_are_ordered_by_history(course):
    """The larger at the earliest date on which they differ goes first; the numbers of lesions never matter."""
    course("""
        person | -100                      | -60                       | -10                           | targets
        pre    | hip1 10, hip2 15, hip3 12 |                           | hip1 20, hip2 20, hip3 20     | hip2 hip3
        later  | hip1 10, hip2 10, hip3 10 | hip1 15, hip2 12, hip3 14 | hip1 20, hip2 20, hip3 20     | hip1 hip3
        first  | hip1 15, hip2 12, hip3 14 | hip1 1, hip2 19, hip3 19  | hip1 20, hip2 20, hip3 20     | hip1 hip3
        unseen | hip3 5                    | hip1 19                   | hip1 20, hip2 20, hip3 20     | hip1 hip3
        gone   | hip2 gone, hip3 12        |                           | hip1 20, hip2 20, hip3 20     | hip2 hip3
        seen   | hip1 seen, hip2 gone      |                           | hip1 20, hip2 20, hip3 20     | hip1 hip2
        less   | hip2 seen, hip3 gone      |                           | hip1 20, hip2 20, hip3 20     | hip1 hip3
        no_row | hip2 seen, hip3 5         | hip1 15, hip2 12          | hip1 20, hip2 20, hip3 20     | hip1 hip3
        toes   | toe1 10, toe2 15, toe3 12 |                           | toe1 19, toe2 19, toe3 19     | toe2 toe3
        larger | hip1 15, hip2 10          |                           | hip1 seen, hip2 gone, hip3 20 | hip2 hip3
    """)


def test_the_history_of_others_does_not_matter(course):
    """Which of three equal lesions are followed depends on them alone, not on what lies beside them."""
    course("""
        person | -100                               | -10                                | targets
        larger | hip1 15, hip2 12, hip3 10, skin 90 | hip1 20, hip2 20, hip3 20, skin 11 | hip1 hip2 skin
        after  | hip1 15, hip2 10, hip3 12, skin 90 | hip1 20, hip2 20, hip3 20, skin 11 | hip1 hip3 skin
        before | bone 90, hip1 10, hip2 12, hip3 15 | bone 11, hip1 20, hip2 20, hip3 20 | bone hip2 hip3
    """)


def test_sizes_that_are_known_by_convention(course):
    """Of three targets in one organ the two largest: too small is 5 mm, gone is 0 mm, and no size is less than that."""
    course("""
        person | -10                                  | targets
        small  | liver1 30, liver2 seen, liver3 small | liver1 liver3
        gone   | liver1 seen, liver2 gone, liver3 30  | liver2 liver3
        four   | liver1 4, liver2 30, liver3 small    | liver2 liver3
    """)


def test_targets_by_irrc(course):
    """By irRC from 5 x 5 mm on, nodes as well: five an organ, ten in all, and five of the skin beside them."""
    livers, lungs = (", ".join(f"plain {organ}{n} 3{n}x20" for n in range(1, 6)) for organ in ("liver", "lung"))
    skins = ", ".join(f"plain {organ}{n} 2{n}x20" for organ in ("cutaneous", "skin") for n in range(1, 4))
    ten = "liver1 liver2 liver3 liver4 liver5 lung1 lung2 lung3 lung4 lung5"
    nowhere = [f"unplaced{n}" for n in range(1, 7)]
    course(f"""
        person   | -10                                               | targets
        border   | plain liver 5x5, plain lung 4.9x9, plain bone 9x4.9      | liver
        node     | plain node 6x6, plain lung 20                     | node
        named    | liver 4x4, plain lung 20x20                       | liver
        organ    | {livers}, plain liver6 40x20                      | liver2 liver3 liver4 liver5 liver6
        ten      | {livers}, {lungs}, plain bone 29x20               | {ten}
        skin     | {skins}                                           | cutaneous1 cutaneous2 cutaneous3 skin2 skin3
        besides  | {livers}, {lungs}, plain skin 40x20               | {ten} skin
        nowhere  | {", ".join(f"plain {name} 30x20" for name in nowhere)} | {" ".join(nowhere)}
    """, definition="kato2017_irrc")
    course(f"""
        person | -30     | -20     | -10                | baseline | targets
        scans  | {skins} | {skins} | {livers}, {lungs} | -10      | {ten}
    """, definition="kato2017_irrc")


def test_targets_are_derived_where_nobody_named_them(course):
    """The largest measurable lesions at baseline: from 10 mm on, nodes from 15 mm on; never one called non-target."""
    course("""
        person     | -10                                               | targets       | targets_derived
        measurable | plain liver 30, plain lung 10, plain bone 9.9     | liver lung    | yes
        nodes      | plain node1 15, plain node2 14.9                  | node1         | yes
        non_target | plain liver 30, other lung 40                     | liver         | yes
        unsized    | plain liver 30, plain lung seen, plain bone small | liver         | yes
        capped     | plain liver1 30, plain liver2 25, plain liver3 20 | liver1 liver2 | yes
        worse      | plain liver 30 worse, plain lung 12 worse         | liver lung    | yes
        too_small  | plain liver 30, plain lung 12 small               | liver         | yes
        named      | plain liver 30, lung 12                           | lung          |
    """)


def test_who_names_targets_only_later_names_none(course):
    """Targets are recorded if any is called so on or before the first dose, else derived."""
    course("""
        person     | -10                           | 0       | 1       | 46 | targets | targets_derived
        before     | plain liver 30                | lung 12 |         | 40 | lung    |
        only_after | plain liver 30                |         |         | 40 | liver   | yes
        next_day   | plain liver 30                |         | lung 12 | 40 | liver   | yes
        fewer      | plain liver 30, plain bone 20 | lung 12 |         | 40 | lung    |
    """)


def test_targets_are_derived_at_each_candidate_scan(course):
    """The baseline is the scan with the most derived targets, and its targets are the set."""
    course("""
        person | -66                           | -30                           | -10            | baseline | targets
        fuller | plain liver 20, plain lung 12 | plain liver 25, plain lung 13 | plain liver 30 | -30      | liver lung
        last   | plain liver 20, plain lung 12 | plain liver 25, plain lung 9  | plain liver 30 | -10      | liver
    """)


def test_the_study_may_derive_whatever_is_recorded(course):
    """With `targets = "derived"` it does not matter what the source calls targets."""
    course("""
        person | -10                     | targets
        named  | plain liver 30, lung 12 | liver lung
        none   | plain liver 30          | liver
    """, study={"lesions": {"targets": "derived"}})


def test_the_study_may_insist_on_recorded_targets(course):
    """With `targets = "recorded"` none are derived, and a person without is lacking measurable disease."""
    course("""
        person | -10                     | targets | reason
        named  | plain liver 30, lung 12 | lung    | early_dropout_other
        none   | plain liver 30          |         | no_measurable_disease
    """, study={"lesions": {"targets": "recorded"}})
