"""What a run was made of and what became of every person; counts, codes and hashes only."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from hpd_etl import __version__
from hpd_etl.errors import HpdEtlError
from hpd_etl.schema import Bundle, Labels, Records, Timeline, Verdict

if TYPE_CHECKING:
    import pandas as pd

_LIBRARIES = ("pandas", "pyarrow", "duckdb", "sqlalchemy")


class Status(StrEnum):
    """How a run ended; each but `running` has one exit code."""

    RUNNING = "running"
    OK = "ok"
    UNEXPECTED = "unexpected"
    CONFIGURATION = "configuration"
    SOURCE = "source"
    ACCESS = "access"
    QUALITY_GATE = "quality_gate"
    BUDGET = "budget"
    WRITE_BACK = "write_back"
    PRIVACY = "privacy"
    LOCKED = "locked"
    UNSUPPORTED_VERSION = "unsupported_version"
    INTERRUPTED = "interrupted"

    @property
    def exit_code(self) -> int | None:
        """The exit code of the process; None while it runs."""
        return next((code for code, status in _EXIT_CODES.items() if status is self), None)

    @classmethod
    def of(cls, error: BaseException | None) -> Self:
        """The status of a run that ended with this error, or without one."""
        if error is None:
            return cls("ok")
        if isinstance(error, KeyboardInterrupt):
            return cls("interrupted")
        return cls(_EXIT_CODES[error.exit_code if isinstance(error, HpdEtlError) else 1])


_EXIT_CODES = {
    0: Status.OK, 1: Status.UNEXPECTED, 2: Status.CONFIGURATION, 3: Status.SOURCE, 4: Status.ACCESS,
    5: Status.QUALITY_GATE, 6: Status.BUDGET, 7: Status.WRITE_BACK, 8: Status.PRIVACY, 9: Status.LOCKED,
    10: Status.UNSUPPORTED_VERSION, 130: Status.INTERRUPTED,
}


@dataclass(frozen=True)
class Manifest:
    """The manifest of one run; each stage adds its part.

    `inputs` are the hashes of study, site (its secrets left out), definitions and mappings; `made_from` is, for
    each stage, the hash of what it was made from; `source` is what the source says it used (releases, concept
    lists, counts); `persons` counts everybody extracted; `verdicts` is definition -> cohort -> verdict, where
    NOT_EVALUABLE is itself split by primary reason; `gate` is, for each stage that asks, what did not pass and whether
    that was enforced or only reported; `compared` is the run that `validate` compared with (`run_id`, and `folder` as
    seen from here), empty where none was before, None where nobody looked.
    """

    run_id: str
    study: str
    site: str
    started: str
    status: Status = Status.RUNNING
    ended: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    made_from: dict[str, str] = field(default_factory=dict)
    source: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    persons: dict[str, Any] = field(default_factory=dict)
    verdicts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    rejections: list[dict[str, Any]] = field(default_factory=list)
    gate: dict[str, Any] = field(default_factory=dict)
    compared: dict[str, str] | None = None
    receipt: dict[str, Any] | None = None

    @classmethod
    def start(cls, study: str, site: str) -> Self:
        """The manifest of a run that starts now."""
        return cls(run_id=new_run_id(), study=study, site=site, started=_now(), versions=versions())

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Self:
        """The manifest behind this JSON content, taken up again: running, and with the releases of today."""
        known = {key: value for key, value in content.items() if key not in {"format", "exit_code"}}
        return cls(**{**known, "status": Status.RUNNING, "ended": None, "versions": versions()})

    def content(self) -> dict[str, Any]:
        """What stands in `manifest.json` beside the format version."""
        return {**asdict(self), "exit_code": self.status.exit_code}

    def with_records(self, records: Records, source: Mapping[str, Any]) -> Self:
        """With what `extract` read; what later stages had counted is gone."""
        return replace(self, source=dict(source), rows={"extract": _rows(records)}, verdicts={}, gate={}, compared=None,
                       receipt=None, persons={"extracted": len(records.persons)},
                       rejections=_rejections(records.rejections))

    def with_timeline(self, timeline: Timeline) -> Self:
        """With what `align` made: who was treated, by cohort, and who has no first dose left."""
        treated = _counts(timeline.index["cohort"])
        refused = timeline.rejections[timeline.rejections["reason"] == "no_index_dose"]
        persons = {"extracted": self.persons["extracted"], "treated": treated,
                   "without_first_dose": int(refused["person_id"].nunique())}
        return replace(self, persons=persons, verdicts={}, gate={}, compared=None, receipt=None,
                       rejections=_rejections(timeline.rejections), rows={**self.rows, "align": _rows(timeline)})

    def with_gate(self, stage: str, told: Mapping[str, Any]) -> Self:
        """With what the gate said after this stage."""
        return replace(self, gate={**self.gate, stage: dict(told)})

    def with_labels(self, labels: Labels) -> Self:
        """With the verdicts that `label` gave."""
        return replace(self, verdicts=_verdicts(labels.labels), receipt=None,
                       rows={**self.rows, "label": _rows(labels)})

    def end(self, error: BaseException | None) -> Self:
        """As the run ended, now."""
        return replace(self, ended=_now(), status=Status.of(error))

    def assert_sums(self) -> None:
        """Raise `HpdEtlError` unless every person extracted ends in exactly one bucket of every definition."""
        treated = self.persons.get("treated", {})
        if treated and sum(treated.values()) + self.persons["without_first_dose"] != self.persons["extracted"]:
            raise HpdEtlError("treated persons and those without a first dose are not all that were extracted")
        named = [entry["id"] for entry in self.inputs.get("definitions", [])] if "label" in self.rows else []
        for definition in dict.fromkeys([*named, *self.verdicts]):
            cohorts = self.verdicts.get(definition, {})
            for cohort in treated.keys() | cohorts.keys():
                if _total(cohorts.get(cohort, {})) != treated.get(cohort, 0):
                    raise HpdEtlError(f"{definition}: the verdicts of {cohort} do not add up to all who were treated")


# --- parts ------------------------------------------------------------------------------------


def new_run_id() -> str:
    """An id that sorts by time (UTC, to the microsecond) and does not recur."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}"


def versions() -> dict[str, str]:
    """The releases of this program, of Python and of the libraries that touch the data."""
    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"hpd_etl": __version__, "python": platform.python_version(), **libraries}


def fingerprint(content: Any) -> str:
    """SHA-256 of JSON-like content, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _rows(bundle: Bundle) -> dict[str, int]:
    return {table.name: len(frame) for table, frame in bundle}


def _counts(column: pd.Series[Any]) -> dict[str, int]:
    return {str(code): int(count) for code, count in column.value_counts().sort_index().items() if count}


def _verdicts(labels: pd.DataFrame) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for (definition, cohort), group in labels.groupby(["definition_id", "cohort"], observed=True, sort=True):
        open_ = group["verdict"].eq(Verdict.NOT_EVALUABLE)
        found.setdefault(str(definition), {})[str(cohort)] = {
            **{str(verdict): int(group["verdict"].eq(verdict).sum()) for verdict in (Verdict.HPD, Verdict.NOT_HPD)},
            str(Verdict.NOT_EVALUABLE): _counts(group.loc[open_, "primary_reason"]),
        }
    return found


def _total(verdicts: Mapping[str, Any]) -> int:
    return sum(sum(count.values()) if isinstance(count, Mapping) else int(count) for count in verdicts.values())


def _rejections(rejections: pd.DataFrame) -> list[dict[str, Any]]:
    counted = rejections.groupby(["stage", "table", "reason"], observed=True, dropna=False).size()
    return [{str(name): value for name, value in row.items()}
            for row in counted.rename("rows").reset_index().to_dict("records")]
