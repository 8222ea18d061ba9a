"""What a timeline says of its persons beside their examinations, read once and shared by all window sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hpd_etl.grouping import NO_DAY, Bools, Floats, Ints, any_of, days, lowest, positions, sorted_codes
from hpd_etl.schema import Timeline

_LOCAL = ("radiation", "surgery", "local")


@dataclass(frozen=True)
class People:
    """By person; days count from the first dose, `NO_DAY` where not known."""

    index_day: Ints
    """The day of the first dose itself, since 1970."""
    lookback_days: Ints
    prior_checkpoint_day: Ints
    death_day: Ints
    followup_end_day: Ints
    ttf_min_days: Ints
    ttf_max_days: Ints
    stop_day: Ints
    stop_reason: NDArray[np.integer]
    earlier_dose: Bools
    """An earlier dose was refused."""
    imprecise: Bools
    """A date that matters is not known to the day."""
    partly_read: Bools
    """The source could not give all there is."""

    @classmethod
    def of(cls, timeline: Timeline, ids: pa.Array) -> People:
        """The persons of a timeline, in the order of these identifiers."""
        index, persons = timeline.index, timeline.persons
        incomplete = ~persons["is_complete"].to_numpy(np.bool_, na_value=True)
        counted = ("prior_checkpoint_day", "death_day", "followup_end_day", "ttf_min_days", "ttf_max_days", "stop_day")
        return cls(
            index_day=days(index["index_date"]),
            lookback_days=index["lookback_days"].to_numpy(np.int64, na_value=0),
            **{name: index[name].to_numpy(np.int64, na_value=NO_DAY) for name in counted},
            stop_reason=index["stop_reason"].cat.codes.to_numpy(),
            earlier_dose=index["earlier_dose"].notna().to_numpy(np.bool_),
            imprecise=index["courses"].notna().to_numpy(np.bool_),
            partly_read=any_of(positions(persons["person_id"], ids), incomplete, len(ids)),
        )

    @cached_property
    def ttf_days(self) -> tuple[Floats, Floats]:
        """Time to treatment failure in days, as an interval; infinite above where it is censored."""
        least, most = self.ttf_min_days, self.ttf_max_days
        return np.where(least == NO_DAY, np.nan, least), np.where(most == NO_DAY, np.inf, most)


@dataclass(frozen=True)
class Therapies:
    """The therapies beside the studied one: whose they are, from when to when, and of which kind."""

    person: Ints
    day: Ints
    last_day: Ints
    """The first one where no end is known."""
    systemic: Bools
    local: Bools
    agent: Ints
    """Codes; -1 where it is not named."""

    @cached_property
    def drugs(self) -> tuple[Ints, Ints]:
        """The persons who were given a systemic drug, once for each, and the first day of it."""
        span, given = int(self.agent.max(initial=-1)) + 2, np.flatnonzero(self.systemic)
        drugs, drug = np.unique(self.person[given] * span + self.agent[given] + 1, return_inverse=True)
        return drugs // span, lowest(drug, self.day[given], len(drugs), NO_DAY)

    @classmethod
    def of(cls, timeline: Timeline, ids: pa.Array) -> Therapies:
        """The therapies of a timeline's persons, in the order of its rows."""
        rows = timeline.therapies
        day, start, end = rows["days_from_index"].to_numpy(np.int64), days(rows["start_date"]), days(rows["end_date"])
        kind, [agent], _ = rows["kind"], *sorted_codes(rows["agent"])
        return cls(
            positions(rows["person_id"], ids),
            day,
            day + np.where(end == NO_DAY, 0, end - start),
            (kind == "systemic").to_numpy(np.bool_, na_value=False),
            kind.isin(_LOCAL).to_numpy(np.bool_),
            agent,
        )
