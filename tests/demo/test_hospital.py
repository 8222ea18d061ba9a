"""The hospital as tables: the same bytes every time, in three databases, with a truth that is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hpd_etl import demo
from hpd_etl.config import Access, Site, Study
from hpd_etl.database import connect
from hpd_etl.demo import vocabulary
from hpd_etl.demo.cdm import TABLES, ddl, fields
from hpd_etl.demo.hospital import KINDS
from hpd_etl.demo.kinds import PLANTED

if TYPE_CHECKING:
    from pathlib import Path

PERSONS, SEED = 500, 7


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """A hospital of 500 persons."""
    return demo.tables(PERSONS, SEED)


@pytest.fixture(scope="module")
def truth() -> demo.Truth:
    """What is true of it."""
    return demo.truth(PERSONS, SEED)


def test_same_seed_same_hospital(tables: dict[str, pd.DataFrame]) -> None:
    """Every cell derives from the seed, and another seed gives another hospital."""
    again, other = demo.tables(PERSONS, SEED), demo.tables(PERSONS, SEED + 1)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, again[name])
    assert not tables["measurement"].equals(other["measurement"])


def test_two_thousand_persons_four_hundred_treated() -> None:
    """The default hospital has 2,000 persons, some 400 under checkpoint inhibitors and 60 under docetaxel."""
    truth = demo.truth()
    cohorts = truth.labels.drop_duplicates("person_id")["cohort"].value_counts()
    assert len(demo.tables()["person"]) == 2000
    assert 380 <= cohorts["checkpoint_inhibitor"] <= 420
    assert cohorts["chemotherapy"] == 60
    assert set(truth.counts) == {kind.name for kind in KINDS}
    assert min(truth.counts.values()) > 0


def test_truth_knows_every_treated_person(tables: dict[str, pd.DataFrame], truth: demo.Truth) -> None:
    """Whoever got a realised index drug has a true label under each planted definition, and nobody else has any."""
    doses = tables["drug_exposure"]
    index = [number for agent, number in vocabulary.INGREDIENTS.items()
             if agent not in {"paclitaxel", "pemetrexed", "carboplatin", "cisplatin"}]
    given = ~doses["drug_type_concept_id"].isin([vocabulary.ORDER, vocabulary.PRESCRIPTION])
    coded = doses["drug_concept_id"].isin(index) | doses["drug_source_value"].isin(["J9299", "J9271"]) \
        | doses["drug_concept_id"].isin([*vocabulary.PRODUCTS.values(), vocabulary.NIVOLUMAB_RELATLIMAB])
    treated = set(doses.loc[given & coded, "person_id"].astype(str))
    per_person = truth.labels[truth.labels["definition_id"].isin(PLANTED)].groupby("person_id").size()
    assert set(per_person.index) == treated
    assert set(per_person) == {len(PLANTED)}


def test_a_reason_stands_beside_not_evaluable_alone(truth: demo.Truth) -> None:
    """A primary reason is there exactly where nobody can judge."""
    not_evaluable = truth.labels["verdict"] == "NOT_EVALUABLE"
    assert (truth.labels["primary_reason"].notna() == not_evaluable).all()


def test_every_link_leads_somewhere(tables: dict[str, pd.DataFrame]) -> None:
    """Image features point at measurements and examinations that exist; keys are unique."""
    features = tables["image_feature"]
    assert features["image_feature_event_id"].isin(tables["measurement"]["measurement_id"]).all()
    assert features["image_occurrence_id"].isin(tables["image_occurrence"]["image_occurrence_id"]).all()
    for name in ("person", "measurement", "drug_exposure", "procedure_occurrence", "image_feature", "image_occurrence"):
        assert tables[name][f"{name}_id"].is_unique


def test_invented_concepts_say_so(tables: dict[str, pd.DataFrame]) -> None:
    """A concept above two billion is non-standard and called synthetic, and none below is."""
    concepts = tables["concept"]
    invented = concepts["concept_id"] > vocabulary.SYNTHETIC
    assert (concepts["concept_name"].str.contains("synthetic") == invented).all()
    assert concepts.loc[invented, "standard_concept"].isna().all()
    assert concepts["concept_id"].is_unique


def test_compare_finds_what_differs(truth: demo.Truth) -> None:
    """The truth agrees with itself; a changed verdict, a missing label and a stranger are told."""
    assert demo.compare(truth.labels, truth).empty
    flipped = truth.labels.copy()
    flipped.loc[0, "verdict"] = "NOT_HPD" if flipped.loc[0, "verdict"] == "HPD" else "HPD"
    assert demo.compare(flipped, truth)["n"].tolist() == [1]
    assert demo.compare(truth.labels.iloc[1:], truth)["got"].tolist() == ["none"]
    stranger = pd.concat([truth.labels, truth.labels.iloc[:1].assign(person_id="999999")], ignore_index=True)
    assert demo.compare(stranger, truth)[["kind", "expected"]].to_numpy().tolist() == [["unknown", "none"]]
    unplanted = truth.labels.iloc[:1].assign(definition_id="sasaki2019")
    assert demo.compare(pd.concat([truth.labels, unplanted], ignore_index=True), truth).empty
    moved = truth.labels.copy()
    moved.loc[0, "cohort"] = "elsewhere"
    assert demo.compare(moved, truth)["got"].tolist() == ["elsewhere"]


def test_older_model_lacks_what_the_newer_brought() -> None:
    """CDM 5.3 has no event links in measurement and other names for where a visit came from."""
    older, newer = ({field.name for field in fields("measurement", version)} for version in ("5.3", "5.4"))
    assert newer - older == {"unit_source_concept_id", "measurement_event_id", "meas_event_field_concept_id"}
    assert "measurement_event_id" not in ddl("measurement", "m", "duckdb", "5.3")
    assert {field.name for field in fields("visit_occurrence", "5.3")} & {"admitting_source_concept_id"}


@pytest.mark.parametrize("version", ["5.3", "5.4"])
@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_built_in_a_file(dialect: str, version: str, tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    """A file database holds as many rows as the tables, and building twice is building once."""
    url = f"{dialect}:///{tmp_path / 'hospital.db'}"
    for _ in range(2):
        demo.build(url, persons=PERSONS, seed=SEED, version=version)
    with connect(Access(url=url), {"cdm": None}, read_only=True) as database:
        for name in TABLES:
            rows = database.fetch(f"select count(*) as n from @cdm.{name}").column("n").to_pylist()
            assert rows == [len(tables[name])]
        assert database.columns("cdm", "measurement") == [field.name for field in fields("measurement", version)]
        total = database.fetch("select sum(value_as_number) as total from @cdm.measurement").column("total").to_pylist()
    assert total[0] == pytest.approx(float(tables["measurement"]["value_as_number"].sum()))


def test_settings_are_valid(tmp_path: Path) -> None:
    """The study and the site that come with the hospital are what the configuration accepts."""
    import tomllib

    study = Study.model_validate(tomllib.loads(demo.study_toml()))
    site = Site.model_validate(tomllib.loads(demo.omop_site_toml(tmp_path / "a", tmp_path / "b", tmp_path / "runs")))
    assert study.comparators[0].cohort == "chemotherapy"
    assert site.source.mapping.organs[str(vocabulary.ORGANS["liver"])] == "liver"
