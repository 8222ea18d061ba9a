"""A report as far as it may be seen: small counts hidden, figures drawn, tables written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hpd_etl.report.cells import hidden
from hpd_etl.report.content import Figure, Listing, Rows
from hpd_etl.report.drawing.svg import drawing, spec
from hpd_etl.report.tables import printed
from hpd_etl.vega import HERE

if TYPE_CHECKING:
    from concurrent.futures import Future

    import pandas as pd

    from hpd_etl.report.content import Part, Report, Section
    from hpd_etl.report.drawing.svg import Drawing
    from hpd_etl.report.tables import Table
    from hpd_etl.vega import Renderer


@dataclass(frozen=True)
class Shown:
    """A part with what is to be seen of it."""

    part: Part
    frame: pd.DataFrame | None = None
    """Its rows with small counts hidden; None of a story."""
    drawing: Drawing | None = None
    table: Table | None = None

    @property
    def kind(self) -> str:
        """What it is."""
        return "figure" if self.drawing else "table" if self.table else "story"

    @property
    def tag(self) -> str:
        """Its element in the page."""
        return "figure" if self.drawing else "article"

    @property
    def whole(self) -> bool:
        """It takes the whole width of the page."""
        return not self.drawing or (isinstance(self.part, Figure) and self.part.wide)


def shown(report: Report, renderer: Renderer = HERE) -> list[tuple[Section, list[Shown]]]:
    """The sections with their parts; every figure is drawn here, once for the page and the files."""
    begun = [(section, [_begun(part, report.min_cell, renderer) for part in section.parts])
             for section in report.sections]
    return [(section, [_ended(*each) for each in parts]) for section, parts in begun]


def _begun(part: Part, min_cell: int, renderer: Renderer) -> tuple[Shown, Future[str] | None]:
    """The part, and its drawing while it is made."""
    if not isinstance(part, Rows):
        return Shown(part), None
    frame = hidden(part, min_cell)
    table = printed(part, frame) if isinstance(part, Listing) else None
    return Shown(part, frame, table=table), renderer.svg(spec(part, frame)) if isinstance(part, Figure) else None


def _ended(each: Shown, svg: Future[str] | None) -> Shown:
    if svg is None or not isinstance(each.part, Figure):
        return each
    return replace(each, drawing=drawing(each.part, svg.result()))
