"""What `sensitivity` found, as counts without persons."""

from __future__ import annotations

import pandas as pd

from hpd_etl.schema import Labels, Sensitivity, Verdict

_READING = ["parameter", "value", "cohort"]
_DEFINITION = ["definition_id", "cohort"]


def by_reading(found: Sensitivity) -> pd.DataFrame:
    """A row a reading and cohort: labels, those that flip, HPD that is lost or gained, definitions concerned."""
    flips = found.flips.astype(dict.fromkeys(["parameter", "value", "cohort", "definition_id"], "string[pyarrow]"))
    from_hpd, to_hpd = flips["from_verdict"] == Verdict.HPD, flips["to_verdict"] == Verdict.HPD
    flipped = flips["from_verdict"].astype("string") != flips["to_verdict"].astype("string")
    counted = flips.assign(
        flipped=flips["n"].where(flipped, 0),
        hpd_lost=flips["n"].where(flipped & from_hpd, 0),
        hpd_gained=flips["n"].where(flipped & to_hpd, 0),
        definition=flips["definition_id"].where(flipped),
    ).groupby(_READING, sort=False)
    return counted.agg(
        labels=("n", "sum"),
        flipped=("flipped", "sum"),
        hpd_lost=("hpd_lost", "sum"),
        hpd_gained=("hpd_gained", "sum"),
        definitions=("definition", "nunique"),
    ).reset_index()


def by_definition(found: Sensitivity, labels: Labels) -> pd.DataFrame:
    """A row a definition and cohort: HPD and how much of it is expected, fragile labels, flips, imprecise dates.

    `hpd_expected` sums `p_hpd` over the evaluable labels whose error is known; `imprecise` are the labels with a date
    that is not known to the day, `imprecise_not_evaluable` those of them that are not evaluable for that alone.
    """
    key = ["person_id", "definition_id"]
    flipped = found.flipped[key].drop_duplicates().assign(flipped=True)
    verdicts = labels.labels[[*key, "flags", "primary_reason"]].merge(found.perturbation, on=key)
    each = verdicts.merge(flipped, on=key, how="left")
    hpd, not_hpd = each["verdict"] == Verdict.HPD, each["verdict"] == Verdict.NOT_HPD
    fragile = each["fragile"].fillna(False)
    imprecise = (";" + each["flags"].astype("string").fillna("") + ";").str.contains(";imprecise_date;", regex=False)
    counted = each.assign(
        hpd=hpd,
        hpd_expected=each["p_hpd"],
        hpd_fragile=hpd & fragile,
        not_hpd=not_hpd,
        not_hpd_fragile=not_hpd & fragile,
        not_evaluable_fragile=~(hpd | not_hpd) & fragile,
        error_unknown=each["p_stands"].isna(),
        flipped=each["flipped"].notna(),
        imprecise=imprecise,
        imprecise_not_evaluable=each["primary_reason"] == "imprecise_date",
    )
    columns = [name for name in counted.columns if name not in verdicts.columns]
    text = counted.astype(dict.fromkeys(_DEFINITION, "string[pyarrow]"))
    return text.groupby(_DEFINITION, sort=False)[columns].sum().reset_index()
