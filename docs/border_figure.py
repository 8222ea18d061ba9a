"""Draw the patient on the border, with all numbers of the figure written into the SVG as its description."""

from __future__ import annotations

import json
from html import unescape
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from pathlib import Path

    from border import Border
    from matplotlib.axes import Axes

COLOURS = {"HPD": "#d55e00", "NOT_HPD": "#56b4e9", "NOT_EVALUABLE": "#bbbbbb"}
"""Told apart by those who do not see red or green, and each has its word beside it."""
HATCHES = {"HPD": "///", "NOT_HPD": "", "NOT_EVALUABLE": "..."}
_BURDENS = {"mm": "sum of diameters", "mm\u00b2": "sum of products", "cm\u00b3": "sum of volumes"}
_DOSES = -0.1
"""Where doses stand, in heights of the figure."""
_STYLE = {"svg.hashsalt": "hpd", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10,
          "axes.spines.top": False, "axes.spines.right": False, "hatch.linewidth": 0.6}


def draw(border: Border, path: Path) -> None:
    """The figure of a border patient as SVG; the same numbers give the same picture on every machine."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7.2, 3.6), layout="constrained")
        axes = figure.add_subplot()
        top = 1.35 * max([*border.sums, *border.edges])
        _limits(axes, border, top)
        _verdicts(axes, border, top)
        _treatment(axes, border, top)
        _scans(axes, border, top)
        if path.suffix == ".svg":
            told = {"Date": None, "Creator": None, "Description": json.dumps(border.numbers())}
            figure.savefig(path, metadata=told)
        else:
            figure.savefig(path, dpi=110)


def read(path: Path) -> dict[str, Any]:
    """The numbers written into a figure."""
    _, _, told = path.read_text("utf-8").partition("<dc:description>")
    numbers: dict[str, Any] = json.loads(unescape(told.partition("</dc:description>")[0]))
    return numbers


def _limits(axes: Axes, border: Border, top: float) -> None:
    span = border.days[-1] - border.days[0]
    axes.set_xlim(border.days[0] - 0.22 * span, max(border.days[-1], border.failed or 0) + 0.3 * span)
    axes.set_ylim(-0.2 * top, top)
    ticks = [float(tick) for tick in axes.get_yticks() if 0 <= tick < top]
    axes.set_yticks([_DOSES * top, *ticks], ["doses", *(f"{tick:g}" for tick in ticks)])
    axes.set_xlabel("days from the first dose")
    axes.set_ylabel(f"{_BURDENS[border.unit]}, {border.unit}")
    axes.axhline(0, color="#666666", linewidth=0.8)


def _verdicts(axes: Axes, border: Border, top: float) -> None:
    """At the first evaluation the verdict that each sum would have had."""
    day, width = border.days[-1], 0.06 * (border.days[-1] - border.days[0])
    levels = [0.0, *border.edges, top]
    for low, high, verdict in zip(levels, levels[1:], border.verdicts, strict=False):
        axes.bar(day + 1.1 * width, high - low, width, low, color=COLOURS[verdict], hatch=HATCHES[verdict],
                 edgecolor="white", linewidth=0)
        axes.text(day + 1.9 * width, (low + high) / 2, verdict, va="center", ha="left")
    for edge in border.edges:
        axes.plot([sum(border.days[-2:]) / 2, day + 1.6 * width], [edge, edge], "--", color="black", linewidth=1)
        axes.text(day + 1.9 * width, edge, f"border {edge:g}", va="center", ha="left", weight="bold")


def _treatment(axes: Axes, border: Border, top: float) -> None:
    """Doses beneath the axis; where the rule asks for it, until when their end is an early failure."""
    height = _DOSES * top
    axes.plot(border.doses, [height] * len(border.doses), color="#666666", linewidth=1)
    axes.plot(border.doses, [height] * len(border.doses), "v", color="black", markersize=7)
    if border.failed is not None:
        axes.plot([border.failed] * 2, [1.8 * height, 0.2 * height], color=COLOURS["HPD"], linewidth=2)
        beside = max(border.failed, *border.doses) + 0.03 * (border.days[-1] - border.days[0])
        axes.text(beside, height, f"two months: day {border.failed:g}", va="center", ha="left")


def _scans(axes: Axes, border: Border, top: float) -> None:
    names = ["pre-baseline", "baseline", "first evaluation"][-len(border.days):]
    axes.plot(border.days, border.sums, "-", color="#666666", linewidth=1.2, zorder=3)
    for day, burden, name in zip(border.days, border.sums, names, strict=True):
        is_last = day == border.days[-1]
        colour = COLOURS[border.verdict] if is_last else "black"
        axes.plot(day, burden, "o", color=colour, markeredgecolor="black", markersize=8, zorder=4)
        axes.annotate(f"{name}\n{burden:.4g} {border.unit}", (day, burden), (-10 if is_last else 8, 10),
                      textcoords="offset points", ha="right", va="bottom")
