"""The value of an Observation or component: a number with its unit, words that say why there is none, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hpd_etl import codes, units
from hpd_etl.sources.fhir.records.meanings import answers, by_token
from hpd_etl.sources.sizes import STATUSES, Recorded, Sizes, dimension_of, judged, status_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.grouping import Ints
    from hpd_etl.sources.fhir.decode.shapes import CodeableConcept, Quantity
    from hpd_etl.sources.fhir.records.observations import Told
    from hpd_etl.sources.fhir.records.reading import Reading

_UCUM = "UCUM"
_NOT_ASSESSED = STATUSES.index("not_assessed")


class _Unit(NamedTuple):
    """What the unit of a quantity is: factor to mm, mm2 or mm3, its dimension, whether given, and given twice."""

    factor: float = np.nan
    dimension: int = -1
    given: bool = True
    differs: bool = False


class SizeReader:
    """Reads values as sizes."""

    def __init__(self, reading: Reading) -> None:
        own = reading.source.mapping
        self._tokens = reading.tokens
        self._units = units.ucum_units(own.units)
        self._foreign = reading.tokens.own({key: self._units[meaning] for key, meaning in own.units.items()})
        self._words = status_words(own.statuses)
        absent = by_token(codes.lesion_statuses, ["data-absent-reason"]) | reading.tokens.own(own.statuses)
        self._coded = {token: STATUSES.index(status) for token, status in absent.items()}
        self._known: dict[tuple[str | None, str | None, str | None], _Unit] = {}

    def read(self, told: Sequence[Told], dimension: Ints) -> Sizes:
        """The sizes that are told; `dimension` is the position in (length, area, volume) that each must have."""
        found = [self._unit(each.holder.value_quantity) for each in told]
        comparators = [quantity.comparator if (quantity := each.holder.value_quantity) else None for each in told]
        return judged(Recorded(
            value=np.array([_number(each) for each in told], dtype=np.float64),
            stated=np.array([_is_stated(each) for each in told], dtype=np.bool_),
            said=np.array([self._status(each) for each in told], dtype=np.int64),
            factor=np.array([unit.factor for unit in found], dtype=np.float64),
            dimension=np.array([unit.dimension for unit in found], dtype=np.int64),
            unit_given=np.array([unit.given for unit in found], dtype=np.bool_),
            unit_differs=np.array([unit.differs for unit in found], dtype=np.bool_),
            below=np.array([sign == "<" for sign in comparators], dtype=np.bool_),
            bound=np.array([sign not in (None, "<") for sign in comparators], dtype=np.bool_)), dimension)

    def _status(self, told: Told) -> int:
        """What is said in place of the number; any reason for its absence is at least "not assessed" (C3)."""
        holder, absent = told.holder, _absent(told)
        if absent is None and holder.value_codeable_concept is None and holder.value_string is None:
            return -1
        for concept, text in ((holder.value_codeable_concept, holder.value_string), (absent, None)):
            coded = self._tokens.first(concept, self._coded)
            if coded is not None:
                return coded
            for words in answers(concept, text):
                if words.upper() in self._words:
                    return self._words[words.upper()]
        return -1 if absent is None else _NOT_ASSESSED

    def _unit(self, quantity: Quantity | None) -> _Unit:
        if quantity is None:
            return _Unit(given=False)
        key = (quantity.system, quantity.code, quantity.unit)
        if key not in self._known:
            self._known[key] = self._decided(*key)
        return self._known[key]

    def _decided(self, system: str | None, code: str | None, text: str | None) -> _Unit:
        """The unit by its code, else by its text, which is believed only if it is in the list."""
        words, code, system = (text or "").strip(), (code or "").strip(), (system or "").strip()
        by_text = self._units.get(words)
        if not code:
            return _unit(by_text) if words else _Unit(given=False)
        name = self._tokens.systems.get(system, system)
        by_code = self._units.get(code) if name in ("", _UCUM) else self._foreign.get(f"{name}|{code}")
        return _unit(by_code)._replace(differs=bool(by_code and by_text and by_code != by_text))


def _unit(unit: units.Unit | None) -> _Unit:
    return _Unit(unit.factor, dimension_of(unit)) if unit else _Unit()


def _absent(told: Told) -> CodeableConcept | None:
    """Why there is no value; a part may leave that to the whole."""
    return told.holder.data_absent_reason or (told.observation.data_absent_reason if not _is_stated(told) else None)


def _is_stated(told: Told) -> bool:
    quantity = told.holder.value_quantity
    return told.holder.value_integer is not None or (quantity is not None and quantity.value is not None)


def _number(told: Told) -> float:
    quantity, integer = told.holder.value_quantity, told.holder.value_integer
    if quantity is not None and quantity.value is not None:
        return np.nan if quantity.value.is_nan() else float(quantity.value)
    return np.nan if integer is None else float(integer)
