"""Treated patients without a database: Records of any number, for the criteria alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from hpd_etl.schema import Records

SCANS = (-75, -10, 50)
LESIONS = 4

_SIZES = f"""
select 'p' || lpad(n::varchar, 7, '0') as person_id, 'L' || lesion as lesion_id,
       (date '2020-01-01' + ((hash(n) % 700)::integer + day))::timestamp as scan_date, 'target' as role,
       'organ' || (hash(n, lesion) % 3)::varchar as organ, 'measured' as status, 'bench' as identity,
       round((12 + hash(n, lesion, 'size') % 50) * exp(
           (case when day <= 0 then 0.02 + (hash(n, 'pre') % 160) / 1000.0
                 else -0.1 + (hash(n, 'post') % 500) / 1000.0 end)
           * day / 30.4375), 1) as diameter_mm,
       'measurement:' || (n * 100 + lesion * 10 + row_number() over ()) as source_id
from range($first, $end) persons(n), unnest({list(SCANS)}) scans(day), range({LESIONS}) lesions(lesion)
"""
_DOSES = """
select 'p' || lpad(n::varchar, 7, '0') as person_id, 'nivolumab' as agent, 'administration' as kind,
       (date '2020-01-01' + ((hash(n) % 700)::integer + 21 * cycle::integer))::timestamp as start_date,
       'drug_exposure:' || (n * 10 + cycle) as source_id
from range($first, $end) persons(n), range(3) cycles(cycle)
"""
_FOLLOWUP = """
select 'p' || lpad(n::varchar, 7, '0') as person_id,
       timestamp '2018-01-01' as start_date, timestamp '2024-01-01' as end_date,
       'observation_period:' || n as source_id
from range($first, $end) persons(n)
"""


def records(persons: int, first: int = 0) -> Records:
    """Records of so many persons from the `first` on: three scans of four target lesions, three doses, a follow-up."""
    from hpd_etl import schema

    with duckdb.connect() as connection:
        lesions, doses, followup = (
            _frame(connection, sql, first, first + persons) for sql in (_SIZES, _DOSES, _FOLLOWUP)
        )
    return schema.Records.of({
        "persons": schema.PERSONS.frame({"person_id": followup["person_id"]}),
        "followup": schema.FOLLOWUP.frame(followup),
        "doses": schema.DOSES.frame(doses),
        "lesions": schema.LESIONS.frame(lesions),
    })  # fmt: skip


def _frame(connection: duckdb.DuckDBPyConnection, sql: str, first: int, end: int) -> pd.DataFrame:
    table = connection.sql(sql, params={"first": first, "end": end}).to_arrow_table()
    return table.to_pandas(types_mapper={pa.string(): pd.StringDtype("pyarrow")}.get)
