"""The synthetic hospital, labelled under every definition: what the sections of a report are made of."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hpd_etl import agreement, criteria, demo, library, robustness, timeline
from hpd_etl.config import Site, Study
from hpd_etl.report import build, files
from hpd_etl.report.facts import Facts
from hpd_etl.schema import Sensitivity
from hpd_etl.sources import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from hpd_etl.report.content import Report

ABOUT = {"study": "demo", "title": "A study", "run": "run-1", "version": "0"}


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """About 400 persons under checkpoint inhibitors and 60 under docetaxel, all definitions, agreement, sensitivity."""
    place: Path = tmp_path_factory.mktemp("report")
    demo.build(f"duckdb:///{place / 'cdm'}")
    study = Study.model_validate({**tomllib.loads(demo.study_toml()), "sensitivity": {"draws": 20, "windows": {}}})
    site = Site.model_validate(tomllib.loads(demo.omop_site_toml(place / "cdm", place / "results", place / "runs")))
    definitions = library.chosen(study)
    with open_source(site) as source:
        records, _ = source.extract(study)
    aligned = timeline.align(records, study, criteria.window_sets(definitions, study))
    labels = replace(criteria.label(aligned, definitions, study), **criteria.assess(aligned, study))
    found = {**robustness.flips(records, aligned, labels, definitions, study),
             "perturbation": robustness.perturb(aligned, labels, definitions, study)}
    return Facts(aligned, labels, agreement.compare(labels, definitions), Sensitivity.of(found), definitions, study)


@pytest.fixture(scope="session")
def few(facts: Facts) -> Facts:
    """The same facts, of which two definitions are reported."""
    names = ("champiat2017", "ji2019")
    return replace(facts, definitions=tuple(each for each in facts.definitions if each.id in names))


@pytest.fixture(scope="session")
def written(few: Facts, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, tuple[Report, Path]]:
    """The report and its files, shareable (False) and with patients (True)."""
    made = {}
    for patients in (False, True):
        folder, report = tmp_path_factory.mktemp("files"), build(few, ABOUT, patients=patients)
        files.write(report, folder)
        made[patients] = (report, folder)
    return made
