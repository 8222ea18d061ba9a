"""The tables of the specification that name responses, asked of the response alone: quick, for mutation testing.

The timelines are aligned once, when this file is read or first needs them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest

from hpd_etl.config import Study
from hpd_etl.criteria import assess, window_sets
from hpd_etl.criteria.burden import burden
from hpd_etl.criteria.course import course_by_window_set
from hpd_etl.criteria.response import CODES, PD, respond
from hpd_etl.criteria.response.frameworks import NONE
from hpd_etl.criteria.response.visits import visits
from hpd_etl.schema import Timeline
from hpd_etl.timeline import align
from tests.spec import notation
from tests.spec.assessing import told
from tests.unit.tables import tables, together

CHAPTERS = ("response", "response_recist", "response_irrc", "response_irecist", "parts", "imprecise_dates")
ANSWERS = {"responses", "derived", "recorded", "targets", "others", "new", "confirmed", "burdens", "nadirs", "windows",
           "best", "best_confirmed", "best_day", "from_day"}


@dataclass(frozen=True)
class Prepared:
    """Patients of one study just before their responses are judged by some criteria, and the lines of their table."""

    lines: list[dict[str, str]]
    timeline: Timeline
    study: Study

    def holds(self) -> None:
        """Each line is what the tables of responses say."""
        wrong = [f"{line['person']}: {name} is {answer[name]}, not {line[name]}"
                 for line, answer in zip(self.lines, told(self.lines, assess(self.timeline, self.study)), strict=True)
                 for name in ANSWERS & set(line) if line[name] != answer[name]]
        assert not wrong, "\n".join(wrong)


def _aligned(lines: list[dict[str, str]], frameworks: list[str], settings: dict[str, object]) -> Prepared:
    study = Study.model_validate({"id": "unit", "responses": {"frameworks": frameworks}, **settings})
    return Prepared(lines, align(notation.records(lines), study, window_sets([], study)), study)


def _prepared() -> Iterator[object]:
    asked = ((table.name, table.given[0], table.study, notation.rows(table.given[1]))
             for table in tables(CHAPTERS, "assess"))
    for framework, settings, lines in together(asked):
        yield pytest.param(_aligned(lines, [framework], settings), id=f"{framework}_{len(lines)}_lines")


@cache
def _table(table: str, *frameworks: str) -> Prepared:
    """A table on its own, aligned once: every mutant finds it made."""
    return _aligned(notation.rows(table), list(frameworks), {})


@pytest.mark.parametrize("given", list(_prepared()))
def test_the_tables_hold(given):
    """Each line of the specification that names responses."""
    given.holds()


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
    "first_baseline_of_all": """
        person | -10         | 28           | targets | nadirs | best
        one    | 100, lung 9 | 100, lung NE | NE      | 109    | NE
    """,
    "first_sum_of_all": """
        person | -10     | -3           | 28                   | others | burdens
        one    | SLD 100 | other bone 9 | SLD 60, other bone 9 | -      | 60
    """,
    "first_other_lesion_of_all": """
        person | -10          | 28           | others | responses | best
        one    | other bone 9 | other bone 9 | neither | neither  | NE
    """,
    "no_organ_known": """
        person | -10          | 28                             | 56                         | responses | confirmed
        one    | unplaced 100 | unplaced 100, new unplaced2 12 | unplaced 100, unplaced2 16 | iUPD iUPD | - -
    """,
}


@pytest.mark.parametrize("table", ALONE.values(), ids=ALONE)
def test_one_patient_alone(table):
    """The first time point, lesion and organ of all are such like any other, and none at all are no error."""
    _table(table, "iRECIST").holds()


def test_what_other_modules_ask_of_a_response():
    """Any progression is one, whether it was confirmed or not, derived or recorded; and where each came from."""
    given = _table("""
        person | -10                  | 28               | 56                         | 84
        one    | 9, a 9, other bone 9 | 30, iRECIST iUPD | 31, a NE, other bone worse | a NE, iRECIST iCPD
    """, "iRECIST")
    [line] = course_by_window_set(given.timeline, ["study"], given.study).values()
    response = respond(line, burden(line, given.timeline, given.study), given.timeline, "iRECIST", given.study)
    assert [CODES[code] for code in response.assessed[1:]] == ["iUPD", "iCPD", "iCPD"]
    assert response.code[1:].tolist() == [PD, PD, PD]
    assert response.written[1:].tolist() == [PD, NONE, PD]
    assert response.recorded[1:].tolist() == [False, False, True]
    assert response.non_target_pd[1:].tolist() == [False, True, False]


@pytest.mark.parametrize("frameworks", [("irRC",), ("RECIST1.1", "irRC")])
def test_each_of_the_criteria_has_rows_of_its_own(frameworks):
    """One for the visit and one for the best response, numbered on, of a single one and of several."""
    given = _table("""
        person | -10 | 28
        one    | 50  | 60
    """, *frameworks)
    made = assess(given.timeline, given.study).values()
    assert [table["framework"].to_dict() for table in made] == [dict(enumerate(frameworks))] * 2


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
    given = _table("""
        person | -10                    | 28                     | 84
        one    | 40x20, other bone seen | 20x10, other bone seen | 30x20, new lung 12x10, RECIST SD
    """, "RECIST1.1", "iRECIST", "irRC")
    made, expected = assess(given.timeline, given.study)[part.partition(",")[0]], notation.rows(IN_FULL[part])
    found = [{name: "" if pd.isna(value) else str(value).removesuffix(" 00:00:00") for name, value in row.items()}
             for row in made[list(expected[0])].to_dict("records")]
    assert found == expected


def test_visits_are_walked_side_by_side():
    """The first of all, then the second of those who have one, and so on; of some persons alone if only they matter."""
    given = _table("""
        person | -10 | 28 | 56
        a      | 50  | 50 |
        b      | 50  |    |
        c      | 50  | 50 | 50
    """, "RECIST1.1")
    [line] = course_by_window_set(given.timeline, ["study"], given.study).values()
    assert [at.tolist() for at in visits(line)] == [[0, 2, 3], [1, 4], [5]]
    assert [at.tolist() for at in visits(line, np.array([False, True, True]))] == [[2, 3], [4], [5]]
    assert [at.tolist() for at in visits(line, np.array([False, False, False]))] == []
