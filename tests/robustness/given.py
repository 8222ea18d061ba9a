"""Patients with one growing lesion, and what becomes of their labels."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from hpd_etl import robustness
from hpd_etl.config import Study
from hpd_etl.criteria import label, window_sets
from hpd_etl.library import chosen
from hpd_etl.schema import Sensitivity
from hpd_etl.timeline import align
from tests.reference.patient import Dose, Lesion, Patient, Period, records_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from hpd_etl.criteria import Definition
    from hpd_etl.schema import Labels, Records, Timeline

START = date(2024, 3, 1)
SCANS = (-60, 0, 60)
"""Days of the pre-baseline scan, the baseline scan and the first evaluation: equally far apart."""


def study(use: tuple[str, ...] = ("saada2017",), **sensitivity: object) -> Study:
    """A study under these definitions."""
    return Study.model_validate({"id": "robust", "criteria": {"use": use}, "sensitivity": sensitivity})


def patient(name: str, *sizes: float | None, days: tuple[int, ...] = SCANS, **other: object) -> Patient:
    """A patient with one target of these sizes at the scans; None is not assessed, 0 has disappeared."""
    lesions = [
        Lesion(lesion_id="a", scan_date=START + timedelta(days=day), role="target", organ="liver",
               status="not_assessed" if size is None else "measured", diameter_mm=size, source_id=f"{name}:{day}")
        for day, size in zip(days, sizes, strict=True)
    ]  # fmt: skip
    dose = Dose(agent="nivolumab", start_date=START, source_id=f"{name}:dose")
    watched = Period(START - timedelta(days=400), START + timedelta(days=400), f"{name}:period")
    return Patient(**{"person_id": name, "doses": [dose], "lesions": lesions, "followup": [watched], **other})


def labelled(records: Records, asked: Study) -> tuple[Timeline, Labels, tuple[Definition, ...]]:
    """The timeline, the labels and the definitions."""
    definitions = chosen(asked)
    timeline = align(records, asked, window_sets(definitions, asked))
    return timeline, label(timeline, definitions, asked), definitions


def perturbed(patients: Iterable[Patient], asked: Study, sd: float | None = None) -> pd.DataFrame:
    """The table `perturbation` of these patients, by person and definition."""
    timeline, labels, definitions = labelled(records_of(patients), asked)
    made = robustness.perturb(timeline, labels, definitions, asked, sd=sd)
    return made.set_index(["person_id", "definition_id"]).sort_index()


def flipped(patients: Iterable[Patient], asked: Study) -> Sensitivity:
    """The flips of these patients' labels."""
    there = records_of(patients)
    timeline, labels, definitions = labelled(there, asked)
    return Sensitivity.of(robustness.flips(there, timeline, labels, definitions, asked))
