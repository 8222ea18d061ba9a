"""Rates with their intervals, one row a definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hpd_etl.report.content import HIDDEN
from hpd_etl.report.drawing.theme import colour

if TYPE_CHECKING:
    import altair as alt

_WIDTH, _ROW = 200, 26
"""Of the plotting area, beside which stand long names, and of a row, in pixels."""
_WHOLES: Final = {"evaluable": "of the evaluable", "treated": "of all treated"}


def interval_chart(frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Two intervals a row; columns definition_id, and rate, low and high of the evaluable and of the treated."""
    import altair as alt

    rows = _long(frame)
    names = list(_WHOLES.values())
    most = rows["high"].max()
    hue = alt.Color("of:N", sort=names, scale=alt.Scale(domain=names, range=[colour("first"), colour("second")]))
    base = alt.Chart(rows).encode(
        y=alt.Y("definition_id:N", title=None, scale=alt.Scale(domain=frame["definition_id"].tolist()),
                axis=alt.Axis(ticks=False, domain=False, grid=True, labelPadding=8)),
        yOffset=alt.YOffset("of:N", sort=names, scale=alt.Scale(paddingOuter=0.6)), color=hue)
    scale = alt.Scale(domain=[0, 100 if pd.isna(most) else min(100.0, 5 * (most // 5 + 1))], nice=False)
    bars = base.mark_rule(strokeWidth=2, aria=False).encode(
        x=alt.X("low:Q", title="HPD (%), 95 % interval", scale=scale, axis=alt.Axis(tickCount=5)), x2="high:Q")
    points = base.mark_point(size=55).encode(
        x="rate:Q", description="said:N",
        shape=alt.Shape("of:N", sort=names, scale=alt.Scale(domain=names, range=["circle", "diamond"])))
    layers = [bars, points]
    if len(unknown := frame.loc[frame["rate_of_treated"].isna(), ["definition_id"]]):
        y = alt.Y("definition_id:N", scale=alt.Scale(domain=frame["definition_id"].tolist()))
        layers.append(alt.Chart(unknown).mark_text(align="left", color=colour("soft"), aria=False).encode(
            x=alt.value(4), y=y, text=alt.value(HIDDEN)))
    chart: alt.TopLevelMixin = alt.layer(*layers).properties(width=_WIDTH, height=_ROW * len(frame))
    return chart


def _long(frame: pd.DataFrame) -> pd.DataFrame:
    """A row a definition and denominator, in percent, told in words; none for what is not known or hidden."""
    parts = []
    for whole, name in _WHOLES.items():
        percent = {part: frame[f"{part}_of_{whole}"].astype("Float64") * 100 for part in ("rate", "low", "high")}
        parts.append(pd.DataFrame({"definition_id": frame["definition_id"], "of": name, **percent}))
    rows = pd.concat(parts).sort_index(kind="stable").dropna(subset=["rate"])
    said = [f"{name}: {rate:.1f} % {of} (95 % interval {low:.1f} to {high:.1f} %)"
            for name, of, rate, low, high in zip(*(rows[name] for name in rows), strict=True)]
    return rows.assign(said=said)
