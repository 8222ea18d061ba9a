"""An explanation on a terminal. Shows patient data: for the site's own eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from hpd_etl.explanation import WARNING, Listed, Said
from hpd_etl.rendering import facts, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hpd_etl.explanation import Block, Explanation, Why


def person(told: Explanation) -> RenderableType:
    """Everything the labels of a person rest on."""
    labels = (part for why in told.whys for part in _label(why))
    return Group(
        Text(WARNING, style="bold"), *blocks(told.treatment), *blocks(told.scans), *blocks(told.lesions), *labels,
        *(part for group in (told.sources, told.rejections, told.study, told.made_by) for part in blocks(group, "\n")))


def blocks(told: Iterable[Block], before: str = "") -> Iterator[RenderableType]:
    """The blocks as text and tables; `before` stands before their titles."""
    for block in told:
        if isinstance(block, Said):
            yield facts(f"{before}{block.title}", block.told)
        elif isinstance(block, Listed):
            made = table(f"{before}{block.title}", *block.columns)
            for place, row in enumerate(block.rows):
                made.add_row(*row, style="dim" if place in block.refused else "")
            yield made
        else:
            yield Text(block)


def _label(why: Why) -> Iterator[RenderableType]:
    yield from blocks([why.label], "\n")
    made = table("", "rule", "formula", "found", "", "why")
    for line in why.lines:
        found = line.finding
        made.add_row("  " * found.depth + found.says, line.formula, found.found, found.truth, found.why)
    yield made
    yield from blocks(why.sureness)
