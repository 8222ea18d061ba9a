"""What was recorded and cannot be understood is not taken for what was never recorded."""

from __future__ import annotations

import pytest

from hpd_etl import criteria, library, timeline
from tests.fhir.given import STUDY, administration, concept, encounter, observation, patient, read, size, structure

COURSE = [
    patient(birthDate="1950-01-01"), administration(on="2020-03-01"), encounter(on=("2019-01-01", "2021-06-01")),
    structure("L1"), size("a", 60, on="2020-01-01"), size("b", 60.5, on="2020-02-25"), size("c", 66, on="2020-04-15")]
"""60, 60.5 and 66 mm: stable disease, and progression by a new lesion alone."""
NOT_PROGRESSED, HYPERPROGRESSED = "NOT_HPD response_not_reached", "HPD rule_met"
UNKNOWN, UNREAD = "NOT_EVALUABLE response_unknown", "NOT_EVALUABLE extraction_incomplete"


def new_lesion(**elements):
    """The answer to whether there is a new lesion at the first evaluation."""
    return observation("n", concept("ncit C142362"), "2020-04-15", **elements)


def champiat(*resources):
    """Verdict and primary reason under Champiat 2017."""
    definitions = library.chosen(STUDY)
    aligned = timeline.align(read(*resources).records, STUDY, criteria.window_sets(definitions, STUDY))
    labels = criteria.label(aligned, definitions, STUDY).labels.set_index("definition_id").loc["champiat2017"]
    return f"{labels['verdict']} {labels['primary_reason']}"


@pytest.mark.parametrize(("said", "told"), [
    ([], NOT_PROGRESSED),
    ([new_lesion(valueBoolean=False)], NOT_PROGRESSED),
    ([new_lesion(valueBoolean=True)], HYPERPROGRESSED),
    ([new_lesion(valueString="equivocal")], UNKNOWN),
    ([new_lesion(valueBoolean=True, modifierExtension=[{"url": "https://ward.example/not-what-it-seems"}])], UNKNOWN),
    ([new_lesion(valueBoolean=True, implicitRules="https://ward.example/rules")], UNKNOWN),
    ([new_lesion(valueBoolean=True), new_lesion(valueBoolean=False)], UNREAD),
    ([new_lesion(valueBoolean="yes")], UNREAD),
    ([new_lesion(valueBoolean=True, triggeredBy=[])], UNREAD),
], ids=["silence", "no", "yes", "neither", "changed meaning", "other rules", "two differ", "of a wrong type", "R5"])
def test_an_answer_that_cannot_be_read_is_no_answer(said, told):
    """Nobody is NOT_HPD because the resource that tells of progression was refused."""
    assert champiat(*COURSE, *said) == told


UNDATED = "NOT_EVALUABLE imprecise_date"


@pytest.mark.parametrize(("dose", "told"), [
    ({"on": None}, UNDATED),
    ({"on": "2020-02-30"}, UNDATED),
    ({"on": "2020-02-29", "status": "final"}, UNDATED),
    ({"on": "2020-03-02", "status": "final"}, NOT_PROGRESSED),
    ({"on": "2020-02", "code": None, "medicationCodeableConcept": {"text": "Pembrolizumab 200 mg"}}, UNDATED),
    ({"on": "2020-02-29", "modifierExtension": [{"url": "https://ward.example/not-what-it-seems"}]}, UNDATED),
    ({"on": "2020-02-29", "code": "rxnorm 4179", "implicitRules": "https://ward.example/rules"}, NOT_PROGRESSED),
    ({"on": "2020-02-29", "medication": "Medication/nowhere"}, NOT_PROGRESSED),
    ({"on": "2020-02-29", "status": "not-done"}, NOT_PROGRESSED),
    ({"on": None, "status": "entered-in-error"}, NOT_PROGRESSED),
], ids=["no date", "no such day", "status unknown", "later", "in words", "changed meaning", "another drug", "nowhere",
        "not given", "withdrawn"])
def test_a_dose_that_cannot_be_read_may_be_the_first(dose, told):
    """Day 0 does not move to the next dose where an earlier one was given and refused."""
    assert champiat(*COURSE, administration("d0", **dose)) == told


def test_what_is_lost_concerns_its_own_person():
    """An unreadable resource leaves the person it names incomplete, and nobody else."""
    lost = size("x", 12, who="ben") | {"status": 5}
    found = read(*COURSE, patient("ben"), administration("d2", who="ben"), lost)
    assert found.rows("persons", "person_id", "is_complete") == [("ann", None), ("ben", False)]
    assert found.refused == [("Observation:x", None, "malformed_resource"),
                             ("Patient:ben", "ben", "extraction_incomplete")]
