"""A8: what cannot be true is refused row by row; the person goes on with what is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tests.reference.patient import Lesion, Patient
from tests.reference.sums import PI
from tests.reference.time_points import millimetres

LARGEST_MM = 500
LARGEST_MM3 = PI / 6 * LARGEST_MM**3


@dataclass(frozen=True)
class Refusal:
    table: str
    source_id: str | None
    reason: str
    first: date | None = None
    """Of a dose the earliest day that it names."""


def admitted(patient: Patient) -> tuple[Patient, list[Refusal]]:
    """The patient without the impossible rows, and the refused rows.

    A lesion row whose size is impossible stays as "not assessed": somebody looked, nobody knows what was seen.
    """
    refusals: list[Refusal] = []

    def kept(table: str, rows: list[Any], day: str) -> list[Any]:
        good = []
        for row in rows:
            reason = _impossible(patient, getattr(row, day), getattr(row, "end_date", None), table)
            if reason:
                days = [when for when in (getattr(row, "start_date", None), getattr(row, "end_date", None)) if when]
                refusals.append(Refusal(table, row.source_id, reason, min(days, default=None)))
            else:
                good.append(row)
        return good

    lesions = []
    for row in kept("lesions", patient.lesions, "scan_date"):
        reason = _impossible_size(row)
        if reason:
            refusals.append(Refusal("lesions", row.source_id, reason))
            row = replace(row, status="not_assessed", diameter_mm=None, perpendicular_mm=None, volume_mm3=None)
        lesions.append(row)
    sums = []
    for row in kept("tumour_sums", patient.tumour_sums, "scan_date"):
        if row.value is None or row.value < 0:
            refusals.append(Refusal("tumour_sums", row.source_id, "negative"))
        else:
            sums.append(row)
    left = replace(
        patient,
        followup=kept("followup", patient.followup, "start_date"),
        doses=kept("doses", patient.doses, "start_date"),
        therapies=kept("therapies", patient.therapies, "start_date"),
        scans=kept("scans", patient.scans, "scan_date"),
        lesions=lesions,
        tumour_sums=sums,
        responses=kept("responses", patient.responses, "assessed_on"),
        findings=kept("findings", patient.findings, "assessed_on"),
    )
    return left, refusals


def _impossible(patient: Patient, day: date | None, end: date | None, table: str) -> str | None:
    if day is None:
        return "no_date"
    if end is not None and end < day:
        return "end_before_start"
    if table == "followup":
        return None
    if patient.birth_date is not None and day < patient.birth_date:
        return "before_birth"
    if patient.death_date is not None and day > patient.death_date:
        return "after_death"
    return None


def _impossible_size(row: Lesion) -> str | None:
    """Sizes are rounded before anything is compared (A10)."""
    for size in (row.diameter_mm, row.perpendicular_mm, row.volume_mm3):
        if size is not None and (size != size or millimetres(size) < 0):
            return "negative_or_nan"
    for size in (row.diameter_mm, row.perpendicular_mm):
        if size is not None and millimetres(size) > LARGEST_MM:
            return "above_500_mm"
    if row.volume_mm3 is not None and millimetres(row.volume_mm3) > LARGEST_MM3:
        return "above_500_mm"
    if row.status == "measured" and row.diameter_mm is row.perpendicular_mm is row.volume_mm3 is None:
        return "measured_without_size"
    return None
