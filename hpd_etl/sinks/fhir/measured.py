"""What labels rest on, as parts of an Observation and its Provenance: numbers and source rows of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from hpd_etl.sinks.fhir import terms
from hpd_etl.sinks.fhir.parts import (
    Elements,
    Part,
    absent,
    coded,
    combined,
    listed,
    listing,
    numbers,
    once,
    own_code,
    run,
    texts,
    unbounded,
    words,
)
from hpd_etl.sinks.fhir.terms import UCUM

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from orjson import Fragment

    from hpd_etl.schema import Labels

_KEYS = ("person_id", "measure_set")
DERIVED_FROM = ("Observation/", "ImagingStudy/")
"""Source resources that R4 lets an Observation be derived from; all others stand in its Provenance."""


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
            self._last = (key, Basis(run(self._numbers.of(key)), *self._sources.of(key)))
        return self._last[1]

    def shape(self, row: int) -> Hashable:
        """Which numbers and sources there are."""
        return (self._numbers.shape(self._key[row]), self._sources.shape(self._key[row]))


# --- numbers ------------------------------------------------------------------------------------


class _Numbers:
    """A component for each metric; absent ones are made once for each distinct text of `metrics.missing`."""

    def __init__(self, metrics: pd.DataFrame, key: NDArray[np.int64], canonical: str, month_days: float) -> None:
        self._canonical = canonical
        self._row = dict(zip(key.tolist(), range(len(key)), strict=True))
        units = [terms.unit(column.unit, month_days) for column in terms.NUMBERS]
        self._codes = [once(own_code(canonical, terms.component_code(column.name))) for column in terms.NUMBERS]
        self._units = [unit.code for unit in units]
        self._values = list(zip(*(numbers(metrics[column.name], unit.factor)
                                  for column, unit in zip(terms.NUMBERS, units, strict=True)), strict=True))
        self._unbounded = {(row, place): reason for place, column in enumerate(terms.NUMBERS)
                           for row, reason in unbounded(metrics[column.name]).items()}
        self._last: tuple[Sequence[float | None], list[Part | Fragment | None]] = (
            [None] * len(units), [{}] * len(units))
        self._missing = words(texts(metrics["missing"]))
        self._responses = words(texts(metrics["response_first"]))
        own, response = own_code(canonical, "response-first"), terms.system(canonical, "hpd-response")
        self._answered = {name: once({"code": own, "valueCodeableConcept": coded(response, name)})
                          for name in dict.fromkeys(self._responses) if name}
        self._absent = {text: self._all_absent(text) for text in dict.fromkeys(self._missing)}

    def of(self, key: int) -> list[Part | Fragment]:
        """The components of a person and measure set."""
        row = self._row.get(key)
        if row is None:
            return []
        gone, values = self._absent[self._missing[row]], self._values[row]
        made = [none if value is None else last if value == was else
                {"code": code, "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}
                for value, was, last, code, unit, none in zip(
                    values, *self._last, self._codes, self._units, gone, strict=False)]
        self._last = (values, list(made))  # most measure sets of a person share most numbers
        for place in range(len(made)) if self._unbounded else ():
            if reason := self._unbounded.get((row, place)):
                made[place] = {"code": self._codes[place], "dataAbsentReason": reason}
        made.append(self._answered.get(self._responses[row], gone[-1]))
        return [part for part in made if part is not None]

    def shape(self, key: int) -> Hashable:
        """Which are known."""
        row = self._row.get(key)
        if row is None:
            return None
        return (self._responses[row] is None, *(value is None for value in self._values[row]))

    def _all_absent(self, missing: str | None) -> list[Fragment | None]:
        """The component of every metric, the response last, if it were missing for the reasons of this text.

        None where it is not missing: no rule asks for it.
        """
        reasons: dict[str, list[str]] = {}
        for metric, _, reason in (part.partition("=") for part in listed(missing)):
            reasons.setdefault(metric, []).append(reason)
        names = [*(column.name for column in terms.NUMBERS), "response_first"]
        return [None if name in terms.ON_REQUEST and name not in reasons else once({
            "code": own_code(self._canonical, terms.component_code(name)),
            "dataAbsentReason": absent(self._canonical, reasons.get(name, []))}) for name in names]


# --- sources ------------------------------------------------------------------------------------


class _Sources:
    """The source rows behind a person and measure set: references where the sink holds them, else identifiers."""

    def __init__(self, evidence: pd.DataFrame, key: NDArray[np.int64], canonical: str, *, there: bool) -> None:
        self._there, self._system = there, f"{canonical}/hpd-source"
        order = np.argsort(key, kind="stable")
        roles, names = (words(texts(evidence[name]).take(pa.array(order))) for name in ("role", "source_id"))
        self._rested = list(zip(roles, names, strict=True))
        found, start, count = np.unique(key[order], return_index=True, return_counts=True)
        self._spans = dict(zip(found.tolist(), map(slice, start.tolist(), (start + count).tolist()), strict=True))
        self._last: tuple[list[tuple[str, str]], tuple[Elements, Elements]] = ([], ({}, {}))

    def of(self, key: int) -> tuple[Elements, Elements]:
        """What an Observation is derived from, and the entities of its Provenance."""
        rested = self._rested[self._spans.get(key, slice(0))]
        if rested != self._last[0]:  # most measure sets of a person rest on the same rows
            self._last = (rested, self._made(sorted(rested)))
        return self._last[1]

    def _made(self, rested: list[tuple[str, str]]) -> tuple[Elements, Elements]:
        if not self._there:
            return {}, listing("entity", [
                {"role": "source", "what": {"identifier": {"system": self._system, "value": name}, "display": role}}
                for role, name in rested])
        addresses = [(role, name.replace(":", "/", 1)) for role, name in rested]
        derived = dict.fromkeys(address.partition("/_history/")[0] for _, address in addresses
                                if address.startswith(DERIVED_FROM))
        return (listing("derivedFrom", [{"reference": address} for address in derived]),
                listing("entity", [{"role": "source", "what": {"reference": address, "display": role}}
                                   for role, address in addresses]))

    def shape(self, key: int) -> Hashable:
        """Whether there are any."""
        return key in self._spans
