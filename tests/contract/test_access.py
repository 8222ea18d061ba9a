"""What happens when the database says no, breaks off, or is not what it should be."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psycopg
import pytest

from hpd_etl.config import Access, OmopSource, Site
from hpd_etl.database import connect
from hpd_etl.errors import AccessError, ConfigurationError, SourceError, UnsupportedVersionError
from hpd_etl.sources import examine, open_source
from tests.contract.wards import NIVOLUMAB, STUDY, UNSTATED, Builder, Tables, Ward, exposure, person, size

TABLES: Tables = {"person": [person(1)], "drug_exposure": [exposure(1, 1, NIVOLUMAB, "2021-01-04")],
                  "measurement": [size(1, 1, "2021-01-01", 20)]}


@pytest.fixture
def hospital(postgres_url: str, tmp_path: Path) -> Ward:
    """A CDM in PostgreSQL."""
    return Builder("postgresql", tmp_path, postgres_url).build(TABLES)


def test_extract_changes_nothing(builder: Builder) -> None:
    """Not one byte of a CDM file and not one row of a CDM schema is different after extract and doctor."""
    ward = builder.build(TABLES)
    before = ward.content()
    ward.extract()
    examine(STUDY, ward.site())
    assert ward.content() == before


@pytest.mark.parametrize("statement", ["delete from @cdm.person", "drop table @cdm.person",
                                       "create table @cdm.mine (a integer)", "update @cdm.person set person_id = 2"])
def test_a_connection_to_read_cannot_write(builder: Builder, statement: str) -> None:
    """The database itself refuses to write to the CDM, whatever statement is sent."""
    ward = builder.build(TABLES)
    before = ward.content()
    with connect(Access(url=ward.url), {"cdm": ward.cdm}, read_only=True) as database, pytest.raises(AccessError):
        database.execute(statement)
    assert ward.content() == before


def test_the_cdm_stays_read_only_beside_a_sink(file_builder: Builder, tmp_path: Path) -> None:
    """A connection that may write results may still not write the CDM, where files are attached."""
    ward = file_builder.build(TABLES)
    schemas = {"cdm": ward.cdm, "results": str(tmp_path / "results")}
    with connect(Access(url=ward.url), schemas, read_only=False) as database:
        database.execute("create table @results.mine (a integer)")
        with pytest.raises(AccessError):
            database.execute("delete from @cdm.person")


def test_a_missing_file_is_not_created(file_builder: Builder, tmp_path: Path) -> None:
    """Reading a file that is not there is an error, and leaves none behind."""
    path = tmp_path / "no_such_cdm"
    site = Site(source=OmopSource(access=Access(url=f"{file_builder.kind}:///{path}")))
    with pytest.raises(AccessError, match="no file"), open_source(site):
        pass
    assert not path.exists()


def test_a_file_of_something_else_is_refused(file_builder: Builder, tmp_path: Path) -> None:
    """A file that is no database of this kind is an error of access, not a crash."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague, " * 1000)
    site = Site(source=OmopSource(access=Access(url=f"{file_builder.kind}:///{path}")))
    with pytest.raises(AccessError), open_source(site):
        pass


@pytest.mark.parametrize("table", ["person", "drug_exposure", "measurement"])
def test_a_table_that_must_be_there(builder: Builder, table: str) -> None:
    """Without persons, exposures or measurements there is nothing to label; the message names the table."""
    with pytest.raises(ConfigurationError, match=table):
        builder.build(TABLES, without=[table]).extract()
    with pytest.raises(ConfigurationError, match=f"{table} of the CDM is empty"):
        builder.build({**TABLES, table: []}).extract()


def test_tables_that_may_be_absent_are_recorded(builder: Builder) -> None:
    """A CDM without deaths, periods or observations is read, and what was not there is written down."""
    _, used = builder.build(TABLES).extract()
    assert used["absent_tables"] == ["death", "observation_period", "observation", "condition_occurrence",
                                     "procedure_occurrence", "image_occurrence", "image_feature", "cdm_source"]
    assert used["vocabulary_version"] is None
    assert used["treated_persons"] == 1


def test_an_empty_cdm_source_is_no_error(builder: Builder) -> None:
    """The version is told by the columns; what cdm_source does not say is recorded as unknown."""
    _, used = builder.build({**TABLES, "cdm_source": []}).extract()
    assert (used["cdm_version"], used["cdm_source_version"], used["vocabulary_version"]) == ("5.4", None, None)


def test_a_version_nobody_knows_is_refused(postgres_url: str, hospital: Ward) -> None:
    """A measurement table older than 5.3 is not guessed at."""
    with psycopg.connect(postgres_url) as connection:
        for column in ("measurement_event_id", "visit_detail_id"):
            connection.execute(f"alter table {hospital.cdm}.measurement drop column {column}")
    with pytest.raises(UnsupportedVersionError, match=r"older than 5\.3"):
        hospital.extract()


def test_no_such_schema(postgres_url: str) -> None:
    """A schema that is not there is named, so that site.toml can be mended."""
    site = Site(source=OmopSource(access=Access(url=postgres_url), cdm="nowhere"))
    with pytest.raises(AccessError, match="no schema nowhere"), open_source(site):
        pass


def test_no_right_to_read(postgres_url: str, hospital: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to a schema, then to a table, the message says which."""
    monkeypatch.setenv("CONTRACT_PASSWORD", "irrelevant")
    with psycopg.connect(postgres_url) as connection:
        connection.execute("drop role if exists visitor")
        connection.execute("create role visitor login")
    source = {"access": {"url": postgres_url, "user": "visitor", "password": "env:CONTRACT_PASSWORD"}}
    with pytest.raises(AccessError, match="no right to use the schema"):
        hospital.extract(**source)
    with psycopg.connect(postgres_url) as connection:
        for schema in (hospital.cdm, hospital.vocabulary):
            connection.execute(f"grant usage on schema {schema} to visitor")
    with pytest.raises(AccessError, match=r"drug_exposure|42501"):
        hospital.extract(**source)
    with psycopg.connect(postgres_url) as connection:
        for schema in (hospital.cdm, hospital.vocabulary):
            connection.execute(f"revoke usage on schema {schema} from visitor")
        connection.execute("drop role visitor")


def test_a_wrong_password_is_not_told(postgres_url: str, hospital: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused password is an error of access; neither it nor the right one is in the message."""
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("show hba_file").fetchone()
        assert row is not None
        rules = Path(row[0])
        kept = rules.read_text()
        connection.execute("drop role if exists guarded")
        connection.execute("create role guarded login password 'right-secret'")
        connection.execute(f"grant usage on schema {hospital.cdm}, {hospital.vocabulary} to guarded")
        connection.execute(f"grant select on all tables in schema {hospital.cdm} to guarded")
    rules.write_text("local all guarded scram-sha-256\n" + kept)
    try:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("select pg_reload_conf()")
        _wait_for_guard(postgres_url)
        access = {"url": postgres_url, "user": "guarded", "password": "env:CONTRACT_PASSWORD"}
        monkeypatch.setenv("CONTRACT_PASSWORD", "wrong-secret")
        with pytest.raises(AccessError) as refused:
            hospital.extract(access=access)
        assert "secret" not in f"{refused.value} {refused.value.remedy}".replace("the secret that", "")
        assert refused.value.__cause__ is None
        monkeypatch.setenv("CONTRACT_PASSWORD", "right-secret")
        assert len(hospital.records(access=access).doses) == 1
    finally:
        rules.write_text(kept)
        with psycopg.connect(postgres_url) as connection:
            connection.execute("select pg_reload_conf()")


def _wait_for_guard(url: str) -> None:
    """Until the server asks `guarded` for a password."""
    for _ in range(100):
        try:
            psycopg.connect(url, user="guarded").close()
        except psycopg.OperationalError:
            return
        time.sleep(0.05)
    pytest.fail("the server did not reload its rules")


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """Nobody listens: trying again may help, so it is an error of the source."""
    site = Site(source=OmopSource(access=Access(url=f"postgresql:///postgres?host={tmp_path}"), cdm="cdm"))
    with pytest.raises(SourceError), open_source(site):
        pass


def test_a_connection_lost_in_mid_read(postgres_url: str, hospital: Ward) -> None:
    """A server process that dies while it sends rows is an error of the source, which a second run may survive."""
    schemas = {"cdm": hospital.cdm}

    def kill() -> None:
        with psycopg.connect(postgres_url, autocommit=True) as other:
            for _ in range(1000):
                killed = other.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                                       " where state = 'active' and pid <> pg_backend_pid()"
                                       " and query like '%generate_series(1, 20000)%'").fetchall()
                if killed:
                    return
                time.sleep(0.01)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(SourceError), connect(Access(url=postgres_url), schemas, read_only=True) as database:
        database.fetch("select n.i, pg_sleep(0.001)::text as slow from generate_series(1, 20000) n(i)")
    killer.join()
    assert len(hospital.records().doses) == 1


def test_one_run_sees_one_moment(postgres_url: str, hospital: Ward) -> None:
    """Rows that arrive while a run reads are not seen by half of it."""
    count = "select count(*) as n from @cdm.person"
    with connect(Access(url=postgres_url), {"cdm": hospital.cdm}, read_only=True) as database:
        before = database.fetch(count).column("n")[0].as_py()
        with psycopg.connect(postgres_url) as other:
            other.execute(f"insert into {hospital.cdm}.person select * from {hospital.cdm}.person")
        assert database.fetch(count).column("n")[0].as_py() == before == 1


def test_doctor_tells_what_is_wrong_without_raising(builder: Builder) -> None:
    """Every finding names what was looked at; a site that cannot work ends in an error that says why."""
    good = examine(STUDY, builder.build({**TABLES, "concept": [], "cdm_source": []}).site())
    told = {check.name: (str(check.state), check.told) for check in good}
    assert told["cdm version"][0] == "ok"
    assert told["candidates"] == ("ok", "1 persons with a dose of an index drug")
    assert told["dimensions"] == ("ok", "0 sizes without a stated dimension")
    assert told["nodes"] == ("ok", "0 lymph nodes without a short axis")
    assert told["refused: no_lesion_identity"] == ("warning", "1 rows")
    unstated = size(2, 1, "2021-01-01", 20, measurement_concept_id=UNSTATED, measurement_source_value="L1")
    site = builder.build({**TABLES, "measurement": [unstated]}).site(lesions={"pattern": r"(?P<lesion>L\d)"})
    told = {check.name: (str(check.state), check.told) for check in examine(STUDY, site)}
    assert told["dimensions"] == ("warning", "1 sizes without a stated dimension")
    assert told["concepts of units"] == ("warning", "no table concept: the frozen list is used")
    bad = examine(STUDY, builder.build(TABLES, without=["measurement"]).site())
    assert (str(bad[-1].state), bad[-1].name) == ("error", "failed")
    assert "measurement" in bad[-1].told
