"""What a look at something found, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpd_etl.errors import HpdEtlError


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

    @classmethod
    def failed(cls, name: str, error: HpdEtlError) -> Check:
        """The check that an error ended."""
        return cls(name, State.ERROR, str(error), error.remedy, error.exit_code)
