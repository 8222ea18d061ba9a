"""What is hidden stays hidden: judged by looking through all tables that would show the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpd_etl.report.cells import hidden, shareable
from hpd_etl.report.content import Listing, Report, Rows, Section, Story

WIDTHS = {"none": {}, "a part": {"hpd": "all"}, "partition": {"hpd": "all", "other": "all"},
          "chain": {"hpd": "other", "other": "all"}}


def rows(frame: pd.DataFrame, parts_of: dict[str, str] | None = None, within: tuple[str, ...] = ("of",),
         **more: object) -> Listing:
    """A table whose columns but `of` and `p` count persons."""
    counts = tuple(name for name in frame.columns if name not in ("of", "p"))
    return Listing(key="k", title="t", frame=frame, counts=counts, within=within, parts_of=parts_of or {}, **more)


@st.composite
def tables(draw: st.DrawFn) -> Listing:
    """Up to three rows in one or two groups, with one to three columns that may be parts of each other."""
    parts_of = WIDTHS[draw(st.sampled_from(sorted(WIDTHS)))]
    size = draw(st.integers(1, 3))
    count = st.lists(st.integers(0, 7), min_size=size, max_size=size)
    frame = pd.DataFrame({"hpd": draw(count), "other": draw(count)})
    if parts_of == WIDTHS["chain"]:
        frame["other"] += frame["hpd"]
        frame["all"] = frame["other"] + draw(count)
    elif parts_of:
        frame["all"] = frame["hpd"] + frame["other"]
        frame = frame if "other" in parts_of else frame.drop(columns="other")
    groups = draw(st.lists(st.sampled_from("ab"), min_size=size, max_size=size))
    return rows(frame.assign(of=sorted(groups)), parts_of, draw(st.sampled_from([(), ("of",)])))


def alike(part: Rows, shown: pd.DataFrame) -> dict[str, np.ndarray]:
    """By column all tables near the true one that show the same, have the same sums and nothing below zero.

    A table is a row of each column's array; all of them are tried.
    """
    names = list(part.counts)
    truth, unseen = part.frame[names].to_numpy(np.int64), shown[names].isna().to_numpy()
    moves = np.array(list(product((0, 1, -1, 2, -2), repeat=unseen.sum())), np.int64).reshape(5 ** unseen.sum(), -1)
    tables = np.repeat(truth[None], len(moves), axis=0)
    tables[:, unseen] += moves
    fits = (tables >= 0).all(axis=(1, 2))
    for own in part.frame.groupby(list(part.within)).indices.values() if part.within else ():
        if len(own) > 1:
            fits &= (tables[:, own].sum(axis=1) == truth[own].sum(axis=0)).all(axis=1)
    column = {name: number for number, name in enumerate(names)}
    for name, of in part.parts_of.items():
        fits &= (tables[:, :, column[name]] <= tables[:, :, column[of]]).all(axis=1)
    for whole in set(part.parts_of.values()):
        parts = [column[name] for name, of in part.parts_of.items() if of == whole]
        if len(parts) > 1 and (truth[:, parts].sum(axis=1) == truth[:, column[whole]]).all():
            fits &= (tables[:, :, parts].sum(axis=2) == tables[:, :, column[whole]]).all(axis=1)
    return {name: tables[fits][:, :, number] for name, number in column.items()}


@settings(deadline=None, max_examples=60)
@given(tables(), st.integers(2, 5))
def test_no_small_count_and_no_small_rest_follows_from_what_is_shown(part: Listing, min_cell: int) -> None:
    """For each small count there is another table that shows the same with another number there; so for small rests."""
    shown = hidden(part, min_cell)
    unseen = shown[list(part.counts)].isna()
    if unseen.to_numpy().sum() > 6:  # too many tables to try them all; a smaller one has the same faults
        return
    others = alike(part, shown)
    for name in part.counts:
        for row in np.flatnonzero(part.frame[name].between(1, min_cell - 1)):
            assert len(np.unique(others[name][:, row])) > 1
    for name, of in part.parts_of.items():
        for row in np.flatnonzero((part.frame[of] - part.frame[name]).between(1, min_cell - 1)):
            assert len(np.unique(others[of][:, row] - others[name][:, row])) > 1


@given(tables(), st.integers(0, 5))
def test_every_small_count_is_hidden_and_nothing_else_changes(part: Listing, min_cell: int) -> None:
    """1 to below the limit is never shown; what is shown is as it was; up to a limit of 1 everything is."""
    shown = hidden(part, min_cell)
    for name in part.counts:
        true, seen = part.frame[name], shown[name].notna()
        assert not (true.between(1, min_cell - 1) & seen).any()
        assert (shown[name][seen] == true[seen]).all()
        assert min_cell > 1 or seen.all()
    assert part.frame.equals(part.frame.copy())


@given(tables(), st.integers(2, 5))
def test_hiding_twice_is_hiding_once(part: Listing, min_cell: int) -> None:
    """What was shown once is shown again."""
    once = hidden(part, min_cell)
    pd.testing.assert_frame_equal(hidden(replace(part, frame=once), min_cell), once)


def test_the_smallest_other_of_the_group_is_hidden_too() -> None:
    """3 of a known sum would follow from the others; of 20, 9 and 0 the 9 is hidden, and nothing in the other group."""
    shown = hidden(rows(pd.DataFrame({"of": ["a"] * 4 + ["b"] * 2, "n": [20, 3, 9, 0, 30, 7]})), 5)
    assert shown["n"].tolist() == [20, pd.NA, pd.NA, 0, 30, 7]


def test_a_part_is_hidden_where_its_rest_is_small() -> None:
    """Of 40 evaluable persons 38 are HPD: two are not, so the 38 is not shown, and the 40 is."""
    frame = pd.DataFrame({"hpd": [38, 20], "all": [40, 40]})
    assert hidden(rows(frame, {"hpd": "all"}, within=()), 5).to_numpy().tolist() == [[pd.NA, 40], [20, 40]]


def test_what_is_computed_from_hidden_counts_is_hidden() -> None:
    """A p-value goes with any count of its group, a percentage with those of its row; the next group keeps both."""
    frame = pd.DataFrame({"of": ["a", "a", "a", "b", "b"], "n": [3, 9, 20, 12, 14], "share": [0.1, 0.3, 0.6, 0.5, 0.5],
                          "p": [0.02, None, None, 0.7, None]})
    shown = hidden(replace(rows(frame), counts=("n",), derived=("p", "share"), percent=("share",)), 5)
    assert shown["p"].fillna(-1).tolist() == [-1, -1, -1, 0.7, -1]
    assert shown["share"].fillna(-1).tolist() == [-1, -1, 0.6, 0.5, 0.5]


def test_a_sum_of_verdicts_that_another_definition_tells_hides_more() -> None:
    """2 of 18 are off treatment; of both verdicts together 32 are by any definition, so the 30 is hidden too."""
    frame = pd.DataFrame({"verdict": ["HPD"] * 2 + ["not HPD"] * 2, "state": ["on", "off"] * 2, "n": [16, 2, 40, 30]})
    part = Listing(key="k", title="t", frame=frame, counts=("n",), within=("verdict",))
    assert hidden(part, 5)["n"].tolist() == [pd.NA, pd.NA, 40, 30]
    assert hidden(replace(part, also_within=("state",)), 5)["n"].isna().all()


def test_what_other_tables_tell_is_hidden_for_its_own_sake_alone() -> None:
    """Of 52 with a finding 4 are HPD: another table shows the 52, so the 48 are hidden and the 52 are not."""
    frame = pd.DataFrame({"hpd": [4, 20], "other": [48, 30], "all": [52, 50]})
    part = rows(frame, WIDTHS["partition"], within=(), told=("all",))
    assert hidden(part, 5).to_numpy().tolist() == [[pd.NA, pd.NA, 52], [20, 30, 50]]
    few = rows(frame.assign(of="a", all=[3, 50]), WIDTHS["a part"], told=("all",))
    assert hidden(few, 5)["all"].isna().all()


def test_a_row_whose_sums_stand_elsewhere_is_hidden_as_a_whole() -> None:
    """Where one count is small none of its row is shown; in the next row all are."""
    frame = pd.DataFrame({"both": [40, 20], "one": [3, 6]})
    shown = hidden(rows(frame, within=(), whole_rows=True), 5)
    assert shown.to_numpy().tolist() == [[pd.NA, pd.NA], [20, 6]]


def test_a_missing_count_is_no_small_one() -> None:
    """What was never counted tells nothing and is left out of every sum."""
    shown = hidden(rows(pd.DataFrame({"of": ["a"] * 3, "n": pd.array([None, 8, 9], "Int64")})), 5)
    assert shown["n"].tolist() == [pd.NA, 8, 9]


@pytest.mark.parametrize("patients", [True, False])
def test_a_shareable_report_has_no_part_of_single_patients(patients: bool) -> None:
    """Such parts go, and a section in which nothing else stands goes with them."""
    story = Story(key="s", title="A patient", paragraphs=("P001",), patients=True)
    count = rows(pd.DataFrame({"of": ["a"], "n": [7]}))
    report = Report({}, (Section("one", "One", "", (story, count)), Section("two", "Two", "", (story,))), 5, patients)
    assert [(each.key, each.parts) for each in shareable(report).sections] == [("one", (count,))]
