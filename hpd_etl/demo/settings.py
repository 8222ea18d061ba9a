"""study.toml and site.toml of the synthetic hospital."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl.demo import vocabulary

if TYPE_CHECKING:
    from pathlib import Path


def study_toml() -> str:
    """The study of the synthetic hospital: the five definitions, and docetaxel to compare with."""
    return f'''# The study of the synthetic hospital.
id = "demo"
title = "Hyperprogressive disease in a synthetic hospital"

[[comparators]]
cohort = "chemotherapy"
agents.docetaxel = {{ omop = [{vocabulary.INGREDIENTS["docetaxel"]}] }}
'''


def site_toml(cdm: Path, results: Path, runs: Path) -> str:
    """The site of the synthetic hospital: DuckDB files, and what its local codes mean."""
    organs = "".join(f'{number} = "{organ}"\n' for organ, number in vocabulary.ORGANS.items())
    procedures = "".join(
        f'{number} = "{what}{":" if organ else ""}{organ}"\n'
        for what, numbers in (("radiation", vocabulary.RADIATION), ("surgery", vocabulary.SURGERY))
        for organ, number in numbers.items())
    return f'''# The synthetic hospital: where its data are and what its local codes mean.
name = "synthetic"
runs = "{runs.as_posix()}"

[source.access]
url = "duckdb:///{cdm.as_posix()}"

[source.mapping.measurements]
SUMDIAM = "sum_sld"

[source.mapping.statuses]
PRESENT = "present"

[source.mapping.stop_reasons]
PROGRESSION = "progression"
TOXICITY = "toxicity"

[source.mapping.organs]
{organs}
[source.mapping.procedures]
{procedures}
[sink]
results = "{results.as_posix()}"

[sink.access]
url = "duckdb:///{results.as_posix()}"
'''
