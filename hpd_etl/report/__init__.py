"""A run as a clinician would want to read it: sections of tables and figures, then one page, and each as a file.

Data go one way: `facts` (what the run found) -> `sections` (a module each: pure, `content` only) -> `cells` (small
counts hidden) -> `shown` (figures by `drawing`, cells of text by `tables`) -> `page` and `files`. Beside that flow
stands `person`, the page of one person.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from hpd_etl.report.cells import shareable
from hpd_etl.report.content import Part, Report, Section, Story, slug
from hpd_etl.report.sections import OF_PATIENTS, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpd_etl.report.facts import Facts

_ALIKE: Final = (
    "The groups of this definition differ from those of {near} in fewer than {least} persons: what is told of both "
    "would describe these few. This section is in the local report; `report.definitions` of study.toml says which "
    "definitions come first.")


def build(facts: Facts, about: Mapping[str, Any], *, patients: bool) -> Report:
    """The report of these facts; with `patients` it shows single patients and every count, for the site's own eyes."""
    min_cell = facts.study.report.min_cell
    told = {**about, "definitions": {each.id: each.title for each in facts.definitions}, "min_cell": min_cell}
    if patients:
        return Report(told, tuple(made(facts) for made in (*SECTIONS, *OF_PATIENTS)), 0, patients=True)
    sections = tuple(_apart(made(facts), facts) for made in SECTIONS)
    return shareable(Report(told, sections, ceil(min_cell.value), patients=False))


def _apart(section: Section, facts: Facts) -> Section:
    """The section without what it tells of definitions that few persons tell from another one; their flow is kept."""
    if section.key == "flow":
        return section
    alike = dict(facts.too_alike)
    parts: list[Part] = []
    for part in section.parts:
        if part.definition not in facts.too_alike:
            parts.append(part)
        elif not part.patients and (near := alike.pop(part.definition, None)):
            why = _ALIKE.format(least=ceil(facts.study.report.min_cell.value), near=near)
            parts.append(Story(key=f"{section.key}-alike-{slug(part.definition)}", title="Too much alike",
                               definition=part.definition, cohort=part.cohort, paragraphs=(why,)))
    return replace(section, parts=tuple(parts))
