"""What align refuses, with the reason and what would mend it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpd_etl.grouping import NO_DAY, Bools, category, days, lowest, positions, text
from hpd_etl.schema import INDEX, REJECTIONS

_REMEDIES = {
    "unknown_person": "the person has no row among persons; mend the source's person table",
    "date_missing": "a row without a day cannot be placed; record the day",
    "before_birth": "dated before birth; mend the date or the date of birth",
    "after_death": "dated after death; mend the date or the date of death",
    "end_before_start": "the end lies before the start; mend the dates",
    "lesion_unnamed": "a size that names no lesion cannot be followed; name it at the source",
    "agent_unknown": "a dose that names no drug is of no line; code the drug at the source",
    "impossible_size": "sizes lie between 0 and 500 mm; mend the value or its unit",
    "conflicting_measurements": "two values for one lesion and day; name a reader or modality priority in site.toml",
    "no_index_dose": "no usable dose of an index drug is left; see the refused doses",
}


_NO_DOSE = ("not_realised", "entered_in_error", "stop_reason_unknown")
"""Reasons of what was never given, and of doses that are kept."""
_DOUBTFUL = ("before_birth", "after_death", "end_before_start", "reference_unresolved", "malformed_resource")
"""Reasons that make it doubtful that there was a dose, or that it was then (A8); the others leave no doubt."""


def earlier_doses(index: pd.DataFrame, rejections: pd.DataFrame) -> pd.Series[str]:
    """Whether a dose that was refused may be a person's first one: it names an earlier day, or none."""
    doses = rejections.loc[(rejections["table"] == "doses").fillna(False) & ~rejections["reason"].isin(_NO_DOSE)]
    at = positions(doses["person_id"], text(index["person_id"]))
    day, first = days(doses["start_date"]), days(index["index_date"])
    earlier = (at >= 0) & ((day == NO_DAY) | (day < np.append(first, NO_DAY)[at]))
    doubtful = doses["reason"].isin(_DOUBTFUL).to_numpy(np.bool_)
    told = lowest(at[earlier], doubtful[earlier].astype(np.int64), len(index), -1)
    return category(told, INDEX["earlier_dose"].values)


class Refusals:
    """Collects refused rows of any table, in the columns of `rejections`."""

    def __init__(self) -> None:
        self._frames: list[pd.DataFrame] = []

    def refuse(self, table: str, rows: pd.DataFrame, marked: Bools, reason: str) -> None:
        """Notes the marked rows; a table without `source_id` is noted without one."""
        if not marked.any():
            return
        chosen = rows.loc[marked]
        self._frames.append(
            REJECTIONS.frame(
                {
                    "person_id": chosen["person_id"],
                    "source_id": chosen["source_id"] if "source_id" in chosen else pd.Series(pd.NA, index=chosen.index),
                    "stage": pd.Series("align", index=chosen.index),
                    "table": pd.Series(table, index=chosen.index),
                    "reason": pd.Series(reason, index=chosen.index),
                    "remedy": pd.Series(_REMEDIES[reason], index=chosen.index),
                    **({"start_date": chosen[["start_date", "end_date"]].min(axis=1)} if table == "doses" else {}),
                }
            )
        )

    def frame(self, before: pd.DataFrame) -> pd.DataFrame:
        """All rejections so far, those of earlier stages first."""
        return pd.concat([before, *self._frames], ignore_index=True)
