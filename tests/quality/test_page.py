"""The page needs nothing else, hides nothing, and says what `3-quality.json` says in its published shape."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from hpd_etl import criteria, library, quality
from hpd_etl.expectations import Outcome
from hpd_etl.quality.page import WIDTH, drawn, page
from hpd_etl.timeline import align
from tests.laws.cohorts import records
from tests.quality.test_quality import check_result, study

ABOUT = {"study": "s", "title": "", "run": "run-1", "version": "0"}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "3-quality.schema.json").read_text("utf-8"))
VALID = jsonschema.Draft202012Validator(SCHEMA)
HOSTILE = "<script>alert('x')</script>"


def full_report() -> quality.QualityReport:
    """A report in which every part holds something, codes of a source that look like HTML among them."""
    asked = study()
    definitions = library.chosen(asked)
    timeline = align(records(range(40)), asked, criteria.window_sets(definitions, asked))
    found = quality.validate(timeline, definitions, asked, source={"ignored": {"death": {"later_death": 2}}})
    unmapped = pd.DataFrame({"kind": ["code"], "table": ["lesions"], "system": ["local"], "code": [HOSTILE],
                             "reason": ["code_unknown"], "rows": [3], "persons": [2], "remedy": ["map it"]})
    drift = pd.DataFrame({"table": ["lesions"], "column": ["diameter_mm"], "measure": ["median"], "before": [21.5],
                          "now": [2.15], "change": [-0.9], "severity": ["warning"]})
    checks = (check_result("critical", Outcome.FAILED), check_result("info", Outcome.PASSED))
    return replace(found, ledger=unmapped, drift=drift, checks=checks)


@pytest.fixture(scope="module")
def report() -> quality.QualityReport:
    """Made once."""
    return full_report()


@pytest.fixture(scope="module")
def html(report: quality.QualityReport) -> str:
    """The page of it."""
    return page(report, quality.decide(report, study(min_persons=1000).gate), ABOUT)


# --- what it says -----------------------------------------------------------------------------


class _Texts(HTMLParser):
    """The texts of all elements of a kind."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag, self.found, self.inside = tag, [], False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == self.tag:
            self.inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != self.tag

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1] += data


def texts(html: str, tag: str) -> list[str]:
    """What stands in each element of this kind."""
    parser = _Texts(tag)
    parser.feed(html)
    return parser.found


def test_every_funnel_is_drawn_and_told(report: quality.QualityReport, html: str) -> None:
    """Each distinct funnel is one drawing, whose words and whose table hold the number left after each step."""
    told, drawings, tables = texts(html, "desc"), texts(html, "svg"), texts(html, "figcaption")
    for name, own in report.funnel.groupby("definition_id"):
        left = own.groupby("step", sort=False)["remaining"].last()
        [place] = [number for number, table in enumerate(tables) if re.search(rf"\b{name}\b(?!_)", table)]
        assert told[place] == "; ".join(f"{step}: {n} left" for step, n in left.items())
        assert all(str(n) in drawings[place] and str(n) in tables[place] for n in left)
    assert len(told) == len(drawings) == len(tables) < report.funnel["definition_id"].nunique()


def test_bars_are_as_wide_as_persons_are_left() -> None:
    """Of 200, 100 and then none are left: half of the width, and nothing, each beside the frame of who came."""
    steps = [{"step": step, "left": {}, "having": {}, "remaining": n} for step, n in (("a", 200), ("b", 100), ("c", 0))]
    full = WIDTH - 8
    bars = drawn("0", ["x"], steps, 3).bars
    assert [(bar.width, bar.before_width, bar.left) for bar in bars] == [
        (full, full, 0), (full / 2, full, 100), (0, full / 2, 100)]
    assert [bar.x for bar in bars] == [4, 4 + full / 4, WIDTH / 2]


def test_nobody_treated_is_a_page_too(report: quality.QualityReport) -> None:
    """An empty run says that nobody was treated."""
    empty = replace(report, persons={}, funnel=pd.DataFrame(columns=["cohort", "step"]),
                    strata=pd.DataFrame(columns=["by"]), rejections=pd.DataFrame(), scans=pd.DataFrame())
    assert "Nobody was treated" in page(empty, quality.decide(empty, study().gate), ABOUT)


def test_the_page_says_what_closes_the_gate(html: str) -> None:
    """The verdict, the limit, what failed, the drift, and which codes nobody knows stand on the page."""
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))
    for said in ("The gate is closed (exit 5)", "gate.min_persons is 1,000, found", "lesions.organs", "diameter_mm",
                 "code_unknown", "not for passing on"):
        assert said in plain


def test_codes_of_a_source_stay_text(html: str) -> None:
    """A code that looks like a script is shown and never run."""
    assert HOSTILE not in html
    assert "&lt;script&gt;" in html
    assert "<script" not in html


# --- alone ------------------------------------------------------------------------------------


def test_the_page_names_no_other_file(html: str) -> None:
    """No address, no script, no import: what it shows is in it."""
    without_policy = re.sub(r"<meta http-equiv[^>]*>", "", html)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|\bsrc=|<iframe|<object", without_policy)
    assert set(re.findall(r'href="([^"]*)"', html)) == {
        "data:,", "#funnel", "#parts", "#gate", "#checks", "#refused"}


def opened(path: Path, *flags: str) -> tuple[str, list[str], list[str]]:
    """The document, the lines of the console and the requests that the page itself makes, in a real browser."""
    log = path.parent / "net.json"
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-logging=stderr",
         f"--user-data-dir={path.parent / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND",
         f"--log-net-log={log}", *flags, "--dump-dom", path.as_uri()],
        capture_output=True, text=True, check=True, timeout=120)
    events = json.loads(log.read_text("utf-8"))["events"]
    told = [event["params"] for event in events if "initiator" in event.get("params", {})]
    own = [each["url"] for each in told if each["initiator"] != "not an origin"]  # the browser's own have none
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line], own


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_finds_no_fault(tmp_path: Path, html: str) -> None:
    """Chromium says nothing on its console and asks nobody for anything."""
    target = tmp_path / "page.html"
    target.write_text(html, "utf-8")
    document, console, requests = opened(target)
    assert (console, requests) == ([], [])
    assert "The gate is closed" in document


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_nothing_is_wider_than_the_window(tmp_path: Path, html: str) -> None:
    """On a telephone of 390 pixels and a screen of 1280, everything opened, nobody has to scroll the page sideways."""
    script = "<script>parent.document.title += document.documentElement.scrollWidth + ' ' + innerWidth + ';'</script>"
    measured = re.sub(r"<meta http-equiv[^>]*>", "", html).replace("<details>", "<details open>")
    inside = escape(measured.replace("</body>", f"{script}</body>"))
    frames = (f'<iframe width="{width}" frameborder="0" srcdoc="{inside}"></iframe>' for width in (390, 1280))
    target = tmp_path / "frames.html"
    target.write_text(f"<!doctype html><title> </title>{''.join(frames)}", "utf-8")
    document, _, _ = opened(target)
    told = re.search(r"<title>(.*?)</title>", document)
    assert told is not None
    sizes = [tuple(map(int, each.split())) for each in told[1].split(";") if each.strip()]
    assert sorted(given for _, given in sizes) == [390, 1280]
    assert all(needed <= given for needed, given in sizes)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_would_find_a_fault(tmp_path: Path) -> None:
    """A page with an error and a picture from elsewhere is noticed, so that silence means something."""
    target = tmp_path / "page.html"
    target.write_text("<img src='http://example.test/x.png'><script>console.error('wrong')</script>", "utf-8")
    _, console, requests = opened(target)
    assert len(console) == 1
    assert requests == ["http://example.test/x.png"]


# --- the published shape ----------------------------------------------------------------------


def test_the_file_has_the_published_shape(report: quality.QualityReport) -> None:
    """What is written is valid by the published schema, whatever the gate says; and holds every part of the report."""
    for gate in (study().gate, study(min_persons=1000, max_rejected_fraction={"value": 0, "by": "A", "why": "B"}).gate):
        content = json.loads(json.dumps(quality.content(report, quality.decide(report, gate)), allow_nan=False))
        VALID.validate(content)
        assert all(content[part] for part in SCHEMA["required"] if part not in ("exit_code", "rejected_fraction"))


@pytest.mark.parametrize("change", [
    {"persons": {"a": "many"}}, {"exit_code": 4}, {"rejected_fraction": 1.5}, {"patient": "4711"},
    {"gate": [{"name": "x"}]}, {"funnel": [{"by": "surname", "stratum": "x", "cohort": None, "funnels": []}]},
])
def test_another_shape_is_not_valid(report: quality.QualityReport, change: dict[str, object]) -> None:
    """The schema refuses wrong types, unknown keys and rows that say less."""
    small = replace(report, funnel=report.funnel.head(8), strata=report.strata.head(8))
    content = json.loads(json.dumps(quality.content(small, quality.decide(small, study().gate))))
    VALID.validate(content)
    with pytest.raises(jsonschema.ValidationError):
        VALID.validate({**content, **change})
