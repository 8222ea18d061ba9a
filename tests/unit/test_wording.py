"""A rule in words says what its tree says."""

from __future__ import annotations

from hpd_etl.criteria.metrics import METRIC_SOURCES
from hpd_etl.criteria.rules import Leaf, Node
from hpd_etl.wording import PHRASES, in_words

PD, FASTER = Leaf("response_first", "=", ("PD",)), Leaf("tgk_ratio", ">=", 2.0)
EARLY, LARGER = Leaf("ttf_months", "<", 2.0), Leaf("sld_change_pct", ">", 50.0)


def test_every_metric_has_a_phrase() -> None:
    """A metric that a definition may name can be said."""
    assert PHRASES.keys() == METRIC_SOURCES.keys()


def test_joins_are_heard() -> None:
    """All, any and at least n sound different, and what stands within another is in brackets."""
    assert in_words(Node("all", (PD, FASTER))) == \
        "progression at the first evaluation and growth kinetics at least 2 times those before treatment"
    assert in_words(Node("any", (Node("all", (PD, LARGER)), EARLY))) == \
        "(progression at the first evaluation and a sum of diameters more than 50 % above baseline) or " \
        "treatment failure after less than 2 months"
    assert in_words(Node("all", (PD, Node("at_least", (EARLY, LARGER), 1)))) == \
        "progression at the first evaluation and at least 1 of (treatment failure after less than 2 months; " \
        "a sum of diameters more than 50 % above baseline)"


def test_positive_growth_has_a_word() -> None:
    """The guard before a ratio is growth on treatment; any other threshold is a number."""
    assert in_words(Leaf("tgk_post", ">", 0.0)) == "growth on treatment"
    assert in_words(Leaf("tgk_post", ">=", 5.0)) == "growth kinetics on treatment of at least 5 mm a month"
