"""Make the rows of a table that are ours equal to given rows, touching only those that differ.

Rows are staged in a temporary table of the target's own column types, so that a value is compared as
it is stored. Nothing is written where nothing differs: a run that says nothing new leaves no dead row.
"""

# ruff: noqa: S608 (the statements are made of our own tables and columns; values are bound)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpd_etl.errors import WriteBackError
from hpd_etl.sinks import Counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from hpd_etl.database import Database, Parameters

@dataclass(frozen=True)
class Target:
    """A results table: what names a row, and which rows are ours (a condition on alias `t`)."""

    table: str
    key: tuple[str, ...]
    ours: str

    @property
    def staged(self) -> str:
        """Name of its temporary table."""
        return f"incoming_{self.table}"

    @property
    def same_key(self) -> str:
        """The condition that rows `s` and `t` are about the same thing."""
        return " and ".join(f"t.{name} = s.{name}" for name in self.key)


def stage(database: Database, target: Target, rows: pa.Table) -> None:
    """The rows in a temporary table of the target's column types."""
    wanted = f"select {', '.join(rows.column_names)} from @results.{target.table} where 1 = 0"
    if database.dialect == "duckdb":
        # DuckDB 2.0.0 loses the rows of a bulk insert into a temporary table made by a select of none
        columns = database.fetch(f"select column_name || ' ' || column_type as ddl from (describe {wanted})")
        database.execute(f"create temporary table {target.staged} ({', '.join(columns.column('ddl').to_pylist())})")
    else:
        database.execute(f"create temporary table {target.staged} as {wanted}")
    database.load(target.staged, rows)
    if database.dialect == "sqlite":  # it looks into a subquery row by row, the others hash it
        database.execute(f"create index {target.staged}_key on {target.staged} ({', '.join(target.key)})")
    if database.dialect == "postgresql":  # it knows nothing of a temporary table until it is told
        database.execute(f"analyze {target.staged}")


def unstage(database: Database, target: Target) -> None:
    """Drop what `stage` made."""
    database.execute(f"drop table {target.staged}")


def replace(database: Database, target: Target, rows: pa.Table, parameters: Parameters) -> Counts:
    """Insert what is new, replace what differs, delete what is ours and no longer given."""
    stage(database, target, rows)
    differing = differs(database, [name for name in rows.column_names if name not in target.key])
    counts = _compared(database, target, rows.num_rows, differing, parameters)
    if counts.amended or counts.retracted:
        database.execute(
            f"delete from @results.{target.table} as t where {target.ours} and not exists"
            f" (select 1 from {target.staged} s where {target.same_key} and not ({differing}))",
            parameters)
    if counts.amended or counts.inserted:
        names = rows.column_names
        database.execute(
            f"insert into @results.{target.table} ({', '.join(names)})"
            f" select {', '.join(f's.{name}' for name in names)} from {target.staged} s"
            f" left join @results.{target.table} t on {target.same_key} and {target.ours}"
            f" where t.{target.key[0]} is null", parameters)
    unstage(database, target)
    return counts


def _compared(database: Database, target: Target, given: int, differing: str, parameters: Parameters) -> Counts:
    absent = f"t.{target.key[0]} is null"
    found = database.fetch(
        f"select count(case when {absent} then 1 end) as inserted,"
        f" count(case when not ({absent}) and ({differing}) then 1 end) as amended,"
        f" count(*) as seen, (select count(*) from @results.{target.table} t where {target.ours}) as held"
        f" from {target.staged} s left join @results.{target.table} t on {target.same_key} and {target.ours}",
        parameters)
    inserted, amended, seen, held = (int(found.column(name)[0].as_py()) for name in found.column_names)
    _require_all(seen, given, target)
    matched = given - inserted
    return Counts(inserted, amended, matched - amended, held - matched)


def _require_all(seen: int, given: int, target: Target) -> None:
    """Refuse to go on where the database does not read back what it was given, or two rows have one key."""
    if seen != given:
        raise WriteBackError(f"results table {target.table}: {given} rows were staged and {seen} compared",
                             remedy="report it with the version of the database; nothing was changed")


def differs(database: Database, names: Sequence[str]) -> str:
    """The condition that rows `s` and `t` differ in one of these columns; absent equals absent."""
    sign = "is not" if database.dialect == "sqlite" else "is distinct from"
    return " or ".join(f"s.{name} {sign} t.{name}" for name in names) or "1 = 0"


# --- labels -----------------------------------------------------------------------------------

_LABEL = Target("hpd_label", ("label_id",), "t.study_id = :study")


def replace_labels(database: Database, rows: pa.Table, known: Parameters) -> Counts:
    """Amend and insert what differs, retract what is no longer said; leaves `touched_label` behind.

    `touched_label` holds the label_id and the new lifecycle of every label that changed.
    """
    stage(database, _LABEL, rows)
    differing = differs(database, [name for name in rows.column_names if name != "label_id"])
    database.execute(
        "create temporary table touched_label as"
        " select s.label_id, case when t.label_id is null then 'current' else 'amended' end as lifecycle"
        " from incoming_hpd_label s left join @results.hpd_label t on t.label_id = s.label_id and t.study_id = :study"
        f" where t.label_id is null or t.lifecycle = 'retracted' or {differing}"
        " union all select t.label_id, 'retracted' from @results.hpd_label t"
        " where t.study_id = :study and t.lifecycle <> 'retracted'"
        " and not exists (select 1 from incoming_hpd_label s where s.label_id = t.label_id)", known)
    staged = database.fetch(f"select count(distinct label_id) as seen from {_LABEL.staged}").column("seen")[0].as_py()
    _require_all(int(staged), rows.num_rows, _LABEL)
    counts = _label_counts(database, rows.num_rows)
    if counts.changed:
        _apply_labels(database, rows.column_names, known)
    unstage(database, _LABEL)
    return counts


def _label_counts(database: Database, given: int) -> Counts:
    found = database.fetch("select count(case when lifecycle = 'current' then 1 end) as inserted,"
                           " count(case when lifecycle = 'amended' then 1 end) as amended,"
                           " count(case when lifecycle = 'retracted' then 1 end) as retracted from touched_label")
    inserted, amended, retracted = (int(found.column(name)[0].as_py()) for name in found.column_names)
    return Counts(inserted, amended, given - inserted - amended, retracted)


def _apply_labels(database: Database, names: Sequence[str], known: Parameters) -> None:
    database.execute("delete from @results.hpd_label where label_id in"
                     " (select label_id from touched_label where lifecycle = 'amended')")
    database.execute(
        f"insert into @results.hpd_label ({', '.join(names)}, lifecycle, run_id)"
        f" select {', '.join(f's.{name}' for name in names)}, c.lifecycle, :run"
        " from incoming_hpd_label s join touched_label c on c.label_id = s.label_id", known)
    database.execute("update @results.hpd_label set lifecycle = 'retracted', run_id = :run where label_id in"
                     " (select label_id from touched_label where lifecycle = 'retracted')", known)
