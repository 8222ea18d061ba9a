"""The least that reading a FHIR export can cost, and what others do with the same files.

All keep the tumour sizes and the doses of checkpoint inhibitors, which they know by their codes.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from benchmarks.fhir_export import DRUGS, TUMOUR_CODE, Export
from benchmarks.methods import Counts, Place, Timed, method

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DRUG_CODES = frozenset(code for code, _ in DRUGS)
WANTED = {"Observation": ("code", frozenset({TUMOUR_CODE})),
          "MedicationAdministration": ("medicationCodeableConcept", DRUG_CODES)}  # fmt: skip
"""Type -> the element that holds its code, and the codes that matter."""
_SAMPLE = 100
_CONCEPT = "STRUCT(coding STRUCT(system VARCHAR, code VARCHAR)[])"
_REFERENCE = "STRUCT(reference VARCHAR)"
_QUANTITY = "STRUCT(value DECIMAL(18,6), unit VARCHAR, code VARCHAR)"
_SHARED = {"id": "VARCHAR", "status": "VARCHAR", "subject": _REFERENCE, "effectiveDateTime": "VARCHAR",
           "meta": "STRUCT(versionId VARCHAR)"}  # fmt: skip
_COLUMNS = {
    "Observation": _SHARED | {
        "code": _CONCEPT, "focus": f"{_REFERENCE}[]", "method": _CONCEPT, "bodySite": _CONCEPT,
        "valueQuantity": _QUANTITY, "component": f"STRUCT(code {_CONCEPT}, valueQuantity {_QUANTITY})[]",
    },
    "MedicationAdministration": _SHARED | {"medicationCodeableConcept": _CONCEPT},
}  # fmt: skip


def file_of(place: Place, kind: str) -> Path:
    """The plain file of a type."""
    return Export.of(place.warehouse).of_kind("plain") / f"{kind}.ndjson"


@method
def limit_fhir_two_stages(place: Place) -> Timed:
    """Typed decode of the code of every line, and of all elements that are read of the hits."""
    import msgspec

    from hpd_etl.sources.fhir.decode.shapes import SHAPES

    coding = msgspec.defstruct("Coding", [("code", str | None, None)], gc=False)
    concept = msgspec.defstruct("Concept", [("coding", tuple[coding, ...], ())], gc=False)

    def hits(kind: str) -> Iterator[object]:
        element, codes = WANTED[kind]
        first = msgspec.json.Decoder(msgspec.defstruct("First", [(element, concept)], gc=False)).decode
        second = msgspec.json.Decoder(SHAPES[kind]).decode
        with file_of(place, kind).open("rb") as file:
            for line in file:
                for each in getattr(first(line), element).coding:
                    if each.code in codes:
                        yield second(line)
                        break

    return lambda: {kind: len(list(hits(kind))) for kind in WANTED}


@method
def limit_fhir_duckdb(place: Place) -> Timed:
    """DuckDB: read_json with the columns that are needed, two threads."""
    import duckdb

    def run() -> Counts:
        with duckdb.connect(config={"threads": 2}) as connection:
            return {kind: _rows(connection, kind) for kind in WANTED}

    def _rows(connection: duckdb.DuckDBPyConnection, kind: str) -> int:
        element, codes = WANTED[kind]
        columns = ", ".join(f"{name}: '{declared}'" for name, declared in _COLUMNS[kind].items())
        wanted = ", ".join(f"'{code}'" for code in codes)
        return connection.sql(
            f"select * from read_json('{file_of(place, kind)}', format = 'newline_delimited', "
            f"columns = {{{columns}}}) where len(list_filter({element}.coding, lambda x: x.code in ({wanted}))) > 0"
        ).to_arrow_table().num_rows

    return run


@method
def peer_fhir_json(place: Place) -> Timed:
    """json.loads of every line, and looking at dictionaries."""

    def hits(kind: str) -> Iterator[object]:
        element, codes = WANTED[kind]
        with file_of(place, kind).open("rb") as file:
            for line in file:
                resource = json.loads(line)
                if any(coding.get("code") in codes for coding in resource[element]["coding"]):
                    yield resource

    return lambda: {kind: len(list(hits(kind))) for kind in WANTED}


@method
def peer_fhir_validated(place: Place) -> Timed:
    """fhir.resources (R4B) validates every resource; one line in a hundred, and that time a hundred times."""
    from fhir.resources.R4B.medicationadministration import MedicationAdministration
    from fhir.resources.R4B.observation import Observation

    def run() -> Counts:
        read, started = 0, time.perf_counter()
        for model in (Observation, MedicationAdministration):
            with file_of(place, model.__name__).open("rb") as file:
                for position, line in enumerate(file):
                    if position % _SAMPLE == 0:
                        model.model_validate_json(line)
                        read += 1
        return {"seconds": _SAMPLE * (time.perf_counter() - started), "validated": read}

    return run
