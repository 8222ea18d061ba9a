"""Write-back as FHIR: 100 000 labels as transaction bundles, against `orjson` on dicts that are ready."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from benchmarks import patients
from benchmarks.methods import Counts, Place, Timed, method
from benchmarks.ours import labelled, study_and_definitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hpd_etl.config import Study
    from hpd_etl.criteria import Definition
    from hpd_etl.schema import Labels
    from hpd_etl.sinks.fhir.comparison import Write
    from hpd_etl.sinks.fhir.label_resources import LabelResources

PERSONS = 20_000
"""With five definitions each."""
BASE = "https://hospital.example/fhir"


def _labels() -> tuple[Labels, list[Definition], Study]:
    """Labels that rest on Observations."""
    from hpd_etl.schema import Labels

    study, definitions = study_and_definitions()
    made = labelled(patients.records(PERSONS), study, definitions)
    named = made.evidence["source_id"].astype("string").str.replace("measurement:", "Observation:").str.replace(
        "drug_exposure:", "MedicationAdministration:") + "/_history/1"
    frames = {table.name: frame for table, frame in made}
    return Labels.of({**frames, "evidence": made.evidence.assign(source_id=named)}), definitions, study


def _resources() -> Callable[[], LabelResources]:
    import hpd_etl.sinks.fhir.server  # noqa: F401
    from hpd_etl.sinks.fhir.label_resources import LabelResources, Writing

    labels, definitions, study = _labels()
    writing = Writing("https://hpd-etl.example/fhir", "bench", "run", "2026-01-01T00:00:00Z", True)
    return lambda: LabelResources(labels, definitions, study, writing)


class _Empty:
    """A server that holds nothing, takes everything, and counts."""

    base = BASE

    def __init__(self) -> None:
        self.bundles = self.bytes = 0

    def send(self, _method: str, _address: str, body: bytes, **_options: Any) -> None:
        self.bundles += 1
        self.bytes += len(body)

    def pages(self, *_search: Any, **_options: Any) -> Iterator[bytes]:
        return iter(())


def _written(resources: LabelResources, *, validated: bool) -> Counts:
    from hpd_etl.garbage import uncollected
    from hpd_etl.sinks.fhir import comparison, validation
    from hpd_etl.sinks.fhir.server import ServerStore

    server = _Empty()
    store = ServerStore(server, "https://hpd-etl.example/fhir", 500)  # type: ignore[arg-type]
    with uncollected():
        plan = comparison.compare(store, resources, "https://hpd-etl.example/fhir")
        if validated:
            validation.require_valid(plan.sample(validation.ONE_IN))
        store.write(plan.groups())
    return {"labels": len(resources), "bundles": server.bundles, "MB": round(server.bytes / 1e6)}


@method
def ours_fhir_bundles(place: Place) -> Timed:
    """From frames to the bytes of all bundles, comparing with an empty server; nothing is validated."""
    make = _resources()
    return lambda: _written(make(), validated=False)


@method
def ours_fhir_bundles_validated(place: Place) -> Timed:
    """The same with the validation of a run: every distinct shape, and one in a hundred."""
    make = _resources()
    return lambda: _written(make(), validated=True)


@method
def ours_fhir_unchanged(place: Place) -> Timed:
    """Comparing the labels with a store that holds all of them, read and ready."""
    from hpd_etl.garbage import uncollected
    from hpd_etl.sinks.fhir.comparison import same
    from hpd_etl.sinks.fhir.parts import plain

    make = _resources()

    def run() -> Counts:
        seconds, alike = 0.0, 0
        with uncollected():
            for bundle in _bundles(make()):
                held = plain(bundle)
                started = time.perf_counter()
                alike += sum(same(there["resource"], ours["resource"], BASE) for there, ours in zip(
                    held["entry"], bundle["entry"], strict=True))
                seconds += time.perf_counter() - started
        return {"seconds": seconds, "alike": alike}

    return run


@method
def limit_fhir_orjson(place: Place) -> Timed:
    """`orjson` on the same bundles, each as a dict that is ready: nothing in it is bytes yet."""
    import orjson

    from hpd_etl.sinks.fhir.parts import plain

    make = _resources()

    def run() -> Counts:
        seconds, size = 0.0, 0
        for bundle in map(plain, _bundles(make())):
            started = time.perf_counter()
            size += len(orjson.dumps(bundle))
            seconds += time.perf_counter() - started
        return {"seconds": seconds, "MB": round(size / 1e6)}

    return run


def _bundles(resources: LabelResources) -> Iterator[dict[str, Any]]:
    from hpd_etl.garbage import uncollected
    from hpd_etl.sinks.fhir.comparison import Write
    from hpd_etl.sinks.fhir.server import bundle_of

    with uncollected():
        for start in range(0, len(resources), 250):
            some: Sequence[Write] = [Write(make(row)) for row in range(start, min(start + 250, len(resources)))
                                     for make in (resources.observation, resources.provenance)]
            yield bundle_of(some, f"{BASE}/")
