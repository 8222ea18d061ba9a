"""Which codes and words deserve a closer look; answers are remembered, because the same few come again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpd_etl.sources.agents import naming

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpd_etl.sources.fhir.decode.resources import Selection

_REMEMBERED = 100_000


class WantedCodes(dict[str | None, bool]):
    """Code -> whether a resource of one type with this code deserves a closer look; remembers what it was asked."""

    def __init__(self, selection: Selection, kind: str) -> None:
        super().__init__({None: kind in selection.texts})
        self._codes = selection.codes.get(kind, frozenset())
        self._starts = selection.prefixes.get(kind, ())

    def __missing__(self, code: str) -> bool:
        answer = self.has(code)
        if len(self) < _REMEMBERED:
            self[code] = answer
        return answer

    def has(self, code: str) -> bool:
        """Whether the code is one of those, or starts like them."""
        code = code.strip()
        return code in self._codes or code.startswith(self._starts)


class WantedNames(dict[str | None, bool]):
    """Words -> whether they name a drug that is looked for; remembers what it was asked."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__({None: False})
        self._named = naming(names)

    def __missing__(self, words: str) -> bool:
        answer = bool(self._named(words))
        if len(self) < _REMEMBERED:
            self[words] = answer
        return answer
