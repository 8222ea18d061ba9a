"""What a drawing says, read from its SVG."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from hpd_etl.report.content import Figure
from hpd_etl.report.drawing.svg import Drawing, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from hpd_etl.report.content import Draw


def figure(draw: Draw, frame: pd.DataFrame, key: str = "a-figure", *, wide: bool = False) -> Figure:
    """A figure of these rows."""
    return Figure(key=key, title="Rates & more", alt="What is <seen>.", draw=draw, frame=frame, wide=wide)


def of(part: Figure) -> Drawing:
    """The drawing of all rows of a figure."""
    return drawn(part, part.frame)


def said(drawing: Drawing) -> list[str]:
    """What its marks say, in the order they are drawn."""
    return [each.attrib["aria-label"] for each in elements(drawing) if "aria-label" in each.attrib]


def written(drawing: Drawing) -> list[str]:
    """The words and numbers in it."""
    return [each.text or "" for each in elements(drawing) if each.tag == "text"]


def elements(drawing: Drawing) -> Iterator[ElementTree.Element]:
    """What it is made of."""
    return ElementTree.fromstring(drawing.inline).iter()


def colours(svg: str) -> set[str]:
    """The colours in it."""
    return set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - {"none"}
