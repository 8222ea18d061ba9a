"""A run as a clinician would want to read it: sections of tables and figures, then one page, and each as a file.

Data go one way: `facts` (what the run found) -> sections (`rates`, `flow`, `table1`, ...: pure, content only) ->
`cells` (small counts hidden) -> `drawing` (figures) -> `page` and `files`.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

from hpd_etl.report import (
    agreeing,
    courses,
    flow,
    fragile,
    growth,
    narratives,
    pseudoprogression,
    rates,
    risk,
    survival,
    table1,
)
from hpd_etl.report.cells import shareable
from hpd_etl.report.content import Report, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hpd_etl.report.facts import Facts

SECTIONS: Final[tuple[Callable[[Facts], Section], ...]] = (
    flow.section,
    rates.section,
    agreeing.section,
    pseudoprogression.section,
    fragile.section,
    table1.section,
    growth.section,
    courses.section,
    survival.section,
    risk.section,
    narratives.section,
)
"""What is told, in the order of reading."""


def build(facts: Facts, about: Mapping[str, Any], *, patients: bool) -> Report:
    """The report of these facts; with `patients` it shows single patients and every count, for the site's own eyes."""
    min_cell = facts.study.report.min_cell
    told = {**about, "definitions": {each.id: each.title for each in facts.definitions}, "min_cell": min_cell}
    report = Report(told, tuple(made(facts) for made in SECTIONS), 0 if patients else ceil(min_cell.value), patients)
    return report if patients else shareable(report)
