"""Charts of courses: changes of the burden and time on treatment, of all and of each patient."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hpd_etl.report.drawing.svg import with_rows
from hpd_etl.report.drawing.theme import HEIGHT, NARROW, WIDE, colour
from hpd_etl.report.drawing.verdicts import ORDER, by_colour, by_dash, by_shape, told

if TYPE_CHECKING:
    import altair as alt

_HIGHEST: Final = 150.0
"""A change above it is drawn at the edge of a waterfall, percent."""
_FARTHEST: Final = 300.0
"""And of a spider."""
_LANE: Final = 7
_SMALL: Final = 90


def bars_of_bands(frame: pd.DataFrame) -> dict[str, Any]:
    """Share of each verdict by band of change, best above first."""
    bands, which = (tuple(dict.fromkeys(frame[name])) for name in ("change", "which"))
    return with_rows(_bands(bands, which), rows=frame[frame["share"].notna() & frame["persons"].gt(0)])


@cache
def _bands(bands: tuple[str, ...], which: tuple[str, ...]) -> str:
    import altair as alt

    bars = alt.Chart(alt.NamedData("rows")).mark_bar().encode(
        x=alt.X("change:N", sort=bands, title="change from baseline, %",
                scale=alt.Scale(domain=bands, paddingInner=0.15),
                axis=alt.Axis(labelAngle=-40, ticks=False, labelOverlap=False)),
        xOffset=alt.XOffset("verdict:N", sort=ORDER, scale=alt.Scale(domain=ORDER)),
        y=alt.Y("share:Q", title="share of the verdict", axis=alt.Axis(format="%", tickCount=4)), color=by_colour())
    made = bars.properties(width=NARROW, height=_SMALL).facet(
        row=alt.Row("which:N", sort=which, title=None, header=alt.Header(orient="top")), spacing=12)
    return str(made.to_json(validate=False, indent=None))


def ribbons(frame: pd.DataFrame) -> dict[str, Any]:
    """Median and quartiles of the change by month; a month that may not be shown is passed over."""
    shown = frame[frame["median_pct"].notna()]
    return with_rows(_ribbons(), rows=shown.assign(told=told(shown, (f"month {month}" for month in shown["month"]))))


@cache
def _ribbons() -> str:
    import altair as alt

    base = alt.Chart().encode(
        x=alt.X("month:Q", title="months after the first dose", axis=alt.Axis(tickMinStep=1)), color=by_colour())
    y = alt.Y("median_pct:Q", title="change from baseline, %")
    made = alt.layer(
        base.mark_area(opacity=0.18, aria=False).encode(y=alt.Y("lower_pct:Q"), y2="upper_pct:Q"),
        base.mark_line(aria=False).encode(y=y, strokeDash=by_dash()),
        base.mark_point(filled=True, size=36).encode(y=y, shape=by_shape(), description="told:N"),
        data=alt.NamedData("rows"))
    return str(made.properties(width=NARROW, height=HEIGHT).to_json(validate=False, indent=None))


def waterfall(frame: pd.DataFrame) -> alt.TopLevelMixin:
    """A bar a patient, the best change; a dash at the first change."""
    import altair as alt

    rows = frame.assign(place=range(len(frame)), best=frame["best_pct"].clip(upper=_HIGHEST),
                        first=frame["first_pct"].clip(upper=_HIGHEST),
                        told=[f"{row['patient']}, {row['verdict']}: best {_percent(row['best_pct'])}, first "
                              f"{_percent(row['first_pct'])}" for row in frame.to_dict("records")])
    base = alt.Chart().encode(x=alt.X("place:O", axis=None), description="told:N")
    title = alt.Y("best:Q", title="change from baseline, %", scale=alt.Scale(domain=[-100, _HIGHEST]))
    lines = alt.Chart(pd.DataFrame({"at": [-30, 0, 20]}))
    return alt.layer(
        lines.mark_rule(color=colour("soft"), strokeDash=[4, 3], strokeWidth=1, aria=False).encode(y="at:Q"),
        base.mark_bar().encode(y=title, color=by_colour()),
        base.mark_tick(thickness=2, color=colour("ink"), aria=False).encode(y="first:Q"), data=rows,
    ).properties(width=WIDE, height=HEIGHT)


def spider(frame: pd.DataFrame, month_days: float) -> alt.TopLevelMixin:
    """A line a patient from 0 % on, over months."""
    import altair as alt

    start = frame.drop_duplicates("patient").assign(day=0, change_pct=0.0)
    rows = pd.concat([start, frame], ignore_index=True)
    rows = rows.assign(month=rows["day"] / month_days, change=rows["change_pct"].clip(upper=_FARTHEST))
    lines = alt.Chart(rows).mark_line(strokeWidth=1.2, opacity=0.6).encode(
        x=alt.X("month:Q", title="months after the first dose"), y=alt.Y("change:Q", title="change from baseline, %"),
        color=by_colour(), strokeDash=by_dash(), detail="patient:N", order="day:Q")
    made: alt.TopLevelMixin = lines.properties(width=WIDE, height=HEIGHT * 1.3)
    return made


def swimmer(frame: pd.DataFrame, month_days: float) -> alt.TopLevelMixin:
    """A lane a patient: the bar is time on treatment; events are shapes, not colours."""
    import altair as alt

    known_to = frame["death_day"].fillna(frame["followed_days"]).fillna(frame["treated_days"])
    rows = frame.assign(lane=range(len(frame)), months=frame["treated_days"] / month_days, to=known_to / month_days)
    base = alt.Chart(rows).encode(y=alt.Y("lane:O", axis=None))
    bars = base.mark_bar(height=_LANE - 2).encode(x=alt.X("months:Q", title="months after the first dose"),
                                                  color=by_colour())
    followed = base.mark_rule(color=colour("line"), aria=False).encode(x="months:Q", x2="to:Q")
    events = pd.concat([
        rows.assign(event="progression", at=rows["progression_day"] / month_days),
        rows.assign(event="died", at=rows["death_day"] / month_days),
        rows[rows["ongoing"].fillna(False)].assign(event="no end known", at=lambda own: own["months"]),
    ])[["lane", "patient", "event", "at"]].dropna(subset=["at"])
    shapes = alt.Shape("event:N", title=None, scale=alt.Scale(
        domain=["progression", "died", "no end known"], range=["diamond", "cross", "triangle-right"]))
    marks = alt.Chart(events).mark_point(filled=True, size=30, color=colour("ink")).encode(
        y="lane:O", x="at:Q", shape=shapes)
    return alt.layer(followed, bars, marks).properties(width=WIDE, height=max(len(frame), 1) * _LANE)


def _percent(value: float) -> str:
    return "not known" if pd.isna(value) else f"{value:+.0f} %"
