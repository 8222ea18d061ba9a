"""Labels that came from FHIR, and where they are written: the persons and verdicts of `tests.sinks.given`."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hpd_etl.config import Site
from hpd_etl.schema import Labels
from hpd_etl.sinks import Receipt, Sink, open_sink
from tests.sinks import given

Json = dict[str, Any]

SOURCES = {"drug_exposure:501": "MedicationAdministration:dose/_history/2", "measurement:901": "Observation:pre",
           "measurement:902": "Observation:base/_history/3", "measurement:903": "Observation:post/_history/1"}
"""The source rows of `given`, as resources; one is of a server that keeps no versions."""
TIMELINE, DEFINITIONS = given.timeline(), given.definitions()
CANONICAL = "https://hpd-etl.example/fhir"


def labels(said: str = given.SAID, *, post: str = "Observation:post/_history/1") -> Labels:
    """Labels of `given` that rest on resources."""
    made = given.labels(said)
    sources = made.evidence["source_id"].map(SOURCES | {"measurement:903": post})
    return Labels.of({"labels": made.labels, "metrics": made.metrics,
                      "evidence": made.evidence.assign(source_id=sources)})


def without(*starts: str) -> str:
    """What `given` says, without the lines that begin so."""
    return "\n".join(line for line in given.SAID.splitlines() if not line.strip().startswith(starts))


def server_site(base: str, name: str = "north", **sink: Any) -> Site:
    """A site whose server is source and sink."""
    return Site.model_validate({
        "name": name, "source": {"kind": "fhir_server", "access": {"url": base}},
        "sink": {"kind": "fhir_server", "access": {"url": base, "attempts": 2, "longest_wait_seconds": 0}, **sink}})


def files_site(folder: Path, **sink: Any) -> Site:
    """A site that reads a folder and writes to another one."""
    return Site.model_validate({
        "name": "north", "source": {"kind": "fhir_files", "folder": str(folder)},
        "sink": {"kind": "fhir_files", "folder": str(folder / "labels"), **sink}})


@contextmanager
def opened(site: Site, **options: Any) -> Iterator[Sink]:
    """The sink of a site."""
    with open_sink(site, **options) as sink:
        assert sink is not None
        yield sink


def write(site: Site, what: Labels | None = None, *, study: str = "alpha", run: str = "run-1", dry_run: bool = False,
          **options: Any) -> Receipt:
    """Write labels back."""
    with opened(site, **options) as sink:
        return sink.writeback(what or labels(), TIMELINE, DEFINITIONS, given.study(study), run,
                              dry_run=dry_run)


def asked(base: str, path: str, body: Json | None = None, method: str | None = None) -> Json:
    """What a server answers, asked without our own client."""
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request(method or ("GET" if body is None else "POST"), f"{parts.path}/{path}",
                       None if body is None else json.dumps(body), {"Content-Type": "application/fhir+json"})
    answer: Json = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def held(base: str, kind: str = "Observation") -> list[Json]:
    """All resources of a type on a server."""
    return [entry["resource"] for entry in asked(base, f"{kind}?_count=1000").get("entry", [])]


def versions(base: str) -> dict[str, str]:
    """The current version of everything of ours on a server."""
    return {f"{kind}/{each['id']}": each["meta"]["versionId"] for kind in ("Observation", "Provenance", "Device")
            for each in held(base, kind) if each["id"].startswith("hpd-")}


def lines(site: Site, kind: str) -> list[Json]:
    """The resources of a file."""
    assert site.sink is not None
    path = Path(site.sink.folder) / f"{kind}.hpd.ndjson"  # type: ignore[union-attr]
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
