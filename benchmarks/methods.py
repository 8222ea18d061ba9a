"""What every measured method shares: where the data are, and a registry of methods by name.

A method is a function that takes a `Place`, does its imports, and returns the callable that is timed. The
callable returns a few counts, so that two methods that claim to do the same can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import concepts

if TYPE_CHECKING:
    from benchmarks.warehouse import Warehouse

Counts = dict[str, float]
Timed = Callable[[], Counts]


@dataclass(frozen=True)
class Place:
    """One warehouse, and the address of the PostgreSQL server that holds it."""

    warehouse: Warehouse
    uri: str = ""
    patients: int = 1_000_000


METHODS: dict[str, Callable[[Place], Timed]] = {}


def method(function: Callable[[Place], Timed]) -> Callable[[Place], Timed]:
    """Register a method under the name of its function."""
    METHODS[function.__name__] = function
    return function


MEASUREMENT_COLUMNS = (
    "measurement_id", "person_id", "measurement_concept_id", "measurement_date", "operator_concept_id",
    "value_as_number", "value_as_concept_id", "unit_concept_id", "measurement_source_value",
    "unit_source_value", "value_source_value",
)  # fmt: skip
DRUG_COLUMNS = (
    "drug_exposure_id", "person_id", "drug_concept_id", "drug_exposure_start_date", "drug_exposure_end_date",
    "drug_type_concept_id", "stop_reason", "drug_source_value",
)  # fmt: skip
"""The columns that a label with its source rows cannot do without."""

DRUG_IDS = ", ".join(map(str, concepts.checkpoint_ids()))
DRUG_FILTER = f"drug_concept_id in ({DRUG_IDS})"
SIZE_FILTER = f"measurement_concept_id in ({concepts.LARGEST_DIMENSION})"


def needed_rows(schema: str = "") -> tuple[str, str]:
    """The two SELECTs of exactly the needed rows: doses, and tumour sizes of the persons who have one."""
    drugs = f"select {', '.join(DRUG_COLUMNS)} from {schema}drug_exposure where {DRUG_FILTER}"
    treated = f"select person_id from {schema}drug_exposure where {DRUG_FILTER}"
    sizes = (
        f"select {', '.join(MEASUREMENT_COLUMNS)} from {schema}measurement "
        f"where {SIZE_FILTER} and person_id in ({treated})"
    )
    return drugs, sizes
