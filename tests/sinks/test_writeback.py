"""The same labels into PostgreSQL, DuckDB and SQLite: what stands there afterwards."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hpd_etl.config import AgentCodes, Comparator
from hpd_etl.errors import ConfigurationError, UnsupportedVersionError, WriteBackError
from hpd_etl.schema import Labels
from hpd_etl.sinks import Counts, Receipt, open_sink
from tests.sinks import given
from tests.sinks.places import Place


def write(place: Place, labels: Labels | None = None, *, run: str = "run-1", dry_run: bool = False,
          study: str = "alpha", use: tuple[str, ...] = (), **sink: object) -> Receipt:
    """Write the labels of `given` back, or these."""
    with open_sink(place.site(**sink)) as opened:
        assert opened is not None
        return opened.writeback(labels or given.labels(), given.timeline(), given.definitions(*use),
                                given.study(study, *use), run, dry_run=dry_run)


def day(value: object) -> date:
    """SQLite has no dates, only their text."""
    return date.fromisoformat(value) if isinstance(value, str) else value  # type: ignore[return-value]


def test_every_table_holds_what_the_labels_ask_for(place: Place) -> None:
    """All verdicts stand in hpd_label; OMOP rows stand for HPD and NOT_HPD, cohorts for HPD only."""
    receipt = write(place)
    assert receipt.tables == {
        "hpd_label": Counts(inserted=8), "observation": Counts(inserted=6), "measurement": Counts(inserted=12),
        "cohort": Counts(inserted=3), "cohort_definition": Counts(inserted=2), "hpd_lineage": Counts(inserted=32)}
    assert {table: len(rows) for table, rows in place.tables().items()} == {
        "hpd_label": 8, "observation": 6, "measurement": 12, "cohort": 3, "cohort_definition": 2, "hpd_lineage": 32}


def test_labels_keep_reasons_run_and_intended_use(written: Place) -> None:
    """A NOT_EVALUABLE label is there with its reason, its run and what it may be used for."""
    assert written.query("select study_id, verdict, primary_reason, value, lifecycle, run_id, intended_use"
                         " from @hpd_label where person_id = 13 and definition_id = 'ferrara2018'") == [
        ("alpha", "NOT_EVALUABLE", "no_prebaseline_scan", None, "current", "run-1",
         "Research use only; not for the care of an individual patient")]
    assert written.query("select count(*) from @observation where person_id = 13") == [(0,)]
    assert written.query("select count(*) from @measurement where person_id = 13") == [(0,)]
    assert written.query("select count(*) from @hpd_lineage l join @hpd_label b on b.label_id = l.label_id"
                       " where b.person_id = 13") == [(8,)]


def test_observations_follow_the_cdm(written: Place) -> None:
    """No standard concept exists: 0, the custom id as source concept, the type of an algorithm."""
    [row] = written.query(
        "select o.observation_concept_id, o.observation_source_concept_id, o.observation_type_concept_id,"
        " o.value_as_string, o.value_as_concept_id, o.observation_date, o.observation_source_value,"
        " o.observation_event_id, o.obs_event_field_concept_id from @observation o"
        " join @hpd_label l on l.label_id = o.observation_id where l.person_id = 12 and definition_id = 'ferrara2018'")
    assert (*row[:5], day(row[5]), *row[6:]) == (
        0, 2_007_000_001, 32880, "HPD", None, date(2021, 5, 3), "hpd:ferrara2018", 903, 1147138)


def test_measurements_are_the_numbers_of_the_definition(written: Place) -> None:
    """Each number names its observation; the principal value is that of the label."""
    assert sorted(written.query(
        "select measurement_source_value, m.value_as_number, m.unit_concept_id, m.unit_source_value,"
        " measurement_concept_id, meas_event_field_concept_id from @measurement m join @observation o"
        " on o.observation_id = m.measurement_event_id where m.person_id = 12")) == [
        ("hpd:champiat2017:tgr_post", 30.0, 0, "%/month", 0, 1147165),
        ("hpd:champiat2017:tgr_ratio", 0.1, 0, "1", 0, 1147165),
        ("hpd:ferrara2018:tgr_delta", 62.5, 0, "percentage points/month", 0, 1147165),
        ("hpd:ferrara2018:tgr_post", 30.0, 0, "%/month", 0, 1147165),
    ]


def test_a_cohort_lasts_from_the_deciding_assessment_and_never_ends_before_it(written: Place) -> None:
    """End is the end of follow-up: day 400; before the start or unknown, it is the start."""
    rows = written.query("select subject_id, cohort_start_date, cohort_end_date from @cohort order by subject_id")
    assert [(person, day(start), day(end)) for person, start, end in rows] == [
        (11, date(2021, 4, 12), date(2022, 4, 5)),
        (12, date(2021, 5, 3), date(2021, 5, 3)),
        (2**63 - 1, date(2021, 6, 30), date(2021, 6, 30))]


def test_lineage_leads_to_the_source_rows(written: Place) -> None:
    """Every label names the rows it rests on, as table and number."""
    assert sorted(written.query(
        "select role, source_table, source_id from @hpd_lineage l join @hpd_label b on b.label_id = l.label_id"
        " where b.person_id = 11 and b.definition_id = 'champiat2017'")) == [
        ("baseline", "measurement", "902"), ("index_dose", "drug_exposure", "501"),
        ("post", "measurement", "903"), ("pre", "measurement", "901")]


def test_twice_is_once(place: Place) -> None:
    """A second run with the same labels changes no row, not even the run that rows name."""
    write(place, run="run-1")
    before = place.tables()
    receipt = write(place, run="run-2")
    assert place.tables() == before
    assert receipt.changed == 0
    assert receipt.tables["hpd_lineage"] == Counts(unchanged=32)
    assert receipt.tables["measurement"] == Counts(unchanged=12)


def test_the_order_of_rows_does_not_matter(place: Place) -> None:
    """Labels, evidence and metrics shuffled are the same labels."""
    write(place)
    labels = given.labels()
    shuffled = Labels.of({table.name: frame.sample(frac=1, random_state=3) for table, frame in labels})
    assert write(place, shuffled, run="run-2").changed == 0


def test_a_new_verdict_amends_one_label(place: Place) -> None:
    """HPD that becomes NOT_EVALUABLE leaves the OMOP tables and the cohort; others keep their run."""
    write(place)
    said = given.SAID.replace("11     | champiat2017 | HPD           | 3.5   | rule_met           ",
                              "11     | champiat2017 | NOT_EVALUABLE |       | no_prebaseline_scan")
    receipt = write(place, given.labels(said), run="run-2")
    assert receipt.tables["hpd_label"] == Counts(amended=1, unchanged=7)
    assert receipt.tables["observation"] == Counts(unchanged=5, retracted=1)
    assert receipt.tables["measurement"] == Counts(unchanged=10, retracted=2)
    assert receipt.tables["cohort"] == Counts(unchanged=2, retracted=1)
    assert place.query("select person_id, definition_id, verdict, lifecycle from @hpd_label"
                       " where run_id = 'run-2'") == [(11, "champiat2017", "NOT_EVALUABLE", "amended")]


def test_a_new_version_or_parameter_amends(place: Place) -> None:
    """Labels of another definition version, parameter set or confirmation are amended, not added."""
    held = given.labels()
    write(place, held)
    for change in ({"definition_version": 2}, {"params_sha256": "p2"}, {"confirmation": "confirmed"}):
        frames = {table.name: frame for table, frame in held}
        held = Labels.of({**frames, "labels": held.labels.assign(**change)})
        receipt = write(place, held, run=f"run {change}")
        assert receipt.tables["hpd_label"] == Counts(amended=8)
        assert {counts.changed for table, counts in receipt.tables.items() if table != "hpd_label"} == {0, 6} - (
            {6} if "definition_version" not in change else set())
    assert place.query("select lifecycle, count(*) from @hpd_label where run_id like '%confirmation%'"
                       " group by lifecycle") == [("amended", 8)]
    assert write(place, held, run="run-3").changed == 0


def test_other_source_rows_amend_with_their_lineage(place: Place) -> None:
    """A label that rests on another scan is amended, even if it says the same."""
    write(place)
    receipt = write(place, given.labels(post_scan="measurement:950"), run="run-2")
    assert receipt.tables["hpd_label"] == Counts(amended=8)
    assert receipt.tables["hpd_lineage"] == Counts(inserted=8, unchanged=24, retracted=8)
    assert receipt.tables["observation"] == Counts(amended=6)


def test_a_person_who_is_gone_takes_the_label_back(place: Place) -> None:
    """The label stays as retracted, its OMOP rows, cohort and lineage go; if the person returns, it is amended."""
    write(place)
    said = "\n".join(line for line in given.SAID.splitlines() if not line.strip().startswith("12 "))
    receipt = write(place, given.labels(said), run="run-2")
    assert receipt.tables == {
        "hpd_label": Counts(unchanged=6, retracted=2), "observation": Counts(unchanged=4, retracted=2),
        "measurement": Counts(unchanged=8, retracted=4), "cohort": Counts(unchanged=2, retracted=1),
        "cohort_definition": Counts(unchanged=2), "hpd_lineage": Counts(unchanged=24, retracted=8)}
    assert place.query("select distinct lifecycle, run_id from @hpd_label where person_id = 12") == [
        ("retracted", "run-2")]
    assert place.query("select count(*) from @cohort where subject_id = 12") == [(0,)]
    assert write(place, given.labels(said), run="run-3").changed == 0
    assert write(place, run="run-4").tables["hpd_label"] == Counts(amended=2, unchanged=6)


def test_a_definition_that_is_dropped_is_retracted(place: Place) -> None:
    """Its labels, cohort and cohort definition go; the other definition's stay."""
    write(place)
    said = "\n".join(line for line in given.SAID.splitlines() if "ferrara" not in line)
    receipt = write(place, given.labels(said), run="run-2", use=("champiat2017",))
    assert receipt.tables["hpd_label"] == Counts(unchanged=4, retracted=4)
    assert receipt.tables["cohort"] == Counts(unchanged=2, retracted=1)
    assert receipt.tables["cohort_definition"] == Counts(unchanged=1, retracted=1)


def test_what_is_no_hyperprogression_is_never_written(place: Place) -> None:
    """Labels of a rule of fast progression stay in the run folder: no label, no cohort, no cohort definition."""
    said = given.SAID.replace("ferrara2018 ", "auc_fp      ")
    receipt = write(place, given.labels(said), use=("champiat2017", "auc_fp"))
    assert receipt.tables["hpd_label"] == Counts(inserted=4)
    assert {name for (name,) in place.query("select definition_id from @hpd_label")} == {"champiat2017"}
    assert place.query("select count(*) from @cohort_definition") == [(1,)]


def test_two_studies_never_touch_each_other(place: Place) -> None:
    """A second study adds its rows; retracting all of them leaves the first study's as they were."""
    write(place)
    before = place.tables()
    write(place, study="beta", run="run-b")
    assert {table: len(rows) for table, rows in place.tables().items()} == {
        table: 2 * len(rows) for table, rows in before.items()}
    write(place, Labels.of({}), study="beta", run="run-c")
    assert place.query("select count(*) from @hpd_label where study_id = 'beta' and lifecycle = 'retracted'") == [(8,)]
    assert place.query("select count(*) from @cohort") == [(3,)]
    assert not [row for table, rows in place.tables().items() for row in set(before[table]) - set(rows)]
    assert write(place, run="run-d").changed == 0


def test_a_comparator_has_cohorts_of_its_own(place: Place) -> None:
    """Chemotherapy patients do not mix with checkpoint patients in one OMOP cohort."""
    study = given.study(comparators=(Comparator(cohort="chemo", agents={"docetaxel": AgentCodes(omop=(1315942,))}),))
    with open_sink(place.site()) as sink:
        assert sink is not None
        sink.writeback(given.labels(cohort="chemo"), given.timeline(), given.definitions(), study, "r", dry_run=False)
    assert sorted(place.query("select cohort_definition_name, count(subject_id) from @cohort_definition d"
                              " left join @cohort c on c.cohort_definition_id = d.cohort_definition_id"
                              " group by cohort_definition_name")) == [
        ("Hyperprogressive disease by champiat2017 in checkpoint_inhibitor (study alpha, hpd_etl)", 0),
        ("Hyperprogressive disease by champiat2017 in chemo (study alpha, hpd_etl)", 2),
        ("Hyperprogressive disease by ferrara2018 in checkpoint_inhibitor (study alpha, hpd_etl)", 0),
        ("Hyperprogressive disease by ferrara2018 in chemo (study alpha, hpd_etl)", 1)]


def test_a_dry_run_counts_the_same_and_changes_nothing(place: Place) -> None:
    """What would happen is counted, and neither rows nor tables come into being."""
    planned = write(place, dry_run=True)
    if place.kind == "postgresql":
        assert place.names() == set()
    else:
        assert not Path(place.results).exists()
    assert planned.tables == write(place).tables
    before = place.tables()
    said = given.SAID.replace("HPD           | 2 ", "NOT_HPD       | 1 ")
    planned = write(place, given.labels(said), run="run-2", dry_run=True)
    assert planned.dry_run
    assert planned.tables["hpd_label"] == Counts(amended=1, unchanged=7)
    assert place.tables() == before


def test_a_dry_run_and_a_run_in_one_session(place: Place) -> None:
    """The dry run leaves nothing behind that would disturb the run after it."""
    with open_sink(place.site()) as sink:
        assert sink is not None
        arguments = (given.labels(), given.timeline(), given.definitions(), given.study(), "run-1")
        planned = sink.writeback(*arguments, dry_run=True)
        assert sink.writeback(*arguments, dry_run=False).tables == planned.tables


def test_a_moved_cohort_base_moves_the_cohorts(place: Place) -> None:
    """With another base the old ids go, and no label is called amended."""
    write(place)
    receipt = write(place, run="run-2", cohort_definition_base=1_000_000)
    assert receipt.tables["hpd_label"] == Counts(unchanged=8)
    assert receipt.tables["cohort"] == Counts(inserted=3, retracted=3)
    assert receipt.tables["cohort_definition"] == Counts(inserted=2, retracted=2)


def test_a_cohort_id_of_somebody_else_is_refused(place: Place) -> None:
    """An id that carries another name, or members without a name, is not ours; nothing is changed."""
    write(place)
    before = place.tables()
    place.query("update @cohort_definition set cohort_definition_name = 'Atlas 17' where cohort_definition_name"
                " like '%champiat%'")
    with pytest.raises(WriteBackError, match="belongs to somebody else"):
        write(place, run="run-2")
    place.query("delete from @cohort_definition where cohort_definition_name = 'Atlas 17'")
    with pytest.raises(WriteBackError, match="belongs to somebody else"):
        write(place, run="run-2")
    assert place.tables()["hpd_label"] == before["hpd_label"]
    assert place.tables()["cohort"] == before["cohort"]


def test_a_tampered_row_is_mended(place: Place) -> None:
    """The sink holds what the labels say, whatever happened to it in between."""
    write(place)
    before = place.tables()
    place.query("delete from @observation where value_as_string = 'HPD'")
    place.query("update @measurement set value_as_number = 1")
    receipt = write(place, run="run-2")
    assert receipt.tables["observation"] == Counts(inserted=3, unchanged=3)
    assert place.tables() == before


def test_rows_of_others_in_the_same_tables_stay(place: Place) -> None:
    """Other tools may keep rows in observation, measurement and cohort; they are never touched."""
    write(place)
    place.query("insert into @observation (observation_id, person_id, observation_concept_id, observation_date,"
                " observation_type_concept_id) values (5, 11, 0, '2020-01-01', 32817)")
    place.query("insert into @measurement (measurement_id, person_id, measurement_concept_id, measurement_date,"
                " measurement_type_concept_id) values (5, 11, 0, '2020-01-01', 32817)")
    place.query("insert into @cohort values (17, 11, '2020-01-01', '2020-01-02')")
    write(place, Labels.of({}), run="run-2")
    assert place.query("select observation_id from @observation") == [(5,)]
    assert place.query("select measurement_id from @measurement") == [(5,)]
    assert place.query("select cohort_definition_id from @cohort") == [(17,)]


def test_tables_of_the_cdm_in_their_own_types_are_used(place: Place) -> None:
    """A results schema made from the OHDSI scripts has integer ids and decimals and no keys; twice is still once."""
    place.query("create table @cohort (cohort_definition_id integer not null, subject_id bigint not null,"
                " cohort_start_date date not null, cohort_end_date date not null)")
    place.query("create table @measurement (measurement_id bigint not null, person_id bigint not null,"
                " measurement_concept_id integer not null, measurement_date date not null,"
                " measurement_type_concept_id integer not null, value_as_number numeric null, unit_concept_id integer,"
                " measurement_source_value varchar(50), measurement_source_concept_id integer,"
                " unit_source_value varchar(50), measurement_event_id bigint, meas_event_field_concept_id integer,"
                " value_as_source_concept_id integer)")
    third = given.SAID.replace("3.5 ", "3.3333333333333335 ")
    write(place, given.labels(third))
    assert write(place, given.labels(third), run="run-2").changed == 0


def test_a_table_that_lacks_a_column_is_refused(place: Place) -> None:
    """A table of CDM 5.3 cannot hold the links; the error names the columns and nothing is changed."""
    place.query("create table @cohort (cohort_definition_id integer, subject_id bigint, cohort_start_date date)")
    with pytest.raises(WriteBackError, match="cohort has no column cohort_end_date"):
        write(place)
    assert place.names() == {"cohort"}


def test_a_results_schema_of_another_version_is_refused(place: Place) -> None:
    """What an earlier or a later release made is neither written to nor changed into ours."""
    write(place)
    place.query("update @hpd_schema_version set schema_version = 1")
    with pytest.raises(UnsupportedVersionError):
        write(place, run="run-2")


def test_labels_without_a_version_are_refused(place: Place) -> None:
    """A results schema that nobody can date is not written to."""
    write(place)
    place.query("drop table @hpd_schema_version")
    with pytest.raises(UnsupportedVersionError):
        write(place, run="run-2")


def test_a_cdm_is_never_written_to(place: Place) -> None:
    """A schema with a person table is a CDM, whatever the configuration calls it."""
    place.query("create table @person (person_id integer)")
    with pytest.raises(ConfigurationError, match="nothing is ever written"):
        write(place)
    assert place.names() == {"person"}


def test_every_table_has_a_primary_key_and_fits_the_cdm(written: Place) -> None:
    """Names are lower snake_case, source values at most 50 characters, value_as_string at most 60."""
    assert all(name == name.lower() for name in written.names())
    lengths = written.query(
        "select max(length(observation_source_value)), max(length(value_as_string)),"
        " max(length(qualifier_source_value)), max(length(value_source_value)) from @observation")[0]
    assert all(length <= limit for length, limit in zip(lengths, (50, 60, 50, 50), strict=True))
    [measured] = written.query("select max(length(measurement_source_value)), max(length(unit_source_value))"
                               " from @measurement")
    assert max(measured) <= 50
    if written.kind == "postgresql":
        keys = written.query("select c.relname from pg_index i join pg_class c on c.oid = i.indrelid"
                             " join pg_namespace n"
                             f" on n.oid = c.relnamespace where i.indisprimary and n.nspname = '{written.results}'")
        assert {name for (name,) in keys} == written.names()


def test_every_observation_says_research_use(written: Place) -> None:
    """An observation that is copied out of its schema still names the version of its definition and what it is for."""
    assert written.query("select distinct qualifier_source_value from @observation") == [
        ("version 1; research use only",)]


def test_keys_are_63_bit_numbers(written: Place) -> None:
    """Keys are positive bigints, no two alike; a bigint person survives."""
    for table, key in (("hpd_label", "label_id"), ("observation", "observation_id"), ("measurement", "measurement_id")):
        keys = [number for (number,) in written.query(f"select {key} from @{table}")]
        assert len(set(keys)) == len(keys)
        assert all(0 < number < 2**63 for number in keys)
        assert max(keys) > 2**53
    assert written.query(f"select count(*) from @hpd_label where person_id = {2**63 - 1}") == [(2,)]
