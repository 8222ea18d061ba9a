"""What is asked of a server: drugs by code through the whole hospital, then everything of those treated."""

from __future__ import annotations

import re
from itertools import islice, product
from typing import TYPE_CHECKING

from hpd_etl.sources.fhir.fetch.quirks import counted, finds, understood
from hpd_etl.sources.fhir.fetch.slices import Slice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hpd_etl.fhir_http import Session
    from hpd_etl.sources.fhir.decode.resources import Selection
    from hpd_etl.sources.fhir.fetch.quirks import Mode

_OWN_ID = ("Patient", "Medication")
"""Types that belong to nobody; they are asked for by id."""
_POINTED_AT = ("BodyStructure", "ImagingStudy")
"""Types that may be had by the references to them where they cannot be searched by patient."""
_FORMULARY = 50_000
"""Medications that are read as a whole; more are no formulary, but one for each time a drug was given."""
_CLASS = re.compile(r"[A-Z]\d\d[A-Z]{0,2}(\d\d)?")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Searches:
    """The slices for one server; `left_out` says what it does not answer, and what follows from it."""

    def __init__(self, session: Session, mode: Mode, wanted: Selection) -> None:
        self._session = session
        self._mode = mode
        self._wanted = wanted
        self.left_out: dict[str, str] = {}

    # --- drugs, of everybody ------------------------------------------------------------------

    def of_drugs(self, kind: str, codes: Iterable[str], words: Iterable[str]) -> Iterator[Slice]:
        """A type by the codes of drugs and by the words for them; codes in any system, local URIs too."""
        yield from self._by(kind, "code", codes)
        if self._answers(kind, "code:text", "nobody", "drugs that are named in words only are not found"):
            yield from self._by(kind, "code:text", words)

    def of_ingredients(self, codes: Iterable[str]) -> Iterator[Slice]:
        """Medications by the codes of their ingredients; all there are, where the server knows no ingredients."""
        if self._by_ingredient:
            yield from self._by("Medication", "ingredient-code", codes)
        elif (number := counted(self._session, self._mode, "Medication")) is not None and number <= _FORMULARY:
            yield Slice("Medication")
        else:
            self.left_out["Medication?ingredient"] = "products that are coded by their ingredients alone are not found"

    def of_products(self, ids: Iterable[str]) -> Iterator[Slice]:
        """The Medications that have these as ingredients."""
        return self._by("Medication", "ingredient", (f"Medication/{each}" for each in ids)) \
            if self._by_ingredient else iter(())

    @property
    def _by_ingredient(self) -> bool:
        return self._mode.capability.searches("Medication", "ingredient", "ingredient-code")

    def of_references(self, kind: str, ids: Iterable[str]) -> Iterator[Slice]:
        """Exposures that point to these Medications."""
        yield from self._by(kind, "medication", (f"Medication/{each}" for each in ids))

    def of_containers(self, kind: str) -> Iterator[Slice]:
        """Exposures whose Medication stands within them: a search sees neither a code nor a reference there."""
        if self._answers(kind, "medication:missing", "true", "drugs in contained Medications are not found"):
            yield Slice(kind, "medication:missing", ("true",), (("code:missing", "true"),))

    # --- everything, of a few -----------------------------------------------------------------

    def of_patients(self, kind: str, patients: Sequence[str]) -> Iterator[Slice]:
        """A type of these patients; Observations by code where the server can, because most are of no use here."""
        for beside in self._conditions(kind):
            yield from self._by(kind, "patient", patients, self._mode.quirks.persons, beside)

    def of_nobody(self, kind: str = "Observation") -> Iterator[Slice]:
        """Observations that name no subject themselves: the panel that holds them does."""
        if not self._mode.quirks.whole_hospital or not self._mode.capability.searches(kind, "subject"):
            return
        if self._answers(kind, "subject:missing", "true", "members of panels that name no subject are not found"):
            for beside in self._conditions(kind):
                yield Slice(kind, "subject:missing", ("true",), beside)

    def types(self) -> list[str]:
        """The types that are asked for by patient; those that are not offered are left out."""
        asked = []
        for kind in sorted(self._wanted.whole | self._wanted.codes.keys()):
            if kind in _OWN_ID:
                continue
            if self._mode.capability.searches(kind, "patient"):
                asked.append(kind)
            else:
                self.left_out[kind] = ("read by the references to it" if kind in _POINTED_AT
                                       else "not offered, counts as empty")
        return asked

    def offers(self, kind: str) -> bool:
        """Whether there can be resources of this type at all."""
        return self._mode.capability.offers(kind)

    def uses(self, kind: str, uris: Iterable[str]) -> bool:
        """Whether any code of these systems is in use; yes, where the server does not tell."""
        return finds(self._session, self._mode, kind, ("code", ",".join(f"{uri}|" for uri in uris)))

    def by_id(self, kind: str, ids: Iterable[str]) -> Iterator[Slice]:
        """Resources of a type by their ids."""
        return self._by(kind, "_id", ids)

    def of_identifiers(self, identifiers: Iterable[str]) -> Iterator[Slice]:
        """Patients by `system|value`."""
        return self._by("Patient", "identifier", identifiers)

    def of_links(self, patients: Iterable[str]) -> Iterator[Slice]:
        """Patients that link to these; theirs may be the only record that tells of a merge."""
        if self._mode.capability.searches("Patient", "link"):
            yield from self._by("Patient", "link", (f"Patient/{each}" for each in patients))
        else:
            self.left_out["Patient?link"] = "a merge is seen only where the record that is read tells of it"

    def _conditions(self, kind: str) -> list[tuple[tuple[str, str], ...]]:
        """What stands beside the patient, once for each search; empty conditions ask for all of the type."""
        codes = list(self._joined(self._wanted.codes.get(kind, ())))
        if categories := self._mode.quirks.unions.get(kind):
            return [(each,) for each in (*(("category", value) for value in categories),
                                         *(("code", chunk) for chunk in codes))]
        names = self._code_parameters(kind)
        words = self._joined(self._wanted.texts.get(kind, ()))
        asked = [*((name, chunk) for name in names for chunk in codes), ("has-member:missing", "false"),
                 *(("code:text", chunk) for chunk in words)]
        return [(each,) for each in asked] if names and self._all_understood(kind, asked) else [()]

    def _code_parameters(self, kind: str) -> tuple[str, ...]:
        """What finds Observations by their code or that of a component; none where codes alone do not decide."""
        wanted = self._wanted
        if kind != "Observation" or not self._mode.quirks.by_code or kind in wanted.whole or wanted.prefixes.get(kind):
            return ()
        return next((names for names in (("combo-code",), ("code", "component-code"))
                     if self._mode.capability.searches(kind, *names, "has-member")), ())

    def _all_understood(self, kind: str, conditions: Iterable[tuple[str, str]]) -> bool:
        named = dict(conditions)
        return all(understood(self._session, kind, condition) for condition in named.items())

    def _answers(self, kind: str, name: str, value: str, otherwise: str) -> bool:
        answers = understood(self._session, kind, (name, value))
        if not answers:
            self.left_out[f"{kind}?{name}"] = otherwise
        return answers

    def _joined(self, values: Iterable[str]) -> Iterator[str]:
        for chunk in _chunks((_escaped(value) for value in sorted(values)), self._mode.quirks.codes):
            yield ",".join(chunk)

    def _by(self, kind: str, name: str, values: Iterable[str], size: int | None = None,
            beside: tuple[tuple[str, str], ...] = ()) -> Iterator[Slice]:
        escaped = (_escaped(value) for value in values)
        return (Slice(kind, name, chunk, beside) for chunk in _chunks(escaped, size or self._mode.quirks.codes))


def _escaped(value: str) -> str:
    """A value as it must be written in a search; a bar of `system|value` stays."""
    return re.sub(r"([\\$,])", r"\\\1", value)


def _chunks(values: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    left = iter(values)
    while chunk := tuple(islice(left, size)):
        yield chunk


# --- codes that are known by their beginning ---------------------------------------------------


def classes(starts: Iterable[str]) -> Iterator[str]:
    """All ATC substances below a class: a search knows no beginnings of codes, but a class has few substances."""
    for start in starts:
        if _CLASS.fullmatch(start):
            yield from _below(start)


def _below(start: str) -> Iterator[str]:
    """ATC: a letter, two digits, a letter, a letter, two digits."""
    yield start
    for more in range(len(start), 7):
        ends = [_LETTERS if place < 5 else "0123456789" for place in range(len(start), more + 1)]
        if 3 <= more != 5:
            yield from (start + "".join(end) for end in product(*ends))


def packages(starts: Iterable[str]) -> Iterator[str]:
    """All National Drug Codes of products whose codes start so: a package is one or two digits, or left out."""
    numbers = [f"{number:02}" for number in range(100)] + [f"{number}" for number in range(10)]
    for start in starts:
        if "-" in start:
            yield start
            yield from (f"{start}-{number}" for number in numbers)
        else:
            yield from (start + number for number in numbers if len(start + number) in (10, 11))
