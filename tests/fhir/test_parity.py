"""One timeline: the same patients, recorded as OMOP and as FHIR, are the same Records and get the same labels."""

import tomllib

import pandas as pd
import pytest

from hpd_etl import criteria, library, timeline
from hpd_etl.config import Site, Study
from hpd_etl.demo import build, compare, export, fhir_site_toml, omop_site_toml, study_toml
from hpd_etl.demo.resources import patient_id
from hpd_etl.schema import Labels, Records
from hpd_etl.sources import open_source

PERSONS = 1000
STUDY = Study.model_validate(tomllib.loads(study_toml()))
NAMES = {"source_id", "end_source_id", "identity", "code_system", "code"}
"""Where a row was read, the rung that named its lesion, the code that a standard has for what was refused: what may
differ."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One hospital, written down twice."""
    place = tmp_path_factory.mktemp("hospital")
    build(f"duckdb:///{place / 'cdm'}", persons=PERSONS)
    export(place / "fhir", PERSONS)
    return place


@pytest.fixture(scope="module")
def omop(folder):
    """The Records of the CDM, its persons and lesions under the names they have in FHIR."""
    site = omop_site_toml(folder / "cdm", folder / "results", folder / "runs")
    return _renamed(_extracted(site), patient_id, lambda name: name.rpartition(":")[2])


@pytest.fixture(scope="module")
def fhir(folder):
    """The Records of the folder of resources."""
    site = fhir_site_toml(folder / "fhir", folder / "labels", folder / "runs")
    return _renamed(_extracted(site), str, lambda name: name.replace("-", " ").rpartition(" ")[2])


def _extracted(site):
    with open_source(Site.model_validate(tomllib.loads(site))) as source:
        records, _ = source.extract(STUDY)
    return records


def _renamed(records, person, lesion):
    frames = {}
    for table, frame in records:
        names = {"person_id": person, "lesion_id": lesion}
        frames[table.name] = frame.assign(**{
            column: pd.array([None if pd.isna(name) else rename(name) for name in frame[column].astype(object)],
                             dtype="string") for column, rename in names.items() if column in frame})
    return Records.of(frames)


def _rows(frame):
    """The rows of a frame as sorted tuples of text, without the names that may differ."""
    told = frame.drop(columns=NAMES & set(frame.columns)).astype("string").fillna("-")
    return sorted(map(tuple, told.to_numpy(object)))


@pytest.mark.parametrize("table", [table.name for table in Records.tables()])
def test_records_are_equal_row_by_row(omop, fhir, table):
    """Whoever reads the hospital, every table holds the same rows."""
    expected, got = _rows(getattr(omop, table)), _rows(getattr(fhir, table))
    assert expected, f"the hospital has no {table}, nothing would be compared"
    missing, extra = [row for row in expected if row not in set(got)], [row for row in got if row not in set(expected)]
    assert (missing[:3], extra[:3], len(got)) == ([], [], len(expected))


def _labelled(records):
    definitions = library.chosen(STUDY)
    aligned = timeline.align(records, STUDY, criteria.window_sets(definitions, STUDY))
    return criteria.label(aligned, definitions, STUDY)


def test_labels_are_equal_in_every_column(omop, fhir):
    """The same patients have the same labels and metrics, down to the last column."""
    expected, got = _labelled(omop), _labelled(fhir)
    for table in Labels.tables():
        assert _rows(getattr(got, table.name)) == _rows(getattr(expected, table.name)), table.name


def test_labels_from_fhir_are_the_truth(folder, fhir):
    """The labels read from FHIR are those the hospital was built with."""
    assert compare(_labelled(fhir).labels, export(folder / "again", PERSONS)).empty
