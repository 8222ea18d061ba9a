"""What a look at a source found, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Check:
    """One thing looked at; counts and codes only."""

    name: str
    state: State
    told: str
    remedy: str = ""
    exit_code: int = 0
    """That of the error behind a failure."""
