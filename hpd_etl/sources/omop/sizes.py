"""The value of a measurement row: a number with its unit, a text that says why there is none, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpd_etl import codes, units
from hpd_etl.grouping import Bools, Floats, Ints
from hpd_etl.sources.columns import Rows, code_lookup
from hpd_etl.sources.sizes import STATUSES, Recorded, Sizes, dimension_of, judged, status_words

if TYPE_CHECKING:
    from hpd_etl.config import OmopSource

_EQUALS = 4172703
"""Concept of the operator `=`; any other than it and `<` says that the number is only a bound."""


def read_sizes(rows: Rows, dimension: Ints, source: OmopSource) -> Sizes:
    """The values of these rows; `dimension` is the position in (length, area, volume) that each must have.

    Rounded to 1e-6 (ambiguity A10). A text in place of the number is a status (C3), and so is the
    operator `<`, which says that the lesion is too small to measure.
    """
    factor, has, unit_given, unit_differs = _factors(rows, source)
    operator = rows.ints("operator_concept_id")
    below = np.isin(operator, [int(code) for code in codes.lesion_statuses("OMOP operator")])
    return judged(Recorded(
        value=rows.floats("value_as_number"), stated=rows.present("value_as_number"), said=_statuses(rows, source),
        factor=factor, dimension=has, unit_given=unit_given, unit_differs=unit_differs, below=below,
        bound=~below & (operator != 0) & (operator != _EQUALS)), dimension)


def _factors(rows: Rows, source: OmopSource) -> tuple[Floats, Ints, Bools, Bools]:
    """Factor to mm, mm2 or mm3, dimension (-1: unknown), whether a unit was recorded, and whether two were."""
    by_concept = units.omop_units(source.mapping.units)
    by_text = units.ucum_units(source.mapping.units)
    known = [*by_concept.values(), *by_text.values()]
    dimensions = np.array([dimension_of(unit) for unit in known])
    factors = np.array([unit.factor for unit in known], dtype=np.float64)
    concept = rows.ints("unit_concept_id")
    at = code_lookup(concept, list(by_concept))
    texts = list(by_text)

    def unit_text(text: str) -> int:
        return texts.index(text.strip()) if text.strip() in by_text else (-2 if text.strip() else -1)

    text = rows.decided("unit_source_value", unit_text)
    by_words = np.where(text >= 0, len(by_concept) + text, -1)
    differs = (at >= 0) & (by_words >= 0) & (factors[at] != factors[by_words])
    at = np.where((concept == 0) & (by_words >= 0), by_words, at)
    given = (concept != 0) | (text != -1)
    return np.where(at < 0, np.nan, factors[at]), np.where(at < 0, -1, dimensions[at]), given, differs


def _statuses(rows: Rows, source: OmopSource) -> Ints:
    """What the text, or the coded value, says of a lesion that has no number; -1 where neither says anything."""
    own = source.mapping.statuses
    known = status_words(own)

    def stated(text: str) -> int:
        return known.get(" ".join(text.split()).upper(), -1)

    by_text = rows.decided("value_source_value", stated)
    coded = [int(key) for key in own if key.isdecimal()]
    by_code = code_lookup(rows.ints("value_as_concept_id"), coded)
    positions = np.array([STATUSES.index(own[str(code)]) for code in coded] or [-1], dtype=np.int64)
    return np.where(by_text >= 0, by_text, np.where(by_code >= 0, positions[by_code], -1))
