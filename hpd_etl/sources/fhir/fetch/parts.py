"""A folder of files as parts that can be read side by side: whole files, or ranges of bytes of large plain ones.

What a file is tells its content: gzip by its first bytes, one document or a resource a line by its first
line. Names say only which files are looked at.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from codecs import BOM_UTF8
from collections import Counter
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

import msgspec
from isal import igzip, isal_zlib

from hpd_etl.sources.fhir.decode.sieve import LONGEST, UNREADABLE, Found, Refused, Sieve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENDINGS = (".ndjson.gz", ".jsonl.gz", ".json.gz", ".ndjson", ".jsonl", ".json")
"""How the names of files end that are read."""
BLOCK = 256 * 1024
"""Bytes that are looked at before what was kept of them is handed on."""

_NO_RESOURCES = frozenset({"export.json", "log.ndjson", "manifest.json"})  # what exports leave beside resources
_GZIP = b"\x1f\x8b"
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, cast("type[Exception]", isal_zlib.error))


class Part(NamedTuple):
    """The lines of a file that begin in a range of bytes."""

    path: str
    name: str
    """Path below the folder."""
    start: int = 0
    stop: int = sys.maxsize

    @property
    def size(self) -> int:
        """Bytes in the range."""
        return min(self.stop, os.path.getsize(self.path)) - self.start


def parts_of(folder: Path, longest: int = sys.maxsize) -> Iterator[Part]:
    """All files below the folder, each once, also where links lead to it; cut into ranges where that is possible."""
    seen = set()
    for path in sorted(_files(folder)):
        real = os.path.realpath(path)
        if real not in seen:
            seen.add(real)
            yield from _ranges(Part(path, os.path.relpath(path, folder)), longest)


def _files(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.join(place, name) for name in names
                    if name.endswith(ENDINGS) and not name.startswith(".") and name not in _NO_RESOURCES)


def _ranges(part: Part, longest: int) -> Iterator[Part]:
    """A plain file of a resource a line can be cut anywhere; all others are read from the beginning to the end."""
    size = part.size
    if size <= longest or not part.name.endswith((".ndjson", ".jsonl")) or _is_gzip(part.path):
        yield part
    else:
        for start in range(0, size, longest):
            yield part._replace(start=start, stop=min(start + longest, size))


def sift(part: Part, sieve: Sieve) -> Iterator[Found]:
    """What the sieve keeps of a part, block by block."""
    found = Found(lines=Counter({part.name: 0}))
    try:
        with _opened(part.path) as stream:
            if _is_document(stream, part.name):
                found.lines[part.name] += 1
                sieve.resource(stream.read(LONGEST), part.name, found)
            else:
                for at, block in _blocks(stream, part):
                    sieve.lines(block, part.name, at, found)
                    yield found
                    found = Found()
    except _BROKEN:
        found.refused.append(Refused(UNREADABLE, part.name, "truncated_file"))
    yield found


def _blocks(stream: io.BufferedReader, part: Part) -> Iterator[tuple[int, bytes]]:
    """The lines that begin in a part, many at a time, and where they begin; of one that is too long the beginning."""
    at = _first_line(stream, part.start)
    while at < part.stop and (block := stream.read1(min(BLOCK, part.stop - at))):
        if not block.endswith(b"\n"):
            try:
                block += stream.readline(LONGEST)
            except _BROKEN:
                yield at, block[:block.rfind(b"\n") + 1]
                raise
        yield at, block
        at += len(block)
        while len(block) >= LONGEST and not block.endswith(b"\n") and (rest := stream.readline(LONGEST)):
            at, block = at + len(rest), rest


def _opened(path: str) -> io.BufferedReader:
    """The content of a file, unpacked; read from disk in blocks."""
    if _is_gzip(path):
        return io.BufferedReader(igzip.open(path, "rb"), BLOCK)  # type: ignore[no-untyped-call]
    return io.BufferedReader(io.FileIO(path), BLOCK)


def _is_gzip(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def _is_document(stream: BinaryIO, name: str) -> bool:
    """Whether a file holds one JSON value over many lines."""
    if not name.endswith((".json", ".json.gz")):
        return False
    try:
        msgspec.json.decode(stream.readline(LONGEST).removeprefix(BOM_UTF8), type=msgspec.Raw)
    except msgspec.DecodeError:
        return True
    finally:
        stream.seek(0)
    return False


def _first_line(stream: BinaryIO, start: int) -> int:
    """Go to the first line that begins at `start` or behind; gives where that is."""
    if start == 0:
        return 0
    at = stream.seek(start - 1)
    while rest := stream.readline(LONGEST):
        at += len(rest)
        if rest.endswith(b"\n"):
            break
    return at
