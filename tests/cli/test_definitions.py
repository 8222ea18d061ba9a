"""`definitions list`, `show` and `check`, and a study that labels under a definition of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hpd_etl import artefacts
from hpd_etl.artefacts import LABELS
from hpd_etl.schema import Labels

OWN = '''\
# Growth kinetics of a study's own, in words that a colleague may have typed.
id = "volume_and_failure"
version = 1
title = "Volume up by half with early failure"
citation = "Protocol of 2026-11-01, section 4"
framework = "RECIST1.1"
new_lesions_in_sum = false
requires = ["baseline", "first_evaluation"]
windows = { post_to_day = 84 }
value = "sld_change_pct"

[evidence]
rule = "S"
strictness = "M+"
dose_breaks = "?"

[assumed]
dose_breaks = "a break of the treatment is no end"

[rule]
all = [
  { metric = "sld_change_pct", is = ">=", value = 50 },
  { at_least = 1, of = [
    { metric = "ttf_months", is = "<", value = 2 },
    { metric = "response_first", is = "in", value = ["PD"] },
  ] },
]
'''

FAULTY = '''\
id = "Volume"
version = "1"
titel = "Volume up by half"
citation = "Protocol"
framework = "RECIST 1.1"
new_lesions_in_sum = false
requires = ["baseline", "first_evalution"]
windows = { post_to_days = 84 }
value = "sld_change"

[evidence]
rule = "A"

[rule]
all = [
  { metric = "sld_change_pc", is = ">=", value = 50 },
  { metric = "ttf_months", is = "less", value = "2" },
  { at_least = 3, of = [
    { metric = "response_first", is = "=", value = "PDD" },
    { metric = "tgk_post", is = ">", value = 0, unit = "mm" },
  ] },
  { some = [] },
]
'''


@pytest.fixture
def own(place):
    """A study with a definition of its own, and no sink; returns the study's and the definition's file."""
    (place.folder / "own").mkdir()
    file = place.folder / "own" / "mine.toml"
    file.write_text(OWN, "utf-8")
    place.add("study.toml", '\n[criteria]\nfolder = "own"\nuse = ["volume_and_failure", "ji2019"]\n')
    text = (place.folder / "site.toml").read_text("utf-8")
    (place.folder / "site.toml").write_text(text.split("[sink]")[0], "utf-8")
    return place.folder / "study.toml", file


def test_list_names_kind_rule_and_variants(hpd_etl):
    """One line says what a definition is of, whose rule it states and which variants differ from it."""
    told = {line.split()[0]: line for line in hpd_etl("definitions", "list").out.splitlines() if line[:1].isalpha()}
    assert "fast progression" in told["gandara2021_fp"]
    assert told["kamada2019"].split()[2:4] == ["HPD", "kato2017"]
    assert "require_pd intersection confirmed" in told["ji2019"]
    assert "require_pd" not in told["champiat2017"]


def test_show_tells_what_is_assumed(hpd_etl):
    """Grade, meaning and what is taken stand beside each other; so do papers with the same rule."""
    told = hpd_etl("definitions", "show", "saada2017").out
    for words in ("karabajakian2020, economopoulou2021", "saada2017_require_pd", "tgk_ratio >= 2",
                  "hpd 10, evaluable 34", "criteria.pre_growth_nonpositive"):
        assert words in told


def test_show_a_variant(hpd_etl):
    """A variant is shown like a definition, with what it changes."""
    told = hpd_etl("definitions", "show", "saada2017_require_pd").out
    assert "response_first = PD" in told
    assert "with progression at the first evaluation" in told


def test_show_whose_variant_states_the_same_rule(hpd_etl):
    """Papers that state one rule state the same variants of it too."""
    told = hpd_etl("definitions", "show", "lorusso2019_confirmed").out
    assert re.search(r"same rule +castello2020_confirmed\s", told)


def test_check_tells_everything_at_once_with_lines(hpd_etl, tmp_path):
    """Nobody has to run it once a fault: each has its line, its key, and what would be right."""
    file = tmp_path / "faulty.toml"
    file.write_text(FAULTY, "utf-8")
    done = hpd_etl("definitions", "check", file)
    assert done.code == 2
    told = [line.removeprefix(str(file)) for line in done.err.splitlines()]
    assert told == [
        ", line 1: id: an id has up to 40 lower-case letters, digits and _, and begins with a letter",
        ", line 2: version: Input should be a valid integer",
        ", line 1: title: is missing",
        ", line 5: framework: unknown framework 'RECIST 1.1', did you mean RECIST1.1?",
        ", line 7: requires[2]: unknown requirement 'first_evalution', did you mean first_evaluation?",
        ", line 8: windows.post_to_days: unknown window 'post_to_days', did you mean post_to_day?",
        ", line 12: evidence.rule: unknown grade 'A'; allowed are S, V1, V2, M+, M-, ?",
        ", line 16: rule.all[1].metric: unknown metric 'sld_change_pc', did you mean sld_change_pct?",
        ", line 17: rule.all[2].is: 'less' is no comparison; use one of >=, >, <=, <",
        ", line 17: rule.all[2].value: ttf_months is compared with a number",
        ", line 19: rule.all[3].of[1].value: unknown value of response_first 'PDD', did you mean PD?",
        ", line 20: rule.all[3].of[2].unit: unknown key; allowed are metric, is, value",
        ", line 22: rule.all[4]: a rule is a table with `all`, `any`, `at_least` with `of`, "
        "or `metric`, `is` and `value`",
        ", line 3: titel: unknown key, did you mean title?",
    ]


def test_check_tells_what_a_run_would_refuse(hpd_etl, tmp_path):
    """An id or a number of a definition that ships is no study's, and a line is that of the rule, not of its grade."""
    file = tmp_path / "mine.toml"
    for text, said in ((OWN.replace("volume_and_failure", "saada2017"), ": there is another definition saada2017"),
                       (OWN.replace("version", "number = 3\nversion"),
                        ": number = 3 is that of a definition that ships"),
                       (OWN.replace('is = "<"', 'is = "="'),
                        ", line 24: rule.all[2].of[1].is: '=' is no comparison; use one of >=, >, <=, <")):
        file.write_text(text, "utf-8")
        done = hpd_etl("definitions", "check", file)
        assert (done.code, done.err) == (2, f"{file}{said}\n")


def test_the_group_of_all_is_none_of_them(hpd_etl):
    """`published` is no definition that could be shown, and nothing like it is suggested."""
    assert "published is the group of all" in hpd_etl("definitions", "show", "published").err


def test_check_of_text_that_is_no_toml(hpd_etl, tmp_path):
    """The parser's own words say where."""
    file = tmp_path / "broken.toml"
    file.write_text('id = "own\n', "utf-8")
    done = hpd_etl("definitions", "check", file)
    assert done.code == 2
    assert "is not TOML" in done.err
    assert "line 1" in done.err


def test_check_of_a_rule_too_deep_to_be_read(hpd_etl, tmp_path):
    """Lists within lists that exhaust the reader of TOML are refused in words, as levels under headers are."""
    (tmp_path / "deep.toml").write_text("rule = " + "{ all = [" * 900 + "] }" * 900, "utf-8")
    headers = "".join(f"[[rule{'.all' * depth}]]\n" for depth in range(1, 901))
    (tmp_path / "headers.toml").write_text(headers, "utf-8")
    for name, told in (("deep", "nests too deep"), ("headers", "at most 12 levels")):
        done = hpd_etl("definitions", "check", tmp_path / f"{name}.toml")
        assert (done.code, told in done.err) == (2, True)


def test_the_example_of_the_documentation_is_without_fault(hpd_etl, tmp_path):
    """Who copies it begins with a definition that works."""
    page = (Path(__file__).parents[2] / "docs" / "not_shipped.md").read_text("utf-8")
    file = tmp_path / "copied.toml"
    file.write_text(page.partition("```toml\n")[2].partition("```")[0], "utf-8")
    assert hpd_etl("definitions", "check", file).out == "1 definition without fault\n"


def test_a_study_labels_under_its_own_definition(hpd_etl, own, place):
    """Without a line of Python: checked, listed, shown, run and found on every label."""
    study, file = own
    assert hpd_etl("definitions", "check", file).out == "1 definition without fault\n"
    assert "volume_and_failure" in hpd_etl("definitions", "list", "--study", study).out
    shown = hpd_etl("definitions", "show", "volume_and_failure", "--study", study).out
    assert "a break of the treatment is no end" in shown
    done = hpd_etl("run", *place.options)
    assert done.code == 0, done.err
    assert "volume_and_failure" in done.out
    run = artefacts.newest(place.folder / "runs")
    labels = artefacts.read(Labels, run / LABELS).labels
    mine = labels[labels["definition_id"] == "volume_and_failure"]
    assert len(mine) == len(labels) / 2
    assert set(mine["verdict"]) == {"HPD", "NOT_HPD", "NOT_EVALUABLE"}
    assert set(mine["assumed_fields"]) == {"dose_breaks;strictness"}
