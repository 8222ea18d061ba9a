"""Vectorised grouping: rows of one person, one lesion or one time point, without a row loop.

Frames are for the borders; inside a stage persons are codes 0..n-1 in the order of their sorted
identifiers, days are int64 counted from the first dose, and a person's day is one sortable key.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

NO_DAY = np.iinfo(np.int64).min
"""The day of an unknown date."""

_MICROSECONDS = 86_400_000_000
_DAY_BITS = 24
_MIDDLE = 1 << 23


def text(series: pd.Series[str]) -> pa.Array:
    """A string column as one Arrow array."""
    array = pa.array(series.array)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def encoded(series: pd.Series[str]) -> tuple[Ints, pa.Array]:
    """Codes of a string column and their names, in any order; -1 where missing."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes.to_numpy().astype(np.int64), text(pd.Series(series.cat.categories)).cast(
            pa.large_string()
        )
    return _by_name(text(series))


def _by_name(values: pa.Array) -> tuple[Ints, pa.Array]:
    dictionary = pc.dictionary_encode(values)
    return np.asarray(pc.fill_null(dictionary.indices, -1), dtype=np.int64), dictionary.dictionary.cast(
        pa.large_string()
    )


def rows_by_name(series: pd.Series[str]) -> dict[str, Ints]:
    """The rows that have each value of a column of names."""
    codes, names = encoded(series)
    codes = codes.astype(np.min_scalar_type(-len(names) - 1))  # compared quicker
    return {name: np.flatnonzero(codes == code) for code, name in enumerate(names.to_pylist())}


def shared(arrays: Sequence[Ints]) -> tuple[list[Ints], list[int]]:
    """The different ones among some arrays, and for each array which of them it is; meant for a handful."""
    apart: list[Ints] = []
    which: list[int] = []
    for array in arrays:
        like = (place for place, other in enumerate(apart) if np.array_equal(other, array))
        which.append(next(like, len(apart)))
        if which[-1] == len(apart):
            apart.append(array)
    return apart, which


def positions(series: pd.Series[str], among: pa.Array) -> Ints:
    """Where each value stands in `among`; -1 where it does not."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, names = encoded(series)
        return np.append(_positions(names, among), -1)[codes]
    return _positions(text(series), among)


def _positions(values: pa.Array, among: pa.Array) -> Ints:
    if not len(values):  # no table of the others for nothing
        return np.zeros(0, dtype=np.int64)
    if values.type == among.type and values.equals(among):
        return np.arange(len(values))
    found = pc.fill_null(pc.index_in(values, value_set=among.cast(values.type)), -1)
    return np.asarray(found, dtype=np.int64)


def sorted_codes(*columns: pd.Series[str]) -> tuple[list[Ints], pa.Array]:
    """Codes of string columns into one alphabetically sorted dictionary; -1 where missing."""
    parts = [encoded(column) for column in columns]
    names = pc.drop_null(pc.unique(pa.concat_arrays([own for _, own in parts])))
    names = names.take(pc.sort_indices(names))
    return [np.append(_positions(own, names), -1)[codes] for codes, own in parts], names


def folded(series: pd.Series[str]) -> pd.Series[str]:
    """Names without case, as a dictionary; only the distinct names are folded."""
    [codes], names = sorted_codes(series)
    lower, of_name = np.unique(pc.utf8_lower(names).to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    return coded(np.append(of_name, -1)[codes], pa.array(lower, pa.string())).set_axis(series.index)


def days(series: pd.Series[pd.Timestamp]) -> Ints:
    """Days since 1970-01-01; `NO_DAY` where unknown."""
    values: Ints = series.to_numpy(dtype="datetime64[D]").astype(np.int64)
    return values


def dates(values: Ints) -> pd.Series[pd.Timestamp]:
    """The inverse of `days`."""
    moments, unknown = values * _MICROSECONDS, values == NO_DAY
    if unknown.any():
        moments[unknown] = NO_DAY
    return pd.Series(moments.view("datetime64[us]"), copy=False)


def numbers(series: pd.Series[float]) -> Floats:
    """A nullable number column as floats, NaN where missing."""
    return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def flags(series: pd.Series[bool]) -> Bools:
    """A nullable flag column; a missing flag is not set."""
    return series.to_numpy(dtype=np.bool_, na_value=False)


def integers(values: Ints, known: Bools | None = None) -> pd.Series[int]:
    """Whole numbers as a nullable column; `NO_DAY`, or what is not `known`, is missing."""
    return pd.Series(pd.arrays.IntegerArray(values, values == NO_DAY if known is None else ~known), copy=False)


def floats(values: Floats) -> pd.Series[float]:
    """Floats as a nullable column; NaN is missing."""
    return pd.Series(pd.arrays.FloatingArray(values, np.isnan(values)), copy=False)


def named(codes: Ints, names: Sequence[str | None] | pa.Array) -> pd.Series[str]:
    """Codes back to names; -1 is missing."""
    dictionary = names if isinstance(names, pa.Array) else pa.array(names, pa.string())
    return strings(dictionary.take(pa.array(codes, mask=codes < 0)))


def strings(values: pa.Array | pa.ChunkedArray) -> pd.Series[str]:
    """Arrow strings as a column."""
    return pd.Series(pd.arrays.ArrowStringArray(values.cast(pa.large_string())), copy=False)


def repeating(values: pa.Array) -> pd.Series[str]:
    """An Arrow array of strings that repeat, as a column that holds each of them once."""
    codes, names = _by_name(values)
    return coded(codes, names)


def dictionary(names: pa.Array) -> pd.CategoricalDtype:
    """Distinct names as the dictionary of columns; what is coded with the same one is put together without a look."""
    return pd.CategoricalDtype(pd.Index(pd.arrays.ArrowStringArray(names.cast(pa.large_string()))))


def coded(codes: NDArray[np.integer], names: pa.Array | pd.CategoricalDtype) -> pd.Series[str]:
    """Codes back to names that repeat, kept as a dictionary; the names are distinct, -1 is missing."""
    dtype = names if isinstance(names, pd.CategoricalDtype) else dictionary(names)
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype, validate=False), copy=False)


@cache
def _closed(values: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(list(values))


def category(codes: NDArray[np.integer], values: Sequence[str]) -> pd.Series[str]:
    """Codes into a closed list of values as a categorical column; -1 is missing."""
    made = pd.Categorical.from_codes(codes.astype(np.int8, copy=False), dtype=_closed(tuple(values)), validate=False)
    return pd.Series(made, copy=False)


def point_key(person: Ints, day: Ints) -> Ints:
    """One sortable number for a person's day; days reach +-8 million, past the year 9999."""
    return (person << _DAY_BITS) + (day + _MIDDLE)


def point_of(key: Ints) -> tuple[Ints, Ints]:
    """The person and the day of a key."""
    return key >> _DAY_BITS, (key & ((1 << _DAY_BITS) - 1)) - _MIDDLE


def lookup(keys: Ints, among: Ints) -> Ints:
    """Where each key stands in the sorted `among`; -1 where it does not."""
    if not len(among):
        return np.full(len(keys), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    return np.where(among[at] == keys, at, -1)


def first_of_group(sorted_keys: Ints) -> Bools:
    """Marks the first row of each run of equal keys."""
    first = np.ones(len(sorted_keys), dtype=np.bool_)
    first[1:] = sorted_keys[1:] != sorted_keys[:-1]
    return first


def rank_in_group(sorted_keys: Ints) -> Ints:
    """0, 1, 2 ... within each run of equal keys."""
    starts = np.flatnonzero(first_of_group(sorted_keys))
    return np.arange(len(sorted_keys)) - np.repeat(starts, np.diff(np.append(starts, len(sorted_keys))))


def numbered(keys: Ints) -> tuple[Ints, Ints]:
    """The distinct keys, sorted, and the place of each key among them; quick where they are sorted already."""
    if not _are_sorted(keys):
        found, place = np.unique(keys, return_inverse=True)
        return found, place
    starts = np.flatnonzero(first_of_group(keys))
    return keys[starts], np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(keys))))


def distinct(keys: Ints) -> Ints:
    """The distinct keys, sorted; by sorting, which beats hashing for the keys used here."""
    ordered = np.sort(keys)
    return ordered[first_of_group(ordered)]


def stable_order(keys: Ints) -> Ints:
    """The order that sorts the keys; quick where they are sorted already."""
    return np.arange(len(keys)) if _are_sorted(keys) else np.argsort(keys, kind="stable")


def _are_sorted(keys: Ints) -> bool:
    return bool((keys[1:] >= keys[:-1]).all())


def count(codes: Ints, n: int) -> Ints:
    """How many rows each code has."""
    return np.bincount(codes, minlength=n).astype(np.int64, copy=False)


def total(codes: Ints, values: Floats, n: int) -> Floats:
    """The sum of the values of each code, 0 where it has no row; rounded to 1e-6 (ambiguity A10)."""
    sums = np.bincount(codes, weights=values, minlength=n).astype(np.float64, copy=False)
    return np.round(sums, 6, out=sums)


def any_of(codes: Ints, mask: Bools, n: int) -> Bools:
    """Whether any row of a code is marked."""
    hit = np.zeros(n, dtype=np.bool_)
    hit[codes[np.flatnonzero(mask)]] = True
    return hit


def lowest(codes: Ints, values: Ints, n: int, empty: int) -> Ints:
    """The least value of each code; `empty` where it has no row."""
    found = np.full(n, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(found, codes, values)
    return np.where(found == np.iinfo(np.int64).max, empty, found)


def highest(codes: Ints, values: Ints, n: int, empty: int) -> Ints:
    """The greatest value of each code; `empty` where it has no row."""
    found = np.full(n, NO_DAY, dtype=np.int64)
    np.maximum.at(found, codes, values)
    return np.where(found == NO_DAY, empty, found)


def select(cases: Sequence[tuple[Bools, Ints | int]], otherwise: Ints | int) -> Ints:
    """The number of the first case that holds, else another; made from the last case on, which is quickest."""
    found: Ints = np.where(cases[-1][0], cases[-1][1], otherwise)
    for holds, number in cases[-2::-1]:
        found = np.where(holds, number, found)
    return found


def bits(marked: Bools, bit: np.int64) -> Ints:
    """The bit where marked, else 0; a product, as a choice between two is several times slower."""
    return np.asarray(marked * bit, dtype=np.int64)


def spelled(masks: Ints, names: Sequence[str], nothing: str | None = None) -> tuple[Ints, list[str | None]]:
    """Bit masks as names in the order of their bits, joined by `;`; `nothing` where no bit is set.

    Returns a code for each mask, and the text of each code.
    """
    codes, found = pd.factorize(masks)
    return codes, worded(found, names, nothing)


def worded(masks: Ints, names: Sequence[str], nothing: str | None = None) -> list[str | None]:
    """The names of each mask, in the order of their bits, joined by `;`; `nothing` where no bit is set."""
    return [";".join(name for bit, name in enumerate(names) if mask >> bit & 1) or nothing for mask in masks.tolist()]


def stacked(parts: Sequence[tuple[Ints, Sequence[str | None]]]) -> pd.Series[str]:
    """Parts of codes with texts of their own as one column with one dictionary; a text of None is missing."""
    words = sorted({word for _, texts in parts for word in texts if word is not None})
    place = {word: code for code, word in enumerate(words)} | {None: -1}
    small = np.min_scalar_type(-len(words) - 1)
    codes = [np.array([place[word] for word in texts], dtype=small)[code] for code, texts in parts]
    return coded(np.concatenate(codes), pa.array(words, pa.string()))


def repeated(values: Sequence[str | None], times: int | Sequence[int]) -> pd.Series[str]:
    """Each value so many times, one after the other."""
    once = stacked([(np.arange(len(values)), values)])
    return coded(np.repeat(once.cat.codes.to_numpy(), times), once.dtype)


def below(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of the same columns below each other; what repeats has one dictionary."""
    if len(frames) == 1:
        return frames[0]
    return pd.DataFrame({name: _joined([frame[name] for frame in frames]) for name in frames[0]}, copy=False)


def _joined(columns: Sequence[pd.Series[str]]) -> pd.Series[str]:
    parts = [column.array for column in columns]
    repeating = [part for part in parts if isinstance(part, pd.Categorical)]
    return (
        pd.Series(union_categoricals(repeating))
        if len(repeating) == len(parts)
        else pd.concat(columns, ignore_index=True)
    )


def joined(values: pa.Array, sorted_groups: Ints) -> pa.Array:
    """The strings of each run of equal group keys, sorted and joined by `;`; one string a run."""
    starts = np.flatnonzero(first_of_group(sorted_groups))
    if len(starts) == len(sorted_groups):
        return values
    ordered = pa.table({"group": sorted_groups, "value": values}).sort_by(
        [("group", "ascending"), ("value", "ascending")]
    )
    offsets = pa.array(np.append(starts, len(sorted_groups)), pa.int32())
    text_values = ordered["value"].combine_chunks().cast(pa.string())
    return pc.binary_join(pa.ListArray.from_arrays(offsets, text_values), ";")
