"""The laws for every published definition and every variant that differs from it, a slice of them at a time."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from hpd_etl.config import Study
from hpd_etl.criteria import window_sets
from hpd_etl.criteria.rules import leaves
from hpd_etl.library import everything, named, variants
from hpd_etl.timeline import align
from tests.laws.outcomes import assert_same, changed, outcome, rows
from tests.reference.generator import seeded_patients
from tests.reference.patient import Finding, Lesion, Patient, records_of
from tests.reference.patients import three_scans

PUBLISHED = everything(None)
EVERY = (*PUBLISHED, *(each.id for one in PUBLISHED.values() for each in variants(one)))
SLICES = [EVERY[turn::6] for turn in range(6)]
ABSOLUTE = {"response_first", "sld_change_mm"}
"""Metrics that know millimetres: 5 mm of RECIST, 10 mm of Matos."""
PERSONS = 40


def _study(names: tuple[str, ...]) -> Study:
    return Study(id="laws", criteria={"use": names})


def _verdicts(patients: list[Patient], names: tuple[str, ...]) -> dict[tuple[str, str], str]:
    _, labels = outcome(records_of(patients), _study(names))
    return {(row["person_id"], row["definition_id"]): row["verdict"] for row in labels.labels.to_dict("records")}


@pytest.mark.parametrize("names", SLICES, ids=range(len(SLICES)))
def test_persons_order_and_calendar_say_nothing(names):
    """In two parts, in any order of rows and at another date the labels and metrics are the same."""
    patients, study = seeded_patients(PERSONS, f"laws {names[0]}"), _study(names)
    there = records_of(patients)
    together = rows(outcome(there, study)[1])
    parts = [rows(outcome(records_of(part), study)[1]) for part in (patients[::3], patients[1::3] + patients[2::3])]
    assert_same(together, {name: sorted(parts[0][name] + parts[1][name]) for name in together})
    moved = outcome(changed(there, lambda _, frame: _later(frame.sample(frac=1, random_state=1), 1234)), study)[1]
    assert_same(together, rows(type(moved).of({table.name: _later(frame, -1234) for table, frame in moved})))


def _later(frame: pd.DataFrame, shift: int) -> pd.DataFrame:
    dated = frame.select_dtypes("datetime64").columns
    return frame.assign(**{name: frame[name] + pd.Timedelta(days=shift) for name in dated})


@pytest.mark.parametrize("times", [0.5, 1.25, 2.5])
def test_rules_without_millimetres_know_no_unit(times):
    """All diameters so many times larger: the same verdicts, but where a rule asks for millimetres."""
    names = tuple(name for name in EVERY if not name.endswith("_confirmed") and not ABSOLUTE & {
        leaf.metric for leaf in leaves(named(name, PUBLISHED).rule)})
    choose = random.Random(20)
    sizes = [[choose.randint(20, 190) for _ in range(3)] for _ in range(60)]
    people = [[_round(three_scans(f"p{number:02d}", *(size * factor for size in each), 60, 50))
               for number, each in enumerate(sizes)] for factor in (1, times)]
    one, other = (_verdicts(each, names) for each in people)
    assert len(names) > 40
    assert one == other
    assert set(one.values()) == {"HPD", "NOT_HPD", "NOT_EVALUABLE"}


def _round(patient: Patient) -> Patient:
    """The patient with lesions as broad as long."""
    return replace(patient, lesions=[replace(row, perpendicular_mm=row.diameter_mm) for row in patient.lesions])


LITERAL = {name: named(name, PUBLISHED) for name in EVERY if not name.endswith("_confirmed")}


@pytest.mark.parametrize("window_set", sorted({each.window_set for each in LITERAL.values()}))
def test_a_new_lesion_more_makes_no_hyperprogression_undone(window_set):
    """Who is HPD is not NOT_HPD with one more measurable new lesion at the first evaluation."""
    asked = {name: each for name, each in LITERAL.items() if each.window_set == window_set}
    patients, study = seeded_patients(5 * PERSONS, f"new {window_set}"), _study(tuple(asked))
    timeline = align(records_of(patients), study, window_sets(list(asked.values()), study))
    posts = {row["person_id"]: row["scan_date"].date() for row in timeline.scan_choices.to_dict("records")
             if row["role"] == "post" and row["window_set"] == window_set}
    more = [replace(patient, lesions=[*patient.lesions, *(_new(posts, patient))]) for patient in patients]
    before, after = _verdicts(patients, tuple(asked)), _verdicts(more, tuple(asked))
    undone = [key for key, verdict in before.items() if verdict == "HPD" and after[key] == "NOT_HPD"]
    assert not undone
    assert "HPD" in before.values()


def _new(posts, patient: Patient) -> list[Lesion]:
    if patient.person_id not in posts:
        return []
    return [Lesion("one more", posts[patient.person_id], "new", "measured", 30.0, "pleura", False, 20.0)]


@pytest.mark.parametrize("grade", [0, 2, 4])
def test_performance_and_cause_of_death_learnt_later(grade):
    """A verdict given without performance status and causes of death stands whatever both turn out to be."""
    names = ("lorusso2019", "castello2020", "gandara2021_fp", "lorusso2019_confirmed")
    patients = [replace(patient, findings=[], death_cause=None) for patient in seeded_patients(6 * PERSONS, "learnt")]
    known = [replace(patient, death_cause="C34" if grade else "I21", findings=[
        Finding("ecog", min(dose.start_date for dose in patient.doses if dose.start_date) + timedelta(days=day), number)
        for day, number in ((-5, 1), (30, grade))]) for patient in patients]
    before, after = _verdicts(patients, names), _verdicts(known, names)
    decided = {key: verdict for key, verdict in before.items() if verdict != "NOT_EVALUABLE"}
    assert set(decided.values()) == {"HPD", "NOT_HPD"}
    assert {key: after[key] for key in decided} == decided
