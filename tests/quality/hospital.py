"""A small hospital about which nothing is to be said, and for each expectation the change that it is there to see.

Changes are made to Records and go through `align`: what fails afterwards is guaranteed by nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd

from hpd_etl.config import Study
from hpd_etl.schema import Records, Timeline
from hpd_etl.timeline import align

Frames = dict[str, pd.DataFrame]
Change = Callable[[Frames], Any]

PERSONS = 20
EVALUATED = 40
DAY_0 = pd.Timestamp("2019-03-01")
SCANS = (-60, -10, EVALUATED)
STUDY = Study(id="s")


def day(offset: int) -> pd.Timestamp:
    """So many days after the first dose."""
    return DAY_0 + pd.Timedelta(days=offset)


def rows(**columns: Any) -> pd.DataFrame:
    """The same row for every person."""
    frame = pd.DataFrame({"person_id": [f"person-47{n:02}" for n in range(PERSONS)]})
    return frame.assign(**columns)


def hospital() -> Frames:
    """Twenty persons with everything recorded as one would wish; six of them died."""
    died = pd.Series([day(300) if n < 6 else pd.NaT for n in range(PERSONS)], dtype="datetime64[us]")
    sex = ["female" if n % 2 else "male" for n in range(PERSONS)]
    doses = [rows(agent="nivolumab", kind="administration", start_date=day(on), end_date=day(on),
                  stop_reason="progression" if on == 42 else None, source_id=f"drug:{on}") for on in (0, 14, 28, 42)]
    lesions = [
        rows(lesion_id=name, scan_date=day(at), role="target", organ=organ, is_node=False, diameter_mm=size + step,
             perpendicular_mm=size - 5, volume_mm3=0.5 * size**3, status="measured", modality="CT",
             identity="image_finding", reader="r", source_id=f"measurement:{name}{at}",
             part_of="a" if (name, at) == ("c", EVALUATED) else None)
        for name, organ, size in (("a", "liver", 31), ("b", "lung", 23), ("c", "liver", 12))
        for step, at in enumerate(SCANS)
    ]
    return {
        "persons": rows(birth_date=pd.Timestamp("1955-06-01"), sex=sex, death_date=died, is_complete=True,
                        death_cause=["C34" if n < 6 else None for n in range(PERSONS)]),
        "followup": rows(start_date=day(-400), end_date=died.fillna(day(500)), source_id="period:1"),
        "doses": pd.concat(doses),
        "therapies": pd.concat([
            rows(kind="systemic", agent="cisplatin", start_date=day(-200), end_date=day(-150), source_id="drug:9"),
            rows(kind="radiation", organ="bone", start_date=day(-100), end_date=day(-90), source_id="procedure:9")]),
        "scans": pd.concat([
            rows(scan_date=day(at), date_from="study", reported_on=day(at + 2), modality="CT", slice_mm=2.0,
                 study_uid=f"1.2.{at}", source_id=f"study:{at}") for at in SCANS]),
        "lesions": pd.concat(lesions),
        "tumour_sums": rows(scan_date=day(EVALUATED), kind="SLD", value=70.0, source_id="measurement:sum"),
        "responses": rows(assessed_on=day(EVALUATED), framework="RECIST1.1", scope="overall",
                          response=["PD" if n % 2 else "SD" for n in range(PERSONS)], source_id="measurement:response"),
        "findings": pd.concat([
            rows(finding="ecog", assessed_on=day(-5), value_number=1.0, source_id="measurement:ecog"),
            rows(finding="primary_site", assessed_on=day(-90), value_code="lung", source_id="condition:1"),
            rows(finding="pdl1", assessed_on=day(-20), value_number=80.0, source_id="measurement:pdl1")]),
        "rejections": refusals("lesions", "unit_missing").head(4),
    }


def refusals(table: str, reason: str, **columns: Any) -> pd.DataFrame:
    """A refused row of every person."""
    return rows(stage="extract", table=table, source_id=f"{table}:refused", reason=reason, remedy="mend it", **columns)


@cache
def _as_wished() -> Frames:
    frames = {name: frame.reset_index(drop=True) for name, frame in hospital().items()}
    return {table.name: frame for table, frame in Records.of(frames)}


def aligned(change: Change | None = None) -> Timeline:
    """The hospital after the change, as `align` leaves it."""
    frames = dict(_as_wished())
    if change is not None:
        change(frames)
    records = Records.of({name: frame.reset_index(drop=True) for name, frame in frames.items()})
    return align(records, STUDY, {"study": STUDY.windows})


# --- changes ----------------------------------------------------------------------------------


def put(table: str, where: Callable[[pd.DataFrame], Any] | None = None, **columns: Any) -> Change:
    """Writes these values into a table, everywhere or where a condition holds."""

    def change(frames: Frames) -> None:
        frame = frames[table].reset_index(drop=True)
        chosen = pd.Series(True, index=frame.index) if where is None else where(frame)
        for name, value in columns.items():
            given = value(frame) if callable(value) else pd.Series([value] * len(frame), index=frame.index)
            before = frame[name] if name in frame else pd.Series([None] * len(frame), index=frame.index)
            frame[name] = before.astype(object).where(~chosen, given)
        frames[table] = frame

    return change


def twice(table: str) -> Change:
    """Every row of a table is there twice."""
    return lambda frames: frames.update({table: pd.concat([frames[table]] * 2)})


def without(table: str, gone: Callable[[pd.DataFrame], Any]) -> Change:
    """The rows of a table for which a condition holds are not there."""
    return lambda frames: frames.update({table: frames[table][~gone(frames[table])]})


def also(table: str, *more: pd.DataFrame) -> Change:
    """A table has further rows."""
    return lambda frames: frames.update({table: pd.concat([frames[table], *more])})


def each(*changes: Change) -> Change:
    """One change after the other."""

    def change(frames: Frames) -> None:
        for one in changes:
            one(frames)

    return change


def at(offset: int) -> Callable[[pd.DataFrame], Any]:
    """The rows of a scan on that day."""
    return lambda frame: frame["scan_date"] == day(offset)


def shifted(column: str, days: int) -> Callable[[pd.DataFrame], Any]:
    """The dates of a column so many days later."""
    return lambda frame: frame[column] + pd.Timedelta(days=days)


def scaled(column: str, factor: float) -> Callable[[pd.DataFrame], Any]:
    """The numbers of a column times a factor."""
    return lambda frame: frame[column] * factor


def finding(name: str) -> Callable[[pd.DataFrame], Any]:
    """The rows of a finding."""
    return lambda frame: frame["finding"] == name
