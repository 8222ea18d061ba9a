"""The one scan of `measurement`: which of its rows mean what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpd_etl import codes
from hpd_etl.errors import ConfigurationError
from hpd_etl.grouping import Bools, Ints
from hpd_etl.sources.columns import Rows, code_lookup, text_lookup
from hpd_etl.sources.meanings import FHIR_ONLY, Meaning, own_meaning
from hpd_etl.sources.omop.row_codes import row_codes

if TYPE_CHECKING:
    from hpd_etl.config import OmopSource
    from hpd_etl.sources.omop.concepts import ConceptSets
    from hpd_etl.sources.omop.tables import Cdm


@dataclass(frozen=True)
class Measured:
    """All rows read, and for each the position of its meaning in `meanings`."""

    rows: Rows
    meaning: Ints
    meanings: tuple[Meaning, ...]

    def of(self, *kinds: str) -> Bools:
        """Which rows are of these kinds."""
        wanted = np.array([meaning.kind in kinds for meaning in self.meanings], dtype=np.bool_)
        return np.asarray(wanted[self.meaning], dtype=np.bool_)

    def kind(self, kinds: tuple[str, ...]) -> Ints:
        """The kind of every row as a position in `kinds`; -1 for another."""
        position = [kinds.index(meaning.kind) if meaning.kind in kinds else -1 for meaning in self.meanings]
        return np.asarray(position, dtype=np.int64)[self.meaning]

    def take(self, mask: Bools) -> Measured:
        """The rows that are marked."""
        return Measured(self.rows.take(mask), self.meaning[mask], self.meanings)


def read_measurements(cdm: Cdm, source: OmopSource, concepts: ConceptSets, treated: Ints) -> Measured:
    """Everything that can be read from `measurement`, of the treated persons."""
    by_concept = shipped_meanings(concepts)
    own_concepts, own_texts = site_meanings(source)
    by_concept |= own_concepts
    parameters = {"concepts": sorted(by_concept), "persons": treated.tolist()}
    statement = "omop_measurements"
    if own_concepts or own_texts:
        statement = "omop_measurements_local"
        parameters |= {"source_concepts": sorted(own_concepts), "codes": sorted(own_texts)}
    rows = Rows("measurement", "measurement_id", cdm.fetch(statement, parameters), tells=row_codes)
    meanings = (*by_concept.values(), *own_texts.values())
    meaning = code_lookup(rows.ints("measurement_concept_id"), list(by_concept))
    if own_concepts:
        order = list(by_concept)
        own = code_lookup(rows.ints("measurement_source_concept_id"), list(own_concepts))
        position = np.asarray([order.index(concept) for concept in own_concepts], dtype=np.int64)
        meaning = np.where(own >= 0, position[own], meaning)
    if own_texts:
        text = text_lookup(rows.text("measurement_source_value"), list(own_texts))
        meaning = np.where(text >= 0, len(by_concept) + text, meaning)
    return Measured(rows, meaning, meanings)


def shipped_meanings(concepts: ConceptSets) -> dict[int, Meaning]:
    """Concept -> meaning by the shipped lists and the genes of the local vocabulary."""
    found = {int(code): Meaning(kind) for code, kind in codes.measurement_kinds("OMOP").items()}
    found |= {int(code): Meaning("response", response=response)
              for code, response in codes.responses("OMOP").items()}
    for code, entries in codes.findings("OMOP").items():
        if entries[0].part in {"test", "grade"}:
            found[int(code)] = Meaning("finding", finding=entries[0])
    return found | {concept: Meaning("finding", finding=entries[0]) for concept, entries in concepts.genes.items()}


def site_meanings(source: OmopSource) -> tuple[dict[int, Meaning], dict[str, Meaning]]:
    """The meanings that site.toml gives to concepts and to source values."""
    concepts: dict[int, Meaning] = {}
    texts: dict[str, Meaning] = {}
    for key, value in source.mapping.measurements.items():
        meaning = own_meaning(key, value)
        if meaning.kind in FHIR_ONLY:
            raise ConfigurationError(f"mapping.measurements: {key!r} = {value!r} is for FHIR alone",
                                     remedy="a CDM has the table death, and the group part_of of lesions.pattern")
        if key.isdecimal():
            concepts[int(key)] = meaning
        else:
            texts[key] = meaning
    return concepts, texts
