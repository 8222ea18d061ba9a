"""How many lesions count, at the borders: in all, of one organ, and of the skin."""

from __future__ import annotations

import numpy as np
import pytest

from hpd_etl.caps import CAPS, _place

GUT, LUNG, LIVER, BONE, SKIN = range(5)


def _counted(criteria: str, *lesions: tuple[int, int]) -> list[int]:
    """Which of these lesions (group and organ, the preferred first) are counted, by their place."""
    group, organ = np.array(lesions, dtype=np.int64).reshape(-1, 2).T
    return np.flatnonzero(CAPS[criteria].allowed(group, organ, organ == SKIN)).tolist()


@pytest.mark.parametrize(("criteria", "organs", "counted"), [
    ("RECIST1.1", [LUNG] * 3, [0, 1]),
    ("RECIST1.1", [SKIN] * 3, [0, 1]),
    ("RECIST1.1", [LUNG, LUNG, LUNG, LIVER, LIVER, BONE, SKIN], [0, 1, 3, 4, 5]),
    ("irRC", [LUNG] * 6, [0, 1, 2, 3, 4]),
    ("irRC", [SKIN] * 6, [0, 1, 2, 3, 4]),
    ("irRC", [LUNG] * 5 + [LIVER] * 5, list(range(10))),
    ("irRC", [LUNG] * 5 + [LIVER] * 5 + [BONE], list(range(10))),
    ("irRC", [BONE] + [LUNG] * 6 + [LIVER] * 6, [0, 1, 2, 3, 4, 5, 7, 8, 9, 10]),
    ("irRC", [LUNG] * 5 + [LIVER] * 5 + [SKIN] * 6 + [BONE], list(range(15))),
    ("irRC", [], []),
])
def test_the_preferred_ones_within_the_caps_count(criteria, organs, counted):
    """RECIST: two an organ, five in all. irRC: five an organ, ten in all, and five of the skin beside them."""
    assert _counted(criteria, *((0, organ) for organ in organs)) == counted


def test_each_group_has_its_own_caps():
    """What is counted of one person or at one scan takes no place of another, wherever its lesions lie."""
    assert _counted("RECIST1.1", (0, LUNG), (1, LUNG), (0, LUNG), (1, LUNG), (0, LUNG), (1, GUT)) == [0, 1, 2, 3, 5]
    assert _counted("irRC", *((number % 2, SKIN) for number in range(12))) == list(range(10))
    assert _counted("RECIST1.1", (0, LUNG), (0, LUNG), (2, GUT)) == [0, 1, 2]


def test_places_follow_the_order_given():
    """Of many equal groups each keeps the order of its members: three groups of a thousand, one after the other."""
    assert (_place(np.tile([7, 3, 5], 1000)) == np.repeat(np.arange(1000), 3)).all()
