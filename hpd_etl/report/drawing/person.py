"""The timeline of one person: doses, other therapies, scans, what is known, and below them the lesions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hpd_etl.report.drawing.theme import HEIGHT, WIDE, colour
from hpd_etl.schema import ScanRole

if TYPE_CHECKING:
    import altair as alt

LANES: Final = ("doses", "other therapies", "scans", "known of")
WINDOWS: Final = {ScanRole.PRE: "pre-baseline", ScanRole.BASELINE: "baseline", ScanRole.POST: "first evaluation"}
"""What windows are called, by the role of the scan that is looked for in them."""
_LANE: Final = 30
_ROLES: Final = {ScanRole.PRE: ("triangle-left", "second"), ScanRole.BASELINE: ("square", "not-hpd"),
                 ScanRole.POST: ("triangle-right", "hpd"), ScanRole.REFUSED: ("cross", "not-evaluable")}
_KINDS: Final = {"sum of the targets": ("ink", [1, 0], 3), "target": ("first", [1, 0], 1.6),
                 "other lesion": ("not-evaluable", [4, 3], 1.2), "new lesion": ("hpd", [2, 2], 1.6)}


def timeline(frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Events above, sizes below, on the same days.

    The frame has the columns `part` (window, span, event, scan or size), `lane`, `kind`, `what`, `day`, `to_day`, `mm`.
    """
    import altair as alt

    shown = frame.assign(lane=frame["lane"].astype("string"))
    days = pd.concat([shown["day"], shown["to_day"]]).dropna()
    scale = alt.Scale(domain=[int(days.min()) - 8, int(days.max()) + 8], nice=False)
    x = alt.X("day:Q", title="days from the first dose", scale=scale, axis=alt.Axis(tickCount=12))
    bare = alt.X("day:Q", title=None, scale=scale, axis=alt.Axis(labels=False, ticks=False, tickCount=12))
    upper = alt.layer(*_shades(shown, bare, named=True), *_events(shown, bare)).properties(
        width=WIDE, height=len(LANES) * _LANE)
    lower = alt.layer(*_shades(shown, x, named=False), *_sizes(shown, x)).properties(width=WIDE, height=HEIGHT)
    made: alt.TopLevelMixin = alt.vconcat(upper, lower, spacing=6).resolve_scale(color="independent",
                                                                                shape="independent")
    return made


def _shades(frame: pd.DataFrame, x: alt.X, *, named: bool) -> list[alt.Chart]:
    """The windows in which scans are looked for, and the day of the first dose."""
    import altair as alt

    windows = frame[frame["part"] == "window"]
    first_dose = alt.Chart(pd.DataFrame({"day": [0]}))
    marks = [alt.Chart(windows[windows["what"] == what]).mark_rect(
        color=colour(_ROLES[role][1]), opacity=0.13, aria=False).encode(x=x, x2="to_day:Q")
        for role, what in WINDOWS.items()]
    marks.append(first_dose.mark_rule(color=colour("soft"), strokeDash=[3, 3], aria=False).encode(x=x))
    if named:
        before = windows["what"] == WINDOWS[ScanRole.BASELINE]  # its name ends where the next one begins
        ends = alt.Chart(windows[before].assign(day=windows["to_day"]))
        look: dict[str, Any] = {"baseline": "bottom", "color": colour("soft"), "fontSize": 11, "aria": False}
        marks += [each.encode(x=x, y=alt.value(-3), text="what:N") for each in (
            ends.mark_text(align="right", dx=-3, **look),
            alt.Chart(windows[~before]).mark_text(align="left", dx=3, **look))]
    return marks


def _events(frame: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    import altair as alt

    y = alt.Y("lane:N", sort=list(LANES), title=None, scale=alt.Scale(domain=list(LANES)),
              axis=alt.Axis(ticks=False, domain=False))
    spans, events = frame[frame["part"] == "span"], frame[frame["part"] == "event"]
    scans, roles = frame[frame["part"] == "scan"], [str(role) for role in _ROLES]
    look = list(_ROLES.values())
    return [
        alt.Chart(spans).mark_bar(height=7, color=colour("fifth"), cornerRadius=2).encode(
            x=x, x2="to_day:Q", y=y, description="what:N"),
        alt.Chart(events).mark_tick(thickness=2.5, height=16, color=colour("ink")).encode(
            x=x, y=y, description="what:N"),
        alt.Chart(events[events["kind"] == "named"]).mark_text(
            align="left", dx=5, dy=-9, color=colour("ink"), fontSize=11, aria=False).encode(x=x, y=y, text="what:N"),
        alt.Chart(scans).mark_point(filled=True, size=80).encode(
            x=x, y=y, description="what:N",
            shape=alt.Shape("kind:N", title=None, legend=alt.Legend(offset=22),
                            scale=alt.Scale(domain=roles, range=[shape for shape, _ in look])),
            color=alt.Color("kind:N", title=None, legend=alt.Legend(offset=22), scale=alt.Scale(
                domain=roles, range=[colour(name) for _, name in look]))),
    ]


def _sizes(frame: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    import altair as alt

    sizes, kinds = frame[frame["part"] == "size"], list(_KINDS)
    scale = alt.Scale(domain=kinds, range=[colour(name) for name, _, _ in _KINDS.values()])
    dash = alt.Scale(domain=kinds, range=[dashes for _, dashes, _ in _KINDS.values()])
    width = alt.Scale(domain=kinds, range=[strong for _, _, strong in _KINDS.values()])
    base = alt.Chart(sizes).encode(
        x=x, y=alt.Y("mm:Q", title="mm", scale=alt.Scale(zero=True)), detail="lane:N",
        color=alt.Color("kind:N", title=None, scale=scale))
    last = sizes.sort_values("day").drop_duplicates("lane", keep="last")
    return [
        base.mark_line(aria=False).encode(strokeDash=alt.StrokeDash("kind:N", title=None, scale=dash),
                                          strokeWidth=alt.StrokeWidth("kind:N", legend=None, scale=width)),
        base.mark_point(filled=True, size=28).encode(description="what:N"),
        alt.Chart(last).mark_text(align="left", dx=6, color=colour("ink"), fontSize=11, aria=False).encode(
            x=x, y="mm:Q", text="lane:N"),
    ]
