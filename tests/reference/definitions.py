"""The published definitions, written from the science notes and not from the TOML files; and their named variants."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tests.reference.rules import Join, Leaf, all_of, any_of, at_least, leaves

PD = Leaf("response_first", "=", "PD")
ALL_SCANS = ("baseline", "first_evaluation", "pre_baseline")
TWO_SCANS = ("baseline", "first_evaluation")
VARIANTS = ("require_pd", "intersection", "confirmed")
FROM_PRE = ("tgk_pre", "tgk_ratio", "tgr_pre", "tgr_ratio", "tgr_delta", "pace_ratio", "volume_tgr_pre",
            "volume_tgr_ratio", "spd_pace_ratio", "sld_change_from_pre_pct")
"""Metrics that look at the pre-baseline scan."""
OF_SUMS = (*FROM_PRE, "tgk_post", "tgr_post", "sld_change_pct", "sld_change_mm", "volume_tgr_post",
           "volume_change_pct", "spd_change_pct")
"""Growth and percentages: metrics that are made of burdens."""


@dataclass(frozen=True)
class Definition:
    """What a definition asks, of whom, and by which imaging criteria."""

    id: str
    rule: Leaf | Join
    framework: str = "RECIST1.1"
    with_new: bool = False
    requires: tuple[str, ...] = ALL_SCANS
    windows: dict[str, int] = field(default_factory=dict)
    variant: str | None = None

    @property
    def uses_pre(self) -> bool:
        """The pre-baseline scan is one of the scans it looks at."""
        return any(leaf.metric in FROM_PRE for leaf in leaves(self.rule))


def _is(metric: str, sign: str, limit: int) -> Leaf:
    return Leaf(metric, sign, limit)


def _tgk(sign: str, times: int) -> Join:
    """The ratio of slopes, guarded: growth on treatment has to be positive (A2)."""
    return all_of(_is("tgk_post", ">", 0), _is("tgk_ratio", sign, times))


def _tgr(sign: str, times: int) -> Join:
    return all_of(_is("tgr_post", ">", 0), _is("tgr_ratio", sign, times))


def _delta(points: int) -> Join:
    return all_of(_is("tgr_post", ">", 0), _is("tgr_delta", ">", points))


EARLY_FAILURE = _is("ttf_months", "<", 2)
CHAMPIAT, SAADA, FERRARA = all_of(PD, _tgr(">=", 2)), _tgk(">=", 2), all_of(PD, _delta(50))
KATO = all_of(EARLY_FAILURE, _is("sld_change_pct", ">", 50), _is("pace_ratio", ">", 2))
LO_RUSSO = all_of(PD, at_least(
    3, EARLY_FAILURE, _is("sld_change_pct", ">=", 50), _is("new_lesions_involved", ">=", 2),
    _is("organs_spread", ">=", 1), all_of(_is("ecog_worst", ">=", 2), _is("ecog_rise", ">=", 1))))
MATOS = all_of(PD, _is("sld_change_mm", ">=", 10), any_of(
    _is("sld_change_pct", ">=", 40), all_of(_is("sld_change_pct", ">=", 20), _is("new_organs", ">=", 2))))
KIM_CG = {"pre_from_day": -84, "post_to_day": 84}

PUBLISHED = {made.id: made for made in (
    *(Definition(name, CHAMPIAT) for name in ("champiat2017", "kanjanapan2019")),
    *(Definition(name, SAADA) for name in ("saada2017", "karabajakian2020", "economopoulou2021")),
    *(Definition(name, KATO, "irRECIST", True) for name in ("kato2017", "kamada2019")),
    Definition("kato2017_irrc", all_of(EARLY_FAILURE, _is("spd_change_pct", ">", 50), _is("spd_pace_ratio", ">", 2)),
               "irRC", True),
    Definition("ferrara2018", FERRARA),
    Definition("lahmar2016", _delta(50)),
    Definition("ji2019", SAADA, "irRECIST", True),
    Definition("singavi2017", all_of(PD, _is("sld_change_pct", ">=", 50), _tgr(">=", 2))),
    *(Definition(name, LO_RUSSO, requires=TWO_SCANS) for name in ("lorusso2019", "castello2020")),
    Definition("matos2020", MATOS, requires=TWO_SCANS, windows={"post_to_day": 56}),
    Definition("kas2020", all_of(PD, _delta(100))),
    Definition("kimcg2019_tgk", SAADA, windows=KIM_CG),
    Definition("kimcg2019_tgr", all_of(_is("volume_tgr_post", ">", 0), _is("volume_tgr_ratio", ">=", 2)),
               windows=KIM_CG),
    Definition("kimcg2019_ttf", EARLY_FAILURE, requires=TWO_SCANS),
    Definition("kimy2019", all_of(EARLY_FAILURE, SAADA, _is("volume_change_pct", ">=", 50))),
    Definition("kimcg2021_hcc", all_of(_tgk(">=", 4), _is("tgr_ratio", ">=", 4), _is("tgr_delta", ">=", 40))),
    *(Definition(name, _tgr(">", 2)) for name in ("aoki2019", "hagi2020")),
    Definition("sasaki2019", _tgr(">=", 2)),
    *(Definition(name, _tgk(">", 2)) for name in ("park_jh2020", "pla2023")),
    *(Definition(f"atezbev2023_{times}x", any_of(_tgr(">", times), _tgk(">", times))) for times in (2, 4)),
    Definition("wangx2023", any_of(_tgr(">=", 2), _tgk(">=", 2), _is("ttf_months", "<=", 2)), requires=()),
    Definition("djunadi2024_champiat", CHAMPIAT, with_new=True),
    Definition("djunadi2024_saada", SAADA, with_new=True),
    Definition("djunadi2024_ferrara", FERRARA, with_new=True),
    Definition("aacr2019", all_of(EARLY_FAILURE, _is("tgk_post", ">", 0), _is("pace_ratio", ">=", 2),
                                  _is("sld_change_from_pre_pct", ">=", 100))),
    Definition("gandara2021_fp", any_of(_is("sld_change_pct", ">=", 50), _is("early_progression_death", ">=", 1)),
               requires=(), windows={"post_to_day": 42}),
    Definition("auc_fp", _is("sld_change_pct", ">=", 50), requires=TWO_SCANS, windows={"post_to_day": 84}),
)}


def named(name: str) -> Definition:
    """The definition of this id, or the variant of one: `<id>_require_pd`, `<id>_intersection`, `<id>_confirmed`."""
    for variant in VARIANTS:
        if name not in PUBLISHED and name.endswith(f"_{variant}"):
            whose = PUBLISHED[name.removesuffix(f"_{variant}")]
            rule = all_of(whose.rule, PD) if variant == "require_pd" else whose.rule
            return replace(whose, id=name, rule=rule, variant=variant)
    return PUBLISHED[name]


def changes_something(name: str, variant: str) -> bool:
    """Whether the variant can differ: progression was not asked for before, or there are sums to restrict."""
    asked = [leaf.metric for leaf in leaves(PUBLISHED[name].rule)]
    if variant == "require_pd":
        return "response_first" not in asked
    return variant != "intersection" or any(metric in OF_SUMS for metric in asked)
