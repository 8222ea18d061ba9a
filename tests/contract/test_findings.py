"""Persons, follow-up, sums, responses, findings, scans and procedures, in all three databases."""

from __future__ import annotations

from tests.contract.wards import NIVOLUMAB, Builder, Row, ancestor, concept, day, exposure, person, rows, size

DOSES = [exposure(1, 1, NIVOLUMAB, "2021-01-04")]
REFUSED = ("table", "source_id", "reason")


def said(number: int, concept_id: int, **row: object) -> Row:
    """A measurement that is no size."""
    return size(number, 1, "2021-03-01", None, None, measurement_concept_id=concept_id, **row)


def test_a_person_is_born_dies_and_is_followed(builder: Builder) -> None:
    """A birth is known to the day or not at all; of two deaths the earlier counts; a missing person is said."""
    ward = builder.build({
        "person": [person(1), person(2, month_of_birth=None, gender_concept_id=8507),
                   person(3, day_of_birth=31, gender_concept_id=0)],
        "drug_exposure": [exposure(number, number, NIVOLUMAB, "2021-01-04") for number in (1, 2, 3, 4)],
        "measurement": [size(1, 9, "2021-01-01", 20)],
        "death": [{"person_id": 1, "death_date": day("2021-09-02"), "cause_concept_id": 0},
                  {"person_id": 1, "death_date": day("2021-09-01"), "cause_concept_id": 443392},
                  {"person_id": 2, "death_date": day("2021-10-01"), "cause_source_value": "C80"}],
        "observation_period": [{"observation_period_id": 5, "person_id": 1,
                                "observation_period_start_date": day("2019-01-01"),
                                "observation_period_end_date": day("2021-09-01")}]})
    records = ward.records()
    assert rows(records.persons, "person_id", "birth_date", "sex", "death_date", "death_cause") == [
        ("1", "1950-02-03", "female", "2021-09-01", "443392"), ("2", None, "male", "2021-10-01", "C80"),
        ("3", None, None, None, None), ("4", None, None, None, None)]
    assert rows(records.followup, "person_id", "start_date", "end_date", "source_id") == [
        ("1", "2019-01-01", "2021-09-01", "observation_period:5")]
    assert rows(records.rejections, *REFUSED) == [
        ("persons", "person:3", "birth_date_invalid"), ("persons", "person:4", "person_row_missing")]


def test_responses_are_read_as_coded(builder: Builder) -> None:
    """The criteria stand in the concept or are unstated; foreign criteria and unknown values are refused."""
    ward = builder.build({
        "person": [person(1)], "drug_exposure": DOSES,
        "measurement": [said(1, 1633597), said(2, 1633423), said(3, 1634653),
                        said(4, 2_000_000_009, value_source_value="pd"), said(5, 2_000_000_009, value_source_value="?"),
                        said(6, 2_000_000_009, value_as_concept_id=36309727),
                        said(7, 2_000_000_010, value_source_value="SD"),
                        said(8, 2_000_000_009, value_source_value="iUPD"),
                        said(9, 2_000_000_009, value_as_concept_id=888)],
        "concept": [concept(888, "Partial response", "LOINC", "LA28369-9")]})
    records = ward.records(mapping={"measurements": {"2000000009": "response", "2000000010": "response:RECIST1.1"}})
    assert rows(records.responses, "source_id", "framework", "scope", "response") == [
        ("measurement:1", "RECIST1.1", "overall", "PD"), ("measurement:2", "iRECIST", "overall", "PD"),
        ("measurement:4", "unstated", "overall", "PD"), ("measurement:6", "unstated", "overall", "CR"),
        ("measurement:7", "RECIST1.1", "overall", "SD"), ("measurement:8", "iRECIST", "overall", "iUPD"),
        ("measurement:9", "unstated", "overall", "PR")]
    assert rows(records.rejections, *REFUSED) == [("responses", "measurement:3", "framework_unknown"),
                                                  ("responses", "measurement:5", "response_unknown")]


def test_sums_are_read_where_the_site_maps_them(builder: Builder) -> None:
    """A sum of diameters is a length, of products an area, of volumes a volume; converted to mm, mm2 and mm3."""
    ward = builder.build({
        "person": [person(1)], "drug_exposure": DOSES,
        "measurement": [size(1, 1, "2021-03-01", 5.5, 8582, measurement_source_value="SUMDIAM"),
                        size(2, 1, "2021-03-01", 2.0, 9483, measurement_source_value="SUMPPD"),
                        size(3, 1, "2021-03-01", 2.0, 8587, measurement_source_value="SUMVOL"),
                        size(4, 1, "2021-03-01", 2.0, 8582, measurement_source_value="SUMVOL"),
                        size(5, 1, "2021-03-01", None, None, measurement_source_value="SUMDIAM",
                             value_source_value="NOT EVALUABLE")]})
    records = ward.records(mapping={"measurements": {
        "SUMDIAM": "sum_sld", "SUMPPD": "sum_spd", "SUMVOL": "sum_volume"}})
    assert rows(records.tumour_sums, "source_id", "kind", "value") == [
        ("measurement:1", "SLD", 55.0), ("measurement:2", "SPD", 200.0), ("measurement:3", "volume", 2000.0)]
    assert rows(records.rejections, *REFUSED) == [("tumour_sums", "measurement:4", "unit_of_other_dimension"),
                                                  ("tumour_sums", "measurement:5", "no_value")]


def test_performance_status_and_markers(builder: Builder) -> None:
    """ECOG is a grade of 0 to 5 by number, answer or concept, measured or observed; markers keep their code."""
    observed = {"observation_type_concept_id": 32817, "observation_date": day("2021-01-02"), "person_id": 1}
    ward = builder.build({
        "person": [person(1)], "drug_exposure": DOSES,
        "measurement": [said(1, 36305384) | {"value_as_number": 2}, said(2, 36305384, value_as_concept_id=36308652),
                        said(3, 4174251), said(4, 36305384) | {"value_as_number": 7}, said(5, 36305384),
                        said(6, 21493972, value_as_concept_id=889), said(7, 35960433, value_source_value="TPS 60%"),
                        said(8, 890, value_as_concept_id=9191)],
        "observation": [{"observation_id": 1, "observation_concept_id": 36305384, "value_as_number": 1, **observed},
                        {"observation_id": 2, "observation_concept_id": 4175026, **observed}],
        "concept": [concept(889, "MSI-H", "LOINC", "LA26203-2"), concept(890, "MDM2", "OMOP Genomic", "6973")]})
    records = ward.records()
    assert rows(records.findings, "source_id", "finding", "value_number", "value_code") == [
        ("measurement:1", "ecog", 2.0, None), ("measurement:2", "ecog", 3.0, None),
        ("measurement:3", "ecog", 4.0, None), ("measurement:6", "msi", None, "MSI-H"),
        ("measurement:7", "pdl1", None, "TPS 60%"), ("measurement:8", "mdm2", None, "omop:9191"),
        ("observation:1", "ecog", 1.0, None), ("observation:2", "ecog", 0.0, None)]
    assert rows(records.rejections, *REFUSED) == [("findings", "measurement:4", "value_out_of_range"),
                                                  ("findings", "measurement:5", "no_value")]


def test_diagnoses_tell_site_and_histology_but_a_metastasis_tells_no_primary(builder: Builder) -> None:
    """A descendant counts as its ancestor; what lies below a secondary malignancy is not where the tumour began."""
    start = {"condition_start_date": day("2020-06-01"), "person_id": 1}
    ward = builder.build({
        "person": [person(1)], "drug_exposure": DOSES, "measurement": [size(1, 9, "2021-01-01", 20)],
        "condition_occurrence": [{"condition_occurrence_id": 1, "condition_concept_id": 4112738, **start},
                                 {"condition_occurrence_id": 2, "condition_concept_id": 6001, **start},
                                 {"condition_occurrence_id": 3, "condition_concept_id": 6002, **start}],
        "concept_ancestor": [ancestor(4001171, 6001), ancestor(201519, 6001), ancestor(443388, 6002),
                             ancestor(432851, 6002)]})
    assert rows(ward.records().findings, "source_id", "finding", "value_code", "assessed_on") == [
        ("condition_occurrence:1", "histology", "adenocarcinoma", "2020-06-01"),
        ("condition_occurrence:1", "primary_site", "lung", "2020-06-01"),
        ("condition_occurrence:2", "histology", "hepatocellular_carcinoma", "2020-06-01"),
        ("condition_occurrence:2", "primary_site", "liver", "2020-06-01")]


def test_procedures_mean_what_the_site_says(builder: Builder) -> None:
    """Scans without measurements, radiation and surgery with organ, without agent; studies of the imaging extension."""
    done = {"procedure_date": day("2021-02-01"), "person_id": 1}
    ward = builder.build({
        "person": [person(1)], "drug_exposure": DOSES, "measurement": [size(1, 9, "2021-01-01", 20)],
        "procedure_occurrence": [
            {"procedure_occurrence_id": 1, "procedure_concept_id": 4300757, **done},
            {"procedure_occurrence_id": 2, "procedure_concept_id": 0, "procedure_source_value": "RT-LIVER", **done},
            {"procedure_occurrence_id": 3, "procedure_concept_id": 4029715, **done}],
        "image_occurrence": [{"image_occurrence_id": 4, "person_id": 1, "image_occurrence_date": day("2021-01-01"),
                              "image_study_uid": "1.2.3", "modality_concept_id": 4013636}]})
    records = ward.records(mapping={"procedures": {"4300757": "scan", "RT-LIVER": "radiation:liver"}})
    assert rows(records.scans, "scan_date", "study_uid", "modality", "source_id") == [
        ("2021-01-01", "1.2.3", "MR", "image_occurrence:4"),
        ("2021-02-01", None, None, "procedure_occurrence:1")]
    assert rows(records.therapies, "kind", "organ", "agent", "start_date", "source_id") == [
        ("radiation", "liver", None, "2021-02-01", "procedure_occurrence:2")]
