"""Examinations: on which day, with what, and where the day was read (B12)."""

from tests.fhir.given import (
    administration,
    concept,
    observation,
    patient,
    quantity,
    read,
    resource,
    size,
    structure,
    to,
)

BASE = (patient(), administration(), structure())
COLUMNS = ("source_id", "scan_date", "date_precision", "date_from", "reported_on", "modality")


def told(*resources, **settings):
    """What is read of these."""
    return read(*BASE, *resources, **settings)


def study(key="i1", started="2020-02-20T23:30:00-08:00", *modalities, **elements):
    """An ImagingStudy, CT unless said otherwise."""
    codings = [concept(f"dcm {name}")["coding"][0] for name in modalities or ("CT",)]
    return resource("ImagingStudy", key, **{"status": "available", "subject": to("Patient", "ann"), "started": started,
                                            "modality": codings, **elements})


def report(key="r1", on="2020-02-25", **elements):
    """A final DiagnosticReport."""
    return resource("DiagnosticReport", key, **{"status": "final", "subject": to("Patient", "ann"),
                                                "code": concept("loinc 18748-4"), "effectiveDateTime": on, **elements})


def test_studies_are_scans_measured_or_not():
    """The day is the calendar day as written; series tell the modality too, reports and segmentations are none."""
    found = told(study(), study("i2", "2020-03-01", "PT", "CT", "SR"),
                 study("i3", "2020-03", "SR", series=[{"modality": concept("dcm MR")["coding"][0]}]),
                 study("i4", "2020-03-02", "SEG", identifier=[{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}]))
    assert found.rows("scans", *COLUMNS) == [
        ("ImagingStudy:i1", "2020-02-20", None, "study", None, "CT"),
        ("ImagingStudy:i2", "2020-03-01", None, "study", None, "CT+PT"),
        ("ImagingStudy:i3", "2020-03-01", "month", "study", None, "MR"),
        ("ImagingStudy:i4", "2020-03-02", None, "study", None, None)]
    assert found.records.scans["study_uid"].dropna().tolist() == ["1.2.3"]


def test_a_study_that_did_not_take_place_is_no_scan():
    """Nor one that nobody can date; each is refused with its reason."""
    found = told(study("a", status="cancelled"), study("b", status="entered-in-error"), study("c", None),
                 study("d", "2020-02-31"), study("e", status="registered"), study("f", status="fertig"),
                 study("g", subject=to("Patient", "nobody")))
    assert found.rows("scans", "source_id") == [("ImagingStudy:e",)]
    assert found.refused == [
        ("ImagingStudy:a", "ann", "not_final"), ("ImagingStudy:b", "ann", "entered_in_error"),
        ("ImagingStudy:c", "ann", "no_date"), ("ImagingStudy:d", "ann", "date_impossible"),
        ("ImagingStudy:f", "ann", "status_unknown"), ("ImagingStudy:g", None, "subject_unknown")]


def test_a_study_without_a_start_has_the_day_of_what_was_observed_on_it_else_of_its_report():
    """Never the day on which something was issued."""
    on_it = {"derivedFrom": [to("ImagingStudy", "a")]}
    found = told(study("a", None), study("b", None), study("c", None), size("o", 9, on="2020-02-21", **on_it),
                 report(imagingStudy=[to("ImagingStudy", key) for key in "ab"], issued="2020-02-27T08:00:00Z"),
                 report("r2", None, imagingStudy=[to("ImagingStudy", "c")], issued="2020-02-26T08:00:00Z"))
    assert found.rows("scans", *COLUMNS) == [
        ("ImagingStudy:a", "2020-02-21", None, "observation", "2020-02-27", "CT"),
        ("ImagingStudy:b", "2020-02-25", None, "report", "2020-02-27", "CT")]
    assert found.refused == [("ImagingStudy:c", "ann", "no_date")]


def test_an_imaging_report_is_a_scan_where_no_study_is_there():
    """The examination took place all the same; a laboratory report is none, and no study is counted twice."""
    radiology = {"category": [concept("loinc LP29684-5")]}
    found = told(study(), report("a", **radiology),
                 report("b", "2020-02-26", imagingStudy=[to("ImagingStudy", "gone")]), report("c"),
                 report("d", imagingStudy=[to("ImagingStudy", "i1")], **radiology),
                 report("e", **radiology, status="preliminary"), report("f", None, **radiology),
                 report("g", category=[concept("http://terminology.hl7.org/CodeSystem/v2-0074 RAD")]))
    assert found.rows("scans", "source_id", "scan_date", "date_from") == [
        ("DiagnosticReport:a", "2020-02-25", "report"), ("DiagnosticReport:b", "2020-02-26", "report"),
        ("DiagnosticReport:g", "2020-02-25", "report"), ("ImagingStudy:i1", "2020-02-20", "study")]
    assert found.refused == [
        ("DiagnosticReport:b", "ann", "reference_unresolved"), ("DiagnosticReport:e", "ann", "not_final"),
        ("DiagnosticReport:f", "ann", "no_date")]


def test_a_size_has_the_day_of_its_study_else_its_own_else_of_its_report():
    """The study through derivedFrom, partOf or the report that holds both; what was cancelled dates nothing."""
    def reported(key, **elements):
        return report(f"r-{key}", result=[to("Observation", key)], **elements)

    found = told(
        study(), study("off", "2019-01-01", status="cancelled"), study("i2", "2020-02-22"),
        size("a", 9, on="2020-02-21", derivedFrom=[to("ImagingStudy", "i1")]),
        size("b", 9, on="2020-02-21", partOf=[to("ImagingStudy", "i1")]),
        size("c", 9, on="2020-02-21"), reported("c", imagingStudy=[to("ImagingStudy", "i1")]),
        size("d", 9, on="2020-02-21", derivedFrom=[to("ImagingStudy", "off")]),
        size("e", 9, on=None), reported("e"),
        size("f", 9, on=("2020-02-23", "2020-02-24")), size("g", 9, on=None, issued="2020-02-21T00:00:00Z"),
        size("h", 9, on="2020-02-21", derivedFrom=[to("ImagingStudy", "i1"), to("ImagingStudy", "i2")]),
        size("i", 9, on="gestern", derivedFrom=[to("ImagingStudy", "i1")]),
        size("j", 9, on="2020-02-21", derivedFrom=[to("ImagingStudy", "gone")]))
    assert found.rows("lesions", "source_id", "scan_date", "modality") == [
        ("Observation:a", "2020-02-20", "CT"), ("Observation:b", "2020-02-20", "CT"),
        ("Observation:c", "2020-02-20", "CT"), ("Observation:d", "2020-02-21", None),
        ("Observation:e", "2020-02-25", None), ("Observation:f", "2020-02-23", None),
        ("Observation:h", "2020-02-21", "CT"), ("Observation:i", "2020-02-20", "CT"),
        ("Observation:j", "2020-02-21", None)]
    assert found.refused == [
        ("ImagingStudy:off", "ann", "not_final"), ("Observation:g", "ann", "no_date"),
        ("Observation:j", "ann", "reference_unresolved")]


def test_two_reports_that_differ_date_nothing():
    """Which of them is right nobody knows."""
    found = told(size("a", 9, on=None), *(
        report(f"r{day}", f"2020-02-{day}", result=[to("Observation", "a")]) for day in (24, 25)))
    assert found.refused == [("Observation:a", "ann", "no_date")]


def test_the_method_tells_the_modality():
    """Before the study does; imaging alone tells none, and is no reason to refuse."""
    on_it = {"derivedFrom": [to("ImagingStudy", "i1")]}
    found = told(study(), size("a", 9, method=concept("sct 113091000"), **on_it),
                 size("b", 9, method=concept("sct 363679005"), **on_it), size("c", 9, method=concept("sct 363680008")))
    assert found.rows("lesions", "source_id", "modality") == [
        ("Observation:a", "MR"), ("Observation:b", "CT"), ("Observation:c", None)]


def test_a_sum_has_the_day_of_its_study():
    """Sums are dated as sizes are."""
    found = told(study(), observation("a", concept("ncit C96632"), "2020-02-24", valueQuantity=quantity(40),
                                      derivedFrom=[to("ImagingStudy", "i1")]))
    assert found.rows("tumour_sums", "scan_date", "value") == [("2020-02-20", 40.0)]


def test_studies_and_reports_are_counted_once():
    """Kept or refused, each by itself."""
    counts = told(study(), study("b", None), report(category=[concept("loinc LP29684-5")])).used["counts"]
    assert counts["ImagingStudy scans"] == {"read": 2, "kept": 1, "refused": 1, "ignored": 0}
    assert counts["DiagnosticReport scans"] == {"read": 1, "kept": 1, "refused": 0, "ignored": 0}
