"""A search, read slice by slice, each with a proof that it is complete.

A slice is proven when its pages end by themselves, no page spoke of a fault, and, where the server
counts, as many distinct resources came as it counts. One that is not is read again in smaller parts, by
patient and then by date; what cannot be proven even so is named, never passed over.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from hpd_etl.errors import SourceError
from hpd_etl.fhir_http import PASSING, HttpError
from hpd_etl.sources.fhir.fetch.pages import IncompleteError, Key, Pages, total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpd_etl.fhir_http import Session
    from hpd_etl.sources.fhir.fetch.quirks import Mode

_EPOCH, _HORIZON = date(1996, 1, 1), date(2036, 1, 1)
"""Between these a span without an end is halved; both ends stay open."""
_PARTS = 20
"""Into so many a slice that failed is cut, so that patients are read one by one and a fault stays with its own."""
_PATIENCE = 8
"""So many slices may fail in a row; then the server counts as down."""
_LOG = logging.getLogger(__name__)


class Span(NamedTuple):
    """Days from `first` on and before `end`; None is open. `undated`: what has no day at all."""

    first: date | None = None
    end: date | None = None
    undated: bool = False

    def parameters(self, name: str) -> Iterator[tuple[str, str]]:
        """The span as conditions on a search parameter."""
        if self.undated:
            yield f"{name}:missing", "true"
        if self.first:
            yield name, f"ge{self.first}"
        if self.end:
            yield name, f"lt{self.end}"

    def halves(self) -> tuple[Span, ...]:
        """The span in parts that leave nothing out; empty where it is a day."""
        if self.undated:
            return ()
        first, end = self.first or _EPOCH, self.end or _HORIZON
        middle = date.fromordinal((first.toordinal() + end.toordinal()) // 2)
        if not first < middle < end:
            return ()
        undated = (Span(undated=True),) if self == _ALL_DAYS else ()
        return (Span(self.first, middle), Span(middle, self.end), *undated)


_ALL_DAYS = Span()


@dataclass(frozen=True)
class Slice:
    """A part of what is asked: resources of a type for some `values` of one parameter, in a span of days.

    Without values it is all resources of the type.
    """

    kind: str
    by: str = ""
    values: tuple[str, ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    span: Span = _ALL_DAYS

    def parameters(self, days: str | None) -> list[tuple[str, str]]:
        """The search; `days` is the parameter that the span is on."""
        dated = self.span.parameters(days) if days else ()
        valued = [(self.by, ",".join(self.values))] if self.values else []
        return [*valued, *self.beside, *dated]

    def parts(self, days: str | None, number: int) -> list[Slice]:
        """So many smaller slices that leave nothing out, by value, then by date; none of the least."""
        if len(self.values) > 1:
            step = -(-len(self.values) // number)
            return [replace(self, values=self.values[start:start + step])
                    for start in range(0, len(self.values), step)]
        return [replace(self, span=span) for span in self.span.halves()] if days else []


@dataclass
class Slices:
    """What was found, and what of the values asked for is not proven to be complete."""

    found: dict[Key, bytes] = field(default_factory=dict)
    unproven: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: Slices) -> None:
        """Put what another part gave beside one's own."""
        self.found |= other.found
        self.unproven |= other.unproven
        self.counts += other.counts


class _CutOffError(IncompleteError):
    """A search that gave exactly as many as the server gives at most."""


class SliceReader:
    """Reads slices from one server; safe for threads."""

    def __init__(self, session: Session, mode: Mode, page_size: int) -> None:
        self.session = session
        self.mode = mode
        self._page_size = page_size
        self._failed = 0

    def read(self, asked: Slice) -> Slices:
        """All of a slice, with the values that could not be proven.

        Raises AccessError, and SourceError where the server answers nothing any more.
        """
        return self._read(asked, tries=2)

    def _read(self, asked: Slice, tries: int) -> Slices:
        try:
            whole = self._whole(asked)
        except SourceError as error:
            self._count_failure(asked, error)
            return self._in_parts(asked, error, tries)
        self._failed = 0
        return whole

    def _whole(self, asked: Slice) -> Slices:
        parameters = asked.parameters(self._days(asked))
        pages = Pages(asked.kind)
        paged = [*parameters, ("_count", str(self._page_size))]
        for body in self.session.pages(asked.kind, paged, post=self.mode.post):
            pages.take(body)
        counted = self._counted(asked.kind, parameters)
        expected = pages.total if counted is None else counted
        fetched = len({key.id for key in pages.found})
        if self.mode.quirks.cap in (fetched, expected):
            raise _CutOffError("a search was cut off")
        if expected is None and pages.repeated:
            raise IncompleteError("a page of a search repeated another, and the server does not count")
        if expected is not None and fetched < expected:
            raise IncompleteError("fewer resources came than the server counts")
        return Slices(pages.found, counts=Counter(slices=1, fetched=fetched, expected=expected or 0,
                                                  uncounted=expected is None))

    def _days(self, asked: Slice) -> str | None:
        return self.mode.date_parameter(asked.kind, tuple(name for name, _ in asked.beside))

    def _counted(self, kind: str, parameters: list[tuple[str, str]]) -> int | None:
        """How many the server counts; None where it does not, or not such a search."""
        if not self.mode.count:
            return None
        counting = [*parameters, ("_summary", "count")]
        try:
            answer = (self.session.post(f"{kind}/_search", counting) if self.mode.post
                      else self.session.get(kind, counting))
        except HttpError as error:
            if error.status in PASSING:
                raise
            return None
        return total(answer.body)

    def _in_parts(self, asked: Slice, error: SourceError, tries: int) -> Slices:
        """The slice in smaller parts; being cut off costs no try, since smaller parts end."""
        cut_off = isinstance(error, _CutOffError)
        days = self._days(asked)
        parts = asked.parts(days, 2 if cut_off else _PARTS) or ([] if cut_off else [asked])
        result = Slices(counts=Counter(restarted=1))
        if not parts or not (tries or cut_off):
            return Slices(unproven=set(asked.values) or {asked.kind}, counts=Counter(not_proven=1))
        for part in parts:
            result.add(self._read(part, tries if cut_off else tries - 1))
        return result

    def _count_failure(self, asked: Slice, error: SourceError) -> None:
        """Give up where nothing is answered any more: then the server is at fault, not the slice."""
        _LOG.info("a slice of %s starts again in smaller parts: %s", asked.kind, error)
        self._failed += not isinstance(error, IncompleteError)
        if self._failed >= _PATIENCE:
            raise SourceError(f"{self._failed} searches in a row failed, the last one of {asked.kind}: {error}",
                              remedy="hpd-etl doctor tells which searches the server understands") from error
