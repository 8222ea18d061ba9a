"""study.toml and site.toml of the synthetic hospital."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl.demo import vocabulary
from hpd_etl.demo.resources import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def study_toml() -> str:
    """The study of the synthetic hospital: all published definitions, and docetaxel to compare with."""
    return f'''# The study of the synthetic hospital.
id = "demo"
title = "Hyperprogressive disease in a synthetic hospital"

[[comparators]]
cohort = "chemotherapy"
agents.docetaxel = {{ omop = [{vocabulary.INGREDIENTS["docetaxel"]}], rxnorm = ["{vocabulary.RXNORM["docetaxel"]}"] }}
'''


_WORDS = """[source.mapping.statuses]
PRESENT = "present"

[source.mapping.stop_reasons]
PROGRESSION = "progression"
TOXICITY = "toxicity"
"""


def omop_site_toml(cdm: Path, results: Path, runs: Path) -> str:
    """The synthetic hospital as DuckDB files, and what its local codes mean."""
    organs = _table("organs", {str(number): organ for organ, number in vocabulary.ORGANS.items()})
    procedures = _table("procedures", {
        str(number): _procedure(what, organ) for what, numbers in _PROCEDURES.items()
        for organ, number in numbers.items()})
    return f'''# The synthetic hospital: where its data are and what its local codes mean.
name = "synthetic"
runs = "{runs.as_posix()}"

[source.access]
url = "duckdb:///{cdm.as_posix()}"

[source.mapping.measurements]
SUMDIAM = "sum_sld"
{vocabulary.PERPENDICULAR} = "perpendicular"
{vocabulary.VOLUME} = "volume"

{_WORDS}
{organs}
{procedures}
[sink]
results = "{results.as_posix()}"

[sink.access]
url = "duckdb:///{results.as_posix()}"
'''


def fhir_site_toml(folder: Path, labels: Path, runs: Path) -> str:
    """The synthetic hospital as a folder of FHIR resources, and what its local codes mean."""
    organs = _table("organs", {f"{LOCAL}|organ-{organ}": organ for organ in vocabulary.ORGANS})
    procedures = _table("procedures", {
        f"{LOCAL}|{what}-{organ or 'unknown'}": _procedure(what, organ) for what, numbers in _PROCEDURES.items()
        for organ in numbers})
    return f'''# The synthetic hospital: where its resources are and what its local codes mean.
name = "synthetic"
runs = "{runs.as_posix()}"

[source]
kind = "fhir_files"
folder = "{folder.as_posix()}"

{_table("measurements", {f"{LOCAL}|recist11": "response:RECIST1.1", f"{LOCAL}|cause-of-death": "death_cause"})}
{_table("death_causes", {f"{LOCAL}|cause-{vocabulary.MALIGNANT}": str(vocabulary.MALIGNANT)})}
{_table("agents", {f"{LOCAL}|SINTILIMAB": "sintilimab"})}
{_WORDS}
{organs}
{procedures}
[sink]
kind = "fhir_files"
folder = "{labels.as_posix()}"
'''


_PROCEDURES = {"radiation": vocabulary.RADIATION, "surgery": vocabulary.SURGERY}


def _procedure(what: str, organ: str) -> str:
    return f"{what}:{organ}" if organ else what


def _table(name: str, meanings: Mapping[str, str]) -> str:
    """A table of `source.mapping`."""
    return f"[source.mapping.{name}]\n" + "".join(f'"{key}" = "{value}"\n' for key, value in meanings.items())
