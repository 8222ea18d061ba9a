"""The funnels of many definitions in one drawing: how many are left after each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hpd_etl.report.drawing.theme import LETTERS, colour, counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import altair as alt

_CELL: Final = (74, 20)
"""Width and height of a cell, in pixels."""
_HEAD: Final = 14
"""Height of a line above the columns."""
_BREAK: Final = "|"
_DARK: Final = 0.6
"""From such an opacity on, words stand on the colour in the colour of the paper."""


def funnel_chart(frame: pd.DataFrame, *, steps: Mapping[str, Sequence[str]]) -> alt.TopLevelMixin:
    """A row a definition, a column a step; columns of the frame as in `flow`."""
    import altair as alt

    cells = remaining(frame, steps)
    words = {step: step.split(" ") for step in cells["step"]}
    lines = max(map(len, words.values()))
    heads = {step: _BREAK.join([""] * (lines - len(each)) + each) for step, each in words.items()}
    cells = cells.assign(head=cells["step"].map(heads))
    base = alt.Chart(cells).encode(
        x=alt.X("head:N", sort=None, title=None, axis=alt.Axis(
            orient="top", labelAngle=0, domain=False, ticks=False, labelLineHeight=_HEAD,
            labelPadding=_HEAD * lines + 4, labelBaseline="top", labelExpr=f"split(datum.label, '{_BREAK}')")),
        y=alt.Y("definition_id:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False)))
    tiles = base.mark_rect(color=colour("first"), stroke=colour("paper"), strokeWidth=1).encode(
        opacity=alt.Opacity("share:Q", scale=None, legend=None), description="said:N")
    numbers = base.mark_text(fontSize=LETTERS, aria=False).encode(
        text="number:N", color=alt.Color("ink:N", scale=None, legend=None))
    rows = cells["definition_id"].nunique()
    chart: alt.LayerChart = (tiles + numbers).properties(
        width=_CELL[0] * (cells["step"].nunique()), height=_CELL[1] * rows)
    return chart


def remaining(frame: pd.DataFrame, steps: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """How many are left after each step, as far as it follows from counts that are shown.

    Columns definition_id, step, left, share (of the treated, 0.05 to 1; 0 where not known), number, said and ink.
    """
    parts = []
    lost = pd.DataFrame({step: frame[step if len(reasons) > 1 else reasons[0]] for step, reasons in steps.items()})
    for row in range(len(frame)):
        left, treated = lost.iloc[row].astype("Int64"), frame["treated"].iloc[row]
        forwards = treated - left.cumsum(skipna=False)
        after = left[::-1].cumsum(skipna=False)[::-1].shift(-1, fill_value=0)
        known = pd.concat([pd.Series({"treated": treated}, dtype="Int64"),
                           forwards.fillna(after + frame["evaluable"].iloc[row])])
        parts.append(pd.DataFrame({"definition_id": frame["definition_id"].iloc[row], "step": known.index,
                                   "left": known.array, "treated": treated}))
    cells = pd.concat(parts, ignore_index=True)
    share = (cells["left"] / cells["treated"]).astype("Float64").fillna(0)
    return cells.assign(
        share=share.clip(lower=0.05).where(cells["left"].notna(), 0.0),
        number=[counted(n) for n in cells["left"]],
        said=[f"{name}: {counted(n)} left after {step}" for name, step, n in
              zip(cells["definition_id"], cells["step"], cells["left"], strict=True)],
        ink=[colour("paper") if each >= _DARK else colour("ink") for each in share])
