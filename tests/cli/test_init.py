"""`init` writes files that work as they are and destroys nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from hpd_etl.config import FhirFilesSink, FhirServerSink, OmopSource, Site, Study, read_site, read_study


def test_the_study_written_is_the_default(hpd_etl, tmp_path):
    """Every value in the commented study.toml is the value that holds without it."""
    assert hpd_etl("init", tmp_path / "new").code == 0
    assert read_study(tmp_path / "new" / "study.toml") == Study(id="my_study")


def test_the_site_written_parses(hpd_etl, tmp_path):
    """The commented site.toml is one that can be read, and it holds no secret."""
    hpd_etl("init", tmp_path)
    site = read_site(tmp_path / "site.toml")
    assert site.sink is None
    assert site.source.access.password == "env:HPD_SOURCE_PASSWORD"


def test_what_is_commented_out_parses(hpd_etl, tmp_path):
    """The options shown behind `# ` are valid once the mark is taken away."""
    hpd_etl("init", tmp_path)
    for name, read in (("study.toml", read_study), ("site.toml", read_site)):
        lines = (tmp_path / name).read_text("utf-8").splitlines()
        shown = [line[2:] if line.startswith(("# [", "# ")) and ("=" in line or line.startswith("# [")) and
                 not line.startswith("# For") else line for line in lines]
        (tmp_path / name).write_text("\n".join(shown), "utf-8")
        read(tmp_path / name)
    assert read_site(tmp_path / "site.toml").sink is not None
    assert read_study(tmp_path / "study.toml").comparators[0].cohort == "chemotherapy"


@pytest.mark.parametrize("source", range(3))
@pytest.mark.parametrize("sink", range(2))
def test_every_fhir_block_parses(hpd_etl, tmp_path, source, sink):
    """The blocks for FHIR are valid once the mark is taken away, each source with each sink."""
    hpd_etl("init", tmp_path)
    blocks = [block for block in (tmp_path / "site.toml").read_text("utf-8").split("\n\n") if block.startswith("#: [")]
    plain = ["\n".join(line.removeprefix("#: ") for line in block.splitlines()) for block in blocks]
    sources, sinks = ([block for block in plain if block.startswith(f"[{part}]")] for part in ("source", "sink"))
    agreed = sinks[sink].replace("# same_persons", "same_persons")
    site = Site.model_validate(tomllib.loads(f"{sources[source]}\n{agreed}"))
    assert not isinstance(site.source, OmopSource)
    assert isinstance(site.sink, (FhirServerSink, FhirFilesSink))
    assert (len(sources), len(sinks)) == (3, 2)


def keys(model: type[BaseModel]) -> Iterator[str]:
    """Every key of a model and of the models in it."""
    for name, field in model.model_fields.items():
        yield name
        for part in models(field.annotation):
            yield from keys(part)


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that a key may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models(part)


def test_every_key_is_shown(hpd_etl, tmp_path):
    """A key that exists is shown in the file where it belongs, set or commented out."""
    hpd_etl("init", tmp_path)
    for name, model in (("study.toml", Study), ("site.toml", Site)):
        text = (tmp_path / name).read_text("utf-8")
        assert [key for key in keys(model) if key not in text] == []


def test_nothing_is_overwritten(hpd_etl, tmp_path):
    """Where one of the files exists, neither is written and the command ends with 2."""
    (tmp_path / "site.toml").write_text("mine")
    done = hpd_etl("init", tmp_path)
    assert (done.code, (tmp_path / "site.toml").read_text()) == (2, "mine")
    assert not (tmp_path / "study.toml").exists()
