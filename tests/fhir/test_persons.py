"""Who a person is, when they were born, died and were seen; and which resources count at all."""

from datetime import date

from tests.fhir.given import (
    administration,
    concept,
    encounter,
    observation,
    patient,
    procedure,
    read,
    read_each,
    resource,
    statement,
    structure,
    to,
)

# --- whom a resource is about -----------------------------------------------------------------


def linked(key, kind, *others):
    """A Patient with links to others."""
    return patient(key, link=[{"other": to("Patient", other), "type": kind} for other in others])


def test_references_to_a_patient():
    """A relative, absolute, versioned or bare address is the same person; so is an identifier that one person has."""
    mrn = {"system": "urn:mrn", "value": "1"}
    subjects = [{"reference": "Patient/ann"}, {"reference": "https://ehr.example/fhir/Patient/ann"},
                {"reference": "Patient/ann/_history/2"}, {"reference": "ann"}, {"identifier": mrn},
                {"identifier": mrn, "type": "Patient"}]
    given = [administration(f"d{place}", subject=subject) for place, subject in enumerate(subjects)]
    assert len(read(patient(identifier=[mrn]), *given).rows("doses", "person_id")) == len(subjects)


def test_references_within_a_bundle():
    """The full URL that a Bundle gives a Patient is an address like any other."""
    url = "urn:uuid:1b671a64-40d5-491e-99b0-da01ff1f3341"
    entries = [{"fullUrl": url, "resource": patient("ann")},
               {"fullUrl": "urn:uuid:2", "resource": administration(subject={"reference": url})}]
    found = read({"resourceType": "Bundle", "type": "collection", "entry": entries})
    assert found.rows("doses", "person_id") == [("ann",)]


def test_references_to_nobody():
    """Who is not there, who is no patient and who shares an identifier is nobody: refused and counted."""
    shared = {"system": "urn:mrn", "value": "1"}
    subjects = [{"reference": "Patient/gone"}, {"reference": "Group/ann"}, {"reference": "urn:uuid:9"},
                {"identifier": shared}, {"identifier": shared, "type": "Device"}, {"display": "Ann"}, None]
    given = [administration(f"d{place}", subject=subject) for place, subject in enumerate(subjects)]
    found = read(patient("ann", identifier=[shared]), patient("eve", identifier=[shared]), *given)
    assert found.refused == [(f"MedicationAdministration:d{place}", None, "subject_unknown")
                             for place in range(len(subjects))]
    assert found.used["unresolved_references"] == {"subject_unknown": len(subjects)}


def test_merged_patients_are_one_person():
    """Records of one human, linked from either end and over several steps, are those of whom no other replaces."""
    people = [patient("new", gender="female"), linked("mid", "replaced-by", "new"),
              patient("old", birthDate="1950-03-02"), linked("link", "replaces", "old"),
              linked("link2", "replaced-by", "mid")]
    people[3]["link"].append({"other": to("Patient", "link2"), "type": "replaced-by"})
    found = read(*people, administration("d1", who="old"), administration("d2", who="mid"))
    assert found.rows("doses", "person_id") == [("new",), ("new",)]
    assert found.rows("persons", "person_id", "sex", "birth_date") == [("new", "female", "1950-03-02")]


def test_links_that_do_not_tell():
    """A circle, and two who replaced one, name nobody: the Patients and what was given to them are refused."""
    found = read(linked("a", "replaced-by", "b"), linked("b", "replaced-by", "a"), linked("c", "replaced-by", "d", "e"),
                 patient("d"), patient("e"), administration("d1", who="a"), administration("d2", who="c"))
    assert found.refused == [("MedicationAdministration:d1", None, "subject_unknown"),
                             ("MedicationAdministration:d2", None, "subject_unknown"),
                             *((f"Patient:{key}", None, "link_unclear") for key in "abc")]


def test_link_to_nowhere():
    """Whose successor is not there stands for themselves, and the link is told as unresolved."""
    found = read(linked("ann", "replaced-by", "gone"), administration())
    assert found.rows("doses", "person_id") == [("ann",)]
    assert found.refused == [("Patient:ann", "ann", "reference_unresolved")]


def test_other_links_and_inactive_patients():
    """A link that only says see also merges nobody, and a Patient that is not active is still a person."""
    found = read(linked("ann", "seealso", "bob"), patient("bob", active=False), administration(who="bob"))
    assert found.rows("doses", "person_id") == [("bob",)]


# --- persons ----------------------------------------------------------------------------------

PEOPLE = (
    ({"gender": "male", "birthDate": "1950-03-02"}, ("male", "1950-03-02", "1950-01-01", None, None)),
    ({"gender": "other", "birthDate": "1950-03"}, ("other", None, "1950-01-01", None, None)),
    ({"gender": "unknown", "birthDate": "1950"}, (None, None, "1950-01-01", None, None)),
    ({"deceasedDateTime": "2021-04-05T23:00:00-05:00"}, (None, None, None, "2021-04-05", None)),
    ({"deceasedDateTime": "2021-04"}, (None, None, None, "2021-04-01", "month")),
    ({"deceasedBoolean": True}, (None, None, None, None, None)),
    ({"birthDate": "1950-02-30", "deceasedDateTime": "2030-01-01"}, (None, None, None, None, None)),
)


def test_persons():
    """What is known to the day stands as a day; the rest stays unknown, and what cannot be is refused."""
    people = [patient(f"n{place}", **told) for place, (told, _) in enumerate(PEOPLE)]
    given = [administration(f"d{place}", who=each["id"]) for place, each in enumerate(people)]
    found = read(*people, *given)
    assert found.rows("persons", "person_id", "sex", "birth_date", "born_from", "death_date", "death_precision") \
        == [(f"n{place}", *told) for place, (_, told) in enumerate(PEOPLE)]
    assert found.refused == [("Patient:n6", "n6", "birth_date_invalid"), ("Patient:n6", "n6", "date_impossible")]


def test_untreated_patients_are_ignored():
    """Who was given no index drug is not in Records; every Patient is counted once."""
    found = read(patient(), patient("bob"), administration())
    assert found.rows("persons", "person_id") == [("ann",)]
    assert found.used["counts"]["Patient"] == {"read": 2, "kept": 1, "refused": 0, "ignored": 1}


def test_incomplete_persons():
    """Of whom something could not be fetched is marked and told, also under the id that was replaced."""
    found = read(patient(), linked("old", "replaced-by", "ann"), patient("bob"), administration(),
                 administration("d2", who="bob"), incomplete=("old",))
    assert found.rows("persons", "person_id", "is_complete") == [("ann", False), ("bob", None)]
    assert found.refused == [("Patient:old", "ann", "extraction_incomplete")]


# --- follow-up --------------------------------------------------------------------------------


def test_followup():
    """One period from the first to the last day of a contact or a record; cancelled and planned contacts are none."""
    found = read(patient(deceasedDateTime="2021"), administration(), statement(on=("2020-04-01", "2020-06-30")),
                 encounter("e1", ("2020-01-05", "2020-01-09")),
                 encounter("e2", ("2019-01-01", None), status="cancelled"),
                 encounter("e3", ("2019-02-01", None), status="planned"))
    assert found.rows("followup", "person_id", "start_date", "end_date", "source_id") \
        == [("ann", "2020-01-05", "2020-06-30", "Encounter:e1;MedicationStatement:s1")]
    assert found.used["counts"]["Encounter"] == {"read": 3, "kept": 1, "refused": 0, "ignored": 2}


def test_followup_ends_today_and_with_life():
    """No day after today or after the last possible day of death counts, and none before birth."""
    stays = [encounter(f"e{place}", (day, day)) for place, day in
             enumerate(["1949-12-31", "2020-02-01", "2021-04-30", "2021-05-01", "2027-01-01"])]
    living = read(patient(), administration(), *stays, today=date(2026, 1, 1))
    assert living.rows("followup", "start_date", "end_date") == [("1949-12-31", "2021-05-01")]
    dead = read(patient(birthDate="1950", deceasedDateTime="2021-04"), administration(), *stays)
    assert dead.rows("followup", "start_date", "end_date") == [("2020-02-01", "2021-04-30")]


def test_followup_from_partial_dates():
    """A month tells no first and no last day; with nothing else there is no period."""
    assert read(patient(), administration(on="2020-03")).records.followup.empty
    found = read(patient(), administration(on="2020-03"), encounter(on=("2020-02", "2020-03-04")))
    assert found.rows("followup", "start_date", "end_date") == [("2020-03-04", "2020-03-04")]


def test_encounters_that_cannot_be_read():
    """A contact of an unknown status or without a day is refused."""
    found = read(patient(), administration(), encounter("e1", status="done"), encounter("e2", None),
                 encounter("e3", ("2020-13-01", None)))
    assert [(source, reason) for source, _, reason in found.refused] == [
        ("Encounter:e1", "status_unknown"), ("Encounter:e2", "no_date"), ("Encounter:e3", "date_impossible")]


# --- which resources count --------------------------------------------------------------------

MODIFIED = {"modifierExtension": [{"url": "https://ward.example/not", "valueBoolean": True}]}
RULED = {"implicitRules": "https://ward.example/rules"}
WRONG = {"status": "entered-in-error"}
UNFIT = (
    (administration(**MODIFIED), "modifier_extension"), (administration(**RULED), "implicit_rules"),
    (administration(**WRONG), "entered_in_error"), (encounter(**WRONG), "entered_in_error"),
    (observation("o", concept("loinc 21889-1"), **WRONG), "entered_in_error"),
    (observation("o", concept("loinc 21889-1"), **MODIFIED), "modifier_extension"),
    (resource("Condition", "c", code=concept("sct 254637007"), verificationStatus=concept(
        "http://terminology.hl7.org/CodeSystem/condition-ver-status entered-in-error")), "entered_in_error"),
    (structure() | RULED, "implicit_rules"),
)


def test_what_is_withdrawn_or_modified_is_refused():
    """What the source has withdrawn, or changed in a way that is not understood, is never read."""
    treated = [administration(f"d{place}", who=f"p{place}") for place in range(len(UNFIT))]
    cases = [case for case, _ in UNFIT]
    cases[-1] |= {"patient": to("Patient", f"p{len(cases) - 1}")}
    found = read_each(cases, *treated)
    assert len(found.records.doses) == len(UNFIT)
    assert found.of_each("rejections", len(UNFIT), "reason") == [[reason] for _, reason in UNFIT]


def test_withdrawn_of_the_untreated():
    """What concerns somebody never treated is ignored, unless it might have been the dose."""
    found = read(patient("bob"), encounter(who="bob", **WRONG), administration(who="bob", **WRONG))
    assert found.refused == [("MedicationAdministration:d1", None, "entered_in_error")]
    assert found.used["counts"]["Encounter"] == {"read": 1, "kept": 0, "refused": 0, "ignored": 1}


def test_a_patient_that_is_modified_is_nobody():
    """Whose Patient is not understood is not there."""
    found = read(patient(**MODIFIED), administration())
    assert found.refused == [("MedicationAdministration:d1", None, "subject_unknown"),
                             ("Patient:ann", None, "modifier_extension")]


def test_resources_of_nobody_and_of_the_untreated():
    """A resource about nobody is refused, one of somebody never treated is ignored, and the counts add up."""
    found = read(patient(), patient("bob"), administration(), observation("o1", concept("loinc 21889-1"), who="bob"),
                 observation("o2", concept("loinc 21889-1"), who="gone"), encounter("e1", who="gone"),
                 procedure(code=concept("local 1"), who="bob"), mapping={"procedures": {"local|1": "surgery"}})
    assert found.refused == [("Encounter:e1", None, "subject_unknown"), ("Observation:o2", None, "subject_unknown")]
    assert found.used["counts"]["Observation"] == {"read": 2, "kept": 0, "refused": 1, "ignored": 1}
