"""Random patients, degenerate ones included; one recipe for `random.Random` and for Hypothesis.

Dates lie close together so that studies merge, sizes are few so that they tie, and every rule of the
notes is met by some patients in a thousand.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import prod
from typing import TYPE_CHECKING, Protocol, TypeVar

from hypothesis import strategies as st

from tests.reference.patient import (
    Dose,
    Finding,
    Lesion,
    Patient,
    Period,
    Response,
    Scan,
    Therapy,
    TumourSum,
    records_of,
    with_sources,
)
from tests.reference.worlds import EXAMINATIONS, possible_days, unknown_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpd_etl.schema import Records

T = TypeVar("T")
ORGANS = ("liver", "Liver", "lung", "brain", "skin", None)
CAUSES = ("C34.1", "c34", "443392", "4433925", "I21.9", None)
"""Causes of death: cancer by ICD-10 and by concept, what only looks like it, a heart attack, and none."""
SIZES = (0, 3, 5, 8, 9.9, 10, 12, 12.3, 14.9, 15, 18, 20, 20, 24, 25, 30, 30.3, 36, 40, 50, 60, 75, 100, 250)
FACTORS = (0, 0.3, 0.7, 0.9, 1, 1, 1.1, 1.2, 1.25, 1.3, 1.5, 1.6, 2, 3)
AGENTS = ("nivolumab", "ipilimumab", "pembrolizumab")
COMPARATOR_AGENTS = ("docetaxel", "irinotecan")


class Chooser(Protocol):
    """Where the choices come from."""

    def integer(self, low: int, high: int) -> int: ...

    def pick(self, options: Sequence[T]) -> T: ...

    def chance(self, percent: int) -> bool: ...


@dataclass
class Seeded:
    """Choices of a seeded generator."""

    of: random.Random

    def integer(self, low: int, high: int) -> int:
        return self.of.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        return self.of.choice(options)

    def chance(self, percent: int) -> bool:
        return self.of.randrange(100) < percent


@dataclass
class Drawn:
    """Choices of Hypothesis; they shrink towards the first option and towards no."""

    draw: st.DrawFn

    def integer(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def pick(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) >= 100 - percent


@st.composite
def patients(draw: st.DrawFn, person: str = "p") -> Patient:
    """A Hypothesis strategy for one patient."""
    return patient_of(Drawn(draw), person)


@st.composite
def records(draw: st.DrawFn, persons: int = 3) -> Records:
    """A Hypothesis strategy for the `Records` of so many persons."""
    return records_of(patient_of(Drawn(draw), f"p{number}") for number in range(persons))


def seeded_patients(count: int, seed: int | str) -> list[Patient]:
    """So many patients, the same for the same seed."""
    return [patient_of(Seeded(random.Random(f"{seed}/{number}")), f"p{number:05d}") for number in range(count)]


def imprecise_patients(count: int, seed: int, most: int) -> list[Patient]:
    """So many patients with at least one partial date and at most so many combinations of days."""
    found: list[Patient] = []
    for number in range(10 * count):
        choose = Seeded(random.Random(f"{seed}/imprecise/{number}"))
        patient = blurred(choose, patient_of(choose, f"i{number:05d}"))
        if 1 < prod(len(possible_days(unknown)) for unknown in unknown_days(patient)) <= most:
            found.append(patient)
        if len(found) == count:
            break
    return found


def blurred(choose: Chooser, patient: Patient) -> Patient:
    """The patient with some dates known only to the month, now and then to the year."""
    for _ in range(choose.pick((1, 1, 1, 2))):
        table = choose.pick(("doses", "therapies", *3 * ("lesions",), "responses", "tumour_sums", "persons"))
        to = "year" if choose.chance(15) else "month"
        if table == "persons":
            patient = replace(patient, death_date=_first_of(patient.death_date, to),
                              death_precision=to if patient.death_date else None)
            continue
        rows = getattr(patient, table)
        if not rows:
            continue
        column = {"doses": "start_date", "therapies": "start_date", "responses": "assessed_on"}.get(table, "scan_date")
        if table in ("doses", "therapies") and choose.chance(40):
            column = "end_date"
        day = getattr(choose.pick(rows), column)
        tables = tuple(EXAMINATIONS) if table in EXAMINATIONS and choose.chance(80) else (table,)
        patient = replace(patient, **{name: [_coarser(row, EXAMINATIONS.get(name, column), day, to)
                                             for row in getattr(patient, name)] for name in tables})
    return replace(patient, is_complete=False if choose.chance(3) else None)


def _coarser(row, column: str, day: date | None, to: str):
    """The row with its date known only to the month or the year if it is of that day."""
    if day is None or getattr(row, column) != day:
        return row
    precision = "end_precision" if column == "end_date" else "date_precision"
    return replace(row, **{column: _first_of(day, to), precision: to})


def _first_of(day: date | None, to: str) -> date | None:
    return None if day is None else day.replace(day=1) if to == "month" else day.replace(month=1, day=1)


def patient_of(choose: Chooser, person: str) -> Patient:
    """One patient around a first dose in 2020."""
    zero = date(2020, 6, 1) + timedelta(days=choose.integer(0, 400))

    def on(day: int) -> date:
        return zero + timedelta(days=day)

    death = choose.pick((25, 70, 100, 130, 200, 300)) + choose.integer(0, 40) if choose.chance(20) else None
    patient = Patient(
        person,
        birth_date=on(-20_000) if choose.chance(80) else None,
        death_date=None if death is None else on(death),
        followup=_followup(choose, on, death),
        doses=_doses(choose, on),
        therapies=_therapies(choose, on),
        findings=_findings(choose, on),
        death_cause=choose.pick(CAUSES) if death is not None else None,
    )
    return with_sources(_imaging(choose, on, patient))


def _followup(choose: Chooser, on, death: int | None) -> list[Period]:
    if choose.chance(8):
        return []
    end = choose.pick((400, 200, 130, 90, 30, 0)) + choose.integer(0, 15)
    if death is not None and choose.chance(70):
        end = death
    periods = [Period(on(choose.pick((-400, -30, -5, 0))), on(max(end, 0)))]
    if choose.chance(10):
        periods.append(Period(on(-800), on(-500)))
    if choose.chance(5):
        periods.append(Period(on(end), on(end - 900)))
    return periods


def _doses(choose: Chooser, on) -> list[Dose]:
    if choose.chance(3):
        return [Dose(choose.pick(COMPARATOR_AGENTS), on(0)), Dose(choose.pick(COMPARATOR_AGENTS), on(21))]
    main = choose.pick(AGENTS)
    shape = choose.pick(("cycles", "cycles", "cycles", "era", "open"))
    doses = []
    if shape == "cycles":
        step, count = choose.pick((14, 21, 28)), choose.integer(1, 9)
        doses = [Dose(main, on(step * number)) for number in range(count)]
    elif shape == "era":
        doses = [Dose(main, on(0), on(choose.integer(0, 200)))]
    else:
        doses = [Dose(main, on(0), kind="statement", is_open=True)]
    if shape != "open" and choose.chance(25):
        number = choose.integer(0, len(doses) - 1)
        ended = doses[number].end_date or (doses[number].start_date + timedelta(choose.pick((0, 3))))
        doses[number] = replace(doses[number], end_date=ended, stop_reason=choose.pick(
            ("progression", "toxicity", "completed", "death", "other")))
    if choose.chance(15):
        doses.append(Dose(choose.pick(AGENTS), on(choose.pick((0, 7, 60))), stop_reason=choose.pick(
            (None, None, "toxicity"))))
    if choose.chance(8):
        doses.append(Dose(main, on(choose.pick((119, 120, 121, 300)) + choose.integer(0, 200))))
    if choose.chance(4):
        doses.append(Dose(main, on(-30), on(-40)))
    if choose.chance(8):
        doses.append(Dose(choose.pick(COMPARATOR_AGENTS), on(choose.pick((-90, 0, 40, 75, 140)))))
    if choose.chance(3):
        doses.append(Dose(main))
    return doses


def _therapies(choose: Chooser, on) -> list[Therapy]:
    therapies = []
    for _ in range(choose.pick((0, 0, 0, 1, 1, 2))):
        day = choose.pick((-200, -60, -20, 0, 10, 30, 50, 70, 100, 160)) + choose.integer(0, 12)
        kind = choose.pick(("systemic", "systemic", "radiation", "surgery", "local"))
        if kind == "systemic":
            therapies.append(Therapy(kind, choose.pick(("carboplatin", "pemetrexed", "carboplatin")), on(day)))
        else:
            end = on(day - 3) if choose.chance(5) else None
            therapies.append(Therapy(kind, None, on(day), end, choose.pick(ORGANS)))
    return therapies


def _findings(choose: Chooser, on) -> list[Finding]:
    """Performance status before and on treatment, of a third nothing; and something else."""
    findings = []
    if choose.chance(67):
        days = [choose.pick((-91, -90, -40, -7, 0)), choose.pick((1, 21, 42, 60)), choose.pick((61, 62, 90, -3, 1))]
        grades = (0, 0, 1, 1, 2, 2, 3, 4, None)
        findings = [Finding("ecog", on(day), choose.pick(grades)) for day in days if choose.chance(85)]
    if choose.chance(20):
        findings.append(Finding("pdl1", on(choose.integer(-30, 30)), 50))
    return findings


def _imaging(choose: Chooser, on, patient: Patient) -> Patient:
    """Half of the patients are imaged carefully, so that enough of them can be evaluated."""
    careful = choose.chance(50)
    visits = _visits(choose, careful)
    if patient.death_date is not None and choose.chance(40):
        visits = [day for day in visits if day <= 0]
    style = choose.pick(("lesions",) * 12 + ("sums", "sums", "responses", "both", "both", "nothing"))
    scans, sums, responses, lesions = [], [], [], []
    for day in visits:
        if choose.chance(40):
            scans.append(Scan(on(day + choose.pick((0, 0, 1)))))
        if style in ("sums", "both") and choose.chance(85):
            value = choose.pick(SIZES) * choose.pick((1, 1, 2))
            sums.append(TumourSum(on(day + choose.pick((0, 0, 0, 2))), choose.pick(("SLD",) * 6 + ("SPD",)), value))
        if (style in ("sums", "both", "responses") or choose.chance(20)) and (day > 0 or choose.chance(10)):
            responses.append(Response(
                on(day + choose.pick((0, 0, 3, 14, 15))),
                choose.pick(("RECIST1.1",) * 4 + ("irRECIST", "unstated", "irRC", "iRECIST")),
                choose.pick(("overall",) * 5 + ("non_target", "target")),
                choose.pick(("PD", "PD", "PD", "SD", "SD", "PR", "CR", "NE", "iUPD", "iCPD", "NON_CR_NON_PD")),
            ))
    if choose.chance(10):
        scans.append(Scan(on(choose.integer(-60, 130))))
    if style in ("lesions", "both"):
        lesions = _lesions(choose, on, visits, careful)
    return replace(patient, scans=scans, tumour_sums=sums, responses=responses, lesions=lesions)


def _visits(choose: Chooser, careful: bool) -> list[int]:
    """Days of the visits: usually before, baseline, first evaluation, second evaluation."""
    visits = []
    if careful:
        visits = [-choose.pick((0, 5, 20)), -choose.pick((60, 90)), choose.pick((14, 28, 42, 56, 61))]
        for _ in range(choose.pick((1, 1, 1, 2, 3))):
            visits.append(visits[-1] + choose.pick((28, 30, 60)))
        return sorted(visits)
    baseline = -choose.pick((0, 1, 5, 10, 20, 41, 42, 43))
    if choose.chance(90):
        visits.append(baseline)
    if choose.chance(80):
        visits.append(baseline - choose.pick((13, 14, 28, 56, 60, 90, 180, 181)))
    if choose.chance(85):
        visits.append(choose.pick((1, 14, 28, 42, 56, 61, 84, 119, 120, 121)))
    if choose.chance(55):
        visits.append(max(visits, default=0) + choose.pick((7, 20, 27, 28, 29, 60)))
    for _ in range(choose.pick((0, 0, 0, 1, 2))):
        visits.append(choose.integer(-100, 130))
    return sorted(set(visits))


def _lesions(choose: Chooser, on, visits: list[int], careful: bool) -> list[Lesion]:
    roles = choose.pick(("target",) * 6 + ("unstated", "unstated", "mixed"))
    depth = choose.pick(("length",) * 3 + ("area", "area", "volume", "all", "all"))
    rows: list[Lesion] = []
    for number in range(choose.pick((1, 1, 2, 2, 3, 4, 7))):
        role = roles if roles != "mixed" else choose.pick(("target", "non_target", "unstated"))
        if choose.chance(10):
            role = "non_target"
        rows += _one_lesion(choose, on, visits, f"L{number}", role, careful)
    many = choose.integer(3, 16) if choose.chance(4) else choose.pick((0, 0, 0, 1, 1, 2))
    organs = choose.pick((("lung",), ("skin",), ("lung", "liver", "skin"))) if many > 2 else ORGANS
    for number in range(many):
        late = [day for day in visits if day > 0 or choose.chance(15)]
        called = choose.pick(("new", "new", "unstated")) if many < 3 else "new"
        rows += _one_lesion(choose, on, late, f"N{number}", called, careful, organs)
    for day in visits:
        if choose.chance(7):
            rows.append(Lesion(f"U{day}", on(day), "new", "not_assessed"))
    return [_in_depth(choose, row, depth, careful) for row in rows]


def _in_depth(choose: Chooser, row: Lesion, depth: str, careful: bool) -> Lesion:
    """The row with the other diameter, a volume or both, where the patient is measured so; now and then without."""
    if not row.diameter_mm or not 0 < row.diameter_mm <= 500 or (not careful and choose.chance(8)):
        return row
    across = round(row.diameter_mm * choose.pick((0.5, 0.8, 1)), 1) if depth in ("area", "all") else None
    volume = round(row.diameter_mm**3 * choose.pick((0.3, 0.5236)), 1) if depth in ("volume", "all") else None
    return replace(row, perpendicular_mm=across, volume_mm3=volume)


def _one_lesion(choose: Chooser, on, visits: list[int], lesion: str, role: str, careful: bool,
                organs: Sequence[str | None] = ORGANS) -> list[Lesion]:
    organ, is_node = choose.pick(organs), choose.chance(20)
    machine = choose.pick(("CT",) * 6 + ("MR", "CR", "DX"))
    size = float(choose.pick(SIZES))
    rows = []
    for day in visits:
        if not careful and choose.chance(6):
            continue
        day += 0 if careful else choose.pick((0, 0, 0, 0, 1, 3, 7, 8))
        called = choose.pick(("unstated", "non_target", "target")) if choose.chance(4) else role
        base = Lesion(lesion, on(day), called, "measured", None, organ, is_node, modality=choose.pick(
            (machine, machine, machine, None)))
        size = round(min(size * choose.pick(FACTORS), 510), 1)
        rows.append(_observed(base, size, choose.integer(0, 85 if careful else 99)))
        if not careful and choose.chance(3):
            rows.append(replace(base, diameter_mm=choose.pick((size, size + 1, size + 1e-8))))
        if choose.chance(3):
            rows.append(replace(base, status=choose.pick(
                ("not_assessed", "too_small", "disappeared", "present", "progressed", "not_yet_present"))))
    return rows


def _observed(base: Lesion, size: float, kind: int) -> Lesion:
    """What the source wrote: mostly a size, now and then a status, an impossible size, or another dimension."""
    if kind < 84:
        return replace(base, diameter_mm=size)
    statuses = ("too_small", "disappeared", "not_yet_present", "present", "progressed", "not_assessed")
    if kind < 96:
        return replace(base, status=statuses[(kind - 84) // 2])
    if kind == 96:
        return replace(base, diameter_mm=-1.0)
    if kind == 97:
        return replace(base, diameter_mm=501.0)
    if kind == 98:
        return replace(base, perpendicular_mm=max(size, 1.0))
    return replace(base, volume_mm3=size * 100)
