"""Each two definitions: how far they agree, as a shade and in hundredths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hpd_etl.report.drawing.theme import LETTERS, colour

if TYPE_CHECKING:
    import altair as alt

BANDS: Final = ("below 0.2", "0.2 to 0.4", "0.4 to 0.6", "0.6 to 0.8", "0.8 or more")
_SHADES: Final = (0.08, 0.27, 0.46, 0.68, 0.95)
_CELL: Final = 25
_NUMBERED: Final = 30
"""Of more rules the numbers would be too many; the shades and what each cell says remain."""
_KINDS: Final = {"kappa": ("first", "Cohen's kappa"), "jaccard": ("third", "Jaccard")}


def matrix_chart(frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Kappa above and Jaccard below the diagonal; columns first, second, kappa and jaccard with their bands."""
    import altair as alt

    rules = list(dict.fromkeys([*frame["first"], *frame["second"]]))
    cells = _cells(frame)
    both = alt.Scale(domain=rules)
    base = alt.Chart(cells).encode(
        x=alt.X("column:N", scale=both, title=None, axis=alt.Axis(
            orient="top", labelAngle=-90, domain=False, ticks=False, labelOverlap=False)),
        y=alt.Y("row:N", scale=both, title=None, axis=alt.Axis(domain=False, ticks=False, labelOverlap=False)))
    legend = alt.Legend(orient="bottom", symbolType="square", symbolSize=200, symbolStrokeWidth=0,
                        symbolFillColor=colour("first"))
    shades = alt.Scale(type="ordinal", domain=list(BANDS), range=list(_SHADES))
    kinds = [name for _, name in _KINDS.values()]
    hue = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[colour(name) for name, _ in _KINDS.values()]),
                    legend=alt.Legend(orient="bottom", symbolType="square", symbolSize=200, symbolStrokeWidth=0))
    tiles = base.mark_rect(stroke=colour("paper"), strokeWidth=1).encode(
        opacity=alt.Opacity("band:O", scale=shades, legend=legend), color=hue, description="said:N")
    numbers = base.transform_filter("datum.number != ''").mark_text(fontSize=LETTERS - 1, aria=False).encode(
        text="number:N", color=alt.Color("ink:N", scale=None))
    layers = [tiles, numbers] if len(rules) <= _NUMBERED else [tiles]
    side = _CELL * len(rules)
    chart: alt.TopLevelMixin = alt.layer(*layers).resolve_scale(color="independent").properties(width=side, height=side)
    return chart


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    """A row a cell; none where a coefficient is not defined."""
    parts = []
    for name, (row, column) in {"kappa": ("first", "second"), "jaccard": ("second", "first")}.items():
        part = frame[[row, column, name, f"{name}_band"]].set_axis(["row", "column", "value", "band"], axis=1)
        parts.append(part.assign(kind=_KINDS[name][1]))
    cells = pd.concat(parts, ignore_index=True).dropna(subset=["band"])
    number = ["" if pd.isna(value) else f"{100 * value:.0f}" for value in cells["value"]]
    said = [f"{row} and {column}: {kind} {band if pd.isna(value) else format(value, '.2f')}"
            for row, column, value, band, kind in zip(*(cells[name] for name in cells), strict=True)]
    ink = [colour("paper") if band in BANDS[3:] else colour("ink") for band in cells["band"]]
    return cells.assign(number=number, said=said, ink=ink)
