"""Vectorised grouping against the loops that a reader would write, on random rows and on none."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hpd_etl import grouping
from hpd_etl.grouping import NO_DAY

WORDS = ["Liver", "liver", "lung", "bone", "Lymph node", "zoster"]
SIZES = (0, 1, 2, 7, 300)
N = 9
"""Codes in use are 0 to 7; the last one never has a row."""


@pytest.fixture(params=SIZES)
def rows(request):
    """So many rows of a code, a value, a mark and a word."""
    dice = random.Random(request.param)
    return [(dice.randrange(N - 1), dice.randrange(-20, 20), dice.random() < 0.3, dice.choice([*WORDS, None]))
            for _ in range(request.param)]


def column(rows, place, kind):
    """One column of the rows as an array."""
    return np.array([row[place] for row in rows], dtype=kind)


def grouped(rows):
    """The values of every code."""
    held = defaultdict(list)
    for code, value, *_ in rows:
        held[code].append(value)
    return held


def strings(rows):
    """The words of the rows as a column."""
    return pd.Series([row[3] for row in rows], dtype=pd.StringDtype("pyarrow"))


@pytest.mark.parametrize("as_dictionary", [False, True])
def test_positions(rows, as_dictionary):
    """A word stands where the list has it; a missing or unknown one nowhere, dictionary or not."""
    words = strings(rows).astype("category") if as_dictionary else strings(rows)
    among = ["lung", "liver", "skin"]
    expected = [among.index(row[3]) if row[3] in among else -1 for row in rows]
    assert grouping.positions(words, pa.array(among)).tolist() == expected


def test_positions_among_themselves():
    """The whole list found in itself is in order."""
    words = pd.Series(["bone", "liver", "lung"], dtype=pd.StringDtype("pyarrow"))
    assert grouping.positions(words, grouping.text(words)).tolist() == [0, 1, 2]


@pytest.mark.parametrize("as_dictionary", [False, True])
def test_encoded(rows, as_dictionary):
    """Codes lead back to the words; a missing word has none."""
    codes, names = grouping.encoded(strings(rows).astype("category") if as_dictionary else strings(rows))
    listed = names.to_pylist()
    assert [listed[code] if code >= 0 else None for code in codes] == [row[3] for row in rows]


def test_sorted_codes(rows):
    """Several columns share one alphabetical list."""
    [first, second], names = grouping.sorted_codes(strings(rows), strings(rows[:3]))
    listed = names.to_pylist()
    assert listed == sorted({row[3] for row in rows if row[3]})
    assert [listed[code] if code >= 0 else None for code in first] == [row[3] for row in rows]
    assert [listed[code] if code >= 0 else None for code in second] == [row[3] for row in rows[:3]]


def test_folded(rows):
    """Case is lost, everything else and the index are kept."""
    words = strings(rows).set_axis(range(5, 5 + len(rows)))
    found = grouping.folded(words)
    assert [None if pd.isna(word) else word for word in found] == [row[3] and row[3].lower() for row in rows]
    assert list(found.index) == list(words.index)


def test_days_and_dates(rows):
    """Days since 1970 and back; an unknown date is `NO_DAY` and unknown again."""
    epoch = datetime(1970, 1, 1)
    known = [epoch + pd.Timedelta(days=row[1] * 100) for row in rows]
    series = pd.Series([*known, pd.NaT], dtype="datetime64[us]")
    days = grouping.days(series)
    assert days.tolist() == [*((date - epoch).days for date in known), NO_DAY]
    assert grouping.dates(days).equals(series)


def test_nullable_numbers_and_flags(rows):
    """A missing number is NaN and missing again; a missing flag is not set."""
    values = [None if row[2] else row[1] / 4 for row in rows]
    column_of_numbers = pd.Series(values, dtype="Float64")
    floats = grouping.numbers(column_of_numbers)
    assert [None if np.isnan(value) else value for value in floats] == values
    assert grouping.floats(floats).equals(column_of_numbers)
    marks = pd.Series([None if row[2] else row[1] > 0 for row in rows], dtype="boolean")
    assert grouping.flags(marks).tolist() == [not row[2] and row[1] > 0 for row in rows]


def test_integers(rows):
    """`NO_DAY` is missing; where it is said what is known, that alone decides."""
    values, marks = column(rows, 1, np.int64), column(rows, 2, bool)
    assert grouping.integers(np.append(values, NO_DAY)).tolist() == [*(row[1] for row in rows), pd.NA]
    assert grouping.integers(values, ~marks).tolist() == [pd.NA if row[2] else row[1] for row in rows]


def test_codes_back_to_names(rows):
    """-1 is missing in each of the three kinds of column."""
    codes = np.array([row[0] % 4 - 1 for row in rows], dtype=np.int64)
    names = ["bone", "liver", "lung"]
    expected = [names[code] if code >= 0 else None for code in codes]
    for made in (grouping.named(codes, names), grouping.coded(codes, pa.array(names)), grouping.category(codes, names)):
        assert [None if pd.isna(word) else word for word in made] == expected


def test_point_keys(rows):
    """A person's day comes back from its key, and keys sort by person, then day."""
    person, day = column(rows, 0, np.int64), column(rows, 1, np.int64) * 100_000
    keys = grouping.point_key(person, day)
    back = grouping.point_of(keys)
    assert (back[0].tolist(), back[1].tolist()) == (person.tolist(), day.tolist())
    assert np.argsort(keys, kind="stable").tolist() == sorted(range(len(rows)), key=lambda row: (person[row], day[row]))


@pytest.mark.parametrize("among", [[], [3], [-7, 0, 2, 5, 19]])
def test_lookup(rows, among):
    """A key stands where the sorted list has it, else nowhere."""
    expected = [among.index(row[1]) if row[1] in among else -1 for row in rows]
    assert grouping.lookup(column(rows, 1, np.int64), np.array(among, dtype=np.int64)).tolist() == expected


def test_runs_of_equal_keys(rows):
    """The first of a run is marked, and each row counted within its run."""
    keys = sorted(row[0] for row in rows)
    expected = [sum(other == key for other in keys[:place]) for place, key in enumerate(keys)]
    assert grouping.rank_in_group(np.array(keys, dtype=np.int64)).tolist() == expected
    assert grouping.first_of_group(np.array(keys, dtype=np.int64)).tolist() == [rank == 0 for rank in expected]


def test_distinct_and_stable_order(rows):
    """Distinct keys are sorted; equal keys keep their order, sorted before or not."""
    keys = column(rows, 0, np.int64)
    assert grouping.distinct(keys).tolist() == sorted(set(keys.tolist()))
    assert grouping.stable_order(keys).tolist() == sorted(range(len(keys)), key=lambda row: keys[row])
    assert grouping.stable_order(np.sort(keys)).tolist() == list(range(len(keys)))


def test_by_code(rows):
    """Count, sum, least, greatest and any of each code; a code without a row has the empty value."""
    codes, values, marks = column(rows, 0, np.int64), column(rows, 1, np.int64), column(rows, 2, bool)
    held = grouped(rows)
    assert grouping.count(codes, N).tolist() == [len(held[code]) for code in range(N)]
    assert grouping.total(codes, values / 10, N).tolist() == [round(sum(held[code]) / 10, 6) for code in range(N)]
    assert grouping.lowest(codes, values, N, -99).tolist() == [min(held[code], default=-99) for code in range(N)]
    assert grouping.highest(codes, values, N, 99).tolist() == [max(held[code], default=99) for code in range(N)]
    assert grouping.any_of(codes, marks, N).tolist() == [
        any(mark for code, _, mark, _ in rows if code == wanted) for wanted in range(N)]


def test_totals_are_rounded():
    """0.1 + 0.2 is 0.3 and nothing else."""
    assert grouping.total(np.array([0, 0]), np.array([0.1, 0.2]), 1).tolist() == [0.3]


def test_spelled(rows):
    """Bits are named in their order; without one the word for nothing stands."""
    names = ["a", "b", "c"]
    masks = column(rows, 0, np.int64)
    codes, words = grouping.spelled(masks, names, "none")
    expected = [";".join(name for bit, name in enumerate(names) if mask & 2**bit) or "none" for mask in masks.tolist()]
    assert [words[code] for code in codes] == expected


def test_stacked_and_repeated(rows):
    """Parts with lists of their own become one column; None is missing."""
    codes = np.array([row[0] % 2 for row in rows], dtype=np.int64)
    made = grouping.stacked([(codes, ["x", None]), (codes, ["y", "x"])])
    expected = [["x", None][code] for code in codes] + [["y", "x"][code] for code in codes]
    assert [None if pd.isna(word) else word for word in made] == expected
    twice = grouping.repeated(["a", None], len(rows))
    assert [None if pd.isna(word) else word for word in twice] == ["a"] * len(rows) + [None] * len(rows)


def test_joined(rows):
    """The strings of each run, sorted and joined."""
    ordered = sorted((row[0], f"t:{place}") for place, row in enumerate(rows))
    random.Random(1).shuffle(ordered)
    ordered.sort(key=lambda pair: pair[0])
    held = defaultdict(list)
    for code, name in ordered:
        held[code].append(name)
    values = pa.array([name for _, name in ordered], pa.large_string())
    found = grouping.joined(values, np.array([code for code, _ in ordered], dtype=np.int64))
    assert found.to_pylist() == [";".join(sorted(names)) for names in held.values()]


def test_text_is_one_array(rows):
    """A column in chunks becomes one array with the same words."""
    halves = [strings(rows[:2]), strings(rows[2:])]
    assert grouping.text(pd.concat(halves, ignore_index=True)).to_pylist() == [row[3] for row in rows]
    assert grouping.strings(pa.array(["a", None])).isna().tolist() == [False, True]
