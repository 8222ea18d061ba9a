"""From source rows to one row a lesion and time point: ambiguities A8, B7, B7a and C3."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.grouping import (
    Bools,
    Floats,
    Ints,
    any_of,
    category,
    coded,
    dates,
    distinct,
    first_of_group,
    flags,
    floats,
    highest,
    joined,
    lookup,
    lowest,
    numbers,
    point_key,
    point_of,
    rank_in_group,
    sorted_codes,
    stable_order,
    strings,
    text,
)
from hpd_etl.measurability import ROLE, SPHERE_OF_CUBE, STATUS, TOO_SMALL_MM
from hpd_etl.schema import LESIONS, PRECISION, LesionRole, LesionStatus, with_days
from hpd_etl.timeline.index import Persons, Placed
from hpd_etl.timeline.refusals import Refusals

MAX_SIZE_MM = 500.0
_SAME = 1e-9

# Which status of several rows of one lesion and day stands: what was seen before what was not.
_STATUS_RANK = np.array(
    [1, 2, 0, 3, 4, 5, 6]
)  # measured, present, progressed, too small, disappeared, not yet, not assessed
_RANKED_STATUS = np.argsort(_STATUS_RANK)
_GONE = [STATUS[LesionStatus.DISAPPEARED], STATUS[LesionStatus.NOT_YET_PRESENT]]
_ROLE_RANK = np.array([1, 2, 0, 3])  # target, non-target, new, unstated
_RANKED_ROLE = np.argsort(_ROLE_RANK)


@dataclass(frozen=True)
class LesionDays:
    """One row a lesion and day, sorted by person, lesion and day; absolute days."""

    person: Ints
    lesion: Ints
    day: Ints
    role: Ints
    status: Ints
    diameter: Floats
    perpendicular: Floats
    volume: Floats
    organ: Ints
    is_node: Bools
    part_of: Ints
    modality: Ints
    reader: Ints
    identity: Ints
    source_id: pa.Array
    name_of: Ints
    """By lesion: its name in `names["lesion_id"]`."""
    names: dict[str, pa.Array]
    precision: Ints | None = None
    """How exactly the date of each row is known, -1 to the day; None where all are."""

    def __len__(self) -> int:
        return len(self.person)

    @property
    def assessed(self) -> Bools:
        """Any status but not assessed."""
        return np.asarray(self.status != STATUS[LesionStatus.NOT_ASSESSED])

    def frame(self, persons: Persons, index_day: Ints) -> pd.DataFrame:
        """The rows as the Timeline's `lesions`."""
        return with_days(LESIONS).frame(
            {
                "person_id": coded(self.person, persons.names),
                "lesion_id": coded(self.name_of[self.lesion], self.names["lesion_id"]),
                "scan_date": dates(self.day),
                **({} if self.precision is None else {"date_precision": category(self.precision, PRECISION)}),
                "role": category(self.role, LESIONS["role"].values),
                "organ": coded(self.organ, self.names["organ"]),
                "is_node": pd.array(self.is_node, dtype="boolean"),
                "diameter_mm": floats(self.diameter),
                "perpendicular_mm": floats(self.perpendicular),
                "volume_mm3": floats(self.volume),
                "status": category(self.status, LESIONS["status"].values),
                "part_of": coded(self.part_of, self.names["part_of"]),
                "modality": coded(self.modality, self.names["modality"]),
                "reader": coded(self.reader, self.names["reader"]),
                "identity": coded(self.identity, self.names["identity"]),
                "source_id": strings(self.source_id),
                "days_from_index": pd.array(self.day - index_day[self.person], dtype="Int64"),
            }
        )


BY_ROW = (
    "person",
    "lesion",
    "day",
    "role",
    "status",
    "diameter",
    "perpendicular",
    "volume",
    "organ",
    "is_node",
    "part_of",
    "modality",
    "reader",
    "identity",
)
"""The columns of LesionDays that are arrays of a row each."""


def lesion_days(placed: Placed, refusals: Refusals) -> LesionDays:
    """One row a lesion and day; impossible and conflicting sizes are refused and leave it not assessed."""
    rows, person = placed.frame, placed.person
    sizes = {name: np.round(numbers(rows[name]), 6) for name in ("diameter_mm", "perpendicular_mm", "volume_mm3")}
    status = rows["status"].cat.codes.to_numpy().astype(np.int64)
    status[status < 0] = STATUS[LesionStatus.NOT_ASSESSED]
    sizeless = np.logical_and.reduce([np.isnan(values) for values in sizes.values()])
    impossible = _impossible(sizes) | (sizeless & (status == STATUS[LesionStatus.MEASURED]))
    refusals.refuse("lesions", rows, impossible, "impossible_size")
    for values in sizes.values():
        values[impossible] = np.nan
    status[impossible] = STATUS[LesionStatus.NOT_ASSESSED]
    status[(sizes["diameter_mm"] == 0) & (status == STATUS[LesionStatus.MEASURED])] = STATUS[LesionStatus.DISAPPEARED]

    codes, names = {}, {}
    for name in ("lesion_id", "organ", "part_of", "modality", "reader", "identity"):
        [codes[name]], names[name] = sorted_codes(rows[name])
    lesions, lesion = np.unique(person * (len(names["lesion_id"]) + 1) + codes["lesion_id"], return_inverse=True)
    role = rows["role"].cat.codes.to_numpy().astype(np.int64)
    role[role < 0] = ROLE[LesionRole.UNSTATED]
    raw = LesionDays(
        person,
        lesion.astype(np.int64),
        placed.day,
        role,
        status,
        sizes["diameter_mm"],
        sizes["perpendicular_mm"],
        sizes["volume_mm3"],
        codes["organ"],
        flags(rows["is_node"]),
        codes["part_of"],
        codes["modality"],
        codes["reader"],
        codes["identity"],
        text(rows["source_id"]),
        lesions % (len(names["lesion_id"]) + 1),
        names,
        _precision(rows),
    )
    merged, conflicting = _collapsed(raw)
    refusals.refuse("lesions", rows, conflicting, "conflicting_measurements")
    return _with_lesion_facts(merged)


def _precision(rows: pd.DataFrame) -> Ints | None:
    known = rows["date_precision"].cat.codes.to_numpy()
    return known.astype(np.int64) if (known >= 0).any() else None


def _impossible(sizes: dict[str, Floats]) -> Bools:
    """Negative, infinite or too large; a volume is bounded by the sphere of the largest size."""
    sphere = SPHERE_OF_CUBE * MAX_SIZE_MM**3
    largest = {"diameter_mm": MAX_SIZE_MM, "perpendicular_mm": MAX_SIZE_MM, "volume_mm3": sphere}
    wrong = np.zeros(len(sizes["diameter_mm"]), dtype=np.bool_)
    for name, values in sizes.items():
        wrong |= (values < 0) | (values > largest[name])
    return wrong


def _collapsed(raw: LesionDays) -> tuple[LesionDays, Bools]:
    """One row a lesion and day, and which of the given rows conflict with another of their group."""
    key = point_key(raw.lesion, raw.day)
    order = stable_order(key)
    key = key[order]
    first = first_of_group(key)
    there, gone = _there(raw)[order], (np.isin(raw.status, _GONE) | (raw.diameter == 0))[order]
    if first.all() and not (there & gone).any():
        return taken(raw, order), np.zeros(len(raw), dtype=np.bool_)
    group = np.cumsum(first) - 1
    n = int(group[-1]) + 1
    status = raw.status[order]
    small = any_of(group, status == STATUS[LesionStatus.TOO_SMALL], n)
    conflict = (small | any_of(group, there, n)) & any_of(group, gone, n)
    values = {}
    for name in ("diameter", "perpendicular", "volume"):
        given = getattr(raw, name)[order]
        low, high = _extent(group, given, n)
        as_zero = any_of(group, gone, n) if name == "diameter" else np.zeros(n, dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            conflict |= (high - np.where(as_zero, 0.0, low)) > _SAME * high
        values[name] = low
    best = _RANKED_STATUS[lowest(group, _STATUS_RANK[status], n, 0)]
    best[small & (best == STATUS[LesionStatus.PRESENT])] = STATUS[LesionStatus.TOO_SMALL]
    nothing_left = any_of(group, gone, n) & np.isnan(values["diameter"]) & (best == STATUS[LesionStatus.MEASURED])
    best[nothing_left] = STATUS[LesionStatus.DISAPPEARED]
    best[conflict] = STATUS[LesionStatus.NOT_ASSESSED]
    by_convention = small & np.isnan(values["diameter"]) & (best != STATUS[LesionStatus.TOO_SMALL])
    values["diameter"][by_convention] = TOO_SMALL_MM
    for given in values.values():
        given[conflict] = np.nan
    merged = replace(
        taken(raw, order[first]),
        status=best,
        role=_RANKED_ROLE[lowest(group, _ROLE_RANK[raw.role[order]], n, 0)],
        organ=_least_named(group, raw.organ[order], n),
        is_node=any_of(group, raw.is_node[order], n),
        part_of=_least_named(group, raw.part_of[order], n),
        modality=_least_named(group, raw.modality[order], n),
        reader=_least_named(group, raw.reader[order], n),
        identity=_least_named(group, raw.identity[order], n),
        source_id=joined(raw.source_id.take(pa.array(order)), group),
        diameter=values["diameter"],
        perpendicular=values["perpendicular"],
        volume=values["volume"],
        precision=None if raw.precision is None else highest(group, raw.precision[order], n, -1),
    )
    conflicting = np.zeros(len(raw), dtype=np.bool_)
    conflicting[order] = conflict[group] & (status != STATUS[LesionStatus.NOT_ASSESSED])
    return merged, conflicting


def _there(raw: LesionDays) -> Bools:
    """Rows of a lesion that was seen, without a diameter; or with one of 0, which contradicts itself."""
    seen = np.isin(raw.status, [STATUS[LesionStatus.PRESENT], STATUS[LesionStatus.PROGRESSED]])
    otherwise_sized = (raw.status == STATUS[LesionStatus.MEASURED]) & ((raw.perpendicular > 0) | (raw.volume > 0))
    return np.asarray((seen | otherwise_sized) & ~(raw.diameter > 0))


def taken(lesions: LesionDays, rows: Ints) -> LesionDays:
    """These rows, in this order."""
    if len(rows) == len(lesions) and bool((rows == np.arange(len(rows))).all()):
        return lesions
    return replace(
        lesions,
        **{name: getattr(lesions, name)[rows] for name in BY_ROW},
        precision=None if lesions.precision is None else lesions.precision[rows],
        source_id=lesions.source_id.take(pa.array(rows)),
    )


def _extent(group: Ints, values: Floats, n: int) -> tuple[Floats, Floats]:
    """Least and greatest known value of each group; NaN where none is known."""
    known = ~np.isnan(values)
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, group[known], values[known])
    np.maximum.at(high, group[known], values[known])
    return np.where(np.isinf(low), np.nan, low), np.where(np.isinf(high), np.nan, high)


def _least_named(group: Ints, codes: Ints, n: int) -> Ints:
    """The alphabetically first name of each group, whatever the order of its rows."""
    named_rows = codes >= 0
    return lowest(group[named_rows], codes[named_rows], n, -1)


def _with_lesion_facts(merged: LesionDays) -> LesionDays:
    """Organ and node are facts of the lesion, not of the day."""
    n = len(merged.name_of)
    return replace(
        merged,
        organ=_least_named(merged.lesion, merged.organ, n)[merged.lesion],
        is_node=any_of(merged.lesion, merged.is_node, n)[merged.lesion],
    )


def merge_studies(lesions: LesionDays, index_day: Ints, merge_days: int) -> tuple[LesionDays, Ints, Ints]:
    """The lesions on the dates of their time points, and day by day (person's day key) which point it is.

    A study joins the open time point if it lies at most `merge_days` after its first study, on the same
    side of the first dose, and repeats no lesion of it (ambiguity B7a).
    """
    seen = lesions.assessed
    studies = distinct(point_key(lesions.person[seen], lesions.day[seen]))
    person, day = point_of(studies)
    opens = _opening_studies(lesions, studies, person, day, day > index_day[person], merge_days)
    point = studies[np.maximum.accumulate(np.where(opens, np.arange(len(studies)), 0))] if len(studies) else studies
    if opens.all():
        return lesions, studies, point
    at = lookup(point_key(lesions.person, lesions.day), studies)
    moved = point_of(np.where(at >= 0, point[at], point_key(lesions.person, lesions.day)))[1]
    merged, _ = _collapsed(replace(lesions, day=moved))
    return merged, studies, point


def _opening_studies(
    lesions: LesionDays, studies: Ints, person: Ints, day: Ints, after: Bools, merge_days: int
) -> Bools:
    """Which studies open a time point; neighbours are walked through side by side for all persons."""
    n = len(studies)
    repeats = _latest_repeated(lesions, studies)
    near = np.zeros(n, dtype=np.bool_)
    near[1:] = (person[1:] == person[:-1]) & (after[1:] == after[:-1]) & (day[1:] - day[:-1] <= merge_days)
    chain = np.cumsum(~near).astype(np.int64)
    step = rank_in_group(chain)
    opens, opener = ~near, np.arange(n)
    for place in range(1, int(step.max(initial=0)) + 1):
        here = np.flatnonzero(step == place)
        opened = opener[here - 1]
        joins = (day[here] - day[opened] <= merge_days) & (repeats[here] < opened)
        opener[here] = np.where(joins, opened, here)
        opens[here] = ~joins
    return opens


def _latest_repeated(lesions: LesionDays, studies: Ints) -> Ints:
    """The latest earlier study that shows a lesion of this one; -1 where none does."""
    rows = np.flatnonzero(lesions.assessed)
    study = lookup(point_key(lesions.person[rows], lesions.day[rows]), studies)
    order = stable_order(point_key(lesions.lesion[rows], lesions.day[rows]))
    lesion, study = lesions.lesion[rows][order], study[order]
    before = np.full(len(order), -1, dtype=np.int64)
    same = lesion[1:] == lesion[:-1]
    before[1:][same] = study[:-1][same]
    return highest(study, before, len(studies), -1)
