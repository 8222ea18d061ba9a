"""The tables of the specification that name scans or targets, asked of the choice itself: quick, for mutation testing.

What stands before the choice (rows, time points) is made once, when this file is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from hpd_etl import timeline
from hpd_etl.config import Study, Windows
from hpd_etl.criteria import window_sets
from hpd_etl.grouping import NO_DAY
from hpd_etl.library import published, variants
from hpd_etl.schema import SCAN_CHOICES
from hpd_etl.timeline.lesions import LesionDays
from hpd_etl.timeline.targets import owners, sightings, under
from hpd_etl.timeline.time_points import Points, choose, reasons_of
from tests.spec import notation
from tests.unit.tables import tables

CHAPTERS = ("baseline_scan", "prebaseline_scan", "first_evaluation", "time_points", "targets", "lesion_values",
            "sums_and_responses", "new_lesions", "local_therapy", "parts", "volumes")
ASKED = {"pre", "baseline", "post", "refused", "targets", "uncapped_source"}
DEFINITIONS = {each.id: each for one in published() for each in (one, *variants(one))}
ROLES = SCAN_CHOICES["role"].values


@dataclass(frozen=True)
class Prepared:
    """Patients of one study and definition just before their scans are chosen, and what each table line expects."""

    name: str
    lines: list[dict[str, str]]
    lesions: LesionDays
    points: Points
    row_point: np.ndarray
    row_day: np.ndarray
    windows: Windows
    study: Study


def _prepared() -> Iterator[Prepared]:
    for table in tables(CHAPTERS, "course"):
        lines = sorted(notation.rows(table.given[0]), key=lambda line: line["person"])
        if ASKED & set(lines[0]):
            definition = DEFINITIONS[(*table.given[1:], "saada2017")[0]]
            yield _before_the_choice(table.name, lines, Study.model_validate({"id": "unit", **table.study}), definition)


def _before_the_choice(name, lines, study, definition) -> Prepared:
    held = {}

    def sighted(lesions, point, day, persons, asked):
        held.update(lesions=lesions, row_point=point, row_day=day)
        return sightings(lesions, point, day, persons, asked)

    def chosen(points, rows, windows, persons):
        held.update(points=points)
        return choose(points, rows, windows, persons)

    windows = window_sets([definition], study)
    with pytest.MonkeyPatch.context() as tap:
        tap.setattr(timeline, "sightings", sighted)
        tap.setattr(timeline, "choose", chosen)
        timeline.align(notation.records(lines), study, windows)
    return Prepared(name=name, lines=lines, windows=windows[definition.window_set], study=study, **held)


PREPARED = list(_prepared())


def _answers(given: Prepared) -> list[dict[str, str]]:
    """Scans, refusals and targets of each line, as a table writes them."""
    n = len(given.lines)
    rows = sightings(given.lesions, given.row_point, given.row_day, n, given.study)
    rows = under(rows, given.lesions, given.windows.targets_of)
    choice = choose(given.points, rows, given.windows, n)
    answers: list[dict[str, str]] = [{"refused": "", "targets": ""} for _ in range(n)]
    role, texts, reason, out = reasons_of(given.points, choice, given.windows)
    for at, person in enumerate(given.points.person):
        day, why = str(given.points.day[at]), texts[reason[at]]
        if ROLES[role[at]] == "refused":
            told = f"{day} {why}" + f" {out[at]}" * bool(out[at])
            answers[person]["refused"] += ", " * bool(answers[person]["refused"]) + told
        else:
            assert why in ("latest_with_most_baseline_targets", "latest_with_most_targets", "first_in_window")
            assert not out[at]
            answers[person][ROLES[role[at]]] = day
    for person in np.flatnonzero(rows.recorded & (choice.baseline >= 0)):
        answers[person]["uncapped_source"] = "yes" if choice.uncapped[choice.baseline[person]] else ""
    names, owner = given.lesions.names["lesion_id"].to_pylist(), owners(rows)
    for name, person in sorted((names[given.lesions.name_of[each]], owner[each]) for each in choice.target_lesions):
        answers[person]["targets"] += " " * bool(answers[person]["targets"]) + name
    return answers


def test_the_tables_hold():
    """Each line of the specification that names scans, refusals or targets; one test, which is quick."""
    for given in PREPARED:
        wrong = [f"{given.name} {line['person']}: {name} is {answer.get(name, '')}, not {line[name]}"
                 for line, answer in zip(given.lines, _answers(given), strict=True)
                 for name in ASKED & set(line) if line[name] != answer.get(name, "")]
        assert not wrong, "\n".join(wrong)


def test_where_nobody_was_examined_there_is_no_day():
    """Without any point a scan that nobody has lies on no day, for each person."""
    points = Points(*(np.zeros(0, dtype) for dtype in (int, int, bool, bool, bool, bool)))
    assert (points.day_of(np.array([-1, -1])) == NO_DAY).all()
