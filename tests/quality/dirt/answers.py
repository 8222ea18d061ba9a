"""Defects of what was recorded beside the lesions: sums, responses, performance status, organs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hpd_etl.demo import vocabulary as codes
from tests.quality.dirt.chart import day_of
from tests.quality.dirt.defect import COUNTED, SAME, Defect, refused, suspected

if TYPE_CHECKING:
    from tests.quality.dirt.chart import Chart

_IMMUNE_RESPONSE = 1634653
"""A response by criteria that are not read."""
_OUR_SIZE = 2_000_099_999
"""A source concept that no mapping has."""


def _sum(chart: Chart, day: date, value: float) -> None:
    chart.said(day, 0, measurement_source_value="SUMDIAM", measurement_source_concept_id=codes.SUM_OF_DIAMETERS,
               value_as_number=round(value, 6), unit_concept_id=codes.MILLIMETRE, unit_source_value="mm",
               value_source_value=f"{value:g} mm")


def _scan_day(chart: Chart, place: int) -> date:
    return day_of(chart.scan(place)[0]["measurement_date"])


def _wrong_sum(chart: Chart) -> None:
    _sum(chart, _scan_day(chart, 1), chart.sum_mm(1) + 20)


def _two_sums(chart: Chart) -> None:
    for more in (0, 20):
        _sum(chart, _scan_day(chart, 1), chart.sum_mm(1) + more)


def _response(chart: Chart, day: date, word: str) -> None:
    chart.said(day, codes.RESPONSES[word], measurement_source_value=word)


def _wrong_response(chart: Chart) -> None:
    _response(chart, _scan_day(chart, 2), "CR")


def _lonely_response(chart: Chart) -> None:
    _response(chart, chart.last_day + timedelta(days=50), "SD")


def _foreign_criteria(chart: Chart) -> None:
    chart.said(_scan_day(chart, 2), _IMMUNE_RESPONSE, measurement_source_value="irPD")


def _ecog_of_seven(chart: Chart) -> None:
    row = next(row for row in chart.own["measurement"] if row["measurement_concept_id"] == codes.ECOG)
    row.update(value_as_number=7.0, value_as_concept_id=None)


def _code_nobody_knows(chart: Chart) -> None:
    chart.said(_scan_day(chart, 2), 0, measurement_source_value="OUR_SIZE", measurement_source_concept_id=_OUR_SIZE,
               value_as_number=31.0, unit_concept_id=codes.MILLIMETRE, unit_source_value="mm")


def _organ_of_other_sex(chart: Chart) -> None:
    chart.one("person").update(gender_concept_id=codes.FEMALE, gender_source_value="F")
    finding: Any = chart.feature_of(chart.scan(1)[0])["image_finding_id"]
    for row in chart.own["image_feature"]:
        if row["image_finding_id"] == finding:
            row["anatomic_site_concept_id"] = codes.ORGANS["prostate"]


ANSWERS = (
    Defect("wrong_sum", "a recorded sum that is 20 mm too large", suspected("sum_unlike_lesions"), _wrong_sum, SAME),
    Defect("two_sums", "two recorded sums of one day", refused("tumour_sums", "conflicting_measurements", 2),
           _two_sums, SAME),
    Defect("wrong_response", "complete response beside lesions", suspected("response_unlike_lesions"), _wrong_response,
           SAME),
    Defect("lonely_response", "a response without an examination", suspected("response_without_scan"),
           _lonely_response, SAME),
    Defect("foreign_criteria", "a response by other criteria", refused("responses", "framework_unknown"),
           _foreign_criteria),
    Defect("code_nobody_knows", "a measurement under concept 0 by a code of the site", COUNTED, _code_nobody_knows),
    Defect("ecog_of_seven", "a performance status of 7", refused("findings", "value_out_of_range"), _ecog_of_seven),
    Defect("organ_of_other_sex", "a woman with a lesion in the prostate", suspected("organ_of_other_sex"),
           _organ_of_other_sex, SAME),
)
