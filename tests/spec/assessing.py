"""What the tables of responses say of each patient, in the words that a table of the specification uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from hpd_etl.config import Study
from hpd_etl.criteria import assess, window_sets
from hpd_etl.timeline import align

from . import notation

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

EACH_VISIT = {"responses": "response", "derived": "derived", "recorded": "recorded", "targets": "target",
              "others": "non_target", "new": "new_lesion", "confirmed": "confirmed"}
"""What is told of each visit on treatment, in their order, and the column it stands in.

`-` says that there is none, `neither` is NON_CR_NON_PD.
"""
Rows: TypeAlias = list[dict[str, object]]
WORDS = {None: "-", True: "yes", False: "no", "NON_CR_NON_PD": "neither"}


def answers(framework: str, patients: list[dict[str, str]], study: Mapping[str, object] | None) -> list[dict[str, str]]:
    """The responses of each patient by these criteria."""
    asked = Study.model_validate({"id": "spec", "responses": {"frameworks": [framework]}, **(study or {})})
    timeline = align(notation.records(patients), asked, window_sets([], asked))
    return told(patients, assess(timeline, asked))


def told(patients: list[dict[str, str]], made: Mapping[str, pd.DataFrame]) -> list[dict[str, str]]:
    """What the tables say of each patient."""
    visits, best = (_by_person(made[name]) for name in ("assessments", "best_response"))
    return [_of(visits[patient["person"]], best[patient["person"]]) for patient in patients]


def _of(visits: Rows, bests: Rows) -> dict[str, str]:
    visits = sorted(visits, key=lambda row: row["days_from_index"])
    [best] = bests
    return {
        **{name: " ".join(_word(visit[column]) for visit in visits) for name, column in EACH_VISIT.items()},
        **{name: " ".join("-" if visit[column] is None else f"{visit[column]:g}" for visit in visits)
           for name, column in (("burdens", "burden"), ("nadirs", "nadir_burden"))},
        "windows": " ".join(_window(visit) for visit in visits),
        **{name: "" if best[name] is None else str(best[name])
           for name in ("best", "best_day", "best_confirmed")},
        "from_day": "" if (day := best["best_confirmed_day"]) is None else str(day),
    }


def _by_person(frame: pd.DataFrame) -> dict[str, Rows]:
    held: dict[str, Rows] = defaultdict(list)
    for row in pa.Table.from_pandas(frame).to_pylist():
        held[row["person_id"]].append(row)
    return held


def _word(value: object) -> str:
    return WORDS.get(value, str(value))


def _window(visit: dict[str, object]) -> str:
    first, last = visit["confirm_from_day"], visit["confirm_to_day"]
    return "-" if first is None else f"{first}..{last}"


def checker(compare: Callable[..., None]) -> Callable[..., None]:
    """The fixture `assess`: framework, table and settings; `compare` holds the lines against the answers."""
    def check(framework: str, table: str, study: Mapping[str, object] | None = None) -> None:
        patients = notation.rows(table)
        given = notation.GIVEN | {"person", *filter(notation.is_day, patients[0])}
        asked = [name for name in patients[0] if name not in given]
        compare(patients, answers(framework, patients, study), asked)
    return check
