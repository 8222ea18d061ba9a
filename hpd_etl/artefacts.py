"""What a run leaves between its stages: folders of Parquet, and JSON; whole or not at all.

::

    runs/<run_id>/
        1-records/<table>.parquet
        2-timeline/<table>.parquet, 2-timeline/courses/<table>.parquet
        3-quality.json, 3-quality.html, 3-profile.json
        3-suspicions/suspicions.parquet, and as CSV
        4-labels/{labels,evidence,metrics,burden,assessments,best_response}.parquet, README.txt,
            {labels,evidence,assessments,best_response}.csv
        4-funnel/funnel.parquet, and as CSV
        5-receipt.json
        6-sensitivity/{flips,flipped,perturbation}.parquet, and as CSV
        7-agreement/{pairs,agreement_rates,labelled,labelled_counts,overlaps}.parquet, and as CSV
        8-growth/growth.parquet, and as CSV
        9-report/report.html, README.txt, figures/*.{svg,png,csv}, tables/*.{csv,tex,html}; 9-report-patients/ likewise
        manifest.json

Everything is written to a temporary sibling, flushed to the disk and renamed. The folders hold
patient data and are readable by their owner only; the JSON files, the page and 9-report hold counts and codes.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hpd_etl.errors import AccessError, ConfigurationError, LockedError, UnsupportedVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    import pyarrow as pa

    from hpd_etl.schema import Bundle, Table, Timeline

FORMAT = 1
"""Version of the layout of an artefact; another one is refused."""

(RECORDS, TIMELINE, QUALITY, PAGE, PROFILE, SUSPICIONS, LABELS, FUNNEL, RECEIPT, SENSITIVITY, AGREEMENT, GROWTH,
 REPORT, REPORT_OF_PATIENTS, MANIFEST) = (
    "1-records", "2-timeline", "3-quality.json", "3-quality.html", "3-profile.json", "3-suspicions", "4-labels",
    "4-funnel", "5-receipt.json", "6-sensitivity", "7-agreement", "8-growth", "9-report", "9-report-patients",
    "manifest.json")
MADE_BY = {RECORDS: "extract", TIMELINE: "align", QUALITY: "validate", PAGE: "validate", PROFILE: "validate",
           SUSPICIONS: "validate", LABELS: "label", FUNNEL: "label", RECEIPT: "writeback", SENSITIVITY: "sensitivity",
           AGREEMENT: "agreement", GROWTH: "growth", REPORT: "report", REPORT_OF_PATIENTS: "report --patients",
           MANIFEST: "extract"}
_FORMAT_KEY = b"hpd_etl.format"
_CSV = ("suspicions", "labels", "evidence", "assessments", "best_response", "flips", "flipped", "perturbation", "pairs",
        "agreement_rates", "labelled", "labelled_counts", "overlaps", "growth", "funnel")
_COURSES = "courses"

_B = TypeVar("_B", bound="Bundle")


# --- writing ----------------------------------------------------------------------------------


def write(bundle: Bundle, target: Path) -> None:
    """The bundle as a folder of Parquet files, replacing `target` whole.

    What people read also as CSV, and beside it README.txt with what labels are for.

    Raises `AccessError` where the disk is full or refuses; `target` is then as it was.
    """
    with new_content(target) as made:
        _write_tables(made, bundle)
        if target.name in (LABELS, SENSITIVITY, AGREEMENT, GROWTH):
            _write_intended_use(made)


@contextmanager
def new_content(target: Path) -> Iterator[Path]:
    """An empty folder that takes the place of `target` when all is written to it; raises `AccessError` like `write`."""
    with _refusals(target):
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            yield made
            for path in (*made.rglob("*"), made):  # after the last write: one journal commit serves most of them
                _flush(path)
            _replace(made, target)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def write_json(content: Mapping[str, Any], target: Path) -> None:
    """The content as JSON, replacing `target` whole; raises `AccessError` like `write`."""
    write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", target)


def write_text(text: str, target: Path) -> None:
    """The text as a file, replacing `target` whole; raises `AccessError` like `write`."""
    with _refusals(target):
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
            _flush(target.parent)
        finally:
            Path(name).unlink(missing_ok=True)


def _write_tables(folder: Path, bundle: Bundle) -> None:
    for table, frame in bundle:
        _write_table(folder, table, frame)
    courses: Bundle | None = getattr(bundle, _COURSES, None)
    if courses is not None:
        (folder / _COURSES).mkdir()
        _write_tables(folder / _COURSES, courses)


def _write_table(folder: Path, table: Table, frame: pd.DataFrame) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = pa.Table.from_pandas(frame, preserve_index=False)
    rows = rows.replace_schema_metadata({**(rows.schema.metadata or {}), _FORMAT_KEY: str(FORMAT).encode()})
    pq.write_table(rows, folder / f"{table.name}.parquet")
    if table.name in _CSV:
        _write_csv(rows, folder / f"{table.name}.csv")


def _write_intended_use(folder: Path) -> None:
    from hpd_etl.schema import INTENDED_USE

    told = "Computed by hpd-etl from routine data, not validated as a diagnostic. These files hold patient data."
    (folder / "README.txt").write_text(f"{INTENDED_USE}.\n\n{told}\n", "utf-8")


def _write_csv(rows: pa.Table, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv

    plain = [field.with_type(pa.date32() if pa.types.is_timestamp(field.type) else _decoded(field.type))
             for field in rows.schema]
    csv.write_csv(rows.cast(pa.schema(plain)), path)


def _decoded(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(made: Path, target: Path) -> None:
    aside = made.with_name(f"{made.name}.old")
    if target.exists():
        target.rename(aside)
    made.rename(target)
    _flush(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _refusals(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or os.strerror(error.errno or 0)
        raise AccessError(f"cannot write {target}: {why}; it is as it was before",
                          remedy="make room or permit writing there, and run again") from error


# --- reading ----------------------------------------------------------------------------------


def read(kind: type[_B], folder: Path, person_id: str | None = None) -> _B:
    """The bundle in this folder; of one person only where `person_id` is given.

    Raises `ConfigurationError` where the artefact is missing and names the verb that makes it,
    `UnsupportedVersionError` where another release wrote it or a table is not as `schema` says.
    """
    if not folder.is_dir():
        raise _missing(folder)
    return kind.of({table.name: _read_table(folder / f"{table.name}.parquet", table, person_id)
                    for table in kind.tables()})


def read_timeline(folder: Path) -> Timeline:
    """The timeline in this folder with its possible courses; raises like `read`."""
    from hpd_etl.schema import Timeline

    timeline = read(Timeline, folder)
    inner = folder / _COURSES
    return replace(timeline, courses=read(Timeline, inner)) if inner.is_dir() else timeline


def read_json(path: Path) -> dict[str, Any]:
    """The content of this JSON artefact; raises like `read`."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path) from None
    except ValueError as error:
        raise unsupported(path, "it is not JSON, or not whole") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise unsupported(path, f"it is not of format {FORMAT}")
    return content


def _read_table(path: Path, table: Table, person_id: str | None) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, pa.ArrowInvalid) as error:
        raise unsupported(path, "it cannot be read as Parquet") from error
    if (schema.metadata or {}).get(_FORMAT_KEY) != str(FORMAT).encode():
        raise unsupported(path, f"it is not of format {FORMAT}")
    expected = pa.Schema.from_pandas(table.frame(), preserve_index=False)
    if [(field.name, _plain(field.type)) for field in schema] != [(f.name, _plain(f.type)) for f in expected]:
        raise unsupported(path, "its columns are not those of this release")
    here = person_id is not None and "person_id" in table.names
    frame: pd.DataFrame = pq.read_table(path, filters=[("person_id", "==", person_id)] if here else None).to_pandas()
    try:
        return table.frame(frame)
    except ValueError as error:
        raise unsupported(path, "it holds a code that this release does not know") from error


def _plain(kind: pa.DataType) -> str:
    return str(_decoded(kind)).removeprefix("large_")


def _missing(path: Path) -> ConfigurationError:
    return ConfigurationError(f"{path} does not exist", remedy=f"run `hpd-etl {_verb(path)}` first")


def unsupported(path: Path, why: str) -> UnsupportedVersionError:
    """The error that this artefact cannot be used, with the verb that makes it."""
    return UnsupportedVersionError(f"{path} was not written by this release: {why}",
                                   remedy=f"run `hpd-etl {_verb(path)}` again")


def _verb(path: Path) -> str:
    """Which verb makes the artefact that this file is, or is in."""
    return next((MADE_BY[place.name] for place in (path, *path.parents) if place.name in MADE_BY), "extract")


# --- folders ----------------------------------------------------------------------------------


def new_folder(folder: Path) -> Path:
    """This folder, made for one run and readable by its owner only; raises `ConfigurationError` if it holds files."""
    with _refusals(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ConfigurationError(f"{folder} is not empty", remedy="name a new folder for the run")
    return folder


def newest(runs: Path) -> Path:
    """The newest run folder; run ids sort by time."""
    found = sorted(path.parent for path in runs.glob(f"*/{MANIFEST}"))
    if not found:
        raise ConfigurationError(f"there is no run in {runs}", remedy="run `hpd-etl run` or `hpd-etl extract` first")
    return found[-1]


def discard(run: Path, *names: str) -> None:
    """Take these artefacts out of the run, because what they were made from is about to change."""
    for name in names:
        if (run / name).is_dir():
            shutil.rmtree(run / name)
        else:
            (run / name).unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for one process; the lock ends with the process, however it ends.

    Raises `LockedError` where another process holds it.
    """
    with _refusals(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / ".hpd-etl.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(f"another run is working in {folder}", remedy="wait until it has ended") from None
        yield
    finally:
        os.close(handle)
