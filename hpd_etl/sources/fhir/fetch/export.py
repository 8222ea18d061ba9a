"""One bulk export: kicked off, waited for, its files fetched; where it breaks off the next run goes on.

Everything that is needed to go on stands in `export.json`, written before the first look at the status.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hpd_etl import artefacts
from hpd_etl.errors import AccessError, ConfigurationError, SourceError
from hpd_etl.fhir_http import GONE, HttpError, asked_to_wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.config import FhirBulkSource
    from hpd_etl.fhir_http import Response, Session

STATE = "export.json"
"""Where an export stands; the only file of the folder that is not the server's."""
_FIRST_WAIT, _NDJSON = 1.0, "application/fhir+ndjson"
_LOG = logging.getLogger(__name__)


class Output(msgspec.Struct, rename="camel", frozen=True):
    """A file of an export."""

    url: str
    type: str = "OperationOutcome"
    count: int | None = None


class Manifest(msgspec.Struct, rename="camel", frozen=True):
    """What a server says when an export is done."""

    transaction_time: str | None = None
    requires_access_token: bool = False
    output: tuple[Output, ...] = ()
    deleted: tuple[Output, ...] = ()
    error: tuple[Output, ...] = ()

    def files(self) -> dict[str, Output]:
        """Every file under the name it is kept by: `Type.NNN.ndjson`, deletions and errors in folders of their own."""
        found: dict[str, Output] = {}
        for place, outputs in (("", self.output), ("deleted/", self.deleted), ("error/", self.error)):
            numbers: Counter[str] = Counter()
            for output in outputs:
                found[f"{place}{output.type}.{numbers[output.type]:03}.ndjson"] = output
                numbers[output.type] += 1
        return found


class State(msgspec.Struct):
    """How far an export has come."""

    request: str
    """What was asked, without the host."""
    status_url: str
    manifest: Manifest | None = None
    kicked_off: int = 1
    """How often; once more where the server forgot it."""
    closed: bool = False
    """Whether nothing more is expected of it: it was read, or it failed. The next run exports anew."""


class _ExpiredError(SourceError):
    """The server has forgotten an export or one of its files."""


class Export:
    """The export of one folder."""

    def __init__(self, session: Session, source: FhirBulkSource, types: Sequence[str]) -> None:
        self._session = session
        self._source = source
        self._folder = source.folder
        self._types = sorted(types)

    def fetch(self) -> State:
        """The export with all its files in the folder, begun or taken up where it broke off."""
        state = self._taken_up() or self._kicked_off(1)
        while True:
            try:
                self._fetch_files(self._completed(state))
            except _ExpiredError as error:
                if state.kicked_off > 1:
                    self.close(state)
                    raise SourceError("the server forgot the export twice before it was fetched",
                                      remedy="ask how long it keeps exports; run again at a quiet hour") from error
                state = self._kicked_off(2)
            else:
                self._forget(state)
                return state

    def close(self, state: State) -> None:
        """Note that nothing more is expected of it; the next run exports anew."""
        state.closed = True
        self._keep(state)

    # --- begin --------------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        match self._source.level:
            case "group":
                return f"Group/{self._source.group}/$export"
            case "patient":
                return "Patient/$export"
            case _:
                return "$export"

    def _asked(self) -> list[tuple[str, str]]:
        return [("_type", ",".join(self._types)), ("_outputFormat", _NDJSON)]

    def _request(self) -> str:
        return f"{self._path}?_type={','.join(self._types)}"

    def _taken_up(self) -> State | None:
        """The export that broke off, if it asked for the same."""
        state = self._left()
        return None if state is None or state.closed or state.request != self._request() else state

    def _left(self) -> State | None:
        try:
            return msgspec.json.decode((self._folder / STATE).read_bytes(), type=State)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise ConfigurationError(f"{STATE} in source.folder is not ours",
                                     remedy="choose an empty folder for the export") from error

    def _kicked_off(self, times: int) -> State:
        """A new export; what an earlier one left in the folder is removed before it begins."""
        self._clear()
        answer = self._session.get(self._path, self._asked(), {"Prefer": "respond-async"})
        where = answer.headers.get("content-location")
        if answer.status != 202 or not where:
            raise SourceError(f"$export was answered with {answer.status}, without an address to wait at",
                              remedy="hpd-etl doctor tells whether the server advertises $export at this level")
        state = State(self._request(), where, kicked_off=times)
        self._keep(state)
        return state

    def _clear(self) -> None:
        """Remove the files of an earlier export; raises ConfigurationError where there are others."""
        self._folder.mkdir(parents=True, exist_ok=True)
        state = self._left()
        for name in state.manifest.files() if state and state.manifest else ():
            for path in (self._folder / name, _aside(self._folder / name)):
                path.unlink(missing_ok=True)
        if any(path.is_file() and path.name != STATE for path in self._folder.rglob("*")):
            raise ConfigurationError("source.folder holds files that no export of ours left there",
                                     remedy="choose an empty folder, or read it as it is with fhir_files")

    def _keep(self, state: State) -> None:
        content: dict[str, Any] = msgspec.to_builtins(state)
        artefacts.write_json(content, self._folder / STATE)

    # --- wait ---------------------------------------------------------------------------------

    def _completed(self, state: State) -> Manifest:
        """The manifest; the status is asked for as rarely as the server wants."""
        pause = _FIRST_WAIT
        while state.manifest is None:
            answer = self._status(state)
            if answer.status == 200:
                state.manifest = _manifest(answer)
                self._keep(state)
            else:
                percent = re.search(r"\d+ ?%", answer.headers.get("x-progress", ""))
                _LOG.info("the export is under way%s", f", {percent[0]}" if percent else "")
                wanted = asked_to_wait(answer.headers)
                if wanted is None:
                    wanted, pause = pause, 2 * pause
                time.sleep(min(wanted, self._source.access.longest_wait_seconds))
        return state.manifest

    def _status(self, state: State) -> Response:
        try:
            return self._session.get(state.status_url, headers={"Accept": "application/json"})
        except HttpError as error:
            if error.status in GONE:
                raise _ExpiredError("the server has forgotten the export") from error
            if error.status == 500:  # the answer about an export that failed
                self.close(state)
            raise

    # --- fetch --------------------------------------------------------------------------------

    def _fetch_files(self, manifest: Manifest) -> None:
        missing = {name: output for name, output in manifest.files().items() if not (self._folder / name).exists()}
        for name in missing:
            (self._folder / name).parent.mkdir(exist_ok=True)
        with ThreadPoolExecutor(self._source.parallel, thread_name_prefix="file") as pool:
            fetching = [pool.submit(self._fetch, output, self._folder / name,
                                    authorised=manifest.requires_access_token) for name, output in missing.items()]
            try:
                for each in fetching:
                    each.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _fetch(self, output: Output, to: Path, *, authorised: bool) -> None:
        """A file under its name once it is whole: the same number of lines as the server counts."""
        aside = _aside(to)
        for _ in range(2):
            self._download(output, aside, authorised=authorised)
            if _is_whole(aside, output.count):
                aside.replace(to)
                return
            aside.unlink()
        raise SourceError(f"a file of {output.type} has another number of resources than the server says",
                          remedy="run again; what is whole is kept")

    def _download(self, output: Output, to: Path, *, authorised: bool) -> None:
        try:
            self._session.download(output.url, to, authorised=authorised)
        except HttpError as error:
            if error.status in GONE:
                raise _ExpiredError("the server has forgotten a file of the export") from error
            raise
        except AccessError as error:
            if authorised:
                raise
            raise _ExpiredError("a file of the export may no longer be fetched") from error

    def _forget(self, state: State) -> None:
        """Tell the server that it may delete the export; it may be unable to."""
        try:
            self._session.send("DELETE", state.status_url, b"", again=True)
        except (SourceError, AccessError) as error:
            _LOG.info("the export was not deleted: %s", error)


def _manifest(answer: Response) -> Manifest:
    try:
        return msgspec.json.decode(answer.body, type=Manifest)
    except msgspec.DecodeError as error:
        raise SourceError("what the server says of the finished export is no manifest") from error


def _aside(path: Path) -> Path:
    """Where a file is until it is known to be whole."""
    return path.with_name(f".{path.name}")


def _is_whole(path: Path, count: int | None) -> bool:
    """Whether a file has as many resources as it should, and does not end within one."""
    lines, last = 0, b""
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                lines, last = lines + 1, line
    return (count is None or lines == count) and (not last or last.rstrip().endswith(b"}"))
