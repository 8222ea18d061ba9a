"""Write the synthetic hospital as a bulk export would leave it: NDJSON by type, the large files compressed."""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, cast

import orjson

from hpd_etl.demo import hospital
from hpd_etl.demo.resources import patient_id, resources

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hpd_etl.demo.hospital import Truth
    from hpd_etl.demo.resources import Json

_COMPRESSED = ("Observation", "Encounter")


def export(folder: Path, persons: int = hospital.PERSONS, seed: int = hospital.SEED) -> Truth:
    """Write every resource of the hospital into this folder; returns the truth under the ids of the Patients."""
    write(resources(hospital.rows(persons, seed)), folder)
    known = hospital.truth(persons, seed)
    return hospital.Truth(known.labels.assign(person_id=known.labels["person_id"].map(patient_id)), known.counts)


def write(found: Iterable[Json], folder: Path) -> None:
    """Write resources as `Type.000.ndjson`, some of them gzip; a folder of the same name is made where absent."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, BinaryIO] = {}
    with ExitStack() as stack:
        for resource in found:
            kind = resource["resourceType"]
            if kind not in files:
                files[kind] = stack.enter_context(_opened(folder, kind))
            files[kind].write(orjson.dumps(resource) + b"\n")


def _opened(folder: Path, kind: str) -> BinaryIO:
    path = folder / f"{kind}.000.ndjson"
    if kind in _COMPRESSED:
        return cast("BinaryIO", gzip.GzipFile(f"{path}.gz", "wb", mtime=0))
    return path.open("wb")
