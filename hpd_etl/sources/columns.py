"""Rows of one source table as columns, and the way from them to the columns of Records."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.grouping import Bools, Floats, Ints, repeating, strings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hpd_etl.sources.refused_codes import Tells

Text: TypeAlias = "pa.Array[Any]"


@dataclass(frozen=True)
class Encoded:
    """Texts by their distinct texts: a position in `texts` for every row, -1 where it is null."""

    texts: tuple[str, ...]
    codes: Ints

    def decided(self, decide: Callable[[str], int]) -> Ints:
        """`decide` of every row, asked once for each distinct text; -1 where the text is null."""
        answers = np.array([*map(decide, self.texts), -1], dtype=np.int64)
        return answers[self.codes]

    def said(self, say: Callable[[str], str | None]) -> Text:
        """`say` of every row, asked once for each distinct text and held once; null where the text is null."""
        answers = pa.array(list(map(say, self.texts)), pa.string()).dictionary_encode()
        at = answers.indices.take(pa.array(self.codes, mask=self.codes < 0))
        return pa.DictionaryArray.from_arrays(at, answers.dictionary)


def by_text(values: Text) -> Encoded:
    """These texts by their distinct texts."""
    found = one(pc.dictionary_encode(values))
    codes = pc.fill_null(found.indices, -1).to_numpy(zero_copy_only=False)
    return Encoded(tuple(found.dictionary.to_pylist()), np.asarray(codes, dtype=np.int64))


@dataclass(frozen=True)
class Rows:
    """The rows of one source table; `origin` is the name before `:` in a source_id, `key` its primary key.

    Rows made of FHIR resources are counted under a name of their own, `counted`: one resource may give several.
    """

    origin: str
    key: str
    table: pa.Table
    counted: str = ""
    tells: Tells | None = None
    """What a part of a row says as a code; asked only of rows that are refused."""
    _encoded: dict[str, Encoded] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def text(self, name: str) -> Text:
        """A column as one array of strings."""
        return one(self.table.column(name)).cast(pa.string())

    def encoded(self, name: str) -> Encoded:
        """A column of texts by its distinct texts; encoded once."""
        if name not in self._encoded:
            self._encoded[name] = by_text(self.text(name))
        return self._encoded[name]

    def decided(self, name: str, decide: Callable[[str], int]) -> Ints:
        """`decide` of every text of a column, asked once for each distinct one; -1 where it is null."""
        return self.encoded(name).decided(decide)

    def ints(self, name: str) -> Ints:
        """A column of whole numbers; 0, OMOP's "no concept", where it is null."""
        values = pc.fill_null(self.table.column(name).cast(pa.int64()), 0)
        return np.asarray(values.to_numpy(), dtype=np.int64)

    def floats(self, name: str) -> Floats:
        """A column of numbers, NaN where it is null."""
        return np.asarray(self.table.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)

    def present(self, name: str) -> Bools:
        """Where a column is not null."""
        return np.asarray(pc.is_valid(self.table.column(name)).to_numpy(), dtype=np.bool_)

    def take(self, mask: Bools) -> Rows:
        """The rows that are marked."""
        return self if mask.all() else replace(self, table=self.table.filter(pa.array(mask)), _encoded={})

    def repeat(self, rows: Ints) -> Rows:
        """The rows at these positions, as often as they are named."""
        return replace(self, table=self.table.take(pa.array(rows)), _encoded={})

    def persons(self) -> pd.Series[str]:
        """The person of every row; each is written out once."""
        found = pc.dictionary_encode(one(self.table.column("person_id")))
        return repeating(pa.DictionaryArray.from_arrays(found.indices, found.dictionary.cast(pa.string())))

    def source_ids(self) -> pd.Series[str]:
        """`table:id` of every row; a column `source_id` holds it whole."""
        if self.key == "source_id":
            return strings(self.text("source_id"))
        return strings(pc.binary_join_element_wise(pa.scalar(self.origin), self.text(self.key), ":"))

    def precision(self) -> dict[str, pd.Series[str]]:
        """The column `date_precision`, where the source can tell less than a day."""
        known = "precision" in self.table.column_names
        return {"date_precision": strings(self.text("precision"))} if known else {}

    def dates(self, name: str) -> pd.Series[pd.Timestamp]:
        """A column of calendar days."""
        return pd.Series(self.table.column(name).cast(pa.timestamp("us")).to_numpy())


def one(values: pa.ChunkedArray[Any] | pa.Array[Any]) -> pa.Array[Any]:
    """A column as a single array."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def first_known(*columns: Text) -> Text:
    """The first text that is not null, row by row."""
    filled = [texts for texts in columns if texts.null_count < len(texts)]
    return filled[0] if len(filled) == 1 else one(pc.coalesce(*(texts.cast(pa.string()) for texts in columns)))


def booleans(values: Bools) -> pd.Series[bool]:
    """A nullable flag column that is always known."""
    return pd.Series(pd.array(values, dtype="boolean"))


def code_lookup(values: Ints, keys: Sequence[int]) -> Ints:
    """The position of each value in `keys`; -1 where it is none of them."""
    if not len(keys):
        return np.full(len(values), -1, dtype=np.int64)
    order = np.argsort(np.asarray(keys, dtype=np.int64), kind="stable")
    ordered = np.asarray(keys, dtype=np.int64)[order]
    at = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.where(ordered[at] == values, order[at], -1)


def text_lookup(values: Text, keys: Sequence[str]) -> Ints:
    """The position of each text in `keys`; -1 where it is none of them."""
    if not len(keys):
        return np.full(len(values), -1, dtype=np.int64)
    found = pc.fill_null(pc.index_in(values, pa.array(list(keys), pa.string())), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def group_codes(*columns: Ints) -> tuple[Ints, int]:
    """One code for each distinct combination of values, in order of appearance, and how many there are."""
    combined, n = _appearance(columns[0])
    for column in columns[1:]:
        right, width = _appearance(column)
        combined, n = _appearance(combined * max(width, 1) + right)
    return combined, n


def _appearance(values: Ints) -> tuple[Ints, int]:
    """Codes of the values by hashing, a fifth of the time of sorting them."""
    found = pc.dictionary_encode(pa.array(values))
    return np.asarray(found.indices.to_numpy(), dtype=np.int64), len(found.dictionary)
