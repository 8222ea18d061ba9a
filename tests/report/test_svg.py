"""A drawing is as the page, a file beside it and a reader without eyes need it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hpd_etl.report.drawing import svg
from hpd_etl.report.drawing.svg import drawn, spec
from hpd_etl.report.drawing.theme import DARK, PALETTE, colour
from hpd_etl.vega import renderer
from tests.report import drawings

if TYPE_CHECKING:
    import altair as alt

    from hpd_etl.report.drawing.svg import Drawing

ROWS = pd.DataFrame({"name": ["a", "b", "c"], "persons": pd.array([10, 20, 5], dtype="Int64")})


def bars(frame: pd.DataFrame) -> alt.Chart:
    """A bar a row, cut where the plotting area ends."""
    import altair as alt

    return alt.Chart(frame).mark_bar(color=colour("hpd"), clip=True).encode(
        x=alt.X("persons:Q", title="Persons"), y="name:N")


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    """Three bars."""
    return drawings.of(drawings.figure(bars, ROWS))


def test_marks_say_what_they_are_and_axes_are_silent(drawing: Drawing):
    """Each of three bars has its words; axes are hidden from who listens, and nothing else has any."""
    assert drawings.said(drawing) == ["Persons: 10; name: a", "Persons: 20; name: b", "Persons: 5; name: c"]
    assert {"Persons", "a", "b", "c"} <= set(drawings.written(drawing))
    hidden = [each for each in drawings.elements(drawing) if each.get("aria-hidden") == "true"]
    assert {text.text for group in hidden for text in group.iter("text")} == set(drawings.written(drawing))


def test_the_page_says_the_colours_and_a_file_has_its_own(drawing: Drawing):
    """In the page every colour is a variable that light and dark know; beside it none is, on white."""
    assert drawings.colours(drawing.inline) == {"var(--hpd)", "var(--ink)", "var(--soft)"}
    assert PALETTE.keys() == DARK.keys()
    alone = drawing.standalone()
    assert "var(" not in alone
    assert drawings.colours(alone) == {PALETTE[name] for name in ("hpd", "ink", "soft", "paper")}
    assert alone.startswith('<svg xmlns="http://www.w3.org/2000/svg"')


def test_it_is_named_and_described(drawing: Drawing):
    """Title and alternative text stand in it, once each, and it refers to them by the key of the figure."""
    [root, title, told, *_] = drawings.elements(drawing)
    assert root.attrib["aria-labelledby"] == "a-figure-title a-figure-desc"
    assert root.attrib["role"] == "img"
    assert (title.get("id"), title.text) == ("a-figure-title", "Rates & more")
    assert (told.get("id"), told.text) == ("a-figure-desc", "What is <seen>.")


def test_names_of_two_drawings_do_not_meet(drawing: Drawing):
    """What is cut off is cut by the shape of its own drawing: all ids begin with the key, and references have one."""
    other = drawings.of(drawings.figure(bars, ROWS, "another"))
    ids = [{each.attrib["id"] for each in drawings.elements(one) if "id" in each.attrib} for one in (drawing, other)]
    assert not ids[0] & ids[1]
    assert all(name.startswith("a-figure-") for name in ids[0])
    [clipped] = {each.attrib["clip-path"] for each in drawings.elements(drawing) if "clip-path" in each.attrib}
    assert clipped.removeprefix("url(#").removesuffix(")") in ids[0]


def test_what_is_hidden_is_not_drawn():
    """A row without its count has no mark; the others stay as they are."""
    rows = ROWS.assign(persons=pd.array([10, pd.NA, 5], dtype="Int64"))
    assert drawings.said(drawings.of(drawings.figure(bars, rows))) == ["Persons: 10; name: a", "Persons: 5; name: c"]


def test_a_wide_drawing_keeps_its_width_and_a_narrow_one_shrinks(drawing: Drawing):
    """On a telephone a wide figure is scrolled, another one is made smaller."""
    [width, _] = drawing.size
    assert f'style="width:100%;max-width:{width:g}px;overflow:visible"' in drawing.inline
    wide = drawn(drawings.figure(bars, ROWS, wide=True), ROWS)
    assert f'style="width:{width:g}px;overflow:visible"' in wide.inline


def test_pixels_are_two_for_one(drawing: Drawing):
    """The PNG is twice as wide and high as the drawing."""
    content = drawing.png().result()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == tuple(2 * side for side in drawing.size)


def test_many_are_drawn_as_one_by_one(drawing: Drawing):
    """Side by side in other processes: the same drawings and pixels, each once, also of some that share a chart."""
    figures = [drawings.figure(bars, ROWS), *(drawings.figure(bars, ROWS.tail(1), f"f{n}") for n in range(2))]
    with renderer(1000) as drawer:
        begun = [(figure, drawer.svg(spec(figure, figure.frame))) for figure in figures]
        made = [svg.drawing(figure, rendered.result()) for figure, rendered in begun]
        pixels = [each.png(drawer).result() for each in made]
    assert begun[1][1] is begun[2][1]
    assert made == [drawing, *(drawings.of(figure) for figure in figures[1:])]
    assert pixels == [each.png().result() for each in made]
