"""What a row of the CDM says as a code: its concept, else its source concept, else its source value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl.sources.refused_codes import OMOP, TEXT, Code, Part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpd_etl.sources.columns import Rows

_VALUE = "value_as_concept_id"
_COLUMNS: Mapping[tuple[str, Part], tuple[str, ...]] = {
    ("measurement", Part.CODE): ("measurement_concept_id", "measurement_source_concept_id", "measurement_source_value"),
    ("measurement", Part.VALUE): (_VALUE, "value_source_value"),
    ("measurement", Part.UNIT): ("unit_concept_id", "unit_source_value"),
    ("observation", Part.VALUE): (_VALUE, "value_as_string"),
    ("drug_exposure", Part.CODE): ("drug_concept_id", "drug_source_concept_id", "drug_source_value"),
    ("drug_exposure", Part.STOP): ("stop_reason",),
    ("death", Part.VALUE): ("cause_concept_id", "cause_source_value"),
    ("procedure_occurrence", Part.CODE):
        ("procedure_concept_id", "procedure_source_concept_id", "procedure_source_value"),
}


def row_codes(rows: Rows, part: Part) -> Sequence[Code | None]:
    """The first column of these that says something, row by row; concept 0 says nothing."""
    found: list[Code | None] = [None] * len(rows)
    for name in _COLUMNS.get((rows.origin, part), ()):
        if name not in rows.table.column_names:
            continue
        system = OMOP if name.endswith("_concept_id") else TEXT
        for place, value in enumerate(rows.text(name).to_pylist()):
            if found[place] is None and value and (word := value.strip()) and word != "0":
                found[place] = Code(system, word)
    return found
