"""The reasons of a label name the leaves that failed, whatever the shape of the rule."""

from __future__ import annotations

from hpd_etl.config import Study
from hpd_etl.criteria import label, parse, window_sets
from hpd_etl.timeline import align
from tests.spec.notation import records, rows

GROWING = rows("""
    person | doses | -66 | -10 | 46
    slow   | 0     | 50  | 60  | 61
""")
POSITIVE = {"metric": "tgk_post", "is": ">", "value": 0}
DOUBLED = {"metric": "tgk_ratio", "is": ">=", "value": 2}
SPREAD = {"metric": "new_lesions", "is": ">=", "value": 1}
LARGE = {"metric": "tgk_post", "is": ">", "value": 900}


def _reasons(rule: dict[str, object]) -> str:
    own = parse({
        "id": "own", "version": 1, "title": "own", "citation": "none", "framework": "RECIST1.1", "value": "tgk_post",
        "new_lesions_in_sum": False, "requires": ["baseline"], "evidence": {}, "rule": rule,
    }, "own.toml")
    study = Study(id="unit")
    timeline = align(records(GROWING), study, window_sets([own], study))
    return str(label(timeline, [own], study).labels["reasons"].iloc[0])


def test_a_leaf_that_stands_twice_is_one_reason() -> None:
    """A leaf repeated in two branches does not shift the names of the others."""
    rule = {"any": [{"all": [POSITIVE, DOUBLED]}, {"all": [POSITIVE, SPREAD]}]}
    assert _reasons(rule) == "tgk_ratio_not_reached;new_lesions_not_reached"


def test_growth_below_a_threshold_is_not_called_nonpositive() -> None:
    """Only a leaf that asks for positive growth fails with `post_nonpositive`."""
    assert _reasons({"all": [LARGE]}) == "tgk_post_not_reached"
