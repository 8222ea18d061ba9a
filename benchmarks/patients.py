"""Treated patients without a database: Records of any number, for the criteria alone.

Six scans of four target lesions each, about 24 rows of lesions a patient. One in twenty lacks the pre-baseline scan,
one in ten dies within the year and is scanned no more, one in three gets a new lesion; one size in 200 is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from hpd_etl.schema import Records

_PERSONS = """
select n, 'p' || lpad(n::varchar, 7, '0') as person_id, date '2020-01-01' + (hash(n) % 700)::integer as day_0,
       case when hash(n, 'dies') % 10 = 0 then 20 + (hash(n, 'death') % 300)::integer end as died_on,
       case when hash(n, 'new') % 3 = 0 then 3 + (hash(n, 'emerges') % 4)::integer end as new_from
from range($first, $end) persons(n)
"""
_PERSONS_TABLE = """
select person_id, (day_0 + died_on)::timestamp as death_date,
       case when died_on is not null then ['C34', 'I21', null][1 + (hash(n, 'cause') % 3)::integer] end as death_cause
from given
"""
_SIZES = """
with seen as (
    select given.*, scan, lesion, [-75, -10, 52, 110, 170, 230][scan] + (hash(n, scan) % 13)::integer - 6 as day
    from given, range(1, 7) scans(scan), range(5) lesions(lesion)
    where (lesion < 4 or scan >= new_from) and not (scan = 1 and hash(n, 'pre') % 20 = 0)
)
select person_id, 'L' || lesion as lesion_id, (day_0 + day)::timestamp as scan_date,
       if(lesion = 4, 'new', 'target') as role, 'organ' || (hash(n, lesion) % 3)::varchar as organ, 'bench' as identity,
       if(hash(n, lesion, scan) % 200 = 0, 'not_assessed', 'measured') as status,
       case when status = 'measured' then round((12 + hash(n, lesion, 'size') % 50) * exp(
           (case when day <= 0 then 0.02 + (hash(n, 'growth') % 160) / 1000.0
                 else -0.1 + (hash(n, 'after') % 300) / 1000.0 end) * day / 30.4375), 1) end as diameter_mm,
       round(diameter_mm * 0.8, 1) as perpendicular_mm,
       'measurement:' || (n * 100 + scan * 10 + lesion) as source_id
from seen
where died_on is null or day < died_on
order by n, scan, lesion
"""
_DOSES = """
select person_id, 'nivolumab' as agent, 'administration' as kind,
       (day_0 + 21 * cycle::integer)::timestamp as start_date,
       if(cycle = 2 and hash(n, 'stop') % 5 = 0, 'progression', null) as stop_reason,
       'drug_exposure:' || (n * 10 + cycle) as source_id
from given, range(3) cycles(cycle)
where died_on is null or 21 * cycle < died_on
"""
_FINDINGS = """
select person_id, 'ecog' as finding, (day_0 + 35 * visit::integer - 5)::timestamp as assessed_on,
       (hash(n, 'ecog', visit) % 4 - if(visit = 0, hash(n, 'ecog', visit) % 2, 0))::double as value_number,
       'observation:' || (n * 10 + visit) as source_id
from given, range(2) visits(visit)
where died_on is null or 35 * visit - 5 < died_on
"""
_FOLLOWUP = """
select person_id, timestamp '2018-01-01' as start_date,
       coalesce((day_0 + died_on)::timestamp, timestamp '2024-01-01') as end_date,
       'observation_period:' || n as source_id
from given
"""


def records(persons: int, first: int = 0) -> Records:
    """Records of so many persons from the `first` on."""
    from hpd_etl import schema

    tables = {
        schema.PERSONS: _PERSONS_TABLE,
        schema.LESIONS: _SIZES,
        schema.DOSES: _DOSES,
        schema.FINDINGS: _FINDINGS,
        schema.FOLLOWUP: _FOLLOWUP,
    }
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"create table given as {_PERSONS}", {"first": first, "end": first + persons})
        return schema.Records.of({table.name: table.frame(_frame(connection, sql)) for table, sql in tables.items()})


def lesion_sizes(connection: duckdb.DuckDBPyConnection, persons: int) -> None:
    """The table `sizes` of the same lesions: who, when, how large."""
    connection.execute(f"create table given as {_PERSONS}", {"first": 0, "end": persons})
    connection.execute(f"create table sizes as select person_id, scan_date, diameter_mm from ({_SIZES})")


def _frame(connection: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    return connection.sql(sql).to_arrow_table().to_pandas(types_mapper={pa.string(): pd.StringDtype("pyarrow")}.get)
