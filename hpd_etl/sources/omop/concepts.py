"""Concept sets, resolved to ids before any event is read: by the vocabulary where it is there, else the frozen list."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hpd_etl import assets, codes
from hpd_etl.sources.agents import Drug, check_agents, check_site_agents, no_agents, site_agents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hpd_etl.config import OmopSource, Study
    from hpd_etl.sources.omop.tables import Cdm

_CODED = {"ATC": "ATC", "HCPCS": "HCPCS", "RxNorm": "RxNorm", "RxNorm Extension": "RxNorm Extension"}
_TEXT_SYSTEMS = ("ATC", "HCPCS", "NDC")


@dataclass
class DrugSet:
    """Drugs by standard concept, and by source concept or text for rows whose standard concept is 0."""

    concepts: dict[int, set[Drug]] = field(default_factory=lambda: defaultdict(set))
    source_concepts: dict[int, set[Drug]] = field(default_factory=lambda: defaultdict(set))
    codes: dict[str, set[Drug]] = field(default_factory=lambda: defaultdict(set))
    words: tuple[str, ...] = ()
    """Texts that name one of the drugs, and are no code that is known."""

    def forget(self, key: str) -> None:
        """Take away what a concept id or text of site.toml means."""
        for known in (self.concepts, self.source_concepts) if key.isdecimal() else ():
            known.pop(int(key), None)
        self.codes.pop(key, None)

    def parameters(self) -> dict[str, Sequence[int] | Sequence[str]]:
        """The lists that the SQL texts bind; 0 stands for rows without a standard concept."""
        unmapped = [0] if self.source_concepts or self.codes or self.words else []
        return {"concepts": sorted([*self.concepts, *unmapped]), "source_concepts": sorted(self.source_concepts),
                "codes": sorted({*self.codes, *self.words})}


@dataclass(frozen=True)
class ConceptSets:
    """All sets of a study at a site, and how each was found."""

    index: DrugSet
    systemic: DrugSet
    conditions: dict[int, list[codes.FindingCode]]
    answers: dict[int, str]
    """LOINC answer concepts -> their code, as far as the vocabulary is there."""
    genes: dict[int, list[codes.FindingCode]]
    used: dict[str, Any]


def offline(study: Study, source: OmopSource) -> ConceptSets:
    """The concept sets as far as they are known without a vocabulary."""
    return resolve(None, study, source)


def resolve(cdm: Cdm | None, study: Study, source: OmopSource) -> ConceptSets:
    """The concept sets of the study, with the site's own codes."""
    shipped = codes.checkpoint_codes()
    check_agents(study)
    check_site_agents(source.mapping)
    conditions = {int(code): found for code, found in codes.findings("OMOP").items()
                  if found[0].part in {"condition", "excluded"}}
    by_code = _concepts_by_code(cdm, shipped, study)
    roots = _roots(shipped, study, by_code)
    class_l01 = by_code.get(("ATC", "L01"), [])
    below = descendants(cdm, [*roots, *class_l01, *conditions])

    index, systemic = DrugSet(), DrugSet()
    for root, drugs in roots.items():
        for concept in {root, *below.get(root, ())}:
            index.concepts[concept] |= drugs
    _add_codes(index, shipped, by_code)
    _add_comparator_codes(index, study, by_code)
    _add_site(index, systemic, source)
    for concept in (concept for root in class_l01 for concept in below.get(root, ())):
        if concept not in systemic.concepts:
            systemic.concepts[concept].add(Drug(""))
    for concept in set(systemic.concepts) & set(index.concepts):
        del systemic.concepts[concept]
    for key in no_agents(source.mapping):
        index.forget(key)
        systemic.forget(key)
    used = {
        "checkpoint_inhibitors": {
            "from": "concept_ancestor" if any(below.get(root) for root in roots) else "frozen list",
            "concepts": len(index.concepts), "source_concepts": len(index.source_concepts),
            "codes": len(index.codes), "not_expanded": _not_expanded(roots, below)},
        "systemic_therapies": {
            "from": "ATC L01 in the vocabulary" if class_l01 else "site list only: no ATC L01 in the vocabulary",
            "concepts": len(systemic.concepts)},
        "mappings_sha256": {name: assets.sha256(name) for name in assets.mapping_names()},
    }
    return ConceptSets(index, systemic, _expanded_conditions(conditions, below),
                       {concept: code for (vocabulary, code), concepts in by_code.items() if vocabulary == "LOINC"
                        for concept in concepts}, _genes(by_code), used)


def _concepts_by_code(cdm: Cdm | None, shipped: Iterable[codes.DrugCode],
                      study: Study) -> dict[tuple[str, str], list[int]]:
    """(vocabulary, code) -> concept ids; empty where the vocabulary is not there."""
    wanted = {(_CODED[entry.system], entry.code) for entry in shipped if entry.system in _CODED}
    wanted |= {("ATC", "L01")} | {("LOINC", code) for code in (*codes.findings("LOINC"), *codes.responses("LOINC"))}
    wanted |= {("OMOP Genomic", code) for code in codes.findings("HGNC")}
    for comparator in study.comparators:
        for agent in comparator.agents.values():
            wanted |= {("RxNorm", code) for code in agent.rxnorm} | {("ATC", code) for code in agent.atc}
            wanted |= {("HCPCS", code) for code in agent.hcpcs}
    if cdm is None or not cdm.has("concept"):
        return {}
    rows = cdm.fetch("omop_code_concepts", {
        "codes": sorted({code for _, code in wanted}), "vocabularies": sorted({name for name, _ in wanted})})
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for concept, vocabulary, code in zip(*(rows.column(i).to_pylist() for i in range(3)), strict=True):
        if (vocabulary, code) in wanted:
            found[vocabulary, code].append(concept)
    return dict(found)


def _roots(shipped: Iterable[codes.DrugCode], study: Study,
           by_code: Mapping[tuple[str, str], list[int]]) -> dict[int, set[Drug]]:
    """Standard concepts from which drugs descend, with the agents they mean."""
    roots: dict[int, set[Drug]] = defaultdict(set)
    for entry in shipped:
        if entry.system == "OMOP":
            roots[int(entry.code)].add(Drug(entry.ingredient))
        elif entry.system in {"RxNorm", "RxNorm Extension"}:
            for concept in by_code.get((entry.system, entry.code), ()):
                roots[concept].add(Drug(entry.ingredient))
    for comparator in study.comparators:
        for agent, own in comparator.agents.items():
            named = [("RxNorm", code) for code in own.rxnorm] + [("ATC", code) for code in own.atc]
            for concept in (*own.omop, *(concept for key in named for concept in by_code.get(key, ()))):
                roots[concept].add(Drug(agent))
    return dict(roots)


def descendants(cdm: Cdm | None, roots: Iterable[int]) -> dict[int, list[int]]:
    """What lies below these concepts in the vocabulary, each of them that is standard included."""
    if cdm is None or not cdm.has("concept_ancestor"):
        return {}
    rows = cdm.fetch("omop_descendants", {"roots": sorted(set(roots))})
    below: dict[int, list[int]] = defaultdict(list)
    for root, concept in zip(rows.column(0).to_pylist(), rows.column(1).to_pylist(), strict=True):
        below[root].append(concept)
    return dict(below)


def _add_codes(index: DrugSet, shipped: Iterable[codes.DrugCode], by_code: Mapping[tuple[str, str], list[int]]) -> None:
    """Codes that stand for a drug where no standard concept was mapped."""
    for entry in shipped:
        if entry.system not in _TEXT_SYSTEMS:
            continue
        drug = Drug(entry.ingredient, entry.valid_from, entry.valid_to)
        index.codes[entry.code].add(drug)
        for concept in by_code.get((entry.system, entry.code), ()):
            index.source_concepts[concept].add(drug)


def _add_comparator_codes(index: DrugSet, study: Study, by_code: Mapping[tuple[str, str], list[int]]) -> None:
    for comparator in study.comparators:
        for agent, own in comparator.agents.items():
            for system, listed in (("HCPCS", own.hcpcs), ("ATC", own.atc)):
                for code in listed:
                    index.codes[code].add(Drug(agent))
                    for concept in by_code.get((system, code), ()):
                        index.source_concepts[concept].add(Drug(agent))


def _add_site(index: DrugSet, systemic: DrugSet, source: OmopSource) -> None:
    for key, agent in site_agents(source.mapping).items():
        _add_key(index, key, agent)
    for key, agent in source.mapping.therapies.items():
        _add_key(systemic, key, agent)


def _add_key(target: DrugSet, key: str, agent: str) -> None:
    if key.isdecimal():
        target.concepts[int(key)] = {Drug(agent)}
        target.source_concepts[int(key)] = {Drug(agent)}
    else:
        target.codes[key] = {Drug(agent)}


def _not_expanded(roots: Mapping[int, set[Drug]], below: Mapping[int, list[int]]) -> list[str]:
    """Checkpoint inhibitors none of whose concepts has a descendant in this vocabulary."""
    expanded = {drug.agent for root, drugs in roots.items() if len(below.get(root, ())) > 1 for drug in drugs}
    return sorted(set(codes.checkpoint_ingredients()) - expanded)


def _expanded_conditions(conditions: Mapping[int, list[codes.FindingCode]],
                         below: Mapping[int, list[int]]) -> dict[int, list[codes.FindingCode]]:
    """Diagnoses with their descendants; what lies below a secondary malignancy tells no primary site."""
    excluded = {concept for root, found in conditions.items() if found[0].part == "excluded"
                for concept in (root, *below.get(root, ()))}
    expanded: dict[int, dict[tuple[str, str | None], codes.FindingCode]] = defaultdict(dict)
    for root, found in conditions.items():
        for concept in (root, *below.get(root, ())):
            for entry in found:
                if entry.part == "condition" and not (concept in excluded and entry.finding == "primary_site"):
                    expanded[concept].setdefault((entry.finding, entry.value_code), entry)
    return {concept: list(entries.values()) for concept, entries in expanded.items()}


def _genes(by_code: Mapping[tuple[str, str], list[int]]) -> dict[int, list[codes.FindingCode]]:
    """Gene concepts of OMOP Genomic, whose code is the HGNC number."""
    known = codes.findings("HGNC")
    return {concept: known[code] for (vocabulary, code), concepts in by_code.items()
            if vocabulary == "OMOP Genomic" for concept in concepts}
