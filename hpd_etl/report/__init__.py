"""A run as a clinician would want to read it: sections of tables and figures, then one page, and each as a file.

Data go one way: `facts` (what the run found) -> `sections` (a module each: pure, `content` only) -> `cells` (small
counts hidden) -> `shown` (figures by `drawing`, cells of text by `tables`) -> `page` and `files`. Beside that flow
stands `person`, the page of one person.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from hpd_etl.report.cells import shareable
from hpd_etl.report.content import Report
from hpd_etl.report.sections import OF_PATIENTS, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpd_etl.report.facts import Facts


def build(facts: Facts, about: Mapping[str, Any], *, patients: bool) -> Report:
    """The report of these facts; with `patients` it shows single patients and every count, for the site's own eyes."""
    min_cell = facts.study.report.min_cell
    told = {**about, "definitions": {each.id: each.title for each in facts.definitions}, "min_cell": min_cell}
    if patients:
        return Report(told, tuple(made(facts) for made in (*SECTIONS, *OF_PATIENTS)), 0, patients=True)
    sections = tuple(made(facts) for made in SECTIONS)
    return shareable(Report(told, sections, ceil(min_cell.value), patients=False))
