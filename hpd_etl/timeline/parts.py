"""Lesions that split and lesions that merged: a lesion's size is that of all its parts; `part_of`.

A part counts in the lesion that it belongs to, and as nothing in its own right: of a lesion that split the parts are
summed; what merged lies within the mass that is measured. A part that is not assessed leaves the whole not assessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from hpd_etl.grouping import (
    Bools,
    Floats,
    Ints,
    any_of,
    count,
    distinct,
    highest,
    joined,
    lookup,
    lowest,
    point_key,
    point_of,
    positions,
    strings,
)
from hpd_etl.measurability import ROLE, STATUS, TOO_SMALL_MM, size_by_convention
from hpd_etl.schema import LesionRole, LesionStatus
from hpd_etl.timeline.lesions import BY_ROW, LesionDays, taken

_NONE = -1
_DEEPEST = 8
"""Parts of parts are followed so far; what names itself in a circle is part of nothing."""
_ABSENT, _GONE, _PRESENT = (
    STATUS[status] for status in (LesionStatus.NOT_ASSESSED, LesionStatus.DISAPPEARED, LesionStatus.PRESENT)
)


@dataclass(frozen=True)
class _Parts:
    """The rows that are parts, and the lesion each belongs to on its day."""

    row: Ints
    whole: Ints
    fragment: Bools
    """By lesion: it never stands in its own right."""


def with_parts(lesions: LesionDays) -> LesionDays:
    """The lesion days with the sizes of parts where they belong; what names an unknown lesion stands for itself."""
    if not (lesions.part_of >= 0).any():
        return lesions
    parts = _parts(lesions)
    if not len(parts.row):
        return lesions
    return _sorted(_within(_summed(lesions, parts), lesions, parts))


def _parts(lesions: LesionDays) -> _Parts:
    n = len(lesions.name_of)
    named = positions(strings(lesions.names["part_of"]), lesions.names["lesion_id"])
    known = np.append(named, _NONE)[lesions.part_of]
    span = len(lesions.names["lesion_id"]) + 1
    owner = np.zeros(n, dtype=np.int64)
    owner[lesions.lesion] = lesions.person
    whole = np.where(known >= 0, lookup(lesions.person * span + known, owner * span + lesions.name_of), _NONE)
    whole = np.where(whole == lesions.lesion, _NONE, whole)
    fragment = any_of(lesions.lesion, whole >= 0, n) & ~any_of(lesions.lesion, whole < 0, n)
    usual = lowest(lesions.lesion[whole >= 0], whole[whole >= 0], n, _NONE)
    keys = point_key(lesions.lesion, lesions.day)

    def next_of(lesion: Ints, day: Ints) -> Ints:
        at = lookup(point_key(lesion, day), keys)
        return np.where(at >= 0, whole[at], np.where(fragment[lesion], usual[lesion], _NONE))

    row = np.flatnonzero(whole >= 0)
    found, day = whole[row], lesions.day[row]
    for _ in range(_DEEPEST):
        further = next_of(found, day)
        if (further < 0).all():
            break
        found = np.where(further >= 0, further, found)
    kept = (next_of(found, day) < 0) & (found != lesions.lesion[row])
    circular = distinct(lesions.lesion[row[~kept]])
    fragment[circular] = False
    return _Parts(row[kept], found[kept], fragment)


def _summed(lesions: LesionDays, parts: _Parts) -> LesionDays:
    """One row a whole and day: its own and those of its parts."""
    keys = point_key(lesions.lesion, lesions.day)
    wholes = distinct(point_key(parts.whole, lesions.day[parts.row]))
    lesion, day = point_of(wholes)
    own = lookup(wholes, keys)
    has_own = own >= 0
    row = np.concatenate([own[has_own], parts.row])
    group = np.concatenate([np.flatnonzero(has_own), lookup(point_key(parts.whole, lesions.day[parts.row]), wholes)])
    order = np.argsort(group, kind="stable")
    row, group, n = row[order], group[order], len(wholes)
    first = np.searchsorted(group, np.arange(n))
    status, size, across, volume = _measured(lesions, row)
    unknown = any_of(group, status == _ABSENT, n)
    total = np.round(np.bincount(group, weights=np.nan_to_num(size), minlength=n), 6)
    progressed = any_of(group, status == STATUS[LesionStatus.PROGRESSED], n)
    all_gone = ~any_of(group, status != _GONE, n)
    as_it_is = np.where(has_own, lesions.status[own], np.where(all_gone, _GONE, _PRESENT))
    found = np.select(
        [unknown, progressed, total > 0],
        [_ABSENT, STATUS[LesionStatus.PROGRESSED], STATUS[LesionStatus.MEASURED]],
        as_it_is,
    )
    told = ~unknown & (total > 0)
    any_row = row[first]
    precision = lesions.precision
    return replace(
        taken(lesions, any_row),
        lesion=lesion,
        day=day,
        role=_role(lesions, own, row, group, n),
        status=found,
        diameter=np.where(told, total, np.where(all_gone & ~unknown, 0.0, np.nan)),
        perpendicular=np.where(told, _added(group, size * across, size, n) / np.where(told, total, 1.0), np.nan),
        volume=np.where(told, _added(group, volume, size, n), np.nan),
        organ=_fact(lesions.lesion, lesions.organ, lesion, lesions.organ[any_row]),
        is_node=lesions.is_node[np.where(has_own, own, any_row)],
        part_of=np.full(n, _NONE),
        source_id=joined(lesions.source_id.take(pa.array(row)), group),
        precision=None if precision is None else highest(group, precision[row], n, _NONE),
    )


def _measured(lesions: LesionDays, row: Ints) -> tuple[Ints, Floats, Floats, Floats]:
    status, diameter = lesions.status[row], lesions.diameter[row]
    size = size_by_convention(status, diameter)
    small = np.isnan(diameter) & (status == STATUS[LesionStatus.TOO_SMALL])
    across = np.where(small, TOO_SMALL_MM, lesions.perpendicular[row])
    return status, size, across, lesions.volume[row]


def _added(group: Ints, values: Floats, size: Floats, n: int) -> Floats:
    """The sum over the parts that have a size; NaN where one of these lacks the value."""
    sized = np.nan_to_num(size) > 0
    lacking = any_of(group, sized & np.isnan(values), n)
    return np.where(lacking, np.nan, np.bincount(group[sized], weights=np.nan_to_num(values[sized]), minlength=n))


def _role(lesions: LesionDays, own: Ints, row: Ints, group: Ints, n: int) -> Ints:
    """Its own; a whole without a row of its own is what its parts are called, but for new, which no part is."""
    unstated, new = ROLE[LesionRole.UNSTATED], ROLE[LesionRole.NEW]
    roles = np.where(lesions.role[row] == new, unstated, lesions.role[row])
    return np.where(own >= 0, lesions.role[own], lowest(group, roles, n, unstated))


def _fact(lesion: Ints, values: Ints, wanted: Ints, otherwise: Ints) -> Ints:
    """What is known of each wanted lesion from its own rows."""
    n = int(max(lesion.max(initial=-1), wanted.max(initial=-1))) + 1
    known = lowest(lesion[values >= 0], values[values >= 0], n, _NONE)[wanted]
    own = count(lesion, n)[wanted] > 0
    return np.where(own, known, otherwise)


def _within(wholes: LesionDays, lesions: LesionDays, parts: _Parts) -> LesionDays:
    """The wholes with all other rows; a part that has stood in its own right is there, and of no size."""
    keys = point_key(lesions.lesion, lesions.day)
    replaced = lookup(point_key(wholes.lesion, wholes.day), keys)
    is_part = np.zeros(len(lesions), dtype=np.bool_)
    is_part[parts.row] = True
    kept = ~(is_part & parts.fragment[lesions.lesion])
    kept[replaced[replaced >= 0]] = False
    nothing = is_part & (lesions.status != _ABSENT)
    sizes: dict[str, Any] = {
        name: np.where(nothing, 0.0, getattr(lesions, name)) for name in ("diameter", "perpendicular", "volume")
    }
    emptied = replace(lesions, status=np.where(nothing, _PRESENT, lesions.status), **sizes)
    return _stacked(taken(emptied, np.flatnonzero(kept)), wholes)


def _stacked(one: LesionDays, other: LesionDays) -> LesionDays:
    both: dict[str, Any] = {name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in BY_ROW}
    source = pa.concat_arrays([one.source_id, other.source_id.cast(one.source_id.type)])
    precision = None
    if one.precision is not None and other.precision is not None:
        precision = np.concatenate([one.precision, other.precision])
    return replace(one, **both, precision=precision, source_id=source)


def _sorted(lesions: LesionDays) -> LesionDays:
    return taken(lesions, np.argsort(point_key(lesions.lesion, lesions.day), kind="stable"))
