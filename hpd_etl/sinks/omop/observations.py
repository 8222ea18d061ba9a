"""The rows that labels become: labels with keys, OMOP observations, measurements, cohorts and lineage.

Pure. Every key is a 63-bit number made from what the row is about, so that the same label has the
same key in every run and at every site.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hpd_etl.criteria.metrics import INTERVALS, METRIC_SOURCES, SUMS
from hpd_etl.criteria.rules import leaves
from hpd_etl.errors import ConfigurationError
from hpd_etl.schema import INTENDED_USE, METRICS, Kind, Labels, Timeline, Verdict
from hpd_etl.sinks.omop import cohorts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hpd_etl.config import OmopSink, Study
    from hpd_etl.criteria import Definition

STANDARD_ALGORITHM = 32880
"""Type concept of a derived row; no standard concept of hyperprogression exists, so the concept itself is 0."""
MEASUREMENT_FIELD, OBSERVATION_FIELD = 1147138, 1147165
"""Field concepts of measurement.measurement_id and observation.observation_id."""
UNIT_CONCEPTS = {"%": 8554, "mm": 8588}
"""Verified unit concepts (mappings/units.csv); any other unit is 0 with its text."""
SOURCE_VALUE_LENGTH = 50

_KEYS = ["person_id", "measure_set"]
_SEEN = ["s_pre_mm", "s0_mm", "s_post_mm", *SUMS["volume"], *SUMS["spd"], "dt_pre_days", "dt_post_days",
         "ttf_min_days", "ttf_max_days", "new_lesions", "new_organs", *INTERVALS, "bounds", "early_progression_death",
         "response_first"]
"""What was seen, not what was computed from it: no arithmetic can change the fingerprint."""
_NUMERIC = {column.name: column.unit for column in METRICS.columns if column.kind in {Kind.NUMBER, Kind.INTEGER}}


@dataclass(frozen=True)
class Rows:
    """The rows of each results table; dates are timestamps at midnight, keys and persons int64."""

    hpd_label: pd.DataFrame
    observation: pd.DataFrame
    measurement: pd.DataFrame
    cohort: pd.DataFrame
    cohort_definition: pd.DataFrame
    hpd_lineage: pd.DataFrame


def derive(labels: Labels, timeline: Timeline, definitions: Sequence[Definition], study: Study,
           sink: OmopSink) -> Rows:
    """All rows that these labels ask for.

    Raises ConfigurationError where a person has no integer for a name, or two definitions would share a cohort.
    """
    label = _label_rows(labels, study)
    lineage = _lineage_rows(label, labels.evidence)
    decided = label[label["verdict"] != str(Verdict.NOT_EVALUABLE)]
    return Rows(
        hpd_label=label,
        observation=_observation_rows(decided, lineage, sink),
        measurement=_measurement_rows(decided, labels.metrics, definitions),
        cohort=cohorts.member_rows(label[label["verdict"] == str(Verdict.HPD)], timeline, study, sink, definitions),
        cohort_definition=cohorts.definition_rows(definitions, study, sink),
        hpd_lineage=lineage,
    )


def key_of(*parts: object) -> int:
    """A number of 63 bits for these names; the chance that a million of them share one is below 1e-6."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def short_code(*parts: str) -> str:
    """`hpd:part:part`, at most 50 characters: a longer one ends in a hash of the whole."""
    code = ":".join(["hpd", *parts])
    if len(code) <= SOURCE_VALUE_LENGTH:
        return code
    return f"{code[:SOURCE_VALUE_LENGTH - 9]}~{hashlib.sha256(code.encode()).hexdigest()[:8]}"


def integer_ids(names: pd.Series[str], what: str) -> pd.Series[int]:
    """Opaque identifiers as the bigints they must be here; ConfigurationError where one is no plain integer."""
    text = pa.chunked_array(pa.array(names.astype("string[pyarrow]"), pa.string()))
    try:
        numbers = text.cast(pa.int64())
    except pa.ArrowInvalid:
        numbers = None
    if numbers is None or text.null_count or not numbers.cast(pa.string()).equals(text):
        raise ConfigurationError(f"{what} are not all 64-bit integers, and the OMOP sink can name nothing else",
                                 remedy="write the labels of this source to files: leave [sink] out of site.toml")
    return pd.Series(numbers.to_numpy(), index=names.index)


# --- labels -----------------------------------------------------------------------------------


def _label_rows(labels: Labels, study: Study) -> pd.DataFrame:
    """`hpd_label` without lifecycle and run_id, which depend on what the sink held before."""
    frame = labels.labels.drop(columns="lifecycle").merge(_fingerprints(labels), on=_KEYS, how="left")
    person = integer_ids(frame["person_id"], "person identifiers")
    keys = [key_of(study.id, *about) for about in zip(
        frame["person_id"].to_numpy(object), frame["definition_id"].to_numpy(object), strict=True)]
    return _plain(frame.assign(
        study_id=study.id, person_id=person, label_id=np.array(keys, np.int64), intended_use=INTENDED_USE,
        source_fingerprint=frame["source_fingerprint"].fillna("none")))


def _fingerprints(labels: Labels) -> pd.DataFrame:
    """One hash a person and measure set over the source rows relied on and what was seen in them."""
    seen = labels.metrics[_SEEN].astype("string").fillna("")
    facts = labels.metrics[_KEYS].astype("string").assign(facts="")
    for name in _SEEN:
        facts["facts"] = facts["facts"] + "|" + seen[name]
    rested = facts.merge(_joined_sources(labels.evidence), on=_KEYS, how="outer")
    texts = rested["facts"].fillna("").str.cat(rested["sources"].fillna(""), sep="\n")
    hashes = [hashlib.sha256(str(text).encode()).hexdigest() for text in texts.to_numpy(object)]
    return rested[_KEYS].assign(source_fingerprint=pd.Series(hashes, dtype="string", index=rested.index))


def _joined_sources(evidence: pd.DataFrame) -> pd.DataFrame:
    """The roles and source rows of a person and measure set as one text, whatever their order."""
    columns = {name: pa.array(evidence[name].astype("string[pyarrow]"), pa.string())
               for name in (*_KEYS, "role", "source_id")}
    sources = pc.binary_join_element_wise(columns["role"], columns["source_id"], "=")
    named = pa.table({"sources": sources, **{name: columns[name] for name in _KEYS}})
    grouped = named.sort_by("sources").group_by(_KEYS, use_threads=False).aggregate([("sources", "list")])
    joined = pc.binary_join(grouped["sources_list"], "\n")
    return _strings(pa.table({**{name: grouped[name] for name in _KEYS}, "sources": joined}))


def _strings(table: pa.Table) -> pd.DataFrame:
    return pd.DataFrame({name: pd.array(table[name].to_pandas(), dtype="string") for name in table.column_names})


# --- OMOP-shaped rows ---------------------------------------------------------------------------


def _observation_rows(decided: pd.DataFrame, lineage: pd.DataFrame, sink: OmopSink) -> pd.DataFrame:
    """One observation a label that is HPD or NOT_HPD."""
    event = _deciding_measurement(lineage)
    event_id = decided["label_id"].map(event).astype("Int64")
    version = "version " + decided["definition_version"].astype("string") + "; research use only"
    return _plain(pd.DataFrame({
        "observation_id": decided["label_id"],
        "person_id": decided["person_id"],
        "observation_concept_id": 0,
        "observation_date": decided["decided_on"].fillna(decided["index_date"]),
        "observation_type_concept_id": STANDARD_ALGORITHM,
        "value_as_string": decided["verdict"],
        "observation_source_value": _coded(decided["definition_id"]),
        "observation_source_concept_id": sink.concept_id,
        "qualifier_source_value": version,
        "value_source_value": decided["verdict"],
        "observation_event_id": event_id,
        "obs_event_field_concept_id": pd.Series(
            MEASUREMENT_FIELD, index=decided.index, dtype="Int64").where(event_id.notna()),
    }))


def _deciding_measurement(lineage: pd.DataFrame) -> pd.Series[int]:
    """The measurement at the first evaluation by label_id, where there is exactly one: the column holds one link."""
    post = lineage[(lineage["role"] == "post") & (lineage["source_table"] == "measurement")]
    found = post.drop_duplicates("label_id", keep=False).set_index("label_id")["source_id"]
    return integer_ids(found, "source rows")


def _measurement_rows(decided: pd.DataFrame, metrics: pd.DataFrame,
                      definitions: Sequence[Definition]) -> pd.DataFrame:
    """One measurement a number that the definition looked at, as far as it is known and finite."""
    known = metrics.assign(person_id=integer_ids(metrics["person_id"], "person identifiers"))
    joined = decided.merge(_plain(known), on=_KEYS, how="left")
    numbers = _numbers(joined, definitions)
    row = np.concatenate([number.row for number in numbers])
    of = np.repeat(np.arange(len(numbers)), [len(number.row) for number in numbers])
    rows = joined[["person_id", "decided_on", "index_date", "label_id"]].iloc[row]
    metric = np.array([number.metric for number in numbers], dtype=object)[of]
    unit = pd.Series([number.unit for number in numbers], dtype="string").iloc[of]
    keys = [key_of(*about) for about in zip(rows["label_id"], metric, strict=True)]
    return _plain(pd.DataFrame({
        "measurement_id": np.array(keys, np.int64),
        "person_id": rows["person_id"].to_numpy(),
        "measurement_concept_id": 0,
        "measurement_date": rows["decided_on"].fillna(rows["index_date"]).to_numpy(),
        "measurement_type_concept_id": STANDARD_ALGORITHM,
        "value_as_number": np.concatenate([number.value for number in numbers]),
        "unit_concept_id": unit.map(UNIT_CONCEPTS).astype("Int64").fillna(0).where(unit.notna()).array,
        "measurement_source_value": pd.array([number.code for number in numbers], dtype="string").take(of),
        "measurement_source_concept_id": 0,
        "unit_source_value": unit.array,
        "measurement_event_id": rows["label_id"].to_numpy(),
        "meas_event_field_concept_id": OBSERVATION_FIELD,
    }))


class _Number(NamedTuple):
    """One metric of one definition: in which rows it is known, and its values there."""

    metric: str
    code: str
    unit: str | None
    row: NDArray[np.int64]
    value: NDArray[np.float64]


def _numbers(joined: pd.DataFrame, definitions: Sequence[Definition]) -> list[_Number]:
    """The principal metric of each definition from its labels, the others from `metrics`."""
    numbers = [_Number("", "", None, np.zeros(0, np.int64), np.zeros(0, np.float64))]
    for definition in definitions:
        mine = (joined["definition_id"] == definition.id).to_numpy(np.bool_)
        for metric in _metrics_used(definition):
            principal = metric == definition.value
            values = joined["value" if principal else metric].to_numpy(np.float64, na_value=np.nan)
            unit = METRIC_SOURCES[metric].unit if principal else _NUMERIC[metric]
            row = np.flatnonzero(mine & np.isfinite(values))
            numbers.append(_Number(metric, short_code(definition.id, metric), unit or None, row, values[row]))
    return numbers


def _metrics_used(definition: Definition) -> list[str]:
    """The principal metric first, then the other numeric ones of the rule that `metrics` holds."""
    others = {leaf.metric for leaf in leaves(definition.rule)} & _NUMERIC.keys()
    return [definition.value, *sorted(others - {definition.value})]


def _coded(definition_ids: pd.Series[str]) -> pd.Series[str]:
    codes: Mapping[str, str] = {name: short_code(name) for name in definition_ids.unique()}
    return definition_ids.map(codes)


# --- lineage ------------------------------------------------------------------------------------


def _lineage_rows(label: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """One row a label, role and source row."""
    text = pa.array(evidence["source_id"].astype("string[pyarrow]"), pa.string())
    parts = pc.call_function("extract_regex", [text], pc.ExtractRegexOptions("^(?P<table>[^:]+):(?P<id>.+)$"))
    source_table, source_id = (pd.Series(pc.struct_field(parts, [place]), dtype="string") for place in (0, 1))
    sources = _plain(pd.DataFrame({
        "person_id": integer_ids(evidence["person_id"], "person identifiers"),
        "measure_set": evidence["measure_set"],
        "role": evidence["role"].astype("string"),
        "source_table": source_table,
        "source_id": source_id,
    }).drop_duplicates())
    joined = label[["label_id", *_KEYS]].merge(sources, on=_KEYS)
    return joined[["label_id", "role", "source_table", "source_id"]].reset_index(drop=True)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with categories as text and a fresh index."""
    coded = {name: "string" for name, dtype in frame.dtypes.items() if isinstance(dtype, pd.CategoricalDtype)}
    return frame.astype(coded).reset_index(drop=True)
