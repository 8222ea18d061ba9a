"""The report as a whole: what its parts promise, what is written, and what the verb says."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hpd_etl.config import Study
from hpd_etl.errors import ConfigurationError
from hpd_etl.report import build, files
from hpd_etl.report.content import Figure, Listing, Report, Rows, Section
from hpd_etl.report.drawing.theme import DARK, PALETTE
from hpd_etl.report.facts import Facts, reported
from hpd_etl.report.page import page
from hpd_etl.report.shown import shown
from hpd_etl.report.tables import printed
from tests.report.conftest import ABOUT

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<script>alert('x')</script> & 5% of_all $x$ {y} \\z"


def table(**columns: object) -> Listing:
    """A listing with a hostile note."""
    return Listing(key="t", title=f"T {HOSTILE}", notes=(HOSTILE,), frame=pd.DataFrame(columns))


# --- promises of parts ------------------------------------------------------------------------


def test_every_part_has_a_key_of_its_own_that_can_name_a_file(written: dict[bool, tuple[Report, Path]]) -> None:
    """Keys are lower case, digits and hyphens, once each; a method's key is one method."""
    report = written[True][0]
    keys = [part.key for section in report.sections for part in section.parts]
    assert [key for key, times in Counter(keys).items() if times > 1] == []
    assert len({section.key for section in report.sections}) == len(report.sections)
    assert [key for key in keys if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)] == []
    methods = {method for section in report.sections for part in section.parts for method in part.methods}
    assert len({method.key for method in methods}) == len(methods)


def test_what_is_said_of_columns_names_columns(written: dict[bool, tuple[Report, Path]]) -> None:
    """Counts, groups, parts, what is derived, headings and percentages are columns of the frame; counts are whole."""
    for section in written[True][0].sections:
        for part in section.parts:
            if isinstance(part, Rows):
                heading = (part.heading,) if isinstance(part, Listing) and part.heading else ()
                percent = part.percent if isinstance(part, Listing) else ()
                named = {*part.counts, *part.within, *part.parts_of, *part.parts_of.values(), *part.derived, *heading,
                         *percent}
                assert named <= set(part.frame.columns), (part.key, named - set(part.frame.columns))
                for name in part.counts:
                    assert (part.frame[name].dropna() % 1 == 0).all(), part.key


def test_every_number_says_how_it_was_made(written: dict[bool, tuple[Report, Path]]) -> None:
    """No table and no figure is without a method; no figure without words for whoever does not see it."""
    parts = [part for section in written[True][0].sections for part in section.parts if isinstance(part, Rows)]
    assert [part.key for part in parts if not part.methods] == []
    assert [part.key for part in parts if isinstance(part, Figure) and len(part.alt) < 20] == []


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("patients", [False, True])
def test_each_figure_and_each_table_stands_in_three_files(
        written: dict[bool, tuple[Report, Path]], patients: bool) -> None:
    """SVG, PNG and CSV of figures, CSV, LaTeX and HTML of tables, and nothing else beside the page."""
    report, folder = written[patients]
    parts = [part for section in report.sections for part in section.parts]
    expected = {f"figures/{part.key}.{kind}" for part in parts if isinstance(part, Figure)
                for kind in ("svg", "png", "csv")}
    expected |= {f"tables/{part.key}.{kind}" for part in parts if isinstance(part, Listing)
                 for kind in ("csv", "tex", "html")}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == expected | {"report.html", "README.txt"}
    assert all(path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for path in folder.rglob("*.png"))


def test_no_small_count_is_in_any_file_that_may_be_shared(written: dict[bool, tuple[Report, Path]]) -> None:
    """In every CSV of the shareable report, a column that counts persons holds no number from 1 to 4."""
    report, folder = written[False]
    looked_at, hidden = 0, 0
    for part in (part for section in report.sections for part in section.parts):
        if isinstance(part, Rows) and part.counts:
            [path] = [*folder.glob(f"*/{part.key}.csv")]
            with path.open(encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    told = [row[name] for name in part.counts if row[name]]
                    assert not {"1", "2", "3", "4"} & set(told), part.key
                    looked_at, hidden = looked_at + len(told), hidden + told.count("hidden")
    assert looked_at > 100
    assert hidden > 10


def test_nothing_shareable_tells_of_a_single_patient(few: Facts, written: dict[bool, tuple[Report, Path]]) -> None:
    """No person_id, no pseudonym and no day of a record is in any file; with patients there are pseudonyms, no ids."""
    ids = set(few.timeline.index["person_id"])
    days = {f"{day:%Y-%m-%d}" for frame in (few.timeline.doses["start_date"], few.timeline.lesions["scan_date"])
            for day in frame.dropna()}
    for patients, (_, folder) in written.items():
        texts = {path.name: path.read_text("utf-8") for path in folder.rglob("*")
                 if path.suffix in (".csv", ".html", ".tex", ".svg", ".txt")}
        told = {name: re.findall(r"(?<![\w.#-])\d{4}-\d{2}-\d{2}(?!\d)", text) for name, text in texts.items()}
        assert {name: sorted(days & set(found)) for name, found in told.items() if days & set(found)} == {}
        named = {name for name, text in texts.items() if re.search(r"\bP\d{3}\b", text)}
        assert bool(named) == patients
        for name, text in texts.items():
            if name.endswith(".csv"):
                cells = {cell for row in csv.reader(text.splitlines()[1:]) for cell in row}
                assert not {each for each in cells & ids if len(each) > 4}, name


def test_a_file_says_what_the_page_says(tmp_path: Path) -> None:
    """A hidden count is `hidden` in CSV, LaTeX and HTML; text of a source is text in each of them."""
    part = replace(table(kind=[HOSTILE, "b", "c"], n=[2, 7, 30], p=[0.5, None, 0.25]), counts=("n",), within=(),
                   percent=("p",))
    report = Report({**ABOUT, "definitions": {}, "min_cell": Study(id="s").report.min_cell},
                    (Section("one", "One", "Lead.", (part,)),), 5, False)
    files.write(report, tmp_path)
    with (tmp_path / "tables" / "t.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["kind", "n", "p"], [HOSTILE, "hidden", "0.5"], ["b", "7", ""],
                                          ["c", "30", "0.25"]]
    latex = (tmp_path / "tables" / "t.tex").read_text("utf-8")
    assert "\\& 5\\% of\\_all \\$x\\$ \\{y\\} \\textbackslash{}z & hidden & 50.0\\% \\\\" in latex
    for name in ("tables/t.html", "report.html"):
        html = (tmp_path / name).read_text("utf-8")
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html
        assert ">hidden<" in html


def test_rows_with_one_head_stand_below_it() -> None:
    """Rows that follow each other under the same value of the heading are a group; the column itself is not shown."""
    part = replace(table(of=["a", "a", "b"], n=[1200, 2, 3]), heading="of", labels={"n": "persons"})
    told = printed(part, part.frame)
    assert [column.label for column in told.columns] == ["persons"]
    assert told.groups == (("a", (("1,200",), ("2",))), ("b", (("3",),)))


# --- page -------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("patients", [False, True])
def test_the_page_needs_nothing_else(written: dict[bool, tuple[Report, Path]], patients: bool) -> None:
    """No address, no import; links lead to what is on the page; ids are unique; pictures have words."""
    html = (written[patients][1] / "report.html").read_text("utf-8")
    without_policy = re.sub(r"<meta http-equiv[^>]*>", "", html)
    assert not re.search(r"https?:|url\((?!#)|@import|\bsrc=|<iframe|<object|<link(?! rel=\"icon\")", without_policy)
    tags = _Tags()
    tags.feed(html)
    ids = [attrs["id"] for _, attrs in tags.found if "id" in attrs]
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    links = [str(attrs["href"]) for tag, attrs in tags.found if tag == "a"]
    assert {link.removeprefix("#") for link in links} <= set(ids)
    for tag, attrs in tags.found:
        if tag == "svg":
            assert set(str(attrs["aria-labelledby"]).split()) <= set(ids)
        if tag == "button" and "popovertarget" in attrs:
            assert attrs["popovertarget"] in ids


def test_the_banner_says_whose_page_it_is(written: dict[bool, tuple[Report, Path]]) -> None:
    """A page with patients says that it is local only; the other one what is hidden, and below which count."""
    shareable, local = ((written[each][1] / "report.html").read_text("utf-8") for each in (False, True))
    assert "Contains patient data; local only." in local
    assert "Contains patient data" not in shareable
    assert "Counts of persons from 1 to 4 are hidden" in shareable


def test_colours_are_known_in_light_and_dark(written: dict[bool, tuple[Report, Path]]) -> None:
    """Every variable that a figure uses is set on the page."""
    html = (written[True][1] / "report.html").read_text("utf-8")
    assert set(re.findall(r"var\(--([a-z-]+)\)", html)) <= set(re.findall(r"--([a-z-]+):", html))
    assert set(PALETTE) == set(DARK)


# --- whole ------------------------------------------------------------------------------------


def test_the_study_chooses_what_is_reported(facts: Facts) -> None:
    """One by one are told those of report.definitions, in its order; one not in use is refused with the nearest."""
    asked = Study.model_validate({"id": "s", "report": {"definitions": ["ji2019", "champiat2017"]}})
    assert [each.id for each in reported(asked, facts.definitions)] == ["ji2019", "champiat2017"]
    assert reported(Study(id="s"), facts.definitions) == facts.definitions
    wrong = Study.model_validate({"id": "s", "report": {"definitions": ["ji2091"]}})
    with pytest.raises(ConfigurationError, match="did you mean ji2019"):
        reported(wrong, facts.definitions)


def test_the_same_facts_make_the_same_page(few: Facts, written: dict[bool, tuple[Report, Path]]) -> None:
    """No clock and no chance is in it."""
    again = build(few, ABOUT, patients=False)
    assert page(again, shown(again)) == (written[False][1] / "report.html").read_text("utf-8")


def test_nobody_treated_is_a_report_too(few: Facts, tmp_path: Path) -> None:
    """Without a person no section fails or is left out, and every count of persons is 0 or not known."""
    timeline = type(few.timeline).of({table.name: table.frame() for table, _ in few.timeline})
    labels = type(few.labels).of({table.name: table.frame() for table, _ in few.labels})
    agreement = type(few.agreement).of({table.name: table.frame() for table, _ in few.agreement})
    report = build(replace(few, timeline=timeline, labels=labels, agreement=agreement, sensitivity=None), ABOUT,
                   patients=True)
    files.write(report, tmp_path)
    html = (tmp_path / "report.html").read_text("utf-8")
    assert all(f'id="section-{section.key}"' in html for section in report.sections)
    rows = [part for section in report.sections for part in section.parts if isinstance(part, Rows)]
    counts = {(part.key, name): part.frame[name].fillna(0).any() for part in rows for name in part.counts}
    assert len(counts) > 20
    assert not any(counts.values()), counts
