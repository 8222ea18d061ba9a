"""Which lesion it is: growth can only be measured on one that is known to be the same."""

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

BASE = (patient(), administration())
NAMED = ("source_id", "lesion_id", "identity")
LOCAL = SYSTEMS["local"]


def told(*resources, **settings):
    """What is read of these."""
    return read(*BASE, *resources, **settings)


def tracked(token, name, *, kind="identifier"):
    """A tracking identifier, as an identifier or as a component."""
    if kind == "identifier":
        return {"identifier": [{"type": concept(token), "system": LOCAL, "value": name}]}
    return {"component": [{"code": concept(token), "valueString": name},
                          {"code": concept("loinc 33728-7"), "valueQuantity": quantity(9)}]}


def test_the_first_rung_that_names_the_lesion():
    """Identifier of the BodyStructure, its id, the tracking UID, the tracking identifier; the rung is on the row."""
    uid = {"code": concept("dcm 112040"), "valueString": "1.2.3"}
    name = {"code": concept("dcm 112039"), "valueString": "left lung"}
    part = {"code": concept("loinc 33728-7"), "valueQuantity": quantity(9)}
    found = told(
        structure("S1", identifier=[{"system": LOCAL, "value": "T1"}]), structure("S2"),
        size("a", None, "S1", component=[uid, part]), size("b", None, "S2", component=[uid, part]),
        size("c", None, None, component=[name, uid, part]), size("d", None, None, component=[name, part]),
        size("e", 9, None, **tracked("dcm 112040", "urn:oid:1.2.3")), size("f", 9, None))
    assert found.rows("lesions", *NAMED) == [
        ("Observation:a", f"{LOCAL}|T1", "body_structure_identifier"),
        ("Observation:b", "BodyStructure/S2", "body_structure"), ("Observation:c", "1.2.3", "tracking_uid"),
        ("Observation:d", "left lung", "tracking_identifier"), ("Observation:e", "1.2.3", "tracking_uid")]
    assert found.refused == [("Observation:f", "ann", "no_lesion_identity")]


def test_the_disease_is_no_lesion():
    """A Condition in focus would make two lesions one; beside a BodyStructure it does no harm."""
    disease = to("Condition", "c1")
    found = told(structure(), size("a", 9, None, focus=[disease]),
                 size("b", 9, None, focus=[disease, to("BodyStructure", "L1")]))
    assert found.rows("lesions", *NAMED) == [("Observation:b", "BodyStructure/L1", "body_structure")]
    assert found.refused == [("Observation:a", "ann", "no_lesion_identity")]


def test_two_structures_with_one_identifier_are_one_lesion():
    """A new BodyStructure at every examination, the same identifier each time."""
    same = {"identifier": [{"system": LOCAL, "value": "T1"}]}
    found = told(structure("S1", **same), structure("S2", **same),
                 size("a", 9, "S1"), size("b", 12, "S2", "2020-04-20"))
    assert found.rows("lesions", "scan_date", "lesion_id") == [
        ("2020-02-20", f"{LOCAL}|T1"), ("2020-04-20", f"{LOCAL}|T1")]


def test_a_tracking_identifier_of_a_structure_comes_first():
    """Of several identifiers the one that DICOM tracks lesions by."""
    several = [{"system": LOCAL, "value": "report 7"}, {"system": LOCAL},
               {"type": concept("dcm 112039"), "value": "T1"},
               {"type": concept("dcm 112040"), "system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3"}]
    found = told(structure("S1", identifier=several), size("a", 9, "S1"))
    assert found.rows("lesions", "lesion_id") == [("urn:ietf:rfc:3986|urn:oid:1.2.3",)]


def test_a_size_of_two_structures_is_of_neither():
    """Two in focus would be measured as one."""
    found = told(structure("S1"), structure("S2"),
                 size("a", 9, focus=[to("BodyStructure", "S1"), to("BodyStructure", "S2")]))
    assert found.refused == [("Observation:a", "ann", "no_lesion_identity")]


def test_a_structure_that_is_not_there_still_has_its_id():
    """The lesion is known, its organ is not; the reference is reported, once a resource."""
    both = [{"code": concept(f"loinc {code}"), "valueQuantity": quantity(9)} for code in ("33728-7", "33729-5")]
    found = told(size("a", None, "gone", component=both))
    assert found.rows("lesions", "lesion_id", "organ", "identity") == 2 * [
        ("BodyStructure/gone", None, "body_structure")]
    assert ("Observation:a", "ann", "reference_unresolved") in found.refused
    assert found.used["unresolved_references"] == {"reference_unresolved": 1}


def test_somebody_elses_structure_names_no_lesion():
    """A link to a lesion of another person is wrong, whichever of the two it is."""
    bob = (patient("bob"), administration("d2", who="bob"))
    found = told(*bob, structure("S1", who="bob", identifier=[{"value": "T1"}]), size("a", 9, "S1"))
    assert found.refused == [("Observation:a", "ann", "no_lesion_identity")]


def test_structures_by_address_identifier_and_within():
    """Absolute addresses, identifiers alone and contained BodyStructures name lesions too; a contained id does not."""
    inside = {"resourceType": "BodyStructure", "id": "in", "patient": to("Patient", "ann")}
    by_identifier = {"type": "BodyStructure", "identifier": {"system": LOCAL, "value": "T2"}}
    found = told(
        structure("S1", concept(text="Lung structure")),
        size("a", 9, focus=[{"reference": "https://ehr.example/fhir/BodyStructure/S1/_history/2"}]),
        size("b", 9, focus=[by_identifier]),
        size("c", 9, focus=[{"reference": "#in"}], contained=[{**inside, "identifier": [{"value": "T3"}]}]),
        size("d", 9, focus=[{"reference": "#in"}], contained=[inside]))
    assert found.rows("lesions", "source_id", "lesion_id", "organ") == [
        ("Observation:a", "BodyStructure/S1", "lung"), ("Observation:b", f"{LOCAL}|T2", None),
        ("Observation:c", "|T3", None)]
    assert found.refused == [("Observation:d", "ann", "no_lesion_identity")]


def test_the_organ_of_a_lesion():
    """Of the structure, else of the Observation, in the site's word, else in plain words; a lymph node is a node."""
    found = told(
        structure("S1", concept("sct 10200004 Liver structure (body structure)")), structure("S2"),
        structure("S3", concept("local LK axillary Lymph node")), structure("S4", concept("local HEP")),
        size("a", 9, "S1", bodySite=concept("sct 39607008 Lung structure")),
        size("b", 9, "S2", bodySite=concept("sct 39607008 Structure of lung")), size("c", 9, "S3"), size("d", 9, "S4"),
        mapping={"organs": {f"{LOCAL}|HEP": "liver"}})
    assert found.rows("lesions", "source_id", "organ", "is_node", "status") == [
        ("Observation:a", "liver", False, "measured"), ("Observation:b", "lung", False, "measured"),
        ("Observation:c", "axillary lymph node", True, "present"), ("Observation:d", "liver", False, "measured")]


def test_the_lesion_of_a_panel_is_that_of_its_members():
    """A measurement group names the lesion, its members hold the sizes."""
    group = observation("g", concept("dcm 125007"), **tracked("dcm 112040", "1.2.3"),
                        hasMember=[to("Observation", "m")])
    member = observation("m", concept("sct 103339001"), valueQuantity=quantity(30))
    assert told(group, member).rows("lesions", *NAMED) == [("Observation:m", "1.2.3", "tracking_uid")]


def test_a_resource_has_its_version_in_source_id():
    """Which version was read can be told later."""
    found = told(structure(), size("a", 9, meta={"versionId": "3"}), resource("BodyStructure", "other"))
    assert found.rows("lesions", "source_id") == [("Observation:a/_history/3",)]


def test_the_order_of_resources_does_not_matter():
    """Members before panels, sizes before lesions, studies last: everything is looked up once all is read."""
    study = resource("ImagingStudy", "i1", status="available", subject=to("Patient", "ann"), started="2020-02-19")
    group = observation("g", concept("dcm 125007"), hasMember=[to("Observation", "m")],
                        focus=[to("BodyStructure", "L1")], derivedFrom=[to("ImagingStudy", "i1")])
    member = observation("m", concept("sct 103339001"), None, valueQuantity=quantity(30))
    lesion = structure(location=concept(text="Liver structure"))
    expected = [("Observation:m", "BodyStructure/L1", "2020-02-19", "liver", 30.0)]
    for some in ((study, lesion, group, member), (member, group, lesion, study)):
        assert told(*some).rows("lesions", "source_id", "lesion_id", "scan_date", "organ", "diameter_mm") == expected
