"""Curves of survival: steps with their intervals, and below them how many are still at risk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil
from typing import Any, Final

import pandas as pd

from hpd_etl.report.drawing.svg import with_rows
from hpd_etl.report.drawing.theme import HEIGHT, LETTERS, VERDICT_COLOURS, VERDICTS, colour, counted

_OTHERS: Final = tuple(colour(name) for name in ("first", "second", "third", "fourth", "fifth"))
_DASHES: Final = ([1, 0], [7, 3], [2, 2], [8, 2, 2, 2], [12, 4])
_TICKS: Final = 5
_TOLD: Final = 24
"""At most so many times of a curve are told in words, and numbers at risk stand under a few of them."""
_WIDTH: Final = 250
"""Of the plotting area: narrow, for beside the numbers at risk stands whose they are."""
_LINE: Final = 16
"""Height of a row of numbers at risk."""


def survival_chart(frame: pd.DataFrame, *, since: str = "Months") -> dict[str, Any]:
    """Kaplan-Meier curves of the groups in `frame`, with bands for their intervals and the numbers at risk.

    Columns: group, month, survival, low, high, at_risk, events, censored. A row whose estimate is <NA> (hidden) ends
    a piece of the curve; a hidden number at risk is told as such. `since` is the title of the axis of time.
    """
    groups, last = tuple(dict.fromkeys(frame["group"])), ceil(frame["month"].max()) if len(frame) else 1
    months = _every(last, _TICKS)
    whole = -(-last // months[1]) * months[1] if len(months) > 1 else last
    curves = _told(frame).assign(is_told=frame["month"].isin(_every(last, _TOLD)))
    at_risk = frame.loc[frame["month"].isin(months), ["group", "month", "at_risk"]]
    return with_rows(_chart(groups, whole, tuple(months), since), curves=curves,
                     at_risk=at_risk.assign(at_risk=[counted(value) for value in at_risk["at_risk"]]))


@cache
def _chart(groups: tuple[str, ...], last: int, months: tuple[int, ...], since: str) -> str:
    """The chart of these groups, whoever is in them: it is drawn for every definition."""
    import altair as alt

    scale = alt.Scale(domain=[0, last], nice=False)
    hue = alt.Color("group:N", sort=groups, scale=alt.Scale(domain=groups, range=_colours(groups)),
                    legend=alt.Legend(symbolType="stroke", symbolStrokeWidth=3))
    dashes = alt.StrokeDash("group:N", sort=groups, legend=None,
                            scale=alt.Scale(domain=groups, range=list(_DASHES[: len(groups)])))
    curves = alt.Chart(alt.NamedData("curves")).encode(
        x=alt.X("month:Q", title=since, scale=scale, axis=alt.Axis(values=months, labelFlush=False)),
        y=alt.Y("survival:Q", title="Probability (%)", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5)))
    above = alt.layer(
        curves.mark_area(interpolate="step-after", opacity=0.15, aria=False).encode(y="low:Q", y2="high:Q", color=hue),
        curves.mark_line(interpolate="step-after", aria=False).encode(color=hue, strokeDash=dashes),
        curves.transform_filter("datum.censored > 0").mark_tick(
            orient="vertical", height=7, thickness=1, aria=False).encode(color=hue),
        curves.transform_filter("datum.is_told").mark_point(
            shape="square", fillOpacity=0, size=150, color=colour("ink")).encode(description="said:N"),
    ).properties(width=_WIDTH, height=HEIGHT)
    title = alt.TitleParams("At risk", fontWeight="normal", fontSize=LETTERS, offset=2)
    below = alt.Chart(alt.NamedData("at_risk"), title=title).mark_text(aria=False).encode(
        x=alt.X("month:Q", scale=scale, axis=None),
        y=alt.Y("group:N", sort=groups, title=None, axis=alt.Axis(domain=False, ticks=False, labelPadding=20)),
        text="at_risk:N",
    ).properties(width=_WIDTH, height=_LINE * len(groups))
    return str(alt.vconcat(above, below, spacing=4).to_json(validate=False, indent=None))


def _colours(groups: Sequence[str]) -> list[str]:
    """Verdicts have colours of their own, other groups one after the other."""
    own = dict(zip(VERDICTS.values(), VERDICT_COLOURS, strict=True))
    return [own.get(group, _OTHERS[place % len(_OTHERS)]) for place, group in enumerate(groups)]


def _every(last: int, most: int) -> list[int]:
    """Whole months, so far apart that there are few enough of them."""
    step = next(each for each in (1, 2, 3, 6, 12, 24, 60, 120) if last / each <= most or each == 120)
    return list(range(0, last + 1, step))


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in percent, and each in words."""
    percent = {name: frame[name].astype("Float64") * 100 for name in ("survival", "low", "high")}
    told = frame[["group", "month", "at_risk"]].assign(**percent)
    said = [
        f"{group}, month {month:g}: {_value(survival)} (95 % interval {_value(low)} to {_value(high)}), "
        f"{counted(at_risk)} at risk"
        for group, month, at_risk, survival, low, high in zip(*(told[name] for name in told), strict=True)
    ]
    return frame.assign(**percent, said=said)[["group", "month", "survival", "low", "high", "censored", "said"]]


def _value(percent: float) -> str:
    return "unknown" if pd.isna(percent) else f"{percent:.0f} %"
