"""A synthetic bulk export of any size, as NDJSON plain and gzip, generated once and kept.

At scale 1: 500 000 Observations of 1.23 KB, of which 10 000 are tumour sizes of 500 treated patients, and 100 000
MedicationAdministrations, of which 3 000 are of a checkpoint inhibitor. Some tumour codes are written with `\\u002d`
or stand second, and some laboratory notes name a tumour code.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from isal import igzip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.warehouse import Warehouse

Json = dict[str, Any]

SCANS = (-60, -7, 56, 112, 168)  # days from the first dose
LESIONS = 4
DOSES = 6
TUMOUR_CODE = "21889-1"
LENGTH_CODE = "33728-7"
DRUGS = (("1547545", "pembrolizumab"), ("1597876", "nivolumab"))  # RxNorm
"""Codes and names of what the treated are given."""
_LOINC = "http://loinc.org"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_META = {"versionId": "1", "lastUpdated": "2024-02-01T00:00:00.000Z",
         "profile": ["http://hl7.org/fhir/StructureDefinition/Resource"]}  # fmt: skip
_NOTE = ("Measured by the central laboratory with the routine method of the house; the result was released by the "
         "physician on duty and sent to the ward. ")
_DECOY = f"The tumour was not measured on this occasion, see LOINC {LENGTH_CODE} in the report of the examination. "


@dataclass(frozen=True)
class Export:
    """Where the folders of one export are."""

    folder: Path
    scale: float
    seed: int = 5

    @classmethod
    def of(cls, warehouse: Warehouse) -> Export:
        """The export of the same scale, beside a warehouse."""
        return cls(warehouse.folder, warehouse.scale)

    def of_kind(self, kind: str) -> Path:
        """`plain`, `gzip`, or `doubled`: the plain one with as many files again that hold nothing that matters."""
        return self.folder / f"fhir_s{self.scale:g}_{kind}".replace(".", "_")

    @property
    def patients(self) -> int:
        """How many patients are treated."""
        return round(500 * self.scale)


def make_export(export: Export) -> None:
    """Write the folders that are not there."""
    plain, doubled, packed = (export.of_kind(kind) for kind in ("plain", "doubled", "gzip"))
    if not plain.exists():
        _write(plain, {
            "Patient": _patients(export), "BodyStructure": _lesions(export), "Observation": _observations(export),
            "MedicationAdministration": _administrations(export)})
    if not doubled.exists():
        _write(doubled, {
            "Observation.more": _laboratory(export, round(500_000 * export.scale), "more"),
            "MedicationAdministration.more": _other_drugs(export, round(100_000 * export.scale), "more")}, plain)
    if not packed.exists():
        draft = packed.with_suffix(".draft")
        draft.mkdir(parents=True, exist_ok=True)
        for path in plain.iterdir():
            with igzip.open(draft / f"{path.name}.gz", "wb") as file:
                file.write(path.read_bytes())
        draft.rename(packed)


def _write(folder: Path, content: dict[str, Iterator[bytes]], linked: Path | None = None) -> None:
    draft = folder.with_suffix(".draft")
    draft.mkdir(parents=True, exist_ok=True)
    for path in linked.iterdir() if linked else ():
        (draft / path.name).symlink_to(path.resolve())
    for name, lines in content.items():
        with (draft / f"{name}.ndjson").open("wb") as file:
            file.writelines(lines)
    draft.rename(folder)


def _patients(export: Export) -> Iterator[bytes]:
    for patient in range(10 * export.patients):
        yield _line("Patient", f"p{patient}", gender="male" if patient % 2 else "female",
                    birthDate=f"{1930 + patient % 40}-03-02")


def _lesions(export: Export) -> Iterator[bytes]:
    lung = {"coding": [_coding("http://snomed.info/sct", "39607008", "Lung structure")]}
    for patient in range(export.patients):
        for lesion in range(LESIONS):
            yield _line("BodyStructure", f"p{patient}l{lesion}", location=lung, patient=_to("Patient", f"p{patient}"))


def _observations(export: Export) -> Iterator[bytes]:
    """Tumour sizes, each among the laboratory values of its time."""
    rows = round(500_000 * export.scale)
    yield from _among(list(_sizes(export)), _laboratory(export, rows - export.patients * len(SCANS) * LESIONS, "l"), 49)


def _sizes(export: Export) -> Iterator[bytes]:
    draw = random.Random(export.seed)
    for patient in range(export.patients):
        growth = draw.uniform(0.7, 1.6)
        first = [draw.uniform(12, 60) for _ in range(LESIONS)]
        for scan, days in enumerate(SCANS):
            for lesion in range(LESIONS):
                millimetres = round(first[lesion] * 1.08 ** min(scan, 1) * growth ** max(scan - 1, 0), 1)
                yield _size(patient, f"{scan}-{lesion}", _day(patient % 700 + days), lesion, millimetres)


def _size(patient: int, key: str, day: str, lesion: int, millimetres: float) -> bytes:
    coding = [_coding(_LOINC, TUMOUR_CODE, "Size Tumor")]
    if patient % 10 == 1:
        coding.insert(0, _coding("urn:oid:1.2.36.148", "TUSIZE", "Tumour size"))
    line = _line(
        "Observation", f"t{patient}-{key}", status="final",
        category=[{"coding": [_coding(_CATEGORY, "imaging", "Imaging")]}], code={"coding": coding},
        subject=_to("Patient", f"p{patient}"), focus=[_to("BodyStructure", f"p{patient}l{lesion}")],
        effectiveDateTime=f"{day}T09:30:00+01:00", issued=f"{day}T15:00:00.000+01:00",
        performer=[_to("Practitioner", f"r{patient % 40}")], note=[{"text": _NOTE}],
        component=[{"code": {"coding": [_coding(_LOINC, LENGTH_CODE, "Greatest dimension")]},
                    "valueQuantity": _quantity(millimetres, "mm")}])  # fmt: skip
    return line.replace(b'-1"', b'\\u002d1"') if patient % 10 == 2 else line


def _laboratory(export: Export, number: int, prefix: str) -> Iterator[bytes]:
    draw = random.Random(export.seed + 1)
    for value in range(number):
        patient, test, day = draw.randrange(10 * export.patients), draw.randrange(600), _day(draw.randrange(1400))
        name = f"Analyte {test} in serum or plasma"
        yield _line(
            "Observation", f"{prefix}{value}", identifier=[{"system": "urn:oid:1.2.36.149", "value": f"{value:09}"}],
            status="final", category=[{"coding": [_coding(_CATEGORY, "laboratory", "Laboratory")]}],
            code={"coding": [_coding(_LOINC, f"{2000 + test}-{test % 10}", name)], "text": name},
            subject=_to("Patient", f"p{patient}"), encounter=_to("Encounter", f"e{patient}"),
            effectiveDateTime=f"{day}T07:{value % 60:02}:00+01:00", issued=f"{day}T11:00:00.000+01:00",
            performer=[_to("Practitioner", f"r{patient % 40}")],
            valueQuantity=_quantity(draw.randrange(1, 4000) / 10, "mmol/L"),
            referenceRange=[{"low": _quantity(3.5, "mmol/L"), "high": _quantity(5.1, "mmol/L")}],
            note=[{"text": _DECOY if value % 100 == 7 else _NOTE}])  # fmt: skip


def _administrations(export: Export) -> Iterator[bytes]:
    """Doses of the treated, each among what others were given."""
    doses = [_given(f"d{patient}-{dose}", patient, _day(patient % 700 + 21 * dose), *DRUGS[patient % len(DRUGS)])
             for patient in range(export.patients) for dose in range(DOSES)]
    yield from _among(doses, _other_drugs(export, round(100_000 * export.scale) - len(doses), "a"), 30)


def _other_drugs(export: Export, number: int, prefix: str) -> Iterator[bytes]:
    draw = random.Random(export.seed + 2)
    for given in range(number):
        drug = draw.randrange(400)
        yield _given(f"{prefix}{given}", draw.randrange(10 * export.patients), _day(draw.randrange(1400)),
                     str(310_000 + drug), f"Drug {drug} oral tablet")


def _given(key: str, patient: int, day: str, code: str, name: str) -> bytes:
    return _line(
        "MedicationAdministration", key, status="completed",
        medicationCodeableConcept={"coding": [_coding(_RXNORM, code, name)], "text": name},
        subject=_to("Patient", f"p{patient}"), context=_to("Encounter", f"e{patient}"),
        effectiveDateTime=f"{day}T08:00:00+01:00",
        performer=[{"actor": _to("Practitioner", f"r{patient % 40}")}], note=[{"text": _NOTE}],
        dosage={"text": "as ordered", "dose": _quantity(200, "mg")})  # fmt: skip


def _among(wanted: Sequence[bytes], others: Iterator[bytes], between: int) -> Iterator[bytes]:
    """What matters, with others between."""
    for line in wanted:
        yield line
        yield from islice(others, between)
    yield from others


def _line(kind: str, key: str, **elements: Any) -> bytes:
    return orjson.dumps({"resourceType": kind, "id": key, "meta": _META} | elements) + b"\n"


def _coding(system: str, code: str, display: str) -> Json:
    return {"system": system, "code": code, "display": display}


def _quantity(value: float, unit: str) -> Json:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def _to(kind: str, key: str) -> Json:
    return {"reference": f"{kind}/{key}"}


def _day(days: int) -> str:
    return str(date(2020, 1, 1) + timedelta(days))


def main() -> None:
    """The command."""
    from benchmarks.warehouse import HERE

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE / "data")
    parser.add_argument("--scale", type=float, default=1.0)
    arguments = parser.parse_args()
    make_export(Export(arguments.data, arguments.scale))


if __name__ == "__main__":
    main()
