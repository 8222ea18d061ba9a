"""What a definition file may say; whatever else it says is an error that names the file and the nearest word."""

from __future__ import annotations

import tomllib
from functools import reduce

import pytest

from hpd_etl.config import Study
from hpd_etl.criteria.definition import parse, window_sets
from hpd_etl.criteria.rules import Leaf, Node, leaves
from hpd_etl.errors import ConfigurationError

OWN = """
id = "own"
version = 1
title = "A study's own"
citation = "none"
framework = "RECIST1.1"
new_lesions_in_sum = false
requires = ["baseline", "first_evaluation"]
value = "tgk_post"
windows = { post_to_day = 84 }
evidence = { rule = "S" }

[rule]
all = [
  { metric = "response_first", is = "=", value = "PD" },
  { metric = "tgk_post", is = ">=", value = 10 },
]
"""


def test_a_definition_of_the_study_is_read():
    """Every field is kept, an absent number is none, thresholds are numbers."""
    own = parse(tomllib.loads(OWN), "own.toml")
    assert (own.id, own.number, own.requires) == ("own", None, ("baseline", "first_evaluation"))
    assert own.rule == Node("all", (Leaf("response_first", "=", ("PD",)), Leaf("tgk_post", ">=", 10.0)))
    assert own.window_set == "post_to_day=84"
    assert own.measure_set == "RECIST1.1/post_to_day=84/targets/sld"


def test_its_windows_replace_those_of_the_study_and_the_rest_stands():
    """The window it states is its own; all others are the study's, which are always among the sets."""
    study = Study(id="study", windows={"baseline_from_day": -28})
    sets = window_sets([parse(tomllib.loads(OWN), "own.toml")], study)
    assert sets["study"] == study.windows
    own = sets["post_to_day=84"]
    assert (own.post_to_day, own.baseline_from_day, own.pre_max_gap_days) == (84, -28, 180)


@pytest.mark.parametrize(("written", "instead", "message"), [
    ("version", "titel = 'again'\nversion", "titel: unknown key, did you mean title?"),
    ('value = "tgk_post"', 'value = "tgk_pots"',
     "value: 'tgk_pots' is no metric of the rule that is a number, did you mean tgk_post?"),
    ('metric = "tgk_post"', 'metric = "tgk_pst"',
     "rule.all[2].metric: unknown metric 'tgk_pst', did you mean tgk_post?"),
    ('is = ">="', 'is = "above"', "rule.all[2].is: 'above' is no comparison; use one of >=, >, <=, <"),
    ('"baseline"', '"base_line"', "requires[1]: unknown requirement 'base_line', did you mean baseline?"),
    ("post_to_day = 84", "post_to_days = 84",
     "windows.post_to_days: unknown window 'post_to_days', did you mean post_to_day?"),
    ('"RECIST1.1"', '"RECIST 1.1"', "framework: unknown framework 'RECIST 1.1', did you mean RECIST1.1?"),
    ('value = "PD"', 'value = "PDD"', "rule.all[1].value: unknown value of response_first 'PDD', did you mean PD?"),
    ('rule = "S"', 'rule = "V3"', "evidence.rule: unknown grade 'V3'; allowed are S, V1, V2, M+, M-, ?"),
    ('rule = "S"', 'rules = "S"',
     "evidence: unknown field 'rules', did you mean rule? (`[assumed]` may explain another)"),
    ("value = 10 ", "of = 3, value = 10 ", "rule.all[2].of: unknown key; allowed are metric, is, value"),
    ("[rule]\nall = [", "[rule]\nany = []\nall = [", "rule.any: unknown key; allowed are all"),
], ids=lambda text: text.split(",")[0] if " " in text else None)
def test_an_unknown_word_is_an_error_with_a_suggestion(written, instead, message):
    """Key, metric, comparison, requirement, window, framework and code are closed lists."""
    assert written in OWN
    with pytest.raises(ConfigurationError) as error:
        parse(tomllib.loads(OWN.replace(written, instead, 1)), "own.toml")
    assert str(error.value).startswith(f"own.toml: {message}")


@pytest.mark.parametrize(("written", "instead", "message"), [
    ("version = 1\n", "", "version: is missing"),
    ('is = "="', 'is = ">"', "rule.all[1].is: response_first is a code; compare it with = or in"),
    ("value = 10", 'value = "10"', "rule.all[2].value: tgk_post is compared with a number"),
    ("value = 10", "value = true", "rule.all[2].value: tgk_post is compared with a number"),
    ("value = 10", "value = nan", "rule.all[2].value: tgk_post is compared with a number"),
    ("value = 10", "value = inf", "rule.all[2].value: tgk_post is compared with a number"),
    ("value = 10", f"value = {10 ** 400}", "rule.all[2].value: tgk_post is compared with a number"),
    ('is = "=", value = "PD"', 'is = "in", value = []',
     "rule.all[1].value: response_first is compared with a code or a list of codes"),
    ("post_to_day = 84", "post_to_day = -5",
     "windows: no study has such windows: post_from_day lies after post_to_day"),
    ("post_to_day = 84", "pre_from_day = 84",
     "windows: no study has such windows: Input should be less than or equal to 0"),
    ("version = 1", f"version = {2 ** 64}", "version: Input should be less than or equal to 1999"),
    ('value = "PD"', "value = 3", "rule.all[1].value: response_first is compared with a code or a list of codes"),
    ('value = "tgk_post"', 'value = "tgr_post"',
     "value: 'tgr_post' is no metric of the rule that is a number, did you mean tgk_post?"),
    ("[rule]\nall = [", "[rule]\nsome = [",
     "rule: a rule is a table with `all`, `any`, `at_least` with `of`, or `metric`, `is` and `value`"),
    ("[rule]\nall = [", "[rule]\nat_least = 3\nof = [", "rule.at_least: at_least must lie between 1 and the 2 parts"),
    ("[rule]\nall = [", "[rule]\nat_least = 0\nof = [", "rule.at_least: at_least must lie between 1 and the 2 parts"),
    ("[rule]\nall = [", "[rule]\nof = [", "rule.at_least: is missing"),
    ('id = "own"', 'id = "own_confirmed"',
     "id: the id is that of a group or of a variant; give the definition another one"),
    ('id = "own"', 'id = "published"',
     "id: the id is that of a group or of a variant; give the definition another one"),
    ('id = "own"', 'id = "Own"', "id: an id has up to 40 lower-case letters, digits and _, and begins with a letter"),
    ("[rule]", '[[also]]\nid = "own"\ncitation = "none"\n[rule]',
     "also: two definitions of this file have the same id"),
], ids=range(21))
def test_what_makes_no_sense_is_an_error(written, instead, message):
    """A definition that cannot be meant so is never half understood."""
    assert written in OWN
    with pytest.raises(ConfigurationError) as error:
        parse(tomllib.loads(OWN.replace(written, instead, 1)), "own.toml")
    assert str(error.value) == f"own.toml: {message}"


@pytest.mark.parametrize(("levels", "refused"), [(12, False), (13, True), (900, True)])
def test_a_rule_that_nobody_could_read_is_refused(levels, refused):
    """A comparison eleven joins deep is read, one deeper is told, and so is one too deep for any recursion."""
    leaf = {"metric": "tgk_post", "is": ">=", "value": 10}
    content = {**tomllib.loads(OWN), "rule": reduce(lambda rule, _: {"all": [rule]}, range(levels - 1), leaf)}
    if not refused:
        assert [str(each) for each in leaves(parse(content, "own.toml").rule)] == ["tgk_post >= 10"]
        return
    with pytest.raises(ConfigurationError, match=r"own\.toml: rule: a rule has at most 12 levels"):
        parse(content, "own.toml")


def test_windows_that_do_not_fit_the_study():
    """A definition whose window ends before the study's begins is refused by name."""
    study = Study(id="study", windows={"post_from_day": 90})
    with pytest.raises(ConfigurationError, match="own: its windows do not fit the study's: "):
        window_sets([parse(tomllib.loads(OWN), "own.toml")], study)


def test_the_hash_is_of_what_is_said_not_of_how():
    """Order of keys and layout do not matter, a threshold does."""
    same = "\n".join(["version = 1", *OWN.replace("version = 1\n", "").splitlines()])
    assert parse(tomllib.loads(same), "a").sha256 == parse(tomllib.loads(OWN), "b").sha256
    assert parse(tomllib.loads(OWN.replace("10 }", "11 }")), "a").sha256 != parse(tomllib.loads(OWN), "b").sha256
