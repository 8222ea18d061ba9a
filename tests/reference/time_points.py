"""B7, B7a, C3, C14: which studies make one time point, and what was seen of every lesion at it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from hpd_etl.config import Study
from tests.reference.patient import Lesion, Patient, Response

MICRO = 10**6
TOO_SMALL = Fraction(5)
ROLES = ("new", "target", "non_target", "unstated")
"""Of several roles of a lesion on one day the first of these stands."""
GONE = ("disappeared", "not_yet_present")
RELATIVE = Fraction(1, 10**9)


def millimetres(value: float) -> Fraction:
    """A size or a sum, exactly, rounded to 1e-6 mm (A10)."""
    return Fraction(round(Fraction(value) * MICRO), MICRO)


def same(one: Fraction, other: Fraction) -> bool:
    """Equal within A10's relative tolerance."""
    return abs(one - other) <= RELATIVE * max(abs(one), abs(other))


@dataclass(frozen=True)
class Seen:
    """What is known of one lesion at one day: any status but `not_assessed` counts as assessed."""

    status: str
    size: Fraction | None = None
    roles: frozenset[str] = frozenset()
    progressed: bool = False
    sources: tuple[str, ...] = ()
    across: Fraction | None = None
    """The diameter perpendicular to the longest."""
    volume: Fraction | None = None
    film: bool = False
    """Measured on a plain film."""

    @property
    def assessed(self) -> bool:
        return self.status != "not_assessed"

    @property
    def visible(self) -> bool:
        """There at that day: neither gone nor not there yet nor unknown."""
        return self.assessed and self.status not in GONE and self.size != 0


@dataclass(frozen=True)
class Anatomy:
    """What does not change over time: the organ (folded) and whether it is a node."""

    organ: str | None
    is_node: bool


@dataclass
class TimePoint:
    """One time point; `day` is that of its first study."""

    day: int
    study_days: list[int] = field(default_factory=list)
    seen: dict[str, Seen] = field(default_factory=dict)
    sums: list[Fraction] = field(default_factory=list)
    responses: list[tuple[int, Response]] = field(default_factory=list)
    unanswered: dict[str, Seen] = field(default_factory=dict)
    """New lesions that somebody asked about near it, without an answer."""

    @property
    def sld(self) -> Fraction | None:
        """The recorded sum of longest diameters; nothing where two disagree."""
        first = self.sums[0] if self.sums else None
        if first is None or any(not same(first, other) for other in self.sums):
            return None
        return first


@dataclass(frozen=True)
class Course:
    """All time points of a person in order, and the days on which anybody looked at all."""

    points: list[TimePoint]
    examined_days: set[int]
    anatomy: dict[str, Anatomy]
    called: dict[str, list[tuple[int, str]]]
    """lesion -> the role the source gave it at each time point (else day) at which it gave one."""


def course(patient: Patient, index_date: date, study: Study) -> Course:
    """The time points of this person around day 0."""
    by_day: dict[int, dict[str, list[Lesion]]] = {}
    for row in patient.lesions:
        day = (row.scan_date - index_date).days
        by_day.setdefault(day, {}).setdefault(row.lesion_id, []).append(row)
    seen_on = {day: {lesion: one_lesion_one_day(rows) for lesion, rows in lesions.items()}
               for day, lesions in by_day.items()}
    points = _merged(seen_on, study.lesions.merge_days)
    refused_days = _add_sums(points, patient, index_date)
    _add_responses(points, patient, index_date, study.lesions.response_days)
    points.sort(key=lambda point: point.day)
    for point in points:
        point.seen = seen_on.get(point.day, {}) | point.seen
    _add_unanswered(points, seen_on, study)
    looked = set(by_day) | refused_days | {(scan.scan_date - index_date).days for scan in patient.scans}
    point_of = {day: point.day for point in points for day in point.study_days}
    examined = {point_of.get(day, day) for day in looked} | {point.day for point in points}
    roles: dict[str, dict[int, list[str]]] = {}
    for day, lesions in by_day.items():
        for lesion, rows in lesions.items():
            said = roles.setdefault(lesion, {}).setdefault(point_of.get(day, day), [])
            said += [row.role for row in rows if row.role]
    called = {lesion: [(day, min(said, key=ROLES.index)) for day, said in days.items() if said]
              for lesion, days in roles.items()}
    return Course(points, examined, {lesion: _anatomy(patient, lesion) for lesion in called | _ids(by_day)}, called)


def one_lesion_one_day(rows: list[Lesion]) -> Seen:
    """What the rows of one lesion on one day say together; of several modalities the first by name stands."""
    modalities = sorted(row.modality for row in rows if row.modality)
    return replace(_one_lesion_one_day(rows), film=modalities[:1] in (["CR"], ["DX"]))


def _one_lesion_one_day(rows: list[Lesion]) -> Seen:
    """B7: rows of one lesion on one day; two different values make it not assessed.

    "Too small" is no value of its own beside a size above 0. "Gone" or 0 mm beside "present" or a size in another
    dimension contradicts itself.
    """
    roles = frozenset(row.role for row in rows if row.role)
    sources = tuple(sorted(row.source_id for row in rows if row.source_id))
    progressed = any(row.status == "progressed" for row in rows)
    values: list[tuple[Fraction, str]] = []
    for row in rows:
        if row.diameter_mm is not None:
            values.append((millimetres(row.diameter_mm), "measured"))
        elif row.status == "too_small" and not any(millimetres(other.diameter_mm or 0) > 0 for other in rows):
            values.append((TOO_SMALL, "too_small"))
        elif row.status in GONE:
            values.append((Fraction(0), row.status))
    across = [millimetres(row.perpendicular_mm) for row in rows if row.perpendicular_mm is not None]
    volumes = [millimetres(row.volume_mm3) for row in rows if row.volume_mm3 is not None]
    if any(not same(given[0], value) for given in ([value for value, _ in values], across, volumes) for value in given):
        return Seen("not_assessed", None, roles, False, sources)
    sizes = {"across": across[0] if across else None, "volume": volumes[0] if volumes else None}
    gone = any(row.status in GONE or (row.diameter_mm is not None and not _is_there(row.diameter_mm)) for row in rows)
    if gone and any(_there(row) for row in rows):
        return Seen("not_assessed", None, roles, False, sources)
    otherwise = next((status for status in ("progressed", "measured") if any(row.status == status for row in rows)), "")
    if otherwise and all(status == "too_small" for _, status in values) and values:
        return Seen(otherwise, TOO_SMALL, roles, progressed, sources, **sizes)
    if values:
        ranked = ["measured", "too_small", "disappeared", "not_yet_present"]
        status = min((status for _, status in values), key=ranked.index)
        return Seen(status, values[0][0], roles, progressed, sources, **sizes)
    if all(row.status in ("not_assessed", None) and row.diameter_mm is None for row in rows):
        return Seen("not_assessed", None, roles, False, sources)
    return Seen("progressed" if progressed else "present", None, roles, progressed, sources, **sizes)


def _is_there(size: float | None) -> bool:
    """A size above 0, rounded as every size is."""
    return size is not None and millimetres(size) > 0


def _there(row: Lesion) -> bool:
    """Seen, but not by its diameter."""
    if _is_there(row.diameter_mm):
        return False
    other = _is_there(row.perpendicular_mm) or _is_there(row.volume_mm3)
    return row.status in ("present", "progressed") or (row.status == "measured" and other)


def _merged(seen_on: dict[int, dict[str, Seen]], merge_days: int) -> list[TimePoint]:
    """B7a, greedy in order of date, never across the first dose."""
    points: list[TimePoint] = []
    for after in (False, True):
        opened: TimePoint | None = None
        for day in sorted(seen_on):
            if (day > 0) != after:
                continue
            lesions = seen_on[day]
            assessed = {lesion for lesion, seen in lesions.items() if seen.assessed}
            if not assessed:
                continue
            joins = (opened is not None and day - opened.day <= merge_days
                     and not any(opened.seen[lesion].assessed for lesion in assessed if lesion in opened.seen))
            if not joins:
                opened = TimePoint(day)
                points.append(opened)
            opened.study_days.append(day)
            for lesion, seen in lesions.items():
                if lesion not in opened.seen or seen.assessed:
                    opened.seen[lesion] = seen
    return points


def _add_sums(points: list[TimePoint], patient: Patient, index_date: date) -> set[int]:
    """C14: a sum of whatever kind belongs to the time point that has a study on its date, else it is one of its own.

    Sums of one kind that differ are refused; returns the days on which there is nothing else.
    """
    kinds: dict[int, dict[str, list[Fraction]]] = {}
    for row in patient.tumour_sums:
        day = (row.scan_date - index_date).days
        point = next((point for point in points if day in point.study_days), None)
        if point is None:
            point = TimePoint(day, [day])
            points.append(point)
        if row.kind == "SLD":
            point.sums.append(millimetres(row.value))
        kinds.setdefault(point.day, {}).setdefault(row.kind, []).append(millimetres(row.value))
    refused = {point.day for point in points if not point.seen and not any(
        all(same(values[0], value) for value in values) for values in kinds[point.day].values())}
    points[:] = [point for point in points if point.day not in refused]
    return refused


def _add_responses(points: list[TimePoint], patient: Patient, index_date: date, response_days: int) -> None:
    """C14: a response belongs to the last time point up to 14 d before it on its side, else it is one of its own."""
    own: list[TimePoint] = []
    for row in patient.responses:
        day = (row.assessed_on - index_date).days
        near = [point for point in points
                if 0 <= day - point.day <= response_days and (point.day > 0) == (day > 0)]
        if near:
            point = max(near, key=lambda point: point.day)
        else:
            point = next((point for point in own if point.day == day), None)
            if point is None:
                point = TimePoint(day)
                own.append(point)
        point.responses.append((day, row))
    points.extend(own)


def _add_unanswered(points: list[TimePoint], seen_on: dict[int, dict[str, Seen]], study: Study) -> None:
    """C14: whether there is a new lesion, asked without an answer on a day of which nothing else is known.

    It concerns the last time point up to `response_days` before, else the next up to `merge_days` after, on its side.
    """
    known = [point for point in points if point.study_days or any(
        row.response not in (None, "NE") for _, row in point.responses)]
    days = {day for point in known for day in (point.day, *point.study_days)}
    for day in sorted(seen_on.keys() - days):
        side = [point for point in known if (point.day > 0) == (day > 0)]
        before = [point for point in side if 0 < day - point.day <= study.lesions.response_days]
        after = [point for point in side if 0 < point.day - day <= study.lesions.merge_days]
        concerned = before[-1] if before else after[0] if after else None
        for lesion, seen in seen_on[day].items():
            if concerned and not seen.assessed and seen.roles and min(seen.roles, key=ROLES.index) == "new":
                concerned.unanswered[lesion] = seen


def _anatomy(patient: Patient, lesion: str) -> Anatomy:
    rows = sorted((row for row in patient.lesions if row.lesion_id == lesion), key=lambda row: row.scan_date)
    organ = next((row.organ for row in rows if row.organ), None)
    return Anatomy(organ.casefold() if organ else None, any(row.is_node for row in rows))


def _ids(by_day: dict[int, dict[str, list[Lesion]]]) -> dict[str, list[tuple[int, str]]]:
    return {lesion: [] for lesions in by_day.values() for lesion in lesions}
