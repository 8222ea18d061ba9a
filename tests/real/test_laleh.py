"""Five real trials without a scan before baseline: nobody can be judged, and each is told why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hpd_etl.config import Access
from hpd_etl.database import connect
from tests.real import laleh

if TYPE_CHECKING:
    from pathlib import Path

TREATED, WITH_BASELINE, WITH_FIRST_EVALUATION, WITH_EARLIER_SCAN = 1472, 1457, 1454, 0


@pytest.fixture(scope="module")
def cdm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trials as a DuckDB file."""
    path = tmp_path_factory.mktemp("laleh") / "cdm.duckdb"
    laleh.load(Access(url=f"duckdb:///{path}"))
    return path


def test_hand_count() -> None:
    """1,472 treated; 15 without a scan in the six weeks before, 3 without a readable one in 120 days, none before."""
    assert laleh.funnel() == laleh.Funnel(TREATED, WITH_BASELINE, WITH_FIRST_EVALUATION, WITH_EARLIER_SCAN)


def test_identifiers_survive(cdm: Path) -> None:
    """Signed 64-bit identifiers that recur across studies stay apart, though floats would merge nine of them."""
    persons = {reading.person for reading in laleh.readings()}
    with connect(Access(url=f"duckdb:///{cdm}"), {"cdm": None}, read_only=True) as database:
        held = database.fetch("select person_id from @cdm.person").column("person_id").to_pylist()
    assert set(held) == persons
    assert len(held) == TREATED
    assert len({float(person) for person in persons}) == TREATED - 9


def test_every_row_arrives(cdm: Path) -> None:
    """Zeros, texts, empty sizes, duplicates and the row without a day are all in `measurement`."""
    with connect(Access(url=f"duckdb:///{cdm}"), {"cdm": None}, read_only=True) as database:
        rows = database.fetch("select value_as_number, value_source_value, measurement_date from @cdm.measurement")
    numbers, texts = rows.column("value_as_number").to_pylist(), rows.column("value_source_value").to_pylist()
    assert len(numbers) == 8560
    assert numbers.count(0) == 371
    assert Counter(text for text, number in zip(texts, numbers, strict=True) if number is None) == {
        "NOT EVALUABLE": 62, "TOO SMALL TO MEASURE": 54, "": 7}
    assert rows.column("measurement_date").null_count == 1
