"""Which exposures become doses, in all three databases."""

from __future__ import annotations

from pathlib import Path

import duckdb

from hpd_etl.config import AgentCodes, Comparator, IndexEvent, Study
from hpd_etl.timeline import align
from hpd_etl.words import RARE
from tests.contract.wards import (
    BIG,
    IPILIMUMAB,
    NIVOLUMAB,
    PEMBROLIZUMAB,
    PRESCRIPTION,
    STUDY,
    Builder,
    Row,
    ancestor,
    concept,
    day,
    exposure,
    ignore_case,
    person,
    rows,
    size,
)

SIZE = [size(1, 99, "2021-01-01", 20)]
"""A measurement of somebody else: the table is not empty."""
DOSE = ("person_id", "agent", "start_date", "source_id")
REFUSED = ("table", "person_id", "source_id", "reason")


def test_neighbours_above_two_to_the_53_stay_two_persons(builder: Builder) -> None:
    """Ids are opaque 64-bit numbers; none of them passes through a float."""
    ward = builder.build({
        "person": [person(BIG), person(BIG + 1)],
        "drug_exposure": [exposure(BIG + 2, BIG, NIVOLUMAB, "2021-01-04"),
                          exposure(BIG + 3, BIG + 1, NIVOLUMAB, "2021-01-05")],
        "measurement": SIZE})
    records = ward.records()
    assert rows(records.persons, "person_id") == [("4611686018427387905",), ("4611686018427387906",)]
    assert rows(records.doses, *DOSE) == [
        ("4611686018427387905", "nivolumab", "2021-01-04", "drug_exposure:4611686018427387907"),
        ("4611686018427387906", "nivolumab", "2021-01-05", "drug_exposure:4611686018427387908")]


def test_an_order_is_no_exposure(builder: Builder) -> None:
    """A prescription that nobody is known to have carried out starts no clock, and is refused with its reason."""
    ward = builder.build({
        "person": [person(1), person(2)],
        "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2021-01-04"),
                          exposure(2, 1, NIVOLUMAB, "2020-12-24", drug_type_concept_id=PRESCRIPTION),
                          exposure(3, 2, NIVOLUMAB, "2021-01-01", drug_type_concept_id=PRESCRIPTION)],
        "measurement": SIZE})
    records = ward.records()
    assert rows(records.doses, *DOSE) == [("1", "nivolumab", "2021-01-04", "drug_exposure:1")]
    assert rows(records.persons, "person_id") == [("1",)]
    assert rows(records.rejections, *REFUSED) == [
        ("doses", "1", "drug_exposure:2", "not_realised"), ("doses", None, "drug_exposure:3", "not_realised")]


def test_a_site_may_say_that_its_orders_were_carried_out(builder: Builder) -> None:
    """Where given drugs are recorded as prescriptions, the site names the type and they are read."""
    ward = builder.build({
        "person": [person(2)], "measurement": SIZE,
        "drug_exposure": [exposure(3, 2, NIVOLUMAB, "2021-01-01", drug_type_concept_id=PRESCRIPTION)]})
    records = ward.records(request_types=(PRESCRIPTION,))
    assert rows(records.doses, *DOSE, "kind") == [("2", "nivolumab", "2021-01-01", "drug_exposure:3", "request")]


def test_products_are_found_through_the_vocabulary(builder: Builder) -> None:
    """A product of two ingredients is a dose of each; a duplicate ingredient id means the same drug."""
    ward = builder.build({
        "person": [person(1)],
        "drug_exposure": [exposure(1, 1, 9001, "2021-01-04"), exposure(2, 1, 36854528, "2021-01-05"),
                          exposure(3, 1, 747052, "2021-01-06"), exposure(4, 1, 36854475, "2021-01-07")],
        "measurement": SIZE,
        "concept": [concept(NIVOLUMAB, "nivolumab", "RxNorm", "1597876")],
        "concept_ancestor": [ancestor(NIVOLUMAB, NIVOLUMAB), ancestor(NIVOLUMAB, 9001), ancestor(779239, 9001)]})
    records, used = ward.extract()
    assert rows(records.doses, *DOSE) == [
        ("1", "nivolumab", "2021-01-04", "drug_exposure:1"), ("1", "relatlimab", "2021-01-04", "drug_exposure:1"),
        ("1", "sintilimab", "2021-01-07", "drug_exposure:4"),
        ("1", "toripalimab", "2021-01-05", "drug_exposure:2"), ("1", "toripalimab", "2021-01-06", "drug_exposure:3")]
    assert used["concept_sets"]["checkpoint_inhibitors"]["from"] == "concept_ancestor"
    assert used["counts"]["drug_exposure"] == {"read": 4, "kept": 4, "refused": 0, "ignored": 0}


def test_without_a_vocabulary_the_frozen_list_is_used(builder: Builder) -> None:
    """Missing or empty vocabulary tables are no error; which list was used is recorded."""
    tables = {"person": [person(1)], "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2021-01-04"),
                                                       exposure(2, 1, 9001, "2021-01-04")], "measurement": SIZE}
    for vocabulary in ({}, {"concept": [], "concept_ancestor": []}):
        records, used = builder.build({**tables, **vocabulary}).extract()
        assert rows(records.doses, *DOSE) == [("1", "nivolumab", "2021-01-04", "drug_exposure:1")]
        assert used["concept_sets"]["checkpoint_inhibitors"]["from"] == "frozen list"
        assert used["concept_sets"]["systemic_therapies"]["from"].startswith("site list only")


def test_billing_codes_hold_inside_their_dates(builder: Builder) -> None:
    """C9483 (atezolizumab) ended on 2017-12-31; a code for anything (J9999) never means a checkpoint inhibitor."""
    ward = builder.build({
        "person": [person(1)],
        "drug_exposure": [exposure(1, 1, 0, "2017-12-31", drug_source_value="C9483"),
                          exposure(2, 1, 0, "2018-01-01", drug_source_value="C9483"),
                          exposure(3, 1, 0, "2018-01-02", drug_source_value="J9022"),
                          exposure(4, 1, 0, "2018-01-03", drug_source_value="J9999"),
                          exposure(5, 1, 0, "2018-01-04", drug_source_value="L01XC17"),
                          exposure(6, 1, 0, "2018-01-05", drug_source_value="L01FF01"),
                          exposure(7, 1, 19136160, "2018-01-06", drug_source_value="J9022"),
                          exposure(8, 1, 0, "2018-01-07", drug_source_concept_id=777)],
        "measurement": SIZE,
        "concept": [concept(777, "Injection, ipilimumab, 1 mg", "HCPCS", "J9228")]})
    records = ward.records()
    assert rows(records.doses, *DOSE) == [
        ("1", "atezolizumab", "2017-12-31", "drug_exposure:1"), ("1", "atezolizumab", "2018-01-02", "drug_exposure:3"),
        ("1", "ipilimumab", "2018-01-07", "drug_exposure:8"),
        ("1", "nivolumab", "2018-01-04", "drug_exposure:5"), ("1", "nivolumab", "2018-01-05", "drug_exposure:6")]
    assert rows(records.rejections, *REFUSED) == [("doses", "1", "drug_exposure:2", "code_expired")]


def test_a_drug_that_only_its_name_tells_is_refused(builder: Builder) -> None:
    """Words with the name or brand of a checkpoint inhibitor are no code; nobody is treated by them, nor lost."""
    given = ["Nivolumab 240 mg i.v.", "NIVOLUMAB", "antinivolumab", "saline", None, "our nivolumab", "own nivolumab",
             "Opdivo® 240 mg", "Opdivoid", "OPDIVO_40MG", "Yervoy allergy"]
    ward = builder.build({
        "person": [person(1), person(2)],
        "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2018-01-20"), *(
            exposure(2 + place, 2 if place == 1 else 1, 0, "2018-02-01", drug_source_value=text)
            for place, text in enumerate(given))],
        "measurement": SIZE})
    records = ward.records(mapping={"agents": {"our nivolumab": "nivolumab", "Yervoy allergy": "ignore"},
                                    "therapies": {"own nivolumab": "vaccine"}})
    assert rows(records.rejections, *REFUSED) == [("doses", "1", "drug_exposure:11", "drug_not_coded"),
                                                  ("doses", "1", "drug_exposure:2", "drug_not_coded"),
                                                  ("doses", "1", "drug_exposure:9", "drug_not_coded"),
                                                  ("doses", None, "drug_exposure:3", "drug_not_coded")]
    assert rows(records.doses, "source_id") == [("drug_exposure:1",), ("drug_exposure:7",)]
    assert rows(records.therapies, "agent", "source_id") == [("vaccine", "drug_exposure:8")]


def test_a_site_may_say_that_a_code_is_no_inhibitor(tmp_path: Path) -> None:
    """A concept or code that a site uses for something else is no dose, no other therapy and no refusal."""
    ward = Builder("duckdb", tmp_path).build({
        "person": [person(1)], "measurement": SIZE,
        "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2018-01-20"), exposure(2, 1, IPILIMUMAB, "2018-01-01"),
                          exposure(3, 1, 0, "2018-01-01", drug_source_value="J9271")],
        "concept": [concept(777, "ANTINEOPLASTIC AGENTS", "ATC", "L01"), concept(IPILIMUMAB, "ipilimumab", "x", "y")],
        "concept_ancestor": [ancestor(777, IPILIMUMAB)]})
    records = ward.records(mapping={"agents": {str(IPILIMUMAB): "ignore", "J9271": "ignore"}})
    assert rows(records.doses, "source_id") == [("drug_exposure:1",)]
    assert records.therapies.empty
    assert records.rejections.empty


def test_no_concept_is_as_good_as_concept_0(tmp_path: Path) -> None:
    """A CDM may leave the concept out against its rules: code, words and the site's own texts tell the same."""
    texts = ["J9299", "Opdivo", "our own", "our vaccine", "saline"]
    ward = Builder("duckdb", tmp_path).build({
        "person": [person(1)], "measurement": SIZE,
        "drug_exposure": [exposure(number, 1, 0, "2018-01-20", drug_source_value=text)
                          for number, text in enumerate(texts)]})
    with duckdb.connect(ward.cdm) as connection:
        connection.execute("alter table drug_exposure alter column drug_concept_id drop not null")
        connection.execute("update drug_exposure set drug_concept_id = null")
    records, used = ward.extract(mapping={"agents": {"our own": "nivolumab"}, "therapies": {"our vaccine": "vaccine"}})
    assert rows(records.doses, "source_id") == [("drug_exposure:0",), ("drug_exposure:2",)]
    assert rows(records.therapies, "agent", "source_id") == [("vaccine", "drug_exposure:3")]
    assert rows(records.rejections, *REFUSED) == [("doses", "1", "drug_exposure:1", "drug_not_coded")]
    assert [(each["code"], each["rows"]) for each in used["unread"]] == [(RARE, 1)]


def test_an_earlier_dose_that_was_refused_leaves_day_0_unknown(builder: Builder) -> None:
    """The refused row keeps its day: before the first dose that is left day 0 is unknown, after it nothing changes."""
    ward = builder.build({
        "person": [person(1), person(2)],
        "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2018-01-20"),
                          exposure(2, 1, 0, "2018-01-01", drug_source_value="C9483"),
                          exposure(3, 2, NIVOLUMAB, "2018-01-01"),
                          exposure(4, 2, 0, "2018-01-20", drug_source_value="C9483")],
        "measurement": SIZE})
    records = ward.records()
    assert rows(records.rejections, *REFUSED, "start_date") == [
        ("doses", "1", "drug_exposure:2", "code_expired", "2018-01-01"),
        ("doses", "2", "drug_exposure:4", "code_expired", "2018-01-20")]
    index = align(records, STUDY, {"study": STUDY.windows}).index
    assert rows(index, "person_id", "earlier_dose", "courses") == [("1", "possible", 0), ("2", None, None)]


def test_a_code_that_only_the_database_knows_is_refused(tmp_path: Path) -> None:
    """Where a column ignores case, a text that is no code of the list is refused, and never takes another meaning."""
    ward = Builder("sqlite", tmp_path).build({
        "person": [person(1), person(2)],
        "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2021-01-04"), exposure(2, 1, 0, "2021-01-05",
                                                                            drug_source_value="j9299"),
                          exposure(3, 2, 0, "2021-01-05", drug_source_value="j9299"),
                          exposure(4, 1, 0, "2021-01-06", drug_source_value="trial-7")],
        "measurement": [size(1, 1, "2021-01-01", 20, measurement_concept_id=0, measurement_source_value="ld")],
        "procedure_occurrence": [procedure(1, "rt"), procedure(2, "RT")]})
    for table in ("drug_exposure", "measurement", "procedure_occurrence"):
        ignore_case(ward.cdm, table, f"{table.split('_')[0]}_source_value")
    records, used = ward.extract(mapping={"therapies": {"TRIAL-7": "study drug"}, "measurements": {"LD": "longest"},
                                          "procedures": {"CT": "scan", "RT": "radiation"}})
    assert rows(records.doses, *DOSE) == [("1", "nivolumab", "2021-01-04", "drug_exposure:1")]
    assert rows(records.therapies, "kind", "source_id") == [("radiation", "procedure_occurrence:2")]
    assert not len(records.lesions)
    assert rows(records.rejections, *REFUSED) == [
        ("doses", "1", "drug_exposure:2", "code_unknown"), ("doses", None, "drug_exposure:3", "code_unknown"),
        ("lesions", "1", "measurement:1", "code_unknown"),
        ("therapies", "1", "drug_exposure:4", "code_unknown"),
        ("therapies", "1", "procedure_occurrence:1", "code_unknown")]
    assert used["counts"]["drug_exposure"] == {"read": 4, "kept": 1, "refused": 3, "ignored": 0}


def procedure(number: int, code: str) -> Row:
    """A row of procedure_occurrence of person 1, known by its source value."""
    return {"procedure_occurrence_id": number, "person_id": 1, "procedure_concept_id": 0,
            "procedure_date": day("2021-01-05"), "procedure_source_value": code}


def test_a_stop_needs_a_text_that_is_understood(builder: Builder) -> None:
    """A known text gives a reason, an unknown one is refused and the dose stays, an empty one says nothing."""
    ward = builder.build({
        "person": [person(1)], "measurement": SIZE,
        "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2021-01-01", stop_reason="Disease progression"),
                          exposure(2, 1, NIVOLUMAB, "2021-01-02", stop_reason="zzz"),
                          exposure(3, 1, NIVOLUMAB, "2021-01-03", stop_reason=" "),
                          exposure(4, 1, NIVOLUMAB, "2021-01-04", stop_reason="tox3")]})
    records = ward.records(mapping={"stop_reasons": {"TOX3": "toxicity"}})
    assert rows(records.doses, "source_id", "stop_reason") == [
        ("drug_exposure:1", "progression"), ("drug_exposure:2", None), ("drug_exposure:3", None),
        ("drug_exposure:4", "toxicity")]
    assert rows(records.rejections, *REFUSED) == [("doses", "1", "drug_exposure:2", "stop_reason_unknown")]


def test_other_systemic_therapy_is_found_below_l01(builder: Builder) -> None:
    """Descendants of the ATC class L01 are therapies by ingredient; a checkpoint inhibitor left out is a dose."""
    ward = builder.build({
        "person": [person(1), person(2)],
        "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2021-01-04"), exposure(2, 1, 7001, "2021-02-01"),
                          exposure(3, 1, IPILIMUMAB, "2021-01-04"), exposure(4, 2, 7001, "2021-02-01"),
                          exposure(5, 1, 0, "2021-03-01", drug_source_value="TRIAL-7"),
                          exposure(6, 1, 8001, "2021-03-02")],
        "measurement": SIZE,
        "concept": [concept(500, "ANTINEOPLASTIC AGENTS", "ATC", "L01"),
                    concept(7000, "Carboplatin", "RxNorm", "40048", concept_class_id="Ingredient"),
                    concept(7001, "carboplatin injection", "RxNorm", "1", concept_class_id="Clinical Drug"),
                    concept(8001, "ibuprofen", "RxNorm", "5640", concept_class_id="Ingredient")],
        "concept_ancestor": [ancestor(500, 7000), ancestor(500, 7001), ancestor(7000, 7001), ancestor(8001, 8001)]})
    study = Study(id="contract", index=IndexEvent(agents=("nivolumab",)))
    records = ward.records(study, mapping={"therapies": {"TRIAL-7": "study drug"}})
    assert rows(records.doses, *DOSE) == [
        ("1", "ipilimumab", "2021-01-04", "drug_exposure:3"), ("1", "nivolumab", "2021-01-04", "drug_exposure:1")]
    assert rows(records.therapies, "person_id", "kind", "agent", "start_date", "source_id") == [
        ("1", "systemic", "carboplatin", "2021-02-01", "drug_exposure:2"),
        ("1", "systemic", "study drug", "2021-03-01", "drug_exposure:5")]


def test_a_product_is_a_dose_of_each_of_its_ingredients(builder: Builder) -> None:
    """Also of the one that the study leaves out, which align takes for a therapy; the site's word comes first."""
    ward = builder.build({
        "person": [person(1)], "measurement": SIZE, "drug_exposure": [exposure(1, 1, 9001, "2021-01-04")],
        "concept_ancestor": [ancestor(NIVOLUMAB, 9001), ancestor(779239, 9001)]})
    study = Study(id="contract", index=IndexEvent(agents=("nivolumab",)))
    records = ward.records(study)
    assert rows(records.doses, *DOSE) == [
        ("1", "nivolumab", "2021-01-04", "drug_exposure:1"), ("1", "relatlimab", "2021-01-04", "drug_exposure:1")]
    told = ward.records(study, mapping={"agents": {"9001": "nivolumab"}})
    assert (len(told.doses), len(told.therapies)) == (1, 0)


def test_a_comparator_brings_its_persons(builder: Builder) -> None:
    """A comparator's drug is a dose under the study's own name for it, and no systemic therapy."""
    ward = builder.build({
        "person": [person(1), person(2)],
        "drug_exposure": [exposure(1, 1, PEMBROLIZUMAB, "2021-01-04"), exposure(2, 2, 7001, "2021-02-01")],
        "measurement": SIZE,
        "concept": [concept(500, "ANTINEOPLASTIC AGENTS", "ATC", "L01"), concept(7000, "docetaxel", "RxNorm", "72962")],
        "concept_ancestor": [ancestor(500, 7001), ancestor(7000, 7001)]})
    study = Study(id="contract", comparators=(
        Comparator(cohort="chemotherapy", agents={"docetaxel": AgentCodes(rxnorm=("72962",))}),))
    records = ward.records(study)
    assert rows(records.doses, "person_id", "agent") == [("1", "pembrolizumab"), ("2", "docetaxel")]
    assert not len(records.therapies)


def test_an_end_before_its_start_is_left_for_align(builder: Builder) -> None:
    """Extract reads what is there; whether dates contradict each other is judged on the timeline."""
    ward = builder.build({
        "person": [person(1)], "measurement": SIZE,
        "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2021-01-04", drug_exposure_end_date=day("2021-01-01"))]})
    assert rows(ward.records().doses, "start_date", "end_date", "is_open") == [("2021-01-04", "2021-01-01", False)]
