"""A report as far as it may be seen: small counts hidden, figures drawn, tables written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpd_etl.report.cells import hidden
from hpd_etl.report.content import Figure, Listing, Rows
from hpd_etl.report.drawing.svg import all_drawn
from hpd_etl.report.tables import printed

if TYPE_CHECKING:
    import pandas as pd

    from hpd_etl.report.content import Part, Report, Section
    from hpd_etl.report.drawing.svg import Drawing
    from hpd_etl.report.tables import Table


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


def shown(report: Report) -> list[tuple[Section, list[Shown]]]:
    """The sections with their parts; every figure is drawn here, once for the page and the files."""
    rows = {part.key: hidden(part, report.min_cell)
            for section in report.sections for part in section.parts if isinstance(part, Rows)}
    figures = [part for section in report.sections for part in section.parts if isinstance(part, Figure)]
    drawings = dict(zip((each.key for each in figures), all_drawn([(each, rows[each.key]) for each in figures]),
                        strict=True))
    return [(section, [_seen(part, rows.get(part.key), drawings.get(part.key)) for part in section.parts])
            for section in report.sections]


def _seen(part: Part, frame: pd.DataFrame | None, drawing: Drawing | None) -> Shown:
    table = printed(part, frame) if isinstance(part, Listing) and frame is not None else None
    return Shown(part, frame, drawing, table)
