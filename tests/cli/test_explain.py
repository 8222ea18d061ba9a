"""`explain` answers why, and its answer never contradicts the label."""

from __future__ import annotations

import re
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree

import pytest

from hpd_etl import artefacts, cli, explanation, library, pipeline
from hpd_etl.artefacts import LABELS, TIMELINE
from hpd_etl.config import read_site, read_study
from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.demo import hospital
from hpd_etl.reasoning import FORMULAS, Finding, truth_of
from hpd_etl.report import person as pages
from hpd_etl.schema import Labels, Timeline
from tests.cli.conftest import SHIFT, settled
from tests.report.browser import CHROMIUM, Browser

VERDICTS = {0: "NOT_HPD", 1: "NOT_EVALUABLE", 2: "HPD"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, cdm):
    """A place where everything ran once; read only."""
    place = settled(tmp_path_factory.mktemp("explained") / "place", cdm)
    pipeline.run(read_study(place.folder / "study.toml"), read_site(place.folder / "site.toml"))
    return place


@pytest.fixture(scope="module")
def page(ran, tmp_path_factory):
    """The page of one person under every definition, and what the command said."""
    person, file = one("treated_on"), tmp_path_factory.mktemp("page") / "person.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["hpd-etl", "explain", person, *ran.options, "--html", str(file)])
        said = StringIO()
        with redirect_stdout(said), pytest.raises(SystemExit):
            cli.main()
    return file, said.getvalue()


def one(kind: str) -> str:
    """The id of a person of this kind."""
    labels = hospital.truth(480).labels
    return str(int(labels[labels["kind"] == kind]["person_id"].iloc[0]) + SHIFT)


def test_chosen_and_refused_scans_are_shown(hpd_etl, ran):
    """The scans used stand there with their role, and one that was passed over with its reason."""
    told = hpd_etl("explain", one("unmeasured_examination"), *ran.options).out
    lines = [line.split() for line in told.splitlines()]
    assert ["-63", "pre"] in [line[1:3] for line in lines]
    assert ["-7", "baseline"] in [line[1:3] for line in lines]
    assert ["49", "post"] in [line[1:3] for line in lines]
    assert ["20", "refused", "not_measured"] in [line[1:4] for line in lines]


def test_sizes_metrics_and_thresholds_are_shown(hpd_etl, ran):
    """The sums of two doubling lesions (as 50 to 55 to 110), the ratio 11 and the threshold 2 can all be read."""
    told = hpd_etl("explain", one("treated_on"), *ran.options, "--definition", "saada2017").out
    before, base, after = map(float, re.search(r"S_pre (\S+) mm, S0 (\S+) mm, S_post (\S+) mm", told).groups())
    assert (base / before, after / base) == pytest.approx((1.1, 2.0))
    rule = next(line for line in told.splitlines() if "tgk_ratio >= 2" in line)
    assert rule.split()[-2:] == ["11", "met"]
    assert f"{after * 0.6:g} mm" in told
    assert "saada2017 v1: HPD" in told
    assert "kato2017" not in told


def test_only_what_was_asked_for_is_shown(hpd_etl, ran):
    """Of one definition the scans, lesions and source rows of its own windows, once; a label that is not there is
    asked for in study.toml."""
    told = hpd_etl("explain", one("treated_on"), *ran.options, "--definition", "matos2020").out
    assert re.findall(r"(?:Scans|Lesions), windows: (.*?) *\n", told) == ["post_to_day=56"] * 2
    assert set(re.findall(r"^\S+/\S+/\S+/\S+", told, re.MULTILINE)) == {"RECIST1.1/post_to_day=56/targets/sld"}
    refused = hpd_etl("explain", one("treated_on"), *ran.options, "--definition", "matos2020_confirmed")
    assert refused.code == 2
    assert "name it in criteria.use" in refused.err


def test_why_not_is_shown(hpd_etl, ran):
    """A person who lacks a scan is told so, with what the definition requires."""
    told = hpd_etl("explain", one("docetaxel_no_earlier_scan"), *ran.options, "--definition", "champiat2017").out
    assert "NOT_EVALUABLE because no_prebaseline_scan" in told
    assert "baseline, first_evaluation, pre_baseline" in told


def test_it_says_that_it_shows_a_patient(hpd_etl, ran):
    """The first line warns of patient data and of the intended use."""
    first = hpd_etl("explain", one("treated_on"), *ran.options).out.splitlines()[0]
    assert "Patient data" in first
    assert "not for individual care" in first


def test_source_rows_and_hashes_are_shown(hpd_etl, ran):
    """Every source row in the evidence of a person stands in the explanation, and so do the hashes in force."""
    person = one("treated_on")
    told = hpd_etl("explain", person, *ran.options).out
    labels = artefacts.read(Labels, ran.run / LABELS, person)
    for source in ";".join(labels.evidence["source_id"]).split(";"):
        assert source in told
    for each in library.chosen(read_study(ran.folder / "study.toml")):
        assert each.sha256 in told
    assert labels.labels["params_sha256"].iloc[0] in told


def test_refused_rows_are_shown(hpd_etl, ran):
    """What was refused of a person stands there with its reason."""
    rejections = artefacts.read(Timeline, ran.run / TIMELINE).rejections
    row = rejections[rejections["reason"] == "impossible_size"].iloc[0]
    told = hpd_etl("explain", row["person_id"], *ran.options).out
    assert "impossible_size" in told
    assert row["source_id"] in told


def test_an_unknown_person_is_not_repeated(hpd_etl, ran):
    """Asking for somebody who was never treated ends with 2, and the message does not hold the id."""
    done = hpd_etl("explain", "123456789123", *ran.options)
    assert done.code == 2
    assert "123456789123" not in done.err


def test_another_definition_is_noticed(hpd_etl, ran, tmp_path):
    """Labels made without a definition are not explained with it."""
    study = tmp_path / "study.toml"
    study.write_text((ran.folder / "study.toml").read_text("utf-8") + '\n[criteria]\nuse = ["ji2019", "mine"]\n'
                     'folder = "own"\n', "utf-8")
    (tmp_path / "own").mkdir()
    shipped = next(path for path in library.assets.definition_files() if path.stem == "ji2019").read_text("utf-8")
    (tmp_path / "own" / "mine.toml").write_text(shipped.replace('id = "ji2019"\nnumber = 5', 'id = "mine"'), "utf-8")
    done = hpd_etl("explain", one("treated_on"), "--study", study, "--site", ran.folder / "site.toml")
    assert done.code == 2
    assert "not labelled with this mine" in done.err


def test_other_parameters_are_refused(ran, hpd_etl, tmp_path):
    """Labels made with one length of a month are not explained with another."""
    study = tmp_path / "study.toml"
    study.write_text((ran.folder / "study.toml").read_text("utf-8") + "\n[criteria]\nmonth_days = 28\n", "utf-8")
    done = hpd_etl("explain", one("treated_on"), "--study", study, "--site", ran.folder / "site.toml")
    assert done.code == 2
    assert "other parameters" in done.err


OF_LEAVES = {"pre_growth_nonpositive", "response_unknown", "ttf_unknown"}
"""Reasons that stand in the rule itself; the others are requirements, which come before it."""


def test_the_explanation_never_contradicts_the_label(ran):
    """For every person and definition, the rule as explained gives the verdict, unless a requirement overrules it."""
    study = read_study(ran.folder / "study.toml")
    labels = artefacts.read(Labels, ran.run / LABELS)
    metrics = labels.metrics.set_index(["person_id", "measure_set"]).to_dict("index")
    rules = {each.id: each.rule for each in library.chosen(study)}
    told = 0
    for row in labels.labels.to_dict("records"):
        found = metrics[row["person_id"], row["measure_set"]]
        explained = VERDICTS[truth_of(rules[row["definition_id"]], found, study.criteria.month_days)]
        of_rule = row["verdict"] != "NOT_EVALUABLE" or set(row["reasons"].split(";")) <= OF_LEAVES
        assert not of_rule or row["verdict"] == explained
        told += of_rule
    assert told > len(labels.labels) / 2


def test_every_metric_has_a_formula():
    """A rule can name no metric whose formula the explanation does not know."""
    assert set(FORMULAS) == set(METRIC_SOURCES)


# --- as a page --------------------------------------------------------------------------------


def test_the_page_needs_nothing_and_is_for_its_owner(page):
    """One file without script or address, with the warning, readable by its owner; what is printed holds no patient."""
    file, said = page
    text = file.read_text("utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert explanation.WARNING in text
    assert "default-src 'none'" in text
    assert not re.search(r"<script|https?://|url\((?!#)|@import", text)
    assert said.replace(str(file), "").strip() == "page with patient data:"


def test_the_page_has_every_verdict_and_the_terminal_the_same(hpd_etl, ran, page):
    """Each label stands in the page with its principal metric, and what the terminal says of one stands there too."""
    text = page[0].read_text("utf-8")
    labels = artefacts.read(Labels, ran.run / LABELS, one("treated_on")).labels
    words = {"HPD": "▲ HPD", "NOT_HPD": "● not HPD", "NOT_EVALUABLE": "■ not evaluable"}
    for row in labels.to_dict("records"):
        head = text.split(f'id="d-{row["definition_id"]}"')[1].split("</summary>")[0]
        assert words[row["verdict"]] in head
    told = hpd_etl("explain", one("treated_on"), *ran.options, "--definition", "saada2017").out
    cells = re.findall(r"S_pre \S+ mm, S0 \S+ mm, S_post \S+ mm|[0-9a-f]{64}|\d{4}-\d\d-\d\d|tgk_post / tgk_pre", told)
    assert len(cells) > 5
    assert all(cell in text for cell in cells)


def test_a_rule_is_a_tree():
    """Lines of depth 0, 1, 2, 1 make one branch of two, the first of which has one of its own."""
    lines = [explanation.Line(Finding(depth, says, "", "met"), "")
             for depth, says in ((0, "any:"), (1, "all:"), (2, "tgk_post > 0"), (1, "new_lesions >= 2"))]
    [top] = pages.branches(tuple(lines))
    assert [(each.line.finding.says, len(each.parts)) for each in top.parts] == [("all:", 1), ("new_lesions >= 2", 0)]


def explained(ran, person):
    """What is gathered of a person."""
    study = read_study(ran.folder / "study.toml")
    return study, explanation.gathered(ran.run, person, library.chosen(study), study)


def test_the_timeline_has_windows_doses_scans_and_lesions(ran):
    """Windows of the study around a baseline scan on day -7, the scans with what they are used for, sizes and sum."""
    study, told = explained(ran, one("unmeasured_examination"))
    frame = pages.events(told, "study", study.windows)
    rows = dict(iter(frame.groupby("part")))
    assert sorted(zip(rows["window"]["what"], rows["window"]["day"], rows["window"]["to_day"], strict=True)) == [
        ("baseline", -42, 0), ("first evaluation", 1, 120), ("pre-baseline", -187, -21)]
    assert {-63: "pre", -7: "baseline", 20: "refused", 49: "post"}.items() <= dict(
        zip(rows["scan"]["day"], rows["scan"]["kind"], strict=True)).items()
    assert set(rows["event"][rows["event"]["lane"] == "doses"]["day"]) == set(told.timeline.doses["days_from_index"])
    sizes = rows["size"]
    for day, own in sizes[sizes["kind"] == "sum of the targets"].groupby("day"):
        assert own["mm"].iloc[0] == sizes[(sizes["kind"] == "target") & (sizes["day"] == day)]["mm"].sum()
    assert set(sizes["day"]) == {-63, -7, 49}


def test_the_drawing_is_well_formed_and_says_what_is_drawn(page):
    """Each timeline of the page is XML on its own, and a scan tells its role and its reason to who does not see it."""
    drawings = re.findall(r"<svg .*?</svg>", page[0].read_text("utf-8"), re.DOTALL)
    assert len(drawings) > 3
    told = [node.get("aria-label") or "" for node in ElementTree.fromstring(drawings[0]).iter()]
    assert any(label.startswith("scan on day -7: baseline") for label in told)


def test_words_from_the_data_are_no_markup(ran):
    """What a source says is shown as it stands, whatever it holds; a person who is not labelled has a page as well."""
    study, told = explained(ran, one("treated_on"))
    text = pages.page(replace(told, labels=None, treatment=("<script>alert(1)</script>",)), study, "run")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text
    assert 'id="verdicts"' not in text


def test_a_page_that_cannot_be_written_changes_nothing(hpd_etl, ran, tmp_path):
    """Where the folder is not there the command ends with 4, says so, and leaves nothing behind."""
    done = hpd_etl("explain", one("treated_on"), *ran.options, "--definition", "saada2017", "--html",
                   tmp_path / "missing" / "page.html")
    assert done.code == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here")
def test_a_browser_shows_the_page(page, tmp_path):
    """Opened from its file, wide, on a telephone, in the dark and on paper: no fault, no request, nothing beside the
    page, the first rule open and every other one a key away."""
    browser = Browser(tmp_path)
    try:
        papers = {}
        for width, dark in ((1280, False), (390, True)):
            tab = browser.open(page[0], width, dark=dark)
            assert tab.faults() == []
            assert tab.requests() == []
            assert tab.tell("document.documentElement.scrollWidth") <= width
            papers[dark] = tab.tell("getComputedStyle(document.body).backgroundColor")
            assert tab.tell("document.querySelectorAll('svg [aria-label]').length") > 20
            assert tab.tell("[...document.querySelectorAll('details[id]')].map(each => each.open).indexOf(true)") == 0
            assert tab.tell("[...document.querySelectorAll('.scroll')].every(each => each.tabIndex === 0)")
        assert papers[False] != papers[True]
        tab = browser.open(page[0], 760)
        tab.ask("Emulation.setEmulatedMedia", media="print")
        assert tab.tell("document.documentElement.scrollWidth") <= 760
        assert tab.paper(tmp_path / "page.pdf").startswith(b"%PDF")
    finally:
        browser.close()
