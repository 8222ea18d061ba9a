"""The profile of a run's Timeline, and how it changed since the run before.

Counts, shares and quantiles of columns. No figure stands on fewer than `MIN_PERSONS` persons, and quantiles are rounded
to two digits, so that none is the value of one person. Dates have none, as `days_from_index` says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from hpd_etl import artefacts
from hpd_etl.grouping import distinct, encoded, named, point_key, point_of
from hpd_etl.schema import Kind, Timeline
from hpd_etl.words import RARE, is_vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from hpd_etl.expectations import CheckResult
    from hpd_etl.grouping import Ints
    from hpd_etl.schema import Column, Table

Profile = Mapping[str, Mapping[str, Any]]
"""By table: rows, persons, and by column the missing share with shares of codes or quantiles."""

MIN_PERSONS = 10
"""A share or a quantile is told where at least so many persons stand behind it: on either side of a quantile."""
_QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
_STAFF = ("reader",)
"""Codes that may be names of people who work at the site."""
_TYPED = ("value_code", "organ", "modality", "death_cause")
"""Codes for which a source may hold a text: what is no vocabulary is told as one."""
_CHANGES = ["table", "column", "measure", "before", "now", "change", "kind", "name"]


# --- the profile ------------------------------------------------------------------------------


def of(timeline: Timeline) -> Profile:
    """The profile of every table."""
    return {table.name: _of_table(table, frame) for table, frame in timeline}


def _of_table(table: Table, frame: pd.DataFrame) -> dict[str, Any]:
    person, _ = encoded(frame["person_id"])
    columns = {column.name: _of_column(column, frame[column.name], person) for column in table.columns
               if column.kind not in (Kind.ID, Kind.TEXT) and len(frame)}
    return {"rows": len(frame), "persons": len(distinct(person[person >= 0])), "columns": columns}


def _of_column(column: Column, values: pd.Series[Any], person: Ints) -> dict[str, Any]:
    told = values.notna().to_numpy()
    found: dict[str, Any] = {"missing": _rounded(float(1 - told.mean()))}
    if column.kind is Kind.CODE and column.name not in _STAFF:
        found["shares"] = _shares(_vouched(values) if column.name in _TYPED else values, person)
    elif column.kind is Kind.FLAG:
        found["shares"] = _shares(values.astype("string"), person)
    elif column.kind in (Kind.NUMBER, Kind.INTEGER):
        found["quantiles"] = _quantiles(values.to_numpy(dtype=np.float64, na_value=np.nan)[told], person[told])
    return found


def _vouched(values: pd.Series[Any]) -> pd.Series[Any]:
    """The codes, with `(text)` for each that may tell of a person."""
    codes, names = encoded(values)
    return named(codes, [name if is_vocabulary(name, coded=True) else RARE for name in map(str, names.to_pylist())])


def _shares(values: pd.Series[Any], person: Ints) -> dict[str, float]:
    """The share of the rows with each code, of codes that enough persons have."""
    code, names = encoded(values)
    told = (code >= 0) & (person >= 0)
    rows, n = np.bincount(code[code >= 0], minlength=len(names)), max(int((code >= 0).sum()), 1)
    persons = np.bincount(point_of(distinct(point_key(code[told], person[told])))[0], minlength=len(names))
    shares = {str(name): _rounded(rows[at] / n) for at, name in enumerate(names.to_pylist())
              if persons[at] >= MIN_PERSONS}
    return dict(sorted(shares.items()))


def _quantiles(values: np.ndarray[Any, np.dtype[np.float64]], person: Ints) -> dict[str, float]:
    """Quantiles with enough persons below or at and above or at them."""
    found = {}
    for name, part in _QUANTILES.items() if len(values) else ():
        at = float(np.quantile(values, part))
        sides = (values <= at, values >= at)
        if min(len(distinct(person[side & (person >= 0)])) for side in sides) >= MIN_PERSONS:
            found[name] = _two_digits(at)
    return found


def _rounded(share: float) -> float:
    return round(float(share), 4)


def _two_digits(value: float) -> float:
    return float(f"{value:.1e}")


# --- the profile of another run ---------------------------------------------------------------


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _OfColumn(_Part):
    missing: float
    shares: dict[str, float] = {}
    quantiles: dict[str, float] = {}


class _OfTable(_Part):
    rows: int
    persons: int
    columns: dict[str, _OfColumn]


class _Left(_Part):
    tables: dict[str, _OfTable]


def read_profile(path: Path) -> Profile:
    """The profile that a run left; raises `UnsupportedVersionError` where it is none, or not whole."""
    content = artefacts.read_json(path)
    try:
        _Left.model_validate(content)
    except ValidationError as error:
        raise artefacts.unsupported(path, "it holds no profile") from error
    tables: Profile = content["tables"]
    return tables


# --- drift ------------------------------------------------------------------------------------


def changes(before: Profile, now: Profile) -> pd.DataFrame:
    """What both runs tell, side by side.

    Columns table, column, measure, before, now, change; `kind` and `name` of the row for the expectations. A change is
    a ratio of rows and persons, a difference of shares, and of a quantile a difference in spreads (10 % to 90 %) of the
    run before.
    """
    rows = [row for table in now if table in before for row in _of_both(table, before[table], now[table])]
    found = pd.DataFrame(rows, columns=_CHANGES[:-1])
    return found.assign(name=(found["table"] + "." + found["column"]).str.strip(".") + ": " + found["measure"])


def _of_both(table: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for kind in ("rows", "persons"):
        if before[kind] >= MIN_PERSONS:
            yield table, "", kind, before[kind], now[kind], now[kind] / before[kind], kind
    if min(before["persons"], now["persons"]) < MIN_PERSONS:
        return
    for column, then in before["columns"].items():
        today = now["columns"].get(column, {})
        if "missing" in today:
            yield (table, column, "missing", then["missing"], today["missing"], today["missing"] - then["missing"],
                   "missing")
        yield from _shifts(table, column, then, today)


def _shifts(table: str, column: str, then: Mapping[str, Any], today: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    shares, new_shares = then.get("shares", {}), today.get("shares", {})
    for code in sorted({*shares, *new_shares}) if "shares" in today else ():
        was, is_ = shares.get(code, 0.0), new_shares.get(code, 0.0)
        yield table, column, f"share of {code}", was, is_, is_ - was, "share"
    quantiles = then.get("quantiles", {})
    spread = quantiles.get("p90", 0.0) - quantiles.get("p10", 0.0)
    for name in quantiles.keys() & today.get("quantiles", {}).keys() if spread > 0 else ():
        was, is_ = quantiles[name], today["quantiles"][name]
        yield table, column, name, was, is_, (is_ - was) / spread, "quantile"


def drift(found: pd.DataFrame | None, checks: tuple[CheckResult, ...]) -> pd.DataFrame:
    """The changes that an expectation did not expect, with its severity; none where no run was before."""
    if found is None:
        return pd.DataFrame(columns=[*_CHANGES[:6], "severity"])
    severity = {name: check.severity for check in checks for name in check.where if check.table == "drift"}
    grave = found.assign(severity=found["name"].map(severity))
    return grave.dropna(subset="severity").drop(columns=["kind", "name"]).reset_index(drop=True)
