"""`explain` answers why, and its answer never contradicts the label."""

from __future__ import annotations

import re

import pytest

from hpd_etl import artefacts, library, pipeline
from hpd_etl.artefacts import LABELS, TIMELINE
from hpd_etl.config import read_site, read_study
from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.demo import hospital
from hpd_etl.reasoning import FORMULAS, truth_of
from hpd_etl.schema import Labels, Timeline
from tests.cli.conftest import SHIFT, settled

VERDICTS = {0: "NOT_HPD", 1: "NOT_EVALUABLE", 2: "HPD"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, cdm):
    """A place where everything ran once; read only."""
    place = settled(tmp_path_factory.mktemp("explained") / "place", cdm)
    pipeline.run(read_study(place.folder / "study.toml"), read_site(place.folder / "site.toml"))
    return place


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
