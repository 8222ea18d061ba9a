"""Labels written by hand: four persons, two definitions, every verdict; and what a source row looks like."""

from __future__ import annotations

import tomllib
from datetime import date

import pandas as pd

from hpd_etl import assets
from hpd_etl.config import Comparator, Criteria, Site, Study
from hpd_etl.criteria import Definition, parse
from hpd_etl.schema import INDEX, LABELS, METRICS, Labels, Timeline

LARGEST = str(2**63 - 1)
"""A person whose name is the largest bigint; through a float it would be another person."""
FIRST_DOSE = date(2021, 3, 1)
MEASURE_SET = "RECIST1.1/study/targets/sld"

SAID = """
    person | definition   | verdict       | value | reason              | decided_on
    11     | champiat2017 | HPD           | 3.5   | rule_met            | 2021-04-12
    11     | ferrara2018  | NOT_HPD       | 41.25 | tgr_delta_not_reached | 2021-04-12
    12     | champiat2017 | NOT_HPD       | 0.1   | tgr_ratio_not_reached | 2021-05-03
    12     | ferrara2018  | HPD           | 62.5  | rule_met            | 2021-05-03
    13     | champiat2017 | NOT_EVALUABLE |       | no_prebaseline_scan | 2021-03-01
    13     | ferrara2018  | NOT_EVALUABLE |       | no_prebaseline_scan | 2021-03-01
    MAX    | champiat2017 | HPD           | 2     | rule_met            | 2021-06-30
    MAX    | ferrara2018  | NOT_HPD       | 7     | tgr_delta_not_reached | 2021-06-30
"""
FOLLOWUP_END = {"11": 400, "12": 30, "13": 10, LARGEST: None}
"""Last day under observation; person 12 is decided on day 63, after the last known day."""


def definitions(*names: str) -> list[Definition]:
    """Definitions as shipped."""
    found = {path.stem: path for path in assets.definition_files(None)}
    return [parse(tomllib.loads(found[name].read_text("utf-8")), name)
            for name in names or ("champiat2017", "ferrara2018")]


def study(name: str = "alpha", *names: str, comparators: tuple[Comparator, ...] = ()) -> Study:
    """A study of this name with these definitions."""
    return Study(id=name, criteria=Criteria(use=names or ("champiat2017", "ferrara2018")), comparators=comparators)


def site(url: str, results: str, **sink: object) -> Site:
    """A site whose results go to this schema or file; nothing here reads its source."""
    return Site.model_validate({
        "source": {"access": {"url": "postgresql://nowhere/cdm"}, "cdm": "cdm"},
        "sink": {"access": {"url": url}, "results": results, **sink}})


def labels(said: str = SAID, *, cohort: str = "checkpoint_inhibitor", post_scan: str = "measurement:903") -> Labels:
    """The labels of a table like `SAID`, each resting on a dose and three scans."""
    rows = [[cell.strip() or None for cell in line.split("|")] for line in said.strip().splitlines()[1:]]
    table = pd.DataFrame(rows, columns=["person_id", "definition_id", "verdict", "value", "primary_reason",
                                        "decided_on"])
    table["person_id"] = table["person_id"].replace("MAX", LARGEST)
    unit = table["definition_id"].map({"champiat2017": "1", "ferrara2018": "percentage points/month"})
    frame = LABELS.frame(table.assign(
        cohort=cohort, definition_version=1, measure_set=MEASURE_SET, reasons=table["primary_reason"],
        value=table["value"].astype("Float64"), value_unit=unit, flags="same_day_baseline", assumed_fields="windows",
        decided_on=pd.to_datetime(table["decided_on"]), index_date=pd.Timestamp(FIRST_DOSE),
        confirmation="not_applicable", lifecycle="current", params_sha256="p1"))
    persons = list(dict.fromkeys(frame["person_id"]))
    evidence = pd.DataFrame([(person, MEASURE_SET, source, role) for person in persons for source, role in (
        ("drug_exposure:501", "index_dose"), ("measurement:901", "pre"), ("measurement:902", "baseline"),
        (post_scan, "post"))], columns=["person_id", "measure_set", "source_id", "role"])
    metrics = METRICS.frame({"person_id": persons, "measure_set": MEASURE_SET, "s0_mm": 50.0, "tgr_ratio": 3.5,
                             "tgr_post": 30.0, "tgr_delta": 41.25, "response_first": "PD"})
    return Labels.of({"labels": frame, "evidence": evidence, "metrics": metrics})


def timeline(followup_end: dict[str, int | None] | None = None) -> Timeline:
    """The index of the four persons."""
    ends = followup_end or FOLLOWUP_END
    return Timeline.of({"index": INDEX.frame({
        "person_id": list(ends), "cohort": "checkpoint_inhibitor", "index_date": pd.Timestamp(FIRST_DOSE),
        "followup_end_day": pd.array(list(ends.values()), dtype="Int64")})})
