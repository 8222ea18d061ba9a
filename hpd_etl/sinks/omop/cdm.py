"""Labels into an OMOP results schema: one transaction, one writer, and only the rows that differ."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.config import OmopSource
from hpd_etl.database import BusyError, Database, attached_files, connect
from hpd_etl.errors import AccessError, ConfigurationError, LockedError, WriteBackError
from hpd_etl.sinks import Counts, Receipt
from hpd_etl.sinks.omop import cohorts, merge, observations, results
from hpd_etl.sinks.omop.merge import Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from hpd_etl.config import OmopSink, Site, Study
    from hpd_etl.criteria import Definition
    from hpd_etl.database import Parameters
    from hpd_etl.schema import Labels, Timeline

_OF_STUDY = "(select label_id from @results.hpd_label where study_id = :study)"
_OBSERVATION = Target("observation", ("observation_id",), f"t.observation_id in {_OF_STUDY}")
_MEASUREMENT = Target(
    "measurement", ("measurement_id",),
    f"t.meas_event_field_concept_id = {observations.OBSERVATION_FIELD} and t.measurement_event_id in {_OF_STUDY}")
_COHORT = Target(
    "cohort", ("cohort_definition_id", "subject_id"),
    "t.cohort_definition_id in (select cohort_definition_id from @results.cohort_definition"
    " where cohort_definition_name in (:names))")
_COHORT_DEFINITION = Target("cohort_definition", ("cohort_definition_id",), "t.cohort_definition_name in (:names)")
_LINEAGE = Target("hpd_lineage", ("label_id", "role", "source_table", "source_id"),
                  "t.label_id in (select label_id from touched_label)")


class _DryRunError(Exception):
    """Undoes the transaction of a dry run."""


class OmopCdmSink:
    """A results schema behind an open, writable database."""

    def __init__(self, database: Database, sink: OmopSink) -> None:
        self._database = database
        self._sink = sink
        self.committed = False

    def writeback(self, labels: Labels, timeline: Timeline, definitions: Sequence[Definition], study: Study,
                  run_id: str, *, dry_run: bool) -> Receipt:
        """As the protocol. A dry run does all of it and rolls back.

        Raises LockedError, AccessError, WriteBackError or UnsupportedVersionError; the schema is then as it was.
        """
        rows = observations.derive(labels, timeline, definitions, study, self._sink)
        try:
            with _one_writer(), self._database.transaction():
                tables = self._write(rows, study, run_id)
                if dry_run:
                    raise _DryRunError
        except _DryRunError:
            return Receipt(run_id, True, tables)
        self.committed = True
        return Receipt(run_id, False, tables)

    def _write(self, rows: observations.Rows, study: Study, run_id: str) -> dict[str, Counts]:
        database = self._database
        _lock(database, self._sink.results)
        results.prepare(database, self._sink)
        _require_concept(database, self._sink)
        names = self._cohort_names(study, rows.cohort_definition)
        self._require_own_cohorts(rows.cohort_definition)
        known: Parameters = {"study": study.id, "names": names, "run": run_id}
        labelled = merge.replace_labels(database, _arrow(rows.hpd_label), known)
        lineage = _write_lineage(database, _arrow(rows.hpd_lineage), known)
        database.execute("drop table touched_label")
        counts = {"hpd_label": labelled}
        for target, frame in ((_OBSERVATION, rows.observation), (_MEASUREMENT, rows.measurement),
                              (_COHORT, rows.cohort), (_COHORT_DEFINITION, rows.cohort_definition)):
            results.require_columns(database, target.table, list(frame.columns))
            counts[target.table] = merge.replace(database, target, _arrow(frame), known)
        return {**counts, "hpd_lineage": lineage}

    def _cohort_names(self, study: Study, stated: pd.DataFrame) -> list[str]:
        """Names of all cohorts of the study that are or ever were written here."""
        held = self._database.fetch(
            "select distinct cohort, definition_id as definition from @results.hpd_label where study_id = :study",
            {"study": study.id})
        pairs = zip(held.column("cohort").to_pylist(), held.column("definition").to_pylist(), strict=True)
        past = {cohorts.name_of(study.id, cohorts.Key(*pair)) for pair in pairs}
        return sorted(past | set(stated["cohort_definition_name"]))

    def _require_own_cohorts(self, stated: pd.DataFrame) -> None:
        """Raise WriteBackError where a cohort id of ours stands for something else."""
        ours = dict(zip(stated["cohort_definition_id"], stated["cohort_definition_name"], strict=True))
        wanted = {"ids": [int(number) for number in ours]}
        held = self._database.fetch(
            "select cohort_definition_id, cohort_definition_name as name from @results.cohort_definition"
            " where cohort_definition_id in (:ids)", wanted)
        named = dict(zip(held.column(0).to_pylist(), held.column("name").to_pylist(), strict=True))
        used = self._database.fetch(
            "select distinct cohort_definition_id from @results.cohort where cohort_definition_id in (:ids)", wanted)
        foreign = {number for number, name in named.items() if name != ours[number]}
        foreign |= set(used.column(0).to_pylist()) - named.keys()
        if foreign:
            raise WriteBackError(
                f"cohort id {', '.join(map(str, sorted(foreign)))} of the results schema belongs to somebody else",
                remedy="choose another sink.cohort_definition_base; nothing was changed")


def _write_lineage(database: Database, rows: pa.Table, known: Parameters) -> Counts:
    """The lineage of labels that changed; an equal fingerprint says that the others rest on the same rows."""
    touched = database.fetch("select label_id from touched_label").column("label_id")
    affected = rows.filter(pc.is_in(rows.column("label_id"), value_set=pa.array(touched.to_pylist(), pa.int64())))
    counts = merge.replace(database, _LINEAGE, affected, known)
    return dataclasses.replace(counts, unchanged=counts.unchanged + rows.num_rows - affected.num_rows)


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """The frame as Arrow columns; timestamps at midnight become days."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    fields = [entry.with_type(pa.date32()) if pa.types.is_timestamp(entry.type) else entry for entry in table.schema]
    return table.cast(pa.schema(fields))


# --- opening ------------------------------------------------------------------------------------


@contextmanager
def open_omop_sink(site: Site, sink: OmopSink) -> Iterator[OmopCdmSink]:
    """The results schema of the site; a file that was not there and into which nothing was written is removed."""
    _refuse_source_files(site, sink)
    file = _results_file(sink)
    fresh = file is not None and not file.exists()
    opened = None
    schemas: dict[str, str | None] = {"results": sink.results}
    if sink.vocabulary is not None:
        schemas["vocabulary"] = sink.vocabulary
    try:
        with ExitStack() as stack:
            with _one_writer():
                opened = OmopCdmSink(stack.enter_context(connect(sink.access, schemas, read_only=False)), sink)
            yield opened
    finally:
        if fresh and file is not None and not (opened and opened.committed):
            file.unlink(missing_ok=True)


def _is_file(url: str) -> bool:
    return url.startswith(("sqlite", "duckdb"))


def _results_file(sink: OmopSink) -> Path | None:
    """The file to write, if it is one; raises AccessError where it may not be written."""
    if not _is_file(sink.access.url):
        return None
    [(path, _)] = attached_files(sink.access, {"results": sink.results}, read_only=False).values()
    for place in (path, path.parent):
        if place.exists() and not os.access(place, os.W_OK):
            raise AccessError(f"no right to write {place}", remedy="ask for it, or mend sink.results in site.toml")
    return path


def _refuse_source_files(site: Site, sink: OmopSink) -> None:
    read = site.source
    if not (isinstance(read, OmopSource) and _is_file(read.access.url) and _is_file(sink.access.url)):
        return
    source = attached_files(read.access, {"cdm": read.cdm, "vocabulary": read.vocabulary or read.cdm}, read_only=True)
    written = attached_files(sink.access, {"results": sink.results}, read_only=False)
    if {_identity(Path(path)) for path, _ in source.values()} & {_identity(Path(path)) for path, _ in written.values()}:
        raise ConfigurationError("sink.results is the file of the source; nothing is ever written there",
                                 remedy="name a file of its own in sink.results")


def _identity(path: Path) -> tuple[int, int] | Path:
    """The file itself, by whatever name or link."""
    return (path.stat().st_dev, path.stat().st_ino) if path.exists() else path.resolve()


@contextmanager
def _one_writer() -> Iterator[None]:
    try:
        yield
    except BusyError as error:
        raise LockedError("another run is writing to this results schema", remedy="wait for it to end") from error


def _lock(database: Database, schema: str) -> None:
    """One writer a results schema until the transaction ends; a file is locked by its engine."""
    if database.dialect != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(f"hpd_etl.writeback {schema}".encode()).digest()[:8], "big") >> 1
    got = database.fetch("select pg_try_advisory_xact_lock(:number) as got", {"number": number})
    if not got.column("got")[0].as_py():
        raise LockedError("another run is writing to this results schema", remedy="wait for it to end")


def _require_concept(database: Database, sink: OmopSink) -> None:
    """Raise WriteBackError where the vocabulary gives the custom concept id another meaning."""
    if sink.vocabulary is None:
        return
    found = database.fetch("select concept_name from @vocabulary.concept where concept_id = :id"
                           " and lower(concept_name) not like '%hyperprogress%'", {"id": sink.concept_id})
    if found.num_rows:
        raise WriteBackError("sink.concept_id stands for something else in the site's vocabulary",
                             remedy="choose a custom concept id that is free, or registered for hyperprogression")
