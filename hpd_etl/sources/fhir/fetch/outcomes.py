"""What a server reported beside an export: counted by its codes, and fatal where something was left out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from hpd_etl.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_HARMLESS = ("information", "warning")


class _Issue(msgspec.Struct):
    severity: str = "error"
    code: str = "unknown"


class _Outcome(msgspec.Struct):
    issue: tuple[_Issue, ...] = ()


def reported(files: Iterable[Path]) -> dict[str, int]:
    """How often each `severity code` was reported."""
    found: Counter[str] = Counter()
    for file in files:
        with file.open("rb") as lines:
            found.update(told for line in lines if line.strip() for told in _told(line))
    return dict(sorted(found.items()))


def refuse_errors(found: dict[str, int]) -> None:
    """Raise SourceError where the server says that resources are missing: whose they are it does not say."""
    errors = {told: number for told, number in found.items() if told.split()[0] not in _HARMLESS}
    if errors:
        raise SourceError(f"the export is incomplete, the server reported {sum(errors.values())} errors: "
                          f"{', '.join(errors)}", remedy="have them mended at the server, or read it by search")


def _told(line: bytes) -> list[str]:
    try:
        issues = msgspec.json.decode(line, type=_Outcome).issue
    except msgspec.DecodeError:
        return ["error unreadable"]
    return [f"{issue.severity} {issue.code}" for issue in issues] or ["error unknown"]
