"""Resources that are left because nobody knows their code: counted by code, of treated persons alone."""

from __future__ import annotations

import pytest

from hpd_etl.sources.fhir.decode import unknown as module
from hpd_etl.sources.fhir.decode.unknown import Unknown
from hpd_etl.words import RARE
from tests.fhir.given import administration, concept, observation, patient, read

LOCAL = "https://ward.example/codes"
PEOPLE = [f"p{number}" for number in range(7)]
"""All but the last are treated."""
TREATED = [*(patient(who) for who in PEOPLE), *(administration(f"d{who}", who=who) for who in PEOPLE[:-1])]


def unread(*given: object) -> list[tuple[object, ...]]:
    """What is counted of these: type, system, code, resources and persons."""
    return [tuple(each.values()) for each in read(*TREATED, *given).used["unread"]]


def test_codes_of_no_terminology_are_counted() -> None:
    """A code of a system that nobody named is counted where five bear it; a terminology beside it tells what it is."""
    given = [observation(f"a{who}", concept("local SIZE-7"), who=who, valueString="x") for who in PEOPLE]
    given += [observation("again", concept("local SIZE-7"), who="p0"),
              observation("b", concept("local HGB", "loinc 718-7"), who="p0"),
              observation("c", concept("loinc 718-7"), who="p1")]
    assert unread(*given) == [("Observation", LOCAL, "SIZE-7", 7, 6)]


def test_words_are_counted_and_shown_where_they_are_vocabulary() -> None:
    """Words without a code stand as vocabulary that many bear, and as `(text)` else."""
    given = [observation(f"a{who}", concept(text="tumor  burden"), who=who) for who in PEOPLE]
    given += [observation(f"b{who}", concept(text="Seen by Meyer"), who=who) for who in PEOPLE]
    given += [administration(f"c{who}", None, who=who, medicationCodeableConcept=concept(text="Taxol"))
              for who in PEOPLE[:2]]
    assert unread(*given) == [("Observation", "text", RARE, 6, 6), ("Observation", "text", "tumor burden", 6, 6),
                              ("MedicationAdministration", "text", RARE, 2, 2)]


def test_what_is_not_as_it_should_be_is_no_reason_to_stop() -> None:
    """A system that is no text is none, and a subject that is nobody is not counted; neither is refused."""
    odd = observation("a", concept("local X1"), who="p0")
    odd["code"]["coding"][0]["system"] = ["x"]
    nobody = observation("b", concept("local X1"), who="p0") | {"subject": "p0"}
    assert unread(odd, nobody) == [("Observation", "text", RARE, 1, 1)]


def test_counts_are_the_same_however_often_they_are_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folding what was counted so far changes no sum."""
    counted = [("Observation", LOCAL, f"X{number % 3}", b'{"reference": "Patient/p%d"}' % (number % 2))
               for number in range(30)]

    def told() -> list[object]:
        unknown = Unknown()
        for each in counted:
            unknown.add({each: 1})
        return unknown.of(lambda whom: whom and whom.reference, {"Patient/p0", "Patient/p1"})  # type: ignore[arg-type]

    plain = told()
    monkeypatch.setattr(module, "_FOLD_FROM", 4)
    assert told() == plain == [{"table": "Observation", "system": "text", "code": RARE, "rows": 30, "persons": 6}]
