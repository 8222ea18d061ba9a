"""The limits: the least that a database must do for the same rows, without making labels of them."""

from __future__ import annotations

from benchmarks.methods import (
    DRUG_COLUMNS,
    DRUG_FILTER,
    MEASUREMENT_COLUMNS,
    SIZE_FILTER,
    Counts,
    Place,
    Timed,
    method,
    needed_rows,
)

_NARROW = ("person_id", "measurement_concept_id", "measurement_date", "value_as_number", "unit_concept_id")
_NARROW_DRUG = ("person_id", "drug_concept_id", "drug_exposure_start_date")
_SIZES = "select count(*), sum(value_as_number) from"


@method
def limit_duckdb_scan(place: Place) -> Timed:
    """Every value of the columns that say who, what, when and how much is decoded once, in both tables."""
    return _duckdb_scan(place, _NARROW, _NARROW_DRUG)


@method
def limit_duckdb_scan_wide(place: Place) -> Timed:
    """The same for all columns that a label with its source rows and reasons needs."""
    return _duckdb_scan(place, MEASUREMENT_COLUMNS, DRUG_COLUMNS)


def _duckdb_scan(place: Place, measurement: tuple[str, ...], drugs: tuple[str, ...]) -> Timed:
    import duckdb

    def run() -> Counts:
        with duckdb.connect(place.warehouse.duckdb, read_only=True) as connection:
            for table, columns in (("measurement", measurement), ("drug_exposure", drugs)):
                touched = ", ".join(_touch(column) for column in columns)
                rows = connection.execute(f"select count(*), {touched} from {table}").fetchone()
            return {"rows": rows[0]} if rows else {}

    return run


def _touch(column: str) -> str:
    if column.endswith("_date"):
        return f"max({column})"
    return f"sum(strlen({column}))" if column.endswith(("_value", "_reason")) else f"sum({column})"


@method
def limit_duckdb_filter(place: Place) -> Timed:
    """Count the needed rows by their concept alone."""
    import duckdb

    def run() -> Counts:
        with duckdb.connect(place.warehouse.duckdb, read_only=True) as connection:
            doses = connection.execute(f"select count(*) from drug_exposure where {DRUG_FILTER}").fetchone()
            sizes = connection.execute(f"select count(*) from measurement where {SIZE_FILTER}").fetchone()
            return {"doses": doses[0], "sizes": sizes[0]} if doses and sizes else {}

    return run


@method
def limit_postgres_scan_bare(place: Place) -> Timed:
    """Full scan of the columns that say who, what, when and how much in both tables, without an index."""
    return _postgres_scan(place, _NARROW, _NARROW_DRUG)


@method
def limit_postgres_scan_bare_wide(place: Place) -> Timed:
    """The same for all columns that a label with its source rows and reasons needs."""
    return _postgres_scan(place, MEASUREMENT_COLUMNS, DRUG_COLUMNS)


def _postgres_scan(place: Place, measurement: tuple[str, ...], drugs: tuple[str, ...]) -> Timed:
    import psycopg

    schema = place.warehouse.schema(indexed=False)

    def run() -> Counts:
        with psycopg.connect(place.uri) as connection:
            for table, columns in (("measurement", measurement), ("drug_exposure", drugs)):
                touched = ", ".join(f"count({column})" for column in columns)
                rows = connection.execute(f"select count(*), {touched} from {schema}.{table}").fetchone()
            return {"rows": rows[0]} if rows else {}

    return run


@method
def limit_postgres_filter_bare(place: Place) -> Timed:
    """Filtered count of both tables, without an index."""
    import psycopg

    schema = place.warehouse.schema(indexed=False)

    def run() -> Counts:
        with psycopg.connect(place.uri) as connection:
            doses = connection.execute(f"select count(*) from {schema}.drug_exposure where {DRUG_FILTER}").fetchone()
            sizes = connection.execute(f"select count(*) from {schema}.measurement where {SIZE_FILTER}").fetchone()
            return {"doses": doses[0], "sizes": sizes[0]} if doses and sizes else {}

    return run


@method
def limit_postgres_rows_indexed(place: Place) -> Timed:
    """Fetch exactly the needed rows with the usual OMOP indexes: literal ids, no JIT, plain tuples in the client."""
    import psycopg

    drugs, sizes = needed_rows(place.warehouse.schema(indexed=True) + ".")

    def run() -> Counts:
        with psycopg.connect(place.uri) as connection:
            connection.execute("set jit = off")
            return {
                "doses": len(connection.execute(drugs).fetchall()),
                "sizes": len(connection.execute(sizes).fetchall()),
            }

    return run


@method
def limit_postgres_server_indexed(place: Place) -> Timed:
    """The same rows aggregated on the server; nothing travels to the client."""
    import psycopg

    drugs, sizes = needed_rows(place.warehouse.schema(indexed=True) + ".")

    def run() -> Counts:
        with psycopg.connect(place.uri) as connection:
            connection.execute("set jit = off")
            doses = connection.execute(f"select count(*), max(drug_exposure_end_date) from ({drugs}) needed").fetchone()
            measured = connection.execute(f"{_SIZES} ({sizes}) needed").fetchone()
            return {"doses": doses[0], "sizes": measured[0]} if doses and measured else {}

    return run


@method
def limit_sqlite_filter(place: Place) -> Timed:
    """Filter-only scan of both tables by concept, without an index."""
    return _sqlite(place, indexed=False, statements=(
        f"select count(*) from drug_exposure where {DRUG_FILTER}",
        f"select count(*) from measurement where {SIZE_FILTER}",
    ))  # fmt: skip


@method
def limit_sqlite_rows_indexed(place: Place) -> Timed:
    """Fetch exactly the needed rows with the usual OMOP indexes, plain tuples."""
    return _sqlite(place, indexed=True, statements=needed_rows())


def _sqlite(place: Place, *, indexed: bool, statements: tuple[str, ...]) -> Timed:
    import sqlite3

    path = place.warehouse.sqlite(indexed=indexed)

    def run() -> Counts:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        results = [connection.execute(statement).fetchall() for statement in statements]
        connection.close()
        doses, sizes = ((rows[0][0] if len(rows) == 1 else len(rows)) for rows in results)
        return {"doses": doses, "sizes": sizes}

    return run
