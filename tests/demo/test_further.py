"""What some kinds were made for: products of diameters, volumes and causes of death, in both records."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from hpd_etl import criteria, demo, library, timeline
from hpd_etl.config import Site, Study
from hpd_etl.demo.hospital import KINDS
from hpd_etl.demo.resources import patient_id
from hpd_etl.sources import open_source
from tests.demo.arithmetic import MONTH

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from hpd_etl.demo.kinds import Kind

MADE = [kind for kind in KINDS if kind.further]
MEASURED = [kind for kind in MADE if kind.used is not None]
IDS = sorted({definition for kind in MADE for definition in kind.further_verdicts})


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, demo.Truth]:
    """The hospital, written down as OMOP and as FHIR."""
    place = tmp_path_factory.mktemp("hospital")
    truth = demo.build(f"duckdb:///{place / 'cdm'}", persons=700, seed=5)
    demo.export(place / "fhir", 700, 5)
    return place, truth


def labels(site: str) -> pd.DataFrame:
    """The labels of the further definitions."""
    study = Study.model_validate({**tomllib.loads(demo.study_toml()), "criteria": {"use": IDS}})
    definitions = library.chosen(study)
    with open_source(Site.model_validate(tomllib.loads(site))) as source:
        records, _ = source.extract(study)
    aligned = timeline.align(records, study, criteria.window_sets(definitions, study))
    return criteria.label(aligned, definitions, study).labels


@pytest.mark.parametrize("source", ["omop", "fhir"])
def test_further_labels_are_true(hospital: tuple[Path, demo.Truth], source: str) -> None:
    """Whoever is of a kind that was made for a definition has the label that the kind states."""
    place, truth = hospital
    site = {"omop": demo.omop_site_toml(place / "cdm", place / "results", place / "runs"),
            "fhir": demo.fhir_site_toml(place / "fhir", place / "labels", place / "runs")}[source]
    got = labels(site).astype({"verdict": str, "definition_id": str})
    said = {(row.person_id, row.definition_id): (row.verdict, row.primary_reason) for row in got.itertuples()}
    kinds = {kind.name: kind for kind in MADE}
    persons = truth.labels.drop_duplicates("person_id").set_index("person_id")["kind"]
    compared = 0
    for person, name in persons[persons.isin(list(kinds))].items():
        for definition, (verdict, reason) in kinds[name].further_verdicts.items():
            told = said[patient_id(person) if source == "fhir" else str(person), definition]
            assert (name, definition, told[0], told[1] if reason else None) == (name, definition, verdict, reason)
            compared += 1
    assert compared >= sum(len(kind.further_verdicts) for kind in MADE)


def sums(kind: Kind, *, cubes: bool) -> list[float] | None:
    """Sums of products, or of volumes, at the three scans; None where a lesion lacks one."""
    found = []
    for position in kind.used or ():
        parts = [lesion.volume[position] if cubes else
                 None if lesion.across[position] is None else lesion.sizes[position] * lesion.across[position]
                 for lesion in kind.lesions]
        found.append(None if None in parts else sum(parts))
    return None if None in found else found


@pytest.mark.parametrize("kind", MEASURED, ids=[kind.name for kind in MEASURED])
def test_further_verdicts_follow_from_products_and_volumes(kind: Kind) -> None:
    """What a kind claims is what its three sums say; equal gaps of 56 days, and treatment failed on day 42."""
    assert kind.days[:3] == (-63, -7, 49)
    products, volumes = sums(kind, cubes=False), sums(kind, cubes=True)
    if products is None:
        area = "lesion_set_mismatch"
    else:
        before, after = products[1] / products[0] - 1, products[2] / products[1] - 1
        area = "HPD" if after > 0.5 and after / before > 2 else "NOT"
    if volumes is None:  # spheres
        volumes = [sum(lesion.sizes[position] ** 3 for lesion in kind.lesions) for position in kind.used or ()]
    rates = [(b / a) ** (float(MONTH) / 56) - 1 for a, b in pairwise(volumes)]
    cubic = "HPD" if rates[1] > 0 and rates[1] / rates[0] >= 2 else "NOT"
    assert kind.further == f"kato2017_irrc={area} kimcg2019_tgr={cubic}"
