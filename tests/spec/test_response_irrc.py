"""irRC and irRECIST: new lesions enter the burden, and a response or progression waits for its confirmation."""


def test_limits_of_areas(assess):
    """By irRC half of the area is a response, a quarter more than the nadir progression; there is no least increase."""
    assess("irRC", """
        person    | -10   | 28    | 56    | responses | burdens
        quarter   | 40x20 | 40x25 |       | PD        | 1000
        below     | 40x20 | 40x24 |       | SD        | 960
        half      | 40x20 | 20x20 |       | PR        | 400
        above     | 40x20 | 21x20 |       | SD        | 420
        nadir     | 40x20 | 20x10 | 25x10 | PR PD     | 200 250
        all       | 40x20 | gone  |       | CR        | 0
        one_side  | 40x20 | 40    |       | NE        | -
        too_small | 40x20 | small |       | PR        | 25
    """)


def test_new_lesions_by_irrc(assess):
    """From 5 x 5 mm on they are added; smaller ones are never progression but preclude a complete response."""
    assess("irRC", """
        person     | -10   | 28                    | responses | burdens
        added      | 40x20 | 40x20, new lung 20x10 | PD        | 1000
        less       | 40x20 | 20x10, new lung 14x14 | PR        | 396
        little     | 40x20 | 40x20, new lung 5x5   | SD        | 825
        unmeasured | 40x20 | 40x20, new lung 4x4   | SD        | 800
        precludes  | 40x20 | gone, new lung 4x4    | PR        | 0
        seen       | 40x20 | gone, new lung seen   | PR        | 0
    """)


def test_five_new_lesions_of_an_organ_count_by_irrc(assess):
    """The five largest products of an organ, of the skin as well; who cannot be compared leaves the sum unknown."""
    assess("irRC", """
        person   | -10   | 28                                                                        | burdens
        five     | 40x20 | 40x20, new a 9x9, new a2 9x8, new a3 9x7, new a4 9x6, new a5 9x5             | 1115
        sixth    | 40x20 | 40x20, new a 9x9, new a2 9x8, new a3 9x7, new a4 9x6, new a5 9x5, new a6 8x5 | 1115
        larger   | 40x20 | 40x20, new a 9x9, new a2 9x8, new a3 9x7, new a4 9x6, new a5 9x5, new a6 9x9 | 1151
        other    | 40x20 | 40x20, new a 9x9, new a2 9x8, new a3 9x7, new a4 9x6, new a5 9x5, new b 8x5  | 1155
        one_side | 40x20 | 40x20, new a 9x9, new a2 9x8, new a3 9x7, new a4 9x6, new a5 9x5, new a6 6   | -
    """)


def test_the_study_may_cap_new_lesions_by_irrecist(assess):
    """The largest of each scan, two an organ and five in all; without the cap every one counts."""
    table = """
        person | -10 | 28                                                                    | burdens
        two    | 100 | 100, new a 19, new a2 18                                              | 137
        third  | 100 | 100, new a 19, new a2 18, new a3 10                                   | {}
        five   | 100 | 100, new a 11, new b 11, new c 11, new d 11, new e 11                 | 155
        sixth  | 100 | 100, new a 11, new b 11, new c 11, new d 11, new e 11, new f 15       | {}
        small  | 100 | 100, new a 9, new a2 8, new a3 10                                     | 110
    """
    assess("irRECIST", table.format(147, 170))
    assess("irRECIST", table.format(137, 159), study={"criteria": {"new_lesion_cap": True}})


def test_the_study_may_say_until_when_irrecist_confirms(assess):
    """Some sources ask for the confirmation within twelve weeks; a response has no last day."""
    table = """
        person   | -10 | 28  | 112 | 113 | responses | confirmed | best_confirmed
        in_time  | 100 | 120 | 120 |     | PD PD     | yes -     | PD
        too_late | 100 | 120 |     | 120 | PD PD     | {} -      | {}
        response | 100 | 60  |     | 60  | PR PR     | yes -     | PR
    """
    assess("irRECIST", table.format("yes", "PD"))
    twelve_weeks = {"frameworks": ["irRECIST"], "irrecist_confirm_to_days": 84}
    assess("irRECIST", table.format("-", "NE"), study={"responses": twelve_weeks})


def test_other_lesions_are_no_progression_by_irrc(assess):
    """Unequivocal progression of non-targets beside half the area is a response; what is left is no complete one."""
    assess("irRC", """
        person | -10                    | 28                      | others  | responses
        worse  | 40x20, other bone seen | 20x20, other bone worse | PD      | PR
        left   | 40x20, other bone seen | gone, other bone seen   | neither | PR
        gone   | 40x20, other bone seen | gone, other bone gone   | CR      | CR
    """)


def test_irrc_confirms_what_it_says(assess):
    """The next assessments at least 28 days later must say the same; what is not confirmed counts for nothing."""
    assess("irRC", """
        person    | -10   | 28    | 42    | 56    | 84    | responses | confirmed | best | best_confirmed
        confirmed | 40x20 | 40x30 |       | 40x30 |       | PD PD     | yes -     | PD   | PD
        too_soon  | 40x20 | 40x30 | 40x30 |       |       | PD PD     | - -       | PD   | NE
        refuted   | 40x20 | 40x30 |       | 40x10 | 40x10 | PD PR PR  | no yes -  | PD   | PR
        between   | 40x20 | 40x30 | 40x20 | 40x30 |       | PD SD PD  | no - -    | PD   | SD
        alone     | 40x20 | 20x10 |       |       |       | PR        | -         | PR   | NE
        all_gone  | 40x20 | 40x30 |       | gone  |       | PD CR     | no -      | PD   | SD
    """)


def test_targets_of_irrc(assess):
    """The five largest of an organ where RECIST has two; what the source calls so, or from 5 x 5 mm on."""
    assess("irRC", """
        person | -10                                           | 28                                       | burdens
        called | a 9x9, a2 8x8, a3 8x7, a4 7x7, a5 6x6, a6 5x5 | a 9, a2 8, a3 8, a4 7, a5 6              | -
        sized  | a 9x9, a2 8x8, a3 8x7, a4 7x7, a5 6x6, a6 5x5 | a gone, a2 gone, a3 gone, a4 7x6, a5 6x6 | 78
        found  | plain a 5x5, plain b 9x4                      | plain a 6x6, plain b 9x9                 | 36
    """)


def test_irrecist_waits_for_confirmation(assess):
    """Its first progression counts for the best response only when a later assessment says so again."""
    assess("irRECIST", """
        person    | -10 | 28               | 56               | responses | confirmed | best | best_confirmed | burdens
        confirmed | 100 | 100, new lung 20 | 100, new lung 20 | PD PD     | yes -     | PD   | PD             | 120 120
        refuted   | 100 | 100, new lung 20 | 60, new lung 10  | PD PR     | no -      | PD   | SD             | 120 70
        twelve    | 100 | 100, new lung 12 | 100, new lung 12 | SD SD     | - -       | SD   | SD             | 112 112
        precludes | 100 | gone, new lung 9 |                  | PR        | -         | PR   | NE             | 0
    """)


def test_each_framework_of_a_new_lesion_beside_100_mm(assess):
    """20 mm and 12 mm beside stable targets: the same patients under the four criteria."""
    table = """
        person | -10    | 28                     | responses
        twenty | 100x99 | 100x99, new lung 20x10 | {}
        twelve | 100x99 | 100x99, new lung 12x10 | {}
    """
    for framework, twenty, twelve in (("RECIST1.1", "PD", "PD"), ("irRECIST", "PD", "SD"), ("iRECIST", "iUPD", "iUPD"),
                                      ("irRC", "SD", "SD")):
        assess(framework, table.format(twenty, twelve))


def test_from_nothing_any_burden_is_progression_by_irrecist(assess):
    """The least increase of 5 mm is asked for where there is a nadir above 0; tenths of a millimetre count."""
    assess("irRECIST", """
        person   | -10 | 28                 | 56   | responses | burdens
        half     | 50  | gone               | 0.5  | CR PD     | 0 0.5
        nothing  | 50  | gone               | gone | CR CR     | 0 0
        one_left | 50  | 1                  | 1    | PR PR     | 1 1
        four     | 50  | 1                  | 5    | PR PR     | 1 5
        tenths   | 100 | 100, new lung 19.9 |      | SD        | 119.9
    """)


def test_what_else_is_progression_by_irrecist(assess):
    """Not known before is none, and neither are non-targets nor lesions without a size, unless the study says so."""
    table = """
        person     | -10                    | 28                           | new | others | responses
        worse      | 40x20, other bone seen | 40x20, other bone worse      | no  | PD     | {0}
        unmeasured | 40x20                  | 40x20, new lung seen         | yes | -      | {0}
        measured   | 40x20                  | 40x20, new lung 5            | yes | -      | {1}
        large      | 100x4                  | 100x4, new lung 12x4         | yes | -      | SD
        unknown    | 40x20                  | 40x20, new lung NE           | -   | -      | NE
    """
    counted = {"criteria": {"irrecist_nontarget_pd": True}}
    assess("irRECIST", table.format("SD", "SD"))
    assess("irRECIST", table.format("PD", "PD"), study=counted)
    assess("irRC", table.format("SD", "NE"), study=counted)
