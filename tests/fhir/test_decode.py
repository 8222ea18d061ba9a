"""Which resources are kept, ignored or refused, and that each is counted once."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from hpd_etl.sources.fhir.decode.collector import Collector
from hpd_etl.sources.fhir.decode.resources import Resources, Selection
from hpd_etl.sources.fhir.decode.shapes import Patient, Reference
from hpd_etl.sources.fhir.decode.sieve import Found, Sieve
from hpd_etl.sources.fhir.decode.versions import is_foreign
from hpd_etl.sources.fhir.fetch.pages import Pages
from hpd_etl.sources.ledger import Ledger
from tests.fhir.given import CANONICAL, Json, administration, concept, observation, patient, resource, size

SIZE = "33728-7"
WANTED = Selection(
    whole=frozenset({"Patient", "Condition", "ImagingStudy"}),
    codes={"Observation": frozenset({SIZE}), "MedicationAdministration": frozenset({"1547545"})},
    prefixes={"MedicationAdministration": ("L01F",)}, texts={"Observation": frozenset({"tumour size"})})


class Told:
    """What a collector kept, and what it told the ledger."""

    def __init__(self, *given: Json | bytes) -> None:
        self.ledger = Ledger()
        collector = Collector(WANTED, CANONICAL, self.ledger)
        for each in given:
            collector.line(each if isinstance(each, bytes) else json.dumps(each).encode())
        self.resources: Resources = collector.settle()

    @property
    def kept(self) -> list[str]:
        """Type, id and version of what is kept."""
        return sorted(each.source_id for each in self.resources)

    def counts(self, kind: str) -> tuple[int, int, int, int]:
        """Read, kept, ignored, refused."""
        return tuple(self.ledger.counts()[kind][name] for name in ("read", "kept", "ignored", "refused"))  # type: ignore[return-value]


def _bundle(*entries: Json, kind: str = "collection") -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def _measured(key: str, *codes: str, **elements: Any) -> Json:
    return observation(key, concept(*codes), **elements)


# --- the first look ---------------------------------------------------------------------------


@pytest.mark.parametrize("code", [SIZE, "33728\\u002d7", "\\u00333728-7", " 33728-7 "])
def test_a_code_is_what_json_says_it_is(code: str) -> None:
    """A code may be written with escapes or between blanks; it is the same code."""
    line = json.dumps(_measured("o", "loinc CODE")).replace("CODE", code)
    assert Told(line.encode()).kept == ["Observation:o"]


def test_a_code_in_a_note_or_in_a_display_is_no_code() -> None:
    """Bytes are not searched: what only speaks of tumour sizes is no tumour size."""
    decoy = _measured("o", f"loinc 2345-7 not {SIZE}", note=[{"text": f'"code":"{SIZE}"'}], valueString=SIZE)
    assert Told(decoy).counts("Observation") == (1, 0, 1, 0)


def test_a_code_may_stand_second() -> None:
    """A local code comes first at many sites."""
    assert Told(_measured("o", "local TU", f"loinc {SIZE}")).kept == ["Observation:o"]


def test_the_code_of_a_component_counts() -> None:
    """A panel of a local code may hold a tumour size."""
    panel = _measured("o", "local PANEL", component=[{"code": concept("local X")}, {"code": concept(f"loinc {SIZE}")}])
    assert Told(panel).kept == ["Observation:o"]


def test_a_panel_is_kept_whatever_its_code() -> None:
    """What its members are is seen only later."""
    assert Told(_measured("o", "local PANEL", hasMember=[{"reference": "Observation/x"}])).kept == ["Observation:o"]


def test_words_count_where_there_is_no_code() -> None:
    """A text in place of a coding is compared without regard to case, and only then."""
    told = Told(observation("a", concept(text=" Tumour Size")), observation("b", {"coding": [{"display": "x"}],
                "text": "tumour size"}), observation("c", concept("loinc 2345-7", text="tumour size")))
    assert told.kept == ["Observation:a", "Observation:b"]


@pytest.mark.parametrize(("elements", "kept"), [
    ({"code": "rxnorm 1547545"}, True),
    ({"code": "atc L01FF02"}, True),
    ({"code": "rxnorm 999"}, False),
    ({"medication": "Medication/m"}, True),
    ({"code": "rxnorm 999", "contained": [{"resourceType": "Medication"}]}, True),
])  # fmt: skip
def test_a_drug_that_may_stand_elsewhere_is_kept(elements: Json, kept: bool) -> None:
    """A Medication that is referred to or contained decides what was given, so that the code here decides nothing."""
    assert bool(Told(administration("d", **{"code": None, **elements})).kept) is kept


def test_types_that_are_not_read_are_counted_together() -> None:
    """A name of a type may be anything, also a name of a patient, and no count is given under it."""
    told = Told(resource("Device", "d"), resource("JohnDoe", "x"), resource("Observation", "o"))
    assert told.counts("other") == (2, 0, 2, 0)
    assert told.counts("Observation") == (1, 0, 1, 0)
    assert "JohnDoe" not in told.ledger.counts()


def test_an_element_of_another_type_is_refused_where_its_resource_matters() -> None:
    """A code that is a list is no R4; in a resource that is not read nobody cares."""
    told = Told({"resourceType": "Condition", "id": "c", "code": []}, {"resourceType": "PractitionerRole", "code": []})
    assert told.counts("Condition") == (1, 0, 0, 1)
    assert told.counts("other") == (1, 0, 1, 0)
    assert told.ledger.reasons() == {"malformed_resource": 1}


def test_lines_and_single_resources_are_sorted_alike() -> None:
    """The loop over lines is only a faster way to the same answer."""
    given = [size("s", 12.5), _measured("l", "loinc 2345-7"), _measured("p", "local X", hasMember=[{}]),
             administration("d", "rxnorm 999"), administration("m", None, medication="Medication/m"),
             observation("t", concept(text="tumour size")), observation("u", concept(text="other")), patient(),
             resource("Device", "x"), _bundle({"resource": size("i", 3)})]
    raw = [json.dumps(each).encode() + b"\n" for each in given] + [b"no json\n", b"\n"]
    together, alone, sieve = Found(), Found(), Sieve(WANTED)
    for lines in (raw[:-2], raw[-2:]):
        sieve.lines(b"".join(lines), "file", 0, together)
    for each in raw:
        sieve.resource(each, "file", alone)
    assert together.lines == {"file": 12}
    assert [kept.type_name for kept in together.kept] == [kept.type_name for kept in alone.kept]
    assert together.ignored == alone.ignored
    assert together.unknown == alone.unknown
    assert {code for _, _, code, _ in together.unknown} >= {"2345-7", "999", "other"}
    assert [(refused.origin, refused.reason) for refused in together.refused] == [("unreadable", "malformed_resource")]


@pytest.mark.parametrize("between", [b"", b"\n", b'{"resourceType":"Device"}{"resourceType":"Device"}\n{\n}\n',
                                     b'{"resourceType":"Device"}{"resourceType":"Device"}\n\n'])
def test_what_is_kept_is_the_line_that_was_seen(between: bytes) -> None:
    """Lines are decoded together, but each must tell the same alone: none is taken for another, or lost."""
    first, second = (json.dumps(size(name, 1)).encode() for name in ("a", "b"))
    found = Found()
    Sieve(WANTED).lines(first + b"\n" + between + second, "file", 7, found)
    assert [(kept.raw, kept.place) for kept in found.kept] == [
        (first, "file@7"), (second, f"file@{7 + len(first) + 1 + len(between)}")]
    assert found.lines == {"file": 2 + between.count(b"\n")}


# --- what cannot be read ----------------------------------------------------------------------


@pytest.mark.parametrize(("raw", "origin", "reason"), [
    (b"hello", "unreadable", "malformed_resource"),
    (b"[]", "unreadable", "malformed_resource"),
    (b'{"id":"x"}', "unreadable", "malformed_resource"),
    (b'{"resourceType":"Patient","id":"x"', "unreadable", "malformed_resource"),
    (b'{"resourceType":"Pati\xe4nt","id":"x"}', "unreadable", "not_utf8"),
    (b'{"resourceType":"Patient","id":"x","gender":"m\xe4nnlich"}', "Patient", "not_utf8"),
    (b'{"resourceType":"Patient","id":"x","gender":1}', "Patient", "malformed_resource"),
    (b'{"resourceType":"Patient"}', "Patient", "no_id"),
    (b'{"resourceType":"Bundle","entry":1}', "Bundle", "malformed_resource"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_and_counted(raw: bytes, origin: str, reason: str) -> None:
    """Every refusal has its reason, and what is read stays the sum of its parts."""
    told = Told(raw, patient("ann"))
    assert told.ledger.reasons() == {reason: 1}
    assert told.ledger.counts()[origin]["refused"] == 1
    assert told.kept == ["Patient:ann"]


def test_white_space_is_nothing() -> None:
    """An empty line is neither read nor refused."""
    assert Told(b" \r\n", b"").ledger.counts() == {}


def test_a_refused_resource_is_named_by_its_id() -> None:
    """Who looks for it in the source finds it by type and id."""
    told = Told(b'{"resourceType":"Patient","id":"x","gender":1}')
    assert told.ledger.rejections()["source_id"].tolist() == ["Patient:x"]


# --- releases of FHIR -------------------------------------------------------------------------


@pytest.mark.parametrize("foreign", [
    resource("MedicationAdministration", "d", medication={"concept": concept("rxnorm 1547545")},
             occurenceDateTime="2020-01-01"),
    _measured("o", f"loinc {SIZE}", triggeredBy=[{"type": "reflex"}]),
    _measured("o", f"loinc {SIZE}", bodyStructure={"reference": "BodyStructure/b"}),
    _measured("o", f"loinc {SIZE}", context={"reference": "Encounter/e"}),
    _measured("o", f"loinc {SIZE}", related=[{"type": "has-member"}]),
    administration("d", notGiven=False),
    resource("Condition", "c", assertedDate="2017-01-01"),
    resource("Condition", "c", clinicalStatus="active"),
    resource("ImagingStudy", "i", modality=[concept("dcm CT")]),
    resource("Patient", "p", animal={}),
    resource("Patient", "p", fhirVersion="5.0.0"),
], ids=lambda each: each["resourceType"])  # fmt: skip
def test_r5_and_stu3_are_refused(foreign: Json) -> None:
    """A resource with an element that R4 has not is of another release, for which there is no reader."""
    told = Told(foreign)
    assert told.ledger.reasons() == {"fhir_version": 1}
    assert told.kept == []


def test_r4_is_not_taken_for_another_release() -> None:
    """Elements that look alike in R4 stay R4: the context of an administration, the modality of a study."""
    told = Told(administration("d", context={"reference": "Encounter/e"}),
                resource("Patient", "p", fhirVersion="4.0.1"), resource("ImagingStudy", "i", modality=[{"code": "CT"}]),
                resource("Condition", "c", clinicalStatus=concept("local active")))
    assert len(told.kept) == 4


@pytest.mark.parametrize("kind", ["Observation", "MedicationAdministration", "MedicationStatement", "Condition",
                                  "MedicationDispense", "MedicationRequest", "Procedure", "ImagingStudy", "Patient",
                                  "BodyStructure", "DiagnosticReport", "Encounter", "Medication"])  # fmt: skip
def test_no_element_of_r4b_is_taken_for_another_release(kind: str) -> None:
    """Whatever element R4B gives a type, the resource is one of ours."""
    model = getattr(importlib.import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    names = {field.alias or name for name, field in model.model_fields.items()}
    assert not is_foreign(kind, json.dumps(dict.fromkeys(names, ()) | {"resourceType": kind}).encode())


# --- copies, deletions, our own ---------------------------------------------------------------


def _version(key: str, value: float, version: str | None = None, updated: str | None = None) -> Json:
    meta = {name: told for name, told in (("versionId", version), ("lastUpdated", updated)) if told}
    return size(key, value) | {"meta": meta}


def test_the_same_resource_twice_counts_once() -> None:
    """A copy that differs in nothing that is read is ignored."""
    told = Told(size("s", 3), size("s", 3) | {"note": [{"text": "seen again"}]})
    assert told.counts("Observation") == (2, 1, 1, 0)


@pytest.mark.parametrize(("older", "newer"), [
    (_version("s", 3, "2"), _version("s", 4, "10")),
    (_version("s", 3, None, "2020-01-01T09:00:00+02:00"), _version("s", 4, None, "2020-01-01T08:00:00Z")),
    (_version("s", 3, "a", "2020-01-01T00:00:00Z"), _version("s", 4, "b", "2021-01-01T00:00:00.5Z")),
], ids=["version", "instant", "instant of a textual version"])  # fmt: skip
def test_the_newer_of_two_holds_in_whichever_order(older: Json, newer: Json) -> None:
    """Versions are compared as numbers and updates as instants."""
    for order in ((older, newer), (newer, older), (older, newer, older)):
        told = Told(*order)
        assert [each.component[0].value_quantity.value for each in told.resources] == [4]  # type: ignore[attr-defined]
        assert told.counts("Observation") == (len(order), 1, len(order) - 1, 0)


@pytest.mark.parametrize(("one", "other"), [
    (_version("s", 3), _version("s", 4)),
    (_version("s", 3, "1"), _version("s", 4, "1")),
    (_version("s", 3, "a"), _version("s", 4, "b")),
    (_version("s", 3, "1", "2021-01-01T00:00:00Z"), _version("s", 4, "2", "2020-01-01T00:00:00Z")),
    (_version("s", 3, None, "2020-01-01"), _version("s", 4, None, "2021-01-01")),
], ids=["nothing said", "same version", "texts", "contradiction", "no instants"])  # fmt: skip
def test_two_that_differ_are_both_refused_where_nothing_says_which_holds(one: Json, other: Json) -> None:
    """Neither is guessed to be right, whichever came first, also where one of them comes again."""
    for order in ((one, other), (other, one), (one, other, one)):
        told = Told(*order)
        assert told.counts("Observation") == (len(order), 0, len(order) - 2, 2)
        assert told.ledger.reasons() == {"duplicate_id": 2}


def test_a_version_newer_than_two_that_contradict_each_other_holds() -> None:
    """What is settled later needs no earlier answer."""
    told = Told(_version("s", 3, "1"), _version("s", 4, "1"), _version("s", 5, "2"))
    assert told.kept == ["Observation:s/_history/2"]
    assert told.counts("Observation") == (3, 1, 2, 0)


def test_copies_of_what_does_not_matter_are_not_looked_for() -> None:
    """Only kept resources are remembered, so that memory does not grow with the files."""
    told = Told(_measured("l", "loinc 2345-7", valueString="a"), _measured("l", "loinc 2345-7", valueString="b"))
    assert told.counts("Observation") == (2, 0, 2, 0)


@pytest.mark.parametrize("own", [
    {"identifier": [{"system": f"{CANONICAL}/label", "value": "x"}]},
    {"code": {"coding": [{"code": SIZE}, {"system": f"{CANONICAL}/CodeSystem/hpd", "code": "label"}]}},
    {"meta": {"tag": [{"system": CANONICAL, "code": "label"}]}},
])  # fmt: skip
def test_our_own_labels_are_never_read_back(own: Json) -> None:
    """What bears our canonical base in an identifier, a code or a tag is ours."""
    assert Told(_measured("o", f"loinc {SIZE}") | own).counts("Observation") == (1, 0, 1, 0)


def test_a_system_that_only_begins_like_ours_is_not_ours() -> None:
    """A base ends at a slash."""
    assert Told(size("o", 3, identifier=[{"system": f"{CANONICAL}-site/ids", "value": "x"}])).kept


# --- Bundles ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["collection", "transaction", "searchset", "document", "batch"])
def test_entries_of_a_bundle_are_found_by_their_full_url(kind: str) -> None:
    """References within a Bundle name full URLs; an entry without an id is named by its own."""
    told = Told(_bundle({"fullUrl": "urn:uuid:6f1", "resource": {"resourceType": "Patient"}},
                        {"fullUrl": "https://a.example/Patient/ben", "resource": patient("ben")},
                        {"resource": size("s", 3)}, {"response": {"status": "200"}}, kind=kind))
    assert told.kept == ["Observation:s", "Patient:6f1", "Patient:ben"]
    assert told.resources.find(Reference("urn:uuid:6f1"), Patient) is told.resources.get("Patient", "6f1")


def test_a_patient_in_two_bundles_is_found_by_the_urls_of_both() -> None:
    """Each Bundle has its own full URL for the same Patient."""
    told = Told(_bundle({"fullUrl": "urn:uuid:1", "resource": patient("ben")}),
                _bundle({"fullUrl": "urn:uuid:2", "resource": patient("ben")}))
    assert told.counts("Patient") == (2, 1, 1, 0)
    for url in ("urn:uuid:1", "urn:uuid:2"):
        found = told.resources.find(Reference(url), Patient)
        assert found is not None
        assert found.id == "ben"


def test_a_bundle_within_a_bundle_is_not_opened() -> None:
    """It is refused, its neighbours are read."""
    told = Told(_bundle({"resource": _bundle({"resource": patient("inner")})}, {"resource": patient("outer")}))
    assert told.kept == ["Patient:outer"]
    assert told.counts("Bundle") == (1, 0, 0, 1)
    assert told.ledger.reasons() == {"nested_bundle": 1}


def test_what_the_source_has_deleted_is_not_read() -> None:
    """A deletion holds whether it is read before or after the resource."""
    gone = _bundle({"request": {"method": "DELETE", "url": "Patient/ann"}},
                   {"request": {"method": "DELETE", "url": "Patient/unknown"}}, kind="transaction")
    for order in ((patient("ann"), gone), (gone, patient("ann"))):
        assert Told(*order).counts("Patient") == (1, 0, 1, 0)


def test_a_page_tells_how_many_a_search_found() -> None:
    """Included resources and outcomes are not what was asked for."""
    page = _bundle({"resource": patient("a"), "search": {"mode": "match"}}, {"resource": patient("b")},
                   {"resource": patient("c"), "search": {"mode": "include"}},
                   {"resource": resource("OperationOutcome", "x"), "search": {"mode": "outcome"}}, kind="searchset")
    pages = Pages("Patient")
    pages.take(json.dumps(page).encode())
    assert [key.id for key in pages.found] == ["a", "b"]
