"""The dirty hospital: every defect that was put in is found, once, in the persons it was put into, and nobody else."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from hpd_etl import criteria, demo, library, quality, timeline
from hpd_etl.config import Site, Study
from hpd_etl.demo import ndjson
from hpd_etl.demo.resources import patient_id
from hpd_etl.schema import Labels, Timeline
from hpd_etl.sources import open_source
from hpd_etl.sources.ledger import IGNORED
from tests.quality import dirt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


EACH = 2
"""Persons in whom each defect is."""
STUDY = Study.model_validate(tomllib.loads(demo.study_toml()) | {"gate": {"expectations": False}})
DEFINITIONS = library.chosen(STUDY)
EVERY = (*dirt.DEFECTS, *dirt.RESOURCES)
NOBODY = "nobody"


@dataclass(frozen=True)
class Seen:
    """What a run saw of the hospital."""

    aligned: Timeline
    labels: Labels
    found: pd.DataFrame
    """A row a finding: person, name, source_id."""
    used: dict[str, Any]

    @property
    def times(self) -> Counter[tuple[str, str]]:
        """How often each was found of each person."""
        return Counter(self.found[["person", "name"]].itertuples(index=False, name=None))


@dataclass(frozen=True)
class Compared:
    """One hospital as one kind of source, clean and dirty, and how its persons are called there."""

    clean: Seen
    dirty: Seen
    name: Callable[[int], str]
    expected: dict[str, dict[str, int]]

    @property
    def more(self) -> dict[str, dict[str, int]]:
        """By person what is found in the dirty hospital and not in the clean one, and the other way round."""
        both = Counter(self.dirty.times)
        both.subtract(self.clean.times)
        told: dict[str, dict[str, int]] = {}
        for (person, name), times in both.items():
            if times:
                told.setdefault(person, {})[name] = times
        return told


def seen(site: str) -> Seen:
    """What is read through this site.toml."""
    with open_source(Site.model_validate(tomllib.loads(site))) as source:
        records, used = source.extract(STUDY)
    aligned = timeline.align(records, STUDY, criteria.window_sets(DEFINITIONS, STUDY))
    labels = replace(criteria.label(aligned, DEFINITIONS, STUDY), **criteria.assess(aligned, STUDY))
    return Seen(aligned, labels, findings(aligned), used)


def findings(aligned: Timeline) -> pd.DataFrame:
    """Every refused row and every suspicion."""
    refused = aligned.rejections.astype(object)
    suspected = quality.suspect(aligned, STUDY).suspicions.astype(object)
    told = [(person, f"rejection {table} {reason}", source) for person, table, reason, source in zip(
        refused["person_id"], refused["table"], refused["reason"], refused["source_id"], strict=True)]
    told += [(person, f"suspicion {name}", source) for person, name, source in zip(
        suspected["person_id"], suspected["suspicion"], suspected["source_id"], strict=True)]
    return pd.DataFrame([(NOBODY if pd.isna(person) else person, name, source) for person, name, source in told],
                        columns=["person", "name", "source_id"])


@pytest.fixture(scope="module")
def hospital() -> dirt.Dirty:
    """The hospital and its defects."""
    return dirt.dirty(each=EACH)


@pytest.fixture(scope="module")
def omop(hospital: dirt.Dirty, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """The hospital as a CDM in DuckDB."""
    place = tmp_path_factory.mktemp("omop")

    def read(name: str, rows: Any) -> Seen:
        demo.build(f"duckdb:///{place / name}", written=rows)
        return seen(demo.omop_site_toml(place / name, place / "results", place / "runs"))

    return Compared(read("clean", hospital.clean), read("dirty", hospital.rows), str,
                    {defect.name: dict(defect.found) for defect in dirt.DEFECTS})


@pytest.fixture(scope="module")
def fhir(hospital: dirt.Dirty, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """The hospital as a folder of resources."""
    place = tmp_path_factory.mktemp("fhir")

    def read(name: str, resources: Iterable[Any]) -> Seen:
        ndjson.write(resources, place / name)
        return seen(demo.fhir_site_toml(place / name, place / "labels", place / "runs"))

    expected = {defect.name: dict(defect.found_in_fhir) for defect in dirt.DEFECTS if defect.found_in_fhir is not None}
    expected |= {defect.name: dict(defect.found) for defect in dirt.RESOURCES}
    return Compared(read("clean", hospital.clean_resources()), read("dirty", hospital.resources()), patient_id,
                    expected)


@pytest.fixture(params=["omop", "fhir"])
def compared(request: pytest.FixtureRequest) -> Compared:
    """The hospital as either kind of source."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def test_there_are_defects_enough(omop: Compared, fhir: Compared) -> None:
    """More than thirty kinds in each source, each with a name of its own."""
    assert len({defect.name for defect in EVERY}) == len(EVERY) == 58
    assert len(omop.expected) == 47
    assert len(fhir.expected) == 46


@pytest.mark.parametrize("name", [defect.name for defect in EVERY])
def test_a_defect_is_found_once_where_it_is(hospital: dirt.Dirty, omop: Compared, fhir: Compared, name: str) -> None:
    """What is found of a person with this defect, and was not before, is what the defect says, as often as it says."""
    for source in (omop, fhir):
        for number in hospital.victims[name]:
            assert source.more.get(source.name(number), {}) == source.expected.get(name, {})


def test_nothing_is_found_of_anybody_else(hospital: dirt.Dirty, compared: Compared) -> None:
    """Who has no defect is suspected of nothing more and loses no row more; of nobody stands what is not opened."""
    spoiled = {compared.name(number) for numbers in hospital.victims.values() for number in numbers}
    unopened: Counter[str] = Counter()
    for defect in dirt.RESOURCES:
        if defect.name in compared.expected and compared.name is patient_id:
            unopened.update({name: times * EACH for name, times in defect.of_nobody.items()})
    others = {person: told for person, told in compared.more.items() if person not in spoiled}
    assert others == ({NOBODY: dict(unopened)} if unopened else {})


def test_the_report_counts_every_defect(hospital: dirt.Dirty, compared: Compared) -> None:
    """The counts of the report are those of the clean hospital and, for each defect, its rows times its persons."""
    before, after = (quality.validate(each.aligned, DEFINITIONS, STUDY) for each in (compared.clean, compared.dirty))
    due: Counter[str] = Counter()
    for found in compared.expected.values():
        due.update({name: times * EACH for name, times in found.items()})
    if compared.name is patient_id:
        for defect in dirt.RESOURCES:
            due.update({name: times * EACH for name, times in defect.of_nobody.items()})
    got = _rows(after)
    got.subtract(_rows(before))
    assert {name: times for name, times in got.items() if times} == dict(due)


def _rows(report: quality.QualityReport) -> Counter[str]:
    told = Counter({f"suspicion {row['suspicion']}": int(row["rows"]) for row in report.suspicions.to_dict("records")})
    for row in report.rejections.to_dict("records"):
        told[f"rejection {row['table']} {row['reason']}"] += int(row["rows"])
    return told


def test_two_that_see_one_defect_see_the_same_row(hospital: dirt.Dirty, compared: Compared) -> None:
    """Where a suspicion rests on a refused row, both name that row, so that nobody takes them for two."""
    several = {name: found for name, found in compared.expected.items() if len(found) > 1}
    assert several
    for name, found in several.items():
        for number in hospital.victims[name]:
            of_person = compared.dirty.found[compared.dirty.found["person"] == compared.name(number)]
            named = [set(of_person.loc[of_person["name"] == each, "source_id"]) for each in found]
            assert len(named[0]) == 1
            assert all(each == named[0] for each in named)


def test_the_ledger_lists_every_unknown_code(hospital: dirt.Dirty, omop: Compared) -> None:
    """A code, unit, drug or text that nobody knows stands in the ledger for as many persons as were given it."""
    more = _listed(omop.dirty)
    more.subtract(_listed(omop.clean))
    assert {key: persons for key, persons in more.items() if persons} == {
        ("unit", "lesions", "unit_unknown"): EACH, ("unit", "lesions", "unit_of_other_dimension"): EACH,
        ("unit", "lesions", "unit_conflict"): EACH, ("text", "lesions", "no_value"): EACH,
        ("code", "lesions", "dimension_unknown"): EACH, ("agent", "doses", "code_expired"): EACH,
        ("agent", "doses", "drug_not_coded"): 2 * EACH, ("text", "doses", "stop_reason_unknown"): EACH,
        ("text", "persons", "death_cause_unknown"): EACH, ("code", "responses", "framework_unknown"): EACH,
        ("code", "measurement", "never_read"): EACH, ("agent", "drug_exposure", "never_read"): EACH}


def _listed(each: Seen) -> Counter[tuple[str, str, str]]:
    told: Counter[tuple[str, str, str]] = Counter()
    for row in quality.ledger(each.aligned, each.used["unread"]).to_dict("records"):
        told[row["kind"], row["table"], row["reason"]] += int(row["persons"])
    return told


def test_every_refused_row_says_why_and_what_mends_it(compared: Compared) -> None:
    """A rejection has its source row, its reason and a remedy."""
    refused = compared.dirty.aligned.rejections
    assert refused[["stage", "table", "source_id", "reason", "remedy"]].notna().all(axis=None)


# --- everybody else ---------------------------------------------------------------------------


@pytest.mark.parametrize("table", [table.name for table in Labels.tables()])
def test_clean_patients_keep_their_labels(hospital: dirt.Dirty, compared: Compared, table: str) -> None:
    """Labels, evidence, metrics and burdens of whoever was not touched are the same to the last bit."""
    spoiled = [compared.name(number) for name in compared.expected for number in hospital.victims[name]]
    before, after = (getattr(each.labels, table) for each in (compared.clean, compared.dirty))
    before, after = (_of_others(frame, spoiled) for frame in (before, after))
    pd.testing.assert_frame_equal(before, after)
    assert len(after)


def _of_others(frame: pd.DataFrame, spoiled: list[str]) -> pd.DataFrame:
    plain = frame.assign(**{
        name: frame[name].astype("string") for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)})
    return plain[~plain["person_id"].isin(spoiled)].reset_index(drop=True)


# --- nothing is dropped -----------------------------------------------------------------------


def test_every_row_that_is_read_is_kept_refused_or_ignored(compared: Compared) -> None:
    """For each table or type of resource the counts of the manifest add up."""
    for counts in compared.dirty.used["counts"].values():
        assert counts["read"] == counts["kept"] + counts["refused"] + counts["ignored"]


def test_what_is_ignored_has_a_reason(compared: Compared) -> None:
    """By table the reasons add up to what is ignored, and each is one that is explained."""
    reasons = compared.dirty.used["ignored"]
    counts = {table: each["ignored"] for table, each in compared.dirty.used["counts"].items() if each["ignored"]}
    assert {table: sum(told.values()) for table, told in reasons.items()} == counts
    assert {why for told in reasons.values() for why in told} <= set(IGNORED)
    assert compared.name is not patient_id or len(reasons) > 3


def test_every_resource_of_the_folder_is_counted(hospital: dirt.Dirty, fhir: Compared) -> None:
    """As many resources of each type are read as were written."""
    written = Counter(each["resourceType"] for each in hospital.resources())
    read = {name: counts["read"] for name, counts in fhir.dirty.used["counts"].items() if " " not in name}
    assert read == dict(written)


def test_every_row_of_a_treated_person_is_counted(hospital: dirt.Dirty, omop: Compared) -> None:
    """Tables that are read whole have as many rows as the persons treated have in them."""
    treated = {int(person) for person in omop.dirty.aligned.persons["person_id"]} | set(hospital.victims["no_person"])
    for table in ("image_occurrence", "observation_period"):
        own = [row for row in hospital.rows[table] if row["person_id"] in treated]
        assert omop.dirty.used["counts"][table]["read"] == len(own)


