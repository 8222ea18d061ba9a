"""Causes of death from resources: R4 has no element for them, so the site says which Observations tell them."""

import pytest

from hpd_etl.config import Study
from hpd_etl.config.study import Criteria
from hpd_etl.errors import ConfigurationError
from tests.fhir.given import STUDY, SYSTEMS, administration, concept, observation, patient, read

CAUSE = {"measurements": {f"{SYSTEMS['local']}|cause": "death_cause"}}
ICD, ICD_CM, ICD_GM = ("http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm",
                       "http://fhir.de/CodeSystem/bfarm/icd-10-gm")


def died(key, code=None, who="ann", *, text=None, **elements):
    """An Observation of the cause of death."""
    value = {"valueCodeableConcept": concept(code, text=text)} if code else {"valueString": text} if text else {}
    return observation(key, concept("local cause"), who=who, **value, **elements)


def causes(*observations, mapping=CAUSE, study=STUDY):
    """The causes by person, and what was refused."""
    people = sorted({each["subject"]["reference"].partition("/")[2] for each in observations})
    found = read(*(patient(who, deceasedDateTime="2020-06-01") for who in people),
                 *(administration(f"d{who}", who=who) for who in people), *observations, mapping=mapping, study=study)
    return [cause for _, cause in found.rows("persons", "person_id", "death_cause")], found


def test_a_code_of_icd_10_is_a_cause():
    """In any edition, or as a text; a code that says that nobody knows is none, and of other systems what is listed."""
    given = (died("a", f"{ICD} C34.1", "p0"), died("b", f"{ICD_CM} C34.10", "p1"), died("c", f"{ICD_GM} I21.9", "p2"),
             died("d", who="p3", text="C80"), died("e", f"{ICD} R99", "p4"), died("f", "sct 22298006", "p5"),
             died("g", "local C34", "p6"), died("h", who="p7", text="tumour"), died("i", who="p8"))
    told, found = causes(*given)
    assert told == ["C34.1", "C34.10", "I21.9", "C80", None, None, None, None, None]
    assert found.rows("rejections", "source_id", "reason") == [
        (f"Observation:{key}", "death_cause_unknown") for key in "efghi"]
    assert found.used["counts"]["Observation deaths"] == {"read": 9, "kept": 4, "refused": 5, "ignored": 0}


def test_the_site_says_what_its_codes_and_words_mean():
    """By code of a system or by words; the study may name a code of SNOMED CT as a whole."""
    mapping = {**CAUSE, "death_causes": {f"{SYSTEMS['local']}|TU": "C80", "Herzinfarkt": "I21"}}
    told, _ = causes(died("a", "local TU", "p0"), died("b", who="p1", text="herzinfarkt"), mapping=mapping)
    assert told == ["C80", "I21"]
    study = Study(id="own", criteria=Criteria(progression_deaths=("363346000",)))
    told, _ = causes(died("a", "sct 363346000", "p0"), died("b", f"{ICD} I21", "p1"), study=study)
    assert told == ["363346000", None]
    with pytest.raises(ConfigurationError, match="progression_deaths"):
        causes(died("a"), mapping={**CAUSE, "death_causes": {"TU": "tumour"}})


def test_two_causes_that_differ_are_none():
    """Nobody says which led to death; two that agree are one, and what is not final says nothing."""
    told, found = causes(died("a", f"{ICD} C34", "p0"), died("b", f"{ICD} I21", "p0"), died("c", f"{ICD} C34", "p1"),
                         died("d", f"{ICD_CM} C34", "p1"), died("e", f"{ICD} C34", "p2", status="preliminary"))
    assert told == [None, "C34", None]
    assert found.rows("rejections", "source_id", "reason") == [
        ("Observation:a", "death_causes_differ"), ("Observation:b", "death_causes_differ"),
        ("Observation:e", "not_final")]


def test_without_the_sites_word_no_observation_is_a_cause():
    """No code for it is verified, so that none is read; the death itself is."""
    told, found = causes(died("a", f"{ICD} C34"), mapping={})
    assert (told, found.refused) == ([None], [])
    assert found.rows("persons", "death_date") == [("2020-06-01",)]
