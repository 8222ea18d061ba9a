"""Labels as NDJSON files, one a resource type: `Observation.hpd.ndjson` and its like; other files are not touched."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from hpd_etl import artefacts
from hpd_etl.errors import AccessError, WriteBackError
from hpd_etl.sinks.fhir.comparison import DEVICE, LABEL, PROVENANCE, Write
from hpd_etl.sinks.fhir.sink import FhirLabelSink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hpd_etl.config import FhirFilesSink, Site
    from hpd_etl.sinks.fhir.label_resources import Resource


@contextmanager
def open_files_sink(site: Site, sink: FhirFilesSink, *, strict: bool = False) -> Iterator[FhirLabelSink]:
    """The folder, made where it is not there; raises AccessError, or LockedError while another run writes to it."""
    with artefacts.locked(sink.folder):
        yield FhirLabelSink(FolderStore(sink.folder), site, sink, strict=strict)


class FolderStore:
    """A folder of NDJSON files; a line that is not rewritten stays as it is, byte by byte."""

    base = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def labels(self) -> Iterator[Resource]:
        """Every label in the folder, of this study and of others."""
        return (resource for _, resource in self._lines(LABEL))

    def named(self, kind: str, names: Sequence[str], *, surely: bool = False) -> Iterator[Resource]:
        """The resources with these ids."""
        wanted = set(names)
        return (resource for _, resource in self._lines(kind) if resource.get("id") in wanted)

    def write(self, groups: Iterable[list[Write]]) -> None:
        """Replace the files in which a line changes, what others refer to first; each whole or not at all."""
        lines: dict[str, dict[str, bytes]] = {DEVICE: {}, LABEL: {}, PROVENANCE: {}}
        for resource, _ in chain.from_iterable(groups):
            lines[resource["resourceType"]][resource["id"]] = orjson.dumps(resource)
        for kind, changed in lines.items():
            if changed:
                self._replace(kind, changed)

    def _replace(self, kind: str, changed: dict[str, bytes]) -> None:
        target = self._path(kind)
        try:
            handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=self._folder)
            try:
                with open(handle, "wb") as file:
                    for line, resource in self._lines(kind):
                        file.write(changed.pop(str(resource.get("id")), line) + b"\n")
                    file.writelines(line + b"\n" for line in changed.values())
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(target)
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError as error:
            raise AccessError(f"cannot write {target}: {error.strerror}; it is as it was before",
                              remedy="make room or permit writing there, and run again") from error

    def _lines(self, kind: str) -> Iterator[tuple[bytes, Resource]]:
        path = self._path(kind)
        if not path.exists():
            return
        with path.open("rb") as file:
            for line in map(bytes.strip, file):
                if line:
                    yield line, _resource(line, kind, path)

    def _path(self, kind: str) -> Path:
        return self._folder / f"{kind}.hpd.ndjson"


def _resource(line: bytes, kind: str, path: Path) -> Resource:
    try:
        resource = orjson.loads(line)
    except orjson.JSONDecodeError:
        resource = None
    if not isinstance(resource, dict) or resource.get("resourceType") != kind:
        raise WriteBackError(f"{path} holds a line that is no {kind}: it is not as it was written",
                             remedy="move the file away and run again; nothing was changed")
    return resource
