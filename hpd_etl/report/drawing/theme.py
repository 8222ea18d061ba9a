"""Colours, sizes and letters of all figures.

A colour is a variable of the page, so that a figure follows light, dark and print; `PALETTE` says what it is in
a file of its own. The colours are those of Okabe and Ito, told apart by people who see few of them.
"""

from __future__ import annotations

from typing import Final

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

VERDICTS: Final = {Verdict.HPD: "HPD", Verdict.NOT_HPD: "not HPD", Verdict.NOT_EVALUABLE: "not evaluable"}
"""What verdicts are called for people, in the order of every legend."""


def colour(name: str) -> str:
    """The colour as a variable of the page."""
    if name not in PALETTE:
        raise KeyError(name)
    return f"var(--{name})"


VERDICT_COLOURS: Final = tuple(colour(name) for name in ("hpd", "not-hpd", "not-evaluable"))
