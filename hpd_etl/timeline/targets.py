"""Which lesions are targets: called so by the source, or derived; ambiguities C12, C13 and C1."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hpd_etl.caps import CAPS, SKIN, Caps
from hpd_etl.config import Study, Windows
from hpd_etl.grouping import (
    Bools,
    Floats,
    Ints,
    any_of,
    count,
    distinct,
    point_key,
    point_of,
    rank_in_group,
)
from hpd_etl.measurability import FILM, ROLE, STATUS, measurable, measurable_area, size_by_convention
from hpd_etl.schema import LesionRole, LesionStatus
from hpd_etl.timeline.lesions import LesionDays


@dataclass(frozen=True)
class Sightings:
    """The lesion rows as the choice of scans and targets sees them; `point` indexes the time points, -1 is none."""

    person: Ints
    lesion: Ints
    point: Ints
    day: Ints
    size: Floats
    assessed: Bools
    seen: Bools
    may_be_target: Bools
    """Called a target (recorded), or measurable and not called non-target (derived)."""
    recorded: Bools
    """By person: the source says which lesions are targets."""
    called_target: Bools
    """By lesion: called a target on or before the first dose."""
    counts_as_new: Bools
    """By lesion: called new, or any where the study counts what is first seen late."""
    organ: Ints
    is_node: Bools
    is_skin: Bools
    organs: int
    lesions: int
    caps: Caps


def sightings(rows: LesionDays, point: Ints, day: Ints, persons: int, study: Study) -> Sightings:
    """What the lesion rows say about targets by RECIST, before any scan is chosen."""
    n = len(rows.name_of)
    size = size_by_convention(rows.status, rows.diameter)
    called_target = any_of(rows.lesion, (rows.role == ROLE[LesionRole.TARGET]) & (day <= 0), n)
    recorded = any_of(rows.person, called_target[rows.lesion], persons)
    if study.lesions.targets == "derived":
        recorded[:] = False
    elif study.lesions.targets == "recorded":
        recorded[:] = True
    caps = CAPS[Windows.targets_of]
    return Sightings(
        rows.person,
        rows.lesion,
        point,
        day,
        size,
        assessed=rows.assessed,
        seen=rows.assessed & (rows.status != STATUS[LesionStatus.NOT_YET_PRESENT]),
        may_be_target=_may_be_target(rows, recorded, called_target, caps),
        recorded=recorded,
        called_target=called_target,
        counts_as_new=any_of(rows.lesion, rows.role == ROLE[LesionRole.NEW], n)
        | (study.lesions.new_lesions == "first_seen"),
        organ=rows.organ,
        is_node=rows.is_node,
        is_skin=np.append(np.isin(rows.names["organ"].to_pylist(), SKIN), False)[rows.organ],
        organs=len(rows.names["organ"]),
        lesions=n,
        caps=caps,
    )


def under(rows: Sightings, lesions: LesionDays, criteria: str) -> Sightings:
    """The same sightings with what these criteria hold for measurable and allow as targets."""
    caps = CAPS[criteria]
    if caps == rows.caps:
        return rows
    return replace(rows, caps=caps, may_be_target=_may_be_target(lesions, rows.recorded, rows.called_target, caps))


def _may_be_target(rows: LesionDays, recorded: Bools, called_target: Bools, caps: Caps) -> Bools:
    measured = (rows.status == STATUS[LesionStatus.MEASURED]) | (rows.status == STATUS[LesionStatus.PROGRESSED])
    if caps.by_area:
        large = measurable_area(rows.diameter, rows.perpendicular)
    else:
        film = np.append(np.isin(rows.names["modality"].to_pylist(), FILM), False)
        large = measurable(rows.diameter, rows.is_node, film[rows.modality])
    non_target = any_of(rows.lesion, rows.role == ROLE[LesionRole.NON_TARGET], len(rows.name_of))[rows.lesion]
    called = called_target[rows.lesion] & rows.assessed
    return np.where(recorded[rows.person], called, measured & large & ~non_target)


def largest(rows: Sightings, candidates: Ints) -> tuple[Ints, Bools]:
    """Of the candidate rows the largest of each time point within the caps; and which points had more.

    Lymph nodes are one organ; any other lesion without an organ is an organ of its own.
    """
    order = candidates[_by_size(rows, candidates)]
    own_organ = rows.organs + rows.lesion[order]
    organ = np.where(rows.organ[order] < 0, own_organ, rows.organ[order])
    lymph_nodes = rows.organs + rows.lesions
    organ = np.where(rows.is_node[order], lymph_nodes, organ)
    kept = order[rows.caps.allowed(rows.point[order], organ, rows.is_skin[order] & ~rows.is_node[order])]
    n = int(rows.point.max(initial=-1)) + 1
    return kept, count(rows.point[candidates], n) > count(rows.point[kept], n)


def _by_size(rows: Sightings, candidates: Ints) -> Ints:
    """Order by time point, then size downwards, then organ name, then the earlier sizes."""
    point, size = rows.point[candidates], -np.nan_to_num(rows.size[candidates], nan=-1.0)
    organ = np.where(rows.organ[candidates] < 0, rows.organs, rows.organ[candidates])
    order = np.lexsort((rows.lesion[candidates], organ, size, point))
    point, size, organ = point[order], size[order], organ[order]
    tied = np.zeros(len(order), dtype=np.bool_)
    same = (point[1:] == point[:-1]) & (size[1:] == size[:-1]) & (organ[1:] == organ[:-1])
    tied[1:] |= same
    tied[:-1] |= same
    if not tied.any():
        return order
    history = np.zeros(rows.lesions, dtype=np.int64)
    lesions = distinct(rows.lesion[candidates[order[tied]]])
    history[lesions] = _history_rank(rows, lesions)
    lesion = rows.lesion[candidates[order]]
    return order[np.lexsort((lesion, history[lesion], organ, size, point))]


def _history_rank(rows: Sightings, lesions: Ints) -> Ints:
    """Ranks lesions by their sizes from the earliest day on, the larger first; no size ranks below any."""
    place = np.full(rows.lesions, -1, dtype=np.int64)
    place[lesions] = np.arange(len(lesions))
    concerned = np.zeros(int(rows.person.max()) + 1, dtype=np.bool_)
    concerned[rows.person[place[rows.lesion] >= 0]] = True
    theirs = np.flatnonzero(concerned[rows.person])
    moments, moment = np.unique(point_key(rows.person[theirs], rows.day[theirs]), return_inverse=True)
    column = rank_in_group(point_of(moments)[0])[moment]
    sizes = np.full((int(column.max()) + 1, len(lesions)), -1.0)
    of_lesion = place[rows.lesion[theirs]] >= 0
    sizes[column[of_lesion], place[rows.lesion[theirs[of_lesion]]]] = np.nan_to_num(
        rows.size[theirs[of_lesion]], nan=-1.0
    )
    order = np.lexsort(-sizes[::-1])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def lost_targets(rows: Sightings, baseline_point: Ints, baseline_day: Ints) -> Ints:
    """Recorded targets that belong to the set without a value at baseline (ambiguity C1), by lesion."""
    base = baseline_day[rows.person]
    target = rows.called_target[rows.lesion] & rows.recorded[rows.person] & (baseline_point[rows.person] >= 0)
    valued = rows.assessed & ~np.isnan(rows.size)
    before = any_of(rows.lesion, target & valued & (rows.day < base), rows.lesions)
    after = any_of(rows.lesion, target & valued & (rows.day > base), rows.lesions)
    at_baseline = target & (rows.day == base)
    assessed_then = any_of(rows.lesion, at_baseline & rows.assessed, rows.lesions)
    refused_then = any_of(rows.lesion, at_baseline & ~rows.assessed, rows.lesions)
    return np.flatnonzero(~assessed_then & ((before & after) | refused_then))


def owners(rows: Sightings) -> Ints:
    """The person of each lesion."""
    owner = np.zeros(rows.lesions, dtype=np.int64)
    owner[rows.lesion] = rows.person
    return owner
