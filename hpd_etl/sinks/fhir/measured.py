"""What labels rest on, as parts of an Observation and its Provenance: numbers and source rows of a person."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.sinks.fhir import terms
from hpd_etl.sinks.fhir.parts import (
    INFINITE,
    KNOWN,
    Elements,
    Part,
    absent,
    coded,
    combined,
    escaped,
    joined,
    lacking,
    listed,
    numbers,
    own_code,
    paired,
    places,
    quantity,
    ranks,
    texts,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from orjson import Fragment

    from hpd_etl.schema import Labels

_KEYS = ("person_id", "measure_set")
DERIVED_FROM = ("Observation/", "ImagingStudy/")
"""Source resources that R4 lets an Observation be derived from; all others stand in its Provenance."""
_HERE = b"\0"
"""Where a number is written; JSON holds no such byte."""


class Basis(NamedTuple):
    """What all labels of a person and measure set share."""

    components: list[Fragment]
    derived_from: Elements
    entities: Elements


class Measured:
    """The basis of labels, by row; the last one asked for is kept, because the labels of a person follow each other."""

    def __init__(self, rows: pd.DataFrame, labels: Labels, canonical: str, month_days: float, *,
                 sources_there: bool) -> None:
        key, measured, rested = combined([rows, labels.metrics, labels.evidence], _KEYS)
        self._key = key.tolist()
        self._numbers = _Numbers(labels.metrics, measured, canonical, month_days)
        self._sources = _Sources(labels.evidence, rested, canonical, there=sources_there)
        self._last: tuple[int, Basis] = (-1, Basis([], {}, {}))

    def of(self, row: int) -> Basis:
        """What the label of this row rests on."""
        key = self._key[row]
        if self._last[0] != key:
            self._last = (key, Basis(self._numbers.of(key), *self._sources.of(key)))
        return self._last[1]

    def shape(self, row: int) -> Hashable:
        """Which numbers and sources there are."""
        return (self._numbers.shape(self._key[row]), self._sources.shape(self._key[row]))


# --- numbers ------------------------------------------------------------------------------------


class _Numbers:
    """A component for each metric; all but the numbers is made once for the rows that lack the same for one reason."""

    def __init__(self, metrics: pd.DataFrame, key: NDArray[np.int64], canonical: str, month_days: float) -> None:
        self._canonical = canonical
        self._row = dict(zip(key.tolist(), range(len(key)), strict=True))
        units = [terms.unit(column.unit, month_days) for column in terms.NUMBERS]
        self._units = [unit.code for unit in units]
        self._values = list(zip(*(numbers(metrics[column.name], unit.factor)
                                  for column, unit in zip(terms.NUMBERS, units, strict=True)), strict=True))
        self._lacks = np.column_stack([lacking(metrics[column.name]) for column in terms.NUMBERS])
        self._missing = words(texts(metrics["missing"]))
        self._responses = words(texts(metrics["response_first"]))
        self._around: dict[tuple[bytes, str | None, str | None], list[bytes]] = {}

    def of(self, key: int) -> list[Fragment]:
        """The components of a person and measure set, as they stand side by side."""
        row = self._row.get(key)
        if row is None:
            return []
        case = (self._lacks[row].tobytes(), self._missing[row], self._responses[row])
        if (around := self._around.get(case)) is None:
            around = self._around[case] = self._made(*case)
        written = orjson.dumps([value for value in self._values[row] if value is not None])[1:-1].split(b",")
        return [orjson.Fragment(b"".join(chain.from_iterable(zip(around, [*written, b""], strict=False))))]

    def shape(self, key: int) -> Hashable:
        """Which are known."""
        row = self._row.get(key)
        return None if row is None else (self._lacks[row].tobytes(), self._responses[row] is None)

    def _made(self, lacks: bytes, missing: str | None, response: str | None) -> list[bytes]:
        """What stands before, between and after the numbers of such a row.

        A metric that is neither known nor missing for a reason is one that no rule asks for: nothing is said of it.
        """
        reasons: dict[str, list[str]] = {}
        for metric, _, reason in (part.partition("=") for part in listed(missing)):
            reasons.setdefault(metric, []).append(reason)
        made, here = [], orjson.Fragment(_HERE)
        for column, lack, unit in zip(terms.NUMBERS, lacks, self._units, strict=True):
            if lack == KNOWN:
                made.append(self._component(column.name, "valueQuantity", quantity(here, unit)))
            elif lack in INFINITE:
                made.append(self._component(column.name, "dataAbsentReason", coded(terms.ABSENT, INFINITE[lack])))
            elif column.name in reasons or column.name not in terms.ON_REQUEST:
                made.append(self._absent(column.name, reasons))
        answer = coded(terms.system(self._canonical, "hpd-response"), response) if response else None
        made.append(self._component("response_first", "valueCodeableConcept", answer) if answer else
                    self._absent("response_first", reasons))
        return orjson.dumps(made)[1:-1].split(_HERE)

    def _absent(self, metric: str, reasons: Mapping[str, Sequence[str]]) -> Part:
        return self._component(metric, "dataAbsentReason", absent(self._canonical, reasons.get(metric, ())))

    def _component(self, metric: str, element: str, part: Part) -> Part:
        return {"code": own_code(self._canonical, terms.component_code(metric)), element: part}


# --- sources ------------------------------------------------------------------------------------


class _Sources:
    """The source rows behind a person and measure set: references where the sink holds them, else identifiers.

    They are written column by column, because there are several for each label and little is said of each.
    """

    def __init__(self, evidence: pd.DataFrame, key: NDArray[np.int64], canonical: str, *, there: bool) -> None:
        roles, names = texts(evidence["role"]), texts(evidence["source_id"])
        order = np.lexsort((ranks(names)[places(names)], ranks(roles)[places(roles)], key))
        key, role, name = key[order], places(roles)[order], places(names)[order]
        addresses = pc.replace_substring(names.dictionary, ":", "/", max_replacements=1)
        system = orjson.dumps(f"{canonical}/hpd-source").decode()
        what = ('"reference":"', escaped(addresses).take(name), '"') if there else (
            f'"identifier":{{"system":{system},"value":"', escaped(names.dictionary).take(name), '"}')
        self._entities = _Lists("entity", key, joined(
            '{"role":"source","what":{', *what, ',"display":"', escaped(roles.dictionary).take(role), '"}}'))
        resources = pc.list_element(pc.split_pattern(addresses, "/_history/", max_splits=1), 0).dictionary_encode()
        first = _derived_from(key, places(resources)[name], resources.dictionary) if there else slice(0)
        self._derived = _Lists("derivedFrom", key[first], joined(
            '{"reference":"', escaped(resources.dictionary).take(places(resources)[name][first]), '"}'))

    def of(self, key: int) -> tuple[Elements, Elements]:
        """What an Observation is derived from, and the entities of its Provenance."""
        return self._derived.of(key), self._entities.of(key)

    def shape(self, key: int) -> Hashable:
        """Whether there are any."""
        return self._entities.has(key)


def _derived_from(key: NDArray[np.int64], resource: NDArray[np.int64], addresses: pa.StringArray) -> NDArray[np.int64]:
    """The rows in which each resource that an Observation may be derived from is named for the first time."""
    fit = np.logical_or.reduce([pc.starts_with(addresses, start).to_numpy(zero_copy_only=False)
                                for start in DERIVED_FROM])
    rows = np.flatnonzero(fit[resource])
    return rows[np.sort(np.unique(paired(key[rows], resource[rows]), return_index=True)[1])]


class _Lists:
    """An element that is a list, by key; FHIR knows no empty one."""

    def __init__(self, name: str, key: NDArray[np.int64], parts: pa.LargeStringArray) -> None:
        self._name = name
        found, starts = np.unique(key, return_index=True)
        self._place = dict(zip(found.tolist(), range(len(found)), strict=True))
        lists = pa.LargeListArray.from_arrays(pa.array(np.append(starts, len(key)), pa.int64()), parts)
        self._written = pc.binary_join(lists, pa.scalar(",", pa.large_string()))

    def of(self, key: int) -> Elements:
        """The element."""
        place = self._place.get(key)
        return {} if place is None else {self._name: orjson.Fragment(f"[{self._written[place]}]")}

    def has(self, key: int) -> bool:
        """Whether there is one."""
        return key in self._place
