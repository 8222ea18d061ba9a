"""Which resources are doses of an index drug, which other systemic therapies, and which are neither."""

import pytest

from hpd_etl.config import Comparator, Study
from hpd_etl.errors import ConfigurationError
from tests.fhir.given import (
    SYSTEMS,
    administration,
    concept,
    dispense,
    encounter,
    patient,
    read,
    read_each,
    records,
    request,
    resource,
    statement,
    to,
)

LOCAL = SYSTEMS["local"]


def doses(*resources, **settings):
    """Agents, kinds and days of the doses of Ann."""
    return read(patient(), *resources, **settings).rows("doses", "agent", "kind", "start_date", "end_date")


def refusals(*resources, **settings):
    """Source and reason of everything refused."""
    found = read(patient(), administration("given"), *resources, **settings)
    return [(source, reason) for source, _, reason in found.refused]


# --- codes ------------------------------------------------------------------------------------


CODES = (
    ("rxnorm 1547545", ["pembrolizumab"]),
    ("urn:oid:2.16.840.1.113883.6.88 1547545", ["pembrolizumab"]),
    ("rxnorm OMOP5167408", ["adebrelimab"]),
    ("atc L01FF02", ["pembrolizumab"]),
    ("atc-de L01XC18", ["pembrolizumab"]),
    ("http://fhir.de/CodeSystem/dimdi/atc L01FF01", ["nivolumab"]),
    ("sct 704191007", ["nivolumab"]),
    ("hcpcs J9271", ["pembrolizumab"]),
    ("ncit C2654", ["ipilimumab"]),
    ("ndc 00006302602", ["pembrolizumab"]),
    ("ndc 0006-3026-02", ["pembrolizumab"]),
    ("ndc 0006302602", ["pembrolizumab"]),
    ("ndc 00006-3026-02", ["pembrolizumab"]),
    ("ndc 0006-3026", ["pembrolizumab"]),
    ("ndc 0006-3026-09", ["pembrolizumab"]),
    ("ndc 50881-006-03", ["retifanlimab"]),
    ("atc L01FY02", ["nivolumab", "relatlimab"]),
    ("ndc 0003-7125-11", ["nivolumab", "relatlimab"]),
    ("hcpcs J9298", ["nivolumab", "relatlimab"]),
)


def test_codes_of_checkpoint_inhibitors():
    """A drug is known by any verified code in any URI of its system; a product is a dose of each ingredient."""
    found = read_each([administration(code=code) for code, _ in CODES]).of_each("doses", len(CODES), "agent")
    assert list(zip([code for code, _ in CODES], found, strict=True)) == list(CODES)


def test_other_codes_are_no_doses():
    """A code of another system, or of another drug, is no dose, and the resource is counted as ignored."""
    codes = ["rxnorm 1", "atc J01FA09", "sct 1547545", "ndc 1-2-3", "local pembrolizumab"]
    found = read_each([administration(code=code) for code in codes])
    assert found.records.doses.empty
    assert found.used["counts"]["MedicationAdministration"] == {"read": 5, "kept": 0, "refused": 0, "ignored": 5}


def test_second_coding_tells():
    """A local code that stands first hides nothing."""
    given = administration(code=None, medicationCodeableConcept=concept("local 77", "atc L01FF02"))
    assert doses(given) == [("pembrolizumab", "administration", "2020-03-01", "2020-03-01")]


def test_expired_billing_code():
    """A terminated HCPCS code counts up to its last day; beside a code in force it does no harm."""
    good = administration("x", None, medicationCodeableConcept=concept("hcpcs C9483", "atc L01FF05"))
    found = read(patient(), administration("last", "hcpcs C9483", "2017-12-31"),
                 administration("late", "hcpcs C9483", "2018-01-01"), good)
    assert found.refused == [("MedicationAdministration:late", "ann", "code_expired")]
    assert found.rows("doses", "start_date") == [("2017-12-31",), ("2020-03-01",)]


def test_local_codes_and_words_are_mapped_by_the_site():
    """A local code and a text without a code are doses where the site says so."""
    mapping = {"agents": {f"{LOCAL}|77": "nivolumab", "Opdivo inf.": "nivolumab"}}
    worded = administration("d2", None, "2020-03-02", medicationCodeableConcept=concept(text="OPDIVO inf. "))
    assert len(doses(administration(code="local 77"), worded, mapping=mapping)) == 2


def test_words_alone_are_refused():
    """A drug that is only named in words is not guessed, and not lost either."""
    given = administration("d2", None, medicationCodeableConcept=concept(text="Pembrolizumab"))
    assert refusals(given) == [("MedicationAdministration:d2", "drug_not_coded")]


@pytest.mark.parametrize("named", [
    concept("local PEM", text="pembrolizumab"), concept("local PEM Pembrolizumab 100 mg Inf."),
    concept("rxnorm 1547550 pembrolizumab 50 MG"), concept(text="PEMBROLIZUMAB 200 mg i.v."),
    concept(text="KEYTRUDA"), concept("local PEM Keytruda 100 mg"), concept(text="KEYTRUDA_100MG"),
    concept(text="拓益注射液")])
def test_unknown_codes_beside_the_name_of_an_inhibitor_are_refused(named):
    """A code that nobody knows does not hide a first dose whose words name the drug."""
    given = administration("d2", None, "2020-02-01", medicationCodeableConcept=named)
    assert refusals(given) == [("MedicationAdministration:d2", "drug_not_coded")]


def test_parts_of_words_name_no_inhibitor():
    """An antibody against the drug is another word, and what names no inhibitor is ignored."""
    others = [administration(f"d{n}", None, medicationCodeableConcept=concept("local X", text=text))
              for n, text in enumerate(["antipembrolizumab", "paracetamol"], 2)]
    assert refusals(*others) == []


@pytest.mark.parametrize(("key", "code"), [
    ("Yervoy allergy", concept(text="Yervoy Allergy")), ("Yervoy allergy", concept("local X", text="Yervoy allergy")),
    (f"{LOCAL}|77", concept("local 77 Keytruda consult")), ("HCPCS|J9271", concept("hcpcs J9271"))])
def test_site_may_say_that_it_is_no_inhibitor(key, code):
    """What only names the drug, or is coded as one by a habit of the site, is neither a dose nor a refusal."""
    given = administration("d2", None, "2020-02-01", medicationCodeableConcept=code)
    found = read(patient(), administration("d1"), given, mapping={"agents": {key: "ignore"}})
    assert found.refused == []
    assert found.rows("doses", "start_date") == [("2020-03-01",)]


def test_site_cannot_name_an_unknown_inhibitor():
    """A checkpoint inhibitor of the mapping must be on the list."""
    with pytest.raises(ConfigurationError, match="no checkpoint inhibitor"):
        read(mapping={"agents": {"x": "pembro"}})


# --- where the drug stands --------------------------------------------------------------------


def medication(key="m1", **elements):
    """A Medication."""
    return resource("Medication", key, **elements)


OPDUALAG = [{"itemCodeableConcept": concept("rxnorm 1597876")}, {"itemCodeableConcept": concept("rxnorm 2596773")}]


PRODUCTS = (
    ({"code": concept("atc L01FF02")}, ["pembrolizumab"]),
    ({"ingredient": OPDUALAG}, ["nivolumab", "relatlimab"]),
    ({"code": concept("rxnorm 1597876"), "ingredient": OPDUALAG}, ["nivolumab", "relatlimab"]),
    ({"code": concept("local 1"), "ingredient": [{"itemReference": to("Medication", "part")}]}, ["ipilimumab"]),
    ({"ingredient": [{"itemReference": to("Medication", "m4")}]}, []),
    ({"ingredient": [{"itemReference": to("Substance", "nacl")}, {}]}, []),
)


def test_medication_by_reference():
    """A Medication tells by its code or by its ingredients, which may be Medications themselves."""
    products = [medication(f"m{place}", **product) for place, (product, _) in enumerate(PRODUCTS)]
    given = [administration(medication=f"Medication/{product['id']}") for product in products]
    found = read_each(given, *products, medication("part", code=concept("rxnorm 1094833")))
    assert found.of_each("doses", len(given), "agent") == [agents for _, agents in PRODUCTS]


def test_contained_medication():
    """A Medication within the resource is read like any other."""
    within = [{"resourceType": "Questionnaire", "id": "q", "code": [{"code": "1"}]}, {"id": 7},
              medication("m", ingredient=OPDUALAG[:1])]
    assert [row[0] for row in doses(administration(medication="#m", contained=within))] == ["nivolumab"]
    assert refusals(administration("d2", medication="#q", contained=within)) \
        == [("MedicationAdministration:d2", "malformed_resource")]


def test_medication_that_is_not_there():
    """A drug nobody knows is refused: it may have been a checkpoint inhibitor; what was not given was none anyway."""
    gone = [administration(f"d{place}", medication=address) for place, address in
            enumerate(["Medication/gone", "#gone", "urn:uuid:1"])]
    not_given = administration("d3", medication="Medication/gone", status="not-done")
    product = medication(ingredient=[{"itemReference": to("Medication", "gone")}])
    found = read(patient(), administration("given"), *gone, not_given)
    assert refusals(product, administration("d4", medication="Medication/m1")) \
        == [("MedicationAdministration:d4", "reference_unresolved")]
    assert found.refused == [(f"MedicationAdministration:d{n}", "ann", "reference_unresolved") for n in range(3)]
    assert found.used["unresolved_references"] == {"reference_unresolved": 3}
    assert found.used["counts"]["MedicationAdministration"] == {"read": 5, "kept": 1, "refused": 3, "ignored": 1}


# --- what has happened ------------------------------------------------------------------------


STATUSES = (
    (administration, "completed", "dose"), (administration, "in-progress", "dose"), (administration, "stopped", "dose"),
    (administration, "not-done", "not_realised"), (administration, "on-hold", "not_realised"),
    (administration, "unknown", "not_realised"), (administration, "entered-in-error", "entered_in_error"),
    (administration, "final", "status_unknown"), (administration, None, "status_unknown"),
    (statement, "active", "dose"), (statement, "completed", "dose"), (statement, "stopped", "dose"),
    (statement, "on-hold", "dose"), (statement, "intended", "not_realised"), (statement, "not-taken", "not_realised"),
    (statement, "unknown", "not_realised"), (statement, "final", "status_unknown"),
    (dispense, "completed", "dose"), (dispense, "in-progress", "not_realised"), (dispense, "declined", "not_realised"),
    (request, "completed", "dose"), (request, "active", "dose"), (request, "draft", "not_realised"),
    (request, "cancelled", "not_realised"),
)


def test_status():
    """Only what was given counts; a stopped statement does, because who stops early is whom we look for."""
    found = read_each([make(status=status) for make, status, _ in STATUSES])
    told = {source.rpartition(":")[2]: reason for source, _, reason in found.refused}
    told |= {source.rpartition(":")[2]: "dose" for source, in found.rows("doses", "source_id")}
    assert [(make, status, told[f"x{place}"]) for place, (make, status, _) in enumerate(STATUSES)] == list(STATUSES)


def test_status_of_the_site():
    """A status that is no R4 code counts where the site says what it stands for."""
    mapping = {"event_statuses": {"MedicationStatement|final": "completed"}}
    assert len(doses(statement(status="final"), mapping=mapping)) == 1
    with pytest.raises(ConfigurationError, match="no status R4 knows"):
        read(patient(), mapping={"event_statuses": {"MedicationStatement|final": "done"}})


def test_orders():
    """An order is a dose only where it is of one administration, or the site says that orders are carried out."""
    intents = ["instance-order", "order", "original-order", "filler-order", "plan", "proposal"]
    asked = [*(request(intent=intent) for intent in intents), request(doNotPerform=True)]
    assert read_each(asked).rows("doses", "person_id") == [("p0",)]
    assert read_each(asked, read_orders=True).rows("doses", "person_id") == [("p0",), ("p1",), ("p2",), ("p3",)]


def test_not_begun():
    """What lies after today has not happened."""
    assert refusals(statement("s2", on=("2026-02-01", None), status="active")) \
        == [("MedicationStatement:s2", "not_realised")]


# --- when -------------------------------------------------------------------------------------


DAYS = (
    (administration(on="2020-03-01T23:30:00+02:00"), "2020-03-01", "2020-03-01", None, False),
    (administration(on=("2020-03-01T22:00:00Z", "2020-03-02T01:00:00Z")), "2020-03-01", "2020-03-02", None, False),
    (administration(on="2020-05"), "2020-05-01", None, "month", False),
    (administration(on="2020"), "2020-01-01", None, "year", False),
    (statement(on=("2020-03", "2020-06-10")), "2020-03-01", "2020-06-10", "month", False),
    (statement(on=("2020-03-01", None), status="active"), "2020-03-01", None, None, True),
    (statement(on=("2020-03-01", "2020-04-01"), status="active"), "2020-03-01", "2020-04-01", None, False),
    (statement(on=("2020-03-01", "2027-04-01"), status="active"), "2020-03-01", None, None, True),
    (statement(on=("2020-03-01", None), status="on-hold"), "2020-03-01", None, None, False),
    (dispense(), "2020-03-01", "2020-03-01", None, False),
    (dispense(on=None, whenPrepared="2020-02-27"), "2020-02-27", "2020-02-27", None, False),
)


def test_days():
    """The day is the one written; a partial date is an interval; an active statement without an end goes on."""
    found = read_each([given for given, *_ in DAYS])
    assert found.of_each("doses", len(DAYS), "start_date", "end_date", "date_precision", "is_open") \
        == [[tuple(told)] for _, *told in DAYS]


def test_days_of_an_order():
    """An order that names its days is a dose on each that has come, else on the day it was written."""
    timing = [{"timing": {"event": ["2020-03-02", "2020-03-23", "2026-05-01"]}}]
    assert [row[2] for row in doses(request(dosageInstruction=timing))] == ["2020-03-02", "2020-03-23"]
    assert [row[2] for row in doses(request())] == ["2020-03-01"]


def test_no_day():
    """A dose without a first day, or on no day of the calendar, is refused."""
    days = [(None, "no_date"), ((None, "2020-03-01"), "no_date"), ("2020-02-30", "date_impossible"),
            ("spring", "date_impossible")]
    assert refusals(*(statement(f"s{place}", on=on) for place, (on, _) in enumerate(days))) \
        == [(f"MedicationStatement:s{place}", reason) for place, (_, reason) in enumerate(days)]


# --- why it was stopped -----------------------------------------------------------------------


STOPS = (
    (statement(status="stopped"), "other", []),
    (statement(status="stopped", on=("2020-03-01", None)), None, []),
    (statement(status="stopped", statusReason=[concept(text="PD")]), "progression", []),
    (statement(status="stopped", statusReason=[concept("sct 407563006")]), "toxicity", []),
    (statement(status="stopped", statusReason=[concept("sct 266721009")]), "other", []),
    (statement(status="stopped", statusReason=[concept("local P")]), "progression", []),
    (statement(status="stopped", statusReason=[concept(text="see note")]), "other", ["stop_reason_unknown"]),
    (statement(status="on-hold", statusReason=[concept(text="PD")]), None, []),
    (statement(), None, []),
    (administration(status="stopped"), None, []),
    (administration(status="stopped", statusReason=[concept(text="Toxicity")]), "toxicity", []),
    (administration(status="stopped", statusReason=[concept(text="see note")]), None, ["stop_reason_unknown"]),
    (dispense(statusReasonCodeableConcept=concept(text="regimen completed")), "completed", []),
    (request(statusReason=concept("sct 419620001")), "death", []),
)


def test_stops():
    """A reason is a recorded stop, and so is a stopped statement with an end; an infusion cut short is not."""
    found = read_each([given for given, *_ in STOPS], mapping={"stop_reasons": {f"{LOCAL}|P": "progression"}})
    assert found.of_each("doses", len(STOPS), "stop_reason") == [[reason] for _, reason, _ in STOPS]
    assert found.of_each("rejections", len(STOPS), "reason") == [refused for *_, refused in STOPS]


# --- several records, several drugs -----------------------------------------------------------


def test_one_dose_recorded_twice_is_kept_twice():
    """An administration and the statement of the same course both stand; the kind says which is which."""
    assert [row[1] for row in doses(administration(), statement(), dispense(), request())] \
        == ["administration", "dispense", "request", "statement"]


def therapies(*resources, **settings):
    """Agents of the systemic therapies of Ann, who was given pembrolizumab."""
    found = read(patient(), administration("given"), *resources, **settings).rows("therapies", "kind", "agent")
    return [agent for kind, agent in found if kind == "systemic"]


def test_systemic_therapies():
    """Class L01, and what the site maps, is another systemic therapy, called by its name."""
    codes = ["atc L01CD02 Docetaxel", "atc-de L01AA01 Cyclophosphamid", "atc L01XA02", "local 5 whatever",
             "atc V03AF03 Folinate"]
    given = [administration(f"x{place}", code) for place, code in enumerate(codes)]
    worded = administration("x9", None, medicationCodeableConcept=concept(text="Study drug"))
    assert therapies(*given, worded, mapping={"therapies": {f"{LOCAL}|5": "folfox", "study drug": "placebo"}}) \
        == ["ATC:L01XA02", "cyclophosphamid", "docetaxel", "folfox", "placebo"]


def test_ingredients_of_a_therapy():
    """A product of two drugs is two therapies; what is no anticancer drug in it is none."""
    product = medication(code=concept("local 1"), ingredient=[
        {"itemCodeableConcept": concept(code)} for code in
        ("atc L01XA02 Carboplatin", "atc L01CD01 Paclitaxel", "atc V07AB Solvents")])
    assert therapies(product, administration("x", medication="Medication/m1")) == ["carboplatin", "paclitaxel"]


def test_therapies_of_the_untreated_are_ignored():
    """Who never had an index drug is not in Records, and their drugs are counted as ignored."""
    found = read(patient(), patient("bob"), administration(), administration("x", "atc L01CD02 Docetaxel", who="bob"),
                 administration("y", "atc L01CD02 Docetaxel", who="bob", status="not-done"))
    assert found.rows("persons", "person_id") == [("ann",)]
    assert found.refused == []
    assert found.used["counts"]["MedicationAdministration"] == {"read": 3, "kept": 1, "refused": 0, "ignored": 2}


def test_refused_doses_name_only_the_treated():
    """Who was refused every dose is not in Records, nor by name in rejections."""
    found = read(patient(), patient("bob"), administration(), administration("x", who="bob", status="not-done"))
    assert found.refused == [("MedicationAdministration:x", None, "not_realised")]


STUDY = Study(id="docetaxel", comparators=(Comparator.model_validate(
    {"cohort": "taxane", "agents": {"docetaxel": {"rxnorm": ["72962"], "atc": ["L01CD02"], "hcpcs": ["J9171"]},
                                    "other": {"omop": [1]}}}),))


def test_comparators():
    """A comparator's drug is a dose by the codes the study gives; one without such codes is told."""
    codes = ["rxnorm 72962", "atc L01CD02 Docetaxel", "hcpcs J9171"]
    found = read_each([administration(code=code) for code in codes], study=STUDY)
    assert found.of_each("doses", 3, "agent") == [["docetaxel"]] * 3
    assert found.used["concept_sets"]["comparators_without_codes"] == ["other"]


def test_agents_left_out_are_doses_too():
    """As from OMOP: align decides what an inhibitor is that the study leaves out."""
    study = Study.model_validate({"id": "s", "index": {"agents": ["nivolumab"]}})
    assert len(records(patient(), administration(), study=study).doses) == 1


def test_provenance_names_the_version():
    """A dose points at the version of the resource that it was read from."""
    found = read(patient(), administration(meta={"versionId": "3"}), encounter())
    assert found.rows("doses", "source_id") == [("MedicationAdministration:d1/_history/3",)]
