"""The demonstration: build the hospital, run the pipeline on it, compare every label with the truth."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from hpd_etl import artefacts, pipeline, summary
from hpd_etl.config import read_site, read_study
from hpd_etl.demo import hospital, settings
from hpd_etl.demo.kinds import PLANTED
from hpd_etl.demo.ndjson import export
from hpd_etl.errors import AccessError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from hpd_etl.demo.hospital import Truth
    from hpd_etl.progress import Progress
    from hpd_etl.runs import Run


@dataclass(frozen=True)
class Outcome:
    """What the demonstration shows, and how many labels are not what is true."""

    report: RenderableType
    differences: int


@dataclass(frozen=True)
class Hospital:
    """A way to write the hospital down: where its data and its results lie, and how it is built."""

    data: str
    results: str
    build: Callable[[Path, int], Truth]


def _as_omop(place: Path, persons: int) -> Truth:
    cdm, results = place / OMOP.data, place / OMOP.results
    cdm.unlink(missing_ok=True)
    (place / "site.toml").write_text(settings.omop_site_toml(cdm, results, place / "runs"), "utf-8")
    return hospital.build(f"duckdb:///{cdm}", persons=persons)


def _as_fhir(place: Path, persons: int) -> Truth:
    folder, labels = place / FHIR.data, place / FHIR.results
    shutil.rmtree(folder, ignore_errors=True)
    (place / "site.toml").write_text(settings.fhir_site_toml(folder, labels, place / "runs"), "utf-8")
    return export(folder, persons)


OMOP = Hospital("hospital.duckdb", "results.duckdb", _as_omop)
FHIR = Hospital("hospital-fhir", "labels-fhir", _as_fhir)
HOSPITALS = {"omop": OMOP, "fhir": FHIR}


def demonstrate(folder: Path, persons: int, progress: Progress, source: str = "omop") -> Outcome:
    """Build the hospital in this folder, then label it and compare; a second time changes no label.

    `source` is `omop` (a CDM in DuckDB) or `fhir` (a folder of resources). The hospital is built again, the
    results of an earlier time stay, so that the second write-back has something to leave alone.
    """
    if persons < hospital.FEWEST:
        raise ConfigurationError(f"a hospital that shows every kind of patient needs {hospital.FEWEST} persons")
    if source not in HOSPITALS:
        raise ConfigurationError(f"there is no hospital {source!r}", remedy=f"use one of {', '.join(HOSPITALS)}")
    place, hospital_of = folder.resolve(), HOSPITALS[source]
    try:
        place.mkdir(parents=True, exist_ok=True)
        with artefacts.locked(place), progress("build") as note:
            (place / "study.toml").write_text(settings.study_toml(), "utf-8")
            truth = hospital_of.build(place, persons)
            note(f"a synthetic hospital of {persons:,} persons, {truth.treated:,} treated")
    except OSError as error:
        raise AccessError(f"cannot write to {place}: {error.strerror}") from error
    return compare(place, truth, hospital_of, progress)


def compare(place: Path, truth: Truth, built: Hospital, progress: Progress) -> Outcome:
    """Run the study in this folder and compare every label with the truth."""
    done, labels, receipt = pipeline.run(read_study(place / "study.toml"), read_site(place / "site.toml"),
                                         show=progress)
    wrong = hospital.compare(labels.labels, truth)
    somebody = str(labels.labels["person_id"].iloc[0])
    report = Group(summary.of_labels(labels), _compared(wrong, labels.labels, truth), summary.of_receipt(receipt),
                   _files(place, done, built, somebody))
    return Outcome(report, int(wrong["n"].sum()))


def _compared(wrong: pd.DataFrame, labels: pd.DataFrame, truth: Truth) -> RenderableType:
    if wrong.empty:
        known = truth.labels[truth.labels["definition_id"].isin(labels["definition_id"].unique())]
        others = known["definition_id"].nunique() - len(PLANTED)
        told = (f"All {len(known):,} labels that were worked out before the run are as the hospital was built: those "
                f"under {len(PLANTED)} definitions, and some under {others} others.")
        return Text(f"\n{told} Nobody worked out the other {len(labels) - len(known):,}.\n", style="bold green")
    lines = [f"{row['kind']}, {row['definition_id']}: {row['n']} should be {row['expected']}, are {row['got']}"
             for row in wrong.to_dict("records")]
    return Text("\nLabels that differ from the truth:\n  " + "\n  ".join(lines) + "\n", style="bold red")


def _files(place: Path, done: Run, built: Hospital, person: str) -> RenderableType:
    names = {
        "the hospital": place / built.data, "the labels written back": place / built.results,
        "what was asked": place / "study.toml", "where the data are": place / "site.toml",
        "labels": done.folder / artefacts.LABELS / "labels.csv",
        "evidence": done.folder / artefacts.LABELS / "evidence.csv",
        "manifest": done.folder / artefacts.MANIFEST,
    }
    listed = "\n".join(f"  {what:<24}{path}" for what, path in names.items())
    here = f"--study {place / 'study.toml'} --site {place / 'site.toml'}"
    return Text(f"Files:\n{listed}\nWhy does a person have these labels?\n  hpd-etl explain {person} {here}\n"
                f"How far do the definitions agree?\n  hpd-etl agreement {here}")
