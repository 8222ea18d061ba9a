"""Small parts of our FHIR resources, and columns of a frame as Python has them.

What many resources say is made bytes once and stands in each of them as these bytes. What a resource says is never
kept a second time as dicts: who wants to look into one reads the bytes that are written.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.sinks.fhir import terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

KNOWN, INFINITE = 0, {2: "positive-infinity", 3: "negative-infinity"}
Part = dict[str, Any]
Elements = dict[str, orjson.Fragment]
"""Elements of a resource by their names, as bytes; without those that it has not."""


def once(part: Any) -> orjson.Fragment:
    """A part of many resources, as bytes."""
    return orjson.Fragment(orjson.dumps(part))


def run(parts: Sequence[Part | orjson.Fragment]) -> list[orjson.Fragment]:
    """What stands side by side in the lists of many resources, as bytes without the brackets."""
    return [orjson.Fragment(orjson.dumps(parts)[1:-1])] if parts else []


def plain(part: Any) -> Any:
    """A part or a resource as its reader has it: nothing but the bytes that are written decides what it says."""
    return orjson.loads(orjson.dumps(part))


def coded(system: str, *codes: str) -> Part:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code} for code in codes]}


def own_code(canonical: str, name: str) -> Part:
    """The code of an Observation or a component of ours."""
    return coded(terms.system(canonical, "hpd-observation"), name)


def quantity(value: float | orjson.Fragment, unit: str) -> Part:
    """A number in a UCUM unit."""
    return {"value": value, "unit": unit, "system": terms.UCUM, "code": unit}


def absent(canonical: str, reasons: Sequence[str]) -> Part:
    """Why there is no value: the standard code, then our reasons, the primary one first."""
    standard = coded(terms.ABSENT, terms.absent_code(reasons))
    ours = coded(terms.system(canonical, "hpd-reason"), *reasons)
    return {"coding": standard["coding"] + ours["coding"]}


def listed(text: str | None) -> list[str]:
    """The words of a text that joins them by `;`."""
    return text.split(";") if text else []


def texts(column: pd.Series[Any]) -> pa.DictionaryArray:
    """A column of texts or codes: each text once, and its place by row."""
    held = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("string[pyarrow]")
    array = pa.array(held)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    return encoded.cast(pa.dictionary(pa.int32(), pa.string()))


def words(column: pa.DictionaryArray) -> list[Any]:
    """The texts of a column, None where missing; equal ones are one object."""
    each = np.append(column.dictionary.to_numpy(zero_copy_only=False).astype(object), [None])
    found: list[Any] = each[places(column)].tolist()
    return found


def places(column: pa.DictionaryArray) -> NDArray[np.int64]:
    """Where each row's text stands among those of the column; one beyond the last where it is missing."""
    indices = column.indices.fill_null(len(column.dictionary))
    return np.asarray(indices.to_numpy(zero_copy_only=False), np.int64)


def ranks(column: pa.DictionaryArray) -> NDArray[np.int64]:
    """Where each text of a column stands among them in their order."""
    return np.asarray(pc.rank(column.dictionary, tiebreaker="first"), np.int64)


def escaped(column: pa.StringArray) -> pa.StringArray:
    """Texts as they stand between the quotes of JSON."""
    odd = pc.match_substring_regex(column, r'[\x00-\x1f"\\]')
    written = [orjson.dumps(text)[1:-1] for text in column.filter(odd).to_pylist()]
    return pc.replace_with_mask(column, odd, pa.array(written, column.type))


def joined(*parts: str | pa.StringArray) -> pa.LargeStringArray:
    """Texts put together row by row; what is the same in all rows is given once."""
    large = pa.large_string()
    columns = [pa.scalar(part, large) if isinstance(part, str) else part.cast(large) for part in parts]
    return pc.binary_join_element_wise(*columns, pa.scalar("", large))


def numbers(column: pd.Series[Any], factor: float = 1.0) -> list[Any]:
    """The numbers of a column times `factor`, None where missing or not finite."""
    known = column.to_numpy(np.float64, na_value=np.nan)
    whole = column.dtype.kind == "i" and factor == 1
    values = (np.nan_to_num(known).astype(np.int64) if whole else known * factor).astype(object)
    values[~np.isfinite(known)] = None
    found: list[Any] = values.tolist()
    return found


def lacking(column: pd.Series[Any]) -> NDArray[np.uint8]:
    """Whether there is a number, by row: KNOWN, missing, or one of INFINITE (ambiguity A1)."""
    known = column.to_numpy(np.float64, na_value=np.nan)
    return np.select([np.isfinite(known), np.isnan(known), known > 0], [KNOWN, 1, 2], 3).astype(np.uint8)


def unbounded(column: pd.Series[Any]) -> dict[int, Part]:
    """Why there is no number, by row, where it is infinite."""
    lacks = lacking(column)
    return {int(row): coded(terms.ABSENT, INFINITE[lacks[row]]) for row in np.flatnonzero(lacks >= min(INFINITE))}


def days(column: pd.Series[Any]) -> list[str]:
    """The dates of a column as FHIR writes them."""
    distinct, which = np.unique(column.to_numpy("datetime64[D]"), return_inverse=True)
    found: list[str] = np.datetime_as_string(distinct, unit="D").astype(object)[which].tolist()
    return found


def combined(frames: Sequence[pd.DataFrame], names: Sequence[str]) -> list[NDArray[np.int64]]:
    """A number for every combination of these columns, the same in all frames."""
    codes = [_unified([texts(frame[name]) for frame in frames]) for name in names]
    whole = reduce(paired, codes, np.zeros(sum(map(len, frames)), np.int64))
    return np.split(whole, np.cumsum([len(frame) for frame in frames])[:-1])


def _unified(columns: Sequence[pa.DictionaryArray]) -> NDArray[np.int64]:
    return np.concatenate([places(chunk) for chunk in pa.chunked_array(columns).unify_dictionaries().chunks])


def paired(code: NDArray[np.int64], further: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for every pair of numbers, none of them below zero."""
    pair = code * (int(further.max(initial=0)) + 1) + further
    return np.unique(pair, return_inverse=True)[1].astype(np.int64) if int(pair.max(initial=0)) > 2**40 else pair
