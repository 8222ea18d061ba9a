"""What a report is made of before anybody draws it: sections of tables, figures and texts, and how each was made.

A part says which of its columns count persons, so that small counts are hidden in one place (`cells`) and
before anything is drawn; a part that shows single patients says so and is left out unless they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    Draw: TypeAlias = Callable[[pd.DataFrame], "alt.TopLevelMixin | dict[str, Any]"]
    """To a chart, or to Vega-Lite as it stands, where a chart is drawn so often that its making would take long."""

HIDDEN: Final = "hidden"
"""Stands for what may not be told, in drawings, tables and files: a small count, or one that would tell a small one."""


@dataclass(frozen=True)
class Method:
    """How a number was made, one click away from it."""

    key: str
    title: str
    text: str
    """What was done, by which rule, with which library."""
    source: str = ""
    """Citation and grade of evidence, where a paper is followed."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What tables, figures and texts have in common."""

    key: str
    """Name of its anchor and of its files: lower case, digits and hyphens; unique in the report."""
    title: str
    notes: tuple[str, ...] = ()
    """What a careful reader must know, as small numbers."""
    methods: tuple[Method, ...] = ()
    definition: str | None = None
    """The definition it is about; the page shows those of one definition at a time. None: of all."""
    cohort: str | None = None
    """The cohort it is about; None: of all."""
    patients: bool = False
    """It shows single patients: only in a local report."""


@dataclass(frozen=True, kw_only=True)
class Rows(Part):
    """A part that rests on rows; what hides small counts is said here, once for tables and figures."""

    frame: pd.DataFrame
    """One row a line; values as they are (numbers, text, <NA>), never made up for the eye."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What a column is called for people; as its name where it is not here."""
    counts: tuple[str, ...] = ()
    """Columns that count persons."""
    within: tuple[str, ...] = ()
    """Columns whose equal values make rows that add up to a total that may be known elsewhere."""
    also_within: tuple[str, ...] = ()
    """Other such columns: the same rows add up to another known total, as that of all verdicts."""
    told: tuple[str, ...] = ()
    """Count columns that other tables tell too: hidden in all of them alike, for their own sake alone."""
    whole_rows: bool = False
    """Where one count of a row is hidden all of them are, as their sums stand elsewhere in many ways."""
    parts_of: Mapping[str, str] = field(default_factory=dict)
    """Count columns that are a part of another one: the rest must not be small either."""
    derived: tuple[str, ...] = ()
    """Columns computed from the counts of their row, or of its rows `within`: hidden where a count is."""


@dataclass(frozen=True, kw_only=True)
class Listing(Rows):
    """A table."""

    heading: str | None = None
    """Column whose equal values stand once, as the head of their rows."""
    percent: tuple[str, ...] = ()
    """Columns that hold fractions and are shown in percent."""


@dataclass(frozen=True, kw_only=True)
class Figure(Rows):
    """A drawing; its rows are its data as CSV."""

    alt: str
    """What it shows, in words, for whoever does not see it."""
    draw: Draw
    """From the rows, as far as they may be shown, to the drawing."""
    wide: bool = False
    """It takes the whole width of the page."""


@dataclass(frozen=True, kw_only=True)
class Story(Part):
    """Text about one patient, or a remark; a paragraph each."""

    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """What stands under one heading."""

    key: str
    title: str
    lead: str
    """One or two sentences: what question it answers, and what not to conclude."""
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Report:
    """The whole of it."""

    about: Mapping[str, Any]
    """Study, run, release, definitions, as the page prints them."""
    sections: tuple[Section, ...]
    min_cell: int
    """Counts of persons from 1 to below this are hidden; 0 where all are shown."""
    patients: bool
    """It shows single patients, and is for the site's own eyes."""


def slug(name: str) -> str:
    """An id as part of a key."""
    return name.lower().replace("_", "-")
