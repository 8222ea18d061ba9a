"""What a report is told: the run's artefacts, and which definitions and cohort it is about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from hpd_etl.schema import CHECKPOINT_COHORT

if TYPE_CHECKING:
    from hpd_etl.config import Study
    from hpd_etl.criteria.definition import Definition
    from hpd_etl.schema import Agreement, Labels, Sensitivity, Timeline


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
        return {str(name): rows.set_index("person_id", drop=False)
                for name, rows in own.groupby("definition_id", sort=False, observed=True)}

    def labels_of(self, definition: Definition) -> pd.DataFrame:
        """The labels of everybody in `people` under the definition, in the order of `people`."""
        return self._by_definition[definition.id].reindex(self.people.index)

    def metrics_of(self, definition: Definition) -> pd.DataFrame:
        """The metrics of everybody in `people` that the definition looks at, in the order of `people`."""
        measure_set = self.labels_of(definition)["measure_set"].iloc[0] if len(self.people) else None
        own = self.labels.metrics[self.labels.metrics["measure_set"] == measure_set]
        return own.set_index("person_id", drop=False).reindex(self.people.index)
