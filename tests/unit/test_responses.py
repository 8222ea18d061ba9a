"""The tables of the specification that name responses, asked of the response alone: quick, for mutation testing.

The timelines are aligned once, when this file is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from hpd_etl.config import Study
from hpd_etl.criteria import assess, window_sets
from hpd_etl.criteria.course import lines_of
from hpd_etl.criteria.response import _as_progression
from hpd_etl.criteria.response.frameworks import ICPD, IUPD, PD, SD
from hpd_etl.criteria.response.visits import visits
from hpd_etl.schema import Timeline
from hpd_etl.timeline import align
from tests.spec import notation
from tests.spec.assessing import told
from tests.unit.tables import tables, together

STUDY = Study(id="unit")
CHAPTERS = ("response", "response_recist", "response_irrc", "response_irecist", "parts", "imprecise_dates")
ANSWERS = {"responses", "derived", "recorded", "targets", "others", "new", "confirmed", "burdens", "nadirs", "windows",
           "best", "best_confirmed", "best_day", "from_day"}


@dataclass(frozen=True)
class Prepared:
    """Patients of one study just before their responses are judged by some criteria, and the lines of their tables."""

    framework: str
    lines: list[dict[str, str]]
    timeline: Timeline
    study: Study


def _aligned(lines: list[dict[str, str]], study: Study) -> Timeline:
    return align(notation.records(lines), study, window_sets([], study))


def _prepared() -> Iterator[Prepared]:
    asked = ((table.name, table.given[0], table.study, notation.rows(table.given[1]))
             for table in tables(CHAPTERS, "assess"))
    for framework, settings, lines in together(asked):
        study = Study.model_validate({"id": "unit", "responses": {"frameworks": [framework]}, **settings})
        yield Prepared(framework, lines, _aligned(lines, study), study)


def _holds(lines: list[dict[str, str]], timeline: Timeline, study: Study) -> None:
    wrong = [f"{line['person']}: {name} is {answer[name]}, not {line[name]}"
             for line, answer in zip(lines, told(lines, assess(timeline, study)), strict=True)
             for name in ANSWERS & set(line) if line[name] != answer[name]]
    assert not wrong, "\n".join(wrong)


PREPARED = list(_prepared())


@pytest.mark.parametrize("given", PREPARED, ids=lambda given: f"{given.framework}_{len(given.lines)}_lines")
def test_the_tables_hold(given):
    """Each line of the specification that names responses."""
    _holds(given.lines, given.timeline, given.study)


ALONE = {
    "nobody_examined": """
        person | doses | responses | best | best_confirmed
        one    | 0     |           | NE   | NE
    """,
    "first_time_point_of_all": """
        person | 28          | 56      | 84      | responses      | confirmed   | windows         | best
        one    | new lung 12 | lung 16 | lung 17 | iUPD iUPD iCPD | yes yes yes | 56..84 56..84 - | iCPD
    """,
    "first_answer_of_all": """
        person | 28         | 56   | responses | recorded | best
        one    | iRECIST SD | scan | SD        | SD       | NE
    """,
    "no_organ_known": """
        person | -10          | 28                                | 56                  | responses | confirmed
        one    | unplaced 100 | unplaced 100, new unplaced2 12    | unplaced 100, unplaced2 16 | iUPD iUPD | - -
    """,
}


@pytest.mark.parametrize("table", ALONE.values(), ids=ALONE)
def test_one_patient_alone(table):
    """The first time point, lesion and organ of all are such like any other, and none at all are no error."""
    lines, study = notation.rows(table), Study.model_validate({"id": "unit", "responses": {"frameworks": ["iRECIST"]}})
    _holds(lines, _aligned(lines, study), study)


def test_any_progression_is_one():
    """Whoever asks whether somebody progressed does not mind whether it was confirmed."""
    assert _as_progression(np.array([PD, IUPD, ICPD, SD, -1])).tolist() == [PD, PD, PD, SD, -1]


IN_FULL = {
    "assessments, answers": """
        framework | scan_date  | days_from_index | target | non_target    | new_lesion | derived | recorded | response
        RECIST1.1 | 2020-01-29 | 28              | PR     | NON_CR_NON_PD | False      | PR      |          | PR
        RECIST1.1 | 2020-03-25 | 84              | PD     | NE            | True       | PD      | SD       | PD
        iRECIST   | 2020-01-29 | 28              | PR     | NON_CR_NON_PD | False      | PR      |          | PR
        iRECIST   | 2020-03-25 | 84              | PD     | NE            | True       | iUPD    |          | iUPD
        irRC      | 2020-01-29 | 28              | PR     | NON_CR_NON_PD | False      | PR      |          | PR
        irRC      | 2020-03-25 | 84              | PD     | NE            | True       | PD      |          | PD
    """,
    "assessments, burden": """
        window_set | baseline_burden | nadir_burden | burden | burden_unit
        study      | 40.0            | 40.0         | 20.0   | mm
        study      | 40.0            | 20.0         | 30.0   | mm
        study      | 40.0            | 40.0         | 20.0   | mm
        study      | 40.0            | 20.0         | 30.0   | mm
        study;irRC | 800.0           | 800.0        | 200.0  | mm2
        study;irRC | 800.0           | 200.0        | 720.0  | mm2
    """,
    "assessments, confirmation": """
        confirmed | confirm_from_day | confirm_to_day
        False     |                  |
                  |                  |
        False     |                  |
                  | 112              | 140
        False     |                  |
                  |                  |
    """,
    "best_response": """
        framework | window_set | person_id | best | best_day | best_confirmed | best_confirmed_day
        RECIST1.1 | study      | one       | PR   | 28       | PD             | 84
        iRECIST   | study      | one       | PR   | 28       | iUPD           | 84
        irRC      | study;irRC | one       | PR   | 28       | NE             |
    """,
}


@pytest.mark.parametrize("part", IN_FULL)
def test_a_patient_in_full(part):
    """Every column where several criteria judge one patient: 800 mm2, 200, and 600 with 120 of a new lesion."""
    lines = notation.rows("""
        person | -10                    | 28                     | 84
        one    | 40x20, other bone seen | 20x10, other bone seen | 30x20, new lung 12x10, RECIST SD
    """)
    study = Study.model_validate({"id": "unit", "responses": {"frameworks": ["RECIST1.1", "iRECIST", "irRC"]}})
    made, expected = assess(_aligned(lines, study), study)[part.partition(",")[0]], notation.rows(IN_FULL[part])
    found = [{name: "" if pd.isna(value) else str(value).removesuffix(" 00:00:00") for name, value in row.items()}
             for row in made[list(expected[0])].to_dict("records")]
    assert found == expected


def test_visits_are_walked_side_by_side():
    """The first of all, then the second of those who have one, and so on; of some persons alone if only they matter."""
    [line] = lines_of(_aligned(notation.rows("""
        person | -10 | 28 | 56
        a      | 50  | 50 |
        b      | 50  |    |
        c      | 50  | 50 | 50
    """), STUDY), ["study"], STUDY).values()
    assert [at.tolist() for at in visits(line)] == [[0, 2, 3], [1, 4], [5]]
    assert [at.tolist() for at in visits(line, np.array([False, True, True]))] == [[2, 3], [4], [5]]
    assert [at.tolist() for at in visits(line, np.array([False, False, False]))] == []
