"""Defects of sizes: units, dimensions, identities, numbers that were typed wrongly or copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpd_etl.demo import vocabulary as codes
from tests.quality.dirt.chart import day_of
from tests.quality.dirt.defect import SAME, Defect, refused, suspected

if TYPE_CHECKING:
    from collections.abc import Callable

    from hpd_etl.demo.patients import Row
    from tests.quality.dirt.chart import Chart

PRE, BASELINE, POST = 0, 1, 2
_ABOVE = 4172704
"""Concept of the operator `>`."""


def _set(place: int = POST, **changes: Any) -> Callable[[Chart], None]:
    """Change the row of the first lesion at this scan."""
    def spoil(chart: Chart) -> None:
        chart.scan(place)[0].update(changes)
    return spoil


def _scaled(row: Row, factor: float) -> None:
    row["value_as_number"] = round(float(str(row["value_as_number"])) * factor, 7)


def _negative(chart: Chart) -> None:
    _scaled(chart.scan(POST)[0], -1)


def _tenth(chart: Chart) -> None:
    _scaled(chart.scan(BASELINE)[0], 0.1)


def _tenth_of_all(chart: Chart) -> None:
    for row in chart.scan(BASELINE):
        _scaled(row, 0.1)


def _unlinked(chart: Chart) -> None:
    chart.remove("image_feature", chart.feature_of(chart.scan(POST)[0]))


def _two_values(chart: Chart) -> None:
    size = chart.scan(POST)[0]
    chart.copy_size(size, value_as_number=float(str(size["value_as_number"])) * 1.5)


def _volume(chart: Chart) -> None:
    chart.copy_size(chart.scan(BASELINE)[0], measurement_concept_id=0, measurement_source_concept_id=codes.VOLUME,
                    value_as_number=1.5, unit_concept_id=codes.CUBIC_MILLIMETRE, unit_source_value="mm3")


def _exchanged(chart: Chart) -> None:
    before, now = chart.scan(BASELINE), chart.scan(POST)
    for row, other in zip(now, reversed(before), strict=True):
        row["value_as_number"] = other["value_as_number"]


def _copied(chart: Chart) -> None:
    for row, before in zip(chart.scan(BASELINE), chart.scan(PRE), strict=True):
        row["value_as_number"] = before["value_as_number"]


def _another_study(chart: Chart) -> None:
    sizes = chart.scan(BASELINE)
    study = chart.examination(day_of(sizes[0]["measurement_date"]))
    for size in sizes:
        chart.copy_size(size, image_occurrence_id=study)


def _other_names(chart: Chart) -> None:
    for place, size in enumerate(chart.scan(BASELINE)):
        chart.copy_size(size, image_finding_id=900_000_000 + 2 * int(str(size["measurement_id"])) + place)


_MM: dict[str, Any] = {"unit_concept_id": codes.MILLIMETRE, "unit_source_value": "mm"}
SIZES = (
    Defect("unit_missing", "a size has no unit", refused("lesions", "unit_missing"),
           _set(unit_concept_id=None, unit_source_value=None), SAME),
    Defect("unit_unknown", "a size in kilograms", refused("lesions", "unit_unknown"),
           _set(unit_concept_id=0, unit_source_value="kg"), SAME),
    Defect("unit_of_area", "a size in square millimetres", refused("lesions", "unit_of_other_dimension"),
           _set(unit_concept_id=0, unit_source_value="mm2"), SAME),
    Defect("units_differ", "a concept that says mm beside a text that says cm", refused("lesions", "unit_conflict"),
           _set(unit_concept_id=codes.MILLIMETRE, unit_source_value="cm")),
    Defect("size_above", "a size with the operator `>`", refused("lesions", "inexact_size"),
           _set(operator_concept_id=_ABOVE)),
    Defect("size_in_words", "words in place of a size", refused("lesions", "no_value"),
           _set(value_as_number=None, unit_concept_id=None, unit_source_value=None,
                value_source_value="see dictation"), SAME),
    Defect("size_negative", "a size below 0", refused("lesions", "impossible_size"), _negative, SAME),
    Defect("size_huge", "a size of 5300 mm", refused("lesions", "impossible_size"),
           _set(POST, value_as_number=5300.0, **_MM), SAME),
    Defect("dimension_unstated", "nobody says which dimension was measured", refused("lesions", "dimension_unknown"),
           _set(measurement_concept_id=codes.UNSTATED_DIMENSION), SAME),
    Defect("lesion_unlinked", "a size of no lesion", refused("lesions", "no_lesion_identity"), _unlinked, SAME),
    Defect("two_values", "two sizes of one lesion and day", refused("lesions", "conflicting_measurements", 2),
           _two_values, SAME),
    Defect("centimetres", "a size in cm that is called mm", suspected("tenfold_lesion"), _tenth, SAME),
    Defect("scan_in_centimetres", "all sizes of a scan in cm that are called mm", suspected("tenfold_scan"),
           _tenth_of_all, SAME),
    Defect("volume_in_millilitres", "a volume in mL that is called mm3", suspected("volume_unlike_diameter"), _volume,
           SAME),
    Defect("lesions_exchanged", "two lesions under each other's name", suspected("lesions_exchanged"), _exchanged,
           SAME),
    Defect("sizes_copied", "the sizes of the scan before", suspected("sizes_copied_forward"), _copied, SAME),
    Defect("lesion_returns", "a lesion of 0 mm that is measured later", suspected("seen_again"),
           _set(BASELINE, value_as_number=0.0), SAME),
    Defect("new_at_first", "a lesion called new at the first scan", suspected("new_at_first_scan"),
           _set(PRE, measurement_source_value="NEW"), SAME),
    Defect("study_twice", "one examination under two ids", suspected("study_twice"), _another_study, SAME),
    Defect("lesions_twice", "every lesion of a day under a second name", suspected("lesions_twice"), _other_names,
           SAME),
)
