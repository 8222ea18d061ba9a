"""Persons and their periods under observation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from hpd_etl.grouping import Ints, category, strings
from hpd_etl.schema import FOLLOWUP, PERSONS
from hpd_etl.sources.columns import Rows, code_lookup
from hpd_etl.sources.omop.deaths import deaths
from hpd_etl.sources.omop.tables import require_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpd_etl.sources.deaths import Causes
    from hpd_etl.sources.ledger import Ledger
    from hpd_etl.sources.omop.tables import Cdm

_SEX = (8532, 8507, 8521)  # female, male, other


def persons(cdm: Cdm, causes: Causes, treated: Ints, ledger: Ledger) -> pd.DataFrame:
    """Every treated person; sex and birth are missing where the CDM does not tell them to the day."""
    found = ledger.read(Rows("person", "person_id", cdm.fetch("omop_persons", {"persons": treated.tolist()})))
    ledger.keep(found, np.ones(len(found), dtype=np.bool_))
    if not len(found):
        require_rows(cdm, "person")
    at = code_lookup(treated, found.ints("person_id").tolist())
    ledger.refuse_persons(treated[at < 0], "person_row_missing")
    birth, invalid = _birth_dates(found)
    ledger.refuse_persons(found.ints("person_id")[invalid], "birth_date_invalid")
    sex = code_lookup(found.ints("gender_concept_id"), _SEX)
    died = deaths(cdm, causes, treated, ledger)
    known = at >= 0
    return PERSONS.frame({
        "person_id": strings(pa.array(treated).cast(pa.string())),
        "birth_date": pd.Series(_taken(birth, at, known)),
        "born_from": pd.Series(_taken(_earliest_births(found), at, known)),
        "sex": category(np.where(known, np.append(sex, -1)[at], -1), PERSONS["sex"].values),
        "death_date": pd.Series(died.day),
        "death_cause": strings(died.cause),
    })


def _taken(days: NDArray[np.datetime64], at: Ints, known: NDArray[np.bool_]) -> NDArray[np.datetime64]:
    padded = np.append(days, np.datetime64("NaT", "us"))
    return np.where(known, padded[at], np.datetime64("NaT", "us"))


def _earliest_births(rows: Rows) -> NDArray[np.datetime64]:
    """The first of January of the year of birth; NaT where not even the year is known."""
    year = rows.ints("year_of_birth")
    first = (np.maximum(year, 1) - 1970).astype("datetime64[Y]").astype("datetime64[us]")
    return np.where(year > 0, first, np.datetime64("NaT", "us"))


def _birth_dates(rows: Rows) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """Births known to the day, and which parts make no date."""
    year, month, day = (rows.ints(f"{part}_of_birth") for part in ("year", "month", "day"))
    complete = (year > 0) & (month > 0) & (day > 0)
    months = (year - 1970) * 12 + month - 1
    start = months.astype("datetime64[M]")
    made = start.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    valid = complete & (month <= 12) & (made.astype("datetime64[M]") == start)
    return np.where(valid, made, np.datetime64("NaT", "D")).astype("datetime64[us]"), complete & ~valid


def followup(cdm: Cdm, treated: Ints, ledger: Ledger) -> pd.DataFrame:
    """The observation periods of the treated persons."""
    if not cdm.has("observation_period"):
        return FOLLOWUP.frame()
    rows = ledger.read(Rows("observation_period", "observation_period_id",
                            cdm.fetch("omop_followup", {"persons": treated.tolist()})))
    dated = rows.present("observation_period_start_date") & rows.present("observation_period_end_date")
    ledger.refuse("followup", rows, ~dated, "no_date")
    ledger.keep(rows, dated)
    rows = rows.take(dated)
    return FOLLOWUP.frame({
        "person_id": rows.persons(), "start_date": rows.dates("observation_period_start_date"),
        "end_date": rows.dates("observation_period_end_date"), "source_id": rows.source_ids(),
    })
