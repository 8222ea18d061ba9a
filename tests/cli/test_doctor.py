"""`doctor` and `sql` say beforehand what a run will meet, and change nothing."""

from __future__ import annotations

import duckdb


def test_a_healthy_site_passes(hpd_etl, place):
    """Connection, versions, concepts, candidates, refusals and the right to write are all told, and it ends with 0."""
    done = hpd_etl("doctor", *place.options)
    assert done.code == 0
    for told in ("cdm version", "v5.0 SYNTHETIC", "concepts of checkpoint_inhibitors", "persons with a dose",
                 "dimension_unknown", "the results schema can be written"):
        assert told in done.out
    assert not (place.folder / "results.duckdb").exists()
    assert not (place.folder / "runs").exists()


def test_no_access_is_told_with_its_code(hpd_etl, place):
    """A database that is not there ends with 4, after the checks that do not need it."""
    place.write("site.toml", str(place.cdm), str(place.cdm) + ".gone")
    done = hpd_etl("doctor", *place.options)
    assert done.code == 4
    assert "definitions" in done.out
    assert "there is no file" in done.out


def test_an_empty_cdm_is_told(hpd_etl, place):
    """Tables without rows are no crash: what is missing is said, with what to do."""
    empty = place.folder / "empty.duckdb"
    with duckdb.connect(str(empty)) as database:
        database.execute(f"attach '{place.cdm}' as full_cdm (read_only)")
        tables = database.sql("select table_name from duckdb_tables() where database_name = 'full_cdm'").fetchall()
        for (table,) in tables:
            database.execute(f"create table {table} as select * from full_cdm.{table} limit 0")
    place.write("site.toml", str(place.cdm), str(empty))
    told, ran = hpd_etl("doctor", *place.options), hpd_etl("run", *place.options)
    assert (told.code, ran.code) == (2, 2)
    assert "is empty" in told.out
    assert "is empty" in ran.err


def test_a_sink_that_cannot_be_written_is_told(hpd_etl, place):
    """Where the results cannot be written, the failure stands beside the checks that passed."""
    place.write("site.toml", str(place.folder / "results.duckdb"), str(place.folder / "nowhere" / "results.duckdb"))
    done = hpd_etl("doctor", *place.options)
    assert done.code == 4
    assert "candidates" in done.out


def test_statements_are_printed_without_a_database(hpd_etl, place):
    """What will be sent can be read before anybody grants access, and for databases this release does not run."""
    place.write("site.toml", str(place.cdm), "/nowhere/cdm.duckdb")
    own, other = hpd_etl("sql", *place.options), hpd_etl("sql", *place.options, "--dialect", "bigquery")
    assert (own.code, other.code) == (0, 0)
    assert "from cdm.drug_exposure" in own.out
    assert "create table results.hpd_label" in own.out
    assert "not run" not in own.out
    assert "not run" in other.out


def test_an_unknown_dialect_is_2(hpd_etl, place):
    """A dialect that cannot be compiled is refused with those that can."""
    done = hpd_etl("sql", *place.options, "--dialect", "oracle9")
    assert done.code == 2
    assert "snowflake" in done.err
