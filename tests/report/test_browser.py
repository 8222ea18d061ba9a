"""The page in a real Chromium: silent, alone, filtered, pointed at, walked by keys, narrow, dark and on paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from hpd_etl.report import files
from tests.report.browser import CHROMIUM, Browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hpd_etl.report.content import Report
    from tests.report.browser import Tab

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
MARK = ".part:not(.whole) svg [aria-label]"
VISIBLE = """[...document.querySelectorAll('.part[data-definition]')]
    .filter(part => part.checkVisibility()).map(part => part.dataset.definition)"""
TIP = "document.getElementById('tip').textContent"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser."""
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def report(written: dict[bool, tuple[Report, Path]]) -> Path:
    """The page of two definitions, with patients: it has every kind of part."""
    return written[True][1] / files.PAGE


@pytest.fixture
def tab(browser: Browser, report: Path) -> Iterator[Tab]:
    """The page at 1280 pixels, light."""
    opened = browser.open(report)
    yield opened
    assert (opened.faults(), opened.requests()) == ([], [])
    opened.close()


def test_one_definition_is_shown_at_a_time(tab: Tab) -> None:
    """At first the study's first; another one when it is chosen; what is about none of them stays."""
    assert set(tab.tell(VISIBLE)) == {"champiat2017"}
    apart = "document.querySelectorAll('.part:not([data-definition])').length"
    tab.tell("""(() => { const choice = document.querySelector('select[name=definition]'); choice.value = 'ji2019';
        choice.dispatchEvent(new Event('change', {bubbles: true})); })()""")
    assert set(tab.tell(VISIBLE)) == {"ji2019"}
    assert tab.tell(apart) == tab.tell(f"{apart.removesuffix('.length')}.length") > 0
    assert tab.tell("document.querySelector('[data-chosen=definition]').textContent") == "ji2019"


def test_a_mark_says_what_it_is_under_the_pointer(tab: Tab) -> None:
    """The words of the mark stand beside it while the pointer is there, and go when it leaves."""
    tab.hover(MARK)
    assert tab.tell(TIP) == tab.tell(f"document.querySelector({MARK!r}).getAttribute('aria-label')") != ""
    tab.hover("h1")
    assert tab.tell(TIP) == ""


def test_a_mark_says_what_it_is_by_keys(tab: Tab) -> None:
    """A figure is reached by the tabulator, its marks by the arrows; Escape hides the words."""
    tab.tell("(() => { const all = [...document.querySelectorAll('select')].filter(one => one.checkVisibility());"
             "all.at(-1).focus(); })()")
    for _ in range(30):
        tab.press("Tab")
        if tab.tell("document.activeElement.matches('svg')"):
            break
    labels = tab.tell("[...document.activeElement.querySelectorAll('[aria-label]')]"
                      ".map(mark => mark.getAttribute('aria-label'))")
    assert tab.tell(TIP) == labels[0]
    tab.press("ArrowRight")
    assert tab.tell(TIP) == labels[min(1, len(labels) - 1)]
    assert tab.tell("document.querySelectorAll('svg .on').length") == 1
    tab.press("Escape")
    assert tab.tell(TIP) == ""


def test_how_a_number_was_made_is_one_click_away(tab: Tab) -> None:
    """The button beside a part opens the method; without a click it is not to be seen."""
    opened = "document.querySelectorAll('[popover]:popover-open').length"
    assert tab.tell(opened) == 0
    tab.tell("document.querySelector('.how').click()")
    assert tab.tell(opened) == 1
    assert len(tab.tell("document.querySelector('[popover]:popover-open').textContent")) > 50


def test_a_table_is_sorted_by_the_head_of_a_column(tab: Tab) -> None:
    """Numbers by their size, up and then down; rows stay below their head."""
    tab.tell("""(() => { const body = [...document.querySelectorAll('table')].find(each => each.checkVisibility()
        && each.tHead.querySelector('button') && [...each.tBodies].some(body => body.rows.length > 3));
        window.sorted = body; window.place = [...body.tHead.rows[0].cells].findIndex(cell => cell.matches('.n'));
        })()""")
    told = """[...[...sorted.tBodies].find(body => body.rows.length > 3).rows]
        .filter(row => !row.querySelector('.head'))
        .map(row => Number(row.cells[place].textContent.replace(/[,%]/g, ''))).filter(each => !Number.isNaN(each))"""
    before = tab.tell(told)
    for sign in (1, -1):
        tab.tell("sorted.tHead.rows[0].cells[place].querySelector('button').click()")
        assert tab.tell(told) == sorted(before, reverse=sign < 0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(
        browser: Browser, report: Path, tmp_path: Path, width: int, dark: bool) -> None:
    """On a telephone and on a screen nobody scrolls the page sideways; a picture of it is no blank sheet."""
    tab = browser.open(report, width, dark=dark)
    assert tab.tell("[document.documentElement.scrollWidth, innerWidth]") == [width, width]
    paper = tab.tell("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(20, 24, 29)" if dark else "rgb(255, 255, 255)")
    tab.picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 20_000
    assert (tab.faults(), tab.requests()) == ([], [])
    tab.close()


def test_without_script_everything_can_be_read(browser: Browser, report: Path) -> None:
    """All definitions are there, and no control that would do nothing."""
    tab = browser.open(report, script=False)
    assert set(tab.tell(VISIBLE)) == {"champiat2017", "ji2019"}
    assert tab.tell("document.querySelector('.choice').checkVisibility()") is False
    tab.close()


def test_on_paper_there_is_the_chosen_definition(tab: Tab, tmp_path: Path) -> None:
    """It prints as A4, light, without controls, with one definition."""
    printed = tab.paper(tmp_path / "page.pdf")
    assert printed.startswith(b"%PDF")
    boxes = re.findall(rb"/MediaBox\s*\[([^\]]*)\]", printed)
    assert boxes
    assert all(abs(float(width) - 595) < 2 and abs(float(height) - 842) < 2
               for _, _, width, height in (box.split() for box in boxes))
    tab.ask("Emulation.setEmulatedMedia", media="print")
    assert set(tab.tell(VISIBLE)) == {"champiat2017"}
    assert tab.tell("document.querySelector('.choice').checkVisibility()") is False
    assert tab.tell("getComputedStyle(document.querySelector('.print-only')).display") == "block"


def test_a_fault_would_be_noticed(browser: Browser, tmp_path: Path) -> None:
    """A page with an error and a picture from elsewhere is not silent, so that silence means something."""
    target = tmp_path / "page.html"
    target.write_text("<img src='http://example.test/x.png'><script>console.error('wrong')</script>", "utf-8")
    tab = browser.open(target)
    assert len(tab.faults()) >= 1
    assert tab.requests() == ["http://example.test/x.png"]
    tab.close()
