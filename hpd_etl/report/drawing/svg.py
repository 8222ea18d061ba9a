"""From a figure and the rows that may be shown to SVG for the page, SVG in a file of its own, and PNG.

Vega-Lite is rendered by vl-convert, without a browser and without a network. What a reader does not need is left
out: marks keep what they say (`aria-label`, from which the page makes its tooltips), axes and legends are for eyes.
That is done here because no optimiser of SVG can tell marks that hold data from those that do not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

from hpd_etl.report.drawing.theme import CONFIG, FONT, MEASURED, PALETTE
from hpd_etl.vega import HERE, Renderer

if TYPE_CHECKING:
    from concurrent.futures import Future
    from xml.etree.ElementTree import Element

    import pandas as pd

    from hpd_etl.report.content import Figure

_NAMESPACES = re.compile(r' xmlns(:xlink)?="[^"]*"')
_NAME = re.compile(r'( id="|url\(#)([^")]+)')
_NUMBER = re.compile(r"-?\d+\.\d+")
_SCENERY = ("role-axis", "role-legend", "role-title", "role-header", "role-column", "role-row")
"""Groups of marks that hold no data; those of a header hold data only in their name."""
_DEFAULTS: Final = {
    "opacity": "1", "fill-opacity": "1", "stroke-opacity": "1", "stroke-width": "1", "text-anchor": "start",
    "transform": "translate(0,0)", "display": "inline",
}
_DROPPED = frozenset({"class", "role", "aria-roledescription", "font-family", "pointer-events"})
_PLACES: Final = dict.fromkeys(("d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height"), 1)
_INHERITED = ("fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "font-style",
              "text-anchor", "fill-opacity", "stroke-opacity")


@dataclass(frozen=True)
class Drawing:
    """A figure as it stands in the page and beside it."""

    inline: str
    """SVG in the page: as wide as there is room, its colours those of the page."""
    told: str
    """What it is called, and in words what it shows."""
    content: str
    """What is drawn, in the colours of the page."""
    size: tuple[float, float]

    def standalone(self) -> str:
        """SVG in a file of its own: on white paper."""
        return self._on_paper(self.told, FONT)

    def png(self, renderer: Renderer = HERE) -> Future[bytes]:
        """The same as pixels."""
        return renderer.png(_with_own_names(self._on_paper("", MEASURED), "in"))

    def _on_paper(self, told: str, font: str) -> str:
        width, height = (f"{side:g}" for side in self.size)
        content = re.sub(r"var\(--([a-z-]+)\)", lambda found: PALETTE[found[1]], self.content)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                f'viewBox="0 0 {width} {height}" font-family="{font}">{told}'
                f'<rect width="{width}" height="{height}" fill="{PALETTE["paper"]}"/>{content}</svg>')


def drawn(figure: Figure, frame: pd.DataFrame) -> Drawing:
    """The figure, made of these rows: its own, as far as they may be shown."""
    return drawing(figure, HERE.svg(spec(figure, frame)).result())


def spec(figure: Figure, frame: pd.DataFrame) -> str:
    """The chart of these rows as the renderer wants it."""
    chart = figure.draw(frame)
    return json.dumps({**(chart if isinstance(chart, dict) else chart.to_dict(validate=False)), "config": CONFIG})


def drawing(figure: Figure, rendered: str) -> Drawing:
    """What the renderer made of the chart, for the page and for files."""
    root = ElementTree.fromstring(_with_own_names(_NAMESPACES.sub("", rendered), figure.key))  # noqa: S314 - our own
    size = float(root.attrib["width"]), float(root.attrib["height"])
    content = "".join(map(_written, _lean(root)))
    told = _named("title", figure.title) + _named("desc", figure.alt)
    return Drawing(_in_page(figure, size, content), told, content, size)


def with_rows(chart: str, **rows: pd.DataFrame | list[dict[str, Any]]) -> dict[str, Any]:
    """A chart, written as JSON, whose data are only named: the same with these rows."""
    plain = {name: own if isinstance(own, list) else json.loads(own.to_json(orient="records"))
             for name, own in rows.items()}
    return {**json.loads(chart), "datasets": plain}


def _with_own_names(svg: str, key: str) -> str:
    """What is referred to within a drawing is called after its figure, not after what was drawn before it."""
    names: dict[str, str] = {}
    return _NAME.sub(lambda found: found[1] + names.setdefault(found[2], f"{key}-{len(names) + 1}"), svg)


def _in_page(figure: Figure, size: tuple[float, float], content: str) -> str:
    width, height = (f"{side:g}" for side in size)
    title, told = f"{figure.key}-title", f"{figure.key}-desc"
    style = f"width:{width}px" if figure.wide else f"width:100%;max-width:{width}px"
    style += ";overflow:visible"  # letters of the page may be wider than those that room was made for
    # two descriptions and no <title>, which a browser would show over every mark
    names = _named("desc", figure.title, title) + _named("desc", figure.alt, told)
    return (f'<svg viewBox="0 0 {width} {height}" style="{style}" role="img" '
            f'aria-labelledby="{title} {told}">{names}{content}</svg>')


def _named(tag: str, text: str, name: str | None = None) -> str:
    element = ElementTree.Element(tag, {} if name is None else {"id": name})
    element.text = text
    return _written(element)


def _written(element: Element) -> str:
    return ElementTree.tostring(element, "unicode").replace(" />", "/>")


# --- less of it -----------------------------------------------------------------------------


def _lean(root: Element) -> Iterator[Element]:
    """What is drawn, without what does not show."""
    for child in root:
        yield from _kept(child, scenery=False)


def _kept(element: Element, *, scenery: bool) -> Iterator[Element]:
    """The element, or what is in it where itself it says nothing."""
    if _invisible(element):
        return
    is_scenery = scenery or any(role in element.get("class", "") for role in _SCENERY)
    element.attrib = _attributes(element, hidden=is_scenery)
    if is_scenery and not scenery:
        element.set("aria-hidden", "true")
    if "aria-hidden" in element.attrib:  # what says nothing is not in the way of what does
        element.set("pointer-events", "none")
    element[:] = [kept for child in element for kept in _kept(child, scenery=is_scenery)]
    if element.tag != "g":
        yield element
    elif len(element):
        _lift(element)
        yield from [element] if element.attrib else list(element)


def _invisible(element: Element) -> bool:
    if element.get("display") == "none":
        return True
    return element.tag == "path" and "fill" not in element.attrib and "stroke" not in element.attrib


def _attributes(element: Element, *, hidden: bool) -> dict[str, str]:
    kept = {}
    for name, value in element.attrib.items():
        if name in _DROPPED or _DEFAULTS.get(name) == value or (hidden and name.startswith("aria-")):
            continue
        kept[name] = _NUMBER.sub(_rounded, value) if name in _PLACES else value
    return kept


def _rounded(number: re.Match[str]) -> str:
    """To a tenth of a pixel."""
    return f"{round(float(number[0]), 1):g}"


def _lift(group: Element) -> None:
    """What all in a group have in common is said once."""
    for name in _INHERITED:
        values = {child.get(name) for child in group}
        if len(values) == 1 and (value := values.pop()) is not None:
            group.set(name, value)
            for child in group:
                del child.attrib[name]
    group[:] = [each for child in group for each in ([child] if child.tag != "g" or child.attrib else child)]
