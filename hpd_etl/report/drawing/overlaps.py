"""Exact combinations of definitions: bars of persons, and below each which definitions belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpd_etl.report.drawing.theme import LETTERS, colour, counted

if TYPE_CHECKING:
    import altair as alt

_COLUMN, _ROW, _BARS, _SIZES = 34, 18, 140, 110
"""Width of a column, height of a row, of the bars above, and width of those beside the names, in pixels."""


def overlap_chart(frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Bars above a matrix of marks, and beside it the sizes of the sets; columns as of `agreeing.combinations`."""
    import altair as alt

    sets, sizes = (_told(frame[frame["kind"] == kind]) for kind in ("combination", "definition"))
    sets = sets.assign(place=range(1, len(sets) + 1))
    dots = sets.assign(name=sets["definitions"].str.split(";")).explode("name")[["place", "name"]]
    rules = sizes["definitions"].tolist()
    dots = dots[dots["name"].isin(rules)]
    width, height = _COLUMN * len(sets), _ROW * len(rules)
    place = alt.X("place:O", scale=alt.Scale(domain=sets["place"].tolist()), axis=None)
    above = alt.Chart(sets).encode(x=place, y=alt.Y("persons:Q", title="Persons", axis=alt.Axis(tickCount=4)))
    bars: alt.LayerChart = (above.mark_bar(color=colour("first")).encode(description="said:N")
            + above.mark_text(dy=-7, fontSize=LETTERS - 1, aria=False).encode(y="top:Q", text="number:N")
            ).properties(width=width, height=_BARS)
    if not rules:
        return bars
    name = alt.Y("name:N", scale=alt.Scale(domain=rules), title=None, axis=alt.Axis(
        domain=False, ticks=False, grid=True, labelOverlap=False, labelPadding=8))
    matrix = alt.Chart(dots).mark_square(color=colour("ink"), size=90, opacity=1, aria=False).encode(x=place, y=name)
    beside = alt.Chart(sizes.rename(columns={"definitions": "name"})).encode(
        y=alt.Y("name:N", scale=alt.Scale(domain=rules), axis=None),
        x=alt.X("persons:Q", title="HPD, persons", axis=alt.Axis(tickCount=3)))
    totals = beside.mark_bar(color=colour("hpd"), height=_ROW - 6).encode(description="said:N")
    blank = alt.Chart(sizes.head(1)).mark_text(aria=False).encode(text=alt.value(""))
    return alt.concat(bars, blank.properties(width=_SIZES, height=_BARS),
                      matrix.properties(width=width, height=height), totals.properties(width=_SIZES, height=height),
                      columns=2, spacing=6)


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, each in words."""
    number = [counted(persons) for persons in rows["persons"]]
    said = [f"{name.replace(';', ', ')}: {n}" for name, n in zip(rows["definitions"], number, strict=True)]
    top = rows["persons"].fillna(0)  # what is hidden is said at the foot
    return rows[["definitions", "persons"]].assign(top=top, number=number, said=said).reset_index(drop=True)
