"""The table of `8-growth`: growth over more than two scans. Experimental, and never a label."""

from __future__ import annotations

from hpd_etl.schema.columns import Column, Table, code, count, days, number
from hpd_etl.schema.tables import PERSON

GROWTH_MODELS = ("gx", "dx", "gd", "gdphi")


def _slopes(when: str, doc: str) -> tuple[Column, ...]:
    lines = (("slope", "least squares"), ("theil_sen", "Theil-Sen, the median of the slopes of all pairs of scans"))
    return (
        count(f"n_{when}", f"scans {doc}"),
        days(f"days_{when}", f"from the first to the last scan {doc}"),
        *(
            number(f"{name}_{when}{bound}", told, "mm/month")
            for name, method in lines
            for bound, told in (
                ("", f"growth of the sum {doc}: {method}"),
                ("_low", "lower 95 % bound"),
                ("_high", "upper 95 % bound"),
            )
        ),
    )


def _parameter(name: str, doc: str, unit: str) -> tuple[Column, ...]:
    return (
        number(name, doc, unit),
        number(f"{name}_low", "lower 95 % bound", unit),
        number(f"{name}_high", "upper 95 % bound", unit),
    )


GROWTH = Table(
    "growth",
    "a person's tumour growth over all scans, experimental: no label, and written back by no sink",
    (
        PERSON,
        code("cohort", "cohort of the person"),
        count("n_left_out", "scans not used: not all targets measured, or after another systemic therapy began"),
        *_slopes("before", "up to the baseline scan"),
        *_slopes("after", "from the baseline scan on"),
        code("model", "regression-growth model chosen for the scans from baseline on", GROWTH_MODELS),
        *_parameter("g", "growth rate", "1/d"),
        *_parameter("d", "rate of regression", "1/d"),
        *_parameter("phi", "fraction of the tumour that regresses", "1"),
        number("nadir_day", "day after the baseline scan on which the chosen curve is lowest", "d"),
        number("aic", "Akaike's criterion of the chosen model, up to a constant of the person", "1"),
        code("missing", "why a number or its interval is <NA>: `name=reason`, joined by ;"),
    ),
    key=("person_id",),
)
