"""A crosswalk of persons: whom the sink names differently from the source."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hpd_etl.errors import ConfigurationError
from hpd_etl.schema import Bundle, Labels, Timeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import TypeVar

    from hpd_etl.config import Study
    from hpd_etl.criteria import Definition
    from hpd_etl.sinks import Receipt, Sink

    _B = TypeVar("_B", bound=Bundle)

COLUMNS = ("source_person_id", "sink_person_id")


def read(path: Path) -> Mapping[str, str]:
    """Source person -> sink person; raises ConfigurationError where the file is absent, incomplete or ambiguous."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise ConfigurationError(f"{path} lacks the columns {' and '.join(COLUMNS)}")
            pairs = [((row[COLUMNS[0]] or "").strip(), (row[COLUMNS[1]] or "").strip()) for row in rows]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read the crosswalk {path}", remedy="mend sink.crosswalk") from error
    if empty := sum(not all(pair) for pair in pairs):
        raise ConfigurationError(f"{path}: {empty} rows lack one of the two persons")
    for place, column in enumerate(COLUMNS):
        if twice := len(pairs) - len({pair[place] for pair in pairs}):
            raise ConfigurationError(f"{path}: {twice} rows repeat a {column}",
                                     remedy="name every person once, on either side")
    return dict(pairs)


@dataclass(frozen=True)
class CrossedSink:
    """A sink that is given the persons under its own names."""

    sink: Sink
    names: Mapping[str, str]

    def writeback(self, labels: Labels, timeline: Timeline, definitions: Sequence[Definition], study: Study,
                  run_id: str, *, dry_run: bool) -> Receipt:
        """As the protocol; raises ConfigurationError where the crosswalk lacks a person who has a label."""
        persons = labels.labels["person_id"].unique()
        if lacking := sum(name not in self.names for name in persons):
            raise ConfigurationError(f"the crosswalk lacks {lacking} of {len(persons)} persons who have labels",
                                     remedy="add them to the file that sink.crosswalk names; nothing was written")
        crossed = _renamed(labels, self.names), _renamed(timeline, self.names)
        return self.sink.writeback(*crossed, definitions, study, run_id, dry_run=dry_run)


def _renamed(bundle: _B, names: Mapping[str, str]) -> _B:
    """The bundle with the sink's names; rows of persons without a label, who have none, are left out."""
    frames = {}
    for table, frame in bundle:
        if "person_id" in table.names:
            renamed = frame["person_id"].astype("string").map(names).astype(pd.StringDtype("pyarrow"))
            kept = renamed.notna()
            frame = table.frame(frame.assign(person_id=renamed)[kept].reset_index(drop=True))
        frames[table.name] = frame
    return type(bundle).of(frames)
