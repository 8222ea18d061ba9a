"""What is never written back: labels of rules that define no hyperprogression."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.config import Study
    from hpd_etl.criteria import Definition
    from hpd_etl.schema import Labels, Timeline
    from hpd_etl.sinks import Receipt, Sink


@dataclass(frozen=True)
class RestrainedSink:
    """A sink that sees only what defines hyperprogression; a comparator rule would be read as a diagnosis of it."""

    sink: Sink

    def writeback(self, labels: Labels, timeline: Timeline, definitions: Sequence[Definition], study: Study,
                  run_id: str, *, dry_run: bool) -> Receipt:
        """As the protocol, without definitions that are none of hyperprogression, and without their labels."""
        written = [each for each in definitions if each.hpd]
        of_hpd = labels.labels["definition_id"].isin([each.id for each in written])
        kept = replace(labels, labels=labels.labels[of_hpd].reset_index(drop=True))
        return self.sink.writeback(kept, timeline, written, study, run_id, dry_run=dry_run)
