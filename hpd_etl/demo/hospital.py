"""Build the synthetic hospital: an OMOP CDM in any of the three databases, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from hpd_etl.config import Access
from hpd_etl.database import Database, connect
from hpd_etl.database.texts import identifier
from hpd_etl.demo import vocabulary
from hpd_etl.demo.cdm import TABLES, VOCABULARY_TABLES, Version, ddl, index_of, schema
from hpd_etl.demo.chemotherapy import COMPARATORS
from hpd_etl.demo.gaps import GAPS
from hpd_etl.demo.growth import GROWTH
from hpd_etl.demo.kinds import PLANTED
from hpd_etl.demo.oddities import RECORDING, TREATMENT
from hpd_etl.demo.patients import Ledger, drawn, patient, untreated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpd_etl.demo.kinds import Kind
    from hpd_etl.demo.patients import Row

PERSONS, SEED = 2000, 20260101
KINDS = (*GROWTH, *GAPS, *TREATMENT, *RECORDING, *COMPARATORS)
_CHECKPOINT = tuple(kind for kind in KINDS if kind.cohort == "checkpoint_inhibitor")


FEWEST = 5 * len(_CHECKPOINT)
"""A fifth of the persons are treated with a checkpoint inhibitor; so many show every kind of them."""


@dataclass(frozen=True)
class Truth:
    """The true labels of every treated person under `PLANTED`, some under others, and the size of each kind.

    `labels` has person_id, kind, cohort, definition_id, verdict and primary_reason (<NA> where a verdict stands).
    """

    labels: pd.DataFrame
    counts: Mapping[str, int]

    @property
    def treated(self) -> int:
        """Persons with at least one realised dose of an index drug."""
        return int(self.labels["person_id"].nunique())


def truth(persons: int = PERSONS, seed: int = SEED) -> Truth:
    """What is true of this hospital; `tables` of the same arguments are its rows."""
    by_person = _assigned(persons, seed)
    labels = [(str(number), kind.name, kind.cohort, definition, verdict, reason)
            for number, kind in sorted(by_person.items())
            for definition, (verdict, reason) in (kind.verdicts | kind.further_verdicts).items()]
    columns = ["person_id", "kind", "cohort", "definition_id", "verdict", "primary_reason"]
    counts = {kind.name: 0 for kind in KINDS}
    for kind in by_person.values():
        counts[kind.name] += 1
    return Truth(pd.DataFrame(labels, columns=columns, dtype=pd.StringDtype("pyarrow")), counts)


def tables(persons: int = PERSONS, seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Every table of the hospital, CDM 5.4; the same arguments give the same bytes."""
    made = _tables(rows(persons, seed), "5.4")
    return {name: table.to_pandas(types_mapper=pd.ArrowDtype) for name, table in made.items()}


def rows(persons: int = PERSONS, seed: int = SEED, more: Sequence[Kind] = ()) -> dict[str, list[Row]]:
    """What was written down of every person, by OMOP table; the vocabulary apart. `more` are persons after the last."""
    ledger, by_person = Ledger(), _assigned(persons, seed)
    for number in range(1, persons + 1):
        if number in by_person:
            patient(number, by_person[number], ledger, seed)
        else:
            untreated(number, ledger, seed)
    for number, kind in enumerate(more, start=persons + 1):
        patient(number, kind, ledger, seed)
    return ledger.rows


def build(url: str, *, cdm: str | None = None, vocabulary: str | None = None, persons: int = PERSONS, seed: int = SEED,
          version: Version = "5.4", user: str | None = None, password: str | None = None,
          written: Mapping[str, list[Row]] | None = None) -> Truth:
    """Write the hospital into a database, replacing tables of the same names; returns the truth.

    `written` are its rows where they are not those of `rows`, because somebody spoiled them.

    `cdm` and `vocabulary` are schemas on PostgreSQL (made where absent), files on DuckDB and SQLite; the
    vocabulary lies with the CDM where it is not given.
    """
    access = Access(url=url, user=user, password=password)
    if url.startswith("postgres"):
        with connect(access, {}, read_only=False) as database:
            for role, name in (("cdm", cdm), ("vocabulary", vocabulary)):
                if name:
                    database.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(name, role)}")
    made = _tables(rows(persons, seed) if written is None else written, version)
    # the roles cdm and vocabulary are read-only by design, so the builder has names of its own
    with connect(access, {"wards": cdm, "library": vocabulary or cdm}, read_only=False) as database, \
            database.transaction():
        for name, table in made.items():
            _written(database, name, table, version)
    return truth(persons, seed)


def _written(database: Database, name: str, table: pa.Table, version: Version) -> None:
    where = f"@{'library' if name in VOCABULARY_TABLES else 'wards'}.{name}"
    database.execute(f"DROP TABLE IF EXISTS {where}")
    database.execute(ddl(name, where, database.dialect, version))
    if table.num_rows:
        database.load(where, table)
    if (column := index_of(name)) and database.dialect == "postgresql":
        database.execute(f"CREATE INDEX ON {where} ({column})")


def _assigned(persons: int, seed: int) -> dict[int, Kind]:
    """Which person is of which kind: a fifth are checkpoint kinds, three in a hundred comparators."""
    kinds = [*_apportioned(_CHECKPOINT, persons // 5, seed), *_apportioned(COMPARATORS, persons * 3 // 100, seed)]
    numbers = list(range(1, persons + 1))
    drawn(seed, "kinds").shuffle(numbers)
    return dict(zip(numbers, kinds, strict=False))


def _apportioned(kinds: tuple[Kind, ...], places: int, seed: int) -> list[Kind]:
    """Places given by weight; every kind once before any kind twice."""
    if places < len(kinds):
        return drawn(seed, "few").sample(kinds, places)
    given = {kind.name: 1 for kind in kinds}
    for _ in range(places - len(kinds)):
        neediest = max(kinds, key=lambda kind: kind.weight / given[kind.name])
        given[neediest.name] += 1
    return [kind for kind in kinds for _ in range(given[kind.name])]


def _tables(written: Mapping[str, list[Row]], version: Version) -> dict[str, pa.Table]:
    made = {name: pa.Table.from_pylist(written[name], schema(name, version)) for name in TABLES}
    made["cdm_source"] = _rows("cdm_source", [(
        "Synthetic hospital", "SYNTHETIC", "hpd_etl", "Generated from a seed; no real person", None, None,
        date(2026, 1, 1), date(2026, 1, 1), f"v{version}", 756265 if version == "5.4" else 0, "v5.0 SYNTHETIC")])
    made["concept"] = _rows("concept", vocabulary.concepts())
    made["concept_ancestor"] = _rows("concept_ancestor", vocabulary.ancestors())
    made["concept_relationship"] = _rows("concept_relationship", vocabulary.mapped())
    made["vocabulary"] = _rows("vocabulary", vocabulary.vocabularies())
    return {name: table.select(schema(name, version).names) for name, table in made.items()}


def _rows(table: str, told: Sequence[tuple[object, ...]]) -> pa.Table:
    names = schema(table).names
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in told], schema(table))


def compare(labels: pd.DataFrame, expected: Truth) -> pd.DataFrame:
    """Where labels differ from the truth: kind, definition_id, expected, got, n; empty where they agree.

    A label of a person the truth does not know counts too (expected `none`), and so does a label that is
    missing (got `none`). Of what was not worked out before nothing is said.
    """
    labelled = {*PLANTED, *labels["definition_id"].unique()}
    known = expected.labels.assign(expected=_told(expected.labels))
    given = pd.DataFrame({"person_id": labels["person_id"].astype("string[pyarrow]"), "got": _told(labels),
                          "definition_id": labels["definition_id"].astype("string[pyarrow]"),
                          "got_cohort": labels["cohort"].astype("string[pyarrow]")})
    both = known.merge(given, on=["person_id", "definition_id"], how="outer")
    both["got"] = both["got"].where(both["cohort"].eq(both["got_cohort"]).fillna(True), both["got_cohort"])
    worked_out = both["definition_id"].isin(PLANTED) | both["expected"].notna()
    both = both[worked_out & both["definition_id"].isin(labelled)]
    both = both.fillna({"kind": "unknown", "expected": "none", "got": "none"})
    wrong = both[both["expected"] != both["got"]]
    counted = wrong.groupby(["kind", "definition_id", "expected", "got"]).size()
    return counted.rename("n").reset_index()


def _told(labels: pd.DataFrame) -> pd.Series[str]:
    verdict = labels["verdict"].astype("string[pyarrow]")
    reason = labels["primary_reason"].astype("string[pyarrow]").where(verdict == "NOT_EVALUABLE")
    return verdict.str.cat(reason, sep=":", na_rep="").str.rstrip(":")
