"""Which of several resources of one type and id holds: the newest, where their versions say which that is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.sources.fhir.decode.shapes import Resource


def distinct(copies: Sequence[Resource]) -> list[Resource]:
    """The copies that differ in anything that is read."""
    return [copy for position, copy in enumerate(copies) if copy not in copies[:position]]


def latest(copies: Sequence[Resource]) -> Resource | None:
    """The copy that is newer than every other; None where nothing says which is."""
    newest = (copy for copy in copies if all(_is_newer(copy, other) for other in copies if other is not copy))
    return next(newest, None)


def _is_newer(one: Resource, other: Resource) -> bool:
    """Whether the version or the time of the last update says so, and neither contradicts."""
    told = [_after(_version(one), _version(other)), _after(_updated(one), _updated(other))]
    return True in told and False not in told


def _after(one: float | None, other: float | None) -> bool | None:
    return None if one is None or other is None or one == other else one > other


def _version(resource: Resource) -> float | None:
    """The number of the version; texts have no order."""
    version = (resource.meta.version_id or "") if resource.meta else ""
    return int(version) if version.isdecimal() else None


def _updated(resource: Resource) -> float | None:
    """The instant of the last update, in seconds; without a zone it is no instant."""
    text = (resource.meta.last_updated or "") if resource.meta else ""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.timestamp() if instant.tzinfo else None
