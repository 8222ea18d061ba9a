"""Colours, sizes and letters of all figures.

A colour is a variable of the page, so that a figure follows light, dark and print; `PALETTE` says what it is on
white and in a file of its own, `DARK` on black. The colours are those of Okabe and Ito, told apart by people who see
few of them; the dark ones are the same hues, lighter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from hpd_etl import vega
from hpd_etl.report.content import HIDDEN
from hpd_etl.schema import Verdict

NARROW: Final = 300
"""Width of the plotting area of a figure, in pixels: with its axis it fits a telephone."""
WIDE: Final = 760
HEIGHT: Final = 220

PALETTE: Final = {
    "ink": "#1b1f24", "soft": "#57606a", "line": "#d0d7de", "paper": "#ffffff",
    "hpd": "#d55e00", "not-hpd": "#0072b2", "not-evaluable": "#8a8f98",
    "first": "#0072b2", "second": "#e69f00", "third": "#009e73", "fourth": "#cc79a7", "fifth": "#56b4e9",
}
"""What each variable of the page is on white paper."""

DARK: Final = {
    "ink": "#e8ebee", "soft": "#a9b3bd", "line": "#3a434d", "paper": "#14181d",
    "hpd": "#ff8a3d", "not-hpd": "#5aaeef", "not-evaluable": "#8f97a1",
    "first": "#5aaeef", "second": "#f0b429", "third": "#2fc79a", "fourth": "#e29ac4", "fifth": "#a6d8ff",
}
"""What it is in the dark."""

FONT: Final = "system-ui, sans-serif"
MEASURED: Final = vega.LETTERS
"""By what room is made for words: wide letters, so that nothing is cut off where others are used."""
LETTERS: Final = 12
"""Size of the smallest letters, in pixels."""

VERDICTS: Final = {Verdict.HPD: "HPD", Verdict.NOT_HPD: "not HPD", Verdict.NOT_EVALUABLE: "not evaluable"}
"""What verdicts are called for people, in the order of every legend."""


def colour(name: str) -> str:
    """The colour as a variable of the page."""
    if name not in PALETTE:
        raise KeyError(name)
    return f"var(--{name})"


def counted(persons: int) -> str:
    """A number of persons as people write it."""
    return HIDDEN if pd.isna(persons) else f"{persons:,}"


VERDICT_COLOURS: Final = tuple(colour(name) for name in ("hpd", "not-hpd", "not-evaluable"))


def _axis() -> Mapping[str, Any]:
    return {
        "labelColor": colour("ink"), "titleColor": colour("ink"), "labelFont": MEASURED, "titleFont": MEASURED,
        "labelFontSize": LETTERS, "titleFontSize": LETTERS, "titleFontWeight": "normal", "titlePadding": 8,
        "domainColor": colour("soft"), "tickColor": colour("soft"), "tickSize": 4, "labelLimit": 320,
        "grid": False, "gridColor": colour("line"), "labelOverlap": True,
    }


CONFIG: Final[Mapping[str, Any]] = {
    "background": None, "padding": 4, "font": MEASURED,
    "view": {"stroke": None, "continuousWidth": NARROW, "continuousHeight": HEIGHT},
    "axis": _axis(),
    "axisY": {"titleAnchor": "middle"},
    "legend": {
        "orient": "top", "direction": "horizontal", "title": None, "labelColor": colour("ink"), "labelFont": MEASURED,
        "labelFontSize": LETTERS, "titleColor": colour("ink"), "titleFont": MEASURED, "titleFontSize": LETTERS,
        "titleFontWeight": "normal", "symbolOpacity": 1, "offset": 6, "labelLimit": 320, "columnPadding": 16,
    },
    "header": {
        "labelColor": colour("ink"), "titleColor": colour("ink"), "labelFont": MEASURED, "titleFont": MEASURED,
        "labelFontSize": LETTERS, "titleFontSize": LETTERS, "labelFontWeight": "bold", "labelAnchor": "start",
        "labelLimit": 320,
    },
    "title": {"color": colour("ink"), "font": MEASURED, "fontSize": LETTERS + 1, "anchor": "start", "offset": 8},
    "text": {"color": colour("ink"), "font": MEASURED, "fontSize": LETTERS},
    "rule": {"color": colour("soft")},
    "point": {"filled": True, "size": 50, "opacity": 1},
    "line": {"strokeWidth": 2},
    "rect": {"color": colour("first")}, "bar": {"color": colour("first")},
    "range": {"category": [colour(name) for name in ("first", "second", "third", "fourth", "fifth")]},
}
"""What every chart looks like unless it says otherwise; Vega-Lite's `config`."""
