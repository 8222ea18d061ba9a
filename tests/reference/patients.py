"""Small patients built from burdens: one node-free target and three scans, day numbers counted from the first dose."""

from __future__ import annotations

from datetime import date, timedelta

from tests.reference.patient import Dose, Lesion, Patient, Period

LARGEST_MM = 500
DAY_ZERO = date(2020, 6, 1)


def on(day: int) -> date:
    """The calendar date of a day counted from the first dose."""
    return DAY_ZERO + timedelta(days=day)


def seen(day: int, size: float, *, lesion: str = "T1", role: str = "target", organ: str | None = "liver",
         is_node: bool = False) -> Lesion:
    """One measured lesion row."""
    return Lesion(lesion, on(day), role, "measured", float(size), organ, is_node)


def three_scans(person: str, s_pre: float, s0: float, s_post: float, dt_pre: int, dt_post: int) -> Patient:
    """One target (two halves above 500 mm) seen before, at baseline, on the day before the first dose, and after."""
    baseline = -1 if dt_post > 1 else 0
    days = (baseline - dt_pre, baseline, baseline + dt_post)
    sizes = (s_pre, s0, s_post)
    halves = 2 if max(sizes) > LARGEST_MM else 1
    lesions = [seen(day, size / halves, lesion=f"T{half}") for half in range(halves)
               for day, size in zip(days, sizes, strict=True)]
    return Patient(person, followup=[Period(on(-400), on(400))], doses=[Dose("nivolumab", on(0)), Dose(
        "nivolumab", on(14))], lesions=lesions)
