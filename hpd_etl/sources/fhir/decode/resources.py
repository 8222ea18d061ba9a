"""The resources that were kept, by type and by address; and which resources can matter at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from hpd_etl.sources.fhir.decode.shapes import SHAPES, Reference, Resource
from hpd_etl.sources.fhir.decode.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_R = TypeVar("_R", bound=Resource)


@dataclass(frozen=True)
class Selection:
    """Which resources can matter; wide enough to lose none, because what a code means is decided later.

    A resource of a type in `whole` always matters. One of a type in `codes` matters if any of its codes is among
    these, or starts with one of `prefixes`, or if its code has no coding and its text is among `texts` (lower
    case); codes are compared without their system. A drug also matters if its words hold one of `names`, whatever
    its code. All other types are counted and left.
    """

    whole: frozenset[str]
    codes: Mapping[str, frozenset[str]]
    prefixes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    texts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()
    """URIs of terminologies; what bears none of them and is left is counted by its code."""

    def __or__(self, other: Selection) -> Selection:
        """What either wants."""
        codes, prefixes, texts = dict(self.codes), dict(self.prefixes), dict(self.texts)
        for name, wanted in other.codes.items():
            codes[name] = codes.get(name, frozenset()) | wanted
        for name, starts in other.prefixes.items():
            prefixes[name] = tuple(sorted({*prefixes.get(name, ()), *starts}))
        for name, words in other.texts.items():
            texts[name] = texts.get(name, frozenset()) | words
        return Selection(self.whole | other.whole, codes, prefixes, texts, self.names | other.names,
                         self.systems | other.systems)


class Resources:
    """Kept resources; within a type every id stands once."""

    def __init__(self) -> None:
        self._by_type: dict[str, dict[str, Resource]] = {name: {} for name in SHAPES}
        self._by_url: dict[str, tuple[str, str]] = {}
        self.lost: list[Reference] = []
        """Whom those are about that could matter and could not be read."""
        self.lost_of_anybody = 0
        """How many more of those there are: they do not say whom they are about."""
        self.unknown = Unknown()
        """What is left because nobody knows its code."""

    def add(self, resource: Resource, url: str | None = None) -> None:
        """Keep a resource under its id, and under the full URL a Bundle gave it."""
        self._by_type[resource.type_name][str(resource.id)] = resource
        if url:
            self._by_url[url] = (resource.type_name, str(resource.id))

    def discard(self, kind: str, key: str) -> int:
        """Forget the resource of this type and id; gives how many there were: 0 or 1."""
        return int(self._by_type.get(kind, {}).pop(key, None) is not None)

    def counts(self) -> dict[str, int]:
        """How many resources were kept, by type."""
        return {kind: len(found) for kind, found in self._by_type.items() if found}

    def get(self, kind: str, key: str) -> Resource | None:
        """The resource of this type and id."""
        return self._by_type[kind].get(key)

    def of(self, shape: type[_R]) -> Iterable[_R]:
        """All resources of a shape, in the order in which they came."""
        return cast("Iterable[_R]", self._by_type[shape.type_name].values())

    def find(self, reference: Reference | None, shape: type[_R]) -> _R | None:
        """The resource that is meant, if it was kept: by full URL, else by the id at the end of the address.

        An address without a type (`example` for `Patient/example`) counts as one of `shape`.
        """
        text = (reference.reference or "") if reference else ""
        key = self._by_url.get(text) or self.key(text)
        if key is None or key[0] not in ("", shape.type_name):
            return None
        return cast("_R | None", self._by_type[shape.type_name].get(key[1]))

    @staticmethod
    def key(address: str) -> tuple[str, str] | None:
        """Type and id of a relative or absolute address, version left out; type `""` where it has none."""
        parts = address.split("/_history/")[0].split("/")
        if not address or not parts[-1] or parts[-1].startswith(("#", "urn:")):
            return None
        return (parts[-2] if len(parts) > 1 else "", parts[-1])

    def __iter__(self) -> Iterator[Resource]:
        for found in self._by_type.values():
            yield from found.values()
