"""What the next scan said of those who are HPD, a bar a definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hpd_etl.report.drawing.theme import colour

if TYPE_CHECKING:
    import altair as alt

_WIDTH, _ROW = 200, 20
_STATES: Final = {
    "confirmed": ("confirmed", "hpd"), "refuted": ("refuted", "third"), "provisional": ("to come", "second"),
    "unresolved": ("unresolved", "not-evaluable"), "not_applicable": ("nothing to confirm", "line"),
}
"""Column, what it is called and its colour, in the order of the bars and of the legend."""


def outcome_chart(frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Stacked bars; columns definition_id and the states of confirmation."""
    import altair as alt

    names, colours = zip(*_STATES.values(), strict=True)
    rows = frame.melt("definition_id", list(_STATES), "state", "persons")
    rows = rows[(rows["persons"] > 0).fillna(False)]
    order = rows["state"].map({state: place for place, state in enumerate(_STATES)})
    words = rows["state"].map({state: name for state, (name, _) in _STATES.items()})
    said = [f"{definition}: {n:,} HPD, {word}" for definition, n, word in
            zip(rows["definition_id"], rows["persons"], words, strict=True)]
    bars = rows.assign(state=words, place=order, said=said)
    chart: alt.Chart = alt.Chart(bars).mark_bar(stroke=colour("paper"), strokeWidth=1).encode(
        y=alt.Y("definition_id:N", scale=alt.Scale(domain=frame["definition_id"].tolist()), title=None,
                axis=alt.Axis(ticks=False, domain=False, labelPadding=6, labelOverlap=False)),
        x=alt.X("persons:Q", title="HPD, persons", axis=alt.Axis(tickCount=4)),
        color=alt.Color("state:N", scale=alt.Scale(domain=names, range=[colour(each) for each in colours]),
                        legend=alt.Legend(columns=2, symbolType="square", symbolStrokeWidth=0)),
        order="place:Q", description="said:N",
    ).properties(width=_WIDTH, height=_ROW * len(frame))
    return chart
