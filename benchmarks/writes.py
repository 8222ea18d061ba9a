"""Write-back into PostgreSQL: 100 000 labels of 20 000 persons at scale 1, against COPY of the rows they become."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.methods import Counts, Place, Timed, method
from benchmarks.ours import import_stages, read_records, site, study_and_definitions

if TYPE_CHECKING:
    import psycopg

    from hpd_etl.sinks import Receipt

SCHEMA = "results_bench"
_KEPT = ("hpd_label", "observation", "measurement", "cohort", "cohort_definition")
TABLES = (*_KEPT, "hpd_lineage")
"""An unchanged run compares the first five; the lineage of an unchanged label is not looked at."""


class _Writer:
    """Labels of twice the treated persons, and an empty results schema."""

    def __init__(self, place: Place) -> None:
        import psycopg

        from hpd_etl.config import Access, OmopSink
        from hpd_etl.criteria import label, window_sets
        from hpd_etl.timeline import align

        import_stages("hpd_etl.sources.omop.cdm")
        self.study, self.definitions = study_and_definitions()
        wide = replace(place, warehouse=replace(place.warehouse, treated=2 * place.warehouse.treated))
        self.timeline = align(
            read_records(site(wide, "duckdb"), self.study), self.study, window_sets(self.definitions, self.study))
        self.labels = label(self.timeline, self.definitions, self.study)
        access = Access(url=re.sub(r"//[^@/]*@", "//", place.uri), user="postgres")
        self.site = site(wide, "duckdb").model_copy(update={"sink": OmopSink(access=access, results=SCHEMA)})
        self.connection: psycopg.Connection = psycopg.connect(place.uri, autocommit=True)
        self.connection.execute(f"drop schema if exists {SCHEMA} cascade")
        self.connection.execute(f"create schema {SCHEMA}")

    def write(self, run_id: str) -> Receipt:
        from hpd_etl.sinks import open_sink

        with open_sink(self.site) as sink:
            if sink is None:
                raise RuntimeError("the site has no sink")
            return sink.writeback(
                self.labels, self.timeline, self.definitions, self.study, run_id, dry_run=False)

    def dumped(self, table: str) -> bytes:
        """The rows of a results table as CSV."""
        with self.connection.cursor().copy(f"copy {SCHEMA}.{table} to stdout (format csv)") as copy:
            return b"".join(bytes(block) for block in copy)

    def copy(self, table: str, rows: bytes) -> None:
        with self.connection.cursor().copy(f"copy {table} from stdin (format csv)") as copy:
            copy.write(rows)


def _counts(receipt: Receipt) -> Counts:
    return {**{name: counts.changed + counts.unchanged for name, counts in receipt.tables.items()},
            "changed": receipt.changed}  # fmt: skip


@method
def ours_writeback_first(place: Place) -> Timed:
    """All rows are new."""
    writer = _Writer(place)
    return lambda: _counts(writer.write("first"))


@method
def ours_writeback_again(place: Place) -> Timed:
    """The same labels again: nothing may change."""
    writer = _Writer(place)
    writer.write("first")
    return lambda: _counts(writer.write("second"))


@method
def limit_copy(place: Place) -> Timed:
    """COPY the rows of all six tables into empty tables with the same keys and indexes, in one transaction."""
    writer = _Writer(place)
    writer.write("first")
    rows = {table: writer.dumped(table) for table in TABLES}
    for table in TABLES:
        writer.connection.execute(f"create table {SCHEMA}.copy_{table} (like {SCHEMA}.{table} including all)")

    def run() -> Counts:
        with writer.connection.transaction():
            for table, content in rows.items():
                writer.copy(f"{SCHEMA}.copy_{table}", content)
        return {table: content.count(b"\n") for table, content in rows.items()}

    return run


@method
def limit_stage_unchanged(place: Place) -> Timed:
    """COPY the rows of the five compared tables into temporary tables and look for one that differs."""
    writer = _Writer(place)
    writer.write("first")
    rows = {table: writer.dumped(table) for table in _KEPT}

    def run() -> Counts:
        differing = 0
        with writer.connection.transaction():
            for table, content in rows.items():
                writer.connection.execute(f"create temp table staged_{table} (like {SCHEMA}.{table}) on commit drop")
                writer.copy(f"staged_{table}", content)
                found = writer.connection.execute(
                    f"select count(*) from (select * from staged_{table} except all select * from {SCHEMA}.{table}) x"
                ).fetchone()
                differing += found[0] if found else 0
        return {"differing": differing}

    return run
