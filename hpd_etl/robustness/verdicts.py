"""Labels beside what else their verdicts could be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hpd_etl.criteria import Definition
from hpd_etl.grouping import Ints, positions, text
from hpd_etl.schema import Labels, Timeline


def given(labels: Labels) -> Ints:
    """The verdict of every label as a code."""
    return np.asarray(labels.labels["verdict"].cat.codes.to_numpy(), dtype=np.int64)


def of_labels(
    found: NDArray[np.generic], labels: Labels, timeline: Timeline, definitions: Sequence[Definition]
) -> NDArray[np.generic]:
    """What was found, by definition, whatever else, and person of the timeline: by label, and whatever else."""
    definition = positions(labels.labels["definition_id"], pa.array([each.id for each in definitions], pa.string()))
    person = positions(labels.labels["person_id"], text(timeline.index["person_id"]))
    return found[definition, ..., person]
