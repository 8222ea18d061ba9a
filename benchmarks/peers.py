"""The peers: what a notebook does with the same rows. Five labels a person, no reasons, no lesion matching."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.methods import Counts, Place, Timed, method, needed_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

MONTH = 30.4375


@method
def peer_duckdb_apply(place: Place) -> Timed:
    """DuckDB's own data frame of the needed rows, then groupby.apply."""
    return _peer(place, "duckdb", vectorised=False)


@method
def peer_duckdb_vectorised(place: Place) -> Timed:
    """DuckDB's own data frame of the needed rows, then vectorised pandas."""
    return _peer(place, "duckdb", vectorised=True)


@method
def peer_postgres_bare_apply(place: Place) -> Timed:
    """pandas.read_sql through SQLAlchemy without indexes, then groupby.apply."""
    return _peer(place, "postgres_bare", vectorised=False)


@method
def peer_postgres_indexed_apply(place: Place) -> Timed:
    """pandas.read_sql through SQLAlchemy with the usual indexes, then groupby.apply."""
    return _peer(place, "postgres_indexed", vectorised=False)


@method
def peer_postgres_indexed_vectorised(place: Place) -> Timed:
    """pandas.read_sql through SQLAlchemy with the usual indexes, then vectorised pandas."""
    return _peer(place, "postgres_indexed", vectorised=True)


@method
def peer_sqlite_indexed_apply(place: Place) -> Timed:
    """pandas.read_sql through SQLAlchemy with the usual indexes, then groupby.apply."""
    return _peer(place, "sqlite_indexed", vectorised=False)


@method
def peer_sqlite_indexed_vectorised(place: Place) -> Timed:
    """pandas.read_sql through SQLAlchemy with the usual indexes, then vectorised pandas."""
    return _peer(place, "sqlite_indexed", vectorised=True)


def _peer(place: Place, database: str, *, vectorised: bool) -> Timed:
    import pandas as pd

    read = _reader(place, database)

    def run() -> Counts:
        doses, sizes = read()
        sizes["measurement_date"] = pd.to_datetime(sizes["measurement_date"])
        doses["drug_exposure_start_date"] = pd.to_datetime(doses["drug_exposure_start_date"])
        labels = _vectorised(doses, sizes) if vectorised else _applied(doses, sizes)
        return {"persons": len(labels), "evaluable": int(labels["tgk_ratio"].notna().sum()),
                "hpd": int((labels["tgk_ratio"] >= 2).sum())}  # fmt: skip

    return run


def _reader(place: Place, database: str) -> Callable[[], tuple[pd.DataFrame, ...]]:
    import pandas as pd

    if database == "duckdb":
        import duckdb

        def frames() -> tuple[pd.DataFrame, ...]:
            with duckdb.connect(place.warehouse.duckdb, read_only=True) as connection:
                return tuple(connection.execute(statement).df() for statement in needed_rows())

        return frames

    import sqlalchemy

    kind, _, indexes = database.partition("_")
    indexed = indexes == "indexed"
    if kind == "postgres":
        statements = needed_rows(place.warehouse.schema(indexed=indexed) + ".")
        engine = sqlalchemy.create_engine(place.uri.replace("postgresql://", "postgresql+psycopg://"))
    else:
        statements = needed_rows()
        engine = sqlalchemy.create_engine(f"sqlite:///{place.warehouse.sqlite(indexed=indexed)}")

    def read() -> tuple[pd.DataFrame, ...]:
        with engine.connect() as connection:
            return tuple(pd.read_sql(sqlalchemy.text(statement), connection) for statement in statements)

    return read


def _targets(doses: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    first = doses.groupby("person_id")["drug_exposure_start_date"].min().rename("index_date")
    rows = sizes.merge(first, on="person_id")
    rows["day"] = (rows["measurement_date"] - rows["index_date"]).dt.days
    return rows[rows["measurement_source_value"].str.startswith("TARGET")]


def _applied(doses: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    return _targets(doses, sizes).groupby("person_id").apply(_person)


def _person(rows: pd.DataFrame) -> pd.Series:
    import numpy as np
    import pandas as pd

    sums = rows.groupby("day")["value_as_number"].sum().sort_index()
    baseline = sums[(sums.index >= -42) & (sums.index <= 0)]
    post = sums[(sums.index >= 1) & (sums.index <= 120)]
    names = ["tgk_ratio", "tgr_delta", "champiat", "saada", "kato", "ferrara", "ji"]
    if baseline.empty or post.empty:
        return pd.Series([np.nan] * 7, names)
    day0, sum0 = baseline.index[-1], baseline.iloc[-1]
    pre = sums[(sums.index >= day0 - 180) & (sums.index <= day0 - 14)]
    if pre.empty or pre.iloc[-1] == 0 or sum0 == 0:
        return pd.Series([np.nan] * 7, names)
    before, after = (day0 - pre.index[-1]) / MONTH, (post.index[0] - day0) / MONTH
    tgk_pre, tgk_post = (sum0 - pre.iloc[-1]) / before, (post.iloc[0] - sum0) / after
    tgr_pre = 100 * (np.exp(3 * np.log(sum0 / pre.iloc[-1]) / before) - 1)
    tgr_post = 100 * (np.exp(3 * np.log(max(post.iloc[0], 1e-9) / sum0) / after) - 1)
    change = 100 * (post.iloc[0] / sum0 - 1)
    ratio = tgk_post / tgk_pre if tgk_pre > 0 else np.nan
    progressed = change >= 20 and post.iloc[0] - sum0 >= 5
    labels = [
        progressed and tgr_post >= 2 * tgr_pre, ratio >= 2, change > 50 and ratio > 2,
        progressed and tgr_post - tgr_pre > 50, ratio >= 2 and progressed,
    ]  # fmt: skip
    return pd.Series([ratio, tgr_post - tgr_pre, *labels], names)


def _vectorised(doses: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    import numpy as np

    rows = _targets(doses, sizes)
    sums = rows.groupby(["person_id", "day"])["value_as_number"].sum().reset_index(name="sum")
    baseline = sums[sums["day"].between(-42, 0)].drop_duplicates("person_id", keep="last").set_index("person_id")
    post = sums[sums["day"].between(1, 120)].drop_duplicates("person_id").set_index("person_id")
    gap = sums["person_id"].map(baseline["day"]) - sums["day"]
    pre = sums[gap.between(14, 180)].drop_duplicates("person_id", keep="last").set_index("person_id")
    made = baseline.join(post, rsuffix="_post").join(pre, rsuffix="_pre")
    before, after = (made["day"] - made["day_pre"]) / MONTH, (made["day_post"] - made["day"]) / MONTH
    made["tgk_pre"] = (made["sum"] - made["sum_pre"]) / before
    made["tgk_post"] = (made["sum_post"] - made["sum"]) / after
    with np.errstate(divide="ignore", invalid="ignore"):
        made["tgr_pre"] = 100 * (np.exp(3 * np.log(made["sum"] / made["sum_pre"]) / before) - 1)
        made["tgr_post"] = 100 * (np.exp(3 * np.log(made["sum_post"] / made["sum"]) / after) - 1)
    made["tgk_ratio"] = (made["tgk_post"] / made["tgk_pre"]).where(made["tgk_pre"] > 0)
    change = made["sum_post"] / made["sum"] - 1
    progressed = (change >= 0.2) & (made["sum_post"] - made["sum"] >= 5)
    made["champiat"] = progressed & (made["tgr_post"] >= 2 * made["tgr_pre"])
    made["saada"] = made["tgk_ratio"] >= 2
    made["kato"] = (change > 0.5) & (made["tgk_ratio"] > 2)
    made["ferrara"] = progressed & (made["tgr_post"] - made["tgr_pre"] > 50)
    made["ji"] = made["saada"] & progressed
    return made
