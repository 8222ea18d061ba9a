"""The results schema: made where it is absent, checked where it is there, never a CDM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl import assets
from hpd_etl.database import located
from hpd_etl.errors import AccessError, ConfigurationError, UnsupportedVersionError, WriteBackError

if TYPE_CHECKING:
    from hpd_etl.config import OmopSink
    from hpd_etl.database import Database

SCHEMA_VERSION = 2
VERSION_TABLE = "hpd_schema_version"
TABLES = ("hpd_label", "observation", "measurement", "cohort", "cohort_definition", "hpd_lineage")


def prepare(database: Database, sink: OmopSink) -> None:
    """Create the tables that are absent; must run inside the transaction.

    Raises ConfigurationError (this is a CDM), AccessError (naming the missing rights), UnsupportedVersionError.
    """
    if database.columns("results", "person"):
        raise ConfigurationError("sink.results holds the table person of a CDM; nothing is ever written there",
                                 remedy="name a schema or file of its own in sink.results")
    _require_rights(database, sink.results)
    _require_version(database)
    for table in TABLES:
        if not database.columns("results", table):
            database.execute(assets.sql(f"results_{table}"))


def statements(sink: OmopSink) -> str:
    """The tables as `prepare` creates them; a schema that is a file is named by its role."""
    names = {"results": sink.results if sink.results.isidentifier() else "results"}
    return "\n\n".join(f"-- {name}, made where it is absent\n{located(assets.sql(name).rstrip(), names)};"
                       for name in (f"results_{table}" for table in (VERSION_TABLE, *TABLES))) + "\n"


def require_columns(database: Database, table: str, names: list[str]) -> None:
    """Raise WriteBackError where a table that somebody else made lacks a column."""
    if absent := sorted(set(names) - set(database.columns("results", table))):
        raise WriteBackError(f"results table {table} has no column {', '.join(absent)}",
                             remedy="give the tool a results schema of its own, or the tables of CDM 5.4")


def _require_rights(database: Database, schema: str) -> None:
    if database.dialect != "postgresql":
        return
    tables = (VERSION_TABLE, *TABLES)
    missing = database.fetch(assets.sql("results_missing_rights"),
                             {"schema": schema, "tables": tables, "wanted": len(tables)})
    if missing.num_rows:
        rights = ", ".join(missing.column("missing").to_pylist())
        raise AccessError(f"no right to write back: {rights}", remedy="ask the owner of the results schema for it")


def _require_version(database: Database) -> None:
    if database.columns("results", VERSION_TABLE):
        found = database.fetch(f"select schema_version from @results.{VERSION_TABLE}").column(0).to_pylist()  # noqa: S608
        if found != [SCHEMA_VERSION]:
            raise UnsupportedVersionError("the results schema is of another version than this release writes",
                                          remedy="name a new results schema in sink.results, or use the release "
                                                 "that made this one")
        return
    if database.columns("results", "hpd_label"):
        raise UnsupportedVersionError("the results schema holds labels of an unknown version",
                                      remedy="use a new results schema")
    database.execute(assets.sql(f"results_{VERSION_TABLE}"))
    database.execute(f"insert into @results.{VERSION_TABLE} values (:version)", {"version": SCHEMA_VERSION})  # noqa: S608
