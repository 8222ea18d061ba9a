"""Which drug a resource tells of: by its code, by its Medication, or by the ingredients of that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import msgspec

from hpd_etl import codes
from hpd_etl.sources.agents import Drug, check_agents, check_site_agents, naming, no_agents, site_agents
from hpd_etl.sources.fhir.decode.resources import Selection
from hpd_etl.sources.fhir.decode.shapes import (
    MEDICATED,
    CodeableConcept,
    Ingredient,
    Medicated,
    Medication,
    Reference,
    Shape,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from hpd_etl.config import FhirReading, Study
    from hpd_etl.sources.fhir.decode.resources import Resources
    from hpd_etl.sources.fhir.records.codes import Tokens

_CLASS = "ATC|L01"
"""Antineoplastic agents; a code below it that is no index drug is another systemic therapy."""


@dataclass(frozen=True)
class Meaning:
    """What a medication is; nothing of both where it is no anticancer drug."""

    index: tuple[tuple[Drug, ...], ...] = ()
    """The index drugs, once for each coding that tells them: a code may not have been in force."""
    systemic: tuple[str, ...] = ()
    """The agents of another systemic therapy."""
    in_words: bool = False
    """An index drug is named in words, without a code that is known."""
    problem: str | None = None
    """Why nobody can tell: a Medication is not there, or cannot be read."""

    @cached_property
    def tells(self) -> bool:
        """Whether it may be an anticancer drug."""
        return bool(self.index or self.systemic or self.in_words or self.problem)

    def agents_on(self, day: date) -> tuple[str, ...]:
        """The index drugs, by a code in force on that day; none where all had expired."""
        for agents, limited in self._agents:
            if not limited or all(_in_force(drug, day) for drug in limited):
                return agents
        return ()

    @cached_property
    def _agents(self) -> list[tuple[tuple[str, ...], list[Drug]]]:
        """The agents of each coding, and those of its drugs whose code was not always in force."""
        return [(tuple(sorted({drug.agent for drug in drugs})),
                 [drug for drug in drugs if drug.valid_from or drug.valid_to]) for drugs in self.index]


def _in_force(drug: Drug, day: date) -> bool:
    return (drug.valid_from is None or drug.valid_from <= day) and (drug.valid_to is None or day <= drug.valid_to)


class DrugCodes:
    """What the codes and words for drugs mean in this study at this site."""

    def __init__(self, study: Study, source: FhirReading, tokens: Tokens) -> None:
        check_agents(study)
        check_site_agents(source.mapping)
        self._tokens = tokens
        self._index = _shipped() | _comparators(study)
        self._index |= {token: (Drug(agent),) for token, agent in tokens.own(site_agents(source.mapping)).items()}
        self._classes = {f"ATC|{code}": (Drug(agent),) for comparator in study.comparators
                         for agent, own in comparator.agents.items() for code in own.atc}
        self._products = _products(self._index)
        self._systemic = tokens.own(source.mapping.therapies)
        self._words = _words(site_agents(source.mapping))
        self._therapy_words = _words(source.mapping.therapies)
        self._none = {*tokens.own(no_agents(source.mapping)), *_words(no_agents(source.mapping))}
        self._known: dict[CodeableConcept, Meaning] = {}
        self._names = naming(codes.checkpoint_names())

    def selection(self) -> Selection:
        """The codes and words that can matter; every Medication does, because products differ from site to site."""
        plain = frozenset(token.rpartition("|")[2] for token in (*self._index, *self._systemic))
        classes = [token.rpartition("|")[2] for token in (_CLASS, *self._classes)]
        starts = tuple(sorted({*classes, *(start for product in self._products for start in _written(product))}))
        texts = frozenset({*self._words, *self._therapy_words, *codes.checkpoint_names()})
        return Selection(frozenset({"Medication"}), dict.fromkeys(MEDICATED, plain), dict.fromkeys(MEDICATED, starts),
                         dict.fromkeys(MEDICATED, texts), frozenset(codes.checkpoint_names()))

    def of(self, concept: CodeableConcept) -> Meaning:
        """What a concept means; its codings are one drug, in words it is known only where the site says so."""
        if concept not in self._known:
            self._known[concept] = self._decided(concept)
        return self._known[concept]

    def _decided(self, concept: CodeableConcept) -> Meaning:
        found = list(self._tokens.of(concept))
        if index := tuple(drugs for token in found if (drugs := self._drugs(token))):
            return Meaning(index)
        systemic = next((agent for token, coding in zip(found, self._coded(concept), strict=True)
                         if (agent := self._therapy(token, coding))), None)
        if systemic:
            return Meaning(systemic=(systemic,))
        if not self._none.isdisjoint(found):
            return Meaning()
        return Meaning(in_words=self._is_named(concept)) if found else self._by_words(concept)

    @staticmethod
    def _coded(concept: CodeableConcept) -> Iterator[str | None]:
        return (coding.display for coding in concept.coding if coding.code)

    def _drugs(self, token: str) -> tuple[Drug, ...]:
        if token in self._none:
            return ()
        if token in self._index:
            return self._index[token]
        system, _, code = token.rpartition("|")
        if system == "NDC":
            return next((self._products[product] for product in products_of(code) if product in self._products), ())
        return next((drugs for start, drugs in self._classes.items() if token.startswith(start)), ())

    def _therapy(self, token: str, display: str | None) -> str | None:
        if token in self._systemic:
            return self._systemic[token]
        if not token.startswith(_CLASS):
            return None
        return display.strip().lower() if display and display.strip() else token.replace("|", ":")

    def _by_words(self, concept: CodeableConcept) -> Meaning:
        text = (concept.text or "").strip().lower()
        if text in self._words:
            return Meaning(((Drug(self._words[text]),),))
        if text in self._therapy_words:
            return Meaning(systemic=(self._therapy_words[text],))
        return Meaning(in_words=self._is_named(concept))

    def _is_named(self, concept: CodeableConcept) -> bool:
        """Whether the words of a concept name an index drug that its codes do not tell."""
        told = (concept.text, *(each.display for each in concept.coding))
        return any(self._names(words) for words in told if words and words.strip().lower() not in self._none)


def _words(mapping: dict[str, str]) -> dict[str, str]:
    return {key.strip().lower(): agent for key, agent in mapping.items() if "|" not in key}


def _shipped() -> dict[str, tuple[Drug, ...]]:
    """The codes of the checkpoint inhibitors; RxNorm Extension is also found under the system of RxNorm."""
    found: dict[str, tuple[Drug, ...]] = {}
    for entry in codes.checkpoint_codes():
        for system in {entry.system, entry.system.removesuffix(" Extension")}:
            token = f"{system}|{entry.code}"
            found[token] = (*found.get(token, ()), Drug(entry.ingredient, entry.valid_from, entry.valid_to))
    return found


def _comparators(study: Study) -> dict[str, tuple[Drug, ...]]:
    found: dict[str, tuple[Drug, ...]] = {}
    for comparator in study.comparators:
        for agent, own in comparator.agents.items():
            for token in (*(f"RxNorm|{code}" for code in own.rxnorm), *(f"HCPCS|{code}" for code in own.hcpcs)):
                found[token] = (*found.get(token, ()), Drug(agent))
    return found


# --- National Drug Codes ----------------------------------------------------------------------


def _products(index: dict[str, tuple[Drug, ...]]) -> dict[str, tuple[Drug, ...]]:
    """Nine digits of labeler and product -> its drugs; the package does not matter."""
    return {product: drugs for token, drugs in index.items() if token.startswith("NDC|")
            for product in products_of(token.removeprefix("NDC|"))}


def products_of(code: str) -> tuple[str, ...]:
    """The products, as nine digits, that a National Drug Code can mean.

    Labeler, product and package have 5-4-2 digits, or ten digits in one of three ways; without hyphens
    ten digits do not say which, but no two labelers share them.
    """
    if found := re.fullmatch(r"(\d{4,5})-(\d{3,4})(-\d{1,2})?", code):
        return (found[1].zfill(5) + found[2].zfill(4),)
    if re.fullmatch(r"\d{11}", code):
        return (code[:9],)
    if re.fullmatch(r"\d{10}", code):
        return ("0" + code[:8], code[:5] + "0" + code[5:8], code[:9])
    return ()


def _written(product: str) -> set[str]:
    """How the codes of a product start, whatever way they are written."""
    labelers, numbers = ({part, part.removeprefix("0")} for part in (product[:5], product[5:]))
    return {f"{labeler}{hyphen}{number}" for labeler in labelers for number in numbers for hyphen in ("", "-")
            if len(labeler) + len(number) > 7}


# --- Medications ------------------------------------------------------------------------------


class _Contained(Shape, frozen=True):
    """A Medication within the resource that points to it."""

    code: CodeableConcept | None = None
    ingredient: tuple[Ingredient, ...] = ()


class _Named(Shape, frozen=True):
    id: str | None = None


def _id_of(raw: msgspec.Raw) -> str | None:
    try:
        return msgspec.json.decode(raw, type=_Named).id
    except msgspec.DecodeError:
        return None


_NOT_THERE = Meaning(problem="reference_unresolved")


class Medications:
    """The drugs that resources tell of."""

    def __init__(self, resources: Resources, drugs: DrugCodes) -> None:
        self._resources = resources
        self._drugs = drugs
        self._of_medication = cache(self._of_kept)

    def of(self, resource: Medicated) -> Meaning:
        """The drugs of a resource, by its own code and by the Medication it points to."""
        if resource.medication_reference is None:
            concept = resource.medication_codeable_concept
            return self._drugs.of(concept) if concept else Meaning()
        address = resource.medication_reference.reference or ""
        if not address.startswith("#"):
            return self._referred(resource.medication_reference)
        return next((self._within(raw) for raw in resource.contained if _id_of(raw) == address[1:]), _NOT_THERE)

    def concepts(self, resource: Medicated) -> Sequence[CodeableConcept | None]:
        """What the resource, or the Medication it points to, calls the drug."""
        reference = resource.medication_reference
        found = self._resources.find(reference, Medication) if reference is not None else None
        return resource.medication_codeable_concept, found.code if found is not None else None

    def _within(self, raw: msgspec.Raw) -> Meaning:
        try:
            contained = msgspec.json.decode(raw, type=_Contained)
        except msgspec.DecodeError:
            return Meaning(problem="malformed_resource")
        return self._product(contained.code, contained.ingredient, frozenset())

    def _referred(self, reference: Reference, above: frozenset[str] = frozenset()) -> Meaning:
        medication = self._resources.find(reference, Medication)
        if medication is None:
            return _NOT_THERE
        return Meaning() if medication.id in above else self._of_medication(medication, above)

    def _of_kept(self, medication: Medication, above: frozenset[str]) -> Meaning:
        return self._product(medication.code, medication.ingredient, above | {str(medication.id)})

    def _product(self, code: CodeableConcept | None, ingredients: Iterable[Ingredient],
                 above: frozenset[str]) -> Meaning:
        """A product is all its ingredients; of another therapy those that are anticancer drugs."""
        whole = self._drugs.of(code) if code else Meaning()
        parts = [part for each in ingredients if (part := self._ingredient(each, above))]
        within = tuple({drug.agent: drug for part in parts for drugs in part.index[:1] for drug in drugs}.values())
        index = tuple((*drugs, *(drug for drug in within if drug.agent not in {own.agent for own in drugs}))
                      for drugs in whole.index) or ((within,) if within else ())
        systemic = tuple(sorted({agent for part in parts for agent in part.systemic})) or whole.systemic
        if index or systemic:
            return Meaning(index, () if index else systemic)
        problem = next((part.problem for part in parts if part.problem), None)
        return Meaning(in_words=any(part.in_words for part in (whole, *parts)), problem=problem)

    def _ingredient(self, ingredient: Ingredient, above: frozenset[str]) -> Meaning | None:
        if ingredient.item_codeable_concept:
            return self._drugs.of(ingredient.item_codeable_concept)
        reference = ingredient.item_reference
        if reference is None or (self._resources.key(reference.reference or "") or ("",))[0] == "Substance":
            return None
        return self._referred(reference, above)
