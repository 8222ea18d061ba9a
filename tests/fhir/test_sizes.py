"""The size of a lesion: its dimension, number and unit, or what is said in place of them."""

import pytest

from hpd_etl.errors import ConfigurationError
from tests.answers import ANSWERS
from tests.fhir.given import (
    SYSTEMS,
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

BASE = (patient(), administration(), structure(location=concept("sct 10200004 Liver structure (body structure)")))
NODE = structure("N1", concept(text="Lymph node structure"))
SIZES = ("source_id", "diameter_mm", "perpendicular_mm", "volume_mm3", "status")


def measured(*resources, **settings):
    """What is read of these Observations of a liver lesion L1 and a node N1."""
    return read(*BASE, NODE, *resources, **settings)


def sizes(found):
    """Source, diameter and status of each row."""
    return found.rows("lesions", "source_id", "diameter_mm", "status")


def reasons(found):
    """Source and reason of each refusal."""
    return found.rows("rejections", "source_id", "reason")


def plain(key, value, codes="loinc 33728-7", **elements):
    """A value on the code itself."""
    return observation(key, concept(*codes.split(", ")), **{
        "focus": [to("BodyStructure", "L1")], "valueQuantity": value, **elements})


def part(code, value):
    """A component with a size."""
    return {"code": concept(code), "valueQuantity": value}


def test_the_longest_dimension_in_a_component():
    """mCODE writes 21889-1 and the dimension below it; centimetres become millimetres, the header is no row."""
    assert sizes(measured(size("a", 23.5), size("b", 2.5, unit="cm"))) == [
        ("Observation:a", 23.5, "measured"), ("Observation:b", 25.0, "measured")]


def test_a_plain_value_needs_a_dimension():
    """21889-1 alone says none and is refused; a second code (as in the German profile) or the site may say it."""
    told = [plain("a", quantity(25), "loinc 21889-1"), plain("b", quantity(26), "loinc 21889-1, sct 371479009"),
            plain("c", quantity(27), "local SIZE")]
    found = measured(*told, mapping={"measurements": {f"{SYSTEMS['local']}|SIZE": "longest"}})
    assert sizes(found) == [("Observation:a", None, "not_assessed"), ("Observation:b", 26.0, "measured"),
                            ("Observation:c", 27.0, "measured")]
    assert reasons(found) == [("Observation:a", "dimension_unknown")]


def test_two_codes_that_name_two_dimensions_name_none():
    """Longest and short axis on one number: nobody knows which it is."""
    found = measured(plain("a", quantity(25), "loinc 33728-7, sct 103340004"))
    assert reasons(found) == [("Observation:a", "dimension_unknown")]


def test_the_code_may_stand_second_or_be_words_that_the_site_maps():
    """A local code first hides no tumour size; a code in words alone is read where the site says what they mean."""
    words = observation("b", {"text": "RECIST LD"}, focus=[to("BodyStructure", "L1")], valueQuantity=quantity(9))
    found = measured(plain("a", quantity(8), "local 77, ncit C96684"), words,
                     mapping={"measurements": {"RECIST LD": "longest"}})
    assert sizes(found) == [("Observation:a", 8.0, "measured"), ("Observation:b", 9.0, "measured")]


def test_what_the_site_ignores_is_ignored():
    """A mapped code comes before the shipped list."""
    own = {"measurements": {f"{SYSTEMS['loinc']}|33728-7": "ignore"}}
    assert sizes(measured(plain("a", quantity(8)), mapping=own)) == []


def test_the_short_axis_of_a_node():
    """On a node the second dimension beside the maximum is the short axis; elsewhere its direction is not known."""
    both = [part("loinc 33728-7", quantity(25)), part("loinc 33729-5", quantity(16))]
    found = measured(size("n", None, "N1", component=both), size("l", None, "L1", component=both))
    assert found.rows("lesions", "source_id", "is_node", "diameter_mm", "status") == [
        ("Observation:l", False, 25.0, "measured"), ("Observation:l", False, None, "not_assessed"),
        ("Observation:n", True, 16.0, "measured"), ("Observation:n", True, None, "present")]
    assert reasons(found) == [("Observation:l", "dimension_unknown")]
    assert found.used["counts"]["Observation sizes"] == {"read": 4, "kept": 4, "refused": 0, "ignored": 0}


def test_a_panel_lends_its_members_what_they_lack():
    """Members of a panel have its lesion, its day and its study; the panel itself is no size."""
    panel = observation("p", concept("loinc 21889-1"), focus=[to("BodyStructure", "L1")],
                        hasMember=[to("Observation", "long"), to("Observation", "nowhere")])
    member = observation("long", concept("loinc 33728-7"), None, valueQuantity=quantity(31))
    assert measured(panel, member).rows("lesions", "source_id", "scan_date", "diameter_mm", "identity") == [
        ("Observation:long", "2020-02-20", 31.0, "body_structure")]


BOB = (patient("bob"), administration("bobs", who="bob"))


@pytest.mark.parametrize("holder", [
    observation("p", concept("loinc 21889-1"), who="bob", hasMember=[to("Observation", "long")]),
    observation("p", concept("loinc 21889-1"), status="cancelled", hasMember=[to("Observation", "long")]),
    resource("DiagnosticReport", "r", status="final", subject=to("Patient", "bob"), effectiveDateTime="2020-02-20",
             result=[to("Observation", "long")])])
def test_panels_and_reports_of_somebody_else_or_cancelled_date_nothing(holder):
    """A size without a day gets none from what is not about its person, or does not stand."""
    member = observation("long", concept("loinc 33728-7"), None, focus=[to("BodyStructure", "L1")],
                         valueQuantity=quantity(31))
    found = measured(*BOB, holder, member)
    assert sizes(found) == []
    assert ("Observation:long", "no_date") in reasons(found)


def test_a_study_has_no_day_from_observations_on_somebody_else():
    """What is about bob does not date a study of ann that lacks its own day."""
    study = resource("ImagingStudy", "s", status="available", subject=to("Patient", "ann"))
    other = observation("o", concept("loinc 33728-7"), who="bob", derivedFrom=[to("ImagingStudy", "s")])
    found = measured(*BOB, study, other)
    assert found.rows("scans", "source_id") == []
    assert ("ImagingStudy:s", "no_date") in reasons(found)


def test_panels_in_a_circle_are_read_once():
    """A panel that holds itself through another ends nothing."""
    ring = [observation(key, concept("loinc 33728-7"), hasMember=[to("Observation", other)],
                        focus=[to("BodyStructure", "L1")], valueQuantity=quantity(4)) for key, other in ("ab", "ba")]
    assert len(sizes(measured(*ring))) == 2


def test_a_measurement_group_of_dicom():
    """Axes, volume and finding site as components of a group; the tracking UID names the lesion."""
    group = observation("g", concept("dcm 125007"), component=[
        {"code": concept("dcm 112040"), "valueString": "1.2.3"}, {"code": concept("dcm 112039"), "valueString": "L"},
        {"code": concept("sct 363698007"), "valueCodeableConcept": concept("sct 10200004 Liver structure")},
        part("sct 103339001", quantity(30)), part("sct 131189007", quantity(20)),
        part("dcm 121217", quantity(9, "cm3"))])
    found = measured(group)
    assert found.rows("lesions", "lesion_id", "organ", "diameter_mm", "perpendicular_mm", "volume_mm3", "identity") == [
        ("1.2.3", "liver", 30.0, None, None, "tracking_uid"), ("1.2.3", "liver", None, 20.0, None, "tracking_uid"),
        ("1.2.3", "liver", None, None, 9000.0, "tracking_uid")]


LENGTHS = (
    (quantity("1.10", "cm"), 11.0), (quantity(0.02, "m"), 20.0), (quantity(1, "[in_i]"), 25.4),
    (quantity(900, "um"), 0.9), ({"value": 12, "unit": "mm"}, 12.0), ({"value": 12, "code": "mm"}, 12.0),
    ({**quantity(2.5, "cm"), "unit": "centimeters"}, 25.0), (quantity(0), 0.0),
    (quantity(3.3666666667, "cm"), 33.666667), (quantity(-3), -3.0), (quantity(700), 700.0))


def test_a_unit_of_length_is_converted():
    """UCUM codes, or texts of the list; what cannot be true is for align to refuse."""
    found = measured(*(plain(f"{number:02}", value) for number, (value, _) in enumerate(LENGTHS)))
    assert sizes(found) == [(f"Observation:{number:02}", diameter, "measured")
                            for number, (_, diameter) in enumerate(LENGTHS)]


UNREADABLE = (
    ({"value": 12}, "unit_missing"), ({"value": 12, "unit": " "}, "unit_missing"),
    ({"value": 12, "unit": "millimetre"}, "unit_unknown"), (quantity(12, "km"), "unit_unknown"),
    ({"value": 12, "unit": "mm", "system": "https://ward.example/units", "code": "3"}, "unit_unknown"),
    (quantity(12, "mm2"), "unit_of_other_dimension"), ({**quantity(12, "cm"), "unit": "mm"}, "unit_conflict"),
    ({**quantity(12), "comparator": ">"}, "inexact_size"), ({**quantity(12), "comparator": "<="}, "inexact_size"),
    (quantity("NaN"), "not_a_number"), ({"unit": "mm"}, "no_value"), (None, "no_value"))


def test_a_size_that_cannot_be_read_is_refused():
    """Nothing is assumed; the lesion was looked at, and is not assessed."""
    found = measured(*(plain(f"{number:02}", value) for number, (value, _) in enumerate(UNREADABLE)))
    assert sizes(found) == [(f"Observation:{number:02}", None, "not_assessed") for number in range(len(UNREADABLE))]
    assert found.refused == [(f"Observation:{number:02}", "ann", reason)
                             for number, (_, reason) in enumerate(UNREADABLE)]


def test_units_that_the_site_maps():
    """A text or a code of another system is a unit where the site says which."""
    own = {"units": {"millimetre": "mm", "https://ward.example/units|3": "cm"}}
    coded = {"value": 1.2, "unit": "Zentimeter", "system": "https://ward.example/units", "code": "3"}
    found = measured(plain("a", {"value": 12, "unit": "millimetre"}), plain("b", coded), mapping=own)
    assert sizes(found) == [("Observation:a", 12.0, "measured"), ("Observation:b", 12.0, "measured")]


def test_below_a_bound_is_too_small_to_measure():
    """`<5` is no 5 mm."""
    assert sizes(measured(plain("a", {**quantity(5), "comparator": "<"}))) == [("Observation:a", None, "too_small")]


STATUSES = (
    ({"dataAbsentReason": concept("absent not-performed")}, "not_assessed"),
    ({"dataAbsentReason": concept("absent not-applicable")}, "not_yet_present"),
    ({"dataAbsentReason": concept("absent negative-infinity")}, "not_assessed"),
    ({"dataAbsentReason": concept(text="too small  to measure")}, "too_small"),
    ({"valueString": "Disappeared"}, "disappeared"), ({"valueString": "weg"}, "disappeared"),
    ({"valueCodeableConcept": concept(text="NOT EVALUABLE")}, "not_assessed"),
    ({"valueCodeableConcept": concept("local X Unequivocal progression")}, "progressed"),
    ({"valueCodeableConcept": concept("local TS")}, "too_small"))


def test_a_status_in_place_of_the_number():
    """Reasons for an absent value, words and codes say what was seen (C3); the row stays."""
    found = measured(*(plain(str(number), None, **elements) for number, (elements, _) in enumerate(STATUSES)),
                     mapping={"statuses": {"weg": "disappeared", f"{SYSTEMS['local']}|TS": "too_small"}})
    assert sizes(found) == [(f"Observation:{number}", None, status) for number, (_, status) in enumerate(STATUSES)]
    assert found.refused == []


def test_a_component_may_leave_the_reason_to_the_whole():
    """mCODE: the size is absent, and the Observation says why."""
    found = measured(size("a", None, dataAbsentReason=concept("absent not-performed")))
    assert sizes(found) == [("Observation:a", None, "not_assessed")]
    assert found.refused == []


def test_a_number_and_a_reason_for_its_absence_contradict():
    """One of them is wrong, and nobody knows which."""
    found = measured(plain("a", quantity(12), dataAbsentReason=concept("absent not-performed")))
    assert sizes(found) == [("Observation:a", None, "not_assessed")]
    assert reasons(found) == [("Observation:a", "number_and_status")]


def test_an_unknown_status_of_the_site_is_a_configuration_error():
    """The right-hand side is a status we know."""
    with pytest.raises(ConfigurationError, match=r"mapping\.statuses"):
        measured(plain("a", None), mapping={"statuses": {"weg": "gone"}})


EXTENDED = [{"url": "https://x.example"}]
REFUSED = (
    ({"status": "preliminary"}, "not_final"), ({"status": "registered"}, "not_final"),
    ({"status": "cancelled"}, "not_final"), ({"status": "unknown"}, "not_final"),
    ({"status": "entered-in-error"}, "entered_in_error"), ({"status": "vidiert"}, "status_unknown"),
    ({"status": "storniert"}, "entered_in_error"), ({"status": None}, "status_unknown"),
    ({"modifierExtension": EXTENDED}, "modifier_extension"),
    ({"component": [{"code": concept("local x"), "modifierExtension": EXTENDED}]}, "modifier_extension"),
    ({"specimen": {"reference": "Specimen/1"}}, "not_imaging"), ({"method": concept("sct 787377000")}, "not_imaging"),
    ({"method": concept("sct 104157003")}, "not_imaging"), ({"method": concept("sct 5880005")}, "not_imaging"),
    ({"effectiveDateTime": None}, "no_date"), ({"effectiveDateTime": "2020-13-01"}, "date_impossible"),
    ({"focus": None}, "no_lesion_identity"))


def test_what_is_no_size_of_a_known_lesion_at_a_scan_is_refused_whole():
    """No row stands for it, and the reason is given once; who is meant must be known, too."""
    found = measured(*(plain(f"{number:02}", quantity(12), **elements) for number, (elements, _) in enumerate(REFUSED)),
                     plain("x", quantity(12), subject=None),
                     mapping={"event_statuses": {"Observation|storniert": "entered-in-error"}})
    assert sizes(found) == []
    named = [(f"Observation:{number:02}", "ann", reason) for number, (_, reason) in enumerate(REFUSED)]
    assert found.refused == [*named, ("Observation:x", None, "subject_unknown")]


def test_what_is_final_is_read():
    """Amended and corrected too, and what the site says stands for it."""
    found = measured(*(plain(status, quantity(12), status=status)
                       for status in ("amended", "corrected", "final", "vidiert")),
                     mapping={"event_statuses": {"Observation|vidiert": "final"}})
    assert sizes(found) == [(f"Observation:{status}", 12.0, "measured")
                            for status in ("amended", "corrected", "final", "vidiert")]


def test_sizes_of_others_are_ignored():
    """Who got no index drug is in no table and in no rejection."""
    found = measured(patient("bob"), plain("a", {"value": 12}, subject=to("Patient", "bob")))
    assert sizes(found) == []
    assert found.refused == []
    assert found.used["counts"]["Observation"] == {"read": 1, "kept": 0, "refused": 0, "ignored": 1}


ROLES = (
    ({"category": [concept("ncit C94521")]}, "non_target", False), ({"category": [concept(text="new")]}, "new", False),
    ({"component": [{"code": concept(text="role"), "valueCodeableConcept": concept("ncit C103443")}]}, "target", True),
    ({"component": [{"code": concept("dcm 112074"), "valueCodeableConcept": concept("dcm 112075")}]},
     "non_target", False),
    ({"component": [{"code": concept(text="role"), "valueString": "Non-target nodal"}]}, "non_target", True),
    ({"codes": "loinc 33728-7, ncit C94520"}, "target", False),
    ({"category": [concept("local T")]}, "target", False), ({}, "unstated", False))


def test_the_role_that_the_source_gives():
    """As a component, a further coding of the size or a category; in codes, the words of CDISC, or the site's."""
    lesions = [structure(f"R{number}") for number in range(len(ROLES))]
    told = [plain(str(number), quantity(12), focus=[to("BodyStructure", f"R{number}")], **element)
            for number, (element, _, _) in enumerate(ROLES)]
    found = measured(*lesions, *told, mapping={"roles": {f"{SYSTEMS['local']}|T": "target"}})
    assert found.rows("lesions", "source_id", "role", "is_node") == [
        (f"Observation:{number}", role, is_node) for number, (_, role, is_node) in enumerate(ROLES)]


def test_a_new_lesion_needs_no_name():
    """That something new was seen is enough; a no is no lesion, and what nobody understands is not assessed."""
    def newly(key, **value):
        return observation(key, concept("ncit C142362"), **value)

    found = measured(
        newly("a", valueBoolean=True), newly("b", valueString="Y"), newly("c"), newly("d", valueBoolean=False),
        newly("e", valueCodeableConcept=concept("sct 373067005 No (qualifier value)")),
        newly("f", valueCodeableConcept=concept("local 9 Perhaps")), newly("g", valueString="see report"),
        newly("h", valueInteger=0), newly("i", dataAbsentReason=concept("absent unknown")),
        newly("j", valueCodeableConcept=concept("local NONE")),
        mapping={"statuses": {f"{SYSTEMS['local']}|NONE": "not_yet_present"}})
    assert found.rows("lesions", "lesion_id", "role", "status", "identity") == [
        *((f"Observation/{key}", "new", "present", "row") for key in "abc"),
        *((f"Observation/{key}", "new", "not_assessed", "row") for key in "fgi")]
    assert reasons(found) == [(f"Observation:{key}", "new_lesion_value_unknown") for key in "fgi"]
    assert found.used["counts"]["Observation sizes"] == {"read": 10, "kept": 6, "refused": 0, "ignored": 4}


def test_a_text_that_is_no_answer_leaves_a_new_lesion_unknown():
    """The same texts mean the same as in `tests/contract/test_lesions.py`; a code's display is such a text too."""
    meaning = {"statuses": {"ja, Leber": "present"}}
    for said in (lambda text: {"valueString": text}, lambda text: {"valueCodeableConcept": {"text": text}},
                 lambda text: {"valueCodeableConcept": concept(f"local X {text}")}):
        found = measured(*(observation(str(number), concept("ncit C142362"), **said(text))
                           for number, text in enumerate(ANSWERS)), mapping=meaning)
        assert found.rows("lesions", "source_id", "status") == sorted(
            (f"Observation:{number}", status) for number, status in enumerate(ANSWERS.values()) if status)
        assert reasons(found) == sorted((f"Observation:{number}", "new_lesion_value_unknown")
                                        for number, status in enumerate(ANSWERS.values()) if status == "not_assessed")


def test_whether_there_is_a_new_lesion_is_unknown_where_the_report_is_not_final():
    """Preliminary, registered or cancelled: asked and not answered, whatever it names; withdrawn is not asked."""
    def newly(key, status, **value):
        return observation(key, concept("ncit C142362"), status=status, **value)

    found = measured(
        structure("R1"), newly("a", "preliminary", valueBoolean=False),
        newly("b", "registered", focus=[to("BodyStructure", "R1")]), newly("c", "cancelled", valueBoolean=True),
        newly("d", "entered-in-error", valueBoolean=True), plain("e", quantity(12), status="preliminary"))
    assert found.rows("lesions", "lesion_id", "role", "status", "identity") == [
        (f"Observation/{key}", "new", "not_assessed", "row") for key in "abc"]
    assert reasons(found)[:4] == [
        *((f"Observation:{key}", "not_final") for key in "abc"), ("Observation:d", "entered_in_error")]
    assert found.used["counts"]["Observation sizes"] == {"read": 4, "kept": 3, "refused": 1, "ignored": 0}


def test_the_first_reader_or_modality_counts():
    """Where two measured one lesion on one day the site's order decides, whoever is named how."""
    found = measured(
        plain("a", quantity(20), performer=[{"reference": "Practitioner/2"}], method=concept("sct 113091000")),
        plain("b", quantity(22), performer=[{"display": "Dr First"}], method=concept("sct 77477000")),
        reader_priority=["Dr First"])
    assert found.rows("lesions", "source_id", "reader", "modality") == [("Observation:b", "Dr First", "CT")]
    assert reasons(found) == [("Observation:a", "lower_priority")]


def test_recorded_sums():
    """Sums of diameters, products and volumes in their units; a status is no sum."""
    def total(key, code, value, **elements):
        return observation(key, concept(f"ncit {code}"), valueQuantity=value, **elements)

    found = measured(total("a", "C96631", quantity(8.5, "cm")), total("b", "C96632", quantity(70)),
                     total("c", "C132261", quantity(12, "cm2")), total("d", "C96635", quantity(3, "cm3")),
                     total("e", "C96631", quantity(8, "cm2")), total("f", "C96631", None, valueString="NE"))
    assert found.rows("tumour_sums", "source_id", "scan_date", "kind", "value") == [
        ("Observation:a", "2020-02-20", "SLD", 85.0), ("Observation:b", "2020-02-20", "SLD", 70.0),
        ("Observation:c", "2020-02-20", "SPD", 1200.0), ("Observation:d", "2020-02-20", "volume", 3000.0)]
    assert reasons(found) == [("Observation:e", "unit_of_other_dimension"), ("Observation:f", "no_value")]


def test_a_date_known_to_the_month_stays_one():
    """The first day that is possible, and beside it how much is known; it is no day of that month."""
    both = [plain("a", quantity(20), effectiveDateTime="2020-02"), plain("b", quantity(21), effectiveDateTime="2020"),
            plain("c", quantity(22), effectiveDateTime="2020-02-01T23:30:00-08:00")]
    assert measured(*both).rows("lesions", "source_id", "scan_date", "date_precision") == [
        ("Observation:a", "2020-02-01", "month"), ("Observation:b", "2020-01-01", "year"),
        ("Observation:c", "2020-02-01", None)]


def test_an_unknown_code_is_no_size():
    """A decoy in another element, and the code of another system, tell nothing."""
    found = measured(
        plain("a", quantity(12), "local 33728-7"),
        observation("b", concept("loinc 718-7"), note=[{"text": "33728-7"}], valueQuantity=quantity(12)),
        resource("Observation", "c", status="final"))
    assert sizes(found) == []
    assert found.refused == []
