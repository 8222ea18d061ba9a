"""What a report is told: the run's artefacts, and which definitions and cohort it is about."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hpd_etl.errors import ConfigurationError
from hpd_etl.report.drawing.theme import VERDICTS
from hpd_etl.schema import CHECKPOINT_COHORT, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.config import Study
    from hpd_etl.criteria.definition import Definition
    from hpd_etl.grouping import Bools
    from hpd_etl.schema import Agreement, Labels, Sensitivity, Timeline


def reported(study: Study, used: Sequence[Definition]) -> tuple[Definition, ...]:
    """The definitions that are reported one by one; raises `ConfigurationError` for one that is not in use."""
    by_id = {each.id: each for each in used}
    if unknown := [name for name in study.report.definitions if name not in by_id]:
        near = get_close_matches(unknown[0], by_id, n=1)
        raise ConfigurationError(
            f"report.definitions: the study does not use {unknown[0]}" + (f", did you mean {near[0]}?" if near else ""),
            remedy="criteria.use names the definitions of the study")
    return tuple(by_id[name] for name in study.report.definitions) or tuple(used)


@dataclass(frozen=True)
class Facts:
    """The artefacts of a run, for the sections of its report."""

    timeline: Timeline
    labels: Labels
    agreement: Agreement
    sensitivity: Sensitivity | None
    """None where `sensitivity` was not run."""
    definitions: tuple[Definition, ...]
    """Those that are reported one by one; the study's first one is the first."""
    study: Study
    cohort: str = CHECKPOINT_COHORT
    """Whom what compares hyperprogressors with others is about."""

    @cached_property
    def people(self) -> pd.DataFrame:
        """The index rows of the cohort, one a person, by person_id."""
        index = self.timeline.index
        return index[index["cohort"] == self.cohort].set_index("person_id", drop=False)

    @cached_property
    def _by_definition(self) -> dict[str, pd.DataFrame]:
        own = self.labels.labels[self.labels.labels["cohort"] == self.cohort]
        return self._of_people(own, "definition_id")

    @cached_property
    def _by_measure_set(self) -> dict[str, pd.DataFrame]:
        return self._of_people(self.labels.metrics, "measure_set")

    def _of_people(self, rows: pd.DataFrame, by: str) -> dict[str, pd.DataFrame]:
        """The rows of everybody in `people`, in their order, by the values of a column."""
        return {str(name): own.set_index("person_id", drop=False).reindex(self.people.index)
                for name, own in rows.groupby(by, sort=False, observed=True)}

    @cached_property
    def pseudonyms(self) -> pd.Series[str]:
        """What each person of the run is called in a local report, by person_id: their place in its index."""
        ids = self.timeline.index["person_id"]
        width = max(3, len(str(len(ids))))
        names = [f"P{place:0{width}}" for place in range(1, len(ids) + 1)]
        return pd.Series(names, index=ids.to_numpy(), dtype="string")

    @cached_property
    def too_alike(self) -> dict[str, str]:
        """Definitions one of whose groups differs in few persons from that of one before them, which is named.

        What is told of the one taken from what is told of the other would describe these few.
        """
        least = ceil(self.study.report.min_cell.value)
        told: dict[str, list[Bools]] = {}
        found: dict[str, str] = {}
        for each in self.definitions:
            verdicts = pd.Categorical(self.labels_of(each)["verdict"], categories=[str(name) for name in Verdict])
            groups = [verdicts.codes == place for place in range(len(Verdict))]
            near = (name for name, others in told.items()
                    if any(0 < np.count_nonzero(own != other) < least
                           for own, other in zip(groups, others, strict=True)))
            if (name := next(near, None)) is None:
                told[each.id] = groups
            else:
                found[each.id] = name
        return found

    def verdicts_of(self, definition: Definition) -> pd.Series[str]:
        """The verdicts of everybody in `people` in people's words."""
        return self.labels_of(definition)["verdict"].astype("string").map(VERDICTS).astype("string")

    def labels_of(self, definition: Definition) -> pd.DataFrame:
        """The labels of everybody in `people` under the definition, in the order of `people`."""
        return self._by_definition[definition.id] if len(self.people) else self.labels.labels.head(0)

    def metrics_of(self, definition: Definition) -> pd.DataFrame:
        """The metrics of everybody in `people` that the definition looks at, in the order of `people`."""
        return self._by_measure_set[definition.measure_set] if len(self.people) else self.labels.metrics.head(0)
