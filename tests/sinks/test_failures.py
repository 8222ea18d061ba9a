"""What must not happen: half a write-back, two writers, a write without the right to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest

from hpd_etl.config import Site
from hpd_etl.database import connect
from hpd_etl.errors import AccessError, ConfigurationError, LockedError, WriteBackError
from hpd_etl.sinks import Counts, Receipt, open_sink
from hpd_etl.sinks.omop import results
from hpd_etl.sinks.omop.merge import Target, replace
from tests.sinks import given
from tests.sinks.dying import AMENDED, Undertaker
from tests.sinks.places import Place, postgres_place


def write(place: Place, said: str = given.SAID, run: str = "run-1") -> Receipt:
    """Write these labels back."""
    return write_site(place.site(), said, run)


def write_site(site: Site, said: str = given.SAID, run: str = "run-1") -> Receipt:
    """Write these labels to the sink of this site."""
    with open_sink(site) as sink:
        assert sink is not None
        return sink.writeback(given.labels(said), given.timeline(), given.definitions(), given.study(), run,
                              dry_run=False)


def test_a_killed_write_back_leaves_the_schema_as_it_was(place: Place, undertaker: Undertaker) -> None:
    """Killed between any two statements, even after the last, everything is as before; then a run works."""
    assert undertaker.killed(place.url, place.results, "insert into @results.cohort_definition")
    assert place.names() == set()
    write(place)
    before = place.tables()
    for statement in ("insert into @results.hpd_label", "load incoming_hpd_lineage", "insert into @results.observation",
                      "drop table incoming_cohort_definition"):
        assert undertaker.killed(place.url, place.results, statement)
        assert place.tables() == before
    receipt = write(place, AMENDED, "run-3")
    assert receipt.tables["hpd_label"].amended == 1
    assert receipt.tables["cohort"].retracted == 1


def test_two_writers_do_not_meet(place: Place, undertaker: Undertaker) -> None:
    """While one run writes, another is told so and changes nothing; afterwards it may."""
    write(place)
    with undertaker.holding(place.url, place.results, "load incoming_hpd_label"), pytest.raises(LockedError):
        write(place, run="run-2")
    assert write(place, run="run-3").changed == 0


@contextmanager
def limited_role(url: str, schema: str, *grants: str) -> Iterator[str]:
    """The URL of a user with only these rights."""
    role = f"limited_{schema}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create role {role} login")  # type: ignore[call-overload]
        for grant in grants:
            connection.execute(f"grant {grant} to {role}")  # type: ignore[call-overload]
        yield url.replace("postgres@", f"{role}@")
        connection.execute(f"drop owned by {role}")  # type: ignore[call-overload]
        connection.execute(f"drop role {role}")  # type: ignore[call-overload]


def refused(url: str, schema: str) -> AccessError:
    """The error of a write-back as this user."""
    with pytest.raises(AccessError) as raised:
        write_site(given.site(url, schema))
    return raised.value


def test_a_missing_right_is_named(postgres_url: str) -> None:
    """Who may not create tables, or not write one of them, is told which right is lacking."""
    place = postgres_place(postgres_url)
    schema = place.results
    with limited_role(postgres_url, schema, f"usage on schema {schema}") as url:
        assert f"CREATE on schema {schema}" in str(refused(url, schema))
    write(place)
    with limited_role(postgres_url, schema, f"usage on schema {schema}",
                      f"select, insert, update, delete on all tables in schema {schema}") as url:
        place.query(f"revoke delete on @cohort from limited_{schema}")
        assert str(refused(url, schema)) == "no right to write back: DELETE on cohort"


def test_rights_on_the_tables_are_enough(postgres_url: str) -> None:
    """Where the tables stand, nobody needs the right to create one; an unchanged run leaves no dead row."""
    place = postgres_place(postgres_url)
    write(place)
    with limited_role(postgres_url, place.results, f"usage on schema {place.results}",
                      f"select, insert, update, delete on all tables in schema {place.results}") as url, \
            open_sink(given.site(url, place.results)) as sink:
        assert sink is not None
        receipt = sink.writeback(given.labels(), given.timeline(), given.definitions(), given.study(), "2",
                                 dry_run=False)
    assert receipt.changed == 0
    place.query("select pg_stat_force_next_flush()")
    [(dead, updated)] = place.query("select sum(n_dead_tup), sum(n_tup_upd + n_tup_del) from pg_stat_all_tables"
                                    f" where schemaname = '{place.results}'")
    assert (dead, updated) == (0, 0)


def test_a_missing_schema_or_folder_is_an_access_error(postgres_url: str, tmp_path: Path) -> None:
    """The results schema is made by the site, not guessed."""
    refused(postgres_url, "no_such_schema")
    refused("sqlite:///", str(tmp_path / "nowhere" / "results.sqlite"))


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_that_is_no_database_is_an_access_error(tmp_path: Path, kind: str) -> None:
    """Somebody's notes are not overwritten."""
    notes = tmp_path / "notes.txt"
    notes.write_text("not a database, but long enough to have a header " * 100)
    refused(f"{kind}:///", str(notes))
    assert notes.read_text().startswith("not a database")


def test_the_file_of_the_source_is_never_the_sink(tmp_path: Path) -> None:
    """Neither through a symbolic link, which the configuration sees, nor through a hard one, which the sink does."""
    cdm, link, twin = tmp_path / "cdm.sqlite", tmp_path / "link.sqlite", tmp_path / "twin.sqlite"
    sqlite3.connect(cdm).close()
    link.symlink_to(cdm)
    twin.hardlink_to(cdm)
    source = {"access": {"url": f"sqlite:///{cdm}"}}
    with pytest.raises(ValueError, match="schema of the source"):
        Site.model_validate({"source": source, "sink": {"access": {"url": "sqlite:///"}, "results": str(link)}})
    site = Site.model_validate({"source": source, "sink": {"access": {"url": "sqlite:///"}, "results": str(twin)}})
    with pytest.raises(ConfigurationError, match="file of the source"), open_sink(site):
        pass


def test_persons_without_numbers_are_refused(place: Place) -> None:
    """FHIR names persons by text; the error says so, names nobody, and nothing is created."""
    with pytest.raises(ConfigurationError, match="person identifiers") as raised:
        write(place, given.SAID.replace("12     |", "pat-12 |"))
    assert "pat-12" not in str(raised.value)
    with pytest.raises(ConfigurationError, match="person identifiers"):
        write(place, given.SAID.replace("12     |", "012    |"))


def test_a_concept_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """A custom concept id that the vocabulary knows as something else cannot mean hyperprogression."""
    vocabulary = tmp_path / "vocabulary.sqlite"
    with sqlite3.connect(vocabulary) as connection:
        connection.execute("create table concept (concept_id integer, concept_name text)")
        connection.execute("insert into concept values (2005000000, 'Local code for coffee')")
    site = given.site("sqlite:///", str(tmp_path / "results.sqlite"), vocabulary=str(vocabulary))
    with pytest.raises(WriteBackError, match="concept_id"):
        write_site(site)
    with sqlite3.connect(vocabulary) as connection:
        connection.execute("update concept set concept_name = 'Hyperprogressive disease (local)'")
    assert write_site(site).changed > 0


def test_a_site_without_a_sink_has_none() -> None:
    """Then labels stay as files in the run folder."""
    site = Site.model_validate({"source": {"access": {"url": "postgresql://nowhere/cdm"}, "cdm": "cdm"}})
    with open_sink(site) as sink:
        assert sink is None


def test_many_rows_are_all_read_back(place: Place) -> None:
    """More rows than a row group: DuckDB 2.0.0 read none of them back from a table staged by a select of no rows."""
    many = 125_000
    target = Target("hpd_lineage", ("label_id", "role", "source_table", "source_id"), "t.label_id >= 0")
    rows = pa.table({"label_id": range(many), "role": ["post"] * many, "source_table": ["measurement"] * many,
                     "source_id": [str(number) for number in range(many)]})
    sink = place.site().sink
    assert sink is not None
    with connect(sink.access, {"results": place.results}, read_only=False) as database:
        for counts in (Counts(inserted=many), Counts(unchanged=many)):
            with database.transaction():
                results.prepare(database, sink)
                assert replace(database, target, rows, {}) == counts
    assert place.query("select count(*), count(distinct label_id) from @hpd_lineage") == [(many, many)]


def test_one_person_cannot_have_two_labels_under_one_definition(place: Place) -> None:
    """Two verdicts for one key are refused, not chosen between."""
    with pytest.raises(WriteBackError):
        write(place, given.SAID + "11 | champiat2017 | NOT_HPD | 1 | rule_met | 2021-04-12\n")
