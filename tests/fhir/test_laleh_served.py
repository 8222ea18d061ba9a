"""The five real trials, served by a FHIR server: the same Records and labels as from the CDM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hpd_etl import pipeline
from hpd_etl.config import Access, Gate, Site, Study
from tests.fhir import laleh_resources
from tests.fhir.load import load
from tests.real import laleh

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

TURNS = 8
"""One person in so many is served: loading all of them takes a minute and shows nothing more."""


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory, new_fhir_server: Callable[..., str]) -> dict[str, pd.DataFrame]:
    """The labels of both sources."""
    place = tmp_path_factory.mktemp("laleh_fhir")
    laleh.load(Access(url=f"duckdb:///{place / 'cdm.duckdb'}"))
    served = new_fhir_server()
    load(served, laleh_resources.resources(TURNS))
    sources = {"omop": {"access": {"url": f"duckdb:///{place / 'cdm.duckdb'}"}},
               "fhir": {"kind": "fhir_server", "access": {"url": served}}}
    return {name: _labelled(place, source) for name, source in sources.items()}


def _labelled(place: Path, source: dict[str, object]) -> pd.DataFrame:
    site = Site.model_validate({"source": source, "runs": place / "runs"})
    _, labels, _ = pipeline.run(Study(id="laleh", gate=Gate(expectations=False)), site)
    return labels.labels.sort_values(["person_id", "definition_id"], ignore_index=True).astype("string")


def test_the_trials_get_the_labels_of_the_cdm(labels: dict[str, pd.DataFrame]) -> None:
    """184 of the 1,472 persons, found by search on a real server, are labelled as from OMOP, in every column."""
    served, all_ = labels["fhir"], labels["omop"]
    assert (served["person_id"].nunique(), all_["person_id"].nunique()) == (184, 1472)
    assert served.equals(all_[all_["person_id"].isin(served["person_id"])].reset_index(drop=True))
