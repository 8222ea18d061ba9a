"""Sizes read in another unit: tenfold jumps, and volumes that are not those of their diameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpd_etl.grouping import count, flags, numbers
from hpd_etl.measurability import in_spheres
from hpd_etl.quality.suspicions.facts import rows

if TYPE_CHECKING:
    import pandas as pd

    from hpd_etl.grouping import Bools, Ints
    from hpd_etl.quality.suspicions.facts import Facts, Sizes

TENFOLD = (5.0, 20.0)
"""Between neighbouring scans few lesions halve or double their diameter; read in another unit, such a change is
multiplied or divided by ten."""
SPHERE = (0.02, 2.0)
"""A volume lies between a fiftieth and twice the sphere of the longest diameter; else a unit is wrong."""


def tenfold_lesion(facts: Facts) -> pd.DataFrame:
    """A lesion that seems to grow or shrink tenfold between neighbouring scans, where the others do not."""
    sizes, jumped = facts.sizes, _jumped(facts.sizes)
    return rows("lesions", facts.timeline.lesions, sizes.row[jumped & ~_whole_scans(sizes, jumped)])


def tenfold_scan(facts: Facts) -> pd.DataFrame:
    """A scan at which every lesion, and two or more, seems to have grown or shrunk tenfold; its first lesion row."""
    sizes = facts.sizes
    whole = np.flatnonzero(_whole_scans(sizes, _jumped(sizes)))
    _, first = np.unique(sizes.scan[whole], return_index=True)
    return rows("lesions", facts.timeline.lesions, sizes.row[whole[first]])


def _jumps(sizes: Sizes) -> Ints:
    """1 where a lesion is some ten times what it was at the scan before, -1 where it is a tenth, else 0."""
    low, high = TENFOLD
    step = sizes.step
    up, down = (step >= low) & (step <= high), (step >= 1 / high) & (step <= 1 / low)
    return np.asarray(up.astype(np.int64) - down.astype(np.int64))


def _jumped(sizes: Sizes) -> Bools:
    """The size that is odd, once for each: the later one of a jump, unless it jumps back or the first stands alone."""
    jump = _jumps(sizes)
    back = np.zeros(len(jump), dtype=np.bool_)
    back[1:] = (jump[1:] != 0) & (jump[1:] == -jump[:-1])
    odd = (jump != 0) & ~back
    last = np.append(~sizes.follows[1:], True)[:len(jump)]
    second = sizes.follows & ~np.append(False, sizes.follows[:-1])[:len(jump)]
    next_jump = np.append(jump[1:], 0)[:len(jump)]
    first_alone = odd & second & ~last & (next_jump == 0)
    return np.asarray((odd & ~first_alone) | np.append(first_alone[1:], False)[:len(odd)], dtype=np.bool_)


def _whole_scans(sizes: Sizes, odd: Bools) -> Bools:
    """Sizes of scans at which all lesions that can be compared, and at least two, are odd."""
    _, scan = np.unique(sizes.scan, return_inverse=True)
    n = int(scan.max(initial=-1)) + 1
    comparable = sizes.follows | np.append(sizes.follows[1:], False)[:len(odd)]
    all_odd = count(scan[odd], n) == count(scan[comparable], n)
    return np.asarray(odd & (all_odd & (count(scan[odd], n) >= 2))[scan])


def volume_unlike_diameter(facts: Facts) -> pd.DataFrame:
    """A volume that cannot be that of a lesion of this diameter; of a node the long axis tells."""
    lesions = facts.timeline.lesions
    across = numbers(lesions["perpendicular_mm"])
    diameter = np.where(flags(lesions["is_node"]), across, numbers(lesions["diameter_mm"]))
    volume = numbers(lesions["volume_mm3"])
    ratio = in_spheres(volume, diameter)
    return rows("lesions", lesions, ((ratio > SPHERE[1]) | (ratio < SPHERE[0])) & (volume > 0))
