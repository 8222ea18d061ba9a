"""Resources as a hospital writes them, and what becomes of them: words for the tests of what is read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpd_etl.config import FhirFilesSource, Study
from hpd_etl.schema import Records
from hpd_etl.sources.fhir.decode.collector import Collector
from hpd_etl.sources.fhir.records.assembly import records_of, selection
from hpd_etl.sources.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

SYSTEMS = {
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm", "atc": "http://www.whocc.no/atc",
    "atc-de": "http://fhir.de/CodeSystem/bfarm/atc", "sct": "http://snomed.info/sct", "loinc": "http://loinc.org",
    "hcpcs": "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes", "ndc": "http://hl7.org/fhir/sid/ndc",
    "ncit": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl", "ucum": "http://unitsofmeasure.org",
    "dcm": "http://dicom.nema.org/resources/ontology/DCM", "local": "https://ward.example/codes",
    "absent": "http://terminology.hl7.org/CodeSystem/data-absent-reason"}
CANONICAL = "https://hpd-etl.example/fhir"
TODAY = date(2026, 1, 1)
STUDY = Study(id="ward")


def concept(*codes: str, text: str | None = None) -> Json:
    """A CodeableConcept: `atc L01CD02 docetaxel` is system, code and display; words alone are its text."""
    made: Json = {"coding": [_coding(code) for code in codes]} if codes else {}
    return made | ({"text": text} if text else {})


def _coding(written: str) -> Json:
    system, code, *display = written.split(" ", 2)
    return {"system": SYSTEMS.get(system, system), "code": code} | ({"display": display[0]} if display else {})


def to(kind: str, key: str | None) -> Json:
    """A reference."""
    return {"reference": f"{kind}/{key}"}


def resource(kind: str, key: str, **elements: Any) -> Json:
    """A resource with these elements; `None` leaves one out."""
    return {"resourceType": kind, "id": key} | {name: value for name, value in elements.items() if value is not None}


def patient(key: str = "ann", **elements: Any) -> Json:
    """A Patient."""
    return resource("Patient", key, **elements)


def _drug(code: str | None, medication: str | None) -> Json:
    if medication is not None:
        return {"medicationReference": {"reference": medication}}
    return {"medicationCodeableConcept": concept(code)} if code else {}


def administration(key: str = "d1", code: str | None = "rxnorm 1547545", on: Any = "2020-03-01", who: str = "ann", *,
                   medication: str | None = None, **elements: Any) -> Json:
    """A MedicationAdministration, of pembrolizumab unless said otherwise; `on` is a day or a pair of days."""
    return resource("MedicationAdministration", key, **{
        "status": "completed", "subject": to("Patient", who), **_drug(code, medication), **_effective(on), **elements})


def statement(key: str = "s1", code: str | None = "rxnorm 1547545", on: Any = ("2020-03-01", "2020-05-01"),
              who: str = "ann", *, medication: str | None = None, **elements: Any) -> Json:
    """A MedicationStatement; `on` is a day or a pair of days, None for one that is not known."""
    return resource("MedicationStatement", key, **{
        "status": "completed", "subject": to("Patient", who), **_drug(code, medication), **_effective(on), **elements})


def dispense(key: str = "p1", code: str | None = "rxnorm 1547545", on: str | None = "2020-03-01", who: str = "ann",
             **elements: Any) -> Json:
    """A MedicationDispense, handed over on a day."""
    return resource("MedicationDispense", key, **{
        "status": "completed", "subject": to("Patient", who), **_drug(code, None), "whenHandedOver": on, **elements})


def request(key: str = "r1", code: str | None = "rxnorm 1547545", on: str | None = "2020-03-01", who: str = "ann",
            **elements: Any) -> Json:
    """A MedicationRequest for one administration, written on a day."""
    return resource("MedicationRequest", key, **{
        "status": "completed", "intent": "instance-order", "subject": to("Patient", who), **_drug(code, None),
        "authoredOn": on, **elements})


def procedure(key: str = "x1", code: Json | None = None, on: Any = "2020-03-01", who: str = "ann",
              **elements: Any) -> Json:
    """A Procedure; `on` is a day or a pair of days."""
    return resource("Procedure", key, **{
        "status": "completed", "subject": to("Patient", who), "code": code, **_when("performed", on), **elements})


def encounter(key: str = "e1", on: Any = ("2020-01-01", "2020-01-02"), who: str = "ann", **elements: Any) -> Json:
    """An Encounter that took place."""
    return resource("Encounter", key, **{
        "status": "finished", "subject": to("Patient", who), "period": _period(on), **elements})


def observation(key: str, code: Json, on: Any = "2020-02-20", who: str = "ann", **elements: Any) -> Json:
    """A final Observation."""
    return resource("Observation", key, **{
        "status": "final", "subject": to("Patient", who), "code": code, **_effective(on), **elements})


def quantity(value: float | str, unit: str = "mm") -> Json:
    """A Quantity in a UCUM unit."""
    return {"value": value, "unit": unit, "system": SYSTEMS["ucum"], "code": unit}


def size(key: str, value: float | None, lesion: str | None = "L1", on: Any = "2020-02-20", who: str = "ann", *,
         code: str = "loinc 33728-7", unit: str = "mm", **elements: Any) -> Json:
    """A tumour size as mCODE writes it: the longest dimension as a component, the lesion in `focus`."""
    part = {"code": concept(code)} | ({} if value is None else {"valueQuantity": quantity(value, unit)})
    focus = [to("BodyStructure", lesion)] if lesion else None
    return observation(key, concept("loinc 21889-1"), on, who, **{"focus": focus, "component": [part], **elements})


def structure(key: str = "L1", location: Json | None = None, who: str = "ann", **elements: Any) -> Json:
    """A BodyStructure: a lesion."""
    return resource("BodyStructure", key, **{"patient": to("Patient", who), "location": location, **elements})


def _effective(on: Any) -> Json:
    return _when("effective", on)


def _when(name: str, on: Any) -> Json:
    if on is None:
        return {}
    return {f"{name}DateTime": on} if isinstance(on, str) else {f"{name}Period": _period(on)}


def _period(on: Any) -> Json | None:
    return None if on is None else {end: text for end, text in zip(("start", "end"), on, strict=True) if text}


class Read:
    """What was read: Records, what they were read with, and the ledger."""

    def __init__(self, records: Records, used: Json) -> None:
        self.records = records
        self.used = used

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of a table as sorted tuples; missing is None, a date its text."""
        frame = getattr(self.records, table)[list(columns)]
        return sorted((tuple(map(_plain, row)) for row in frame.to_numpy(object)), key=str)

    def of_each(self, table: str, n: int, *columns: str) -> list[list[Any]]:
        """These columns of the rows of `p0`, `p1` ..., a list for each of them."""
        found: list[list[Any]] = [[] for _ in range(n)]
        for person, *row in self.rows(table, "person_id", *columns):
            found[int(person[1:])].append(row[0] if len(row) == 1 else tuple(row))
        return found

    @property
    def refused(self) -> list[tuple[Any, ...]]:
        """What was refused: source, person, reason."""
        return self.rows("rejections", "source_id", "person_id", "reason")


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return str(value)[:10] if hasattr(value, "toordinal") else value


def site(mapping: Json | None = None, **settings: Any) -> FhirFilesSource:
    """A site that reads a folder, with what its local codes mean."""
    return FhirFilesSource(kind="fhir_files", folder=Path(), mapping=mapping or {}, **settings)


def read(*resources: Json, study: Study = STUDY, incomplete: tuple[str, ...] = (), today: date = TODAY,
         mapping: Json | None = None, **settings: Any) -> Read:
    """What is read of these resources."""
    source, ledger = site(mapping, **settings), Ledger()
    collector = Collector(selection(study, source), CANONICAL, ledger)
    for each in resources:
        collector.line(json.dumps(each).encode())
    return Read(*records_of(collector.settle(), study, source, ledger, incomplete=incomplete, today=today))


def read_each(cases: Sequence[Json], *common: Json, **settings: Any) -> Read:
    """What is read of these resources, each of a patient of its own: `p0`, `p1` ..."""
    those = [patient(f"p{place}") for place in range(len(cases))]
    own = [case | {"id": f"x{place}", "subject": to("Patient", f"p{place}")} for place, case in enumerate(cases)]
    return read(*common, *those, *own, **settings)


def records(*resources: Json, **settings: Any) -> Records:
    """The Records of these resources."""
    return read(*resources, **settings).records
