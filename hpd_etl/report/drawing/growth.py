"""Charts of growth and burden."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hpd_etl.report.drawing.svg import with_rows
from hpd_etl.report.drawing.theme import HEIGHT, NARROW, colour, counted
from hpd_etl.report.drawing.verdicts import ORDER, by_colour, by_dash, by_shape, told

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import altair as alt

    from hpd_etl.grouping import Floats

SQUARE: Final = 280
_LINE: Final = 19
_CELLS: Final = 8
_STEPS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_OUTER: Final = (0.03, 0.97)
"""Quantiles between which values have a place of their own."""


def bars_of_zones(frame: pd.DataFrame) -> dict[str, Any]:
    """Persons by zone of growth, a line for each verdict that is there; of a hidden count stands that it is hidden."""
    there = frame[frame["persons"].isna() | frame["persons"].gt(0)]
    first = ~there["zone"].duplicated()
    return with_rows(_bars(), rows=pd.DataFrame({
        "verdict": there["verdict"], "zone": there["zone"], "length": there["persons"].fillna(0),
        "line": there["zone"].where(first, "") + "|" + there["zone"] + "|" + there["verdict"],
        "told": [counted(count) for count in there["persons"]],
        "said": [f"{zone}, {verdict}: {counted(count)}"
                 for zone, verdict, count in zip(there["zone"], there["verdict"], there["persons"], strict=True)]}))


@cache
def _bars() -> str:
    import altair as alt

    base = alt.Chart().encode(
        x=alt.X("length:Q", title="persons", axis=alt.Axis(tickMinStep=1, tickCount=5)),
        y=alt.Y("line:N", sort=None, title=None, scale=alt.Scale(paddingInner=0.2),
                axis=alt.Axis(ticks=False, domain=False, labelExpr="split(datum.label, '|')[0]")))
    made = alt.layer(base.mark_bar().encode(color=by_colour(), description="said:N"),
                     base.mark_text(align="left", dx=3, aria=False).encode(text="told:N"), data=alt.NamedData("rows"))
    return str(made.properties(width=NARROW - 120, height=alt.Step(_LINE)).to_json(validate=False, indent=None))


def points(frame: pd.DataFrame, times: float) -> dict[str, Any]:
    """Growth before (x) against growth on treatment (y), a point a patient, with the lines of 1 and `times`."""
    low, high = _room(frame["tgk_pre"], frame["tgk_post"])
    rows = frame.assign(x=frame["tgk_pre"].clip(*low), y=frame["tgk_post"].clip(*high),
                        told=[_told(row) for row in frame.to_dict("records")])
    return _on_plane(rows, low, high, times, counts=False)


def _told(row: Mapping[Hashable, object]) -> str:
    return (f"{row['patient']}, {row['verdict']}: {row['tgk_pre']:.3g} mm/month before, {row['tgk_post']:.3g} on "
            "treatment")


def plane(frame: pd.DataFrame, step: float, times: float) -> dict[str, Any]:
    """Counts of persons in cells of growth before (x) and on treatment (y); verdicts of a cell side by side."""
    shown = frame[frame["persons"].notna()]
    aside = shown["verdict"].map({name: (number + 1) / (len(ORDER) + 1) for number, name in enumerate(ORDER)})
    place = aside.astype("Float64")
    rows = shown.assign(x=shown["pre_from"] + step * place, y=shown["post_from"] + step / 2)
    low, high = ((float(frame[name].min()), float(frame[name].max()) + step) if len(frame) else (0.0, step)
                 for name in ("pre_from", "post_from"))
    return _on_plane(rows, low, high, times, counts=True)


def _on_plane(rows: pd.DataFrame, low: tuple[float, float], high: tuple[float, float], times: float, *,
              counts: bool) -> dict[str, Any]:
    """Marks at x and y, with the lines of growth as before and of the acceleration, where there was growth before."""
    ends = [(ratio, min(low[1], high[1] / ratio)) for ratio in (1.0, float(times))]
    lines = [{"line": f"{ratio:g} x", "x": x, "y": ratio * x} for ratio, end in ends for x in (0.0, max(end, 0.0))]
    room = {"x_from": low[0], "x_to": low[1], "y_from": high[0], "y_to": high[1]}
    return {**with_rows(_plane(counts), rows=rows, lines=lines),
            "params": [{"name": name, "value": value} for name, value in room.items()]}


@cache
def _plane(counts: bool) -> str:
    import altair as alt

    def along(name: str) -> dict[str, Any]:
        return {"axis": alt.Axis(tickCount=6), "scale": alt.Scale(
            domainMin=alt.expr(f"{name}_from"), domainMax=alt.expr(f"{name}_to"), nice=False, zero=False)}

    rows = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("x:Q", title="TGK before treatment, mm/month", **along("x")),
        y=alt.Y("y:Q", title="TGK on treatment, mm/month", **along("y")), color=by_colour(), shape=by_shape())
    if counts:
        legend = alt.Legend(title="persons", tickCount=3, orient="bottom")
        size = alt.Size("persons:Q", scale=alt.Scale(range=[8, 500]), legend=legend)
        marks = rows.mark_point(filled=True, opacity=0.8).encode(size=size)
    else:
        marks = rows.mark_point(filled=False, size=45, strokeWidth=1.5).encode(description="told:N")
    made = alt.layer(*_lines(), marks).properties(width=SQUARE, height=SQUARE)
    return str(made.to_json(validate=False, indent=None))


def _lines() -> list[alt.Chart]:
    """Zero, and the lines."""
    import altair as alt

    zero, lines = alt.Chart(alt.InlineData([{"at": 0}])), alt.Chart(alt.NamedData("lines"))
    return [zero.mark_rule(color=colour("line"), aria=False).encode(x="at:Q"),
            zero.mark_rule(color=colour("line"), aria=False).encode(y="at:Q"),
            lines.mark_line(color=colour("soft"), strokeWidth=1.2, aria=False).encode(
                x="x:Q", y="y:Q", strokeDash=alt.StrokeDash("line:N", legend=None)),
            lines.transform_filter("datum.x > 0").mark_text(
                align="right", dx=-4, dy=-4, color=colour("soft"), aria=False).encode(x="x:Q", y="y:Q", text="line:N")]


def step_of(values: Floats) -> float:
    """The side of a cell so that those between the outer quantiles take at most eight."""
    low, high = np.quantile(values, _OUTER)
    return float(next((step for step in _STEPS if (high - low) / step <= _CELLS - 2), _STEPS[-1]))


def binned(values: Floats, step: float) -> Floats:
    """Where the cell of each value begins; what lies beyond the outer quantiles is in the outermost cells."""
    low, high = np.quantile(values, _OUTER)
    return np.asarray(np.clip(np.floor(values / step), np.floor(low / step), np.floor(high / step)) * step)


def _room(*columns: pd.Series[float]) -> list[tuple[float, float]]:
    """Between what each axis goes: the middle of the values and some air, zero included."""
    rooms = []
    for column in columns:
        low, high = np.quantile(column.to_numpy(np.float64), _OUTER)
        air = max(0.1 * (high - low), 1.0)
        rooms.append((float(min(low, 0.0) - air), float(max(high, 0.0) + air)))
    return rooms


def relative(frame: pd.DataFrame) -> dict[str, Any]:
    """Median and quartiles of the burden in percent of baseline at the three scans, by verdict."""
    scans = tuple(dict.fromkeys(frame["scan"]))
    shown = frame[frame["median_pct"].notna()]
    aside = shown["verdict"].map({name: (number - 1) * 0.12 for number, name in enumerate(ORDER)}).astype("Float64")
    place = shown["scan"].map({name: number for number, name in enumerate(scans)}).astype("Float64")
    return with_rows(_quartiles(scans), rows=shown.assign(place=place + aside, told=told(shown, shown["scan"])))


@cache
def _quartiles(scans: tuple[str, ...]) -> str:
    import altair as alt

    labels = " : ".join(f"datum.value == {number} ? '{name}'" for number, name in enumerate(scans)) + " : ''"
    x = alt.X("place:Q", title=None, scale=alt.Scale(domain=[-0.4, 2.4], nice=False),
              axis=alt.Axis(values=[0, 1, 2], labelExpr=labels))
    median = alt.Y("median_pct:Q", title="burden, % of baseline", scale=alt.Scale(zero=False))
    base = alt.Chart()
    made = alt.layer(
        base.mark_rule(strokeWidth=1.5, aria=False).encode(x=x, y="lower_pct:Q", y2="upper_pct:Q", color=by_colour()),
        base.mark_line(aria=False).encode(x=x, y=median, color=by_colour(), strokeDash=by_dash()),
        base.mark_point(filled=True, size=45).encode(
            x=x, y=median, color=by_colour(), shape=by_shape(), description="told:N"),
        data=alt.NamedData("rows"))
    return str(made.properties(width=NARROW, height=HEIGHT).to_json(validate=False, indent=None))


def courses(frame: pd.DataFrame) -> alt.TopLevelMixin:
    """The burden of each patient at the three scans, a line each."""
    import altair as alt

    base = alt.Chart().encode(
        x=alt.X("baseline_day:Q", title="days from the baseline scan", axis=alt.Axis(tickCount=5)),
        y=alt.Y("burden_mm:Q", title="burden, mm"), detail="patient:N")
    return alt.layer(base.mark_line(color=colour("hpd"), strokeWidth=1.2, opacity=0.55),
                     base.mark_point(color=colour("hpd"), filled=True, size=14, opacity=0.55, aria=False), data=frame,
                     ).properties(width=NARROW, height=HEIGHT)
