"""What ships, what a study adds, and the variants of both."""

from __future__ import annotations

import pytest

from hpd_etl import library
from hpd_etl.config import Study
from hpd_etl.criteria.evidence import FIELDS, is_assumed
from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.criteria.rules import Leaf, leaves
from hpd_etl.criteria.variants import SHIPPED_BELOW, VARIANTS, possible
from hpd_etl.errors import ConfigurationError

SHIPPED = {each.id: each for each in library.published()}
SAME_RULE = {
    "champiat2017": ["kanjanapan2019"], "saada2017": ["karabajakian2020", "economopoulou2021"],
    "kato2017": ["kamada2019"], "lorusso2019": ["castello2020"], "aoki2019": ["hagi2020"], "park_jh2020": ["pla2023"],
}
"""Papers that state one rule."""
OWN = """
id = "own"
version = 1
title = "A study's own"
citation = "none"
framework = "RECIST1.1"
new_lesions_in_sum = false
requires = ["baseline", "first_evaluation"]
value = "sld_change_pct"
evidence = { rule = "S" }

[rule]
metric = "sld_change_pct"
is = ">="
value = 73
"""


def chosen(*use: str, folder: object = None) -> list[str]:
    """The ids that a study with this `use` labels under."""
    return [each.id for each in library.chosen(Study.model_validate({
        "id": "study", "criteria": {"use": use, "folder": folder}}))]


def test_thirty_five_definitions_ship() -> None:
    """33 definitions of hyperprogression and two of fast progression, numbered from 1 without a gap."""
    assert [each.number for each in SHIPPED.values()] == list(range(1, 36))
    assert [each.id for each in SHIPPED.values() if not each.hpd] == ["gandara2021_fp", "auc_fp"]


def test_papers_with_one_rule_share_it_and_nothing_else() -> None:
    """A definition that repeats a rule names whose it is; citation, number and hash are its own."""
    shared = {name: [each.id for each in SHIPPED.values() if each.rule_id == name and each.id != name]
              for name in SHIPPED}
    assert {name: same for name, same in shared.items() if same} == SAME_RULE
    for name, same in SAME_RULE.items():
        for each in (SHIPPED[other] for other in same):
            first = SHIPPED[name]
            assert (each.rule, each.measure_set, each.requires) == (first.rule, first.measure_set, first.requires)
            assert each.citation != first.citation
            assert each.sha256 != first.sha256


@pytest.mark.parametrize("each", SHIPPED.values(), ids=SHIPPED)
def test_every_field_is_graded_and_every_assumption_is_told(each: library.Definition) -> None:
    """The rule has a grade, an assumed field says what is taken, and a month that decides is graded."""
    assert "rule" in each.evidence
    assert set(each.assumed_fields) == {name for name, grade in each.evidence.items()
                                        if is_assumed(grade) and name != "published"}
    assert all(each.assumed.get(name) or FIELDS[name] for name in each.assumed_fields)
    by_months = {"tgr_ratio", "tgr_delta", "volume_tgr_ratio", "ttf_months"}
    assert ("month_days" in each.evidence) == bool(by_months & {leaf.metric for leaf in leaves(each.rule)})


@pytest.mark.parametrize("each", SHIPPED.values(), ids=SHIPPED)
def test_growth_is_asked_to_be_positive_before_every_ratio(each: library.Definition) -> None:
    """No growth on treatment is never hyperprogression, whatever the sign of the ratio (A2)."""
    asked = list(leaves(each.rule))
    guards = {leaf.metric.removesuffix("_post") for leaf in asked if leaf.sign == ">" and leaf.value == 0}
    compared = {leaf.metric.removesuffix("_ratio").removesuffix("_delta") for leaf in asked
                if leaf.metric in ("tgk_ratio", "tgr_ratio", "tgr_delta", "volume_tgr_ratio")}
    assert bool(compared) <= bool(guards)
    assert {"volume_tgr"} & compared <= guards


def test_every_metric_is_named_by_a_definition_or_is_a_part_of_one() -> None:
    """No metric ships that nothing asks for; growth before and the pre-treatment volume growth are parts of ratios."""
    named = {leaf.metric for each in SHIPPED.values() for leaf in leaves(each.rule)}
    assert set(METRIC_SOURCES) - named == {"tgk_pre", "tgr_pre", "volume_tgr_pre", "new_lesions"}


def test_published_is_a_group_in_place() -> None:
    """The group stands for all that ships, in the order of numbers; what is named twice counts once."""
    assert chosen("published") == list(SHIPPED)
    assert chosen("ji2019", "published")[:2] == ["ji2019", "champiat2017"]
    assert len(chosen("ji2019", "published")) == 35


def test_variants_are_named_by_suffix() -> None:
    """A variant is chosen like a definition; its number, hash and measure set say that it is another."""
    found = library.everything(None)
    confirmed, common = (library.named(name, found) for name in ("ji2019_confirmed", "ji2019_intersection"))
    assert chosen("ji2019_confirmed", "ji2019") == ["ji2019_confirmed", "ji2019"]
    assert confirmed.measure_set == found["ji2019"].measure_set == "irRECIST/study/new/sld"
    assert common.measure_set == "irRECIST/study/new_common/sld"
    assert (confirmed.number, common.number) == (5 + 3 * SHIPPED_BELOW, 5 + 2 * SHIPPED_BELOW)
    assert len({each.sha256 for each in (confirmed, common, found["ji2019"])}) == 3


def test_every_variant_has_a_number_of_its_own() -> None:
    """So that no two cohorts of OMOP ever share one."""
    numbers = [each.number for one in SHIPPED.values() for each in (one, *library.variants(one))]
    assert len(set(numbers)) == len(numbers)
    assert max(number or 0 for number in numbers) < 4 * SHIPPED_BELOW


def test_a_variant_of_a_shared_rule_is_shared_too() -> None:
    """Two papers with one rule have one rule in every variant."""
    found = library.everything(None)
    assert library.named("pla2023_confirmed", found).rule_id == "park_jh2020_confirmed"


def test_require_pd_puts_progression_before_the_rule() -> None:
    """One leaf joins those of an `all`; another rule becomes a part of one."""
    found = library.everything(None)
    progression = Leaf("response_first", "=", ("PD",))
    joined = list(leaves(library.named("saada2017_require_pd", found).rule))
    assert joined == [progression, *leaves(found["saada2017"].rule)]
    wrapped = library.named("wangx2023_require_pd", found).rule
    assert wrapped.parts == (progression, found["wangx2023"].rule)


@pytest.mark.parametrize(("name", "said"), [
    ("champiat2017_require_pd", "its rule asks for progression already"),
    ("kimcg2019_ttf_intersection", "its rule names no growth and no percentage"),
])
def test_a_variant_that_changes_nothing_is_refused(name: str, said: str) -> None:
    """Two names for one rule would look like two opinions."""
    with pytest.raises(ConfigurationError, match=said):
        chosen(name)


@pytest.mark.parametrize(("name", "near"), [
    ("ji2918", "ji2019"), ("ji2019_confirmd", "ji2019_confirmed"), ("publishd", "published"),
])
def test_an_unknown_definition_suggests_the_nearest(name: str, near: str) -> None:
    """Variants and groups are suggested like definitions."""
    with pytest.raises(ConfigurationError, match=f"did you mean {near}"):
        chosen(name)


def test_a_variant_of_a_variant_is_none() -> None:
    """Suffixes do not add up."""
    assert possible(library.named("ji2019_confirmed", library.everything(None))) == ()
    with pytest.raises(ConfigurationError, match="no definition ji2019_confirmed_require_pd"):
        chosen("ji2019_confirmed_require_pd")


def test_a_study_adds_its_own(tmp_path) -> None:
    """Its definitions come after those that ship, with variants of their own."""
    (tmp_path / "own.toml").write_text(OWN, "utf-8")
    assert list(library.everything(tmp_path))[-1] == "own"
    assert chosen("own", "own_require_pd", folder=tmp_path) == ["own", "own_require_pd"]
    assert library.named("own_confirmed", library.everything(tmp_path)).number is None


@pytest.mark.parametrize(("change", "said"), [
    ('id = "ji2019"', "there is another definition ji2019"), ('id = "own"\nnumber = 5', "number = 5 is that of"),
])
def test_what_collides_with_a_shipped_one_is_refused(tmp_path, change: str, said: str) -> None:
    """Ids and committed numbers of shipped definitions are theirs."""
    (tmp_path / "own.toml").write_text(OWN.replace('id = "own"', change), "utf-8")
    with pytest.raises(ConfigurationError, match=said):
        library.everything(tmp_path)


def test_every_file_name_is_its_id() -> None:
    """A definition is found where its id says, and every suffix of a variant is reserved."""
    for path in library.assets.definition_files():
        assert library.read(path)[0].id == path.stem
        assert not any(path.stem.endswith(f"_{name}") for name in VARIANTS)
