"""Curves of survival: steps with their intervals, and below them how many are still at risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hpd_etl.report.drawing.theme import HEIGHT, LETTERS, VERDICT_COLOURS, VERDICTS, colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt

_OTHERS: Final = tuple(colour(name) for name in ("first", "second", "third", "fourth", "fifth"))
_DASHES: Final = ([1, 0], [7, 3], [2, 2], [8, 2, 2, 2], [12, 4])
_TICKS: Final = 5
_TOLD: Final = 24
"""At most so many times of a curve are told in words, and numbers at risk stand under a few of them."""
_WIDTH: Final = 250
"""Of the plotting area: narrow, for beside the numbers at risk stands whose they are."""
_LINE: Final = 16
"""Height of a row of numbers at risk."""


def survival_chart(frame: pd.DataFrame, *, since: str = "Months") -> alt.TopLevelMixin:
    """Kaplan-Meier curves of the groups in `frame`, with bands for their intervals and the numbers at risk.

    Columns: group, month, survival, low, high, at_risk, events, censored. A row whose estimate is <NA> (hidden) ends
    a piece of the curve; a hidden number at risk is told as "few". `since` is the title of the axis of time.
    """
    import altair as alt

    groups = list(dict.fromkeys(frame["group"]))
    last = float(frame["month"].max()) if len(frame) else 1.0
    months = _every(last, _TICKS)
    scale = alt.Scale(domain=[0, last], nice=False)
    hue = alt.Color("group:N", sort=groups, scale=alt.Scale(domain=groups, range=_colours(groups)),
                    legend=alt.Legend(symbolType="stroke", symbolStrokeWidth=3))
    dashes = alt.StrokeDash("group:N", sort=groups, legend=None,
                            scale=alt.Scale(domain=groups, range=list(_DASHES[: len(groups)])))
    curves = alt.Chart(_told(frame)).encode(
        x=alt.X("month:Q", title=since, scale=scale, axis=alt.Axis(values=months, labelFlush=False)),
        y=alt.Y("survival:Q", title="Probability (%)", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5)))
    above = alt.layer(
        curves.mark_area(interpolate="step-after", opacity=0.15, aria=False).encode(y="low:Q", y2="high:Q", color=hue),
        curves.mark_line(interpolate="step-after", aria=False).encode(color=hue, strokeDash=dashes),
        curves.transform_filter("datum.censored > 0").mark_tick(
            orient="vertical", height=7, thickness=1, aria=False).encode(color=hue),
        curves.transform_filter(alt.FieldOneOfPredicate("month", _every(last, _TOLD))).mark_point(
            shape="square", fillOpacity=0, size=150, color=colour("ink")).encode(description="said:N"),
    ).properties(width=_WIDTH, height=HEIGHT)
    return alt.vconcat(above, _at_risk(frame, groups, months, scale), spacing=4)


def _colours(groups: Sequence[str]) -> list[str]:
    """Verdicts have colours of their own, other groups one after the other."""
    own = dict(zip(VERDICTS.values(), VERDICT_COLOURS, strict=True))
    return [own.get(group, _OTHERS[place % len(_OTHERS)]) for place, group in enumerate(groups)]


def _every(last: float, most: int) -> list[float]:
    """Whole months, so far apart that there are few enough of them."""
    step = next(each for each in (1, 2, 3, 6, 12, 24, 60, 120) if last / each <= most or each == 120)
    return [float(month) for month in range(0, int(last) + 1, step)]


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in percent, and each in words."""
    percent = {name: frame[name].astype("Float64") * 100 for name in ("survival", "low", "high")}
    told = frame[["group", "month", "at_risk"]].assign(**percent)
    said = [
        f"{group}, month {month:g}: {_value(survival)} (95 % interval {_value(low)} to {_value(high)}), "
        f"{_count(at_risk)} at risk"
        for group, month, at_risk, survival, low, high in zip(*(told[name] for name in told), strict=True)
    ]
    return frame.assign(**percent, said=said)[["group", "month", "survival", "low", "high", "censored", "said"]]


def _value(percent: float) -> str:
    return "unknown" if pd.isna(percent) else f"{percent:.0f} %"


def _count(persons: int) -> str:
    return "few" if pd.isna(persons) else f"{persons:,}"


def _at_risk(frame: pd.DataFrame, groups: list[str], months: list[float], scale: alt.Scale) -> alt.Chart:
    """The numbers at risk as text under the axis, a row a group."""
    import altair as alt

    shown = frame[frame["month"].isin(months)]
    shown = shown[["group", "month"]].assign(at_risk=[_count(value) for value in shown["at_risk"]])
    title = alt.TitleParams("At risk", fontWeight="normal", fontSize=LETTERS, offset=2)
    chart: alt.Chart = alt.Chart(shown, title=title).mark_text(aria=False).encode(
        x=alt.X("month:Q", scale=scale, axis=None),
        y=alt.Y("group:N", sort=groups, title=None, axis=alt.Axis(domain=False, ticks=False, labelPadding=20)),
        text="at_risk:N",
    ).properties(width=_WIDTH, height=_LINE * len(groups))
    return chart
