"""Recorded sums and responses (C14): used where there are no lesions; derived figures come first, never mixed."""


def test_recorded_sums_stand_in_for_lesions(course):
    """Without any target row the recorded sums of longest diameters choose the scans and are the burden."""
    course("""
        person  | -66         | -10            | 46          | s_pre_mm | s0_mm | s_post_mm | targets | sum_recorded
        sums    | SLD 50      | SLD 60         | SLD 80      | 50       | 60    | 80        |         | yes
        lesions | 50          | 60             | 80          | 50       | 60    | 80        | liver   |
        both    | 50, SLD 500 | 60, SLD 500    | 80, SLD 500 | 50       | 60    | 80        | liver   |
        equal   | SLD 50      | SLD 60, SLD 60 | SLD 80      | 50       | 60    | 80        |         | yes
        two     | SLD 50      | SLD 60, SLD 61 | SLD 80      |          |       | 80        |         |
    """)


def test_sums_are_never_mixed_with_lesions(course):
    """A person with a target row at any of the three scans is measured by lesions alone."""
    course("""
        person   | -66    | -10                 | 46          | pre | post | reason
        pre_sum  | SLD 50 | 60                  | 80          |     | 46   | no_prebaseline_scan
        missed   | 50     | 60, lung 20, SLD 80 | 80, SLD 100 | -66 | 46   | lesion_set_mismatch
        post_sum | 50     | 60                  | SLD 80      | -66 |      | no_post_scan
    """)


def test_only_sums_of_longest_diameters_choose_scans(course):
    """A sum of products is an examination but no burden in millimetres: 36 days for 50 to 60, 76 for 60 to 80."""
    course("""
        person   | -66    | -30    | -10     | 46     | baseline | s0_mm | reason
        products | SLD 50 | SLD 60 | SPD 900 | SLD 80 | -30      | 60    | tgk_ratio_not_reached
        alone    |        |        | SPD 900 | SLD 80 |          |       | no_measurable_disease
    """)


def test_from_sums_alone_only_progression_can_be_told(course):
    """Nobody knows whether there were new lesions, so the absence of progression is not seen in a sum."""
    course("""
        person      | -10    | 46                | response_first | response_recorded
        progressive | SLD 60 | SLD 72            | PD             |
        stable      | SLD 60 | SLD 71            | NE             |
        smaller     | SLD 60 | SLD 20            | NE             |
        recorded    | SLD 60 | SLD 60, RECIST SD | SD             | yes
        contradicts | SLD 60 | SLD 72, RECIST SD | PD             |
    """)


def test_a_sum_belongs_to_the_time_point_of_its_day(course):
    """A sum on the day of a study belongs to that study's time point, any other is a time point of its own."""
    course("""
        person | -10    | 40               | 42                       | post | s_post_mm | refused
        merged | SLD 60 | other bone1 seen | other lung1 seen, SLD 80 | 40   | 80        |
        apart  | SLD 60 | other bone1 seen | SLD 80                   | 42   | 80        | 40 nothing_assessed
    """)


def test_a_recorded_response_stands_where_none_can_be_derived(course):
    """Derived from lesions first; else the recorded one, the worst of several; a stated `not evaluable` is none."""
    course("""
        person     | -10         | 46                       | response_first | response_recorded
        derived    | 60          | 60, RECIST PD            | SD             |
        incomplete | 60, lung 20 | 60, RECIST PD            | PD             | yes
        stable     | 60, lung 20 | 60, RECIST SD            | SD             | yes
        worst      | 60, lung 20 | 60, RECIST PR, RECIST SD | SD             | yes
        unjudged   | 60, lung 20 | 60, RECIST NE            | NE             |
        nothing    | 60, lung 20 | 60                       | NE             |
        frame_only | 60, lung 20 | 60, some PD              | PD             | yes
        immune     | 60, lung 20 | 60, irRECIST PD          | NE             |
    """)


def test_immune_criteria_accept_only_their_own_responses(course):
    """Under irRECIST a response without a framework, or by RECIST, says nothing."""
    course("""
        person     | -10         | 46              | response_first
        immune     | 60, lung 20 | 60, irRECIST PD | PD
        recist     | 60, lung 20 | 60, RECIST PD   | NE
        frame_only | 60, lung 20 | 60, some PD     | NE
    """, definition="ji2019")


def test_a_response_belongs_to_the_last_time_point_of_two_weeks(course):
    """A response up to 14 days after a time point, on the same side of the first dose, is that time point's."""
    course("""
        person   | -10         | 3         | 46 | 60        | 61        | post | response_first
        day_14   | 60, lung 20 |           | 60 | RECIST PD |           | 46   | PD
        day_15   | 60, lung 20 |           | 60 |           | RECIST PD | 46   | NE
        alone    | 60, lung 20 |           |    |           | RECIST PD | 61   | PD
        baseline | 60, lung 20 | RECIST PD |    |           |           | 3    | PD
    """)


def test_scans_are_chosen_from_sums_as_from_lesions(course):
    """The last before treatment and the first on it; a sum beside target lesions at any of its scans is not used."""
    lesions, sums = "-10 no_target_assessed, 46 nothing_assessed", "-100 earlier_than_chosen, 60 after_first_evaluation"
    course(f"""
        person    | -100   | -60     | -30 | -10    | 46         | 60     | pre | baseline | post | refused
        lesion    |        |         | 50  | SLD 60 | SLD 80     |        |     | -30      |      | {lesions}
        only_sums |        |         |     | SLD 60 | SLD 80     |        |     | -10      | 46   |
        sums      | SLD 50 | SLD 55  |     | SLD 60 | SLD 80     | SLD 90 | -60 | -10      | 46   | {sums}
        late_row  |        |         |     | SLD 60 | 50, SLD 80 |        |     | -10      | 46   |
    """)


def test_a_target_beside_a_sum_before_baseline(course):
    """Sums are not used where targets were measured at their pre-baseline scan."""
    mixed = "-60 before_baseline_window 18, -10 no_target_assessed"
    course(f"""
        person | -60        | -10    | 46     | pre | baseline | post | refused
        mixed  | 50, SLD 50 | SLD 60 | SLD 80 |     |          | 46   | {mixed}
        sums   | SLD 50     | SLD 60 | SLD 80 | -60 | -10      | 46   |
    """)


def test_sums_of_the_first_person(course):
    """Who is listed first is treated as anybody else."""
    course("""
        person | -10    | 46     | baseline | post
        first  | SLD 60 | SLD 80 | -10      | 46
        second | SLD 60 | SLD 80 | -10      | 46
    """)
    course("""
        person | -30 | -10    | 46     | baseline | post
        lesion | 50  | SLD 60 | SLD 80 | -30      |
    """)
