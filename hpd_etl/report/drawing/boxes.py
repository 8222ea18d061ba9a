"""Boxes and arrows: who was treated, who left at which step and why, and what was found of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hpd_etl.report.drawing.svg import with_rows
from hpd_etl.report.drawing.theme import LETTERS, VERDICTS, colour, counted
from hpd_etl.schema import Verdict

if TYPE_CHECKING:
    import altair as alt

WIDTH: Final = 350
_MAIN, _SIDE, _TRUNK, _OTHER = 150, 104, 52, 190
"""How wide a box of the trunk is, where those beside it begin, where the trunk runs, and where the other verdict is."""
_LINE, _MARGIN, _GAP = 17, 6, 12


@dataclass
class _Plan:
    """What is drawn where, in pixels."""

    boxes: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    tips: list[dict[str, Any]] = field(default_factory=list)

    def box(self, x: int, y: int, width: int, words: Sequence[str], edge: str) -> int:
        """A box with its first line in bold; where it ends."""
        end = y + len(words) * _LINE + 2 * _MARGIN
        self.boxes.append({"x": x, "x2": x + width, "y": y, "y2": end, "edge": edge, "said": ": ".join(
            [words[0], ", ".join(words[1:])])})
        for place, text in enumerate(words):
            self.words.append({"x": x + 8, "y": y + _MARGIN + place * _LINE + _LINE / 2, "text": text,
                               "weight": "normal" if place else "bold"})
        return end

    def line(self, *points: tuple[float, float], shape: str | None = None) -> None:
        """Straight lines through the points; with a tip of this shape at the last."""
        for (x, y), (x2, y2) in pairwise(points):
            self.lines.append({"x": x, "y": y, "x2": x2, "y2": y2})
        if shape:
            self.tips.append({"x": points[-1][0], "y": points[-1][1], "shape": shape})


def flow_chart(frame: pd.DataFrame, *, steps: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The flow of persons; one row, a column a count, and `steps` says for which reasons people leave at each."""
    plan, persons = _Plan(), {str(name): frame[name].iloc[0] for name in frame.columns}
    end = plan.box(0, 0, _MAIN, ["treated", counted(persons["treated"])], colour("soft"))
    trunk = end
    for words in _left(persons, steps):
        begin = end + _GAP
        end = plan.box(_SIDE, begin, WIDTH - _SIDE - 1, words, colour("line"))
        middle = (begin + end) / 2
        plan.line((_TRUNK, middle), (_SIDE - 6, middle), shape="triangle-right")
    begin = end + 2 * _GAP
    plan.line((_TRUNK, trunk), (_TRUNK, begin - 6), shape="triangle-down")
    fork = plan.box(0, begin, _MAIN, ["evaluable", counted(persons["evaluable"])], colour("soft"))
    begin, other = fork + 3 * _GAP, _OTHER + _TRUNK
    plan.line((_TRUNK, fork), (_TRUNK, begin - 6), shape="triangle-down")
    plan.line((_TRUNK, fork + _GAP), (other, fork + _GAP), (other, begin - 6), shape="triangle-down")
    plan.box(0, begin, _MAIN, [VERDICTS[Verdict.HPD], counted(persons["hpd"])], colour("hpd"))
    end = plan.box(_OTHER, begin, _MAIN, [VERDICTS[Verdict.NOT_HPD], counted(persons["not_hpd"])], colour("not-hpd"))
    return {**with_rows(_chart(), **vars(plan)), "height": end + 1}


def _left(persons: Mapping[str, int], steps: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """The lines of the box of each step at which somebody leaves."""
    for step, reasons in steps.items():
        there = [name for name in reasons if pd.isna(persons[name]) or persons[name]]
        if there:
            all_of_them = f": {counted(persons[step])}" if len(there) > 1 else ""
            yield [f"{step}{all_of_them}", *(f"{name.replace('_', ' ')}: {counted(persons[name])}" for name in there)]


@cache
def _chart() -> str:
    """Boxes, words, lines and tips wherever their rows put them."""
    import altair as alt

    def at(name: str) -> alt.Chart:
        return alt.Chart(alt.NamedData(name)).encode(x=alt.X("x:Q", scale=None, axis=None),
                                                     y=alt.Y("y:Q", scale=None, axis=None))

    def raw(channel: type[Any], name: str) -> Any:
        return channel(f"{name}:N", scale=None, legend=None)

    lines = at("lines").mark_rule(color=colour("soft"), aria=False).encode(x2="x2:Q", y2="y2:Q")
    tips = at("tips").mark_point(color=colour("soft"), size=45, aria=False).encode(shape=raw(alt.Shape, "shape"))
    boxes = at("boxes").mark_rect(cornerRadius=4, fill=colour("paper"), strokeWidth=1.5).encode(
        x2="x2:Q", y2="y2:Q", stroke=raw(alt.Stroke, "edge"), description="said:N")
    words = [
        at("words").transform_filter(f"datum.weight == '{weight}'").mark_text(
            align="left", baseline="middle", fontSize=LETTERS, fontWeight=weight, aria=False).encode(text="text:N")
        for weight in ("bold", "normal")]
    chart = alt.layer(lines, tips, boxes, *words).properties(width=WIDTH, height=0)
    return str(chart.to_json(validate=False, indent=None))
