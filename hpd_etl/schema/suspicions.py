"""The table of suspicions: rows of the records that a careful reviewer would look at."""

from __future__ import annotations

from hpd_etl.schema.columns import Table, code
from hpd_etl.schema.tables import LESIONS, PERSON, with_days

SUSPICIONS = Table(
    "suspicions",
    "a row that does not fit the others of its person; it changes no label",
    (
        PERSON,
        code("suspicion", "what does not fit"),
        code("table", "table of the row"),
        *(column for column in with_days(LESIONS).columns if column.name in ("source_id", "days_from_index")),
    ),
)
