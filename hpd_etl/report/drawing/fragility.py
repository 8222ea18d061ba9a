"""HPD as labelled against HPD as expected, and what other readings take from it and give to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hpd_etl.report.drawing.theme import colour

if TYPE_CHECKING:
    import altair as alt

_WIDTH, _ROW = 200, 20
_BREAK: Final = ": "
_KINDS: Final = {
    "hpd": ("labelled", "hpd", "circle"), "hpd_expected": ("expected", "first", "diamond"),
    "hpd_fragile": ("fragile", "second", "square"),
}
_CHANGES: Final = {"hpd_lost": ("HPD lost", "second", -1), "hpd_gained": ("HPD gained", "hpd", 1)}


def expectation_chart(frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Three points a row; columns definition_id, hpd, hpd_expected and hpd_fragile."""
    import altair as alt

    rows = frame.melt("definition_id", list(_KINDS), "kind", "persons").dropna(subset=["persons"])
    rows["persons"] = rows["persons"].astype("Float64")
    rows["kind"] = rows["kind"].map({name: words for name, (words, _, _) in _KINDS.items()})
    rows["said"] = [f"{name}: {n:,g} HPD {kind}" for name, kind, n in
                    zip(rows["definition_id"], rows["kind"], rows["persons"], strict=True)]
    names, colours, shapes = zip(*_KINDS.values(), strict=True)
    chart: alt.Chart = alt.Chart(rows).mark_point(size=60).encode(
        y=_names(frame["definition_id"].tolist(), "definition_id"),
        x=alt.X("persons:Q", title="Persons", axis=alt.Axis(tickCount=4)),
        color=alt.Color("kind:N", scale=alt.Scale(domain=names, range=[colour(each) for each in colours])),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=names, range=shapes)), description="said:N",
    ).properties(width=_WIDTH, height=_ROW * len(frame))
    return chart


def readings_chart(frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Bars to both sides; columns parameter, value, hpd_lost and hpd_gained."""
    import altair as alt

    names = (frame["parameter"].astype(str) + _BREAK + frame["value"].astype(str)).str.replace("_", " ")
    rows = frame[list(_CHANGES)].assign(reading=names).melt("reading", None, "change", "n").dropna(subset=["n"])
    rows["bar"] = rows["n"] * rows["change"].map({name: sign for name, (_, _, sign) in _CHANGES.items()})
    rows["change"] = rows["change"].map({name: words for name, (words, _, _) in _CHANGES.items()})
    rows["said"] = [f"{reading}: {n:,} labels, {change}" for reading, change, n in
                    zip(rows["reading"], rows["change"], rows["n"], strict=True)]
    changes = [words for words, _, _ in _CHANGES.values()]
    chart: alt.Chart = alt.Chart(rows).mark_bar(height=_ROW - 6).encode(
        y=_names(names.tolist(), "reading", _BREAK),
        x=alt.X("bar:Q", title="Labels", axis=alt.Axis(tickCount=4, labelExpr="format(abs(datum.value), ',')")),
        color=alt.Color("change:N", legend=alt.Legend(symbolType="square", symbolStrokeWidth=0), scale=alt.Scale(
            domain=changes, range=[colour(name) for _, name, _ in _CHANGES.values()])),
        description="said:N",
    ).properties(width=_WIDTH, height=2 * _ROW * len(frame))
    return chart


def _names(names: list[str], column: str, broken_at: str = "|") -> alt.Y:
    """An axis with a line for each of the names; those of two parts stand on two."""
    import altair as alt

    return alt.Y(f"{column}:N", scale=alt.Scale(domain=names), title=None, axis=alt.Axis(
        ticks=False, domain=False, grid=True, labelPadding=8, labelOverlap=False,
        labelExpr=f"split(datum.label, '{broken_at}')"))
