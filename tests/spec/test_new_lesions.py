"""New lesions (C5): called new by the source, and not seen at or before baseline."""


def test_what_is_a_new_lesion(course):
    """The source must call it new in some row; what was seen at or before baseline is not new."""
    course("""
        person     | -66          | -10                 | 46                | 90          | new_lesions | response_first
        called_new |              | 60                  | 60, new lung 12   |             | 1           | PD
        plain      |              | 60                  | 60, new lung seen |             | 1           | PD
        tiny       |              | 60                  | 60, new lung 3    |             | 1           | PD
        later      |              | 60                  | 60, plain lung 12 | new lung 14 | 1           | PD
        known      |              | 60, lung absent     | 60, new lung 8    |             | 0           | SD
        absent     |              | 60, new lung absent | 60, new lung 12   |             | 1           | PD
        missed     |              | 60, new lung NE     | 60, new lung 12   |             | 1           | PD
        seen       |              | 60, plain lung 3    | 60, new lung 12   |             | 0           | SD
        pre        | plain lung 8 | 60                  | 60, new lung 12   |             | 0           | SD
        none       |              | 60                  | 60                |             | 0           | SD
    """)


def test_new_between_baseline_and_the_first_dose(course):
    """What appears after the baseline scan is new, although it was seen before treatment."""
    course("""
        person | -20 | -5          | 46              | new_lesions | response_first
        before | 60  | new lung 11 | 60, new lung 12 | 1           | PD
    """)


def test_a_new_lesion_that_is_gone_is_none(course):
    """0 mm at the first evaluation, here looked for from day 40 on, is no new lesion any more."""
    course("""
        person | -10 | 20          | 46            | new_lesions | response_first
        stays  | 60  | new lung 12 | 60, lung 12   | 1           | PD
        gone   | 60  | new lung 12 | 60, lung gone | 0           | SD
        zero   | 60  | new lung 12 | 60, lung 0    | 0           | SD
    """, study={"windows": {"post_from_day": 40}})


def test_first_seen_late_is_left_out_and_flagged(course):
    """A lesion that turns up after baseline without being called new is in no sum and no response."""
    course("""
        person | -10               | 46                | new_lesions | response_first | first_seen_late
        late   | 60                | 60, plain lung 12 | 0           | SD             | yes
        other  | 60                | 60, other lung 12 | 0           | SD             | yes
        known  | 60, plain lung 11 | 60, plain lung 12 | 0           | SD             |
        called | 60                | 60, new lung 12   | 1           | PD             |
    """)


def test_the_study_may_count_what_is_first_seen_late(course):
    """With `new_lesions = "first_seen"` a lesion need not be called new."""
    course("""
        person | -10               | 46                | new_lesions | response_first
        late   | 60                | 60, plain lung 12 | 1           | PD
        known  | 60, plain lung 11 | 60, plain lung 12 | 0           | SD
    """, study={"lesions": {"new_lesions": "first_seen"}})


def test_lesions_and_organs_are_counted(course):
    """Two in the lung and one in the bone are three new lesions in two organs; what lies nowhere is its own organ."""
    course("""
        person | -10 | 46                                           | new_lesions | new_organs
        three  | 60  | 60, new lung1 12, new lung2 8, new bone seen | 3           | 2
        where  | 60  | 60, new unplaced1 12, new unplaced2 8        | 2           | 2
        none   | 60  | 60                                           | 0           | 0
    """)


def test_no_row_means_none_unless_the_study_denies_it(course):
    """Where lesions are recorded, no row for a new one means that there was none, and the label is flagged so."""
    course("""
        person      | -10 | 46              | response_first | lesions_complete
        stable      | 60  | 60              | SD             | yes
        progressive | 60  | 80              | PD             | yes
        new         | 60  | 60, new lung 12 | PD             |
    """)


def test_a_new_lesion_that_may_be_there_is_no_absent_one(course):
    """Asked for and not assessed is neither yes nor no, unless another is seen; with one seen, their number is open."""
    course("""
        person      | -10             | 46                           | new_lesions | response_first | lesions_complete
        unknown     | 60              | 60, new lung NE              |             | NE             |
        smaller     | 60              | 20, new lung NE              |             | NE             |
        progressive | 60              | 80, new lung NE              |             | PD             |
        another     | 60              | 60, new lung NE, new bone 12 |             | PD             |
        recorded    | 60              | 60, new lung NE, RECIST SD   |             | SD             |
        known       | 60, new lung 12 | 60, new lung NE              | 0           | SD             | yes
        not_new     | 60              | 60, other lung NE            | 0           | SD             | yes
        before      | 60, new lung NE | 60                           | 0           | SD             | yes
    """)


def test_a_new_lesion_once_seen_and_then_not_assessed(course):
    """Nobody knows whether it is still there: its number is open; gone when last seen, it stays gone without a row."""
    course("""
        person | -10 | 20              | 46                | new_lesions | response_first
        seen   | 60  | 60, new lung 12 | 60, new lung NE   |             | NE
        later  | 60  |                 | 60, new lung NE   |             | NE
        absent | 60  | new lung absent | 60, new lung NE   |             | NE
        no_row | 60  | 60, new lung 12 | 60                |             | SD
        gone   | 60  | 60, new lung 12 | 60, new lung gone | 0           | SD
    """, study={"windows": {"post_from_day": 40}})


def test_a_verdict_stands_where_it_does_not_depend_on_new_lesions(course):
    """The targets alone decide for Saada; Champiat needs the response, Kato and Ji the whole sum."""
    course("""
        person  | -66 | -10  | 46              | saada2017 | kato2017      | verdict       | s_post_mm
        unknown | 60  | 60.5 | 66, new lung NE | HPD       | NOT_EVALUABLE | NOT_EVALUABLE |
        yes     | 60  | 60.5 | 66, new lung 30 | HPD       | HPD           | HPD           | 96
        no      | 60  | 60.5 | 66              | HPD       | NOT_HPD       | HPD           | 66
    """, definition="ji2019")
    course("""
        person  | -66 | -10  | 46                           | verdict       | reason
        unknown | 60  | 60.5 | 66, new lung NE              | NOT_EVALUABLE | lesion_set_mismatch
        another | 60  | 60.5 | 66, new lung NE, new bone 12 | NOT_EVALUABLE | lesion_set_mismatch
    """, definition="ji2019")
    course("""
        person  | -66 | -10  | 46                           | verdict       | reason
        unknown | 60  | 60.5 | 66, new lung NE              | NOT_EVALUABLE | response_unknown
        another | 60  | 60.5 | 66, new lung NE, new bone 12 | HPD           | rule_met
        yes     | 60  | 60.5 | 66, new lung 12              | HPD           | rule_met
        no      | 60  | 60.5 | 66                           | NOT_HPD       | response_not_reached
    """, definition="champiat2017")


def test_where_new_lesions_may_be_missing_only_progression_can_be_told(course):
    """With `no_row_means_no_new_lesion = false` a tumour that shrank may still have progressed elsewhere."""
    course("""
        person      | -10 | 46              | response_first
        stable      | 60  | 60              | NE
        smaller     | 60  | 20              | NE
        progressive | 60  | 80              | PD
        new         | 60  | 60, new lung 12 | PD
        recorded    | 60  | 60, RECIST SD   | SD
    """, study={"lesions": {"no_row_means_no_new_lesion": False}})


def test_a_burden_with_new_lesions_is_unknown_where_they_may_be_missing(course):
    """With `no_row_means_no_new_lesion = false` Ji and Kato know no sum: beside a new lesion there may be another.

    By the targets alone 80 mm is twice the growth; Ji adds new lesions, and nobody says that there were no others. That
    there is one is known, and with it the response.
    """
    course("""
        person | -66 | -10 | 46              | kato2017      | verdict       | reason              | new_lesions
        silent | 50  | 60  | 80              | NOT_EVALUABLE | NOT_EVALUABLE | lesion_set_mismatch |
        told   | 50  | 60  | 80, new lung 12 | NOT_EVALUABLE | NOT_EVALUABLE | lesion_set_mismatch |
    """, definition="ji2019", study={"lesions": {"no_row_means_no_new_lesion": False}})
    course("""
        person | -66 | -10  | 46              | response_first | verdict       | saada2017
        silent | 60  | 60.5 | 66              | NE             | NOT_EVALUABLE | HPD
        told   | 60  | 60.5 | 66, new lung 12 | PD             | HPD           | HPD
    """, definition="champiat2017", study={"lesions": {"no_row_means_no_new_lesion": False}})


def test_an_answer_that_is_lost_on_a_day_of_its_own(course):
    """A new lesion that could not be assessed, on a day of which nothing else is known, leaves the answer of the time
    point open that it can concern: the last one up to 14 days before, else the next up to 7 days after.
    """
    course("""
        person  | -10 | 20 | 42       | 43       | 50           | 64       | 65       | new_lesions | response_first
        same    | 50  |    |          |          | 55, new b NE |          |          |             | NE
        weeks   | 50  |    |          |          | 55           | new b NE |          |             | NE
        later   | 50  |    |          |          | 55           |          | new b NE | 0           | SD
        before  | 50  |    |          | new b NE | 55           |          |          |             | NE
        earlier | 50  |    | new b NE |          | 55           |          |          | 0           | SD
        nearer  | 50  | 54 |          |          | 55           |          | new b NE | 0           | SD
    """, definition="saada2017")
