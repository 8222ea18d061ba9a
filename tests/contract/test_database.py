"""What goes into a database comes out again, by value and by type, from all three."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest

from hpd_etl.config import Access
from hpd_etl.database import Database, connect
from hpd_etl.database.postgres import COPY_BYTES
from tests.contract.wards import BIG, Builder

TEXTS = ["plain", "", None, "two\nlines", 'quoted "so"', "a,b;c", "ü 拓益", "unit\x1fseparator", "100 %", "null"]


def place(builder: Builder, name: str) -> tuple[Access, str]:
    """An empty results schema: how to reach it and its name."""
    if builder.kind != "postgresql":
        return Access(url=f"{builder.kind}://"), str(builder.folder / name)
    with psycopg.connect(builder.url) as connection:
        connection.execute(f"drop schema if exists {name} cascade; create schema {name}")  # type: ignore[arg-type]
    return Access(url=builder.url), name


def test_values_survive_the_way_there_and_back(builder: Builder) -> None:
    """64-bit numbers, missing values, empty texts, separators and days are what they were."""
    access, name = place(builder, "roundtrip")
    n = len(TEXTS)
    given = pa.table({"row_id": pa.array([BIG + i for i in range(n)]), "told": pa.array(TEXTS, pa.string()),
                      "seen_date": pa.array([date(2021, 1, 1), None] * (n // 2), pa.date32()),
                      "size": pa.array([0.1, None] * (n // 2), pa.float64())})
    with connect(access, {"results": name}, read_only=False) as database:
        database.execute("create table @results.t (row_id bigint, told varchar(50), seen_date date,"
                         " size double precision)")
        with database.transaction():
            database.load("@results.t", given)
        assert database.fetch("select row_id, told, seen_date, size from @results.t order by row_id") == given
        assert database.columns("results", "t") == ["row_id", "told", "seen_date", "size"]
        assert database.columns("results", "nothing") == []
        some = database.fetch("select told from @results.t where told in (:texts) and row_id in (:ids) order by row_id",
                              {"texts": ['quoted "so"', "100 %", "a,b;c"], "ids": [BIG + i for i in range(300)]})
        assert some.column("told").to_pylist() == ['quoted "so"', "a,b;c", "100 %"]
        assert database.fetch("select row_id from @results.t where row_id in (:ids)", {"ids": []}).num_rows == 0


def test_a_long_copy_comes_in_blocks(postgres_url: str, tmp_path: Path) -> None:
    """What is read by COPY, because a text holds a separator, is whole however many blocks it takes."""
    access, name = place(Builder("postgresql", tmp_path, postgres_url), "blocks")
    n, width = 40, COPY_BYTES // 32
    with connect(access, {"results": name}, read_only=False) as database:
        found = database.fetch("select i as row_id, chr(31) || chr(10) || repeat('x', :width) as told"
                               f" from generate_series(1, {n}) i", {"width": width})
    assert found.column("row_id").to_pylist() == list(range(1, n + 1))
    assert set(found.column("told").to_pylist()) == {"\x1f\n" + "x" * width}


def test_a_transaction_happens_or_not(builder: Builder) -> None:
    """What fails inside a transaction leaves nothing of what came before."""
    access, name = place(builder, "transactional")
    with connect(access, {"results": name}, read_only=False) as database:
        database.execute("create table @results.t (a integer)")
        with pytest.raises(ZeroDivisionError):
            _insert_and_fail(database)
        assert database.fetch("select a from @results.t").num_rows == 0
        with database.transaction():
            assert database.execute("insert into @results.t values (1), (2)") == 2
        assert database.execute("update @results.t set a = 3 where a = 2") == 1


def _insert_and_fail(database: Database) -> None:
    with database.transaction():
        database.execute("insert into @results.t values (:a)", {"a": 1})
        raise ZeroDivisionError


def test_a_day_that_is_no_day_is_missing(builder: Builder) -> None:
    """SQLite keeps any text as a date and PostgreSQL an infinite one; neither becomes a day."""
    wrong = {"duckdb": "null", "postgresql": "'infinity'", "sqlite": "'2021-13-45'"}[builder.kind]
    access, name = place(builder, "days")
    with connect(access, {"results": name}, read_only=False) as database:
        database.execute("create table @results.t (a integer, seen_date date)")
        database.execute(f"insert into @results.t values (1, {wrong}), (2, '2021-02-03')")
        found = database.fetch("select seen_date from @results.t order by a")
    assert found.column("seen_date").to_pylist() == [None, date(2021, 2, 3)]
