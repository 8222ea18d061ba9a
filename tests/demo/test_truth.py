"""The program against the truth: every label of the hospital, read from every database a file can hold."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from hpd_etl import criteria, demo, library, timeline
from hpd_etl.config import Site, Study
from hpd_etl.sources import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from hpd_etl.demo.cdm import Version
    from hpd_etl.schema import Labels, Timeline


def labelled(site: Site, study: Study) -> tuple[Timeline, Labels]:
    """What the three stages in between make of this site."""
    definitions = library.published()
    with open_source(site) as source:
        records, _ = source.extract(study)
    aligned = timeline.align(records, study, criteria.window_sets(definitions, study))
    return aligned, criteria.label(aligned, definitions, study)


@pytest.mark.parametrize(("dialect", "version"), [("duckdb", "5.4"), ("duckdb", "5.3"), ("sqlite", "5.4")])
def test_every_label_is_true(dialect: str, version: Version, tmp_path: Path) -> None:
    """No label of any kind of patient differs from what is true by construction, nor is any missing."""
    file = tmp_path / "hospital.db"
    truth = demo.build(f"{dialect}:///{file}", persons=1000, seed=11, version=version)
    text = demo.omop_site_toml(file, tmp_path / "results.db", tmp_path / "runs").replace("duckdb:///", f"{dialect}:///")
    site, study = Site.model_validate(tomllib.loads(text)), Study.model_validate(tomllib.loads(demo.study_toml()))
    _, labels = labelled(site, study)
    differing = demo.compare(labels.labels, truth)
    assert differing.empty, differing.to_string()
    assert len(labels.labels) == len(library.published()) * truth.treated


def test_every_refused_row_is_told(tmp_path: Path) -> None:
    """The rows that the odd kinds hold are refused for the reason they were built for, and no others."""
    file = tmp_path / "hospital.duckdb"
    truth = demo.build(f"duckdb:///{file}", persons=1000, seed=11)
    site = Site.model_validate(tomllib.loads(demo.omop_site_toml(file, tmp_path / "r", tmp_path / "runs")))
    aligned, _ = labelled(site, Study.model_validate(tomllib.loads(demo.study_toml())))
    told = aligned.rejections.groupby("reason", observed=True).size().to_dict()
    n = truth.counts
    assert told == {
        "not_realised": n["ordered_before"] + 2 * n["ordered_only"],
        "dimension_unknown": 3 * n["dimension_unstated"], "no_lesion_identity": n["identity_missing"],
        "unit_missing": n["unit_missing"], "unit_unknown": n["unit_no_length"],
        "impossible_size": n["negative_size"] + n["impossible_size"], "conflicting_measurements": 2 * n["two_values"],
        "before_birth": n["dose_before_birth"], "end_before_start": n["dose_ends_early"],
        # a scan and its two lesions a person
        "after_death": 3 * (n["measured_after_death"] + n["only_after_death"]),
    }
