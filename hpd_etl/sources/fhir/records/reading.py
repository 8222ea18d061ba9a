"""What every reader of resources is given, and how it turns what it found into columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hpd_etl.sources.columns import Rows
from hpd_etl.sources.fhir.decode.shapes import Observation
from hpd_etl.sources.fhir.records.meanings import Meanings
from hpd_etl.sources.fhir.records.standing import subject_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir.decode.resources import Resources
    from hpd_etl.sources.fhir.decode.shapes import Resource
    from hpd_etl.sources.fhir.records.codes import Tokens
    from hpd_etl.sources.fhir.records.subjects import Subjects
    from hpd_etl.sources.ledger import Ledger
    from hpd_etl.sources.refused_codes import Tells


@dataclass(frozen=True)
class Reading:
    """The resources, and what is needed to understand them."""

    resources: Resources
    subjects: Subjects
    tokens: Tokens
    study: Study
    source: FhirReading
    ledger: Ledger

    def person(self, resource: Resource) -> str:
        """Whom a resource is about; what is about nobody is taken out before tables are made."""
        return self.subjects.person(subject_of(resource)) or ""

    @cached_property
    def meanings(self) -> Meanings:
        """What codes of Observations mean; every table asks for the same ones."""
        return Meanings(self.source.mapping, self.tokens)

    def observed(self, kinds: Collection[str]) -> list[Observation]:
        """The Observations with a code of one of these kinds."""
        return [each for each, borne in self._borne if not borne.isdisjoint(kinds)]

    @cached_property
    def _borne(self) -> list[tuple[Observation, frozenset[str]]]:
        return [(each, self.meanings.kinds(each)) for each in self.resources.of(Observation)]


def rows_of(origin: str, counted: str, columns: Mapping[str, Sequence[Any]], types: Mapping[str, pa.DataType],
            tells: Tells | None = None) -> Rows:
    """Columns as rows; `person_id` and `source_id` are texts, and the ledger counts them as `counted`.

    `source_id` is the whole `Type:id`, so that one resource may stand behind several rows.
    """
    given = {"person_id": pa.string(), "source_id": pa.string(), **types}
    table = pa.table({name: pa.array(columns[name], kind) for name, kind in given.items()})
    return Rows(origin, "source_id", table, counted, tells)

