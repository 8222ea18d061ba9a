"""What is read by no statement: rows without a standard concept whose source code no mapping knows, by count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpd_etl.sources.omop.measurements import site_meanings
from hpd_etl.sources.refused_codes import OMOP, TEXT, Code, Unread, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hpd_etl.config import OmopSource
    from hpd_etl.grouping import Ints
    from hpd_etl.sources.omop.concepts import ConceptSets
    from hpd_etl.sources.omop.tables import Cdm


@dataclass(frozen=True)
class EventTable:
    """A table of events, and what its columns start with."""

    name: str
    prefix: str

    def columns(self) -> dict[str, str]:
        """The columns behind the placeholders of the statement."""
        return {"table": self.name, "concept": f"{self.prefix}_concept_id",
                "source_concept": f"{self.prefix}_source_concept_id", "source_value": f"{self.prefix}_source_value"}


EVENTS = (
    EventTable("measurement", "measurement"), EventTable("observation", "observation"),
    EventTable("drug_exposure", "drug"), EventTable("condition_occurrence", "condition"),
    EventTable("procedure_occurrence", "procedure"),
)
STATEMENT = "omop_unread"


def unread(cdm: Cdm, source: OmopSource, concepts: ConceptSets, treated: Ints) -> list[Unread]:
    """How many rows of treated persons bear a source code that nobody knows, the most frequent first."""
    if not len(treated):
        return []
    found = [each for table in EVENTS if _is_whole(cdm, table) for each in _of(cdm, table, source, concepts, treated)]
    return sorted(found, key=lambda each: (-each["rows"], each["table"], each["system"], each["code"]))


def read_by_code(table: EventTable, source: OmopSource, concepts: ConceptSets) -> dict[str, list[int] | list[str]]:
    """The source concepts and codes by which rows of this table are read."""
    numbers: Collection[int] = ()
    texts: Collection[str] = ()
    match table.name:
        case "measurement":
            numbers, texts = site_meanings(source)
        case "drug_exposure":
            drugs = (concepts.index, concepts.systemic)
            numbers = {concept for each in drugs for concept in each.source_concepts}
            texts = {text for each in drugs for text in (*each.codes, *each.words)}
        case "procedure_occurrence":
            numbers = {int(key) for key in source.mapping.procedures if key.isdecimal()}
            texts = {key for key in source.mapping.procedures if not key.isdecimal()}
    return {"source_concepts": sorted(numbers), "codes": sorted(texts)}


def _is_whole(cdm: Cdm, table: EventTable) -> bool:
    columns = table.columns()
    asked = {columns[name] for name in ("concept", "source_concept", "source_value")}
    return cdm.has(table.name) and asked <= set(cdm.database.columns("cdm", table.name))


def _of(cdm: Cdm, table: EventTable, source: OmopSource, concepts: ConceptSets, treated: Ints) -> Iterator[Unread]:
    rows = cdm.fetch(STATEMENT, {**read_by_code(table, source, concepts), "persons": treated.tolist()},
                     table.columns())
    counted: dict[Code, list[int]] = {}
    for concept, text, n, persons in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        code = Code(OMOP, str(concept)) if concept else Code(TEXT, " ".join((text or "").split()))
        if code.code:
            told = counted.setdefault(shown(code, persons, of_field=True), [0, 0])
            told[0], told[1] = told[0] + n, told[1] + persons
    for code, (n, persons) in counted.items():
        yield Unread(table=table.name, system=code.system, code=code.code, rows=n, persons=persons)
