"""`doctor --feasibility`: counted by hand for nine persons, in every kind of source, and nothing is left behind."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from hpd_etl.config import Comparator, FhirAccess, FhirBulkSource, FhirFilesSource, Site, Study, Windows
from hpd_etl.errors import ConfigurationError
from hpd_etl.feasibility import choices, feasibility
from hpd_etl.progress import silent
from tests.cli.conftest import SHIFT
from tests.contract import wards
from tests.contract.conftest import builder, postgres_url  # noqa: F401 - fixtures
from tests.fhir import given

if TYPE_CHECKING:
    from pathlib import Path

    from hpd_etl.feasibility import Feasibility

DAY_0 = date(2021, 3, 1)
MEASURED = {
    "always": (-70, -7, 50),  # within every choice of windows
    "early_before": (-130, -7, 50),  # 123 days from the first scan to the baseline scan
    "early_baseline": (-98, -35, 50),
    "late_evaluation": (-70, -7, 100),
    "unmeasured_evaluation": (-70, -7),
    "died": (-7,),
    "untreated": (-70, -7, 50),
}
ONLY_EXAMINED = {"unmeasured_evaluation": (40,), "never_measured": (-7, 40)}
PERSONS = (*MEASURED, "never_measured", "never_examined")
NUMBERS = {name: number for number, name in enumerate(PERSONS, start=1)}
DIED = {"died": 20}
STUDY = Study(id="ward")
NARROW = "baseline_from_day=-28,pre_max_gap_days=84,post_to_day=60"
COUNTS = ("treated", "baseline", "evaluated", "three", "two", "one", "none")
BY_HAND = {
    ("study", "usable"): (8, 6, 4, 4, 1, 1, 2),
    ("study", "examined"): (8, 7, 6, 5, 1, 1, 1),
    (NARROW, "usable"): (8, 5, 2, 1, 3, 2, 2),
    (NARROW, "examined"): (8, 6, 4, 2, 3, 2, 1),
}
"""Of `COUNTS`, for the default windows and for the narrowest of the others."""
WHY_NOT = {("checkpoint_inhibitor", reason): 1 for reason in (
    "no_baseline_scan", "no_measurable_disease", "early_dropout_death", "no_post_scan")}


def on(day: int) -> date:
    """The date of a day counted from the first dose."""
    return DAY_0 + timedelta(days=day)


def cdm() -> dict[str, list[wards.Row]]:
    """The nine persons in OMOP: a lesion measured once a scan, and examinations nobody measured."""
    scans = [(name, day) for name, days in MEASURED.items() for day in days]
    images = [(name, day) for name, days in ONLY_EXAMINED.items() for day in days]
    return {
        "person": [wards.person(number) for number in NUMBERS.values()],
        "drug_exposure": [wards.exposure(number, number, wards.NIVOLUMAB, DAY_0.isoformat())
                          for name, number in NUMBERS.items() if name != "untreated"],
        "measurement": [wards.size(row, NUMBERS[name], on(day).isoformat(), 30, measurement_source_value="L1")
                        for row, (name, day) in enumerate(scans, start=1)],
        "image_occurrence": [{"image_occurrence_id": row, "person_id": NUMBERS[name], "image_occurrence_date": on(day),
                              "image_study_uid": f"1.2.{row}", "modality_concept_id": 4013636}
                             for row, (name, day) in enumerate(images, start=1)],
        "death": [{"person_id": NUMBERS[name], "death_date": on(day)} for name, day in DIED.items()],
    }


def resources() -> list[given.Json]:
    """The same persons in FHIR."""
    made: list[given.Json] = []
    for name in PERSONS:
        who = f"p{NUMBERS[name]}"
        died = on(DIED[name]).isoformat() if name in DIED else None
        made.append(given.patient(who, deceasedDateTime=died))
        made.append(given.structure(f"{who}-L1", who=who))
        if name != "untreated":
            made.append(given.administration(f"{who}-dose", on=DAY_0.isoformat(), who=who))
        made += [given.size(f"{who}-{row}", 30, f"{who}-L1", on(day).isoformat(), who)
                 for row, day in enumerate(MEASURED.get(name, ()))]
        made += [given.resource("ImagingStudy", f"{who}-{row}", status="available", subject=given.to("Patient", who),
                                started=on(day).isoformat(), modality=[given.concept("dcm CT")["coding"][0]])
                 for row, day in enumerate(ONLY_EXAMINED.get(name, ()))]
    return made


def fhir_site(folder: Path) -> Site:
    """A folder with those resources."""
    (folder / "all.ndjson").write_text("".join(json.dumps(each) + "\n" for each in resources()), "utf-8")
    return Site(source=FhirFilesSource(kind="fhir_files", folder=folder))


def told(found: Feasibility) -> dict[tuple[str, str], tuple[int, ...]]:
    """The counts of each choice of windows."""
    return {(row["windows"], row["basis"]): tuple(row[name] for name in COUNTS)
            for row in found.scans.to_dict("records") if row["cohort"] == "checkpoint_inhibitor"}


def why_not(found: Feasibility) -> dict[tuple[str, str], int]:
    """Persons by cohort and reason."""
    return {(row["cohort"], row["reason"]): row["persons"] for row in found.reasons.to_dict("records")}


def test_omop_gives_the_counts_made_by_hand(builder):  # noqa: F811
    """In each of the three databases: windows decide, and an examination without measurements is no usable scan."""
    found = feasibility(STUDY, builder.build(cdm()).site(lesions={"pattern": "^(?P<lesion>L1)$"}), silent)
    assert {name: told(found)[name] for name in BY_HAND} == BY_HAND
    assert why_not(found) == WHY_NOT


def test_fhir_gives_the_same_counts(tmp_path):
    """The same persons recorded in FHIR are counted alike under every choice of windows."""
    (tmp_path / "fhir").mkdir()
    of_fhir = feasibility(STUDY, fhir_site(tmp_path / "fhir"), silent)
    ward = wards.Builder("duckdb", tmp_path).build(cdm())
    of_omop = feasibility(STUDY, ward.site(lesions={"pattern": "^(?P<lesion>L1)$"}), silent)
    assert {name: told(of_fhir)[name] for name in BY_HAND} == BY_HAND
    assert told(of_fhir) == told(of_omop)
    assert why_not(of_fhir) == WHY_NOT


def test_a_date_known_to_the_month_counts_where_every_day_agrees(tmp_path):
    """A baseline of February 2021 is one on each of its days; a scan of March may lie on either side of the dose."""
    def ward(month: str) -> Site:
        made = [given.patient(), given.structure(), given.administration(on="2021-03-15"),
                given.size("s1", 30, on=month)]
        (tmp_path / "all.ndjson").write_text("".join(json.dumps(each) + "\n" for each in made), "utf-8")
        return Site(source=FhirFilesSource(kind="fhir_files", folder=tmp_path))

    sure, unsure = (feasibility(STUDY, ward(month), silent) for month in ("2021-02", "2021-03"))
    assert (sure.imprecise, unsure.imprecise) == (1, 1)
    assert told(sure)["study", "usable"] == (1, 1, 0, 0, 0, 1, 0)
    assert told(unsure)["study", "usable"] == (1, 0, 0, 0, 0, 1, 0)
    assert told(unsure)["study", "examined"] == (1, 0, 0, 0, 0, 1, 0)


def test_the_windows_of_the_study_come_first():
    """The study's own are counted first, the others differ from them, and what the study rules out is not tried."""
    tried = choices(Study(id="mine", windows=Windows(pre_min_gap_days=100, post_from_day=70)))
    assert next(iter(tried)) == "study"
    assert {each.pre_max_gap_days for each in tried.values()} == {180}
    assert {each.post_to_day for each in tried.values()} == {84, 120}
    assert all(each.pre_min_gap_days == 100 and each.post_from_day == 70 for each in tried.values())
    assert len(tried) == len(set(map(repr, tried.values()))) == 4


def test_every_choice_adds_up_and_examinations_are_no_fewer(cdm_of_hospital):
    """Under each choice 3, 2, 1 and no scan add up to all treated, and more were examined than can be used."""
    scans = feasibility(Study(id="all", comparators=COMPARATORS), cdm_of_hospital, silent).scans
    assert set(scans["cohort"]) == {"checkpoint_inhibitor", "chemotherapy"}
    assert (scans[["three", "two", "one", "none"]].sum(axis="columns") == scans["treated"]).all()
    assert (scans["evaluated"] <= scans["baseline"]).all()
    assert (scans["three"] <= scans["evaluated"]).all()
    usable, examined = (scans[scans["basis"] == basis].reset_index() for basis in ("usable", "examined"))
    for step in ("baseline", "evaluated", "three"):
        assert (usable[step] <= examined[step]).all()


COMPARATORS = (Comparator.model_validate({"cohort": "chemotherapy", "agents": {"docetaxel": {"omop": [1315942]}}}),)


@pytest.fixture
def cdm_of_hospital(cdm):
    """The synthetic hospital as a site."""
    return Site.model_validate({"source": {"access": {"url": f"duckdb:///{cdm}"}}})


def test_the_command_needs_no_study_and_leaves_nothing(hpd_etl, place, monkeypatch):
    """Without a study.toml the defaults hold; nothing is written, and no id is printed."""
    (place.folder / "study.toml").unlink()
    monkeypatch.chdir(place.folder)
    before = sorted(place.folder.rglob("*"))
    done = hpd_etl("doctor", "--feasibility")
    assert done.code == 0, done.err
    for expected in ("checkpoint_inhibitor:", "day -42 to 0", "day -28 to 0", "no_prebaseline_scan", "3 scans",
                     "there is no study.toml"):
        assert expected in done.out
    assert "chemotherapy" not in done.out
    assert "extract" in done.err
    assert "align" in done.err
    assert sorted(place.folder.rglob("*")) == before
    assert str(SHIFT)[:9] not in done.out + done.err


def test_the_counts_are_those_of_validate(hpd_etl, place):
    """With a study, its cohorts and windows are counted: who was treated is whom a run finds."""
    asked = hpd_etl("doctor", "--feasibility", *place.options)
    assert asked.code == 0
    assert hpd_etl("run", *place.options, "--dry-run").code == 0
    report = json.loads((place.run / "3-quality.json").read_text("utf-8"))
    for cohort, persons in report["persons"].items():
        assert f"{cohort}: {persons:,} treated" in asked.out


def test_no_is_an_answer(hpd_etl, place):
    """Where nobody was treated with the drugs of the study, that is the answer, and the command ends with 0."""
    (place.folder / "study.toml").write_text('id = "none"\n[index]\nagents = ["tislelizumab"]\n', "utf-8")
    done = hpd_etl("doctor", "--feasibility", *place.options)
    assert done.code == 0, done.err
    assert "checkpoint_inhibitor: 0 treated" in done.out
    assert "hpd-etl doctor shows" in done.out


def test_a_study_that_is_named_must_be_there(hpd_etl, place):
    """A study.toml that was asked for and is not there is a wrong command line, not a reason for defaults."""
    done = hpd_etl("doctor", "--feasibility", "--site", place.folder / "site.toml", "--study", place.folder / "no.toml")
    assert done.code == 2


def test_no_bulk_export_is_begun_for_it(tmp_path):
    """A count is no reason for an export of hours that stays on disk: it is refused with what to do instead."""
    source = FhirBulkSource(kind="fhir_bulk", access=FhirAccess(url="https://nowhere.example"), folder=tmp_path,
                            level="system")
    with pytest.raises(ConfigurationError, match="bulk export"):
        feasibility(STUDY, Site(source=source), silent)
