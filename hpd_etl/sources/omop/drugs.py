"""Exposures to doses of index drugs and to other systemic therapies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl import codes
from hpd_etl.grouping import Bools, Ints, category, named
from hpd_etl.schema import DOSES
from hpd_etl.sources.agents import Drug, naming, no_agents, stop_reasons
from hpd_etl.sources.columns import Rows, booleans, code_lookup, text_lookup
from hpd_etl.sources.omop.concepts import DrugSet
from hpd_etl.sources.omop.row_codes import row_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpd_etl.config import OmopSource
    from hpd_etl.sources.ledger import Ledger
    from hpd_etl.sources.omop.tables import Cdm

_FAR = 2**40


def with_words(cdm: Cdm, source: OmopSource, drugs: DrugSet, others: DrugSet) -> DrugSet:
    """The index drugs with the words by which exposures without a standard drug name a checkpoint inhibitor.

    What the site takes for another therapy (`others`), or for none, is none.
    """
    names = naming(codes.checkpoint_names())
    texts = cdm.fetch("omop_unmapped_drugs").column(0).to_pylist()
    known = {*drugs.codes, *others.codes, *no_agents(source.mapping)}
    return replace(drugs, words=tuple(text for text in texts if text and text not in known and names(text)))


def read_exposures(cdm: Cdm, drugs: DrugSet) -> Rows:
    """All exposures to these drugs, of whomever."""
    return Rows("drug_exposure", "drug_exposure_id", cdm.fetch("omop_exposures", drugs.parameters()), tells=row_codes)


def read_therapies(cdm: Cdm, drugs: DrugSet, persons: Ints) -> Rows:
    """Exposures of these persons to other systemic therapies."""
    return Rows("drug_exposure", "drug_exposure_id",
                cdm.fetch("omop_therapies", {**drugs.parameters(), "persons": persons.tolist()}), tells=row_codes)


class Exposures:
    """Exposures with their meaning: which agents, known how, and whether they may be read."""

    def __init__(self, rows: Rows, drugs: DrugSet, source: OmopSource) -> None:
        self.rows = rows
        self._meanings: list[list[Drug]] = []
        self._meaning = self._decoded(drugs)
        types = codes.drug_types()
        self._kind = _of_types(rows, {code: kind for code, (kind, _) in types.items()})
        orders = {code for code, (_, realised) in types.items() if not realised} - set(source.request_types)
        starts = rows.table.column("drug_exposure_start_date").cast(pa.int32()).cast(pa.int64())
        start = np.asarray(starts.fill_null(_FAR).to_numpy(), dtype=np.int64)
        self.no_date = start == _FAR
        self.ordered = np.isin(rows.ints("drug_type_concept_id"), sorted(orders)) & ~self.no_date
        unknown = (self._meaning < 0) & ~self.no_date & ~self.ordered
        self.in_words = unknown & (text_lookup(rows.text("drug_source_value"), drugs.words) >= 0)
        self.unknown = unknown & ~self.in_words
        self.expired = self._expired(start) & ~self.no_date & ~self.ordered & ~unknown
        self.read = ~(self.no_date | self.ordered | unknown | self.expired)

    def _decoded(self, drugs: DrugSet) -> Ints:
        """A position in `_meanings` for every row: standard concept, else source concept, else text."""
        standard = self.rows.ints("drug_concept_id")
        meaning = self._position(drugs.concepts, code_lookup(standard, list(drugs.concepts)))
        source = self._position(drugs.source_concepts, code_lookup(
            self.rows.ints("drug_source_concept_id"), list(drugs.source_concepts)))
        text = self._position(drugs.codes, text_lookup(self.rows.text("drug_source_value"), list(drugs.codes)))
        unmapped = (standard == 0) & (meaning < 0)
        return np.where(unmapped, np.where(source >= 0, source, text), meaning)

    def _position(self, known: Mapping[int, set[Drug]] | Mapping[str, set[Drug]], found: Ints) -> Ints:
        offset = len(self._meanings)
        self._meanings += [sorted(drugs, key=lambda drug: drug.agent) for drugs in known.values()]
        return np.where(found < 0, -1, found + offset)

    def _expired(self, start: Ints) -> Bools:
        """Rows dated outside the days on which their code was in force."""
        first = np.array([_day(drugs[0].valid_from, -_FAR) for drugs in self._meanings] or [0], dtype=np.int64)
        last = np.array([_day(drugs[0].valid_to, _FAR) for drugs in self._meanings] or [0], dtype=np.int64)
        return np.asarray((start < first[self._meaning]) | (start > last[self._meaning]), dtype=np.bool_)

    def by_agent(self) -> ByAgent:
        """The rows that were read, once for each of their agents."""
        positions = np.flatnonzero(self.read)
        sizes = np.array([len(drugs) for drugs in self._meanings], dtype=np.int64)
        agents = sorted({drug.agent for drugs in self._meanings for drug in drugs})
        coded = np.array([agents.index(drug.agent) for drugs in self._meanings for drug in drugs], dtype=np.int64)
        meaning = self._meaning[positions]
        times = sizes[meaning]
        repeated = np.repeat(positions, times)
        within = np.arange(len(repeated)) - np.repeat(np.cumsum(times) - times, times)
        first = np.cumsum(sizes) - sizes
        agent = named(coded[np.repeat(first[meaning], times) + within], agents)
        return ByAgent(self.rows.repeat(repeated), agent, self._kind[repeated], repeated)


@dataclass(frozen=True)
class ByAgent:
    """Exposures, one row for each of their agents; `exposure` is the position of the exposure."""

    rows: Rows
    agent: pd.Series[str]
    kind: Ints
    exposure: Ints


def _day(value: object, missing: int) -> int:
    return missing if value is None else int(np.datetime64(str(value), "D").astype(np.int64))


def _of_types(rows: Rows, kinds: Mapping[int, str]) -> Ints:
    """The kind of each row as a position in the code list of `doses.kind`; -1 for a type that tells none."""
    known = [DOSES["kind"].values.index(kind) for kind in kinds.values()]
    found = code_lookup(rows.ints("drug_type_concept_id"), list(kinds))
    return np.where(found < 0, -1, np.asarray(known, dtype=np.int64)[found])


def treated_persons(exposures: Exposures) -> Ints:
    """Everyone with at least one dose that was given, sorted."""
    return np.unique(exposures.rows.ints("person_id")[exposures.read])


def refuse_exposures(exposures: Exposures, table: str, ledger: Ledger, treated: Ints) -> None:
    """Put the exposures that were not read into the ledger; of doses with their day, as one may be the first."""
    start = "drug_exposure_start_date" if table == DOSES.name else None
    for refused, reason in ((exposures.no_date, "no_date"), (exposures.ordered, "not_realised"),
                            (exposures.unknown, "code_unknown"), (exposures.in_words, "drug_not_coded"),
                            (exposures.expired, "code_expired")):
        ledger.refuse(table, exposures.rows, refused, reason, treated=treated, start=start)


def doses(exposures: Exposures, source: OmopSource, ledger: Ledger) -> pd.DataFrame:
    """One dose for every exposure read and each of its ingredients."""
    ledger.keep(exposures.rows, exposures.read)
    stop, unknown = _stop_reasons(exposures.rows, source)
    ledger.refuse("doses", exposures.rows, exposures.read & unknown, "stop_reason_unknown", also_kept=True)
    given = exposures.by_agent()
    return DOSES.frame({
        "person_id": given.rows.persons(),
        "agent": given.agent,
        "kind": category(given.kind, DOSES["kind"].values),
        "start_date": given.rows.dates("drug_exposure_start_date"),
        "end_date": given.rows.dates("drug_exposure_end_date"),
        "is_open": booleans(np.zeros(len(given.rows), dtype=np.bool_)),
        "stop_reason": category(stop[given.exposure], DOSES["stop_reason"].values),
        "source_id": given.rows.source_ids(),
    })


def _stop_reasons(rows: Rows, source: OmopSource) -> tuple[Ints, Bools]:
    """Why each exposure was stopped (-1: not recorded), and where a text says so that nobody knows."""
    values = DOSES["stop_reason"].values
    known = stop_reasons(source.mapping)

    def meaning(text: str) -> int:
        found = known.get(text.strip().lower())
        if not text.strip() or found == "ignore":
            return -1
        return -2 if found is None else values.index(found)

    decided = rows.decided("stop_reason", meaning)
    return np.where(decided < 0, -1, decided), decided == -2


def with_ingredients(cdm: Cdm, drugs: DrugSet, rows: Rows) -> DrugSet:
    """The drugs of these rows with the names of their ingredients, `omop:<concept>` where no vocabulary tells."""
    unnamed = [concept for concept in np.unique(rows.ints("drug_concept_id")).tolist()
               if any(not drug.agent for drug in drugs.concepts.get(concept, ()))]
    names: dict[int, set[str]] = {concept: set() for concept in unnamed}
    if unnamed and cdm.has("concept", "concept_ancestor"):
        found = cdm.fetch("omop_ingredients", {"concepts": unnamed})
        for concept, ingredient, name in zip(*(found.column(i).to_pylist() for i in range(3)), strict=True):
            if ingredient in drugs.concepts:  # an ingredient that is no anticancer drug is no therapy
                names[concept].add(str(name).lower())
    named = {concept: {Drug(name) for name in found or {f"omop:{concept}"}} for concept, found in names.items()}
    return DrugSet(dict(drugs.concepts) | named, drugs.source_concepts, drugs.codes)


def therapies(exposures: Exposures, ledger: Ledger) -> pd.DataFrame:
    """Other systemic therapy, a row for each ingredient."""
    ledger.keep(exposures.rows, exposures.read)
    given = exposures.by_agent()
    return pd.DataFrame({
        "person_id": given.rows.persons(), "kind": "systemic", "agent": given.agent,
        "start_date": given.rows.dates("drug_exposure_start_date"),
        "end_date": given.rows.dates("drug_exposure_end_date"), "source_id": given.rows.source_ids(),
    })
