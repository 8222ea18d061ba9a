"""What align refuses (A8), each with its reason; the person goes on with what is left."""

import pytest

from hpd_etl.config import Study
from hpd_etl.schema import Records
from hpd_etl.timeline import align

from . import notation


def test_rows_outside_of_life(course):
    """Nothing happens before birth or after death; the days themselves are allowed."""
    course("""
        person | birth | death | followup | -66 | -10 | 46 | rejected               | reason
        alive  | -66   | 46    | -66..46  | 50  | 60  | 80 |                        | rule_met
        before | -65   |       | -65..365 | 50  | 60  | 80 | 1 lesions before_birth | no_prebaseline_scan
        after  |       | 45    | -365..45 | 50  | 60  | 80 | 1 lesions after_death  | early_dropout_death
    """)


def test_every_dated_table_is_held_against_death(course):
    """A sum, a response, a therapy, a dose or an examination of a dead person is refused."""
    course("""
        person      | death | 46        | doses | therapies             | rejected
        examination | 40    | scan      | 0     |                       | 1 scans after_death
        total       | 40    | SLD 50    | 0     |                       | 1 tumour_sums after_death
        response    | 40    | RECIST PD | 0     |                       | 1 responses after_death
        dose        | 40    |           | 0, 46 |                       | 1 doses after_death
        therapy     | 40    |           | 0     | systemic docetaxel 46 | 1 therapies after_death
    """)


def test_an_end_before_the_start(course):
    """A dose, a therapy or a follow-up that ends before it starts is no row; the others stand."""
    course("""
        person   | doses     | therapies             | followup | rejected                     | ttf
        dose     | 0, 14..7  |                       | 0..365   | 1 doses end_before_start     | 0
        therapy  | 0         | radiation liver 14..7 | 0..365   | 1 therapies end_before_start | 0
        followup | 0         |                       | 365..0   | 1 followup end_before_start  | 0..
        one_day  | 0, 14..14 |                       | 0..365   |                              | 14
    """)


def test_sizes_that_cannot_be(course):
    """Impossible sizes and two values for one lesion and day are refused; 0 mm is no error."""
    course("""
        person   | -10    | rejected
        zero     | 0      |
        negative | -1     | 1 lesions impossible_size
        above    | 501    | 1 lesions impossible_size
        conflict | 50, 51 | 2 lesions conflicting_measurements
    """)


def test_a_lesion_is_not_there_and_gone_on_one_day(course):
    """0 mm, disappeared or not yet present beside seen or progressed contradict each other; a new one too."""
    course("""
        person  | -10         | 46                         | s_post_mm | rejected
        zero    | 60, lung 20 | 80, lung 0, lung seen      |           | 2 lesions conflicting_measurements
        gone    | 60, lung 20 | 80, lung gone, lung worse  |           | 2 lesions conflicting_measurements
        absent  | 60, lung 20 | 80, lung absent, lung seen |           | 2 lesions conflicting_measurements
        small   | 60, lung 20 | 80, lung small, lung seen  | 85        |
        not_two | 60, lung 20 | 80, lung 0, lung NE        | 80        |
    """)
    course("""
        person | -10 | 46                            | new_lesions | rejected
        new    | 60  | 60, new lung 0, new lung seen |             | 2 lesions conflicting_measurements
        seen   | 60  | 60, new lung seen             | 1           |
    """)


def test_who_has_no_usable_dose_is_refused_and_counted(course):
    """Without a dose there is no day 0 and no label, but the person stands among the rejections."""
    course("""
        person | death | doses | -66 | -10 | 46 | rejected                                     | verdict
        none   | 40    | 50    | 50  | 60  |    | 1 doses after_death, 1 persons no_index_dose |
        some   |       | 0     | 50  | 60  | 80 |                                              | HPD
    """)


def test_a_refused_dose_that_may_be_the_first_leaves_day_0_unknown(course):
    """A dose without a day, or of an earlier one, was given; that the first that is left is the first is a guess."""
    course("""
        person  | doses   | lost             | -66 | -10 | 46 | verdict       | reasons        | earlier_dose | s0_mm
        all     | 0, 21   |                  | 50  | 60  | 80 | HPD           | rule_met       |              | 60
        undated | 0, ?    |                  | 50  | 60  | 80 | NOT_EVALUABLE | imprecise_date | possible     |
        lost    | 0       | no_date ?        | 50  | 60  | 80 | NOT_EVALUABLE | imprecise_date | possible     |
        earlier | 0       | code_expired -1  | 50  | 60  | 80 | NOT_EVALUABLE | imprecise_date | possible     |
        later   | 0       | code_expired 0   | 50  | 60  | 80 | HPD           | rule_met       |              | 60
        order   | 0       | not_realised -20 | 50  | 60  | 80 | HPD           | rule_met       |              | 60
        part    | 2020-01 | status_unknown ? | 50  | 60  | 80 | NOT_EVALUABLE | imprecise_date | possible     |
        no_scan | 0       | no_date ?        | 50  | 60  |    | NOT_EVALUABLE | imprecise_date | possible     |
    """)


def test_a_refused_dose_that_cannot_be_true_leaves_a_flag(course):
    """The person goes on with what is left (A8); that there may be an earlier dose is said beside the verdict."""
    course("""
        person | birth | death | doses       | lost                    | -66 | -10 | 46 | verdict | earlier_dose
        span   |       |       | 0, -20..-30 |                         | 50  | 60  | 80 | HPD     | doubtful
        after  |       |       | 0, 40..30   |                         | 50  | 60  | 80 | HPD     |
        unborn | -999  |       | 0, -1000    |                         | 50  | 60  | 80 | HPD     | doubtful
        dead   |       | 300   | 0, 301      |                         | 50  | 60  | 80 | HPD     |
        nobody |       |       | 0           | reference_unresolved -4 | 50  | 60  | 80 | HPD     | doubtful
    """)


def test_a_dose_that_was_refused_is_said_beside_the_verdict(course):
    """Whether or not it leaves day 0 unknown."""
    course("""
        person | doses       | -66 | -10 | 46 | earlier_dose_refused | imprecise_date
        all    | 0           | 50  | 60  | 80 |                      |
        none   | 0, ?        | 50  | 60  | 80 | yes                  | yes
        span   | 0, -20..-30 | 50  | 60  | 80 | yes                  |
    """)


def test_a_refused_dose_before_some_of_the_days_that_the_first_may_have(course):
    """The first dose is of January; one of the fifth was refused, so it is earlier on most of the days."""
    course("""
        person | doses   | lost            | -66 | -10 | 46 | verdict       | reasons        | courses
        ours   | 2020-01 |                 | 50  | 60  | 80 | HPD           | rule_met       | 31
        both   | 2020-01 | code_expired 4  | 50  | 60  | 80 | NOT_EVALUABLE | imprecise_date | 0
        later  | 2020-01 | code_expired 40 | 50  | 60  | 80 | HPD           | rule_met       | 31
    """)


@pytest.mark.parametrize(("column", "value", "reason"), [
    ("person_id", "nobody", "unknown_person"), ("scan_date", None, "date_missing"),
])
def test_rows_that_cannot_be_placed(column, value, reason):
    """A row of a person without a row of their own, or without a day, is refused."""
    records = notation.records(notation.rows("""
        person | -66 | -10 | 46
        one    | 50  | 60  | 80
    """))
    frames = {table.name: frame for table, frame in records}
    frames["lesions"] = frames["lesions"].assign(**{column: [value, *frames["lesions"][column][1:]]})
    study = Study(id="spec")
    rejected = align(Records.of(frames), study, {"study": study.windows}).rejections
    assert rejected[["table", "reason", "source_id"]].to_numpy().tolist() == [["lesions", reason, "lesions:3"]]
