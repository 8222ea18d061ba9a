"""The order in which lesions are counted up to a cap."""

from __future__ import annotations

import numpy as np

from hpd_etl.caps import _place


def test_places_follow_the_order_given():
    """Of many equal groups each keeps the order of its members: three groups of a thousand, one after the other."""
    assert (_place(np.tile([7, 3, 5], 1000)) == np.repeat(np.arange(1000), 3)).all()
